"""Every kind of material is found by its name, and does by the same calls what the others do."""

from __future__ import annotations

import pytest

from matgen_core.core.admet import KEYS as ENDPOINTS
from matgen_core.core.errors import BadInput, BadTarget
from matgen_core.core.goals import Goal, Target
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate, Crystal, Formula, Molecule, Origin, Site, Verdict
from matgen_core.core.settings import Rules
from matgen_core.kinds.molecules.admet import available
from matgen_core.kinds.protocol import Batches, Brief, ForCount
from matgen_core.kinds.registry import KINDS, NAMES, kind_of, load_kind, name_of_kind, write
from matgen_core.workflows.design import count_kept

SALT = Crystal(225, (Site("a", "Na"), Site("b", "Cl")), (5.64, 5.64, 5.64, 90.0, 90.0, 90.0))
EXAMPLES: dict[str, Crystal | Formula | Molecule] = {
    "crystals": SALT,
    "compositions": Formula("Fe2O3"),
    "molecules": Molecule("CCO", "OCC"),
}
KEYS = {"crystals": "NaCl", "compositions": "Fe2O3", "molecules": "CCO"}
ELEMENTS = {"crystals": {"Na", "Cl"}, "compositions": {"Fe", "O"}, "molecules": set[str]()}


def test_there_are_three_and_each_has_its_own_record() -> None:
    assert NAMES == ("crystals", "compositions", "molecules")
    assert {name: load_kind(name).name for name in NAMES} == dict(zip(NAMES, NAMES, strict=True))
    for name, record in KINDS.items():
        kind = load_kind(name)
        assert (kind.material, kind.settings) == (record.material, record.settings)
        assert tuple(kind.writers()) == record.endings
    with pytest.raises(BadInput, match="choose from: crystals, compositions, molecules"):
        load_kind("glasses")


@pytest.mark.parametrize("name", NAMES)
def test_a_material_says_of_which_kind_it_is_and_what_it_is_called(name: str) -> None:
    material = EXAMPLES[name]
    assert name_of_kind(material) == name
    kind = kind_of(material)
    assert kind is load_kind(name)
    assert (kind.key(material), kind.elements(material)) == (KEYS[name], ELEMENTS[name])


@pytest.mark.parametrize("name", NAMES)
def test_what_cannot_be_asked_of_a_kind_is_named(name: str) -> None:
    kind = load_kind(name)
    assert set(kind.properties) <= set(PROPERTIES)
    extra = set() if available() else set(ENDPOINTS)  # an optional package predicts them
    for key in (key for key in kind.properties if key not in extra):
        kind.check(Target({key: Goal.at_least(0.0)}), 1, kind.settings())
    other = next(key for key in PROPERTIES if key not in kind.properties)
    with pytest.raises(BadTarget, match=other):
        kind.check(Target({other: Goal.at_least(0.0)}), 1, kind.settings())
    with pytest.raises(BadTarget, match="0 "):
        kind.check(Target(), 0, kind.settings())


@pytest.mark.parametrize("name", NAMES)
def test_the_stages_of_a_kind_read_and_judge_and_know_a_repeat(name: str) -> None:
    kind, rules = load_kind(name), Rules(known=True)
    first, second = (Candidate(f"{i}", EXAMPLES[name], Origin("file", index=i)) for i in range(2))
    brief = Brief(Target(), Target(), 0, kind.ruled(kind.settings(), rules), rules)
    stages = kind.begin(brief)
    one, two = (stages.judge(stages.predict([candidate]))[0] for candidate in (first, second))
    assert one.predictions, "read"
    assert one.passed("duplicate")
    assert two.failed("duplicate")
    assert "0" in two.verdict("duplicate").reason, "names the one before it"  # type: ignore[union-attr]
    assert kind.begin(brief, [one]).judge([two])[0].failed("duplicate"), "a run that goes on remembers"
    best, last = kind.rank([two, one], Target())
    assert (best.id, last.id) == ("0", "1")
    assert best.score is not None
    assert last.score is not None
    assert best.score < last.score


