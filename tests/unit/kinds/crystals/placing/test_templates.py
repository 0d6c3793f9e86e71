"""A skeleton gets the geometry of the known crystals with its positions, the nearest elements first."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.equivalent_origins import at_origin
from matgen_core.chem.crystals.matching import match
from matgen_core.chem.crystals.structure import from_structure
from matgen_core.core.records import Crystal
from matgen_core.kinds.crystals.known.known_structures import KnownStructures, save_structures
from matgen_core.kinds.crystals.known.rows import ELEMENTS
from matgen_core.kinds.crystals.placing.templates import Templates, load_templates, mendeleev_number
from matgen_core.kinds.crystals.writing.grammar import Skeleton, skeleton_of


def rutile(metal: str, u: float, a: float, c: float) -> Crystal:
    cell = Lattice.tetragonal(a, c)
    return from_structure(Structure.from_spacegroup("P4_2/mnm", cell, [metal, "O"], [[0, 0, 0], [u, u, 0]]))


def perovskite(a: str, b: str, length: float) -> Crystal:
    places = [[0] * 3, [0.5] * 3, [0.5, 0.5, 0]]
    return from_structure(Structure.from_spacegroup("Pm-3m", Lattice.cubic(length), [a, b, "O"], places))


def olivine() -> Crystal:
    cell = Lattice.orthorhombic(10.2, 5.98, 4.76)
    places = [[0, 0, 0], [0.277, 0.25, 0.99], [0.094, 0.25, 0.426], [0.092, 0.25, 0.766], [0.447, 0.25, 0.222]]
    places.append([0.163, 0.033, 0.277])
    return from_structure(Structure.from_spacegroup("Pnma", cell, ["Mg", "Mg", "Si", "O", "O", "O"], places))


@pytest.fixture
def templates(tmp_path: Path) -> Templates:
    known = [
        rutile("Ti", 0.305, 4.6, 2.96),
        rutile("Pb", 0.308, 5.0, 3.4),
        rutile("Sn", 0.307, 4.8, 3.2),
        rutile("Ru", 0.25, 4.5, 3.1),
        perovskite("Sr", "Ti", 3.95),
        olivine(),
    ]
    save_structures(known, tmp_path / "structures.npz")
    names = ["TiO2", "PbO2", "SnO2", "RuO2", "SrTiO3", "Mg2SiO4"]
    volumes = [30.0 if e in ("Zr", "Ba") else 15.0 for e in ELEMENTS]
    return Templates(KnownStructures(np.array(names), np.array(names), tmp_path / "structures.npz"), volumes)


def test_the_nearest_elements_come_first_and_likenesses_once(templates: Templates) -> None:
    skeleton = skeleton_of(rutile("Zr", 0.3, 4.0, 3.0))
    found = templates.find(skeleton, 4)
    assert found[0].formula == "TiO2"  # Zr and Ti stand in one group
    assert [t.distance for t in found] == sorted(t.distance for t in found)
    assert "RuO2" in [t.formula for t in found]
    assert len(found) == 3  # SnO2 and TiO2 are one geometry for a start, or PbO2 and SnO2
    assert all(skeleton_of(t.crystal) == skeleton for t in found)
    assert not any(t.own for t in found)
    assert templates.count(skeleton) == 4


def test_the_cell_grows_with_its_atoms_and_keeps_its_shape(templates: Templates) -> None:
    (found,) = templates.find(skeleton_of(rutile("Zr", 0.3, 4.0, 3.0)))
    a, _, c, *_ = found.crystal.lattice
    assert c / a == pytest.approx(2.96 / 4.6, abs=1e-3)
    assert a * a * c / (4.6**2 * 2.96) == pytest.approx((30 + 2 * 15) / (3 * 15), rel=1e-3)
    oxygen = next(site for site in found.crystal.sites if site.element == "O")
    assert min(abs(oxygen.coordinates[0] - u) for u in (0.305, 0.695)) < 1e-3


def test_its_own_crystal_says_so_and_can_be_left_out(templates: Templates) -> None:
    crystal = rutile("Ti", 0.29, 4.5, 3.0)
    own, *_ = templates.find(skeleton_of(crystal))
    assert own.own
    assert match(own.crystal, rutile("Ti", 0.305, 4.6, 2.96))
    assert all(not t.own for t in templates.find(skeleton_of(crystal), 4, own=False))


def test_another_origin_is_the_same_type(templates: Templates) -> None:
    moved = at_origin(perovskite("Ba", "Zr", 4.2), (0.5, 0.5, 0.5))
    assert moved is not None
    assert {s.letter for s in moved.sites} != {s.letter for s in perovskite("Ba", "Zr", 4.2).sites}
    (found,) = templates.find(skeleton_of(moved))
    assert found.formula == "SrTiO3"
    assert match(found.crystal, perovskite("Ba", "Zr", 4.2))


def test_each_element_gets_the_place_of_its_like(templates: Templates) -> None:
    (found,) = templates.find(Skeleton(62, (("a", "Fe"), ("c", "Fe"), ("c", "Ge"), *[("c", "O")] * 2, ("d", "O"))))
    place = {s.coordinates for s in found.crystal.sites if s.element == "Ge"}
    silicon = {s.coordinates for s in templates.structures.crystal(5).sites if s.element == "Si"}
    np.testing.assert_allclose(sorted(place), sorted(silicon), atol=1e-6)


def test_positions_that_nobody_has_have_none(templates: Templates) -> None:
    assert templates.find(Skeleton(1, (("a", "Na"),) * 7)) == []
    assert templates.count(Skeleton(1, (("a", "Na"),) * 7)) == 0


def test_most_known_crystals_find_another_in_the_shipped_reference() -> None:
    shipped, rng = load_templates(), np.random.default_rng(0)
    rows = rng.permutation(len(shipped.structures.ids))[:40].tolist()
    errors = []
    for row in rows:
        crystal = shipped.structures.crystal(row)
        for found in shipped.find(skeleton_of(crystal), own=False):
            errors.append(abs(np.log(np.prod(found.crystal.lattice[:3]) / np.prod(crystal.lattice[:3]))))
    assert len(errors) >= 30
    assert np.median(errors) < 0.06


def test_like_elements_have_near_numbers() -> None:
    number = mendeleev_number
    assert abs(number("Cl") - number("Br")) < abs(number("Cl") - number("Na"))
