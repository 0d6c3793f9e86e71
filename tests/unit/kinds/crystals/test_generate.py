"""The pipeline of a crystal: drafted wide, filtered by the critic, placed at the lowest steering energy, relaxed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from matgen_core.chem.crystals.structure import formula_counts, to_structure
from matgen_core.chem.energies.chgnet import predict_energies
from matgen_core.chem.formulas.constraints import check_crystal
from matgen_core.core.errors import Cancelled
from matgen_core.core.goals import Constraints, Goal, Target
from matgen_core.core.properties import CRYSTAL_CONDITIONS
from matgen_core.core.records import Candidate, Crystal, Origin, Site
from matgen_core.core.settings import CrystalSettings
from matgen_core.kinds.crystals.checks.critic import load_critic
from matgen_core.kinds.crystals.drafts import Draft, choose_drafts, distinct, scores_of
from matgen_core.kinds.crystals.generate import Pipeline, generate, load_engine
from matgen_core.kinds.crystals.known.reference import load_reference, structure_type
from matgen_core.kinds.crystals.placing.placement import Placed, place_drafts, rank_placed
from matgen_core.kinds.crystals.placing.relax_drawn import relax_drawn
from matgen_core.kinds.crystals.writing.grammar import Grammar, Skeleton, skeleton_of, without_geometry
from matgen_core.kinds.protocol import Brief

QUICK = CrystalSettings(drafts=8, skeletons=2, geometries=2, refined=1, steps=3, relax=4)
OXIDE = Target({"band_gap": Goal.at(3.0)}, Constraints(include=frozenset({"O"}), max_atoms=12))
SALT = Skeleton(225, (("a", "Na"), ("b", "Cl")))
ALLOY = Skeleton(225, (("a", "Al"), ("b", "Fe")))


def asking(target: Target, seed: int, settings: CrystalSettings) -> Brief[CrystalSettings]:
    return Brief(target, target, seed, settings)


def anything(count: int) -> torch.Tensor:
    return torch.full((count, len(CRYSTAL_CONDITIONS)), float("nan"))


def test_the_same_seed_draws_the_same_within_the_constraints() -> None:
    first = generate(asking(OXIDE, 2, QUICK), 4)
    assert first == generate(asking(OXIDE, 2, QUICK), 4)
    assert [candidate.origin.index for candidate in first] == [0, 1, 2, 3]
    own = {f"s2-{i:04d}" for i in range(8)} | {f"s2-0007-{i}" for i in range(1, 5)}
    assert {candidate.id for candidate in first} < own, "each has the id of its draft"
    assert len({candidate.id for candidate in first}) == 4
    for candidate in relax_drawn(first, QUICK.relax):
        crystal = candidate.material
        assert check_crystal(crystal, formula_counts(crystal), OXIDE.constraints).passed
        assert candidate.verdict("relaxed") is not None


def test_an_id_names_one_draft_of_a_run_also_where_a_mixture_drafts_more_than_was_asked_for() -> None:
    iron = Target({}, Constraints(include=frozenset({"Fe"}), max_atoms=12))
    pipeline = Pipeline(iron, replace(QUICK, drafts=32), 0, Grammar(iron.constraints))
    names, more = list[str](), 0
    for first in range(0, 12, 4):
        conditions = {engine.name: pipeline.conditions(engine, first, 4) for engine in pipeline.engines}
        chosen = pipeline.choose(pipeline.draft(conditions, first), 4 * QUICK.skeletons)
        more += len(chosen) > 4 * QUICK.skeletons
        rows = pipeline.drafted(chosen, first, 4)
        names += [row.id for row in rows]
        assert {row.origin.index for row in rows} <= set(range(first, first + 4)), "a draft is of its own batch"
    assert more > 1, "an engine with less than its share brings more"
    assert len(set(names)) == len(names)


def test_known_types_come_last_where_new_ones_are_preferred() -> None:
    known, new = Draft(SALT, "x", "", 0), Draft(Skeleton(225, (("a", "Na"), ("b", "Rb"))), "x", "", 0)
    assert load_reference().has_type(structure_type(without_geometry(SALT)))
    assert not load_reference().has_type(structure_type(without_geometry(new.skeleton)))
    pipeline = Pipeline(Target(), QUICK, 0, Grammar())
    assert pipeline.choose([known, new], 1) == [new]
    assert pipeline.choose([known, new], 2) == [new, known]
    told = Pipeline(Target(), replace(QUICK, novel=False), 0, Grammar())
    assert told.choose([known, new], 1) == [known], "sodium with rubidium is no compound"


def test_a_relaxation_that_leaves_the_constraints_is_not_taken() -> None:
    """Rock salt in a tetragonal cell relaxes to its cube, which is another crystal system than was asked for."""
    off = Crystal(139, (Site("a", "Na"), Site("b", "Cl")), (3.99, 3.99, 5.8, 90.0, 90.0, 90.0))
    candidate = Candidate("a", off, Origin("symmetry-first"))
    (moved,) = relax_drawn([candidate], 40)
    assert moved.material.space_group == 225
    (kept,) = relax_drawn([candidate], 40, constraints=Constraints(crystal_system="tetragonal"))
    assert kept.material == off
    verdict = kept.verdict("relaxed")
    assert verdict is not None
    assert verdict.passed is None
    assert "break the constraints (cubic)" in verdict.reason


def test_the_critic_chooses_what_meets_the_target() -> None:
    drafts = [Draft(ALLOY, "x", "", 0), Draft(SALT, "x", "", 0)]
    wide = Target({"band_gap": Goal.at_least(4.0)})
    assert choose_drafts(drafts, wide, 1, None, load_critic())[0].skeleton == SALT
    metal = Target({"band_gap": Goal.at(0.0)})
    assert choose_drafts(drafts, metal, 1, None, load_critic())[0].skeleton == ALLOY
    assert choose_drafts(drafts, wide, 2, None, load_critic(), lambda skeleton: skeleton == SALT) == [drafts[0]]
    assert choose_drafts([], wide, 2, None, load_critic()) == []


def test_what_an_engine_says_for_a_draft_counts() -> None:
    drafts = [Draft(SALT, "x", "", 0), Draft(SALT, "x", "", 0, log_weight=-3.0)]
    plain, forced = scores_of(drafts, Target(), 0.05, load_critic()).tolist()
    assert plain - forced == pytest.approx(3.0, abs=1e-4)
    assert distinct(drafts) == drafts[:1]


def test_of_diffusion_and_known_crystals_the_lower_energy_goes_on() -> None:
    placers = {"symmetry-first": load_engine("symmetry-first").placer}
    draft = Draft(SALT, "symmetry-first", "", 0)

    def energy(settings: CrystalSettings) -> tuple[str, float]:
        assert placers["symmetry-first"] is not None
        (placed,) = place_drafts(
            [draft], placers, {"symmetry-first": anything(1)}, settings, torch.Generator().manual_seed(0)
        )
        (prediction,) = predict_energies([to_structure(placed.crystal)])
        assert prediction.energy is not None
        return placed.source, prediction.energy

    alone, beside = energy(replace(QUICK, templates=0)), energy(replace(QUICK, templates=2))
    assert alone[0] == "diffusion"
    assert beside[1] <= alone[1]
    assert beside[0].startswith("template mp-"), "rock salt is known, two steps of diffusion are not as good"


def test_placed_drafts_are_ranked_by_their_energies_and_goals() -> None:
    def placed(formation: float | None, above: float | None) -> Placed:
        return Placed(Draft(SALT, "x", "", 0), without_geometry(SALT), "diffusion", formation, above)

    entries = [placed(-1.0, 0.30), placed(-1.0, 0.02), placed(None, None), placed(-2.0, 0.05)]
    zeros = torch.zeros(4)
    assert rank_placed(entries, zeros, Target(), True) == [1, 3, 0, 2]
    deep = Target({"formation_energy": Goal.at(-2.0)})
    assert rank_placed(entries, zeros, deep, True)[0] == 3
    assert rank_placed(entries, torch.tensor([0.0, -9.0, 0.0, 0.0]), Target(), False)[-1] == 1


def test_relaxation_lowers_the_energy_and_keeps_the_symmetry() -> None:
    found = generate(asking(Target(), 0, replace(QUICK, engine="symmetry-first")), 3)
    relaxed = relax_drawn(found, 8)
    assert relax_drawn(found, 0) == found
    before, after = (predict_energies([to_structure(c.material) for c in batch]) for batch in (found, relaxed))
    for one, other, candidate in zip(before, after, relaxed, strict=True):
        assert other.energy is not None
        assert one.energy is None or other.energy <= one.energy + 1e-3, candidate.verdict("relaxed")
    assert [skeleton_of(c.material).space_group for c in found] == [c.material.space_group for c in relaxed]


def test_a_cancelled_run_says_so_or_keeps_what_it_has() -> None:
    with pytest.raises(Cancelled):
        generate(asking(Target(), 0, QUICK), 2, cancelled=lambda: True)
    found = generate(asking(Target(), 0, replace(QUICK, engine="substitution")), 2)
    kept = relax_drawn(found, 20, cancelled=lambda: True)
    assert [candidate.material for candidate in kept] == [candidate.material for candidate in found]
    assert all(candidate.verdict("relaxed") for candidate in kept), "each says that it was not relaxed"


def test_every_engine_drafts_within_the_rows_and_the_constraints() -> None:
    for name in ("symmetry-first", "substitution"):
        drafts = load_engine(name).draft(Grammar(OXIDE.constraints), anything(2), QUICK, 5)
        assert 0 < len(drafts) <= 2 * QUICK.drafts
        assert {draft.row for draft in drafts} == {0, 1}
        for draft in drafts:
            crystal = without_geometry(draft.skeleton)
            assert check_crystal(crystal, formula_counts(crystal), OXIDE.constraints).passed
            assert (draft.crystal is None) == (name == "symmetry-first")
            assert np.isfinite(draft.log_weight)
