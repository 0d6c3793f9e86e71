"""On the reduced graph CHGNet has the energy and the slope that it has on the whole one."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.structure import from_structure, to_structure
from matgen_core.chem.energies.chgnet import load_chgnet, predict_energies
from matgen_core.chem.energies.free_parameters import free_crystal
from matgen_core.chem.energies.reduced_energy import Place, measure, measure_crystals
from matgen_core.chem.energies.reduced_graph import reduce_graph, still_holds
from matgen_core.core.errors import BadInput, Cancelled
from matgen_core.core.records import Crystal, Site
from tests.unit.chem.known_cells import all_cells, corundum, monoclinic, rutile, salt


def place_of(crystal: Crystal, seed: int | None = None) -> Place:
    """Where a crystal is, or a little beside it."""
    free = free_crystal(crystal)
    numbers = np.concatenate([free.coordinates, np.zeros(len(free.strains))])
    if seed is not None:
        numbers += np.random.default_rng(seed).normal(0, 0.01, len(numbers))
    place = Place(free, reduce_graph(free, free.coordinates, free.lattice), numbers)
    return Place(free, reduce_graph(free, place.coordinates, place.lattice), numbers)


def test_the_energy_is_that_of_the_whole_graph() -> None:
    crystals = all_cells()
    whole = [prediction.energy for prediction in predict_energies([to_structure(crystal) for crystal in crystals])]
    np.testing.assert_allclose(measure_crystals(crystals), whole, atol=2e-5)


def test_equal_bonds_and_angles_are_computed_once() -> None:
    graph = place_of(salt()).graph
    structure = to_structure(salt())
    assert (
        graph.times.sum() == sum(len(structure.get_neighbors(site, 6.2)) for site in structure) == 2 * (6 + 12 + 8 + 6)
    )
    assert len(graph.center) == 2 * 4  # the shells around each of two atoms
    short = [len(structure.get_neighbors(site, 3.2)) for site in structure]
    assert len(graph.angle_center) == 2 * 2  # at 90° and 180°, in each of two octahedra
    assert short == [6, 6]


@pytest.mark.parametrize("crystal", [rutile(), corundum(), monoclinic()], ids=["rutile", "corundum", "baddeleyite"])
def test_the_slope_is_the_difference_of_energies(crystal: Crystal) -> None:
    place = place_of(crystal, seed=3)
    _, (slope,) = measure([place])
    step = 1e-3
    for k in range(len(slope)):
        ends = [place.parameters + sign * step * np.eye(len(slope))[k] for sign in (1, -1)]
        energies, _ = measure([Place(place.free, place.graph, end) for end in ends], slopes=False)
        # float32: an energy of 100 eV is rounded to 1e-5 eV
        assert slope[k] == pytest.approx((energies[0] - energies[1]) / (2 * step), abs=0.05 + 0.01 * abs(slope[k]))


def test_the_slope_is_that_of_chgnets_forces_and_stress() -> None:
    place = place_of(rutile(), seed=1)
    structure = to_structure(place.free.moved(place.parameters))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = load_chgnet().predict_structure(structure, task="efs")
    (_, (slope,)) = measure([place])
    orbit = place.free.orbits[1]  # O at (u, u, 0)
    start = next(i for i, site in enumerate(structure) if site.specie.symbol == "O")
    forces = read["f"][start : start + len(orbit.offset)]
    axes = np.asarray(structure.lattice.matrix).T @ orbit.linear[:, :, 0].T
    force = -float(np.einsum("im,mi->", axes, forces))
    assert slope[0] == pytest.approx(force, abs=0.02)


def test_together_is_as_alone() -> None:
    places = [place_of(crystal, seed=i) for i, crystal in enumerate(all_cells())]
    energies, slopes = measure(places)
    for place, energy, slope in zip(places, energies, slopes, strict=True):
        alone, (own,) = measure([place])
        assert alone[0] == pytest.approx(energy, abs=1e-4)
        np.testing.assert_allclose(own, slope, atol=2e-3)


def test_a_graph_holds_until_a_bond_may_have_come_within_the_cutoff() -> None:
    place = place_of(rutile())
    before = place.coordinates, place.lattice
    near = place.coordinates + 0.002, place.lattice * 0.995
    assert still_holds(place.free, before, near)
    assert not still_holds(place.free, before, (place.coordinates, place.lattice * 0.95))
    assert not still_holds(place.free, before, (place.coordinates + 0.05, place.lattice))
    numbers = place.parameters.copy()
    numbers[0] += 0.002
    fresh = Place(place.free, reduce_graph(place.free, numbers[:1], place.lattice), numbers)
    energies, _ = measure([Place(place.free, place.graph, numbers), fresh], slopes=False)
    assert energies[0] == pytest.approx(energies[1], abs=1e-4)


def test_what_cannot_be_measured_says_why_and_the_others_go_on() -> None:
    dense = from_structure(Structure(Lattice.cubic(1.2), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]))
    curium = from_structure(Structure(Lattice.cubic(3.5), ["Cm"], [[0, 0, 0]]))
    large = from_structure(Structure(Lattice.cubic(25.0), ["Na"] * 216, np.random.default_rng(0).random((216, 3))))
    far = from_structure(Structure(Lattice.cubic(30.0), ["Ar"], [[0, 0, 0]]))
    close = Crystal(1, _pair(0.02), (6.0, 6.0, 6.0, 90.0, 90.0, 90.0))
    found = measure_crystals([dense, curium, large, far, close, salt()])
    said = [str(entry) for entry in found[:-1]]
    assert all(isinstance(entry, BadInput) for entry in found[:-1])
    for reason, word in zip(said, ("too dense", "Cm", "216 atoms", "too far apart", "overlap"), strict=True):
        assert word in reason
    assert isinstance(found[-1], float)
    with pytest.raises(Cancelled):
        measure_crystals([salt()], cancelled=lambda: True)


def _pair(apart: float) -> tuple[Site, ...]:
    return Site("a", "Na", (0.0, 0.0, 0.0)), Site("a", "Cl", (apart, 0.0, 0.0))
