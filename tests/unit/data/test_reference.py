"""What is known is told apart in three levels, and a damaged reference is said to be damaged."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.structure import from_structure
from matgen_core.data.crystals import COLUMNS, CrystalRows
from matgen_core.data.reference import FOLDER, build_reference, load_reference, structure_type
from matgen_core.types import BadInput, Crystal, MissingReference, Site


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


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"digests": {}}', "\x00"])
def test_a_foreign_manifest_is_no_crash(text: str, tmp_path: Path) -> None:
    (tmp_path / "reference.json").write_text(text, encoding="utf-8")
    with pytest.raises(MissingReference, match="git checkout"):
        load_reference(tmp_path)


def test_cut_samples_are_no_crash(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(FOLDER, copy)
    (copy / "samples.npz").write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(MissingReference, match="cannot be read"):
        load_reference(copy)


@lru_cache
def small_rows() -> CrystalRows:
    pairs = [("Na", "Cl"), ("K", "Cl"), ("K", "Br"), ("Na", "Br")]
    values = np.array([[5.0, -2.0, 0.0, 0.0, 0.0, -3.6 - 0.1 * i] for i in range(4)], dtype=np.float32)
    assert values.shape[1] == len(COLUMNS)
    splits = np.array(["train", "train", "train", "val"])
    return CrystalRows(np.array(list("abcd")), tuple(salt(*pair) for pair in pairs), values, splits)


def test_a_users_own_table_builds_the_same_files_each_time(tmp_path: Path) -> None:
    table = tmp_path / "phases.csv"
    table.write_text("formula,formation_energy_per_atom\nNa2Cl2,-1.9\nNaCl,-2.1\nNaN,-0.5\nKCl,\nAmO2,-3\n")
    first, second = (build_reference(table, small_rows(), tmp_path / name) for name in ("one", "two"))
    assert first.hull.read({"Na": 1, "Cl": 1}, -2.0).e_above_hull == pytest.approx(0.1, abs=1e-6)
    assert first.hull.read({"K": 1, "Cl": 1}, -2.0).known == 0
    assert not first.is_new_formula("AmO2")
    assert first.spreads == second.spreads
    manifests = [json.loads((tmp_path / name / "reference.json").read_text()) for name in ("one", "two")]
    assert manifests[0] == manifests[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,energy\nNaCl,-2\n", "needs the columns"),
        ("formula,formation_energy_mp2020\n<script>,-2\n", "not a formula"),
        ("formula,formation_energy_mp2020\nX2O,-2\n", "not a formula"),
        ("formula,formation_energy_mp2020\nNaCl,low\n", "no formation energies"),
    ],
)
def test_a_table_that_cannot_be_used_is_told_so(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "phases.csv").write_text(text)
    with pytest.raises(BadInput, match=said):
        build_reference(tmp_path / "phases.csv", small_rows(), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_reference_is_small_and_says_where_it_is_from() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 12e6
    manifest = json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))
    assert "CC BY 4.0" in manifest["attribution"]
    assert manifest["counts"]["formation_energy_mae"] < 0.025
