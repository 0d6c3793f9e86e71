"""Candidates as plain JSON and back, for the store of runs.

A record carries its schema version, which may be older or newer than this one. An unknown field is passed over, and a
missing field has its default, so that an update loses no run. Therefore a field added to the dataclasses of
:mod:`matgen_core.core.records` needs a default, and a field whose meaning changes needs a step in ``_STEPS``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

from matgen_core.core import messages
from matgen_core.core.messages import Message
from matgen_core.core.records import (
    Candidate,
    Crystal,
    Formula,
    M,
    Molecule,
)

#: Of the records that are written. 0 are those without a number, written before 26 November 2026.
SCHEMA = 2


def _name_novelty(record: dict[str, Any]) -> dict[str, Any]:
    """Schema 2 names the rule "novelty"; before, it was "newness"."""
    verdicts = [
        {**verdict, "rule": "novelty"} if verdict.get("rule") == "newness" else verdict
        for verdict in record.get("verdicts", ())
    ]
    return {**record, "verdicts": verdicts}


#: What turns a record of this schema into one of the next.
_STEPS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {0: lambda record: record, 1: _name_novelty}


def to_record(candidate: Candidate[M]) -> dict[str, Any]:
    """Everything that is known of a candidate. NaN, which JSON has not, becomes None; a message keeps its template."""
    return {"schema": SCHEMA, **_finite(asdict(candidate))}


def from_record(record: Mapping[str, Any]) -> Candidate[Any]:
    """What :func:`to_record` of this or another version wrote.

    Raises:
        TypeError, ValueError: where it is not such a record.
    """
    record = dict(record)
    for schema in range(int(record.pop("schema", 0)), SCHEMA):
        record = _STEPS[schema](record)
    return _reader().validate_python(_with_messages(record))


@lru_cache(maxsize=1)
def _reader() -> TypeAdapter[Candidate[Any]]:
    return TypeAdapter(Candidate[Crystal | Molecule | Formula])


def _with_messages(value: Any) -> Any:
    if messages.is_record(value):
        return messages.from_record(value)
    if isinstance(value, dict):
        return {key: _with_messages(entry) for key, entry in value.items()}
    return [_with_messages(entry) for entry in value] if isinstance(value, list) else value


def _finite(value: Any) -> Any:
    if isinstance(value, Message) and value.values:
        return messages.to_record(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(entry) for entry in value]
    return value.item() if hasattr(value, "item") else value  # numpy's numbers are none of JSON's
