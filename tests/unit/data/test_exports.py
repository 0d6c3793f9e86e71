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
from matgen_core.data.exports import file_name, to_cif, to_cif_zip, to_csv, to_json, to_poscar
from matgen_core.types import Candidate, Origin, Prediction, Verdict

CELLS = {
    "rutile": ("P4_2/mnm", Lattice.tetragonal(4.6, 2.96), ["Ti", "O"], [[0, 0, 0], [0.305, 0.305, 0]]),
    "corundum": ("R-3c", Lattice.hexagonal(4.76, 12.99), ["Al", "O"], [[0, 0, 0.352], [0.306, 0, 0.25]]),
    "zincite": ("P6_3mc", Lattice.hexagonal(3.25, 5.2), ["Zn", "O"], [[1 / 3, 2 / 3, 0], [1 / 3, 2 / 3, 0.382]]),
    "spinel": ("Fd-3m", Lattice.cubic(8.08), ["Mg", "Al", "O"], [[0.125] * 3, [0.5] * 3, [0.2625] * 3]),
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
