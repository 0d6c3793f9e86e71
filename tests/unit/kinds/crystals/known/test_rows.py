"""A table becomes rows: the good ones are kept, the bad ones are listed, an interrupted build goes on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.core.errors import BadInput
from matgen_core.core.records import Crystal
from matgen_core.kinds.crystals.known.row_building import build_rows, parse_row, read_table
from matgen_core.kinds.crystals.known.rows import load_rows

SALT = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.69), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
ALLOY = Structure(Lattice.cubic(3), [{"Fe": 0.5, "Ni": 0.5}], [[0, 0, 0]])


@pytest.fixture
def table(tmp_path: Path) -> Path:
    good, disordered = SALT.to(fmt="cif"), ALLOY.to(fmt="cif")
    frame = pd.DataFrame(
        {
            "material_id": ["salt", "=cmd()", "alloy", "<script>", "salt-2"],
            "band_gap": [5.0, 1.0, 0.0, "a lot", None],
            "cif": [good, "not a cif", disordered, "", good],
        }
    )
    path = tmp_path / "rows.csv"
    frame.to_csv(path, index=False)
    return path


def test_good_rows_go_on_and_bad_ones_are_listed_with_reasons(table: Path, tmp_path: Path) -> None:
    rows, rejected = build_rows(table, tmp_path / "out", workers=1)
    assert rows.ids.tolist() == ["salt", "salt-2"]
    assert [r.id for r in rejected] == ["=cmd()", "alloy", "<script>"]
    assert "disordered" in rejected[1].reason
    assert "empty" in rejected[2].reason
    assert rows.column("band_gap")[0] == 5.0
    assert np.isnan(rows.column("band_gap")[1])
    assert np.isnan(rows.column("formation_energy")).all(), "an absent column is unknown, not 0"


def test_a_hostile_name_is_no_formula_in_the_list_of_the_rejected(table: Path, tmp_path: Path) -> None:
    build_rows(table, tmp_path / "out", workers=1)
    lines = (tmp_path / "out" / "rejected.csv").read_text(encoding="utf-8").splitlines()
    assert lines[1].startswith("'=cmd()")


def test_cifs_of_a_folder_are_found_however_their_ending_is_written(tmp_path: Path) -> None:
    (tmp_path / "a.CIF").write_text(SALT.to(fmt="cif"))
    (tmp_path / "b.cif").write_text(SALT.to(fmt="cif"))
    (tmp_path / "notes.txt").write_text("none")
    assert read_table(tmp_path)["material_id"].tolist() == ["a", "b"]


def test_what_is_written_is_what_is_read(table: Path, tmp_path: Path) -> None:
    rows, _rejected = build_rows(table, tmp_path / "out", workers=1)
    again = load_rows(tmp_path / "out" / "crystals.npz")
    assert again.ids.tolist() == rows.ids.tolist()
    assert [c.space_group for c in again.crystals] == [225, 225]
    np.testing.assert_array_equal(again.properties, rows.properties)


def test_a_second_build_uses_what_the_first_finished(table: Path, tmp_path: Path) -> None:
    build_rows(table, tmp_path / "out", workers=1)
    done: list[tuple[int, int]] = []
    rows, rejected = build_rows(table, tmp_path / "out", workers=1, on_progress=lambda *step: done.append(step))
    assert done == [], "nothing was left to do"
    assert (len(rows), len(rejected)) == (2, 3)


def test_chunks_of_another_table_are_not_taken_for_this_ones(table: Path, tmp_path: Path) -> None:
    build_rows(table, tmp_path / "out", workers=1)
    other = tmp_path / "other.csv"
    pd.DataFrame({"material_id": ["new"], "cif": [SALT.to(fmt="cif")]}).to_csv(other, index=False)
    rows, _rejected = build_rows(other, tmp_path / "out", workers=1)
    assert rows.ids.tolist() == ["new"]


def test_labels_are_asked_for_each_chunk(table: Path, tmp_path: Path) -> None:
    seen: list[int] = []

    def label(rows):  # type: ignore[no-untyped-def]
        seen.append(len(rows))
        return rows

    build_rows(table, tmp_path / "out", workers=1, label=label)
    assert seen == [2]


def test_a_folder_of_cifs_is_a_table(tmp_path: Path) -> None:
    (tmp_path / "a.cif").write_text(SALT.to(fmt="cif"))
    assert read_table(tmp_path)["material_id"].tolist() == ["a"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("absent.csv", None, "does not exist"),
        ("empty.csv", "", "no header line"),
        ("nocif.csv", "formula\nNaCl\n", "no 'cif' column"),
    ],
)
def test_a_source_that_is_none_is_named_with_the_remedy(tmp_path: Path, name: str, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(BadInput, match=said):
        read_table(tmp_path / name)


def test_a_file_that_holds_no_rows_is_named(tmp_path: Path) -> None:
    (tmp_path / "crystals.npz").write_bytes(b"not an archive")
    with pytest.raises(BadInput, match="not a table of crystals"):
        load_rows(tmp_path / "crystals.npz")


def test_one_row_is_a_crystal_or_a_reason() -> None:
    assert isinstance(parse_row("a", SALT.to(fmt="cif")), Crystal)
    assert "cannot be read" in str(parse_row("b", "data_x\n_cell_length_a 1e308\n"))
