"""One noise by three samplers, and data that a student draws."""

from __future__ import annotations

import numpy as np
import pytest

from matgen_core.core.errors import BadInput
from matgen_core.lessons.motion import PATHS, move, pupil_of_points, spiral_pupil


def test_every_sampler_begins_at_the_same_noise_and_ends_in_the_data() -> None:
    pupil = spiral_pupil()
    found = move(pupil, count=60)
    assert [(one.method, one.steps) for one in found] == list(PATHS)
    assert {one.points.shape for one in found} == {(21, 60, 2)}
    for one in found:
        assert np.array_equal(one.points[0], found[0].points[0])
        nearest = np.linalg.norm(one.points[-1][:, None] - pupil.data.numpy()[None], axis=2).min(axis=1)
        assert np.median(nearest) < 0.1
        assert (one.share[0], one.share[-1]) == (0.0, 1.0)


def test_a_drawing_is_learnt_as_it_lies() -> None:
    line = [[x, 140 + 0.2 * x] for x in range(40, 240, 4)]
    pupil = pupil_of_points(line)
    data = pupil.data.numpy()
    assert data.shape == (2000, 2)
    assert np.allclose(data.mean(axis=0), 0, atol=1e-5)
    assert np.corrcoef(data.T)[0, 1] > 0.9
    assert list(pupil.learn(20))[-1] == 1.0


@pytest.mark.parametrize("points", [[], [[1, 1]] * 19, [[5, 5]] * 40])
def test_too_little_is_refused_with_a_word(points: list[list[float]]) -> None:
    with pytest.raises(BadInput, match="draw"):
        pupil_of_points(points)
