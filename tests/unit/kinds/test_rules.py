"""Each rule says why; a stage passes where none of its rules says no; the funnel adds up."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.structure import from_structure, to_structure
from matgen_core.chem.crystals.structure_types import anonymous_type
from matgen_core.core.errors import BadInput, MissingReference
from matgen_core.core.goal_probability import chance, cost_of_goals, probability
from matgen_core.core.goals import Goal, Target
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import (
    Candidate,
    Crystal,
    Origin,
    Prediction,
    Verdict,
)
from matgen_core.kinds.compositions.rows import count_atoms
from matgen_core.kinds.crystals.checks.coordination_rules import check_coordination, check_type
from matgen_core.kinds.crystals.checks.rank import rank
from matgen_core.kinds.crystals.judge import assess
from matgen_core.kinds.crystals.known.coordination_statistics import (
    load_coordination,
    measure_coordination,
    save_coordination,
    shells,
)
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.kinds.known_phases import check_known_phases, is_near_hull
from matgen_core.kinds.rules import (
    STAGES,
    Rules,
    count_stages,
    failed,
    judge_crystals,
    listed,
    passes,
)
from matgen_core.kinds.solid_state import check_available, check_solid_state

RULES = Rules()
TARGET = Target({"band_gap": Goal.at(5.0)})


def salt(length: float = 5.64, pair: tuple[str, str] = ("Na", "Cl")) -> Crystal:
    return from_structure(Structure.from_spacegroup("Fm-3m", Lattice.cubic(length), pair, [[0] * 3, [0.5] * 3]))


def judged(
    crystal: Crystal, gap: float | None = 5.0, energy: float | None = -2.1, above: float | None = 0.0, name: str = "a"
) -> Candidate:
    predictions = {
        key: Prediction(key, value, 0.1, PROPERTIES[key].unit, "test")
        for key, value in (("band_gap", gap), ("formation_energy", energy), ("e_above_hull", above))
    }
    return judge_crystals(assess([Candidate(name, crystal, Origin("test"), predictions)], TARGET), RULES)[0]


@pytest.mark.parametrize(
    ("candidate", "stage", "rule"),
    [
        (judged(salt(), gap=2.0), "reached", "target:band_gap"),
        (judged(salt(), gap=None), "reached", "target:band_gap"),
        (judged(salt(7.9)), "synthesizable", "packing"),
        (judged(salt(6.0, ("Pb", "S"))), "synthesizable", "hazards"),
        (judged(salt(), energy=0.2), "stable", "formation"),
        (judged(salt(), above=0.3), "stable", "hull"),
        (judged(salt(), above=None), "stable", "hull"),
        (judged(salt()), "new", "novelty"),
    ],
)
def test_each_stage_stops_what_it_should(candidate: Candidate, stage: str, rule: str) -> None:
    problems = failed(candidate, stage, RULES)
    assert rule in [verdict.rule for verdict in problems]
    assert all(verdict.reason for verdict in problems)
    assert not passes(candidate, RULES)


def test_what_is_known_may_be_listed_where_the_user_says_so() -> None:
    candidate = judged(salt())
    assert passes(candidate, Rules(known=True))
    assert listed([candidate], Rules(known=True)) == (candidate,)
    assert listed([candidate], RULES) == ()


def test_what_was_not_compared_never_passes_as_new() -> None:
    """DyPO4's structure is not in the reference: no verdict on its novelty, so no place among the new."""
    xenotime = Structure.from_spacegroup(
        "I4_1/amd",
        Lattice.tetragonal(6.9, 6.05),
        ["Dy", "P", "O"],
        [[0, 0.75, 0.125], [0, 0.25, 0.375], [0, 0.076, 0.216]],
    )
    candidate = judged(from_structure(xenotime))
    assert candidate.verdict("novelty").passed is None  # type: ignore[union-attr]
    assert [v.rule for v in failed(candidate, "new", RULES)] == ["novelty"]
    assert failed(candidate, "new", Rules(known=True)) == []


def test_a_shallow_hull_does_not_count_as_stable() -> None:
    """The first row of a default run was Pm(SiOs)2 at -0.37: no formula of these elements is known."""
    reference = load_reference()
    shallow = check_known_phases(reference, "Pm(SiOs)2", ["Pm", "Si", "Os"])
    assert shallow.passed is False
    assert "no known formula of these elements" in shallow.reason
    candidate = judged(salt(), above=-0.37).add_verdicts(shallow)
    assert [v.rule for v in failed(candidate, "stable", RULES)] == ["known_phases"]
    assert not is_near_hull(candidate, 0.1)
    assert failed(candidate, "stable", Rules(shallow=True)) == []
    known = judged(salt(), above=0.05, name="b").add_verdicts(check_known_phases(reference, "NaCl", ["Na", "Cl"]))
    assert is_near_hull(known, 0.1)
    assert rank([candidate, known], TARGET)[0].id == "b"


