"""The lessons show what is true: noise takes away what the schedule says, and what is trained draws its data."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from matgen_core.core.errors import BadInput
from matgen_core.diffusion.schedules import linear_schedule
from matgen_core.lessons.diffusion import (
    DATA,
    SCHEDULES,
    Pupil,
    dissolve,
    dissolve_crystal,
    pupil_of,
    reverse_film,
    schedule_of,
    spiral,
    standardise,
)
from matgen_core.workflows.spaces import load_crystal_space


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("steps", [100, 1000])
def test_every_schedule_ends_in_noise(name: str, steps: int) -> None:
    schedule = schedule_of(name, steps)
    assert len(schedule) == steps
    assert float(schedule.alpha_bar[0]) > 0.9
    assert float(schedule.alpha_bar[-1]) < 0.01


def test_the_chapters_betas_do_not_with_a_hundred_steps() -> None:
    assert float(linear_schedule(100).alpha_bar[-1]) == pytest.approx(0.36, abs=0.01)


def test_the_points_lose_the_share_that_the_schedule_says() -> None:
    points, schedule = spiral(4000), schedule_of("linear")
    for t in (0, 200, 999):
        cloud, alpha = dissolve(points, schedule, t), float(schedule.alpha_bar[t])
        slope = float((cloud * points).sum() / (points**2).sum())
        assert slope == pytest.approx(alpha**0.5, abs=0.03)
        rest = cloud - alpha**0.5 * points
        assert rest.var() == pytest.approx(1 - alpha, abs=0.04)
    assert (dissolve(points, schedule, 500) == dissolve(points, schedule, 500)).all(), "the seed repeats it"


def taught(pupil: Pupil, steps: int) -> Pupil:
    # By count, not by the clock: learn() reports after every step here.
    for _share in pupil.learn(600.0, report_every=-1.0):
        if len(pupil.losses) >= steps:
            break
    return pupil


def test_a_spiral_is_learnt_and_drawn() -> None:
    pupil = taught(pupil_of("spiral", False), 1500)
    losses = np.array(pupil.losses)
    assert losses[-200:].mean() < 0.8 * losses[:50].mean()
    drawn, data = pupil.draw(300, "ddim", 50), pupil.data.numpy()

    def apart(points: np.ndarray) -> float:
        return float(np.linalg.norm(points[:, None] - data[None], axis=2).min(axis=1).mean())

    noise = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)
    assert apart(drawn) < 0.6 * apart(noise), "what is drawn lies on the spiral, noise does not"
    assert (drawn == pupil.draw(300, "ddim", 50)).all()


def test_a_condition_moves_what_is_drawn() -> None:
    pupil = taught(pupil_of("spiral", True), 1500)
    inner, outer = (np.linalg.norm(pupil.draw(300, "ddim", 50, condition=[c]), axis=1).mean() for c in (-1.5, 1.0))
    assert outer > inner + 0.5


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("conditional", [False, True])
def test_data_come_standardised(data: str, conditional: bool) -> None:
    pupil = pupil_of(data, conditional)
    assert abs(float(pupil.data.mean())) < 0.01
    assert float(pupil.data.std()) == pytest.approx(1.0, abs=0.05)
    assert (pupil.conditions is None) is not conditional
    assert pupil.data.isfinite().all()
    assert np.isfinite(standardise(np.zeros((3, 2), dtype=np.float32))).all()


def test_other_data_are_named() -> None:
    with pytest.raises(BadInput, match="choose from: spiral, latents, descriptors"):
        pupil_of("noise", False)


def test_a_crystal_dissolves() -> None:
    space = load_crystal_space()
    frames = dissolve_crystal(space, 0, [0, 999])
    assert [frame.t for frame in frames] == [0, 999]
    near, far = (np.linalg.norm(frame.latent - space.vectors[0]) for frame in frames)
    assert near < 0.3 * far
    assert frames[0].alpha_bar > 0.99 > 0.01 > frames[1].alpha_bar
    assert frames[0].crystal is not None


@pytest.mark.parametrize("goals", [{}, {"band_gap": 3.0}])
def test_a_film_ends_clean_and_is_repeated_by_its_seed(goals: dict[str, float]) -> None:
    one, two = (reverse_film(goals, 2.0, "dpm-solver", 10, shown=4, seed=3) for _ in range(2))
    assert len(one.frames) == 4
    assert [f.t for f in one.frames] == sorted((f.t for f in one.frames), reverse=True)
    assert [f.crystal for f in one.frames] == [f.crystal for f in two.frames]
    assert one.noisy.shape == one.clean.shape == (10, one.frames[0].latent.size)
    assert all((one.clean[step] == frame.latent).all() for step, frame in zip(one.steps, one.frames, strict=True))
    steps = [np.linalg.norm(a - b) for a, b in pairwise(one.clean)]
    assert steps[-1] < max(steps), "it settles"
    assert np.linalg.norm(one.noisy[-1] - one.clean[-1]) < 1e-3, "the last step leaves no noise"


def test_a_sample_of_the_pupil_is_seen_on_its_way() -> None:
    pupil = taught(pupil_of("descriptors", False), 20)
    moments, vectors = pupil.film("ddim", 10, shown=4)
    assert moments == sorted(moments, reverse=True)
    assert vectors.shape == (4, 128)
    assert np.allclose(vectors[-1], pupil.film("ddim", 10, shown=1 + 9)[1][-1])
