"""A message is its English sentence and keeps what a translation needs, through every way that it takes."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from matgen_core.core.errors import BadInput
from matgen_core.core.messages import Message, Verbatim, from_record, join, to_record
from matgen_core.core.records import Candidate, Formula, Origin, Verdict
from matgen_core.runs import records

INNER = Message("{count} atoms", count=3)
SAID = Message("{name} holds {what}; at most {most:,}", name="a.cif", what=INNER, most=1000)


def test_a_message_is_its_sentence() -> None:
    assert SAID == "a.cif holds 3 atoms; at most 1,000"
    assert isinstance(str(SAID), Message)


def test_without_values_braces_are_braces() -> None:
    assert Message('write {"band_gap": 2.0}') == 'write {"band_gap": 2.0}'


@pytest.mark.parametrize(
    "way", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m)), lambda m: from_record(to_record(m))]
)
def test_copies_keep_template_and_values(way: object) -> None:
    assert callable(way)
    again = way(SAID)
    assert (again, again.template) == (SAID, SAID.template)
    assert again.values["what"].template == "{count} atoms"


@pytest.mark.parametrize(
    "way",
    [
        copy.deepcopy,
        lambda m: pickle.loads(pickle.dumps(m)),
        lambda m: from_record(json.loads(json.dumps(to_record(m)))),
    ],
)
def test_the_words_of_a_user_are_told_from_ours(way: object) -> None:
    assert callable(way)
    again = way(join([Verbatim("target"), "at least 4"], " "))
    assert again == "target at least 4"
    assert [type(value) for value in again.values.values()] == [Verbatim, str]


def test_an_error_is_raised_with_template_and_values() -> None:
    error = BadInput("{name} is empty", name="a.csv")
    assert str(error) == "a.csv is empty"
    assert error.message.template == "{name} is empty"
    around = BadInput("row {row}: {error}", row=2, error=error)
    assert str(around) == "row 2: a.csv is empty"
    assert around.message.values["error"].template == "{name} is empty"


def test_sentences_are_joined_as_messages() -> None:
    assert join([INNER, "", "no alert"]) == "3 atoms; no alert"
    assert join([INNER, "no alert"]).values["part0"] is INNER
    assert join([]) == ""


def test_a_stored_run_keeps_messages() -> None:
    candidate = Candidate(
        "1", Formula("NaCl"), Origin("file"), {}, (Verdict("rule", False, SAID), Verdict("x", True, "as it is"))
    )
    again = records.from_record(json.loads(json.dumps(records.to_record(candidate))))
    assert again == candidate
    reason = again.verdicts[0].reason
    assert isinstance(reason, Message)
    assert reason.values["what"].template == "{count} atoms"


def test_values_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        from_record({"template": "{a} and {b}", "values": {"a": 1}})
