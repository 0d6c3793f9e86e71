"""The band gap of crystals by the judging ensemble: MatBERT's vector of the formula beside CHGNet's of the structure.

It judges: it shares no weights with the skeleton critic, which steers, and where both are trained, each was trained the
gaps of other formulas or from another seed (its card says which).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch

from matgen_core.chem.crystals.structure import reduced_formula
from matgen_core.core.messages import Message
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate, Prediction
from matgen_core.kinds.compositions.rows import encode_amounts, reduce_formula
from matgen_core.learning.checkpoints import available, load_checkpoint
from matgen_core.learning.networks import build_gap_ensemble

if TYPE_CHECKING:
    from matgen_core.models.crystal_gap import CrystalGapEnsemble

CHECKPOINT = "crystal-gap"
KEY = "band_gap"
_BATCH = 512
#: What CHGNet says of a structure; None where it could not read it.
Features = tuple[float, ...] | None


@dataclass(frozen=True)
class GapJudge:
    """The ensemble with what was measured of it.

    Args:
        network: the ensemble.
        name: checkpoint and digest.
        scale: its spreads are multiplied with it, so that twice the spread covers 95 of 100 errors.
        domain: spread (after scaling) beyond which a crystal is unlike the training rows.
    """

    network: CrystalGapEnsemble
    name: str
    scale: float
    domain: float


@lru_cache(maxsize=1)
def load_gap_judge() -> GapJudge:
    """The shipped ensemble, loaded once.

    Raises:
        UnknownCheckpoint, DamagedCheckpoint: where its weights are not there or not whole.
    """
    checkpoint = load_checkpoint(CHECKPOINT)
    config = checkpoint.config
    name = f"{checkpoint.name}@{checkpoint.digest}"
    return GapJudge(build_gap_ensemble(checkpoint), name, float(config["scale"]), float(config["domain"]))


def predict_gaps(candidates: Sequence[Candidate], features: Sequence[Features]) -> list[Prediction]:
    """PBE band gap of each candidate; a metal reads as 0 eV. Without its checkpoint there is no prediction.

    Args:
        candidates: N crystals.
        features: N, of :class:`~matgen_core.chem.energies.chgnet.PredictedEnergy`. Without them only the formula is
            used, and the method says so.
    """
    unit = PROPERTIES[KEY].unit
    if CHECKPOINT not in available():
        note = Message("no {checkpoint} checkpoint", checkpoint=CHECKPOINT)
        return [Prediction(KEY, None, None, unit, Message("none"), None, note)] * len(candidates)
    judge, found = load_gap_judge(), list[Prediction]()
    for first in range(0, len(candidates), _BATCH):
        part = slice(first, first + _BATCH)
        seen = _tensor(features[part], judge.network.config.features)
        formulas = [reduce_formula(reduced_formula(candidate.material)) for candidate in candidates[part]]
        read = judge.network.read_law(*encode_amounts(formulas), seen)
        for i, row in enumerate(zip(*(column.tolist() for column in read), strict=True)):
            found.append(_prediction(judge, row, bool(seen[i].isnan().any())))
    return found


def _tensor(features: Sequence[Features], width: int) -> torch.Tensor:
    """(N, width), NaN where there are none."""
    rows = np.full((len(features), width), np.nan, dtype=np.float32)
    for i, row in enumerate(features):
        if row is not None:
            rows[i] = row
    return torch.from_numpy(rows)


def _prediction(judge: GapJudge, row: tuple[float, ...], formula_alone: bool) -> Prediction:
    zero, value, spread, away, away_spread = row
    method = Message("{reader}, from composition and structure (PBE)", reader=judge.name)
    if formula_alone:
        method = Message("{reader}, from composition (PBE)", reader=judge.name)
    spread *= judge.scale
    return Prediction(
        KEY,
        round(value, 4),
        round(spread, 4),
        PROPERTIES[KEY].unit,
        method,
        spread <= judge.domain,
        Message("metal with probability {zero:.2f}", zero=zero),
        zero_chance=round(zero, 4),
        otherwise=round(away, 4),
        otherwise_spread=round(away_spread * judge.scale, 4),
    )
