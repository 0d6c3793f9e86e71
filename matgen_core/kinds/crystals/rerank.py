"""Probability that a skeleton has the properties asked for, by Bayes' rule on the likelihood of the GPT that wrote it.

    P(c near target | s) = sum_near p(s | c) p(c) / sum_all p(s | c) p(c)

p(s | c) is the GPT's likelihood of skeleton s under condition c. p(c) is the share of known crystals with about that
value. Guided sampling overshoots the target; the sum contains values on both sides of the target, so that an overshoot
lowers the score. The score chooses among drafts, and no predictor takes part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from matgen_core.core.errors import Cancelled
from matgen_core.core.properties import PROPERTIES
from matgen_core.kinds.crystals.batches import pad
from matgen_core.kinds.crystals.grammar import Skeleton, encode
from matgen_core.models.gpt import ConditionalGPT

#: Properties that are scored. The distance to the hull depends on the geometry, which a skeleton lacks; for the moment
#: reranking had no measurable effect.
SCORED = ("band_gap", "formation_energy")
#: Values on each side of the target that represent all distant values.
_OTHERS = 2
#: Strings in one batch: a larger one has more padding.
_BATCH = 64


def count_scored(conditions: Tensor, keys: Sequence[str]) -> int:
    """How many of the scored properties the conditions (B, K), whose columns are ``keys``, ask for."""
    columns = [place for place, key in enumerate(keys) if key in SCORED]
    return int((~conditions[:, columns].isnan()).any(dim=0).sum())


@torch.no_grad()
def score_skeletons(
    gpt: ConditionalGPT,
    skeletons: Sequence[Skeleton],
    conditions: Tensor,
    known: Mapping[str, NDArray[np.float32]],
    cancelled: Callable[[], bool] | None = None,
) -> Tensor:
    """(B,) log-probability that each skeleton has all properties asked for; 0 where none was.

    Args:
        gpt: network that wrote the skeletons.
        skeletons: B of them.
        conditions: (B, K) values asked for, NaN for "any".
        known: values of each property over the known crystals.
        cancelled: asked before each batch.
    """
    order = sorted(range(len(skeletons)), key=lambda i: len(skeletons[i].sites))  # so that little is padding
    scores, keys = torch.zeros(len(skeletons)), gpt.config.conditions.keys
    for start in range(0, len(order), _BATCH):
        rows = order[start : start + _BATCH]
        tokens = pad([encode(skeletons[i]) for i in rows])
        for column, key in enumerate(keys):
            if key not in SCORED or bool(conditions[rows, column].isnan().all()):
                continue
            if cancelled and cancelled():
                raise Cancelled
            scores[rows] += _log_probability(gpt, tokens, conditions[rows], column, known[key])
    return scores


def _log_probability(
    gpt: ConditionalGPT, tokens: Tensor, conditions: Tensor, column: int, known: NDArray[np.float32]
) -> Tensor:
    """(B,) for one property; the target comes first among the values compared."""
    asked = conditions[:, column]
    tolerance = PROPERTIES[gpt.config.conditions.keys[column]].tolerance
    compared = {float(v): compare(float(v), tolerance, known) for v in asked[~asked.isnan()].unique()}
    joint = []
    for place in range(2 * _OTHERS + 3):
        changed, weight = conditions.clone(), torch.zeros(len(asked))
        for value, (values, shares) in compared.items():
            changed[asked == value, column] = float(values[place])
            weight[asked == value] = float(shares[place])
        joint.append(weight.log() - gpt.loss(tokens, changed))
    stacked = torch.stack(joint, dim=1)
    return (stacked[:, 0] - stacked.logsumexp(dim=1)).masked_fill(asked.isnan(), 0.0)


def compare(
    asked: float, tolerance: float, known: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values (V,) of a property, and the share of known crystals that each value represents.

    The first value is the target, which represents all values within its tolerance. On each side one value represents
    the values just beyond the tolerance, and quantiles represent the rest. A target without known crystals near it
    counts as one crystal.
    """
    off = np.sort(known.astype(float)) - asked
    values, counts = [asked], [1.0 * max(1, int((np.abs(off) <= tolerance).sum()))]
    for side in (-1, 1):
        beside = (side * off > tolerance) & (side * off <= 3 * tolerance)
        rest = off[side * off > 3 * tolerance]
        quantiles = (np.arange(_OTHERS) + 0.5) / _OTHERS
        far = np.quantile(rest, quantiles).tolist() if len(rest) else [0.0] * _OTHERS
        values += [asked + side * 2 * tolerance, *(asked + distance for distance in far)]
        counts += [int(beside.sum()), *[len(rest) / _OTHERS] * _OTHERS]
    return np.array(values), np.array(counts, dtype=float) / len(known)
