"""Values that a user's table brings along: columns named as properties, each with its unit, in the header or the cell.

``band_gap``, ``Band gap (meV)``, ``Eg``, ``formation_energy [kJ/mol atoms]`` or a cell ``2.1 eV``: all become the unit
of the property. A unit that is not known is refused, never guessed; so is a number that can mean two.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from matgen_core.core.errors import BadInput, quote
from matgen_core.core.messages import Message, Text
from matgen_core.core.properties import PROPERTIES, Property
from matgen_core.core.records import Prediction

#: Method of such a value.
METHOD = "from the file"
_ENERGY = {"eV": 1.0, "ev": 1.0, "EV": 1.0, "meV": 1e-3, "Ry": 13.605693, "Ha": 27.211386}
_ATOM = ("/atom", "/at.", "/at", " per atom", " atom-1", " atom^-1", " atom⁻¹")
_PER_ATOM = {unit + atom: factor for unit, factor in _ENERGY.items() for atom in _ATOM}
_PER_ATOM |= {"kJ/mol atoms": 1 / 96.485332, "kJ/mol-atom": 1 / 96.485332, "kJ/(mol atoms)": 1 / 96.485332}
_MAGNETON = ("µB", "μB", "uB", "muB", "mu_B", "μ_B", "Bohr magneton")
#: Unit of a property: what is written for it, and how many of its unit that is.
UNITS: Mapping[str, Mapping[str, float]] = {
    "eV": _ENERGY,
    "eV/atom": _PER_ATOM,
    "µB/atom": {unit + atom: 1.0 for unit in _MAGNETON for atom in _ATOM},
    "µB": dict.fromkeys(_MAGNETON, 1.0),
    "g/mol": {"g/mol": 1.0, "Da": 1.0, "kDa": 1000.0, "amu": 1.0},
    "log mol/L": {"log mol/L": 1.0, "log(mol/L)": 1.0, "log M": 1.0},
    "": {},
}
#: What a message names of them.
_SHOWN = {
    "eV": "eV, meV, Ry, Ha",
    "eV/atom": "eV/atom, meV/atom, kJ/mol atoms",
    "µB/atom": "µB/atom",
    "µB": "µB",
    "g/mol": "g/mol, Da, kDa",
    "log mol/L": "log mol/L",
    "": "a number alone",
}
#: What stands in a bracket of a header and is no unit.
_REMARKS = {"exp", "exp.", "expt", "expt.", "experiment", "experimental", "measured", "calc", "calc.", "dft", "pbe"}
_MEASURED = {"exp", "exp.", "expt", "expt.", "experiment", "experimental", "measured"}
_BY_EXPERIMENT = {"band_gap": "measured_gap"}
#: Cells that say that a value is not known.
MISSING = frozenset(("", "n/a", "na", "nan", "none", "null", "-", "--", "–", "—", "n.a.", "n.d.", "nd", "?", "#n/a"))
_BRACKET = re.compile(r"(.*?)[(\[{]\s*(.*?)\s*[)\]}]\s*")
_NUMBER = r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?"
_CELL = re.compile(rf"({_NUMBER})(?:\((\d+)\))?(?:\s*(?:±|\+/-|\+-)\s*({_NUMBER}))?\s*(.*?)")


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

    def __str__(self) -> str:
        return f"{quote(self.name)} as {self.key}" + (f" in {self.unit}" if self.unit else "")


def _units(record: Property) -> dict[str, float]:
    """Units of a property, and how many of its own each is."""
    return {record.unit: 1.0, **UNITS.get(record.unit, {}), **record.units}


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9δ]", "", name.lower())


def _key(name: str, remark: str = "") -> str | None:
    plain = _plain(name)
    key = next((key for key, record in PROPERTIES.items() if plain == _plain(key) or plain in record.aliases), None)
    return _BY_EXPERIMENT.get(key, key) if key and remark in _MEASURED else key


def _column(name: str) -> Column | None:
    """A header by its name and unit: "Band gap (eV)", "band_gap_eV", "Eg / meV"."""
    if key := _key(name):
        return Column(name, key, "")
    if match := _BRACKET.fullmatch(name):
        remark = match[2].lower()
        if key := _key(match[1], remark):
            return Column(name, key, "" if remark in _REMARKS else match[2])
    for match in re.finditer(r"(?:\s+in\s+|\s*[_,/ ]\s*)", name):
        key = _key(name[: match.start()])
        unit = name[match.end() :].strip()
        if key and unit in _units(PROPERTIES[key]):
            return Column(name, key, unit)
    return None


def find_columns(names: Iterable[str], kind: str = "") -> list[Column]:
    """The columns that are named as properties, with or without a unit.

    Args:
        names: headers.
        kind: of the materials ("cif", "formula", "smiles"): a molecule has no band gap here, a crystal no logP.
    """
    found = [column for name in names if (column := _column(name))]
    return [c for c in found if not kind or ("molecules" in PROPERTIES[c.key].predicted_by) == (kind == "smiles")]


def read_number(text: str, *, comma: bool = False) -> tuple[float, float | None, str]:
    """A number as people write it, its uncertainty where it has one, and what follows it.

    Args:
        text: such as "3.2", "3,2", "−1.5 eV", "1.42(1)", "2.4 ± 0.1".
        comma: whether a comma is known to be decimal, so that 3,400 is 3.4.

    Raises:
        BadInput: for what is no number, or can mean two.
    """
    plain = re.sub(r"[\u00a0\u2009\u202f]", " ", text.strip()).replace("−", "-").replace("–", "-")
    match = _CELL.fullmatch(plain)
    if match is None:
        raise BadInput("{text} is not a number", text=quote(text))
    if re.match(r"[.,]?\d*[.,]\d", match[4]) or re.match(r"[\d.,]", match[4]):
        raise BadInput("{text} is not one number; write it with one decimal point, such as 1234.5", text=quote(text))
    if not comma and re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", match[1]):
        raise BadInput("{text} is ambiguous; write it with a decimal point", text=quote(text))
    value = float(match[1].replace(",", "."))
    spread = float(match[3].replace(",", ".")) if match[3] else None
    if match[2] and spread is None:  # as crystallographers write it: 1.42(1) is 1.42 ± 0.01
        digits = re.split(r"[eE]", match[1])[0].replace(",", ".").partition(".")[2]
        spread = int(match[2]) * 10.0 ** -len(digits)
    if not math.isfinite(value):
        raise BadInput("{text} is not a number", text=quote(text))
    return value, spread, match[4].strip()


def read_cell(column: Column, text: str, *, comma: bool = False) -> Prediction | None:
    """The value of one cell in the property's unit; None where the cell is empty or says that nothing is known.

    Args:
        column: of the cell.
        text: as it was written.
        comma: as of :func:`read_number`.

    Raises:
        BadInput: naming the number or the unit that cannot be read.
    """
    if text.strip().lower() in MISSING:
        return None
    record = PROPERTIES[column.key]
    try:
        value, spread, written = read_number(text, comma=comma)
    except BadInput as error:
        raise BadInput(f"{column.key}: {error}; write one such as 2.1 {record.unit}".rstrip()) from None
    unit = written or column.unit
    factor = _units(record).get(unit or record.unit)
    if factor is None:
        raise BadInput(
            "{key}: the unit {unit} is not known; use {shown}",
            key=column.key,
            unit=quote(unit),
            shown=_SHOWN.get(record.unit) or ", ".join(_units(record)),
        )
    note: Text = ""
    if written and column.unit and written != column.unit:
        note = Message(
            "the cell gives the unit {written}, the column {unit}; the cell's unit is used",
            written=written,
            unit=column.unit,
        )
    spread = None if spread is None else spread * factor
    return Prediction(column.key, value * factor, spread, record.unit, METHOD, None, note)


def read_given(columns: Sequence[Column], cells: Mapping[str, str], *, comma: bool = False) -> dict[str, Prediction]:
    """The values of one row by property.

    Raises:
        BadInput: naming a cell that cannot be read, or two columns of one property that contradict each other.
    """
    found: dict[str, Prediction] = {}
    for column in columns:
        prediction = read_cell(column, cells.get(column.name, ""), comma=comma)
        if prediction is None or prediction.value is None:
            continue
        note = Message("from the column {column}", column=quote(column.name))
        note = Message("{note}; {note2}", note=note, note2=prediction.note) if prediction.note else note
        before = found.setdefault(column.key, replace(prediction, note=note))
        if before.value is not None and not math.isclose(before.value, prediction.value, rel_tol=1e-6, abs_tol=1e-9):
            both = f"{before.value:g} and {prediction.value:g}"
            raise BadInput("{key}: two columns disagree ({both}); keep one of them", key=column.key, both=both)
    return found
