"""Values that a user's table brings along: columns named as properties, each with its unit, in the header or the cell.

``band_gap``, ``band_gap (meV)``, ``formation_energy [kJ/mol atoms]`` or a cell ``2.1 eV``: all become the unit of the
property. A unit that is not known is refused, never guessed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from matgen_core.messages import quote
from matgen_core.properties import PROPERTIES
from matgen_core.types import BadInput, Prediction

#: Method of such a reading.
METHOD = "from the file"
_ENERGY = {"eV": 1.0, "meV": 1e-3, "Ry": 13.605693, "Ha": 27.211386}
_PER_ATOM = {f"{unit}/atom": factor for unit, factor in _ENERGY.items()} | {"kJ/mol atoms": 1 / 96.485332}
#: Unit of a property: what is written for it, and how many of its unit that is.
UNITS: Mapping[str, Mapping[str, float]] = {
    "eV": _ENERGY,
    "eV/atom": _PER_ATOM,
    "µB/atom": dict.fromkeys(("µB/atom", "μB/atom", "uB/atom", "muB/atom"), 1.0),
    "µB": dict.fromkeys(("µB", "μB", "uB", "muB"), 1.0),
    "g/mol": {"g/mol": 1.0, "Da": 1.0, "kDa": 1000.0},
    "log mol/L": {"log mol/L": 1.0},
    "": {},
}
_HEADER = re.compile(r"\s*([A-Za-z_]+)\s*(?:[(\[]\s*(.*?)\s*[)\]])?\s*")
_CELL = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of given values.

    Args:
        name: as the table calls it.
        key: of the property.
        unit: of the header; empty where it names none.
    """

    name: str
    key: str
    unit: str


def find_columns(names: Iterable[str]) -> list[Column]:
    """The columns that are named as properties, with or without a unit."""
    found = []
    for name in names:
        match = _HEADER.fullmatch(name)
        if match and match[1].lower() in PROPERTIES:
            found.append(Column(name, match[1].lower(), match[2] or ""))
    return found


def read_cell(column: Column, text: str) -> Prediction | None:
    """The value of one cell in the property's unit; None for an empty one.

    Raises:
        BadInput: naming the number or the unit that cannot be read.
    """
    if not text.strip():
        return None
    record = PROPERTIES[column.key]
    match = _CELL.fullmatch(text)
    value = float(match[1]) if match else math.nan
    if not match or not math.isfinite(value):
        raise BadInput(f"{column.key}: {quote(text)} is not a number; write one such as 2.1 {record.unit}".rstrip())
    unit = match[2] or column.unit
    factor = 1.0 if unit in ("", record.unit) else UNITS[record.unit].get(unit)
    if factor is None:
        known = ", ".join(UNITS[record.unit]) or "a number alone"
        raise BadInput(f"{column.key}: the unit {quote(unit)} is not known; use {known}")
    if match[2] and column.unit and match[2] != column.unit:
        note = f"the cell says {match[2]}, the column {column.unit}; the cell's was taken"
    else:
        note = ""
    return Prediction(column.key, value * factor, None, record.unit, METHOD, None, note)
