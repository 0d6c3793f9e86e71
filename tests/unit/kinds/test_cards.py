"""Every card is there, and its figures are those of the reference."""

from __future__ import annotations

import json

import pytest

from matgen_core.core.installation import ASSETS
from matgen_core.kinds.cards import CARDS, FOLDER, read_card


@pytest.mark.parametrize("name", CARDS)
def test_a_card_says_limits_and_has_its_figures_filled_in(name: str) -> None:
    card = read_card(name)
    assert card.startswith("# ")
    assert "**Limits**" in card
    assert "{" not in card


def test_every_file_is_offered_and_figures_are_the_measured_ones() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} == set(CARDS)
    judge = json.loads((ASSETS / "reference" / "energy_judge.json").read_text(encoding="utf-8"))
    assert f"{judge['error']:.4f} eV/atom" in read_card("sevennet-l3i5")
    counts = json.loads((ASSETS / "reference" / "reference.json").read_text(encoding="utf-8"))["counts"]
    assert f"{counts['phases']:,} known formulas" in read_card("hull")
