"""Files say what the candidate is, and nothing in them runs."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace

import pytest
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.structure import from_structure, to_structure
from matgen_core.chem.crystals.symmetry import wyckoff_positions
from matgen_core.core.records import (
    FILE,
    KNOWN,
    Candidate,
    Crystal,
    Origin,
    Prediction,
    Site,
    Verdict,
)
from matgen_core.kinds.crystals.files.candidate_files import (
    file_name,
    harmless,
    to_cif,
    to_cif_zip,
    to_csv,
    to_json,
    to_poscar,
    to_xyz,
)
from matgen_core.workflows.screening.candidate_files import read_uploads

CELLS = {
    "rutile": ("P4_2/mnm", Lattice.tetragonal(4.6, 2.96), ["Ti", "O"], [[0, 0, 0], [0.305, 0.305, 0]]),
    "corundum": ("R-3c", Lattice.hexagonal(4.76, 12.99), ["Al", "O"], [[0, 0, 0.352], [0.306, 0, 0.25]]),
    "zincite": ("P6_3mc", Lattice.hexagonal(3.25, 5.2), ["Zn", "O"], [[1 / 3, 2 / 3, 0], [1 / 3, 2 / 3, 0.382]]),
    "spinel": ("Fd-3m", Lattice.cubic(8.08), ["Mg", "Al", "O"], [[0] * 3, [0.625] * 3, [0.3875] * 3]),
}


def candidate(name: str, id_: str = "0-0001") -> Candidate:
    crystal = from_structure(Structure.from_spacegroup(*CELLS[name]))
    prediction = Prediction("band_gap", 1.5, 0.2, "eV", "=cmd()|method", True, "+1")
    verdict = Verdict("novelty", True, "@new")
    return Candidate(id_, crystal, Origin("symmetry-first", "x@1", 0, 1), {"band_gap": prediction}, (verdict,))


@pytest.mark.parametrize("name", CELLS)
def test_cif_and_poscar_give_the_structure_back(name: str) -> None:
    entry = candidate(name)
    structure = to_structure(entry.material)
    for text, kind in ((to_cif(entry), "cif"), (to_poscar(entry), "poscar")):
        again = Structure.from_str(text, fmt=kind)
        assert StructureMatcher().fit(structure, again), f"{kind} of {name}"


def _cell(group: int) -> tuple[float, float, float, float, float, float]:
    """Axes and angles that a space group allows, none like another that it leaves free; long, so no atoms touch."""
    a, b, c = 10.42, 13.11, 15.93
    last = (2, (83.0, 97.0, 105.0)), (15, (90.0, 107.0, 90.0)), (142, (90.0,) * 3), (194, (90.0, 90.0, 120.0))
    angles = next((angles for end, angles in last if group <= end), (90.0,) * 3)
    lengths = (a, b, c) if group <= 74 else (a, a, c) if group <= 194 else (19.2,) * 3
    return (*lengths, *angles)  # type: ignore[return-value]


#: Every lattice and centring, both settings that readers confuse: monoclinic, rhombohedral, two origins.
GROUPS = (
    1,
    2,
    4,
    5,
    9,
    14,
    15,
    19,
    36,
    43,
    62,
    70,
    88,
    122,
    139,
    141,
    148,
    155,
    160,
    166,
    167,
    194,
    198,
    205,
    219,
    227,
)


@pytest.mark.parametrize("group", GROUPS)
def test_every_export_gives_the_structure_back_to_pymatgen_ase_and_matgen(group: int) -> None:
    """As others found of other programs' files: CIFs that ASE cannot read (acwf-verification-scripts #22)."""
    from ase.io import read
    from pymatgen.io.ase import AseAtomsAdaptor

    table = wyckoff_positions(group)
    letters = list(dict.fromkeys((next(iter(table)), list(table)[-1])))
    places = [tuple([0.117, 0.388, 0.451][: len(table[letter].free_axes)]) for letter in letters]
    sites = [Site(*row) for row in zip(letters, ("Na", "Cl"), places, strict=False)]
    entry = Candidate("x", Crystal(group, tuple(sites), _cell(group)), Origin("test"))
    cif, poscar, xyz = to_cif(entry), to_poscar(entry), to_xyz(entry)
    (ours,) = read_uploads([("x.cif", cif.encode())])
    assert isinstance(ours, Candidate), ours
    read_back = {
        "CIF by pymatgen": Structure.from_str(cif, fmt="cif"),
        "CIF by ASE": AseAtomsAdaptor.get_structure(read(io.StringIO(cif), format="cif")),
        "CIF by MatGen": to_structure(ours.material),
        "POSCAR by pymatgen": Structure.from_str(poscar, fmt="poscar"),
        "POSCAR by ASE": AseAtomsAdaptor.get_structure(read(io.StringIO(poscar), format="vasp")),
        "XYZ by ASE": AseAtomsAdaptor.get_structure(read(io.StringIO(xyz), format="extxyz")),
    }
    matcher = StructureMatcher(ltol=0.01, stol=0.01, angle_tol=0.5, scale=False, primitive_cell=False)
    small, large = to_structure(entry.material), to_structure(entry.material, primitive=False)
    for how, structure in read_back.items():
        ought = small if len(structure) == len(small) else large
        assert len(structure) == len(ought), how
        assert structure.volume == pytest.approx(ought.volume, rel=1e-5), how
        assert matcher.fit(ought, structure), how


