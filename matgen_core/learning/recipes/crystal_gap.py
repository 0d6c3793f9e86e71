"""How the judge of crystals' gaps is trained: several members, on crystals with CHGNet's features and on formulas."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from matgen_core.chem.crystals.structure import reduced_formula, to_structure
from matgen_core.chem.energies.chgnet import predict_energies
from matgen_core.core.errors import BadInput
from matgen_core.kinds.compositions.rows import (
    FORMULA_PROPERTIES,
    FormulaRows,
    encode_amounts,
    load_formula_rows,
    reduce_formula,
    token_features,
)
from matgen_core.kinds.crystals.gap import CHECKPOINT
from matgen_core.kinds.crystals.known.batches import length_batches
from matgen_core.kinds.crystals.known.rows import CrystalRows, load_rows
from matgen_core.learning.checkpoints import save_checkpoint
from matgen_core.learning.job import TrainingJob
from matgen_core.learning.recipes.matbert import matbert_config
from matgen_core.learning.trainer import Trainer, TrainingConfig, best_device
from matgen_core.models.bert import Head, HeadConfig
from matgen_core.models.crystal_gap import CrystalGapConfig, CrystalGapEnsemble, CrystalGapReader

MEMBERS = 3
RATE = 1e-3
#: Weight of formation energy and moment, which teach the encoder and are not kept.
_BESIDE = 0.3
#: Crystals are a sixth of the rows, but their gaps are what the judge is asked for.
_CRYSTALS_SEEN = 2
_CHUNK = 256
_FEATURES = 64


@dataclass(frozen=True)
class GapRows:
    """Crystals, and then formulas only, with what is known of them.

    Args:
        formulas: N reduced formulas.
        features: (N, F) CHGNet's of the structure; NaN for a formula without a structure.
        values: (N, 3) in the order of FORMULA_PROPERTIES; NaN where unknown.
        held: (N,) rows of withheld formulas.
    """

    formulas: tuple[str, ...]
    features: NDArray[np.float32]
    values: NDArray[np.float32]
    held: NDArray[np.bool_]

    def subset(self, mask: NDArray[np.bool_]) -> GapRows:
        """The rows where ``mask`` (N,) holds."""
        kept = tuple(f for f, keep in zip(self.formulas, mask, strict=True) if keep)
        return GapRows(kept, self.features[mask], self.values[mask], self.held[mask])

    @property
    def crystals(self) -> NDArray[np.bool_]:
        """(N,) rows with a structure."""
        return ~np.isnan(self.features[:, 0])


class GapBatches:
    """Batches of (tokens, fractions, features, values).

    Args:
        rows: crystals and formulas.
        size: rows a batch.
        seed: of the order.
        crystals: how often an epoch sees each crystal; formulas come once.
    """

    def __init__(self, rows: GapRows, size: int, seed: int, crystals: int = 1) -> None:
        self.rows, self.size, self.seed = rows, size, seed
        self.tokens, self.fractions = encode_amounts(rows.formulas)
        self.lengths = (self.tokens != 0).sum(dim=1).numpy()
        structured = np.flatnonzero(rows.crystals)
        self.order = np.concatenate([np.flatnonzero(~rows.crystals), *[structured] * crystals])

    def __len__(self) -> int:
        return -(-len(self.order) // self.size)

    def __call__(self, epoch: int) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
        """Every row of the order once."""
        rng = np.random.default_rng((self.seed, epoch))
        for numbers in length_batches(self.lengths[self.order], self.size, rng):
            chosen = self.order[numbers]
            width = int(self.lengths[chosen].max())
            yield (
                self.tokens[chosen, :width],
                self.fractions[chosen, :width],
                torch.from_numpy(self.rows.features[chosen]),
                torch.from_numpy(self.rows.values[chosen]),
            )


class _WithOthers(nn.Module):
    """A member with heads for energy and moment beside it, in training only."""

    def __init__(self, reader: CrystalGapReader, heads: tuple[HeadConfig, ...]) -> None:
        super().__init__()
        self.reader = reader
        self.others = nn.ModuleList(Head(head, reader.config.encoder.width) for head in heads)

    def loss(self, tokens: Tensor, fractions: Tensor, features: Tensor, values: Tensor) -> Tensor:
        """Negative log-likelihoods, the gap's in full."""
        backbone = self.reader.backbone
        pooled = backbone.pool(backbone(tokens, fractions), tokens, fractions)
        total = self.reader.head.loss(self.reader.answer(pooled, features).float(), values[:, 0])
        for head, column in zip(self.others, values[:, 1:].unbind(dim=1), strict=True):
            assert isinstance(head, Head)
            total = total + _BESIDE * head.loss(head(pooled).float(), column)
        return total


