"""Losses that tune a copy of a generator towards scored strings, and how far the copy has left the prior.

    augmented    L = mean_i (log p_prior(x_i) + sigma S(x_i) - log p(x_i))²
    centred      the same with the batch's mean of the bracket taken out: its variance
    imitation    L = -mean_i w_i log p(x_i),   w_i = 1 for the best quarter of the strings

Log-likelihoods and scores are (B,); S lies in [0, 1]. The minimum of the second is
p(x) = p_prior(x) exp(sigma S(x)) / Z, so that KL(p, p_prior), the distance from the prior, is at most sigma nats.
Reference: Olivecrona et al. (2017) and Loeffler et al. (2024, REINVENT 4) for the first; Richter et al. (2020) for the
second, the log-variance divergence; Segler et al. (2018) for the third.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Loss = Callable[[Tensor, Tensor, Tensor, float], Tensor]


def augmented(copy: Tensor, prior: Tensor, scores: Tensor, sigma: float) -> Tensor:
    """Squared difference from the augmented likelihood."""
    return (prior + sigma * scores - copy).square().mean()


def centred(copy: Tensor, prior: Tensor, scores: Tensor, sigma: float) -> Tensor:
    """Variance of that difference: the likelihood may lack any constant, as the normaliser log Z is one."""
    difference = prior + sigma * scores - copy
    return (difference - difference.mean()).square().mean()


def imitation(copy: Tensor, prior: Tensor, scores: Tensor, sigma: float) -> Tensor:
    """Cross-entropy of the best quarter of the strings."""
    best = scores.topk(max(1, len(scores) // 4)).indices
    return -copy[best].mean()


LOSSES: dict[str, Loss] = {"augmented": augmented, "centred": centred, "imitation": imitation}


@torch.no_grad()
def distance(copy: Tensor, prior: Tensor) -> float:
    """KL(p, p_prior) in nats, of strings that the copy drew: the mean of log p(x) - log p_prior(x)."""
    return float((copy - prior).mean())
