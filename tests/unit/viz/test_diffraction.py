"""The figure of a powder pattern bears indices, a profile, and the measured pattern in its range."""

from __future__ import annotations

import json

import numpy as np
import pytest

from matgen_core.chem.crystals.diffraction import simulate
from matgen_core.viz.diffraction import Profile, draw_pattern, profile_points, scale_cell
from tests.unit.chem.crystals.test_diffraction import CARD, salt

LINES = simulate(salt(5.64))


def test_the_strongest_line_bears_its_indices() -> None:
    figure = draw_pattern(LINES, None)
    sticks, tops = figure.data
    strongest = int(np.argmax(tops.y))
    assert tops.x[strongest] == pytest.approx(31.7, abs=0.1)
    assert tops.text[strongest] == "200"
    assert len(sticks.x) == 3 * len(tops.x)
    labels = {note.text: note.x for note in figure.layout.annotations}
    assert labels["200"] == pytest.approx(31.7, abs=0.1)
    assert sorted(np.diff(sorted(labels.values())))[0] > 0.5, "labels that overlap cannot be read"


def test_a_profile_reaches_its_lines_and_a_measured_pattern_sets_the_range() -> None:
    angles, heights = profile_points(LINES, Profile(0.3, 0.5))
    assert heights.max() == pytest.approx(100)
    assert angles[int(np.argmax(heights))] == pytest.approx(31.7, abs=0.1)
    figure = draw_pattern(LINES, Profile(), CARD, translate={"measured": "測定"}.get)
    assert figure.data[0].name == "測定"
    assert (figure.data[0].y.min(), figure.data[0].y.max()) == (0, 100)
    assert list(figure.layout.xaxis.range) == [CARD.angles[0], CARD.angles[-1]]
    json.loads(figure.to_json())


def test_a_larger_cell_has_its_lines_at_lower_angles() -> None:
    larger = scale_cell(LINES, 1.01)
    assert larger.angles == pytest.approx(simulate(salt(5.64 * 1.01)).angles[: len(larger.angles)], abs=0.02)
