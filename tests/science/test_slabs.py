"""Layers and a molecule in vacuum relax to their measured lattices, and the vacuum neither collapses nor grows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from matgen_core.chem.crystals.structure import to_structure
from matgen_core.chem.energies.symmetric_relaxation import relax_symmetric
from matgen_core.core.records import Crystal
from matgen_core.workflows.screening.candidate_files import Refused, read_files

CASES = Path(__file__).parents[1] / "cases" / "44-slab-relax"


def crystal_of(name: str) -> Crystal:
    (item,) = read_files([CASES / f"{name}.cif"])
    assert not isinstance(item, Refused)
    return item.material


@pytest.mark.parametrize(
    ("name", "strain", "a", "thickness"),
    [("hbn_18A", -0.03, 2.51, 0.0), ("mos2_20A", 0.03, 3.19, 3.13)],
    ids=["boron nitride, compressed", "molybdenum sulfide, stretched"],
)
def test_a_strained_layer_finds_its_lattice_again(name: str, strain: float, a: float, thickness: float) -> None:
    layer = crystal_of(name)
    length, _, tall, *angles = layer.lattice
    strained = replace(layer, lattice=(length * (1 + strain), length * (1 + strain), tall, *angles))
    (found,) = relax_symmetric([strained], steps=100)
    assert found.converged, found.reason
    assert found.crystal is not None
    lattice = to_structure(found.crystal).lattice
    assert lattice.a == pytest.approx(a, abs=0.02)
    assert lattice.b == pytest.approx(lattice.a, abs=1e-3)
    assert lattice.c == pytest.approx(tall, rel=0.03)
    heights = to_structure(found.crystal).cart_coords[:, 2]
    assert max(heights) - min(heights) == pytest.approx(thickness, abs=0.1)


def test_a_molecule_keeps_its_bonds() -> None:
    (found,) = relax_symmetric([crystal_of("water_10A")], steps=100)
    assert found.converged, found.reason
    assert found.crystal is not None
    structure = to_structure(found.crystal)
    bonds = sorted(structure.get_neighbor_list(1.2)[3])
    assert len(bonds) == 4, "two bonds, each from both ends"
    assert bonds == pytest.approx([0.97] * 4, abs=0.02)
    assert structure.volume == pytest.approx(1000, rel=0.1)
