"""Whole pages: whatever a link asks for and whatever a client sends as a control's value, the page stays a page.

A browser sends no NaN, but anybody can who speaks to the websocket. Streamlit itself fails on NaN and infinity for a
whole number, before the page sees them: that session then reads app.py's apology, and only that session.
"""

from __future__ import annotations

import math
import os
import random
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.kinds import composition_controls, molecule_controls
from pages.kinds import crystal_controls as target_controls
from pages.widgets.asking import design_controls

FOLDER = Path(__file__).parents[2] / "pages"
PAGES = {
    "design/crystals": target_controls.RULES,
    "design/compositions": composition_controls.RULES,
    "design/molecules": molecule_controls.RULES,
    "design/inverse_design": design_controls.RULES,
}
WORDS = (
    "nan", "NaN", "inf", "-inf", "1e308", "-1e999", "-1", "0", "", " ", "1_000", "0x10", "１２", "9" * 400, "1.5",
    "true", "None", "[]", "<script>alert(1)</script>", "=cmd()|'/c calc'!A1", "../../etc/passwd", "\u202eabc", "\x00",
    "a`b", "$\\href{javascript:x}{y}$", "A" * 5000, "'; DROP TABLE runs; --", "Fe", "range", "value", "cubic",
)  # fmt: skip
NUMBERS = (math.nan, math.inf, -math.inf, 1e308, -1e308, 5e-324, -1.0, 0.0)
WHOLE = (0, -1, 10**9, -(10**9), 2**53 - 1, 2**31)
#: As many links a page as the other tests of this folder have inputs, by hundreds.
LINKS = max(2, int(os.environ.get("MATGEN_HOSTILE", "200")) // 100)


def sound(page: AppTest) -> None:
    assert not page.exception, page.exception[0].value
    for message in (*page.error, *page.warning):
        assert "Traceback" not in message.value
        assert len(message.value) < 1000


@pytest.mark.parametrize("name", PAGES)
def test_links(name: str) -> None:
    draw = random.Random(name)
    for number in range(LINKS):
        page = AppTest.from_file(str(FOLDER / f"{name}.py"), default_timeout=300)
        for key in PAGES[name]:
            if number == 0 or draw.random() < 0.5:
                word = draw.choice(WORDS)
                page.query_params[key] = [word, draw.choice(WORDS)] if draw.random() < 0.2 else word
        sound(page.run())


@pytest.mark.parametrize("name", PAGES)
def test_numbers(name: str) -> None:
    draw = random.Random(name)
    page = AppTest.from_file(str(FOLDER / f"{name}.py"), default_timeout=300).run()
    for _ in range(LINKS):
        for control in (*page.number_input, *page.slider):
            value = draw.choice(WHOLE if isinstance(control.value, int) else NUMBERS)
            pair = isinstance(control.value, tuple)
            control.set_value((value, draw.choice(NUMBERS)) if pair else value)
        page.run()
        sound(page)
