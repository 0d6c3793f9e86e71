"""Text that a user types: read, or refused in words that name it. Nothing else may be raised."""

from __future__ import annotations

import math
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matgen_core.chem.formulas import composition
from matgen_core.chem.molecules import molecule
from matgen_core.chem.molecules.drawing import draw
from matgen_core.core.errors import BadInput, BadTarget, MatGenError
from matgen_core.core.goals import parse_goal
from matgen_core.kinds.molecules import smiles as tokens
from matgen_core.kinds.molecules.reference import load_molecule_reference
from pages.widgets.asking.url_settings import OneOf, Real, Text, Whole

#: What has broken parsers elsewhere: markup, control characters, right-to-left marks, formulas of spreadsheets, paths.
NASTY = (
    "", " ", "\x00", "\t\r\n", "<script>alert(1)</script>", "=cmd()|'/c calc'!A1", "../../etc/passwd", "\u202eabc",
    "\ud7ff", "１２３", "é", "NaN", "nan", "inf", "-inf", "1e308", "-1e999", "1_000", "0x10", "%s%n", "{0}", "${x}",
    "'; DROP TABLE runs; --", "A" * 10_000, "(" * 5_000, "[" * 400, "C" * 401, "C1CC", "[Fe+999999]", "C%99", "Fe0O",
    "Fe999999999999", "H" * 61, "()", "(())2", "Xx", "fe", "Fe-2", "Fe1.5O2", "[2H]O", "C\n", "c1ccccc1.c1ccccc1",
)  # fmt: skip


def mutated(words: list[str], letters: str) -> st.SearchStrategy[str]:
    """Words with pieces taken out, doubled and put in, beside plain noise of the same letters."""

    def cut(parts: tuple[str, int, int, str]) -> str:
        word, i, j, put = parts
        i, j = sorted((i % (len(word) + 1), j % (len(word) + 1)))
        return word[:i] + put + word[j:]

    piece = st.text(letters, max_size=6)
    changed = st.tuples(st.sampled_from(words), st.integers(0, 400), st.integers(0, 400), piece).map(cut)
    return st.one_of(st.sampled_from(NASTY), st.text(max_size=60), st.text(letters, max_size=60), changed)


def readable(message: str) -> None:
    """A message for a reader: one line, short, nothing that breaks the line or turns it round."""
    assert 0 < len(message) < 400
    assert message.isprintable(), message


MOLECULES = list(load_molecule_reference().smiles[:200])
SMILES = mutated(MOLECULES, "CNOSFclBrnos()[]=#123456789%+-@/\\.*:H~")
FORMULAS = mutated(
    ["Fe3O4", "NaCl", "Ca(OH)2", "SrTiO3", "Li7La3Zr2O12"], string.ascii_letters + string.digits + "()[]. "
)


@given(SMILES)
def test_smiles(text: str) -> None:
    try:
        found = molecule.read(text)
    except BadInput as error:
        readable(str(error))
        return
    values = molecule.properties(found)
    assert all(math.isfinite(value) for value in values.values()), (text, values)
    assert 1 <= molecule.accessibility(found) <= 10
    again = molecule.parse(molecule.canonical(found))
    assert again is None or molecule.canonical(again) == molecule.canonical(found)
    assert "<script" not in draw(text.strip())


@given(SMILES)
def test_smarts(text: str) -> None:
    try:
        pattern = molecule.read_pattern(text)
    except BadInput as error:
        readable(str(error))
        return
    assert molecule.contains(molecule.read("CCO"), pattern) in (True, False)


@given(SMILES)
def test_prefixes(text: str) -> None:
    try:
        numbers = tokens.encode(text)
    except MatGenError as error:
        readable(str(error))
        return
    assert tokens.decode(numbers) == text


@given(FORMULAS)
def test_formulas(text: str) -> None:
    try:
        counts = composition.parse_formula(text)
    except BadTarget as error:
        readable(str(error))
        return
    assert counts
    assert all(isinstance(n, int) and n > 0 for n in counts.values())


@given(FORMULAS)
def test_elements(text: str) -> None:
    try:
        found = composition.parse_elements(text)
    except BadTarget as error:
        readable(str(error))
        return
    assert all(1 <= len(symbol) <= 2 for symbol in found)


@given(mutated(["2.0", "-2:-1", "1:", ":3", "any"], string.digits + "+-.eE:naif_ "))
def test_targets(text: str) -> None:
    try:
        goal = parse_goal("band-gap", text)
    except BadTarget as error:
        readable(str(error))
        return
    if goal is not None:
        ends = [end for end in (goal.low, goal.high) if end is not None]
        assert ends
        assert all(math.isfinite(end) for end in ends)
        assert sorted(ends) == ends


@given(mutated(["1", "0.5", "pca"], string.printable))
@pytest.mark.parametrize("rule", [Whole(1, 500), Real(0.1, 2.0), OneOf(("pca", "neighbours")), Text(200)])
def test_settings_in_a_link(rule: Whole | Real | OneOf | Text, text: str) -> None:
    hint = rule.problem(text)
    if hint is not None:
        readable(hint)
    elif isinstance(rule, Real):
        assert 0.1 <= float(text) <= 2.0
    elif isinstance(rule, Whole):
        assert 1 <= int(text) <= 500
