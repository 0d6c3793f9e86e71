"""The curve of a tuning: whole steps on its axis, and every word in the reader's language."""

from __future__ import annotations

import plotly.graph_objects as go
import pytest

from matgen_core.viz.tuning import draw_tuning
from matgen_core.workflows.tuning.tuner import TuneStep
from pages.i18n.language import translate


def curve(count: int, language: str = "en") -> go.Figure:
    steps = [TuneStep(n, 0.1, 0.9, 1.0, 2.0 * n, 0.3, 10.0 * n) for n in range(count)]
    return draw_tuning(steps, 20.0, translate=lambda text: translate(text, language))


def test_every_word_is_japanese_on_a_japanese_page() -> None:
    figure = curve(3, "ja")
    words = [trace.name for trace in figure.data] + [note.text for note in figure.layout.annotations]
    words += [axis.title.text for axis in (figure.layout.xaxis2, figure.layout.yaxis2)]
    assert len(words) == 7
    assert not [word for word in words if word.isascii() and word != "nat"]


@pytest.mark.parametrize("count", [1, 2, 60])
def test_no_step_is_a_half_one(count: int) -> None:
    axis = curve(count).layout.xaxis2
    assert axis.range[0] <= 0 < 1 <= axis.range[1], "of a single step, too"
    assert axis.dtick == 1 or count > 6
