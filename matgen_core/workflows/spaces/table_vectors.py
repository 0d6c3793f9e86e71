"""A user's table of crystals, formulas or SMILES as vectors of a space of known materials."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from matgen_core.core.errors import BadInput
from matgen_core.files.refused import Refused
from matgen_core.files.tables import MATERIALS, find_column, open_table
from matgen_core.kinds.registry import KINDS, load_kind
from matgen_core.workflows.spaces.sources import SPACES
from matgen_core.workflows.spaces.space import Space, Vectors

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
        data: of a CSV with the column of the space's kind.
        on_progress: called with rows done and rows in all.
        cancelled: asked between two batches; then the rows so far are returned.

    Raises:
        BadInput: where it is no such table.
    """
    source, kind = SPACES[space.kind], load_kind(space.holds)
    column = KINDS[space.holds].column
    with open_table(data) as table:
        name = find_column(table.columns, *(word for word, held in MATERIALS.items() if held == column))
        if name is None:
            have = ", ".join(table.columns[:10])
            raise BadInput("the file has no column {column} (it has: {have}); rename one", column=column, have=have)
        rows = list(islice(table.rows, MOST_ROWS + 1))
    shown, parts, refused = rows[:MOST_ROWS], [space.vectors[:0]], list[Refused]()
    for first in range(0, len(shown), _TOGETHER):
        if cancelled and cancelled():
            break
        good: list[Any] = []
        for row in shown[first : first + _TOGETHER]:
            try:
                one = kind.read(row.cells.get(name, "")) if not row.problem else None
                reason = row.problem or source.no_vector(one)
            except BadInput as error:
                reason = str(error)
            if reason:
                refused.append(Refused(str(row.number), reason))
            else:
                good.append(one)
        if good:
            parts.append(source.encode(good))
        if on_progress:
            on_progress(min(first + _TOGETHER, len(shown)), len(shown))
    return TableVectors(np.concatenate(parts), tuple(refused), len(rows) > MOST_ROWS)
