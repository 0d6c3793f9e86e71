"""Work of the pages as it is sent to a worker: what it says of how far it is."""

from __future__ import annotations

from typing import Any

import pytest

from matgen_core.core.records import Candidate, Molecule, Origin, Progress
from matgen_core.kinds.molecules.files import to_sdf
from matgen_core.kinds.rules import Rules
from matgen_core.workflows.page_work.screening import OfFiles, screen
from matgen_core.workflows.page_work.tables import read_table
from matgen_core.workflows.screening.candidate_files import count_items, read_uploads

ROWS = 70
TABLE = b"id,smiles\n" + b"".join(b'%d,"%s"\n' % (i, b"C" * (i % 20 + 1)) for i in range(ROWS))
QUOTED = b'id,smiles,note\na,CCO,"two\nlines"\nb,notasmiles,\n\nc,CO,\n'
SMILES = b"smiles name\nCCO ethanol\n\nnotasmiles\nCO methanol\n"
SDF = to_sdf([Candidate(str(i), Molecule("C" * (i + 2)), Origin("file")) for i in range(3)])


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.csv", TABLE), ("b.csv", QUOTED), ("c.smi", SMILES), ("d.sdf", SDF.encode()), ("e.cif", b"no crystal")],
)
def test_items_are_counted_as_they_are_read(name: str, data: bytes) -> None:
    assert count_items([(name, data)]) == len(list(read_uploads([(name, data)])))
    assert count_items([(name, data)] * 2, most=3) == min(3, 2 * len(list(read_uploads([(name, data)]))))


def told(source: OfFiles, most: int = 1000) -> list[Progress[Any]]:
    reports: list[Progress[Any]] = []
    screen(
        lambda progress, beside=None: reports.append(progress),
        lambda: False,
        source=source,
        rules=Rules(known=True),
        most=most,
    )
    return reports


def test_a_screening_counts_the_rows_of_its_table_with_those_that_are_refused() -> None:
    reports = told(OfFiles((("a.csv", TABLE), ("b.csv", QUOTED))))
    assert {report.total for report in reports} == {ROWS + 3}
    assert [report.done for report in reports] == [32, 64, ROWS + 3]
    assert len(reports[-1].candidates) == ROWS + 2


def test_no_more_rows_are_counted_than_are_screened() -> None:
    reports = told(OfFiles((("a.csv", TABLE),)), most=40)
    assert [(report.done, report.total) for report in reports] == [(32, 40), (40, 40)]


def test_a_file_that_holds_more_than_it_said_is_counted_no_further() -> None:
    two = b"data_a\n\ndata_b\n\ndata_c\n"
    reports = told(OfFiles((("x.cif", two),)))
    assert [report.total for report in reports] == [None if report.done > 1 else 1 for report in reports]


def test_a_table_is_predicted_row_by_row_whatever_lines_its_cells_hold() -> None:
    reports: list[Progress[Any]] = []
    read_table(
        lambda progress, beside=None: reports.append(progress),
        lambda: False,
        name="b.csv",
        data=QUOTED,
        using=None,
        judge=False,
    )
    assert [(report.done, report.total) for report in reports] == [(3, 3)]
