"""Masked-token pretraining: which tokens are hidden, and how (chapter 4, after 4.7; Devlin et al. 2019, section 3.1).

    of all tokens 15 % are to be guessed: of these 80 % read [MASK], 10 % a random token, 10 % stay as they are

tokens (B, T) int64 -> inputs (B, T), labels (B, T) with IGNORED where nothing is to be guessed. The three shares
exclude one another: one number a token decides, where two draws in a row would make the second a share of the rest.
"""

from __future__ import annotations

import torch
from torch import Tensor

#: What cross_entropy passes over by itself.
IGNORED = -100


def mask_tokens(
    tokens: Tensor, first: int, mask: int, vocabulary: int, generator: torch.Generator, share: float = 0.15
) -> tuple[Tensor, Tensor]:
    """Inputs and labels of masked-token prediction.

    Args:
        tokens: (B, T).
        first: tokens below this number are special (padding, begin, end) and never hidden.
        mask: number of [MASK].
        vocabulary: random tokens are drawn from ``first`` to here, the mask left out.
        generator: of the random numbers, on the CPU.
        share: of the tokens that are to be guessed.
    """
    fate = torch.rand(tokens.shape, generator=generator).to(tokens.device)
    other = torch.randint(first, vocabulary - 1, tokens.shape, generator=generator).to(tokens.device)
    other = other + (other >= mask)  # every symbol but [MASK]
    hidden = (tokens >= first) & (fate < share)
    inputs = torch.where(hidden & (fate < 0.8 * share), mask, tokens)
    inputs = torch.where(hidden & (fate >= 0.8 * share) & (fate < 0.9 * share), other, inputs)
    return inputs, torch.where(hidden, tokens, IGNORED)
