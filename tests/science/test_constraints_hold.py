"""A constraint holds for every candidate, whichever engine or kind made it; generation keeps it, not only a filter."""

from __future__ import annotations

import pytest

from matgen_core.chem.crystals.structure import formula_counts, reduced_formula
from matgen_core.chem.formulas.oxidation import balance
from matgen_core.core.goals import Constraints, Target
from matgen_core.core.settings import CompositionSettings, CrystalSettings
from matgen_core.kinds.compositions.rows import count_atoms
from matgen_core.workflows.design import count_kept, design

SYSTEM = frozenset({"Li", "P", "S", "Cl"})


@pytest.mark.parametrize("engine", ["symmetry-first", "substitution"])
def test_crystals_keep_system_group_and_states(engine: str) -> None:
    settings = CrystalSettings(engine=engine, drafts=8, relax=0, judge=False, cap=8)
    asked = Constraints(
        include=frozenset({"O"}), space_groups=frozenset({221, 225, 166}), oxidation=(("Ti", 4),), max_atoms=12
    )
    found = design("crystals", Target({}, asked), 3, settings=settings)
    kept = count_kept("crystals", found, settings).candidates
    assert kept
    for candidate in found:
        assert candidate.material.space_group in asked.space_groups
        states = dict(balance(reduced_formula(candidate.material)).states)["Ti"]
        assert {state for state, _n in states} == {4} or candidate.failed("constraints")
    within = Constraints(chemical_system=SYSTEM, subsets=True, max_atoms=12)
    found = design("crystals", Target({}, within), 3, settings=settings)
    assert found
    assert all(set(formula_counts(c.material)) <= SYSTEM for c in found)
    assert any(set(formula_counts(c.material)) != SYSTEM for c in found)


def test_compositions_keep_system_and_states() -> None:
    settings = CompositionSettings(cap=40)
    within = Constraints(chemical_system=SYSTEM, subsets=True)
    found = count_kept("compositions", design("compositions", Target({}, within), 10), settings).candidates
    assert found
    assert all(set(count_atoms(c.material.reduced)) <= SYSTEM for c in found)
    asked = Constraints(oxidation=(("Fe", 3),), include=frozenset({"O"}))
    found = count_kept("compositions", design("compositions", Target({}, asked), 5, settings=settings), settings)
    assert found.candidates
    for candidate in found.candidates:
        assert {state for state, _n in dict(balance(candidate.material.reduced).states)["Fe"]} == {3}