def test_a_structure_type_bears_its_prototypes_name() -> None:
    """KYO2 was called "as U2PS", the first row of its type in the table."""
    layers = Structure.from_spacegroup(
        "R-3m", Lattice.hexagonal(3.45, 18.4), ["K", "Y", "O"], [[0, 0, 0], [0, 0, 0.5], [0, 0, 0.23]]
    )
    assert check_type(from_structure(layers)).reason.startswith("Caswellsilverite (F5_1) type; ")


@pytest.mark.parametrize(
    ("formula", "passed"),
    [("XeF2", False), ("RaF2", False), ("F2", True), ("GaAs", True), ("Pm2O3", True), ("TiO2", True), ("HeO", False)],
)
def test_enough_phases_are_known_or_the_reason_is_told(formula: str, passed: bool) -> None:
    verdict = check_known_phases(load_reference(), formula, list(count_atoms(formula)))
    assert verdict.passed is passed, verdict.reason
    assert verdict.reason


def test_an_element_is_not_asked_for_a_negative_formation_energy() -> None:
    diamond = from_structure(Structure.from_spacegroup("Fd-3m", Lattice.cubic(5.43), ["Si"], [[0, 0, 0]]))
    candidate = judged(diamond, energy=0.1, above=0.05)
    assert candidate.verdict("formation").passed is None  # type: ignore[union-attr]
    assert failed(candidate, "stable", RULES) == []


def test_the_table_of_known_phases_comes_before_a_prediction() -> None:
    candidate = judged(salt(), above=0.25)
    prediction = replace(candidate.predictions["e_above_hull"], known=0.0)
    again = judge_crystals([candidate.add_predictions(prediction)], RULES)[0]
    verdict = again.verdict("hull")
    assert verdict is not None
    assert verdict.passed is True
    assert "from the table of known phases" in verdict.reason
    assert "predicted 0.250" in verdict.reason


def test_a_rule_that_could_not_be_applied_rejects_nothing() -> None:
    candidate = judged(salt()).add_verdicts(Verdict("oxidation", None, "no data"))
    assert not failed(candidate, "synthesizable", RULES)


def test_the_funnel_adds_up() -> None:
    candidates = [judged(salt(), name="1"), judged(salt(), gap=0.0, name="2"), judged(salt(), above=0.5, name="3")]
    funnel = count_stages(candidates, Rules(known=True))
    counts = dict(funnel.counts)
    assert list(counts) == ["generated", "reached", "synthesizable", "stable", "unique", "listed"]
    assert list(dict(count_stages(candidates, RULES).counts)) == ["generated", *STAGES, "listed"]
    numbers = list(counts.values())
    assert numbers == sorted(numbers, reverse=True)
    assert counts["generated"] - counts["listed"] == sum(n for _rule, n in funnel.reasons)
    assert dict(funnel.reasons) == {"target:band_gap": 1, "hull": 1}
    assert count_stages([], RULES).counts[0] == ("generated", 0)


# ---------------------------------------------------------------------------------------------------- probabilities


def test_a_reading_on_the_edge_is_even_money() -> None:
    assert probability("e_above_hull", Goal.at_most(0.1), 0.1, 0.05) == pytest.approx(0.5)
    assert probability("formation_energy", Goal.at_least(-1.0), -1.0, 0.3) == pytest.approx(0.5)


def test_a_value_has_its_tolerance_on_both_sides() -> None:
    tolerance = PROPERTIES["band_gap"].tolerance
    within = probability("band_gap", Goal.at(2.0), 2.0, tolerance)
    assert within == pytest.approx(math.erf(1 / math.sqrt(2)), abs=1e-6)


def test_probabilities_of_neighbouring_ranges_add_to_one() -> None:
    parts = [Goal.at_most(1.0), Goal.between(1.0, 2.0), Goal.at_least(2.0)]
    found = [probability("band_gap", goal, 1.3, 0.7) for goal in parts]
    assert sum(p for p in found if p is not None) == pytest.approx(1.0)


def test_without_reading_or_spread_there_is_no_probability() -> None:
    assert probability("band_gap", Goal.at(2.0), None, 0.1) is None
    assert probability("band_gap", Goal.at(2.0), 2.0, None) is None
    assert probability("band_gap", Goal.at(2.0), 2.1, 0.0) == 1.0
    assert chance(judged(salt(), gap=None), TARGET) is None


