"""Text as a Japanese keyboard types it, or a paper prints it, is read as the text in ASCII is."""

from __future__ import annotations

import pytest

from matgen_core.chem.formulas.oxidation import read_states
from matgen_core.chem.molecules import molecule
from matgen_core.core.goals import parse_goal
from matgen_core.core.typed_text import plain_text


@pytest.mark.parametrize("text", ["", "Fe, O", "C[C@@H](N)C(=O)[O-]", "F m-3m\t"])
def test_ascii_stays_as_it_is(text: str) -> None:
    assert plain_text(text) == text


@pytest.mark.parametrize(
    ("typed", "plain"),
    [("１．５：３", "1.5:3"), ("−3", "-3"), ("ー３：ー１", "-3:-1"), ("２\u3000", "2"), ("ａｎｙ", "any")],
)
def test_targets(typed: str, plain: str) -> None:
    assert parse_goal("band_gap", typed) == parse_goal("band_gap", plain)


def test_oxidation_states() -> None:
    assert read_states("Ｆｅ３＋、Ｏ２ー") == read_states("Fe3+,O2-") == (("Fe", 3), ("O", -2))


@pytest.mark.parametrize("typed", ["ＣＣ（＝Ｏ）［Ｏ－］", "CC(=O)[O−]"])
def test_molecules(typed: str) -> None:
    assert molecule.canonical(molecule.read(typed)) == "CC(=O)[O-]"


def test_patterns() -> None:
    assert molecule.contains(molecule.read("CC(=O)O"), molecule.read_pattern("Ｃ（＝Ｏ）"))
