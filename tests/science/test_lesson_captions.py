"""Every caption of the lessons is a law: it holds where its demonstration opens and at both ends of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from matgen_core.lessons.captions import CAPTIONS
from tests.science.lesson_laws import LAWS

CASES = [(name, settings) for name, law in LAWS.items() for settings in (law.opening, *law.ends)]


@pytest.mark.parametrize(("name", "settings"), CASES, ids=[f"{name}-{i}" for i, (name, _) in enumerate(CASES)])
def test_a_caption_holds(name: str, settings: dict[str, Any]) -> None:
    assert LAWS[name].holds(**settings), CAPTIONS[name]


def test_no_caption_is_without_a_law() -> None:
    assert set(CAPTIONS) == set(LAWS)


def test_a_caption_is_checked_at_the_ends_of_what_can_be_set() -> None:
    unset = {"priors", "priors-overlap", "chemberta"}  # what was measured, and molecules of the chapter: nothing is set
    assert {name for name, law in LAWS.items() if not law.ends} == unset


def test_every_caption_stands_on_a_page() -> None:
    pages = Path(__file__).parents[2] / "pages" / "lessons"
    text = " ".join(path.read_text(encoding="utf-8") for path in pages.glob("*.py"))
    assert [name for name in CAPTIONS if f'CAPTIONS["{name}"]' not in text] == []