def gap_member(
    rows: GapRows, folder: Path, training: TrainingConfig, batch: int = 256, width: int = 128, layers: int = 4
) -> tuple[Trainer, CrystalGapConfig]:
    """One member, from chance; best by its error on withheld crystals."""
    learn, held = rows.subset(~rows.held), rows.subset(rows.held & rows.crystals & ~np.isnan(rows.values[:, 0]))
    if not len(learn.formulas) or not len(held.formulas):
        raise BadInput("the rows need both train and val in their split column")
    config = CrystalGapConfig(matbert_config(True, width, layers), _head(learn, "band_gap"), learn.features.shape[1])
    means, stds = (torch.from_numpy(f(learn.features[learn.crystals], axis=0)) for f in (np.mean, np.std))
    torch.manual_seed(training.seed)
    device = best_device()
    reader = CrystalGapReader(config, token_features(), means, stds.clamp(min=1e-4))
    model = _WithOthers(reader, (_head(learn, "formation_energy"), _head(learn, "magnetic_moment"))).to(device)
    batches = GapBatches(learn, batch, training.seed, _CRYSTALS_SEEN)
    checks = GapBatches(held, 1024, 1)

    def loss(item: tuple[Tensor, ...]) -> Tensor:
        tokens, fractions, features, values = (part.to(device) for part in item)
        return model.loss(tokens, fractions, features, values)

    def validate(network: nn.Module) -> dict[str, float]:
        assert isinstance(network, _WithOthers)
        errors = []
        for item in checks(0):
            tokens, fractions, features, values = (part.to(device) for part in item)
            _, read, _ = network.reader.head.read(network.reader(tokens, fractions, features).float()[None])
            errors.append((read - values[:, 0]).abs())
        return {"val": float(torch.cat(errors).mean())}

    return Trainer(model, loss, batches, validate, training, folder, len(batches)), config


def _head(rows: GapRows, key: str) -> HeadConfig:
    zero, column = key != "formation_energy", rows.values[:, FORMULA_PROPERTIES.index(key)]
    used = column[np.isfinite(column) & (np.abs(column) >= 0.05 if zero else True)]
    return HeadConfig(
        key, float(used.mean()) if len(used) else 1.0, float(used.std()) + 1e-3 if len(used) else 1.0, zero
    )


def train_crystal_gap(job: TrainingJob) -> Path:
    """Trains the members one after another, measures them and writes the checkpoint; goes on where it stopped.

    Args:
        job: its source is ``crystals.npz``, beside which ``formulas.csv.gz`` of ``matgen data formulas`` lies; its
            folder also keeps CHGNet's features of the crystals, which are computed first.

    Raises:
        BadInput: where one of the tables is missing or cannot be used.
    """
    crystals, formulas = load_rows(job.source), load_formula_rows(job.source.with_name("formulas.csv.gz"))
    rows = join_rows(crystals, structure_features(crystals, job.folder), formulas)
    trained_members, config, trained = job.run_members(MEMBERS, RATE, partial(gap_member, rows))
    members = [
        {key.removeprefix("reader."): value for key, value in weights.items() if key.startswith("reader.")}
        for weights in trained_members
    ]
    return export_gap(rows, config, members, job.checkpoints, trained)


