"""Structures of a file, a folder or a zip as a table: name, formula, space group and CIF, one row a structure.

So what is done with a table of CIFs is done with the files themselves. A structure that is refused keeps its row and
its reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from matgen_core.chem.crystals.structure import reduced_formula
from matgen_core.chem.crystals.symmetry import symbol
from matgen_core.files.refused import Refused
from matgen_core.files.tables import Row, Table
from matgen_core.kinds.crystals.files.candidate_files import to_cif
from matgen_core.kinds.crystals.files.structure_files import is_structure_file
from matgen_core.workflows.screening.candidate_files import read_files

COLUMNS = ("name", "formula", "space_group", "cif")


def holds_structures(source: Path) -> bool:
    """Whether this is a file of structures, a folder or a zip, and no table."""
    return source.is_dir() or source.suffix.lower() == ".zip" or is_structure_file(source.name)


@contextmanager
def open_structures(source: Path) -> Iterator[Table]:
    """The table of what the source holds.

    Raises:
        BadInput: where the source is not there.
    """
    notes: list[str] = []
    yield Table(str(source), COLUMNS, _rows(source, notes), "utf-8", ",", notes)


def _rows(source: Path, notes: list[str]) -> Iterator[Row]:
    for number, item in enumerate(read_files([source], notes), 1):
        if isinstance(item, Refused):
            yield Row(number, dict.fromkeys(COLUMNS, "") | {"name": item.place}, item.reason)
        else:
            crystal = item.material
            cells = (item.id, reduced_formula(crystal), symbol(crystal.space_group), to_cif(item))
            yield Row(number, dict(zip(COLUMNS, cells, strict=True)))
