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

from matgen_core.chem.crystals.structure import from_structure
from matgen_core.core.errors import BadInput, MissingReference
from matgen_core.core.records import Crystal, Site
from matgen_core.kinds.crystals.known.reference import FOLDER, load_reference, structure_type
from matgen_core.kinds.crystals.known.reference_build import build_reference
from matgen_core.kinds.crystals.known.row_building import parse_row
from matgen_core.kinds.crystals.known.rows import COLUMNS, CrystalRows


def salt(a: str = "Na", b: str = "Cl") -> Crystal:
    return from_structure(Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.69), [a, b], [[0, 0, 0], [0.5, 0.5, 0.5]]))


def test_novelty_is_known_unlisted_or_not_compared() -> None:
    reference = load_reference()
    known = reference.novelty(salt())
    assert known.passed is False
    assert known.reason == "known structure of NaCl: mp-22862, Fm-3m"
    strange = reference.novelty(salt("Xe", "Ac"))
    assert strange.passed is True
    assert "not among the 95,369 known formulas" in strange.reason


#: Crystals long known: xenotime, calcite and α-NaFeO2 types, and the low-temperature form of LiCoO2.
XENOTIME = Structure.from_spacegroup(
    "I4_1/amd", Lattice.tetragonal(6.9, 6.05), ["Dy", "P", "O"], [[0, 0.75, 0.125], [0, 0.25, 0.375], [0, 0.076, 0.216]]
)
CALCITE = Structure.from_spacegroup(
    "R-3c", Lattice.hexagonal(4.76, 15.3), ["Sc", "B", "O"], [[0, 0, 0], [0, 0, 0.25], [0.29, 0, 0.25]]
)
SPINEL_LIKE = Structure.from_spacegroup(
    "Fd-3m:2", Lattice.cubic(8.0), ["Li", "Co", "O"], [[0, 0, 0], [0.5, 0.5, 0.5], [0.26, 0.26, 0.26]]
)


def layered(a: str, b: str, length: float, height: float) -> Structure:
    places = [[0, 0, 0], [0, 0, 0.5], [0, 0, 0.23]]
    return Structure.from_spacegroup("R-3m", Lattice.hexagonal(length, height), [a, b, "O"], places)


@pytest.mark.parametrize(
    "structure",
    [
        XENOTIME,
        CALCITE,
        SPINEL_LIKE,
        layered("K", "Sc", 3.22, 18.2),
        layered("K", "Er", 3.42, 18.5),
        layered("Na", "Tm", 3.39, 16.7),
        layered("K", "Y", 3.45, 18.4),
    ],
    ids=lambda structure: structure.composition.reduced_formula,
)
def test_long_known_crystals_are_never_new(structure: Structure) -> None:
    verdict = load_reference().novelty(from_structure(structure))
    assert verdict.passed is not True, verdict.reason
    assert verdict.passed is False or "look it up in the public databases" in verdict.reason


def test_what_is_not_compared_says_how_much_is_known() -> None:
    reference = load_reference()
    reason = reference.novelty(from_structure(SPINEL_LIKE)).reason
    assert "different from each structure of LiCoO2 in the reference (1 of 7 known)" in reason
    assert reference.count_known("NaTmO2") is None, "in the table of crystals only, so others may be known"
    assert reference.count_known("XeAc") == 0
    assert not reference.may_be_new("DyPO4")
    assert not reference.may_be_new("LiCoO2")
    assert reference.may_be_new("XeAc")


def test_a_crystal_unlike_all_known_of_its_formula_is_unlisted() -> None:
    """Ac2AgPb is known as a Heusler phase only; a layered cell of it is another structure."""
    reference = load_reference()
    assert (reference.count_known("Ac2AgPb"), len(reference.structures.rows("Ac2AgPb"))) == (1, 1)
    layers = Structure(
        Lattice.tetragonal(3.9, 16.0), ["Ac", "Ac", "Ag", "Pb"], [[0, 0, 0], [0, 0, 0.3], [0, 0, 0.5], [0, 0, 0.75]]
    )
    verdict = reference.novelty(from_structure(layers))
    assert verdict.passed is True
    assert verdict.reason == "different from every known structure of Ac2AgPb (1)"


def test_geometry_decides_not_the_positions_alone() -> None:
    """Tetragonal cells of one type, one as known and one stretched beyond likeness."""
    reference = load_reference()
    row = next(
        r
        for f in ("NaTmO2", "CaC2", "TlSe", "MoSi2", "WSi2")
        for r in reference.structures.rows(f)
        if len(reference.structures.rows(f)) == 1
    )
    known = reference.structures.crystal(row)
    assert reference.novelty(known).passed is False
    a, b, c, *angles = known.lattice
    stretched = replace(known, lattice=(a, b, 2.5 * c, *angles))
    assert structure_type(stretched) == structure_type(known)
    assert reference.novelty(stretched).passed is not False


def test_the_shipped_structures_are_those_of_the_rows(rows_folder: Path) -> None:
    """A sample of the CIFs of the table, each matched to what is shipped of its row."""
    import pandas as pd

    from matgen_core.chem.crystals.matching import match

    table = pd.read_csv(rows_folder / "crystals.csv.gz", usecols=["material_id", "cif"], nrows=4000)
    structures = load_reference().structures
    rows = {name: row for row, name in enumerate(structures.ids.tolist())}
    for name, cif in table.iloc[:: len(table) // 40].itertuples(index=False):
        read = parse_row(name, cif)
        assert isinstance(read, Crystal)
        assert match(read, structures.crystal(rows[name])), name


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
        ("formula,formation_energy_mp2020\nNaCl,low\n", "is not a number"),
        ("formula,formation_energy_mp2020\nNaCl,n/a\n", "no formation energies"),
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
