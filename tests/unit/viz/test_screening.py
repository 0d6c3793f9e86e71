"""Figures of screening: steps that are a front, labels that fit."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from matgen_core.core.records import Candidate, Formula, Origin, Prediction
from matgen_core.viz.screening import draw_front, draw_parallel
from matgen_core.workflows.screening.pareto import Objective, find_fronts, losses

KEYS = ("band_gap", "formation_energy", "magnetic_moment", "e_above_hull")


def crowd(count: int = 60) -> list[Candidate[Formula]]:
    values = np.random.default_rng(0).random((count, len(KEYS)))
    return [
        Candidate(
            str(i),
            Formula("MnAlFe2"),
            Origin("file"),
            {k: Prediction(k, float(v), None, "", "test") for k, v in zip(KEYS, row, strict=True)},
            name=f"mine {i}",
        )
        for i, row in enumerate(values)
    ]


@pytest.mark.parametrize("ways", [("max", "max"), ("min", "min"), ("max", "min"), ("min", "max")])
def test_the_steps_are_the_front_of_the_two_that_are_shown(ways: tuple[str, str]) -> None:
    candidates = crowd()
    objectives = [Objective(key, way) for key, way in zip(KEYS, (*ways, "max", "min"), strict=True)]
    fronts = find_fronts(losses(candidates, objectives))
    assert (fronts == 1).sum() > 10, "of four objectives most are on the first front"
    figure = draw_front(candidates, fronts.tolist(), objectives[:2])
    (steps,) = [trace for trace in figure.data if trace.mode == "lines"]
    points = losses(candidates, objectives[:2])
    edge = sorted(points[find_fronts(points) == 1].tolist())
    signs = [1 if way == "min" else -1 for way in ways]
    units = [objective.property.tolerance or 1.0 for objective in objectives[:2]]
    drawn = sorted((signs[0] * x / units[0], signs[1] * y / units[1]) for x, y in zip(steps.x, steps.y, strict=True))
    assert np.allclose(drawn, edge)
    assert all(b <= a for (_, a), (_, b) in pairwise(edge)), "no step goes back"


def test_labels_of_the_axes_lie_within_the_figure() -> None:
    objectives = [Objective(key, "max") for key in KEYS]
    figure = draw_parallel(crowd(3), [1, 1, 2], objectives)
    longest = max(len(d.label) for d in figure.data[0].dimensions) * 6.6 * 0.71
    last = len(figure.data[0].dimensions[-1].label) * 6.6 * 0.71
    assert figure.layout.margin.t > longest + 20
    assert figure.layout.margin.r > last
    assert figure.layout.height - figure.layout.margin.t - figure.layout.margin.b > 250


def test_a_point_bears_the_users_name_and_the_formula_as_chemists_write_it() -> None:
    figure = draw_front(crowd(4), [1, 1, 2, 2], [Objective("band_gap", "max"), Objective("e_above_hull", "min")])
    texts = [text for trace in figure.data if trace.mode == "markers" for text in trace.text]
    assert "mine 0 · Fe2MnAl · front 1" in texts
