"""Maps of neighbours, and vectors of a run or a table on them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from matgen_core.core.records import Progress
from matgen_core.kinds.registry import name_of_kind
from matgen_core.runs.store import open_store
from matgen_core.runs.worker import Report, Stopped
from matgen_core.workflows.spaces.explore import neighbour_map
from matgen_core.workflows.spaces.sources import SPACES, open_space
from matgen_core.workflows.spaces.table_vectors import TableVectors, read_vectors

#: Candidates of a run that are encoded between two looks at whether anybody still waits.
_ENCODED = 64
#: Steps of a map of neighbours.
MAP_ITERATIONS = 500


def map_neighbours(report: Report, stopped: Stopped, *, space: str) -> NDArray[np.float32]:
    """(N, 2) places of the known materials of a space."""
    return neighbour_map(
        open_space(space).vectors,
        iterations=MAP_ITERATIONS,
        cancelled=stopped,
        on_progress=lambda done, of: report(Progress("map", done, of)),
    )


def encode_run(report: Report, stopped: Stopped, *, space: str, materials: Sequence[object] | str) -> None:
    """Vectors of a run in a space, reported part by part.

    Args:
        report: called with the vectors (N, D) of each part.
        stopped: whether to end.
        space: name of the space.
        materials: of the run, or its id in the store.
    """
    if isinstance(materials, str):
        materials = [candidate.material for candidate in open_store().candidates(materials, drafts=False)]
    opened = open_space(space)
    for first in range(0, len(materials), _ENCODED):
        if stopped():
            return
        # A string of a molecules' run may be no molecule, which has no vector.
        part = [one for one in materials[first : first + _ENCODED] if name_of_kind(one) == opened.holds]
        vectors = SPACES[space].encode(part) if part else opened.vectors[:0]
        done = min(first + _ENCODED, len(materials))
        report(Progress("map", done, len(materials)), vectors[~np.isnan(vectors).any(axis=1)])


def encode_table(report: Report, stopped: Stopped, *, space: str, data: bytes) -> TableVectors:
    """Vectors of a user's table in a space."""
    return read_vectors(
        open_space(space), data, cancelled=stopped, on_progress=lambda n, of: report(Progress("map", n, of))
    )
