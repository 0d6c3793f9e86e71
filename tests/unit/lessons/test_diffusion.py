"""The lessons show what is true: noise takes away what the schedule says, and what is trained draws its data."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from matgen_core.core.records import Crystal, Site
from matgen_core.diffusion.schedules import linear_schedule
from matgen_core.lessons.diffusion import (
    SCHEDULES,
    Frame,
    dissolve,
    dissolve_crystal,
    reverse_film,
    schedule_of,
    settled_from,
    spiral,
    takeover,
)
from matgen_core.workflows.spaces.space import load_crystal_space


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
    shares: list[float] = []
    one = reverse_film(goals, 2.0, "dpm-solver", 10, shown=4, seed=3, on_share=shares.append)
    two = reverse_film(goals, 2.0, "dpm-solver", 10, shown=4, seed=3)
    assert shares == [pytest.approx((i + 1) / 10) for i in range(10)], "every step says how far the film is"
    assert len(one.frames) == 4
    assert [f.t for f in one.frames] == sorted((f.t for f in one.frames), reverse=True)
    assert [f.crystal for f in one.frames] == [f.crystal for f in two.frames]
    assert one.noisy.shape == one.clean.shape == (10, one.frames[0].latent.size)
    assert all((one.clean[step] == frame.latent).all() for step, frame in zip(one.steps, one.frames, strict=True))
    steps = [np.linalg.norm(a - b) for a, b in pairwise(one.clean)]
    assert steps[-1] < max(steps), "it settles"
    assert np.linalg.norm(one.noisy[-1] - one.clean[-1]) < 1e-3, "the last step leaves no noise"


@pytest.mark.parametrize("name", SCHEDULES)
def test_noise_takes_over_where_as_much_is_left_as_was_lost(name: str) -> None:
    schedule = schedule_of(name)
    t = takeover(schedule)
    assert float(schedule.alpha_bar[t]) < 0.5
    assert float(schedule.alpha_bar[t - 1]) > 0.5 - 1e-5, "the step before has equal parts at most"


def test_a_film_is_settled_from_the_first_frame_that_stays() -> None:
    corner, centre = (0.0, 0.0, 0.0), (0.5, 0.5, 0.5)
    salt, oxide = (
        Crystal(225, (Site("a", metal, corner), Site("b", other, centre)), (5.0, 5.0, 5.0, 90.0, 90.0, 90.0))
        for metal, other in (("Na", "Cl"), ("Mg", "O"))
    )
    film = [Frame(t, 0.5, np.zeros(2, np.float32), crystal) for t, crystal in enumerate((salt, None, oxide, oxide))]
    assert settled_from(film) == 2
    assert settled_from(film[2:]) == 0
    assert settled_from(film[:3]) == 2
