"""What is known is told apart in three levels, and a damaged reference is said to be damaged."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.structure import from_structure
from matgen_core.data.reference import FOLDER, load_reference, structure_type
from matgen_core.types import Crystal, MissingReference, Site


def salt(a: str = "Na", b: str = "Cl") -> Crystal:
    return from_structure(Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.69), [a, b], [[0, 0, 0], [0.5, 0.5, 0.5]]))


def test_three_levels_of_newness() -> None:
    reference = load_reference()
    known = reference.newness(salt())
    assert known.passed is False
    assert "known structure type" in known.reason
    turned = Crystal(221, (Site("a", "Na"), Site("b", "Cl")), (5.6, 5.6, 5.6, 90.0, 90.0, 90.0))
    odd = replace(turned, sites=(Site("a", "Na"), Site("b", "Cl"), Site("e", "Na", (0.2,)), Site("f", "Cl", (0.2,))))
    assert "new structure of the known formula" in reference.newness(odd).reason
    strange = reference.newness(salt("Xe", "Ac"))
    assert strange.passed is True
    assert "not among" in strange.reason


def test_the_type_does_not_depend_on_the_choice_of_origin() -> None:
    shifted = Crystal(225, (Site("a", "Cl"), Site("b", "Na")), (5.69, 5.69, 5.69, 90.0, 90.0, 90.0))
    assert structure_type(salt()) == structure_type(shifted)


def test_a_missing_or_damaged_reference_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(MissingReference, match="git checkout"):
        load_reference(tmp_path)
    copy = tmp_path / "copy"
    shutil.copytree(FOLDER, copy)
    data = bytearray((copy / "hull.npz").read_bytes())
    data[len(data) // 2] ^= 1
    (copy / "hull.npz").write_bytes(bytes(data))
    with pytest.raises(MissingReference, match="digest"):
        load_reference(copy)


def test_few_known_phases_are_flagged() -> None:
    hull = load_reference().hull
    assert not hull.read({"Fe": 2, "O": 3}, -1.0).few_known
    assert hull.read({"Xe": 1, "Ac": 1}, -1.0).few_known