@pytest.mark.parametrize(
    ("name", "formula", "units"),
    [("rutile", "O2 Ti", 2), ("corundum", "Al2 O3", 6), ("zincite", "O Zn", 2), ("spinel", "Al2 Mg O4", 8)],
)
def test_the_cif_states_composition_units_and_volume(name: str, formula: str, units: int) -> None:
    from pymatgen.io.cif import CifParser

    entry = candidate(name)
    (block,) = CifParser.from_str(to_cif(entry)).as_dict().values()
    structure = to_structure(entry.material, primitive=False)
    assert block["_chemical_formula_sum"] == formula
    assert int(block["_cell_formula_units_Z"]) == units
    assert float(block["_cell_volume"]) == pytest.approx(structure.volume, abs=1e-3)
    assert Structure.from_str(to_cif(entry), fmt="cif").composition == structure.composition
    assert "_chemical_formula_structural" not in block  # which atoms are bonded is not known


def test_files_write_formulas_as_chemists_do() -> None:
    lattice = Lattice.hexagonal(3.59, 4.91)
    places = [[0, 0, 0], [1 / 3, 2 / 3, 0.22], [1 / 3, 2 / 3, 0.43]]
    crystal = from_structure(Structure.from_spacegroup("P-3m1", lattice, ["Ca", "O", "H"], places))
    entry = Candidate("x", crystal, Origin("test"))
    assert next(csv.DictReader(io.StringIO(to_csv([entry]))))["formula"] == "Ca(OH)2"
    assert json.loads(to_json([entry]))[0]["formula"] == "Ca(OH)2"
    assert file_name(entry, "cif") == "Ca_OH_2-x.cif"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        *(
            (1.9955999999999998, 1.9956),
            (0.9311740042901704, 0.931174),
            (2.0, 2),
            (-3.25, -3.25),
            (12711.94321, 12711.9),
        ),
        *(
            (1.23456789e-7, 1.23457e-7),
            (float("nan"), None),
            (True, True),
            (7, 7),
            (None, None),
            ("1.99560", "1.99560"),
        ),
    ],
)
def test_a_number_of_a_table_has_six_digits(value: object, cell: object) -> None:
    assert harmless(value) == cell


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


@pytest.mark.parametrize(("engine", "source"), [(FILE, "From the user's file"), (KNOWN, "Known crystal")])
def test_the_cif_of_what_matgen_did_not_propose_says_so(engine: str, source: str) -> None:
    """It said "Proposed by MatGen, not measured" and "seed None" of the user's own crystals and of known ones."""
    first = to_cif(replace(candidate("rutile", "mp-2657"), origin=Origin(engine))).splitlines()[0]
    assert first == f"# {source}, in the standard setting of its space group: mp-2657"


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
