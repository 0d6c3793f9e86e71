"""A run for a count keeps no more than it was asked for, and what was more is kept first when it goes on."""

from __future__ import annotations

import pytest

from matgen_core.core.goals import Target
from matgen_core.core.records import Candidate, Formula, Origin, Verdict
from matgen_core.kinds.protocol import Brief
from matgen_core.kinds.registry import NAMES, load_kind
from matgen_core.kinds.surplus import SURPLUS, mark_surplus, release_surplus
from tests.unit.kinds.test_registry import EXAMPLES


def batch(passed: str) -> list[Candidate[Formula]]:
    """A candidate a letter; "x" is a duplicate."""
    made = [Candidate(f"{i}", Formula("NaCl"), Origin("file", index=i)) for i in range(len(passed))]
    return [c.add_verdicts(Verdict("duplicate", p != "x")) for c, p in zip(made, passed, strict=True)]


def counts(candidate: Candidate[Formula]) -> bool:
    return candidate.passed("duplicate") and not candidate.failed(SURPLUS)


@pytest.mark.parametrize(
    ("passed", "most", "surplus"),
    [("...", 3, ""), ("...", 5, ""), ("....", 2, "23"), (".x.x.", 2, "4"), ("..", 0, "01"), ("xx", 0, "")],
)
def test_only_what_counts_beyond_the_number_wanted_is_surplus(passed: str, most: int, surplus: str) -> None:
    marked = mark_surplus(batch(passed), counts, most)
    assert [c.id for c in marked if c.failed(SURPLUS)] == list(surplus)
    assert sum(map(counts, marked)) == min(most, passed.count("."))
    assert all(str(v.reason) for c in marked if (v := c.verdict(SURPLUS))), "it says why"


def test_what_was_surplus_is_released_first_and_only_as_much_as_is_wanted() -> None:
    marked = mark_surplus(batch("....."), counts, 1)
    released = release_surplus(marked, 2)
    assert [c.id for c in released if counts(c)] == ["0", "1", "2"]
    assert release_surplus(marked, 10) == tuple(batch("....."))


@pytest.mark.parametrize("name", NAMES)
def test_surplus_is_kept_of_no_kind_and_ranks_last(name: str) -> None:
    kind, settings = load_kind(name), load_kind(name).settings()
    one = Candidate("1", EXAMPLES[name], Origin("file"))
    stages = kind.begin(Brief(Target(), Target(), 0, settings))
    (judged,) = stages.judge(stages.predict([one]))
    assert kind.rejection(judged, settings) is None
    (more,) = mark_surplus([judged], lambda c: kind.rejection(c, settings) is None, 0)
    assert kind.rejection(more, settings) == SURPLUS
    assert more.predictions == judged.predictions, "it is whole"
    best, last = kind.rank([more, judged], Target())
    assert (best.failed(SURPLUS), last.failed(SURPLUS)) == (False, True)
