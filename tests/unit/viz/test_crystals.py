"""Figures show what they were given, and nothing that a browser cannot draw."""

from __future__ import annotations

import json

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.structure import from_structure
from matgen_core.core.goals import Goal
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import (
    Candidate,
    Crystal,
    Origin,
    Prediction,
    Verdict,
)
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.viz.crystals import draw_histogram, draw_predictions
from matgen_core.viz.style import GOOD


@pytest.fixture(scope="module")
def rock_salt() -> Crystal:
    cell = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    return from_structure(cell)


def entry(crystal: Crystal, id_: str, gap: float | None, energy: float, met: bool) -> Candidate:
    predictions = {
        "band_gap": Prediction("band_gap", gap, 0.3, "eV", "test"),
        "formation_energy": Prediction("formation_energy", energy, None, "eV/atom", "test"),
    }
    return Candidate(id_, crystal, Origin("test"), predictions, (Verdict("target:band_gap", met),))


def test_points_are_candidates_and_bands_are_goals(rock_salt: Crystal) -> None:
    entries = [entry(rock_salt, "a", 2.1, -1.0, True), entry(rock_salt, "b", 4.0, -0.5, False)]
    entries.append(entry(rock_salt, "unread", None, -0.5, False))
    figure = draw_predictions(entries, "band_gap", "formation_energy", {"band_gap": Goal.at(2.0)}, picked="b")
    (points,) = figure.data
    assert list(points.customdata) == ["a", "b"]
    assert list(points.x) == [2.1, 4.0]
    assert points.marker.color[0] == GOOD != points.marker.color[1]
    assert points.marker.size[1] > points.marker.size[0]
    (band,) = figure.layout.shapes
    assert (band.x0, band.x1) == (1.5, 2.5)


@pytest.mark.parametrize("goal", [None, Goal.at(12.0), Goal.at_least(3.0), Goal.at_most(1.0), Goal.between(9, 10)])
def test_a_histogram_spans_the_data_whatever_is_asked(goal: Goal | None) -> None:
    figure = draw_histogram(load_reference().column("band_gap"), "band_gap", goal)
    record = PROPERTIES["band_gap"]
    assert list(figure.layout.xaxis.range) == [record.low, record.high]
    assert float(np.square(figure.data[0].y).sum()) == pytest.approx(len(load_reference().column("band_gap")))


def test_figures_lie_on_any_background_and_are_json(rock_salt: Crystal) -> None:
    figures = [
        draw_predictions([entry(rock_salt, "a", 1.0, -1.0, True)], "band_gap", "formation_energy", {}),
        draw_histogram(load_reference().column("formation_energy"), "formation_energy", None),
    ]
    for figure in figures:
        json.loads(figure.to_json())
        assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"


def test_words_can_be_in_another_language(rock_salt: Crystal) -> None:
    figure = draw_predictions([], "band_gap", "formation_energy", {}, translate={"Band gap": "バンドギャップ"}.get)
    assert figure.layout.xaxis.title.text == "バンドギャップ (eV)"


def test_only_the_picked_point_has_its_spread_as_a_bar(rock_salt: Crystal) -> None:
    found = [entry(rock_salt, "a", 5.0, -2.0, True), entry(rock_salt, "b", 3.0, -1.0, False)]
    picked = draw_predictions(found, "band_gap", "formation_energy", {}, picked="b").data[0]
    bars = [picked.error_x.array[i] for i in range(2)]
    assert bars[0] == 0
    assert bars[1] == found[1].predictions["band_gap"].spread
    assert not any(draw_predictions(found, "band_gap", "formation_energy", {}).data[0].error_x.array)
