"""Errors of predictions on generated geometry, by the predicted distance to the hull."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import TypeAdapter

#: Where a prediction of the distance to the hull (eV/atom) changes class: near it, above it, far above it.
EDGES = (0.1, 0.3)
#: A class with fewer errors than this has no spread.
_FEWEST = 20


@dataclass(frozen=True, slots=True)
class Spreads:
    """Spread of predictions on generated geometry.

    Args:
        edges: distances to the hull, as read, between the classes, eV/atom.
        values: for each property its spread in every class; None where too few were measured.
        rows: withheld crystals measured in every class.
    """

    edges: tuple[float, ...]
    values: Mapping[str, tuple[float | None, ...]]
    rows: tuple[int, ...]

    def of(self, key: str, above: float | None) -> float | None:
        """Spread of a property where ``above`` was read as the distance to the hull; None where it is not known."""
        if above is None or key not in self.values:
            return None
        return self.values[key][_class_of(self.edges, above)]


def summarise(above: Sequence[float], errors: Mapping[str, ArrayLike]) -> Spreads:
    """Spreads from measured errors.

    As errors have long tails, a spread is half the 95th percentile: twice the spread covers 95 of 100 errors.

    Args:
        above: (N,) distance to the hull as read, eV/atom.
        errors: (N,) prediction less what is known, by property; NaN where one of the two is missing.
    """
    classes = np.array([_class_of(EDGES, value) for value in above])
    values = {
        key: tuple(_spread(np.abs(np.asarray(column, dtype=float)[classes == c])) for c in range(len(EDGES) + 1))
        for key, column in errors.items()
    }
    return Spreads(EDGES, values, tuple(int((classes == c).sum()) for c in range(len(EDGES) + 1)))


def _class_of(edges: Sequence[float], above: float) -> int:
    return sum(above >= edge for edge in edges)


def _spread(errors: NDArray[np.float64]) -> float | None:
    known = errors[np.isfinite(errors)]
    return None if len(known) < _FEWEST else round(float(np.quantile(known, 0.95)) / 2, 4)


def write_spreads(spreads: Spreads, path: Path) -> None:
    """As JSON."""
    path.write_text(json.dumps(asdict(spreads), indent=1) + "\n", encoding="utf-8")


def read_spreads(path: Path) -> Spreads | None:
    """What :func:`write_spreads` wrote; None where there is no such file.

    Raises:
        ValueError: where it is damaged.
    """
    if not path.is_file():
        return None
    found = TypeAdapter(Spreads).validate_json(path.read_bytes())
    if any(len(row) != len(found.edges) + 1 for row in found.values.values()) or not np.isfinite(found.edges).all():
        raise ValueError(f"{path.name} has rows that do not fit its edges")
    return found
