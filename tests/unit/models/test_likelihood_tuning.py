"""The losses on a generator of eight strings, whose best law can be written down."""

from __future__ import annotations

import math

import pytest
import torch

from matgen_core.models.likelihood_tuning import LOSSES, augmented, centred, distance, imitation

PRIOR = torch.tensor([0.3, 0.2, 0.15, 0.15, 0.1, 0.05, 0.03, 0.02]).log()
SCORES = torch.tensor([0.0, 0.1, 0.0, 0.5, 0.9, 1.0, 0.2, 0.8])
SIGMA = 3.0


def best() -> torch.Tensor:
    """log of prior · exp(sigma S) / Z."""
    return (PRIOR + SIGMA * SCORES).log_softmax(dim=0)


def test_the_centred_loss_is_zero_at_the_best_law_and_nowhere_near_it() -> None:
    assert float(centred(best(), PRIOR, SCORES, SIGMA)) == pytest.approx(0.0, abs=1e-10)
    assert float(centred(PRIOR, PRIOR, SCORES, SIGMA)) > 0.5
    assert float(augmented(PRIOR + SIGMA * SCORES, PRIOR, SCORES, SIGMA)) == pytest.approx(0.0, abs=1e-10)


def test_descent_on_the_centred_loss_reaches_the_best_law_within_the_limit() -> None:
    logits = PRIOR.clone().requires_grad_(True)
    optimizer = torch.optim.Adam([logits], lr=0.05)
    for _ in range(600):
        loss = centred(logits.log_softmax(dim=0), PRIOR, SCORES, SIGMA)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    found = logits.detach().log_softmax(dim=0)
    assert found.exp().tolist() == pytest.approx(best().exp().tolist(), abs=1e-3)
    away = float((found.exp() * (found - PRIOR)).sum())
    assert 0.0 < away <= SIGMA


def test_imitation_learns_from_the_best_quarter_alone() -> None:
    copy = torch.arange(8.0).requires_grad_(True)
    imitation(copy, PRIOR, SCORES, SIGMA).backward()
    assert copy.grad is not None
    assert copy.grad.nonzero().flatten().tolist() == [4, 5]


def test_the_distance_of_the_prior_from_itself_is_zero() -> None:
    assert distance(PRIOR, PRIOR) == 0.0
    assert distance(PRIOR + math.log(2), PRIOR) == pytest.approx(math.log(2))


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_makes_a_good_string_likelier(name: str) -> None:
    logits = PRIOR.clone().requires_grad_(True)
    LOSSES[name](logits.log_softmax(dim=0), PRIOR, SCORES, SIGMA).backward()
    assert logits.grad is not None
    assert float(logits.grad[4]) < 0.0 < float(logits.grad[0])