@pytest.mark.parametrize("name", NAMES)
def test_a_run_for_a_count_keeps_what_no_rule_rejects(name: str) -> None:
    """A duplicate is kept of no kind; what was judged and is none is kept of every kind."""
    kind, settings = load_kind(name), load_kind(name).settings()
    stages = kind.begin(Brief(Target(), Target(), 0, settings))
    batch = [Candidate(f"{i}", EXAMPLES[name], Origin("file", index=i)) for i in range(2)]
    one, two = stages.judge(stages.predict(batch))
    assert kind.rejection(one, settings) is None
    assert kind.rejection(two, settings) == "duplicate"
    kept = count_kept(name, [one, two], settings)
    assert (kept.candidates, kept.generated, kept.rejected) == ((one,), 2, (("duplicate", 1),))


@pytest.mark.parametrize("rule", ["distances", "constraints", "duplicate"])
def test_a_crystal_is_not_kept_where_one_of_three_rules_fails(rule: str) -> None:
    kind, verdicts = load_kind("crystals"), [Verdict(name, True) for name in ("distances", "constraints", "duplicate")]
    candidate = Candidate("0", SALT, Origin("file")).add_verdicts(*verdicts, Verdict("oxidation", False, "rare"))
    assert kind.rejection(candidate, kind.settings()) is None, "another rule says what it is like"
    assert kind.rejection(candidate.add_verdicts(Verdict(rule, False)), kind.settings()) == rule
    assert kind.rejection(candidate.add_verdicts(Verdict(rule, None)), kind.settings()) is None, "it could not be told"


@pytest.mark.parametrize("name", NAMES)
def test_a_kind_is_written_by_its_endings(name: str) -> None:
    kind = load_kind(name)
    stages = kind.begin(Brief(Target(), Target(), 0, kind.settings()))
    judged = stages.judge(stages.predict([Candidate("7", EXAMPLES[name], Origin("file"))]))
    for ending in kind.writers():
        assert write(name, judged, ending)
    table = str(write(name, judged)).splitlines()
    assert table[0].startswith("id,")
    assert table[1].startswith("7,")
    with pytest.raises(BadInput, match="choose from: csv"):
        write(name, judged, "docx")


def test_batches_of_a_count_follow_from_the_count_alone() -> None:
    plan = ForCount(Batches(256, 256), 8, 0.5)
    assert [name.size for name in plan.names(50, 300, 7)] == [50, 25, 38, 56, 84, 47], "half as many, to the end"
    assert [name.size for name in plan.names(3, 12, 7)] == [3, 8, 1], "at least so many, once they were too few"
    assert max(name.size for name in plan.names(50, 5000, 7)) == 256, "at most a batch"
    names = list(ForCount(Batches(4, 32), 1, 0.25).names(100, 100, 7))
    assert [name.size for name in names] == [4, 4, 8, 16, 32, 32, 4], "batches grow"
    assert [(name.seed, name.end) for name in names[:2]] == [(7, 4), (7, 8)]


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_that_was_judged_elsewhere_is_admitted_as_if_it_were_judged_here(name: str) -> None:
    """The law behind workers: stages of a batch of its own, then those of the run, say what those of the run would."""
    kind, rules = load_kind(name), Rules(known=True)
    brief = Brief(Target(), Target(), 0, kind.ruled(kind.settings(), rules), rules)
    parts = [[Candidate(f"{n}-{i}", EXAMPLES[name], Origin("file", index=i)) for i in range(2)] for n in range(2)]
    whole, run = kind.begin(brief), kind.begin(brief)
    for part in parts:
        here = whole.judge(whole.predict(part))
        elsewhere = kind.begin(brief)
        assert run.admit(elsewhere.judge(elsewhere.predict(part))) == here
    assert [c.failed("duplicate") for c in here] == [True, True]
    assert all("0-0" in c.verdict("duplicate").reason for c in here)  # type: ignore[union-attr]
