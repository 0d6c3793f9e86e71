"""A formula's structures and a crystal's neighbours: known ones first, the type kept, bad input named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from matgen_core.chem.crystals.structure import reduced_formula
from matgen_core.chem.crystals.structure_types import anonymous_type
from matgen_core.core.errors import BadInput, BadTarget
from matgen_core.core.goals import Constraints
from matgen_core.core.records import PLACED, RELAXED, Candidate, Crystal, Origin, Progress, Site
from matgen_core.core.settings import CrystalSettings
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.workflows.screening.candidate_files import read_files
from matgen_core.workflows.structures import KNOWN, list_structures, only_crystal, vary_crystal

QUICK = CrystalSettings(drafts=6, skeletons=1, geometries=1, steps=3, relax=2)
SALT = Crystal(225, (Site("a", "Na"), Site("b", "Cl")), (5.64, 5.64, 5.64, 90.0, 90.0, 90.0))


def test_known_structures_come_first_and_others_have_the_formula() -> None:
    found = list_structures("BaTiO3", 2, settings=QUICK)
    known = load_reference().structures.rows("BaTiO3")
    assert len(known) > 1
    assert {c.id for c in found[: len(known)]} == {str(load_reference().structures.ids[row]) for row in known}
    assert all(c.origin.engine == KNOWN for c in found[: len(known)])
    assert all(c.origin.engine != KNOWN for c in found[len(known) :])
    assert {reduced_formula(c.material) for c in found} == {"BaTiO3"}
    heights = [c.best("e_above_hull") for c in found[: len(known)]]
    assert heights == sorted(heights, key=lambda height: float("inf") if height is None else height)
    assert all(c.verdict("relaxed") is None for c in found[: len(known)]), "what is known stays as it is known"


@pytest.mark.parametrize(
    ("formula", "said"),
    [("ABO3", "give one with elements"), ("Xx2", "Xx"), ("C60H62N4O8", "at most 40")],
)
def test_what_is_no_formula_is_named_with_its_remedy(formula: str, said: str) -> None:
    with pytest.raises((BadTarget, BadInput), match=said):
        list_structures(formula, 1, settings=QUICK)


def test_variants_keep_the_structure_type_and_the_constraints() -> None:
    source, asked = Candidate("salt", SALT, Origin("file")), Constraints(include=frozenset({"Br"}))
    found = vary_crystal(source, 3, constraints=asked, settings=QUICK, seed=1)
    assert 0 < len(found) <= 3
    for candidate in found:
        assert anonymous_type(candidate.material) == anonymous_type(SALT)
        assert any(site.element == "Br" for site in candidate.material.sites)
        assert candidate.passed("constraints")
    again = vary_crystal(source, 3, constraints=asked, settings=QUICK, seed=1)
    assert [c.material for c in found] == [c.material for c in again]


def test_a_crystal_that_is_too_large_is_named_with_the_limit() -> None:
    sites = tuple(Site("i", "O", (0.01 * i, 0.3, 0.7)) for i in range(250))
    large = Candidate("cage", Crystal(2, sites, (30.0, 30.0, 30.0, 90.0, 90.0, 90.0)), Origin("file"))
    with pytest.raises(BadInput, match="'cage' has 500 atoms on 250 positions"):
        vary_crystal(large, 1)


def test_constraints_that_leave_nothing_say_so() -> None:
    nothing = Constraints(include=frozenset({"He", "Ne"}))
    with pytest.raises(BadTarget, match="no exchange of elements in NaCl"):
        vary_crystal(Candidate("salt", SALT, Origin("file")), 2, constraints=nothing, settings=QUICK)


def test_a_disordered_cif_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "mixed.cif"
    path.write_text(
        "data_x\n_cell_length_a 4\n_cell_length_b 4\n_cell_length_c 4\n_cell_angle_alpha 90\n_cell_angle_beta 90\n"
        "_cell_angle_gamma 90\n_symmetry_space_group_name_H-M 'P 1'\nloop_\n_atom_site_label\n_atom_site_type_symbol\n"
        "_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n_atom_site_occupancy\nFe1 Fe 0 0 0 0.5\n"
        "Cl1 Cl 0.5 0.5 0.5 1\n"
    )
    with pytest.raises(BadInput, match=r"mixed\.cif cannot be varied"):
        only_crystal(read_files([path]), path.name)


def test_elements_that_no_model_knows_are_named() -> None:
    strange = replace(SALT, sites=(Site("a", "Og"), Site("b", "Cl")))
    with pytest.raises(BadInput, match="'odd' contains Og, which no model here knows; give a crystal without it"):
        vary_crystal(Candidate("odd", strange, Origin("file")), 2, settings=QUICK)


def test_variants_are_told_of_in_their_stages_and_kept_there_by_a_cancel() -> None:
    source, seen = Candidate("salt", SALT, Origin("file")), list[Progress[Any]]()
    found = vary_crystal(source, 3, settings=QUICK, seed=1, on_progress=seen.append)
    stages = list(dict.fromkeys(row.stage for progress in seen for row in progress.working))
    assert stages == [PLACED, RELAXED, ""]
    assert seen[-1].candidates == found
    seen.clear()
    kept = vary_crystal(source, 3, settings=QUICK, seed=1, on_progress=seen.append, cancelled=lambda: bool(seen))
    assert {candidate.stage for candidate in kept} == {PLACED}
    assert {c.id for c in kept} == {c.id for c in found}


def test_known_structures_are_shown_before_others_are_drawn() -> None:
    seen: list[Progress[Any]] = []
    found = list_structures("BaTiO3", 1, settings=QUICK, on_progress=seen.append)
    known = [candidate for candidate in found if candidate.origin.engine == KNOWN]
    assert list(seen[0].candidates) == known
    assert all(progress.candidates[: len(known)] == tuple(known) for progress in seen)
    assert seen[-1].candidates == found
