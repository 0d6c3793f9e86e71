"""How the skeleton critic is trained: several members, on known crystals as skeletons and on formulas."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from matgen_core.chem.crystals.symmetry import position_starts
from matgen_core.chem.formulas.elements import element_features
from matgen_core.core.errors import BadInput
from matgen_core.core.properties import CRYSTAL_CONDITIONS
from matgen_core.kinds.compositions.rows import load_formula_rows
from matgen_core.kinds.crystals.checks.critic import CHECKPOINT
from matgen_core.kinds.crystals.known.critic_rows import (
    CriticBatches,
    CriticRows,
    build_critic_rows,
    load_critic_rows,
    save_critic_rows,
)
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.kinds.crystals.known.rows import ELEMENTS, load_rows
from matgen_core.learning.checkpoints import save_checkpoint
from matgen_core.learning.job import TrainingJob
from matgen_core.learning.trainer import Trainer, TrainingConfig, best_device
from matgen_core.models.skeleton_critic import Bins, CriticConfig, CriticMember, Sites, SkeletonCritic

MEMBERS = 3
RATE = 1e-3
#: Formulas are five times as many as crystals, but skeletons are what the critic is asked about.
_SKELETONS_SEEN = 2


def _steps(*parts: tuple[float, float, float]) -> tuple[float, ...]:
    """Edges from parts (first, last, step), each without its last."""
    return tuple(round(float(value), 4) for part in parts for value in np.arange(*part))


#: Fine where goals are asked for, coarse beyond. The first bin of all but the energy stands for zero.
BINS = (
    Bins("band_gap", (0.0, 0.05, *_steps((0.25, 6.0, 0.25), (6.0, 8.5, 0.5)), 9.0, 10.0, 13.0), True),
    Bins("formation_energy", (-5.0, -4.5, *_steps((-4.2, 0.6, 0.1)), 0.6, 0.8, 1.0, 1.5, 2.0, 3.0, 5.0), False),
    Bins("magnetic_moment", (0.0, 0.02, 0.05, *_steps((0.1, 2.0, 0.1), (2.0, 3.0, 0.25)), 3.0, 4.0, 8.0), True),
    Bins(
        "e_above_hull",
        (0.0, 0.0005, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2.5, 6),
        True,
    ),
)
assert tuple(bins.key for bins in BINS) == CRYSTAL_CONDITIONS


def critic_config(width: int = 128, layers: int = 4) -> CriticConfig:
    """The shipped size of a member."""
    features = element_features(tuple(ELEMENTS)).shape[1]
    return CriticConfig(len(ELEMENTS), position_starts()[-1], BINS, width, layers, width // 32, features=features)


def described_elements() -> Tensor:
    """(elements + 1, F) known numbers of each element, zero for padding."""
    features = element_features(tuple(ELEMENTS))
    return torch.from_numpy(np.concatenate([np.zeros((1, features.shape[1]), np.float32), features]))


def critic_member(
    rows: CriticRows, config: CriticConfig, folder: Path, training: TrainingConfig, batch: int = 256
) -> Trainer:
    """One member."""
    learn, held = rows.subset(~rows.held), rows.subset(rows.held)
    if not len(learn) or not len(held):
        raise BadInput("the rows need both train and val in their split column")
    torch.manual_seed(training.seed)
    device = best_device()
    model = CriticMember(config, described_elements()).to(device)
    batches = CriticBatches(learn, batch, training.seed, _SKELETONS_SEEN)
    checks = CriticBatches(held, 1024, 1)

    def loss(item: tuple[Sites, Tensor]) -> Tensor:
        return model.loss(item[0].to(device), item[1].to(device))

    def validate(network: nn.Module) -> dict[str, float]:
        assert isinstance(network, CriticMember)
        losses = [float(network.loss(sites.to(device), values.to(device))) for sites, values in checks(0)]
        return {"val": float(np.mean(losses))}

    return Trainer(model, loss, batches, validate, training, folder, len(batches))


def train_critic(job: TrainingJob) -> Path:
    """Trains the members one after another, measures them and writes the checkpoint; goes on where it stopped.

    Args:
        job: its source is ``crystals.npz``, beside which ``formulas.csv.gz`` of ``matgen data formulas`` lies; its
            folder also keeps the rows as the critic takes them.

    Raises:
        BadInput: where one of the tables is missing or cannot be used.
    """
    rows, config = _rows(job.source, job.folder), critic_config()
    members, _, trained = job.run_members(
        MEMBERS, RATE, lambda folder, training: (critic_member(rows, config, folder, training), config)
    )
    return export_critic(rows, config, members, job.checkpoints, trained)


def _rows(source: Path, folder: Path) -> CriticRows:
    path = folder / "rows.npz"
    if not path.is_file():
        formulas = load_formula_rows(source.with_name("formulas.csv.gz"))
        folder.mkdir(parents=True, exist_ok=True)
        save_critic_rows(path, build_critic_rows(load_rows(source), formulas, load_reference().hull))
    return load_critic_rows(path)


def export_critic(
    rows: CriticRows,
    config: CriticConfig,
    members: list[dict[str, Tensor]],
    checkpoints: Path,
    trained: dict[str, float],
) -> Path:
    """Measures the members together on withheld rows and writes the checkpoint."""
    network = SkeletonCritic(replace(config, members=len(members)))
    for member, weights in zip(network.members, members, strict=True):
        member.load_state_dict(weights)
    network.eval()
    figures = measure_critic(network, rows)
    trained = {"parameters": sum(p.numel() for p in network.parameters()), **trained, **figures}
    return save_checkpoint(
        CHECKPOINT, network.state_dict(), {**asdict(network.config), "trained": trained}, folder=checkpoints
    )


def measure_critic(network: SkeletonCritic, rows: CriticRows) -> dict[str, float]:
    """On withheld rows, for skeletons and for formulas alone: errors of the median, and how well the chances hold.

    ``mae`` is the mean absolute error; ``within_68`` the share of values within the middle 68 % of the distribution;
    ``rank`` Spearman's correlation of expected and true distance to the hull; ``zero`` the share of metals and
    non-metals, magnetic and not, classified correctly.
    """
    figures = dict[str, float]()
    for name, mask in (("skeleton", rows.group > 0), ("formula", rows.group == 0)):
        held = rows.subset(rows.held & mask)
        found, values = _read_all(network, held)
        for k, bins in enumerate(network.config.bins):
            known = ~values[:, k].isnan()
            if not known.any():
                continue
            each, truth = found[bins.key][known], values[known, k]
            figures |= {f"{key}_{bins.key}_{name}": value for key, value in _measure(bins, each, truth).items()}
    return figures


def _measure(bins: Bins, each: Tensor, truth: Tensor) -> dict[str, float]:
    from scipy.stats import spearmanr

    median, low, high = (bins.quantile(each, share) for share in (0.5, 0.16, 0.84))
    error = (median - truth).abs()
    if bins.zero:  # values of the first bin count as zero, as the network predicts them
        truth = torch.where(truth < bins.edges[1], torch.zeros_like(truth), truth)
    figures = {
        "mae": float(error.mean()),
        "within_68": float(((truth >= low - 1e-6) & (truth <= high + 1e-6)).float().mean()),
    }
    if bins.key == "e_above_hull":
        if len(truth.unique()) > 1:
            figures["rank"] = float(spearmanr(each @ bins_mean(bins), truth).statistic)
    elif bins.zero:
        figures["zero"] = float(((each[:, 0] > 0.5) == (truth < bins.edges[1])).float().mean())
    return figures


def bins_mean(bins: Bins) -> Tensor:
    """(K,) middle of each bin."""
    edges = torch.tensor(bins.edges)
    return (edges[1:] + edges[:-1]) / 2


def _read_all(network: SkeletonCritic, rows: CriticRows) -> tuple[dict[str, Tensor], Tensor]:
    """Mean distributions (N, K) by property, and values (N, properties)."""
    parts, values = list[dict[str, Tensor]](), list[Tensor]()
    for sites, known in CriticBatches(rows, 1024, 1)(0):
        parts.append({key: each.mean(dim=0) for key, each in network.distributions(sites).items()})
        values.append(known)
    return {key: torch.cat([part[key] for part in parts]) for key in parts[0]}, torch.cat(values)
