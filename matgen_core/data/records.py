"""Candidates as plain JSON and back, for the store of runs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from matgen_core.types import Candidate, Crystal, Formula, M, Molecule, Origin, Prediction, Site, Verdict


def to_record(candidate: Candidate[M]) -> dict[str, Any]:
    """Everything that is known of a candidate; NaN, which JSON has not, becomes None."""
    record: dict[str, Any] = _finite(asdict(candidate))
    return record


def from_record(record: Mapping[str, Any]) -> Candidate[Any]:
    """What :func:`to_record` wrote, or a version before candidates had names and columns.

    Raises:
        KeyError, TypeError, ValueError: where it is not such a record.
    """
    predictions = {key: Prediction(**value) for key, value in record["predictions"].items()}
    verdicts = tuple(Verdict(**value) for value in record["verdicts"])
    origin = Origin(**record["origin"])
    columns = {str(header): str(cell) for header, cell in record.get("columns", {}).items()}
    return Candidate(
        str(record["id"]),
        _material(record["material"]),
        origin,
        predictions,
        verdicts,
        record["score"],
        str(record.get("name", "")),
        columns,
    )


def _material(record: Mapping[str, Any]) -> Crystal | Molecule | Formula:
    if "reduced" in record:
        return Formula(str(record["reduced"]))
    if "smiles" in record:
        return Molecule(**record)
    sites = tuple(Site(s["letter"], s["element"], tuple(s["coordinates"])) for s in record["sites"])
    a, b, c, alpha, beta, gamma = record["lattice"]
    return Crystal(int(record["space_group"]), sites, (a, b, c, alpha, beta, gamma))


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(entry) for entry in value]
    return value.item() if hasattr(value, "item") else value  # numpy's numbers are none of JSON's
