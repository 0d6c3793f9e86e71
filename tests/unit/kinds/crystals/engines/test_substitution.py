"""Substitution: within the constraints, at known structure types, of the volume of its atoms, and repeatable."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from matgen_core.chem.crystals.structure import formula_counts, reduced_formula, to_structure
from matgen_core.chem.crystals.structure_types import anonymous_type
from matgen_core.chem.formulas.constraints import check_crystal
from matgen_core.core.errors import BadTarget, Cancelled
from matgen_core.core.goals import Constraints, Goal, Target
from matgen_core.core.properties import CRYSTAL_CONDITIONS
from matgen_core.core.settings import CrystalSettings
from matgen_core.kinds.crystals.engines.registry import ENGINES, checkpoints_of, parts_of
from matgen_core.kinds.crystals.engines.substitution import Substitution, exchange
from matgen_core.kinds.crystals.generate import Pipeline, generate, load_engine, trained_engines
from matgen_core.kinds.crystals.known.reference import load_reference, structure_type
from matgen_core.kinds.crystals.writing.grammar import Grammar, skeleton_of
from matgen_core.kinds.protocol import Brief

SETTINGS = CrystalSettings(engine="substitution")
ANY = np.full(len(CRYSTAL_CONDITIONS), np.nan, dtype=np.float32)


def asking(target: Target, seed: int, settings: CrystalSettings) -> Brief[CrystalSettings]:
    return Brief(target, target, seed, settings)


@pytest.fixture(scope="module")
def engine() -> Substitution:
    made = load_engine("substitution")
    assert isinstance(made, Substitution)
    return made


@pytest.mark.parametrize(
    "constraints",
    [
        Constraints(),
        Constraints(include=frozenset({"O", "Ti"}), exclude=frozenset({"La"}), max_atoms=12),
        Constraints(chemical_system=frozenset({"Li", "Fe", "P", "O"})),
        Constraints(formula="Li2FeSiO4"),
        Constraints(formula="ABX3", include=frozenset({"Ba", "S"})),
        Constraints(crystal_system="cubic", min_atoms=4),
        Constraints(structure_type="spinel", include=frozenset({"O"})),
    ],
    ids=["none", "elements", "system", "formula", "type-of-formula", "cell", "structure-type"],
)
def test_every_crystal_keeps_the_constraints(engine: Substitution, constraints: Constraints) -> None:
    drafts = engine.exchanged(constraints, ANY, 6, np.random.default_rng(0))
    assert drafts
    for draft in drafts:
        verdict = check_crystal(draft.crystal, formula_counts(draft.crystal), constraints)
        assert verdict.passed, verdict.reason
    assert len({skeleton_of(draft.crystal) for draft in drafts}) == len(drafts)


def test_a_crystal_has_the_type_of_its_source_and_the_volume_of_its_atoms(engine: Substitution) -> None:
    for draft in engine.exchanged(Constraints(), ANY, 20, np.random.default_rng(1)):
        source = load_reference().structures.crystal(draft.source)
        assert anonymous_type(draft.crystal) == anonymous_type(source)
        assert reduced_formula(draft.crystal) != reduced_formula(source)

        def volume(counts: dict[str, int]) -> float:
            return sum(n * engine.volumes[element] for element, n in counts.items())

        grown = volume(formula_counts(draft.crystal)) / volume(formula_counts(source))
        assert math.isclose(to_structure(draft.crystal).volume / to_structure(source).volume, grown, rel_tol=1e-4)


def test_the_target_chooses_the_sources(engine: Substitution) -> None:
    """Known crystals near a gap of 4 eV and a deep energy are the sources where these are asked for."""
    asked = ANY.copy()
    asked[CRYSTAL_CONDITIONS.index("band_gap")] = 4.0
    asked[CRYSTAL_CONDITIONS.index("formation_energy")] = -2.5
    rows = [draft.source for draft in engine.exchanged(Constraints(), asked, 30, np.random.default_rng(0))]
    known = load_reference().known
    assert abs(np.median(np.asarray(known["band_gap"], dtype=float)[rows]) - 4.0) < 0.5
    assert abs(np.median(np.asarray(known["formation_energy"], dtype=float)[rows]) + 2.5) < 0.25


def test_likely_exchanges_come_oftener() -> None:
    """Sodium chloride becomes another halide of an alkali metal far more often than anything else."""
    rows = load_reference().structures.rows("NaCl")
    crystal, rng = load_reference().structures.crystal(rows[0]), np.random.default_rng(0)
    made = [swaps for _ in range(300) if (swaps := exchange(crystal, Constraints(), rng)) is not None]
    alkali, halide = {"Li", "Na", "K", "Rb", "Cs", "Tl", "Ag", "Cu"}, {"F", "Cl", "Br", "I"}
    like = sum(swaps["Na"] in alkali and swaps["Cl"] in halide for swaps in made)
    assert like > 0.9 * len(made)


def test_the_same_seed_draws_the_same_and_cancel_ends_it(engine: Substitution) -> None:
    target = Target({"band_gap": Goal.at(2.0)})
    first = generate(asking(target, 3, SETTINGS), 4)
    assert first == generate(asking(target, 3, SETTINGS), 4)
    assert first != generate(asking(target, 4, SETTINGS), 4)
    assert {candidate.origin.engine for candidate in first} == {"substitution"}
    conditions = torch.from_numpy(ANY)[None]
    with pytest.raises(Cancelled):
        engine.draft(Grammar(), conditions, SETTINGS, 0, lambda: True)


def test_no_draft_is_of_a_type_that_is_known_of_its_formula(engine: Substitution) -> None:
    drafts = engine.exchanged(Constraints(), ANY, 20, np.random.default_rng(0))
    assert not any(load_reference().has_type(structure_type(draft.crystal)) for draft in drafts)


# --------------------------------------------------------------------------------------------------------- by name


def test_a_mixture_asks_each_engine_and_says_which_made_each() -> None:
    quick = CrystalSettings(engine="mixed", drafts=4, skeletons=1, geometries=1, refined=1, steps=2)
    pipeline = Pipeline(Target(), quick, 0, Grammar())
    for first, count in ((0, 1), (1, 1), (2, 4)):
        conditions = {engine.name: pipeline.conditions(engine, first, count) for engine in pipeline.engines}
        assert {draft.engine for draft in pipeline.draft(conditions, first)} == {"symmetry-first", "substitution"}
    found = generate(asking(Target(), 0, quick), 4)
    assert {candidate.origin.engine for candidate in found} <= {"symmetry-first", "substitution"}
    assert [candidate.origin.index for candidate in found] == [0, 1, 2, 3]
    assert all("skeleton-critic@" in candidate.origin.checkpoint for candidate in found)


def test_engines_are_known_by_name() -> None:
    assert set(trained_engines()) <= set(ENGINES)
    for name, entry in ENGINES.items():
        assert bool(entry.path) != bool(entry.mixes), name
        assert all(ENGINES[part].path for part in parts_of(name))
        assert checkpoints_of(name)
    with pytest.raises(BadTarget, match="no engine 'guess'; choose from: symmetry-first"):
        load_engine("guess")
    with pytest.raises(BadTarget, match="combines several engines"):
        load_engine("mixed")


def test_substitutions_count_for_more_only_where_a_property_is_asked_for(engine: Substitution) -> None:
    asked = ANY.copy()
    asked[CRYSTAL_CONDITIONS.index("e_above_hull")] = 0.01
    free = engine.draft(Grammar(), torch.from_numpy(asked)[None], SETTINGS, 0)
    assert {draft.log_weight for draft in free} == {0.0}
    asked[CRYSTAL_CONDITIONS.index("band_gap")] = 2.0
    told = engine.draft(Grammar(), torch.from_numpy(asked)[None], SETTINGS, 0)
    assert min(draft.log_weight for draft in told) > 0