def structure_features(crystals: CrystalRows, folder: Path) -> NDArray[np.float32]:
    """(N, F) CHGNet's features of each crystal, NaN where it cannot read one; kept in the folder, chunk by chunk."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for start in range(0, len(crystals), _CHUNK):
        path = folder / f"features-{start:06d}.npy"
        if not path.is_file():
            some = crystals.crystals[start : start + _CHUNK]
            predictions = predict_energies([to_structure(crystal) for crystal in some])
            empty = (float("nan"),) * _FEATURES
            np.save(path, np.array([r.features or empty for r in predictions], dtype=np.float32))
        parts.append(np.load(path, allow_pickle=False))
    return np.concatenate(parts)


def join_rows(crystals: CrystalRows, features: NDArray[np.float32], formulas: FormulaRows) -> GapRows:
    """Crystals with their features, then formulas."""
    names = tuple(reduce_formula(reduced_formula(crystal)) for crystal in crystals.crystals)
    values = np.stack([crystals.column(key) for key in FORMULA_PROPERTIES], axis=1)
    blank = np.full((len(formulas), features.shape[1]), np.nan, dtype=np.float32)
    return GapRows(
        names + formulas.formulas,
        np.concatenate([features, blank]),
        np.concatenate([values, formulas.values]),
        np.concatenate([crystals.splits == "val", formulas.held]),
    )


def export_gap(
    rows: GapRows,
    config: CrystalGapConfig,
    members: list[dict[str, Tensor]],
    checkpoints: Path,
    trained: dict[str, float],
) -> Path:
    """Scales the spreads on one half of the withheld crystals, measures on the other, and writes the checkpoint."""
    network = CrystalGapEnsemble(config, len(members))
    for member, weights in zip(network.members, members, strict=True):
        member.load_state_dict(weights, strict=False)
    network.eval()
    weights = {key: value for key, value in network.state_dict().items() if not key.endswith("position_ids")}
    held = rows.subset(rows.held & rows.crystals & ~np.isnan(rows.values[:, 0]))
    scale, domain, figures = measure_gap(network, held)
    trained = {"parameters": sum(p.numel() for p in network.parameters()), **trained, **figures}
    record = {**asdict(config), "members": len(members), "scale": scale, "domain": domain, "trained": trained}
    return save_checkpoint(CHECKPOINT, weights, record, folder=checkpoints)


def measure_gap(network: CrystalGapEnsemble, held: GapRows) -> tuple[float, float, dict[str, float]]:
    """Scale of the spread, the spread that covers 95 of 100 withheld crystals, and what was measured.

    ``mae`` is the mean absolute error, metals counted with 0 eV; ``within_half`` the share of crystals with a gap whose
    value is met within 0.5 eV; ``metals`` the share of metals and non-metals recognised. ``…_formula_alone`` is read
    without the structure. Formulas are split into halves by their order: the scale is set on the first, so that twice
    the spread covers 95 of 100 errors, and counted on the second.
    """
    truth = held.values[:, 0]
    zero, value, spread = _read(network, held, alone=False)
    half = np.unique(np.array(held.formulas), return_inverse=True)[1] % 2 == 1
    error = np.abs(value - truth)
    first = ~half if half.any() else ~np.zeros(len(half), dtype=bool)
    scale = float(np.quantile(error[first] / spread[first], 0.95)) / 2
    figures = _figures(zero, value, truth)
    for n, name in ((2, "within_2_spreads"), (1, "within_1_spread")):
        figures[name] = float((error[half] < n * scale * spread[half]).mean()) if half.any() else 0.0
    zero, value, _ = _read(network, held, alone=True)
    figures |= {f"{key}_formula_alone": figure for key, figure in _figures(zero, value, truth).items()}
    return round(scale, 4), round(float(np.quantile(spread * scale, 0.95)), 4), figures


def _figures(zero: NDArray[np.float32], value: NDArray[np.float32], truth: NDArray[np.float32]) -> dict[str, float]:
    error, away = np.abs(value - truth), truth >= 0.05
    figures = {"mae": float(error.mean()), "metals": float(((zero > 0.5) == ~away).mean())}
    if away.any():
        figures["mae_non_metals"] = float(error[away].mean())
        figures["within_half"] = float((error[away] <= 0.5).mean())
    return figures


def _read(network: CrystalGapEnsemble, rows: GapRows, alone: bool) -> tuple[NDArray[np.float32], ...]:
    """Probability of a metal, value and spread of each row, with or without its structure."""
    parts = []
    for first in range(0, len(rows.formulas), 1024):
        features = torch.from_numpy(rows.features[first : first + 1024])
        features = torch.full_like(features, float("nan")) if alone else features
        read = network.read_law(*encode_amounts(rows.formulas[first : first + 1024]), features)
        parts.append([column.numpy() for column in read[:3]])
    return tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))
