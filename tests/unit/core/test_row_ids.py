"""No name that the app gives to a row or a file is one that a spreadsheet takes for a date or a number."""

from __future__ import annotations

import calendar
import io
import itertools

import pytest
from dateutil import parser

from matgen_core.core.records import candidate_id
from matgen_core.kinds.crystals.files.structure_files import name_structures
from matgen_core.workflows.screening.candidate_files import Refused, read_uploads

MONTHS = [*calendar.month_name[1:], *calendar.month_abbr[1:], "sept", "MAY"]
NUMBERS = ["3", "12", "1999", "2024-05", "1-2", "1e", "07"]
STEMS = [*MONTHS, *NUMBERS, *(f"{month}-{number}" for month, number in itertools.product(MONTHS[12:15], NUMBERS))]
BLOCK = (
    "data_{}\n_symmetry_space_group_name_H-M 'P m -3 m'\n_cell_length_a 4\n_cell_length_b 4\n_cell_length_c 4\n"
    "_cell_angle_alpha 90\n_cell_angle_beta 90\n_cell_angle_gamma 90\nloop_\n_atom_site_label\n_atom_site_fract_x\n"
    "_atom_site_fract_y\n_atom_site_fract_z\nCs 0 0 0\nCl 0.5 0.5 0.5\n"
)


def is_taken(name: str) -> bool:
    """Whether dateutil reads a date, or Python a number; they read more than spreadsheets do."""
    try:
        float(name)
    except ValueError:
        pass
    else:
        return True
    try:
        parser.parse(name)
    except (ValueError, OverflowError):
        return False
    return True


def test_the_oracle_takes_what_spreadsheets_take() -> None:
    assert all(map(is_taken, ("may-3", "1-2", "2024-05-3", "1e-3", "10/3")))
    assert not any(map(is_taken, ("mp-149", "NaCl-3", "s1-00002")))


@pytest.mark.parametrize("stem", STEMS)
def test_rows_of_a_table_and_of_an_sdf_have_names_that_stay_text(stem: str) -> None:
    from rdkit import Chem

    rows = Chem.MolToMolBlock(Chem.MolFromSmiles("CCO")) + "$$$$\n"
    files = [
        (f"{stem}.csv", b"formula\nNaCl\nMgO\n"),
        (f"{stem}.sdf", (rows * 2).encode()),
        (f"{stem}.smi", b"CCO\nCCN\n"),
    ]
    found = list(read_uploads(files))
    assert len(found) == 6
    assert not any(isinstance(item, Refused) or is_taken(item.id) for item in found), [item.id for item in found]


@pytest.mark.parametrize("stem", [*STEMS, "10/3", "may/3", "3/may"])
def test_structures_have_names_that_stay_text(stem: str) -> None:
    whole = name_structures(f"{stem}.cif", BLOCK.format("x"))
    parts = name_structures(f"{stem}.cif", BLOCK.format("3") + BLOCK.format("may"))
    assert len({*whole, *parts}) == 3
    taken = [name for name in (*whole, *parts) if is_taken(name) and not name.isdigit() and name not in MONTHS]
    assert not taken


def test_a_name_that_cannot_be_taken_stays_as_the_file_has_it() -> None:
    assert name_structures("folder/NaCl-2.cif", "data_x\n") == ["folder/NaCl-2"]
    assert name_structures("mp-149.cif", "data_x\n") == ["mp-149"]


def test_candidates_of_a_run_have_names_that_stay_text() -> None:
    assert not any(is_taken(candidate_id(seed, number, 5)) for seed in (0, 1, 12, 2024) for number in (1, 2, 12, 31))


def test_a_name_that_the_user_gives_is_the_users() -> None:
    table = io.BytesIO(b"id,formula\nmay-3,NaCl\n").getvalue()
    assert [item.id for item in read_uploads([("t.csv", table)])] == ["may-3"]  # type: ignore[union-attr]
