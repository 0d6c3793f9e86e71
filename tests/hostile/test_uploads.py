"""Whole files that a user uploads, of every kind: their good rows are read, the others refused in words, in bounds."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zipfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matgen_core.core.errors import BadInput
from matgen_core.core.records import Candidate
from matgen_core.files.cif_structures import LONGEST_CIF, MOST_ATOMS
from matgen_core.kinds.crystals.known.row_building import Rejected, parse_row
from matgen_core.learning.examples import read_columns
from matgen_core.workflows.predict_table import check_unpacked, predict_table
from matgen_core.workflows.screening.candidate_files import (
    ENDINGS,
    LONGEST_MEMBER,
    MOST_MEMBERS,
    Item,
    Refused,
    read_uploads,
)
from tests.hostile.test_files import cifs, lines

pytestmark = pytest.mark.filterwarnings("ignore")
WORDS = (
    "=cmd()|'/c calc'!A1", "<img src=x onerror=alert(1)>", "\u202eabc", "\x00", '"', "'", ",", ";", "\n", "\r\n", "\t",
    "nan", "inf", "-1", "1e308", "NaCl", "CCO", "C1CC", "Fe0", "\ufeff", "é", "𝔸", "$$$$", "M  END", "V3000", "999999",
)  # fmt: skip


def judge(items: list[Item]) -> None:
    """Every row is a candidate or refused, in words that fit on a line."""
    for item in items:
        if isinstance(item, Refused):
            assert 0 < len(item.reason) < 400
            assert item.reason.isprintable(), item.reason
        else:
            assert isinstance(item, Candidate)
            assert len(item.id) <= 200


@lru_cache(maxsize=1)
def sdf() -> bytes:
    from rdkit import Chem
    from rdkit.Chem import rdDepictor

    blocks = []
    for smiles in ("CCO", "c1ccccc1O"):
        molecule = Chem.MolFromSmiles(smiles)
        rdDepictor.Compute2DCoords(molecule)
        blocks.append(Chem.MolToMolBlock(molecule) + "\n$$$$\n")
    return "".join(blocks).encode()


@lru_cache(maxsize=1)
def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name in ("a.cif", "b/c.cif", "../../climbs.cif", "/root/absolute.cif", "C:\\x.cif", "note.txt"):
            file.writestr(name, "\n".join(lines()))
    return buffer.getvalue()


def damaged(whole: Callable[[], bytes]) -> st.SearchStrategy[bytes]:
    """A sound file with pieces cut out, overwritten and put in."""

    def damage(parts: tuple[list[tuple[int, int, bytes]], int]) -> bytes:
        data = bytearray(whole())
        for at, length, put in parts[0]:
            i = at % (len(data) + 1)
            data[i : i + length] = put
        return bytes(data[: len(data) - parts[1]])

    piece = st.binary(max_size=8) | st.sampled_from([word.encode() for word in WORDS])
    cut = st.tuples(st.integers(0, 10_000), st.integers(0, 20), piece)
    return st.tuples(st.lists(cut, max_size=4), st.integers(0, 30)).map(damage)


CELLS = st.sampled_from(WORDS) | st.text(max_size=12)
TABLES = st.lists(st.lists(CELLS, min_size=1, max_size=4).map(",".join), max_size=6).map("\n".join)
CSV = st.sampled_from(["id,formula\n", "smiles\n", "name,cif\n", "\ufeffformula,id\n", "x,y\n", '"formula\n', ""])


@given(st.tuples(CSV, TABLES).map("".join) | st.text(max_size=200))
def test_csv(text: str) -> None:
    judge(list(read_uploads([("x.csv", text.encode("utf-8", "replace"))])))


@given(st.tuples(CSV, TABLES).map(lambda parts: "".join(parts).replace(",", "\t")) | st.text(max_size=200))
def test_tsv(text: str) -> None:
    judge(list(read_uploads([("x.tsv", text.encode("utf-8", "replace"))])))


@given(st.binary(max_size=300), st.sampled_from(["", "id,formula\n", "sep=;\nformula;x\n", "smiles\n"]))
def test_bytes_of_any_encoding(data: bytes, header: str) -> None:
    judge(list(read_uploads([("x.csv", header.encode() + data)])))


@given(damaged(sdf) | st.binary(max_size=200))
def test_mol(data: bytes) -> None:
    judge(list(read_uploads([("x.mol", data)])))


@given(damaged(sdf) | st.binary(max_size=200))
def test_sdf(data: bytes) -> None:
    judge(list(read_uploads([("x.sdf", data)])))


@given(damaged(archive) | st.binary(max_size=200))
def test_zip(data: bytes) -> None:
    judge(list(read_uploads([("x.zip", data)])))


@given(TABLES | st.text(max_size=200))
def test_smi(text: str) -> None:
    judge(list(read_uploads([("x.smi", text.encode("utf-8", "replace"))])))


@given(cifs())
def test_cif(text: str) -> None:
    judge(list(read_uploads([("<b>x</b>.cif", text.encode("utf-8", "replace"))])))


POSCAR = ["Na Cl", "1.0", "5.6 0 0", "0 5.6 0", "0 0 5.6", "Na Cl", "1 1", "Direct", "0 0 0", "0.5 0.5 0.5"]
XYZ = [
    "2",
    'Lattice="5.6 0 0 0 5.6 0 0 0 5.6" Properties=species:S:1:pos:R:3 pbc="T T T"',
    "Na 0 0 0",
    "Cl 2.8 2.8 2.8",
]
PW = [
    "&system",
    "ibrav=0, nat=1, ntyp=1",
    "/",
    "ATOMIC_SPECIES",
    "Na 22.99 Na.UPF",
    "CELL_PARAMETERS angstrom",
    "4 0 0",
    "0 4 0",
    "0 0 4",
    "ATOMIC_POSITIONS crystal",
    "Na 0 0 0",
]
JSON = ['[{"id": "a",', '"cif": "data_x"},', '{"lattice": {}},', "3]"]
OTHERS = {
    "x.vasp": POSCAR,
    "x.poscar": POSCAR,
    "x.xyz": XYZ,
    "x.extxyz": XYZ,
    "x.in": PW,
    "x.json": JSON,
    "x.mcif": ["data_x"],
}


@given(st.sampled_from(sorted(OTHERS)), st.data())
def test_other_files_of_structures(name: str, data: st.DataObject) -> None:
    whole = "\n".join(OTHERS[name]).encode()
    judge(list(read_uploads([(name, data.draw(damaged(lambda: whole) | st.just(whole)))])))


@given(st.tuples(CSV, TABLES).map("".join))
def test_examples(text: str) -> None:
    try:
        texts, values, _kind = read_columns(text.encode("utf-8", "replace"), "id")
    except BadInput as error:
        said = str(error)
        assert len(said) < 600
        assert said.isprintable()
        return
    assert len(texts) == len(values)


@given(st.tuples(st.sampled_from(["smiles\n", "x,smiles\n", "smiles,smiles\n"]), TABLES).map("".join))
def test_a_table_with_readings_added(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    source = tmp_path_factory.getbasetemp() / "in.csv"
    source.write_bytes(text.encode("utf-8", "replace"))
    out = source.with_name("out.csv")
    try:
        report = predict_table(source, out)
    except BadInput as error:
        said = str(error)
        assert said.isprintable()
        return
    assert report.rows >= sum(report.bad.values())


# -------------------------------------------------------------------------------------------------------- in bounds


def test_a_sound_archive_is_read_and_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    items = list(read_uploads([("x.zip", archive())]))
    assert sum(isinstance(item, Candidate) for item in items) == 5
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert not Path("/root/absolute.cif").exists()
    assert not (tmp_path.parent.parent / "climbs.cif").exists()


def bomb(members: int, size: int, name: str = "{}.cif") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for i in range(members):
            file.writestr(name.format(i), b" " * size)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("members", "size", "name", "said"),
    [
        (1, LONGEST_MEMBER + 1, "{}.cif", "at most"),
        (110, LONGEST_MEMBER, "{}.cif", "unpacked"),
        (MOST_MEMBERS + 1, 0, "{}.cif", "more than"),
        (1, 10_000, "inner.zip", "not a file of structures"),
    ],
    ids=["large member", "large in all", "many members", "an archive within"],
)
def test_a_bomb_does_not_go_off(members: int, size: int, name: str, said: str) -> None:
    data = bomb(members, size, name)
    tracemalloc.start()
    items = list(read_uploads([("x.zip", data)]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert all(isinstance(item, Refused) for item in items)
    assert said in items[0].reason  # type: ignore[union-attr]
    assert peak < 100e6


def test_a_member_larger_than_its_header_says_is_cut_or_refused() -> None:
    data = bytearray(bomb(1, 1_000_000))
    size = (1_000_000).to_bytes(4, "little")
    assert data.count(size) == 2
    lie = data.replace(size, (10).to_bytes(4, "little"))
    judge(list(read_uploads([("x.zip", bytes(lie))])))


def test_a_packed_table_that_unpacks_to_very_much_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress(b"smiles\n" + b"C" * 3_000_000))
    check_unpacked(path)
    with pytest.raises(BadInput, match="unpacks to more"):
        check_unpacked(path, 1_000_000)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(BadInput, match="cannot be unpacked"):
        check_unpacked(path)


def many(group: str, operations: list[str]) -> str:
    """A CIF of 200 sites in this group."""
    cell = [line for line in lines() if line.strip().startswith("_cell_")]
    named = [f"_symmetry_space_group_name_H-M {group}"]
    if operations:
        named += ["loop_", "_symmetry_equiv_pos_as_xyz", *operations]
    names = [f"_atom_site_{name}" for name in ("label", "type_symbol", "fract_x", "fract_y", "fract_z", "occupancy")]
    return "\n".join(["data_x", *cell, *named, "loop_", *names, *["Na Na 0 0 0 1"] * 200])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (lambda: " " * (LONGEST_CIF + 1) + "x", "characters"),
        (lambda: many("'F m -3 m'", []), "operations"),
        (lambda: many("'P 1'", [f"'x+{i}/5000, y, z'" for i in range(5000)]), "operations"),
        (lambda: "data_x\n" + "loop_\n" * 100_000, "cannot be read"),
    ],
    ids=["long", "many atoms", "many operations", "many loops"],
)
def test_a_cif_that_would_take_long_is_refused_before(text: Callable[[], str], said: str) -> None:
    found = parse_row("x", text())
    assert isinstance(found, Rejected)
    assert said in found.reason


def test_a_cell_of_very_many_atoms_is_refused() -> None:
    atoms = "\n".join(f"Na Na{i} {i / 1100:.5f} 0 0 1" for i in range(MOST_ATOMS + 1))
    cell = "\n".join(line for line in lines() if line.strip().startswith(("_cell_length", "_cell_angle")))
    names = "\n".join(f"_atom_site_{n}" for n in ("type_symbol", "label", "fract_x", "fract_y", "fract_z", "occupancy"))
    big = cell.replace("5.64", "3000")
    found = parse_row("x", f"data_x\n{big}\n_symmetry_space_group_name_H-M 'P 1'\nloop_\n{names}\n{atoms}\n")
    assert isinstance(found, Rejected)
    assert "atoms in the cell" in found.reason


def test_a_record_of_very_many_atoms_is_refused() -> None:
    from rdkit import Chem

    block = Chem.MolToMolBlock(Chem.MolFromSmiles("C" * 950), forceV3000=True)
    items = list(read_uploads([("x.sdf", f"{block}\n$$$$\n".encode() + sdf())]))
    assert isinstance(items[0], Refused)
    assert "at most" in items[0].reason
    assert sum(isinstance(item, Candidate) for item in items) == 2, "the good ones go on"


def test_every_ending_is_attacked() -> None:
    here = Path(__file__).read_text(encoding="utf-8")
    assert all(f'"x{ending}"' in here or f'x</b>{ending}"' in here for ending in ENDINGS)
