"""A user's table of crystals, formulas or SMILES as vectors of a space of known materials."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np

from matgen_core.chem.molecule import read, split_extension
from matgen_core.core.errors import BadInput
from matgen_core.core.messages import Message
from matgen_core.core.records import Crystal
from matgen_core.files.refused import Refused
from matgen_core.files.tables import MATERIALS, find_column, open_table
from matgen_core.kinds.compositions.rows import reduce_formula
from matgen_core.kinds.crystals.embed import encode_crystals
from matgen_core.kinds.crystals.grammar import MAX_SITES
from matgen_core.kinds.crystals.rows import Rejected, parse_row
from matgen_core.workflows.explore import encode_texts
from matgen_core.workflows.spaces import Space, Vectors

#: The column of a table by what a space holds.
COLUMN: Mapping[str, str] = {"crystals": "cif", "formulas": "formula", "molecules": "smiles"}
MOST_ROWS = 2000
#: Rows that are encoded between two looks at whether anybody still waits.
_TOGETHER = 200


@dataclass(frozen=True, eq=False)
class TableVectors:
    """The rows of a table in a space.

    Args:
        vectors: (N, D), of the rows that could be read.
        refused: the others, each with the number of its row (1 is the first below the header) and the reason.
        cut: whether the table had more rows than MOST_ROWS.
    """

    vectors: Vectors
    refused: tuple[Refused, ...]
    cut: bool = False


def read_vectors(
    space: Space,
    data: bytes,
    *,
    on_progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> TableVectors:
    """Vectors of the first MOST_ROWS rows.

    Args:
        space: whose encoder reads them.
        data: of a CSV with the column that COLUMN names.
        on_progress: called with rows done and rows in all.
        cancelled: asked between two batches; then the rows so far are returned.

    Raises:
        BadInput: where it is no such table.
    """
    column = COLUMN[space.holds]
    with open_table(data) as table:
        name = find_column(table.columns, *(word for word, kind in MATERIALS.items() if kind == column))
        if name is None:
            have = ", ".join(table.columns[:10])
            raise BadInput("the file has no column {column} (it has: {have}); rename one", column=column, have=have)
        rows = list(islice(table.rows, MOST_ROWS + 1))
    shown, parts, refused = rows[:MOST_ROWS], [space.vectors[:0]], list[Refused]()
    for first in range(0, len(shown), _TOGETHER):
        if cancelled and cancelled():
            break
        good: list[str | Crystal] = []
        for row in shown[first : first + _TOGETHER]:
            material = Refused("", row.problem) if row.problem else _read(space, row.cells.get(name, ""))
            if isinstance(material, Refused):
                refused.append(Refused(str(row.number), material.reason))
            else:
                good.append(material)
        if good:
            parts.append(_encode(space, good))
        if on_progress:
            on_progress(min(first + _TOGETHER, len(shown)), len(shown))
    return TableVectors(np.concatenate(parts), tuple(refused), len(rows) > MOST_ROWS)


def _read(space: Space, text: str) -> str | Crystal | Refused:
    """What the encoder of the space takes, or why it takes nothing."""
    try:
        if space.holds == "formulas":
            return reduce_formula(text)
        if space.holds == "molecules":
            smiles = split_extension(text)[0]
            read(smiles)
            return smiles
    except BadInput as error:
        return Refused("", str(error))
    crystal = parse_row("", text)
    if isinstance(crystal, Rejected):
        return Refused("", crystal.reason)
    if len(crystal.sites) > MAX_SITES:
        return Refused(
            "",
            Message(
                "{n_sites} occupied positions; the autoencoder reads at most {max_sites}",
                n_sites=len(crystal.sites),
                max_sites=MAX_SITES,
            ),
        )
    return crystal


def _encode(space: Space, materials: list[str | Crystal]) -> Vectors:
    if space.holds == "crystals":
        return encode_crystals([m for m in materials if isinstance(m, Crystal)])[0]
    return encode_texts(space, [m for m in materials if isinstance(m, str)])
