"""Laws of every figure: its points are the values that it was given, axes bear name and unit, an empty one says so."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go
import pytest

from matgen_core.core.goals import Goal
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate, Formula, Origin, Prediction, Verdict
from matgen_core.diffusion.schedules import cosine_schedule, linear_schedule
from matgen_core.kinds.molecules.generate import WritingStep
from matgen_core.kinds.molecules.reference import load_molecule_reference
from matgen_core.lessons.language import Attention, Sampled
from matgen_core.lessons.measured import Decoded, Guided, Way
from matgen_core.lessons.transfer import Guess
from matgen_core.lessons.views import ViewMap
from matgen_core.viz.compositions import draw_compositions
from matgen_core.viz.crystals import draw_predictions
from matgen_core.viz.embeddings import Colours, draw_map
from matgen_core.viz.language import draw_attention, draw_chances, draw_conditions, draw_temperatures
from matgen_core.viz.lessons import (
    draw_cloud,
    draw_guidance,
    draw_losses,
    draw_path,
    draw_ratio,
    draw_schedules,
    draw_ways,
)
from matgen_core.viz.lessons import draw_predictions as draw_guided
from matgen_core.viz.molecules import draw_comparison, draw_options
from matgen_core.viz.transfer import draw_guess, draw_parameters, draw_teaching, draw_views

NOTE = "Nothing to draw yet"
PLANE = np.array([[0.0, 1.0], [2.0, -1.0], [0.5, 0.5]], dtype=np.float32)
NO_POINTS = np.zeros((0, 2), dtype=np.float32)
CONDITIONAL = Guided("band_gap", 2.0, 1.0, (1.9, 2.1, 4.0), 0.9, 0.5, ("NaCl",))
UNCONDITIONAL = Guided("band_gap", 2.0, 0.0, (), 0.0, 0.0, ())
DECODED = Decoded(100, 90, 80, 70, 65, 60, ("NaCl",))
WAYS = [Way("ddim", 10, 2.0, (0.2, 0.4), DECODED), Way("ddpm", 100, 20.0, (0.1,), DECODED)]
SAMPLED = Sampled(0.9, 1.0, 0.8, (1.0, 2.0, 1.5), ("CCO",))
UNSAMPLED = Sampled(0.0, 0.0, None, (), ())
SCHEDULES = {"linear": linear_schedule(), "cosine": cosine_schedule()}


def composition(name: str, gap: float | None, energy: float, known: bool = False) -> Candidate[Formula]:
    predictions = {
        "band_gap": Prediction("band_gap", gap, 0.3, "eV", "test"),
        "formation_energy": Prediction("formation_energy", energy, 0.1, "eV/atom", "test"),
    }
    verdicts = (Verdict("novelty", not known, "known" if known else ""),)
    return Candidate(name, Formula("MgO"), Origin("test"), predictions, verdicts)


FOUND = [composition("a", 2.1, -1.0), composition("b", 4.0, -0.5, known=True), composition("unread", None, -0.5)]


def points(figure: go.Figure, name: str | None = None) -> list[tuple[float, float]]:
    trace = next(t for t in figure.data if name is None or t.name == name)
    return [(float(x), float(y)) for x, y in zip(trace.x, trace.y, strict=True)]


# ------------------------------------------------------------------------------------- points are what was given


def test_compositions_are_points_and_targets_bands() -> None:
    figure = draw_compositions(FOUND, "band_gap", "formation_energy", {"band_gap": Goal.between(2, 3)}, picked="a")
    assert points(figure) == [(2.1, -1.0), (4.0, -0.5)]
    assert list(figure.data[0].customdata) == ["a", "b"]
    (band,) = figure.layout.shapes
    assert (band.x0, band.x1) == (2, 3)
    assert figure.data[0].marker.symbol == ("diamond", "circle-open"), "the picked one, and a known formula"


def test_known_materials_are_where_they_were_placed() -> None:
    figure = draw_map(
        PLANE,
        ["a", "b", "c"],
        Colours(np.array([1, np.nan, 3], np.float32), "Gap"),
        marked=[1],
        laid_over={"mine": PLANE[:1]},
        axes=("PC1", "PC2"),
    )
    known, missing = ([tuple(map(float, PLANE[i])) for i in rows] for rows in ((0, 2), (1,)))
    assert (points(figure, "known"), points(figure, "no value")) == (known, missing)
    by_name = {trace.name: trace for trace in figure.data}
    assert list(by_name["known"].text) == ["a", "c"]
    assert list(by_name["known"].customdata) == [0, 2], "a click finds the row"
    assert list(by_name["no value"].customdata) == [1]
    assert by_name["no value"].marker.color == "#8a8a8a", "what has no value has no place on the scale"
    assert "no value" in by_name["no value"].hovertemplate
    assert min(by_name["known"].marker.color) >= 1
    assert points(figure, "mine") == [(0.0, 1.0)]
    assert points(figure, "selected") == [(2.0, -1.0)]


def test_a_run_lies_beside_the_known_molecules_as_shares() -> None:
    reference = load_molecule_reference()
    figure = draw_comparison([2.0, 2.1, 3.0], reference.column("logp"), "logp", Goal.at(2.0))
    for name in ("known", "this run"):
        assert sum(y for _x, y in points(figure, name)) == pytest.approx(1.0, abs=1e-6)


def test_tokens_are_drawn_with_their_probabilities_and_the_drawn_one_in_any_case() -> None:
    options = (*((t, 0.1, 0.2) for t in "CNOFS"), ("Cl", 0.01, 0.02))
    figure = draw_options(WritingStep("C", "Cl", options), most=3)
    assert list(figure.data[0].x) == [0.1, 0.1, 0.1, 0.01]
    assert figure.data[1].y[-1] == "<b>Cl</b> ◂"


def test_lessons_draw_their_numbers() -> None:
    assert points(draw_teaching([(1, 0.5, 0.4), (2, 0.3, 0.2)], label="MAE")) == [(1, 0.4), (2, 0.2)]
    assert points(draw_ways(WAYS), "DDIM") == [(2.0, pytest.approx(0.3))]
    assert points(draw_guidance([CONDITIONAL], 0.25, 1.0), "on target") == [(1.0, pytest.approx(2 / 3))]
    assert points(draw_temperatures([(0.8, SAMPLED)]), "internal diversity") == [(0.8, 0.8)]
    boxes = draw_conditions({"nothing": SAMPLED, "1": SAMPLED, "4": SAMPLED}, "logP")
    assert list(boxes.data[0].x) == [1.0, 2.0, 1.5]
    assert boxes.layout.yaxis.type == "category", "a box that is called 1 stands at its name, not at 1"
    assert points(draw_losses([4.0, 2.0])) == [(0, 4.0), (1, 2.0)]
    assert points(draw_path(PLANE, PLANE[:2], PLANE[1:], 1), "the latent") == [(0, 1), (2, -1)]
    assert points(draw_cloud(PLANE)) == [tuple(map(float, row)) for row in PLANE]
    spread = draw_guided(CONDITIONAL, UNCONDITIONAL, "eV", (0, 8))
    assert sum(y for _x, y in points(spread, "conditional")) == pytest.approx(1.0)
    for draw in (draw_schedules, draw_ratio):
        assert [trace.name for trace in draw(SCHEDULES, 500).data] == ["linear", "cosine"]
    assert max(y for _t, y in points(draw_schedules(SCHEDULES, 500))) <= 1.0


def test_transfer_draws_its_numbers() -> None:
    bars = draw_guess(Guess(0, "Fe", (("Fe", 0.7), ("Co", 0.2)), 1, 94)).data[0]
    assert (list(bars.x), list(bars.y)) == (["Fe ✓", "Co"], [0.7, 0.2])
    views = ViewMap(PLANE, ("Fe2O3", "Fe2O3", "NaCl"), ("Fe2O3", "FeO", "NaCl"), PLANE, ("a", "b", "c"))
    figure = draw_views(views)
    assert points(figure, "Fe2O3") == [(0.0, 1.0), (2.0, -1.0)]
    trained, frozen, said = draw_parameters({"lora": (10, 100)}).data
    assert (list(trained.x), list(frozen.x)) == ([10], [90])
    assert (list(said.x), list(said.text)) == ([100], ["10 (10.0%)"]), "right of both bars"


ONE_TOKEN = WritingStep("C", "C", (("C", 0.5, 0.7), ("O", 0.5, 0.3)))


@pytest.mark.parametrize(
    "figure", [draw_parameters({"lora": (10, 100)}), draw_chances([("Li", 0.6), ("O", 0.3)]), draw_options(ONE_TOKEN)]
)
def test_every_bar_bears_its_name_in_large_type_too(figure: go.Figure) -> None:
    assert figure.layout.yaxis.dtick == 1, "in large type every second name was left out"


def test_a_legend_stands_above_its_plot_however_many_lines_it_takes() -> None:
    for figure in (draw_options(ONE_TOKEN), draw_schedules(SCHEDULES, 0)):
        assert (figure.layout.legend.yanchor, figure.layout.legend.y > 1) == ("bottom", True)


def test_the_row_of_a_token_is_framed() -> None:
    figure = draw_attention(Attention(("C", "O"), np.array([[1, 0], [0.4, 0.6]], np.float32), (0, 1)), 1)
    assert figure.data[0].z.tolist() == [[1.0, 0.0], [pytest.approx(0.4), pytest.approx(0.6)]]
    assert (figure.layout.shapes[0].y0, figure.layout.shapes[0].y1) == (0.5, 1.5)


# --------------------------------------------------------------------------------------------- axes and empty ones


@pytest.mark.parametrize("draw", [draw_predictions, draw_compositions])
def test_axes_bear_name_and_unit(draw: Callable[..., go.Figure]) -> None:
    figure = draw([], "band_gap", "formation_energy", {})
    for axis, key in ((figure.layout.xaxis, "band_gap"), (figure.layout.yaxis, "formation_energy")):
        assert axis.title.text == f"{PROPERTIES[key].label} ({PROPERTIES[key].unit})"
    assert (
        "(g/mol)"
        in draw_comparison([300.0], load_molecule_reference().column("weight"), "weight", None).layout.xaxis.title.text
    )


EMPTY: dict[str, Callable[[Callable[[str], str]], go.Figure]] = {
    "crystals": lambda tr: draw_predictions([], "band_gap", "formation_energy", {}, translate=tr),
    "compositions": lambda tr: draw_compositions(FOUND[2:], "band_gap", "formation_energy", {}, translate=tr),
    "map": lambda tr: draw_map(NO_POINTS, [], Colours(np.zeros(0, np.float32)), translate=tr),
    "comparison": lambda tr: draw_comparison([], load_molecule_reference().column("logp"), "logp", None, translate=tr),
    "losses": lambda tr: draw_losses([], translate=tr),
    "ways": lambda tr: draw_ways([], translate=tr),
    "predictions": lambda tr: draw_guided(UNCONDITIONAL, UNCONDITIONAL, "eV", (0, 8), translate=tr),
    "guidance": lambda tr: draw_guidance([], 0.25, 1.0, translate=tr),
    "temperatures": lambda tr: draw_temperatures([], translate=tr),
    "conditions": lambda tr: draw_conditions({"nothing": UNSAMPLED}, "logP", translate=tr),
    "teaching": lambda tr: draw_teaching([], label="MAE", translate=tr),
}


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_figure_says_so_in_the_reader_s_language(name: str) -> None:
    figure = EMPTY[name](lambda word: "空" if word == NOTE else word)
    assert [note.text for note in figure.layout.annotations] == ["空"]
    json.loads(figure.to_json())


def test_a_figure_with_values_has_no_such_note() -> None:
    figures = [draw_compositions(FOUND, "band_gap", "formation_energy", {}), draw_losses([1.0]), draw_ways(WAYS)]
    figures += [draw_teaching([(1, 0.5, 0.4)], label="MAE"), draw_conditions({"x": SAMPLED}, "logP")]
    assert not any(note.text == NOTE for figure in figures for note in figure.layout.annotations)
