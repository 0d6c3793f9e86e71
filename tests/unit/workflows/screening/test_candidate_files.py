"""Files of the user's: every row accepted or refused with its reason, archives within bounds, nothing written."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from matgen_core.core.errors import BadInput
from matgen_core.core.records import (
    Candidate,
    Crystal,
    Formula,
    Molecule,
    Origin,
    Site,
)
from matgen_core.kinds.crystals.files.candidate_files import to_cif
from matgen_core.kinds.crystals.files.structure_files import STRUCTURE_ENDINGS
from matgen_core.workflows.screening.candidate_files import LONGEST_MEMBER, Refused, read_files, read_uploads

NACL = Crystal(225, (Site("a", "Na"), Site("b", "Cl")), (5.69, 5.69, 5.69, 90, 90, 90))
CIF = to_cif(Candidate("x", NACL, Origin("file")))
NO_STRUCTURES = f"not a file of structures ({', '.join(STRUCTURE_ENDINGS)}, POSCAR)"
DISORDERED = CIF.replace(" 1\n", " 0.5\n").replace(" 1.0\n", " 0.5\n")


def zipped(**members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "/").replace("_cif", ".cif"), text)
    return buffer.getvalue()


def reasons(name: str, data: bytes) -> list[str]:
    return [item.reason for item in read_uploads([(name, data)]) if isinstance(item, Refused)]


def test_each_kind_is_read(tmp_path: Path) -> None:
    (tmp_path / "cifs").mkdir()
    (tmp_path / "cifs" / "salt.cif").write_text(CIF, encoding="utf-8")
    (tmp_path / "f.csv").write_text("formula,id\nFe4O6,rust\n", encoding="utf-8")
    (tmp_path / "s.smi").write_text("OCC ethanol\n", encoding="utf-8")
    found = list(read_files([tmp_path / "cifs", tmp_path / "f.csv", tmp_path / "s.smi"]))
    assert [c.id for c in found if isinstance(c, Candidate)] == ["salt", "rust", "ethanol"]
    materials = [c.material for c in found if isinstance(c, Candidate)]
    assert materials[1:] == [Formula("Fe2O3"), Molecule("CCO")]
    assert isinstance(materials[0], Crystal)
    assert (materials[0].space_group, materials[0].sites) == (NACL.space_group, NACL.sites)


def test_names_are_no_keys_and_every_column_goes_along() -> None:
    first, second, third = read_uploads([("a.csv", b"id,formula,note\n1,Fe2O3,red\n1,NaCl,white\n1,NaCl,\n")])
    assert isinstance(first, Candidate)
    assert isinstance(second, Candidate)
    assert isinstance(third, Candidate)
    assert [first.id, second.id, third.id] == ["1", "1 (2)", "1 (3)"]
    assert [c.name for c in (first, second, third)] == ["1", "1", "1"]
    assert second.columns == {"id": "1", "note": "white"}


def test_an_sdf_gives_molecules_with_their_titles() -> None:
    from rdkit import Chem

    block = Chem.MolToMolBlock(Chem.MolFromSmiles("c1ccccc1"))
    data = f"benzene{block}$$$$\nbroken\n\n\n  x\nM  END\n$$$$\n".encode()
    good, bad = read_uploads([("m.sdf", data)])
    assert isinstance(good, Candidate)
    assert (good.id, good.material) == ("benzene", Molecule("c1ccccc1"))
    assert isinstance(bad, Refused)
    assert "record 2" in bad.place


def test_a_zip_of_cifs_is_read_where_it_lies() -> None:
    items = list(read_uploads([("a.zip", zipped(one_cif=CIF, deep__two_cif=CIF, readme="hello"))]))
    assert [i.id for i in items if isinstance(i, Candidate)] == ["one", "deep/two"]
    assert [i.reason for i in items if isinstance(i, Refused)] == [NO_STRUCTURES]


def test_paths_that_climb_and_bombs_do_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    climbing = zipped(**{"..__..__etc__x_cif": CIF})
    assert [i.id for i in read_uploads([("a.zip", climbing)]) if isinstance(i, Candidate)] == ["etc/x"]
    assert not list(tmp_path.rglob("*"))
    bomb = zipped(x_cif=" " * (LONGEST_MEMBER + 1))
    assert "bytes; at most" in reasons("a.zip", bomb)[0]
    assert "archive" in reasons("a.zip", b"PK\x03\x04nothing")[0]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.csv", b"formula\n\n", "no rows below its header"),
        ("a.csv", b"smiles,value\n", "no rows below its header"),
        ("a.csv", b"id,formula\n1,\n", "is empty"),
        ("a.csv", b"x\n1\n", "no column cif, formula or smiles"),
        ("a.csv", b"", "no header line"),
        ("a.csv", b"smiles\nC(\n", "not a molecule"),
        ("a.csv", ("smiles\n" + "C" * 400 + "\n").encode(), "heavy atoms"),
        ("a.cif", b"nothing", "cannot be read"),
        ("a.cif", DISORDERED.encode(), None if DISORDERED == CIF else "disordered"),
        ("a.txt", b"", "no known ending"),
        ("a.smi", b"xx bad\n", "not a molecule"),
    ],
)
def test_what_cannot_be_used_says_why(name: str, data: bytes, words: str | None) -> None:
    found = reasons(name, data)
    assert (not found) if words is None else any(words in reason for reason in found), found


def test_an_enormous_structure_is_refused() -> None:
    from pymatgen.core import Lattice, Structure

    cell = Structure(Lattice.cubic(40), ["Na"] * 320, [[i / 7 % 1, i / 49 % 1, i / 343 % 1] for i in range(320)])
    cell.perturb(0.3, seed=1)
    assert "320 atoms" in reasons("a.cif", cell.to(fmt="cif").encode())[0]


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="does not exist"):
        list(read_files([tmp_path / "no.csv"]))
    (tmp_path / "x.doc").touch()
    with pytest.raises(BadInput, match="no known ending"):
        list(read_files([tmp_path / "x.doc"]))


def test_a_setting_that_the_formula_sum_decided_is_said_and_a_stated_one_is_not() -> None:
    folder = Path(__file__).parents[3] / "cases" / "02-origin-choice"
    for name in ("no_choice_choice1_sites.cif", "no_choice_choice2_sites.cif", "anatase_choice2.cif"):
        notes: list[str] = []
        (item,) = read_uploads([(name, (folder / name).read_bytes())], notes)
        assert not isinstance(item, Refused)
        said = [note for note in notes if note.startswith(f"{name}: the file does not say its setting; ")]
        assert len(said) == name.startswith("no_choice"), notes
