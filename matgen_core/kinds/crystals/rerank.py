"""How likely a skeleton has the properties asked for, by Bayes' rule and the very network that wrote it.

    P(c near asked | s) = sum_near p(s | c) p(c) / sum_all p(s | c) p(c)

p(s | c) is the writer's own likelihood, p(c) what share of the known crystals has about that value. A writer that is
guided overshoots; the values beside and beyond the one asked for are in the sum, so that overshooting costs. It is the
generator's own, cheap score: it chooses among drafts, and no reading takes part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from matgen_core.core.errors import Cancelled
from matgen_core.core.properties import CRYSTAL_CONDITIONS, PROPERTIES
from matgen_core.kinds.crystals.batches import pad
from matgen_core.kinds.crystals.grammar import Skeleton, encode
from matgen_core.models.gpt import ConditionalGPT

#: What is scored. The distance to the hull depends on the geometry, of which a skeleton says nothing; for the moment
#: choosing brought nothing that was clear of the noise.
TOLD = ("band_gap", "formation_energy")
#: Values far from the one asked for that stand for all others, on each side of it.
_OTHERS = 2
#: Strings read together: more of them would be padded to the length of the longest.
_BATCH = 64


def count_told(conditions: Tensor) -> int:
    """How many properties that a skeleton tells conditions (B, K) ask for."""
    columns = [CRYSTAL_CONDITIONS.index(key) for key in TOLD]
    return int((~conditions[:, columns].isnan()).any(dim=0).sum())


@torch.no_grad()
def score_answers(
    gpt: ConditionalGPT,
    skeletons: Sequence[Skeleton],
    conditions: Tensor,
    known: Mapping[str, NDArray[np.float32]],
    cancelled: Callable[[], bool] | None = None,
) -> Tensor:
    """(B,) log of the chance that each skeleton has all of what was asked of it; 0 where nothing was.

    Args:
        gpt: that wrote them.
        skeletons: B of them.
        conditions: (B, K) what was asked, NaN for "any".
        known: values of each property over the known crystals.
        cancelled: asked before each batch.
    """
    order = sorted(range(len(skeletons)), key=lambda i: len(skeletons[i].sites))  # so that little is padding
    scores = torch.zeros(len(skeletons))
    for start in range(0, len(order), _BATCH):
        rows = order[start : start + _BATCH]
        tokens = pad([encode(skeletons[i]) for i in rows])
        for key in TOLD:
            column = CRYSTAL_CONDITIONS.index(key)
            if bool(conditions[rows, column].isnan().all()):
                continue
            if cancelled and cancelled():
                raise Cancelled
            scores[rows] += _log_chance(gpt, tokens, conditions[rows], column, known[key])
    return scores


def _log_chance(
    gpt: ConditionalGPT, tokens: Tensor, conditions: Tensor, column: int, known: NDArray[np.float32]
) -> Tensor:
    """(B,) for one property; the value asked for comes first among the values compared."""
    asked = conditions[:, column]
    tolerance = PROPERTIES[CRYSTAL_CONDITIONS[column]].tolerance
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
    """Values that a property may have, (V,), and the share of the known crystals that each stands for.

    The value asked for is first and stands for all within its tolerance. On each side of it one stands for those just
    beyond, and quantiles for the rest. A value that nothing known is near counts as one crystal.
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
