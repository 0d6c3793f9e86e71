"""The whole job on a CPU: target in, judged crystals out, within the constraints, the same for the same seed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from matgen_core.chem.crystals.structure import formula_counts
from matgen_core.core.errors import BadTarget
from matgen_core.core.goals import Constraints, Goal, Target
from matgen_core.core.records import Progress
from matgen_core.core.settings import CrystalSettings
from matgen_core.kinds.crystals.generate import trained_engines
from matgen_core.workflows.design import count_kept, design

QUICK = CrystalSettings(skeletons=1, geometries=2, steps=5)
#: What chooses among drafts, relaxes and judges does not ask for the constraints again, so little of it is enough.
LEAST = replace(QUICK, drafts=8, relax=3, judge=False, cap=1)


def test_a_target_gives_judged_candidates() -> None:
    target = Target({"formation_energy": Goal.between(-2.0, -1.0)}, Constraints(include=frozenset({"O"}), max_atoms=12))
    found = design("crystals", target, 6, seed=7, settings=QUICK)
    assert len(count_kept("crystals", found, QUICK).candidates) == 6
    for candidate in found:
        assert {"band_gap", "formation_energy", "magnetic_moment", "e_above_hull"} <= set(candidate.predictions)
        rules = {verdict.rule for verdict in candidate.verdicts}
        assert {"distances", "constraints", "oxidation", "novelty", "target:formation_energy"} <= rules
        assert candidate.origin.checkpoint
    assert [c.score for c in found] == sorted(c.score for c in found if c.score is not None)


@pytest.mark.parametrize(
    "constraints",
    [
        Constraints(include=frozenset({"Li", "O"}), exclude=frozenset({"Fe"}), max_atoms=10),
        Constraints(chemical_system=frozenset({"Na", "Cl"}), crystal_system="cubic"),
        Constraints(formula="BaTiO3", max_atoms=10),
        Constraints(formula="AlCo2Ru", max_atoms=40, crystal_system="triclinic"),
        Constraints(formula="ABX3", exclude=frozenset({"O"}), max_atoms=10),
        Constraints(formula="A2BO4", include=frozenset({"Mg"}), max_atoms=14),
        Constraints(structure_type="spinel", include=frozenset({"O"})),
    ],
    ids=["elements", "system", "formula", "formula in a large cell", "type", "type with elements", "structure type"],
)
@pytest.mark.parametrize("engine", trained_engines())
def test_constraints_hold_for_every_candidate(constraints: Constraints, engine: str) -> None:
    found = design("crystals", Target({}, constraints), 8, seed=1, settings=replace(LEAST, engine=engine))
    assert found
    for candidate in found:
        verdict = candidate.verdict("constraints")
        assert verdict is not None
        assert verdict.passed, f"{dict(formula_counts(candidate.material))}: {verdict.reason}"


def test_the_seed_repeats_the_run_and_another_does_not() -> None:
    first, again, other = (design("crystals", Target(), 4, seed=s, settings=QUICK) for s in (5, 5, 6))
    assert first == again
    assert {c.material for c in first} != {c.material for c in other}


def test_cancelling_keeps_what_was_found() -> None:
    seen: list[Progress] = []
    found = design(
        "crystals",
        Target(),
        70,
        seed=2,
        settings=LEAST,
        on_progress=seen.append,
        cancelled=lambda: bool(seen) and len(seen[-1].candidates) >= 8,
    )
    assert len(found) == 8


def test_a_count_counts_crystals_that_are_kept_and_the_cap_ends_the_run() -> None:
    """Rock salt in two atoms a cell has few structures, so that most of what is generated is a duplicate."""
    target = Target({}, Constraints(formula="NaCl", crystal_system="cubic", max_atoms=2))
    settings, seen = replace(QUICK, cap=3), list[Progress]()
    found = design("crystals", target, 4, seed=3, settings=settings, on_progress=seen.append)
    kept = count_kept("crystals", found, settings)
    assert kept.generated == len(found) <= 12
    assert dict(kept.rejected)["duplicate"] == len(found) - len(kept.candidates)
    assert 0 < len(kept.candidates) < 4, "the cap ended the run"
    assert seen[-1].done == len(kept.candidates)
    assert f"{len(kept.candidates)} of 4 requested candidates kept, from 12 generated" in seen[-1].message
    once = design("crystals", target, 4, seed=3, settings=replace(QUICK, cap=1))
    assert len(once) == 4, "with a cap of 1 exactly so many are generated"


@pytest.mark.parametrize("count", [0, -3])
def test_a_count_that_cannot_be_drawn_is_refused(count: int) -> None:
    with pytest.raises(BadTarget, match="cannot be generated"):
        design("crystals", Target(), count)


def test_a_property_that_is_not_a_crystals_is_refused() -> None:
    with pytest.raises(BadTarget, match="logp"):
        design("crystals", Target({"logp": Goal.at(2.0)}), 1)
