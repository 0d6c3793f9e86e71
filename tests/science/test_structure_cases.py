"""Files of the field that programs misread: each is read as what it is, or refused in words.

Each folder of tests/cases says in its expect.md what is right and where it comes from. The values are those of the
files' own formula sums and of the literature: formula, atoms in the primitive cell, space group, shortest distance (Å).
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from matgen_core.chem.crystals.structure import formula_counts, reduced_formula, to_structure
from matgen_core.core.records import Crystal
from matgen_core.kinds.crystals.files.structure_files import decode
from matgen_core.kinds.crystals.known.row_building import Rejected, build_rows, parse_row
from matgen_core.workflows.predict_table import predict_table
from matgen_core.workflows.screening.candidate_files import Item, Refused, read_files, read_uploads

CASES = Path(__file__).parents[1] / "cases"
#: File: reduced formula, atoms in the primitive cell, space group, shortest distance (Å).
READ = {
    "01-icsd-esd-latin1/magnetite.cif": ("Fe3O4", 14, 227, 1.889),
    "01-icsd-esd-latin1/bom.cif": ("Fe3O4", 14, 227, 1.889),
    "02-origin-choice/choice1_colon.cif": ("Si", 2, 227, 2.352),
    "02-origin-choice/choice1_S.cif": ("Si", 2, 227, 2.352),
    "02-origin-choice/no_choice_choice1_sites.cif": ("Si", 2, 227, 2.352),
    "02-origin-choice/no_choice_choice2_sites.cif": ("Si", 2, 227, 2.352),
    "02-origin-choice/anatase_choice1.cif": ("TiO2", 6, 141, 1.934),
    "02-origin-choice/anatase_choice2.cif": ("TiO2", 6, 141, 1.934),
    "02-origin-choice/spinel_choice1.cif": ("MgAl2O4", 14, 227, 1.925),
    "03-rhombohedral/As_R-3m.cif": ("As", 2, 166, 2.517),
    "03-rhombohedral/As_R-3mR.cif": ("As", 2, 166, 2.517),
    "03-rhombohedral/As_R-3m_cR.cif": ("As", 2, 166, 2.517),
    "03-rhombohedral/As_hex.cif": ("As", 2, 166, 2.517),
    "06-shelx-embedded-hkl/nacl_shelx.cif": ("NaCl", 2, 225, 2.820),
    "08-mcif/afm.mcif": ("MnNi2", 3, 139, 2.569),
    "08-mcif/afm.cif": ("MnNi2", 3, 139, 2.569),
    "09-low-precision/mg_333.cif": ("Mg", 2, 194, 3.197),
    "10-deuterium-charges/lid.cif": ("LiH", 2, 225, 2.034),
    "10-deuterium-charges/lid_labels.cif": ("LiH", 2, 225, 2.034),
    "11-settings/catio3_Pbnm.cif": ("CaTiO3", 20, 62, 1.952),
    "11-settings/catio3_Pnma.cif": ("CaTiO3", 20, 62, 1.952),
    "11-settings/zro2_P121-n1.cif": ("ZrO2", 12, 14, 2.052),
    "11-settings/zro2_P121-n1_sp.cif": ("ZrO2", 12, 14, 2.052),
    "11-settings/zro2_p21c.cif": ("ZrO2", 12, 14, 2.052),
    "13-occupancy/occ_09999.cif": ("NaCl", 2, 225, 2.820),
    "14-other-formats/POSCAR_vasp4": ("NaCl", 2, 225, 2.820),
    "14-other-formats/POSCAR_vasp5": ("NaCl", 2, 225, 2.820),
    "14-other-formats/nacl.poscar": ("NaCl", 2, 225, 2.820),
    "14-other-formats/nacl.vasp": ("NaCl", 2, 225, 2.820),
    "14-other-formats/nacl.extxyz": ("NaCl", 2, 225, 2.820),
    "16-labels/label_only_sitenames.cif": ("SrTiO3", 5, 221, 1.953),
    "16-labels/label_vs_type.cif": ("TiC", 2, 225, 2.164),
    "16-labels/site_labels.cif": ("SrTiO3", 5, 221, 1.953),
    "16-labels/upper_labels.cif": ("NaCl", 2, 225, 2.820),
    "16-labels/upper_types.cif": ("NaCl", 2, 225, 2.820),
    "44-slab-relax/hbn_18A.cif": ("BN", 2, 187, 1.450),
    "44-slab-relax/mos2_20A.cif": ("MoS2", 3, 187, 2.412),
    "44-slab-relax/water_10A.cif": ("H2O", 3, 25, 0.957),
}
REFUSED = {
    "04-oh-wat-labels/brucite.cif": "H ",
    "12-mmcif/lig.cif": "mmCIF",
    "13-occupancy/occ_60.cif": "disordered",
    "13-occupancy/occ_over.cif": "occupancy of 'Na1' is 4",
    "14-other-formats/mol.xyz": "no cell",
    "16-labels/OW.cif": "H ",
}


def check(crystal: Crystal, expected: tuple[str, int, int, float], said: str) -> None:
    formula, atoms, group, shortest = expected
    cell = to_structure(crystal)
    found = min(cell.get_neighbor_list(3.5)[3])
    assert (reduced_formula(crystal), sum(formula_counts(crystal).values()), crystal.space_group) == (
        formula,
        atoms,
        group,
    ), said
    assert found == pytest.approx(shortest, abs=0.004), said


def only(items: list[Item]) -> Item:
    assert len(items) == 1, items
    return items[0]


@pytest.mark.parametrize("name", READ)
def test_it_is_read_as_what_it_is(name: str) -> None:
    path = CASES / name
    by_path, by_upload = only(list(read_files([path]))), only(list(read_uploads([(path.name, path.read_bytes())])))
    for item in (by_path, by_upload):
        assert not isinstance(item, Refused), item
        check(item.material, READ[name], name)
    if path.suffix in (".cif", ".mcif"):
        by_cell = parse_row("x", decode(path.read_bytes()))
        assert isinstance(by_cell, Crystal)
        check(by_cell, READ[name], name)


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_in_words(name: str) -> None:
    path = CASES / name
    for item in (only(list(read_files([path]))), only(list(read_uploads([(path.name, path.read_bytes())])))):
        assert isinstance(item, Refused)
        assert REFUSED[name] in item.reason


def test_every_file_of_the_cases_has_its_answer() -> None:
    cases = {name.split("/")[0] for name in (*READ, *REFUSED)}
    held = [path for case in cases for path in (CASES / case).rglob("*") if path.is_file() and path.name != "expect.md"]
    files = {str(path.relative_to(CASES)) for path in held}
    elsewhere = {"07-multi-block/two.cif", "14-other-formats/mac.zip", "14-other-formats/polymorphs.csv"}
    folders = ("14-other-formats/mixedcase", "14-other-formats/two")
    of_structures = {name.split("/")[0] for name in (*READ, *REFUSED)}  # tables and molecules: test_table_cases.py
    files = {name for name in files if name.split("/")[0] in of_structures}
    left = {name for name in files - {*READ, *REFUSED} - elsewhere if not name.startswith(folders)}
    assert not left


def names_of(items: list[Item]) -> list[str]:
    assert not [item for item in items if isinstance(item, Refused)], items
    return [f"{item.name}: {reduced_formula(item.material)}" for item in items if not isinstance(item, Refused)]


def test_every_block_of_a_file_is_a_row() -> None:
    path = CASES / "07-multi-block" / "two.cif"
    expected = ["two-NaCl: NaCl", "two-MgO: MgO"]
    assert names_of(list(read_files([path]))) == expected
    assert names_of(list(read_uploads([("two.cif", path.read_bytes())]))) == expected
    in_a_cell = parse_row("x", path.read_text())
    assert isinstance(in_a_cell, Rejected)
    assert "2 structures" in in_a_cell.reason


def test_what_a_cif_leaves_open_is_said_however_it_comes(tmp_path: Path) -> None:
    path = CASES / "02-origin-choice" / "no_choice_choice1_sites.cif"
    text, said = path.read_text(), "does not say its setting"
    table = tmp_path / "cells.csv"
    with table.open("w", newline="") as file:
        csv.writer(file).writerows([("material_id", "cif"), ("a", text)])
    for source in (path, table):
        notes: list[str] = []
        assert len(list(read_files([source], notes))) == 1
        assert sum(said in note for note in notes) == 1, source
        built: list[str] = []
        rows, rejected = build_rows(_folder(source, tmp_path), tmp_path / source.stem, workers=1, notes=built)
        assert (len(rows), rejected) == (1, [])
        assert any("rows with a note" in note for note in built)
        assert said in (tmp_path / source.stem / "notes.csv").read_text()
    report = predict_table(table, tmp_path / "out.csv")
    assert sum(said in note for note in report.notes) == 1
    report = predict_table(path, tmp_path / "out.csv")
    assert sum(said in note for note in report.notes) == 1


def _folder(source: Path, tmp_path: Path) -> Path:
    """The table, or a folder that holds the CIF."""
    if source.suffix == ".csv":
        return source
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / source.name).write_text(source.read_text())
    return folder


def test_a_row_is_its_place_in_its_file() -> None:
    folder = CASES / "14-other-formats"
    assert names_of(list(read_files([folder / "two"]))) == ["run1/relaxed: NaCl", "run2/relaxed: MgO"]
    both = list(read_files([folder / "two" / "run1" / "relaxed.cif", folder / "two" / "run2" / "relaxed.cif"]))
    assert names_of(both) == ["relaxed: NaCl", "relaxed: MgO"]
    assert len({item.id for item in both if not isinstance(item, Refused)}) == 2
    assert sorted(names_of(list(read_files([folder / "mixedcase"])))) == ["B: KCl", "a: NaCl"]
    archive = list(read_uploads([("mac.zip", (folder / "mac.zip").read_bytes())]))
    assert names_of(archive) == ["set/a: NaCl", "run1/relaxed: NaCl", "run2/relaxed: MgO"]
    polymorphs = list(read_files([folder / "polymorphs.csv"]))
    assert names_of(polymorphs) == ["TiO2: TiO2", "TiO2: TiO2"]
    groups = [item.material.space_group for item in polymorphs if not isinstance(item, Refused)]
    assert groups == [141, 136]


def test_a_folder_built_into_arrays_keeps_every_structure(tmp_path: Path) -> None:
    for case in ("07-multi-block", "14-other-formats/two", "14-other-formats/mixedcase"):
        for path in (CASES / case).rglob("*.[cC][iI][fF]"):
            target = tmp_path / "in" / path.relative_to(CASES)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    (tmp_path / "in" / "POSCAR").write_bytes((CASES / "14-other-formats" / "POSCAR_vasp5").read_bytes())
    (tmp_path / "in" / "oh.cif").write_bytes((CASES / "04-oh-wat-labels" / "brucite.cif").read_bytes())
    rows, rejected = build_rows(tmp_path / "in", tmp_path / "out", workers=1)
    assert len(rows) == 7
    assert {"POSCAR", "07-multi-block/two-MgO", "14-other-formats/two/run2/relaxed"} <= set(rows.ids.tolist())
    assert [(r.id, "H " in r.reason) for r in rejected] == [("oh", True)]


def test_what_the_reader_cannot_agree_with_is_refused_with_the_difference() -> None:
    text = (CASES / "11-settings" / "zro2_p21c.cif").read_text()
    for line, words in (
        ("_cell_formula_units_Z 2", "Z = 2"),
        ("_cell_volume 300", "140.9 Å³"),
        ("_exptl_crystal_density_diffrn 7.5", "density"),
    ):
        found = parse_row("x", text.replace("_cell_length_a", f"{line}\n_cell_length_a", 1))
        assert isinstance(found, Rejected), line
        assert words in found.reason
    for formula, words in (
        ("Zr4 O7", "O8 Zr4"),
        ("Zr4 O8 H4", "H of"),
        ("Zr3 O6", "1.33 times"),
        ("Zr2 Hf2 O8", "Hf of"),
    ):
        found = parse_row("x", text.replace("Zr4 O8", formula))
        assert isinstance(found, Rejected), formula
        assert words in found.reason


def test_no_warning_floods_the_terminal(recwarn: pytest.WarningsRecorder) -> None:
    for name in (*READ, *REFUSED):
        list(read_uploads([(Path(name).name, (CASES / name).read_bytes())]))
    assert not recwarn.list


def test_what_the_app_writes_is_read_as_the_same() -> None:
    import zipfile

    from pymatgen.analysis.structure_matcher import StructureMatcher

    from matgen_core.kinds.crystals.files.candidate_files import to_cif, to_cif_zip, to_csv, to_json, to_poscar, to_xyz
    from matgen_core.kinds.crystals.files.first_principles import to_inputs_zip

    names = ("02-origin-choice/spinel_choice1.cif", "03-rhombohedral/As_hex.cif", "11-settings/zro2_P121-n1.cif")
    for name in names:
        item = only(list(read_files([CASES / name])))
        assert not isinstance(item, Refused)
        written = {
            "a.cif": to_cif(item),
            "POSCAR": to_poscar(item),
            "a.xyz": to_xyz(item),
            "a.csv": to_csv([item]),
            "a.json": to_json([item]),
            "a.zip": to_cif_zip([item]),
        }
        for program in ("vasp", "espresso"):
            with zipfile.ZipFile(io.BytesIO(to_inputs_zip([item], program))) as archive:
                for member in archive.namelist():
                    if member.endswith(("POSCAR", "pw.in")):
                        written[member] = archive.read(member).decode()
        assert len(written) == 8
        for file, content in written.items():
            again = only(list(read_uploads([(file, content if isinstance(content, bytes) else content.encode())])))
            assert not isinstance(again, Refused), (file, again)
            assert StructureMatcher().fit(to_structure(again.material), to_structure(item.material)), file
