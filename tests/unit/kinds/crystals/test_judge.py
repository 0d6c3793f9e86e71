"""Every rule leaves a verdict, and novelty is told in three levels."""

from __future__ import annotations

import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.structure import from_structure
from matgen_core.core.goals import Constraints, Goal, Target
from matgen_core.core.records import Candidate, Origin, Prediction
from matgen_core.kinds.crystals.judge import assess, met_all
from matgen_core.kinds.crystals.known.reference import structure_type

SALT = from_structure(
    Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.69), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
)
#: Sodium chloride as nobody knows it: wurtzite.
ODD_SALT = from_structure(
    Structure.from_spacegroup(
        "P6_3mc", Lattice.hexagonal(4.2, 6.8), ["Na", "Cl"], [[1 / 3, 2 / 3, 0], [1 / 3, 2 / 3, 0.38]]
    )
)
UNKNOWN = from_structure(
    Structure.from_spacegroup("Fm-3m", Lattice.cubic(6.0), ["Pu", "At"], [[0, 0, 0], [0.5, 0.5, 0.5]])
)


def judge(*crystals, goals=None, constraints=None, gap=5.0):  # type: ignore[no-untyped-def]
    prediction = {"band_gap": Prediction("band_gap", gap, None, "eV", "test")}
    found = [Candidate(str(i), c, Origin("test"), prediction) for i, c in enumerate(crystals)]
    return assess(found, Target(goals or {}, constraints or Constraints()))


@pytest.mark.parametrize(
    ("crystal", "passed", "words"),
    [
        (SALT, False, "known structure of NaCl"),
        (ODD_SALT, None, "different from each structure of NaCl in the reference (1 of 3 known)"),
        (UNKNOWN, True, "not among"),
    ],
)
def test_novelty_has_three_levels(crystal, passed: bool, words: str) -> None:  # type: ignore[no-untyped-def]
    verdict = judge(crystal)[0].verdict("novelty")
    assert verdict.passed is passed
    assert words in verdict.reason


def test_the_second_of_two_alike_is_the_duplicate() -> None:
    first, second, other = judge(SALT, SALT, UNKNOWN)
    assert [c.verdict("duplicate").passed for c in (first, second, other)] == [True, False, True]
    assert "0" in second.verdict("duplicate").reason


def test_geometry_tells_repeats_not_the_positions_alone() -> None:
    """Five cells of one perovskite are one structure; three cells of one set of positions are three."""
    cubic = [
        from_structure(
            Structure.from_spacegroup(
                "Pm-3m", Lattice.cubic(a), ["Cs", "Sn", "I"], [[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0.5, 0]]
            )
        )
        for a in (6.01, 6.03, 6.05, 6.08, 6.11)
    ]
    assert [c.verdict("duplicate").passed for c in judge(*cubic)] == [True, False, False, False, False]
    cells = [
        from_structure(
            Structure.from_spacegroup(
                "Pnma",
                Lattice.orthorhombic(*axes),
                ["Cs", "Sn", "I", "I", "I"],
                [(x, 0.25, z) for x, z in places],
            )
        )
        for axes, places in (
            ((10.35, 4.76, 17.68), ((0.42, 0.33), (0.16, 0.06), (0.16, 0.5), (0.3, 0.71), (0.03, 0.88))),
            ((8.7, 12.4, 8.6), ((0.03, 0.99), (0.5, 0.52), (0.49, 0.06), (0.2, 0.3), (0.8, 0.7))),
            ((14.5, 4.3, 12.6), ((0.1, 0.2), (0.4, 0.6), (0.62, 0.1), (0.8, 0.4), (0.25, 0.9))),
        )
    ]
    assert len({structure_type(cell) for cell in cells}) == 1
    assert [c.verdict("duplicate").passed for c in judge(*cells)] == [True, True, True]


def test_a_goal_is_met_missed_or_unread() -> None:
    goals = {"band_gap": Goal.at(5.2)}
    assert met_all(judge(SALT, goals=goals)[0])
    assert not met_all(judge(SALT, goals=goals, gap=2.0)[0])
    unread = judge(SALT, goals=goals, gap=None)[0]
    assert unread.verdict("target:band_gap").passed is None
    assert not met_all(unread)


def test_a_broken_constraint_is_a_verdict_with_a_reason() -> None:
    verdict = judge(SALT, constraints=Constraints(include=frozenset({"O"})))[0].verdict("constraints")
    assert verdict.passed is False
    assert "O" in verdict.reason


def test_hazards_are_said_of_every_crystal() -> None:
    salt, hot = judge(SALT, UNKNOWN)
    assert salt.verdict("hazards").passed is True
    assert hot.verdict("hazards").passed is False
    assert "Pu: no stable isotope" in hot.verdict("hazards").reason
