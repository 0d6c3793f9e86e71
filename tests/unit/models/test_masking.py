"""15 % of the tokens are to be guessed, in shares of 80, 10 and 10 that exclude one another; specials never."""

from __future__ import annotations

import pytest
import torch

from matgen_core.models.masking import IGNORED, mask_tokens

FIRST, MASK, VOCABULARY = 3, 10, 14


def masked(share: float = 0.15) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    tokens = torch.randint(0, 10, (400, 50), generator=torch.Generator().manual_seed(0))
    return (tokens, *mask_tokens(tokens, FIRST, MASK, VOCABULARY, torch.Generator().manual_seed(1), share))


def test_the_shares_are_the_chapters() -> None:
    tokens, inputs, labels = masked()
    hidden = labels != IGNORED
    assert hidden[tokens >= FIRST].float().mean() == pytest.approx(0.15, abs=0.01)
    assert (inputs[hidden] == MASK).float().mean() == pytest.approx(0.8, abs=0.02)
    # One random token in 10 is the token itself.
    assert (inputs[hidden] == tokens[hidden]).float().mean() == pytest.approx(0.1 + 0.1 / 10, abs=0.02)


def test_special_tokens_and_the_rest_stay() -> None:
    tokens, inputs, labels = masked(1.0)
    assert (labels[tokens < FIRST] == IGNORED).all()
    tokens, inputs, labels = masked()
    assert (inputs[labels == IGNORED] == tokens[labels == IGNORED]).all()
    assert (labels[labels != IGNORED] == tokens[labels != IGNORED]).all()


def test_random_tokens_are_symbols_and_never_the_mask() -> None:
    tokens = torch.full((300, 100), 5)
    inputs, _ = mask_tokens(tokens, FIRST, MASK, VOCABULARY, torch.Generator().manual_seed(0), 1.0)
    drawn = inputs[(inputs != MASK) & (inputs != 5)]
    assert set(drawn.tolist()) == set(range(FIRST, VOCABULARY)) - {MASK, 5}
