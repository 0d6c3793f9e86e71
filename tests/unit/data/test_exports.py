"""Files say what the candidate is, and nothing in them runs."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import pytest
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Lattice, Structure

from matgen_core.chem.structure import from_structure, to_structure
from matgen_core.data.exports import file_name, to_cif, to_cif_zip, to_csv, to_json, to_poscar, to_xyz
from matgen_core.types import Candidate, Origin, Prediction, Verdict

CELLS = {
    "rutile": ("P4_2/mnm", Lattice.tetragonal(4.6, 2.96), ["Ti", "O"], [[0, 0, 0], [0.305, 0.305, 0]]),
    "corundum": ("R-3c", Lattice.hexagonal(4.76, 12.99), ["Al", "O"], [[0, 0, 0.352], [0.306, 0, 0.25]]),
    "zincite": ("P6_3mc", Lattice.hexagonal(3.25, 5.2), ["Zn", "O"], [[1 / 3, 2 / 3, 0], [1 / 3, 2 / 3, 0.382]]),
    "spinel": ("Fd-3m", Lattice.cubic(8.08), ["Mg", "Al", "O"], [[0] * 3, [0.625] * 3, [0.3875] * 3]),
}


def candidate(name: str, id_: str = "0-0001") -> Candidate:
    crystal = from_structure(Structure.from_spacegroup(*CELLS[name]))
    prediction = Prediction("band_gap", 1.5, 0.2, "eV", "=cmd()|method", True, "+1")
    verdict = Verdict("newness", True, "@new")
    return Candidate(id_, crystal, Origin("symmetry-first", "x@1", 0, 1), {"band_gap": prediction}, (verdict,))


@pytest.mark.parametrize("name", CELLS)
def test_cif_and_poscar_give_the_structure_back(name: str) -> None:
    entry = candidate(name)
    structure = to_structure(entry.material)
    for text, kind in ((to_cif(entry), "cif"), (to_poscar(entry), "poscar")):
        again = Structure.from_str(text, fmt=kind)
        assert StructureMatcher().fit(structure, again), f"{kind} of {name}"


def test_no_cell_of_the_csv_is_a_formula() -> None:
    rows = list(csv.reader(io.StringIO(to_csv([candidate("rutile", "=cmd()")]))))
    assert not [cell for cell in rows[1] if cell[:1] in ("=", "+", "@")]


@pytest.mark.parametrize("hidden", ["\t=cmd()", "\r\n=cmd()", " =cmd()", "\x00@x", "%0a", "|calc"])
def test_nothing_hides_a_formula_in_the_csv(hidden: str) -> None:
    rows = list(csv.reader(io.StringIO(to_csv([candidate("rutile", hidden)]))))
    assert not [cell for cell in rows[1] if cell.strip()[:1] in ("=", "+", "@", "|", "%", "\t", "\r", "\x00")]


def test_numbers_of_the_csv_stay_numbers() -> None:
    entry = candidate("rutile").add_predictions(Prediction("formation_energy", -3.25, None, "eV/atom", "m"))
    rows = list(csv.DictReader(io.StringIO(to_csv([entry, candidate("spinel", "0-0002")]))))
    assert float(rows[0]["formation_energy"]) == -3.25
    assert rows[0]["formation_energy_spread"] == rows[1]["formation_energy"] == ""
    assert rows[0]["seed"] == "0"


@pytest.mark.parametrize("name", CELLS)
def test_the_cif_says_its_space_group_and_that_it_was_not_measured(name: str) -> None:
    text = to_cif(candidate(name, "x\n_cell_length_a 1"))
    assert text.splitlines()[0].startswith("# Proposed by MatGen, not measured")
    assert text.count("_cell_length_a") == 2  # the second one lies in the comment of the first line
    assert text.splitlines()[1].startswith("data_")
    symbols = {"rutile": "P 4_2/m n m", "corundum": "R -3 c", "zincite": "P 6_3 m c", "spinel": "F d -3 m"}
    assert f"'{symbols[name].replace('_', '')}'" in text


def test_extended_xyz_is_read_back_with_its_cell() -> None:
    from ase.io import read

    atoms = read(io.StringIO(to_xyz(candidate("corundum"))), format="extxyz")
    assert len(atoms) == 10
    assert all(atoms.pbc)
    assert atoms.get_volume() == pytest.approx(to_structure(candidate("corundum").material).volume, rel=1e-4)


def test_file_names_are_safe() -> None:
    name = file_name(candidate("rutile", "../<script>=cmd()"), "cif")
    assert name == "TiO2-_script_cmd_.cif"


def test_the_zip_holds_one_cif_each_and_is_repeatable() -> None:
    entries = [candidate("rutile", "a"), candidate("spinel", "b")]
    assert to_cif_zip(entries) == to_cif_zip(entries)
    assert len(zipfile.ZipFile(io.BytesIO(to_cif_zip(entries))).namelist()) == 2


def test_json_holds_everything() -> None:
    (entry,) = json.loads(to_json([candidate("zincite")]))
    assert entry["predictions"]["band_gap"]["value"] == 1.5
    assert entry["material"]["space_group"] == 186
    assert entry["formula"] == "ZnO"
    assert Structure.from_str(entry["cif"], fmt="cif").reduced_formula == "ZnO"


def test_json_has_no_nan() -> None:
    broken = candidate("zincite").add_predictions(Prediction("band_gap", float("nan"), float("inf"), "eV", "m"))
    (entry,) = json.loads(to_json([broken]), parse_constant=lambda name: pytest.fail(name))
    assert entry["predictions"]["band_gap"]["value"] is None
