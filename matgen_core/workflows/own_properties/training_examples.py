"""Rows that a predictor of the user's own property learns from: formulas or SMILES, each with a number.

A structure is read by its formula, which is all that these predictors see.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matgen_core.core.errors import BadInput, quote
from matgen_core.core.messages import Message, Text, join
from matgen_core.core.settings import FinetuneConfig as FinetuneConfig
from matgen_core.files.units import MISSING, read_number
from matgen_core.kinds.registry import KINDS, KindRecord, load_kind

#: Fewest rows to learn from.
LEAST = 20


@dataclass(frozen=True)
class Examples:
    """What a predictor learns from.

    Args:
        kind: of the texts, "formula" or "smiles".
        texts: N reduced formulas or canonical SMILES.
        values: (N,).
        refused: (row, reason) of those left out; row 1 is the first below the header.
        note: what else was done to the table, for the user.
        unit: that the cells bring along; empty where they are numbers alone.
    """

    kind: str
    texts: tuple[str, ...]
    values: NDArray[np.float32]
    refused: tuple[tuple[int, str], ...] = ()
    note: str = ""
    unit: str = ""


def read_examples(
    texts: Sequence[str], values: Sequence[object], kind: str, most: int = 100_000, least: int = LEAST
) -> Examples:
    """The good rows, each text once with its mean value; the bad ones with their reason.

    Args:
        texts: formulas, SMILES or CIFs.
        values: of each, as they were written.
        kind: "formula", "smiles" or "cif".
        most: rows that are used; of more, so many at random.
        least: usable rows that are needed.

    Raises:
        BadInput: where too few are left, or all values are the same.
    """
    refused: list[tuple[int, str]] = []
    found: dict[str, list[float]] = {}
    unit = _usual_unit(values)
    for row, (text, value) in enumerate(zip(texts, values, strict=True), 1):
        try:
            number = _number(value, unit)  # of text and value that are both wrong, the value is named
            found.setdefault(clean(str(text), kind), []).append(number)
        except BadInput as error:
            refused.append((row, str(error)))
    names, notes = list(found), _repeats(found, kind)
    if len(names) > most:
        chosen = np.random.default_rng(0).choice(len(names), most, replace=False)
        names = [names[i] for i in sorted(chosen)]
        notes.append(Message("{most:,} of {n_found:,} were chosen at random", most=most, n_found=len(found)))
    if len(names) < least:
        first = Message("; row {row}: {reason}", row=refused[0][0], reason=refused[0][1]) if refused else ""
        raise BadInput(
            "{n_names} usable rows are too few; give {least} or more{first}",
            n_names=len(names),
            least=least,
            first=first,
        )
    numbers = np.array([np.mean(found[name]) for name in names], dtype=np.float32)
    if float(np.ptp(numbers)) < 1e-9 * max(1.0, float(np.abs(numbers).max())):
        raise BadInput(
            "every value is {numbers:g}, so there is nothing to predict; choose another column", numbers=numbers[0]
        )
    return Examples(read_as(kind), tuple(names), numbers, tuple(refused), join(notes), unit)


def _repeats(found: Mapping[str, Sequence[float]], kind: str) -> list[Text]:
    """How many rows repeat a material of another row, what became of their values, and which differs the most."""
    notes: list[Text] = []
    if read_as(kind) != kind:
        notes.append(Message("the structures were read by their formulas; phases of one formula count as one"))
    merged = sum(len(values) for values in found.values()) - len(found)
    if not merged:
        return notes
    word = "SMILES" if read_as(kind) == "smiles" else Message("formula")
    notes.append(
        Message(
            "{merged} rows repeat a {kind} of another row; the mean of the values is used", merged=merged, kind=word
        )
    )
    widest = max(found, key=lambda name: max(found[name]) - min(found[name]))
    if max(found[widest]) > min(found[widest]):
        notes.append(
            Message(
                "of these, {name} differs the most, {low:g} to {high:g}; take out what is wrong",
                name=quote(widest),
                low=min(found[widest]),
                high=max(found[widest]),
            )
        )
    return notes


def _usual_unit(values: Sequence[object]) -> str:
    """The unit that most cells with a number bring along; empty where most bring none."""
    units: Counter[str] = Counter()
    for value in values:
        with suppress(BadInput):
            units[read_number(str(value).strip())[2]] += 1
    return units.most_common(1)[0][0] if units else ""


def _number(value: object, usual: str) -> float:
    """The number of a cell; raises BadInput for one that has none, naming why."""
    if isinstance(value, BadInput):
        raise value
    text = str(value).strip()
    if text.lower() in MISSING:
        raise BadInput("no value")
    number, _spread, unit = read_number(text)
    if unit and not usual:
        raise BadInput(
            "{text} has a unit, most rows have none; write the number alone, in the unit of the other rows",
            text=quote(text),
        )
    if unit != usual:
        raise BadInput(
            "{text} is in {unit}, most rows are in {usual}; write all in one unit",
            text=quote(text),
            unit=unit or Message("no unit"),
            usual=usual,
        )
    if abs(number) > 1e30:
        raise BadInput("{text} is not a usable number", text=quote(text))
    return number


def clean(text: str, kind: str) -> str:
    """A formula reduced, a SMILES as RDKit writes it, or the reduced formula of a CIF.

    Raises:
        BadInput: naming what cannot be read.
    """
    taught = load_kind(_name(kind))
    return taught.key(taught.read(text))


def read_as(column: str) -> str:
    """What a material of such a column is read as: "formula" of a CIF, too, or "smiles"."""
    return _record(column).key_is


def unit_of(examples: Examples, named: str) -> tuple[str, Text]:
    """Unit of the values, and a note where the user names another than the cells bring along.

    Args:
        examples: rows.
        named: by the user; empty where nothing is.
    """
    if not named or not examples.unit or named == examples.unit:
        return named or examples.unit, ""
    note = Message(
        "the cells are in {unit}, not in {named}; their numbers stay as they are, in {unit}",
        unit=examples.unit,
        named=named,
    )
    return examples.unit, note


def _name(column: str) -> str:
    """Kind of the materials in a column "formula", "smiles" or "cif"."""
    return next(name for name, record in KINDS.items() if record.column == column)


def _record(column: str) -> KindRecord:
    return KINDS[_name(column)]
