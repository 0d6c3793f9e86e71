"""Training in the lesson counts steps, repeats on any number of threads, and goes on from what ships."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from matgen_core.core.errors import BadInput
from matgen_core.lessons.training import (
    DATA,
    MILESTONES,
    PREDICTIONS,
    USUAL,
    Pupil,
    pupil_of,
    scales_of,
    standardise,
)


def taught(pupil: Pupil, steps: int) -> Pupil:
    shares = list(pupil.learn(steps, report_every=100))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    return pupil


def test_a_spiral_is_learnt_and_drawn() -> None:
    pupil = taught(pupil_of("spiral", False), 900)
    losses = np.array(pupil.losses)
    assert losses[-200:].mean() < 0.8 * losses[:50].mean()
    drawn, data = pupil.draw(300, "ddim", 50), pupil.data.numpy()

    def apart(points: np.ndarray) -> float:
        return float(np.linalg.norm(points[:, None] - data[None], axis=2).min(axis=1).mean())

    noise = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)
    assert apart(drawn) < 0.6 * apart(noise), "what is drawn lies on the spiral, noise does not"
    assert (drawn == pupil.draw(300, "ddim", 50)).all()


def test_a_condition_moves_what_is_drawn() -> None:
    pupil = taught(pupil_of("spiral", True), 900)
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


def test_steps_are_counted_and_threads_change_nothing() -> None:
    threads, losses = torch.get_num_threads(), []
    for count in (1, 2):
        torch.set_num_threads(count)
        losses.append(taught(pupil_of("spiral"), 60).losses)
        assert torch.get_num_threads() == count, "the number of threads is as it was"
    torch.set_num_threads(threads)
    assert losses[0] == losses[1]
    assert len(losses[0]) == 60


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("predicts", PREDICTIONS)
def test_a_shipped_network_goes_on_from_its_steps(data: str, predicts: str) -> None:
    milestone = MILESTONES[-1]
    pupil, fresh = pupil_of(data, predicts=predicts, begun_at=milestone), pupil_of(data, predicts=predicts)  # type: ignore[arg-type]
    taught(pupil, 30), taught(fresh, 30)
    assert pupil.steps == milestone + 30
    assert np.mean(pupil.losses) < np.mean(fresh.losses)


def test_only_what_ships_can_be_begun_from() -> None:
    for conditional, milestone in ((True, MILESTONES[0]), (False, 123)):
        with pytest.raises(BadInput, match="are included"):
            pupil_of("spiral", conditional, begun_at=milestone)


def test_the_usual_answer_keeps_the_error_small() -> None:
    assert USUAL["descriptors"] == USUAL["latents"] == "v"


def test_samples_are_seen_on_their_way() -> None:
    pupil = taught(pupil_of("descriptors"), 20)
    reel = pupil.film("ddim", 10, shown=4, count=3)
    assert list(reel.moments) == sorted(reel.moments, reverse=True)
    assert reel.noisy.shape == reel.clean.shape == (4, 3, 128)
    assert np.allclose(reel.noisy[-1], reel.clean[-1], atol=1e-3), "the last step leaves no noise"
    assert np.allclose(reel.noisy[-1], pupil.draw(3, "ddim", 10), atol=1e-5)


def test_a_condition_has_its_unit() -> None:
    gap, energy = scales_of("latents")
    assert (gap.unit, energy.unit) == ("eV", "eV/atom")
    assert 0.0 < gap.mean < 2.0 < gap.mean + 2 * gap.deviation, "the chapter's gap is within the slider"
    assert energy.mean - 2 * energy.deviation < -0.5 < energy.mean + 2 * energy.deviation
    (weight,) = scales_of("descriptors")
    assert 250 < weight.mean < 350
    assert scales_of("spiral") == ()
