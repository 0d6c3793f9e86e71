"""Measured powder patterns from files: two or three columns of numbers (.xy, .xye, .csv, .txt, .dat).

The first is 2θ in degrees, the second the intensity; a third, its error, is passed over. Lines before the numbers are
a header. What cannot be a pattern is refused with the line and the remedy.
"""

from __future__ import annotations

import codecs
import re

import numpy as np

from matgen_core.chem.crystals.diffraction import Measured
from matgen_core.core.errors import BadInput, quote
from matgen_core.core.messages import Message, Text

#: Bytes and points that a file has at most, and points that it must have.
_LARGEST, _MOST, _FEWEST = 20_000_000, 200_000, 20
_COMMENT = re.compile(r"^\s*([#!'/%*]|$)")
#: Lines with a reason that are shown.
_NOTED = 5


def read_pattern(name: str, data: bytes) -> Measured:
    """A measured pattern.

    Args:
        name: of the file, for messages.
        data: its content.

    Raises:
        BadInput: where it is no pattern; the text says why and what to do.
    """
    rows, notes = _numbers(name, _decode(name, data))
    if len(rows) < _FEWEST:
        reason = f"; {notes[0]}" if notes else ""
        raise BadInput(
            "{name} has {n} lines of two numbers{reason}; a pattern needs at least {fewest}: 2θ, then the intensity",
            name=name,
            n=len(rows),
            reason=reason,
            fewest=_FEWEST,
        )
    angles, counts = np.array(rows).T
    if angles[0] > angles[-1]:  # some instruments scan downwards
        angles, counts = angles[::-1], counts[::-1]
    _check(name, angles, counts)
    return Measured(name, angles, counts, tuple(notes))


def _decode(name: str, data: bytes) -> str:
    if len(data) > _LARGEST:
        raise BadInput("{name} is larger than {mb} MB; cut or thin it out", name=name, mb=_LARGEST // 1_000_000)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    if b"\0" in data[:4096] or data[:2] == b"PK" or data.lstrip()[:5] == b"<?xml":
        raise BadInput(
            "{name} is not a text file of numbers; export the pattern from the instrument's program as .xy or .csv",
            name=name,
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _numbers(name: str, text: str) -> tuple[list[tuple[float, float]], list[Text]]:
    """Angle and intensity of each line, and what was passed over after the first."""
    rows: list[tuple[float, float]] = []
    notes: list[Text] = []
    skipped = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if _COMMENT.match(line):
            continue
        found = _pair(line)
        if found is not None:
            rows.append(found)
            if len(rows) > _MOST:
                raise BadInput("{name} has more than {most} points; thin it out", name=name, most=_MOST)
        elif rows or any(map(str.isdigit, line)):
            skipped += bool(rows)
            if rows and len(notes) < _NOTED:
                notes.append(Message("line {number} is not two numbers: {text}", number=number, text=quote(line)))
    if skipped > _NOTED:
        notes.append(Message("{n} more lines are not two numbers", n=skipped - _NOTED))
    return rows, notes


def _pair(line: str) -> tuple[float, float] | None:
    """The first two numbers of a line; None where there are none."""
    if ";" in line:  # parts cells, so that a comma is decimal
        cells = [cell.strip().replace(",", ".") for cell in line.split(";")]
    elif "\t" in line:
        cells = [cell.strip().replace(",", ".") for cell in line.split("\t")]
    else:
        cells = re.split(r"\s*,\s*|\s+", line.strip())
    try:
        x, y = float(cells[0]), float(cells[1])
    except (ValueError, IndexError):
        return None
    return (x, y) if np.isfinite([x, y]).all() else None


def _check(name: str, angles: np.ndarray, counts: np.ndarray) -> None:
    steps = np.diff(angles)
    if (steps <= 0).any():
        place = int(np.argmax(steps <= 0)) + 1
        raise BadInput(
            "{name}: 2θ does not rise from {before} to {after}; give one scan, sorted by the angle",
            name=name,
            before=float(angles[place - 1]),
            after=float(angles[place]),
        )
    if angles[0] < 0 or angles[-1] > 180:
        raise BadInput(
            "{name}: 2θ runs from {low} to {high}; the first column must be 2θ in degrees, 0 to 180",
            name=name,
            low=float(angles[0]),
            high=float(angles[-1]),
        )
    if angles[-1] - angles[0] < 5:
        raise BadInput(
            "{name}: 2θ spans {span:.2f}° only; a pattern must span at least 5°", name=name, span=angles[-1] - angles[0]
        )
    if float(np.ptp(counts)) == 0:
        raise BadInput("{name}: all intensities are equal; the second column must be the intensity", name=name)
