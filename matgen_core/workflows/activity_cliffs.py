"""Activity cliffs of a series of molecules: pairs that are much alike and differ much in a measured value.

    SALI(i, j) = |a_i - a_j| / (1 - s_ij)

s is the Tanimoto similarity of Morgan fingerprints (radius 2). Two molecules with one fingerprint, such as
stereoisomers, count as 0.99 similar, so that the index stays finite.
Reference: Guha & Van Drie, J. Chem. Inf. Model. 48, 646 (2008).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.molecules.molecule import fingerprint, parse, similarities
from matgen_core.core.errors import BadInput, Cancelled, quote
from matgen_core.kinds.registry import KINDS
from matgen_core.workflows.own_properties.training_examples import Examples
from matgen_core.workflows.spaces.explore import neighbour_map

#: Most molecules of a series: pairs grow with their square.
MOST = 10_000
#: Pairs that are kept, the steepest first.
_KEPT = 20_000
#: Fewest molecules that can be compared.
LEAST_SERIES = 2
#: Similarity that the same fingerprint counts as.
_SAME = 0.99
#: Fewest molecules that a map of neighbours is made of.
_MAPPED = 10


@dataclass(frozen=True, slots=True)
class Cliff:
    """Two molecules that are alike and differ in their value.

    Args:
        first: number of the molecule with the lower value.
        second: number of the one with the higher value.
        similarity: Tanimoto.
        difference: of the values, in their unit.
        index: SALI.
    """

    first: int
    second: int
    similarity: float
    difference: float
    index: float


def usual_difference(examples: Examples) -> float:
    """The difference that counts where none is given: a standard deviation of the values."""
    return float(np.std(examples.values))


def find_cliffs(
    examples: Examples,
    similarity: float = 0.55,
    difference: float | None = None,
    *,
    on_progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Cliff, ...]:
    """The pairs of a series that are at least so similar and differ at least by so much, steepest first.

    Args:
        examples: molecules with their values.
        similarity: least Tanimoto similarity, 0 to 1.
        difference: least difference of the values; a standard deviation of them if None.
        on_progress: called with molecules done and molecules in all.
        cancelled: asked after each molecule.

    Raises:
        BadInput: for a table of anything but molecules, too many of them, or a bound that cannot be.
        Cancelled: where ``cancelled`` said so.
    """
    least = usual_difference(examples) if difference is None else difference
    check_series(examples, similarity, least)
    prints = [fingerprint(molecule) for text in examples.texts if (molecule := parse(text)) is not None]
    values = np.asarray(examples.values, dtype=np.float64)
    found: list[Cliff] = []
    for i, one in enumerate(prints):
        if cancelled and cancelled():
            raise Cancelled
        alike = np.array(similarities(one, prints[:i]), dtype=np.float64)
        apart = np.abs(values[:i] - values[i])
        for j in np.flatnonzero((alike >= similarity) & (apart >= least)):
            low, high = (i, int(j)) if values[i] <= values[j] else (int(j), i)
            steep = float(apart[j] / (1.0 - min(alike[j], _SAME)))
            found.append(Cliff(low, high, float(alike[j]), float(apart[j]), steep))
        if len(found) > 5 * _KEPT:
            found = _steepest(found)
        if on_progress:
            on_progress(i + 1, len(prints))
    return tuple(_steepest(found))


def _steepest(found: list[Cliff]) -> list[Cliff]:
    return sorted(found, key=lambda cliff: (-cliff.index, cliff.first, cliff.second))[:_KEPT]


def check_series(examples: Examples, similarity: float, difference: float) -> None:
    """Raises BadInput, naming the input and the remedy, for what has no cliffs."""
    if examples.kind != KINDS["molecules"].column:
        raise BadInput(
            "activity cliffs are of molecules; give a table with a column smiles, not {kind}", kind=examples.kind
        )
    if len(examples.texts) > MOST:
        raise BadInput(
            "{count:,} molecules are too many to compare each with each; give at most {most:,}",
            count=len(examples.texts),
            most=MOST,
        )
    if not 0.0 <= similarity <= 1.0:
        raise BadInput("a similarity of {similarity:g} is not possible; choose from 0 to 1", similarity=similarity)
    if not difference >= 0.0:
        raise BadInput(
            "a difference of {difference} is not possible; give a number from 0 on", difference=quote(difference)
        )


def similarity_map(
    examples: Examples,
    *,
    on_progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> NDArray[np.float32] | None:
    """(N, 2) a map of the series that keeps similar molecules together; None of fewer than ten."""
    from matgen_core.kinds.molecules.embed import print_vectors

    if len(examples.texts) < _MAPPED:
        return None
    vectors = print_vectors(examples.texts)
    # Of unit length, distances follow the share of common bits, not the size of the molecules.
    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    return neighbour_map(vectors / lengths, on_progress=on_progress, cancelled=cancelled)


def cliffs_to_csv(examples: Examples, cliffs: tuple[Cliff, ...], name: str) -> str:
    """One pair a row.

    Args:
        examples: the series.
        cliffs: its pairs.
        name: of the values.
    """
    from matgen_core.kinds.crystals.files.candidate_files import write_table

    header = ("smiles_low", "smiles_high", f"{name}_low", f"{name}_high", "tanimoto", "difference", "sali")
    rows = []
    for cliff in cliffs:
        low, high = cliff.first, cliff.second
        cells: list[object] = [examples.texts[low], examples.texts[high]]
        cells += [float(examples.values[low]), float(examples.values[high])]
        rows.append([*cells, round(cliff.similarity, 4), cliff.difference, cliff.index])
    return write_table(header, rows)
