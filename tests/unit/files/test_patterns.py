"""Measured patterns are read as instruments of many countries write them; what is none says why."""

from __future__ import annotations

import numpy as np
import pytest

from matgen_core.core.errors import BadInput
from matgen_core.files.patterns import read_pattern

ANGLES = np.round(np.arange(10, 40, 0.5), 3)
COUNTS = np.round(100 + 50 * np.sin(ANGLES), 1)
ROWS = list(zip(ANGLES, COUNTS, strict=True))


def text(line: str, rows: list[tuple[float, float]] = ROWS) -> str:
    return "".join(line.format(x=x, y=y) + "\n" for x, y in rows)


@pytest.mark.parametrize(
    "content",
    [
        text("{x} {y}"),
        text("  {x}\t{y}\t3.2"),
        "2theta,intensity\n" + text("{x},{y}"),
        "# Sample 12, 40 kV\n'start 10\n\n" + text("{x} {y} 1.5"),
        "[Measurement conditions]\nAnode,Cu\n[Scan points]\nAngle,Intensity\n" + text("{x},{y}"),
        "Winkel;Intensität\n" + text("{x};{y}").replace(".", ","),
        text("{x} {y}", ROWS[::-1]),
        text("{x} {y}").replace("\n", "\r\n"),
    ],
)
def test_columns_of_many_kinds(content: str) -> None:
    found = read_pattern("a.xy", content.encode())
    assert found.angles == pytest.approx(ANGLES)
    assert found.counts == pytest.approx(COUNTS)
    assert found.notes == ()


def test_encodings() -> None:
    for code in ("utf-8-sig", "utf-16", "cp1252"):
        assert len(read_pattern("a.csv", ("Zähler\n" + text("{x},{y}")).encode(code)).angles) == len(ANGLES)


def test_a_bad_line_is_named_and_the_others_go_on() -> None:
    found = read_pattern("a.xy", (text("{x} {y}") + "40.0 overflow\n" + "41.0 120\n").encode())
    assert len(found.angles) == len(ANGLES) + 1
    assert found.notes == ("line 61 is not two numbers: '40.0 overflow'",)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "0 lines of two numbers"),
        (b"hello\nworld\n", "0 lines of two numbers"),
        (b"10 1\n11 2\n", "2 lines of two numbers"),
        (b"RAW4.00\0\0\0\0", "not a text file"),
        (b"<?xml version='1.0'?><xrdMeasurements/>", "not a text file"),
        ((text("{x} {y}") + text("{x} {y}")).encode(), "does not rise from 39.5 to 10.0"),
        (text("{x} {y}", [(x * 10, y) for x, y in ROWS]).encode(), "0 to 180"),
        (text("{x} {y}", [(x / 10, y) for x, y in ROWS]).encode(), "at least 5°"),
        (text("{x} 7").encode(), "intensities are equal"),
    ],
)
def test_what_is_no_pattern_says_why(content: bytes, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        read_pattern("a.xy", content)
