"""A series of molecules: its activity cliffs and its map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matgen_core.core.records import Progress
from matgen_core.learning.examples import read_columns
from matgen_core.runs.worker import Report, Stopped
from matgen_core.workflows.activity_cliffs import LEAST_SERIES, Cliff, find_cliffs, similarity_map
from matgen_core.workflows.own_properties.training_examples import Examples, read_examples

#: Steps of the map, as a share of the molecules compared, for the progress shown.
_MAP_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class Series:
    """A series of molecules with what was found of it.

    Args:
        examples: molecules and values.
        column: name of the values.
        cliffs: its pairs.
        places: (N, 2) on the map; None where there are too few molecules for one.
    """

    examples: Examples
    column: str
    cliffs: tuple[Cliff, ...]
    places: NDArray[np.float32] | None


def compare_series(
    report: Report,
    stopped: Stopped,
    *,
    data: bytes,
    column: str,
    similarity: float,
    difference: float | None,
) -> Series:
    """Reads a table and compares its molecules, each with each."""
    texts, values, kind = read_columns(data, column)
    examples = read_examples(texts, values, kind, least=LEAST_SERIES)
    total = len(examples.texts)
    all_ = round(total * (1 + _MAP_SHARE))

    def compared(done: int, of: int) -> None:
        if done % 100 == 0 or done == of:
            report(Progress("compare", done, all_))

    def mapped(done: int, of: int) -> None:
        report(Progress("map", total + round(total * _MAP_SHARE * done / of), all_))

    cliffs = find_cliffs(examples, similarity, difference, on_progress=compared, cancelled=stopped)
    places = similarity_map(examples, on_progress=mapped, cancelled=stopped)
    return Series(examples, column, cliffs, places)
