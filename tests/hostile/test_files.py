"""Files that a user gives, and names that go into files: read or refused row by row, nothing runs, nothing climbs."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matgen_core.chem.crystals.structure import from_structure
from matgen_core.core.errors import BadInput
from matgen_core.core.records import (
    Candidate,
    Crystal,
    Origin,
    Prediction,
    Verdict,
)
from matgen_core.kinds.crystals.files.candidate_files import (
    file_name,
    to_cif,
    to_cif_zip,
    to_csv,
    to_json,
    to_poscar,
    to_xyz,
)
from matgen_core.kinds.crystals.known.row_building import Rejected, parse_row, read_table
from matgen_core.kinds.crystals.known.rows import load_rows

NAMES = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        ["=cmd()|'/c calc'!A1", "\t=1+1", "+1", "-1+1", "@SUM(A1)", "../../x", "..\\x", "a\nb", "\u202ex", "CON", ".",
         "<img src=x onerror=alert(1)>", "x" * 5000, "\x00", "a/b", "|calc", "%0A=1"]
    ),
)  # fmt: skip
#: What a spreadsheet takes for the beginning of a formula.
FORMULA = re.compile(r"^[\s\x00-\x1f]*[=+\-@|%]")


def readable(message: str, name: str) -> None:
    """A message that names the file, on one short line."""
    assert name in message
    assert len(message) < 400
    assert message.isprintable(), message


@lru_cache(maxsize=1)
def rock_salt() -> Crystal:
    from pymatgen.core import Lattice, Structure

    return from_structure(Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0] * 3, [0.5] * 3]))


def candidate(name: str) -> Candidate:
    prediction = Prediction("band_gap", 5.0, None, "eV", name, None, name)
    return Candidate(
        name, rock_salt(), Origin(name, name, 0, 0), {"band_gap": prediction}, (Verdict("distances", True, name),)
    )


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


@given(NAMES)
def test_no_cell_of_a_csv_runs(name: str) -> None:
    rows = list(csv.reader(io.StringIO(to_csv([candidate(name)]))))
    assert len(rows) == 2
    assert len(rows[0]) == len(rows[1])
    assert all(is_number(cell) or not FORMULA.match(cell) for cell in rows[1])


@given(NAMES)
def test_a_name_stays_within_its_folder_and_its_line(name: str) -> None:
    found = candidate(name)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,80}\.cif", file_name(found, "cif"))
    with zipfile.ZipFile(io.BytesIO(to_cif_zip([found]))) as archive:
        assert archive.namelist() == [file_name(found, "cif")]
    assert json.loads(to_json([found]))[0]["id"] == name
    for text in (to_cif(found), to_poscar(found), to_xyz(found)):
        assert text.isascii()
        assert "\x00" not in text
    assert len(to_xyz(found).splitlines()) == 4


@lru_cache(maxsize=1)
def lines() -> list[str]:
    return to_cif(replace(candidate("x"))).splitlines()


@st.composite
def cifs(draw: st.DrawFn) -> str:
    """A CIF with lines lost, doubled, swapped, and words replaced."""
    text = list(lines())
    for _ in range(draw(st.integers(0, 4))):
        i = draw(st.integers(0, len(text) - 1))
        match draw(st.sampled_from(["drop", "double", "swap", "word"])):
            case "drop":
                text.pop(i)
            case "double":
                text.insert(i, text[i])
            case "swap":
                j = draw(st.integers(0, len(text) - 1))
                text[i], text[j] = text[j], text[i]
            case _:
                words = text[i].split(" ")
                words[draw(st.integers(0, len(words) - 1))] = draw(
                    st.sampled_from(
                        ["nan", "inf", "1e308", "-1", "0", "?", ".", "'", "Xx", "Na0.5", "loop_", "data_", ";"]
                    )
                    | st.text(max_size=5)
                )
                text[i] = " ".join(words)
        if not text:
            break
    return "\n".join(text)


@given(cifs() | st.text(max_size=200))
@pytest.mark.filterwarnings("ignore")
def test_a_cif_is_read_or_refused(text: str) -> None:
    found = parse_row("row-1", text)
    if isinstance(found, Rejected):
        assert 0 < len(found.reason) < 400
        assert found.reason.isprintable(), found.reason
    else:
        assert found.sites


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace")))
def test_a_table_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "table.csv"
    path.write_bytes(data)
    try:
        table = read_table(path)
    except BadInput as error:
        readable(str(error).replace(str(path), path.name), "table.csv")
        return
    assert "cif" in table.columns


@given(st.binary(max_size=300))
def test_rows_are_never_unpickled(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "rows.npz"
    path.write_bytes(data)
    with pytest.raises(BadInput, match="build it again"):
        load_rows(path)


def test_a_pickle_in_an_array_does_not_run(tmp_path: Path) -> None:
    import numpy as np

    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path(tmp_path / "ran").write_text, ("x",))

    np.savez(tmp_path / "rows.npz", ids=np.array([Bomb()], dtype=object), properties=np.zeros(1), splits=np.zeros(1))
    with pytest.raises(BadInput, match="build it again"):
        load_rows(tmp_path / "rows.npz")
    assert not (tmp_path / "ran").exists()