def test_all_goals_together_are_less_likely_than_each() -> None:
    candidate = judged(salt())
    both = Target({"band_gap": Goal.at(5.0), "formation_energy": Goal.at(-2.0)})
    one, two = chance(candidate, TARGET), chance(candidate, both)
    assert one is not None
    assert two is not None
    assert two < one <= 1.0


# ------------------------------------------------------------------------------------------- likeness and synthesis


def test_neighbours_are_counted_and_compared_with_known_ones() -> None:
    crystals = [salt(length) for length in (5.5, 5.6, 5.7)] * 40
    table = measure_coordination(crystals)
    shell = next(s for s in shells(to_structure(salt())) if s.centre == "Na")
    assert (shell.other, shell.count) == ("Cl", 6)
    assert shell.distance == pytest.approx(2.82)
    assert table.problem(shell) is None
    cubic = Structure.from_spacegroup("Pm-3m", Lattice.cubic(3.3), ["Na", "Cl"], [[0] * 3, [0.5] * 3])
    crowded = next(s for s in shells(cubic) if s.other == "Cl" and s.centre == "Na")
    assert crowded.count == 8
    assert "8 Cl around Na (known crystals: 6 to 6)" in str(table.problem(crowded))
    far = next(s for s in shells(to_structure(salt(7.0))) if s.centre == "Na")
    assert "Å (known crystals" in str(table.problem(far))
    assert measure_coordination(crystals[:3]).problem(crowded) is None, "few known crystals judge nothing"


def test_the_table_comes_back_from_disk_and_a_missing_one_is_no_rejection(tmp_path: Path) -> None:
    table = measure_coordination([salt()] * 30)
    save_coordination(table, tmp_path)
    again = load_coordination(tmp_path)
    assert again.types == table.types
    assert (again.counts == table.counts).all()
    with pytest.raises(MissingReference, match="matgen data coordination"):
        load_coordination(tmp_path / "nowhere")


def test_a_type_is_one_whatever_its_elements() -> None:
    assert anonymous_type(salt()) == anonymous_type(salt(5.9, ("Pb", "S")))
    zincblende = Structure.from_spacegroup("F-43m", Lattice.cubic(5.65), ["Ga", "As"], [[0] * 3, [0.25] * 3])
    assert anonymous_type(salt()) != anonymous_type(from_structure(zincblende))
    verdict = check_type(salt())
    assert verdict.passed is not False
    assert verdict.reason


@pytest.mark.parametrize(
    ("formula", "passed", "words"),
    [("BaTiO3", True, "in air"), ("NaCl", False, "anion"), ("FeO", False, "not accessible in air")],
)
def test_the_strict_tier_knows_powders_in_air(formula: str, passed: bool, words: str) -> None:
    verdict = check_solid_state(formula)
    assert verdict.passed is passed
    assert words in verdict.reason
    assert "box furnace" in verdict.reason, "the conditions under which it holds"


def test_the_strict_tier_is_asked_only_where_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    read = Candidate("a", salt(), Origin("test"), judged(salt()).predictions)
    assert judge_crystals([read], RULES)[0].verdict("solid_state") is None
    (strict,) = judge_crystals([read], Rules(solid_state=True))
    assert "solid_state" in [v.rule for v in failed(strict, "synthesizable", RULES)]
    monkeypatch.setattr("matgen_core.kinds.solid_state.available", lambda: False)
    with pytest.raises(BadInput, match="pip install matsyngate"):
        check_available()


def test_of_two_as_near_the_surer_ranks_first() -> None:
    def read(name: str, spread: float | None) -> Candidate:
        return Candidate(name, salt(), Origin("test"), {"band_gap": Prediction("band_gap", 5.0, spread, "eV", "t")})

    sure, unsure, unmeasured = read("z", 0.1), read("a", 2.0), read("m", None)
    assert cost_of_goals(sure, TARGET) < cost_of_goals(unsure, TARGET)
    assert cost_of_goals(unmeasured, TARGET) == 0.0
    assert cost_of_goals(unsure, TARGET) == pytest.approx(1.0 - (chance(unsure, TARGET) or 0.0))


def test_the_shipped_table_knows_salt_and_not_a_crowd() -> None:
    assert check_coordination(to_structure(salt())).passed is True
    assert check_type(salt()).reason.startswith("Halite, Rock Salt (B1) type; ")
    assert "known crystals have this type" in check_type(salt()).reason
    crowd = Structure.from_spacegroup("Pm-3m", Lattice.cubic(3.2), ["Ti", "O"], [[0] * 3, [0.5] * 3])
    verdict = check_coordination(crowd)
    assert verdict.passed is False
    assert "around" in verdict.reason or "Å" in verdict.reason
