"""How MatBERT is trained: on formulas only, then on band gap, formation energy and moment (chapter 4, after 4.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from matgen_core.core.errors import BadInput
from matgen_core.kinds.compositions.rows import (
    FIRST,
    FORMULA_PROPERTIES,
    MASK,
    VOCABULARY,
    FormulaBatches,
    FormulaRows,
    encode_amounts,
    load_formula_rows,
    token_features,
    token_mates,
)
from matgen_core.learning.checkpoints import save_checkpoint
from matgen_core.learning.job import TrainingJob
from matgen_core.learning.trainer import Trainer, TrainingConfig, best_device
from matgen_core.models.augmentation import shuffle_atoms, substitute_elements
from matgen_core.models.bert import CompositionReader, HeadConfig, MatBERT, MatBERTConfig, ReaderEnsemble, contrast
from matgen_core.models.masking import IGNORED, mask_tokens

NAME = "matbert"
#: Pretrained only, for the lessons: the chapter's form of a formula, one token an atom, and the form with amounts.
ATOMS, FORMULAS = "matbert-atoms", "matbert-formulas"
#: Pretraining tasks of the chapter.
TASKS = ("masked", "contrastive")


def matbert_config(amounts: bool = True, width: int = 128, layers: int = 4) -> MatBERTConfig:
    """The shipped size; with ``amounts`` the elements' known numbers are added."""
    features = token_features().shape[1] if amounts else 0
    return MatBERTConfig(len(VOCABULARY), width, layers, width // 32, amounts=amounts, features=features)


def pretraining(
    rows: FormulaRows,
    config: MatBERTConfig,
    folder: Path,
    training: TrainingConfig,
    *,
    tasks: tuple[str, ...] = TASKS,
    batch: int = 256,
) -> Trainer:
    """Masked atoms and pairs of views, on the training formulas only.

    Args:
        rows: formulas; their values are not looked at.
        config: the encoder.
        folder: of the training's state.
        training: how long and how fast.
        tasks: any of TASKS.
        batch: formulas a step; the others of a batch are what a pair must be distinguished from.
    """
    if not tasks or set(tasks) - set(TASKS):
        raise BadInput(f"pretraining tasks are {' and '.join(TASKS)}, not {', '.join(tasks) or 'none'}")
    first = np.unique(np.array(rows.formulas), return_index=True)[1]
    single = np.zeros(len(rows), dtype=bool)
    single[first] = True
    batches = FormulaBatches(rows.subset(single & ~rows.held), batch, training.seed, config.amounts)
    checks = FormulaBatches(rows.subset(single & rows.held), 512, 1, config.amounts)
    torch.manual_seed(training.seed)
    device, mates = best_device(), token_mates()
    model = MatBERT(config, token_features() if config.features else None).to(device)
    generator = torch.Generator().manual_seed(training.seed)

    def masked(network: MatBERT, tokens: Tensor, fractions: Tensor | None, draw: torch.Generator) -> Tensor:
        inputs, labels = mask_tokens(tokens, FIRST, MASK, len(VOCABULARY), draw)
        logits = network.guess(network(inputs.to(device), None if fractions is None else fractions.to(device)))
        return nn.functional.cross_entropy(
            logits.flatten(0, 1).float(), labels.to(device).flatten(), ignore_index=IGNORED
        )

    def view(network: MatBERT, tokens: Tensor, fractions: Tensor | None, draw: torch.Generator) -> Tensor:
        seen = substitute_elements(tokens, mates, draw)
        if not config.amounts:
            seen = shuffle_atoms(seen, FIRST, draw)
        seen, shares = seen.to(device), None if fractions is None else fractions.to(device)
        return network.pool(network(seen, shares), seen, shares).float()

    def loss(item: tuple[Tensor, Tensor | None, Tensor], network: MatBERT = model) -> Tensor:
        tokens, fractions, _ = item
        terms = []
        if "masked" in tasks:
            terms.append(masked(network, tokens, fractions, generator))
        if "contrastive" in tasks:
            one, other = (view(network, tokens, fractions, generator) for _ in range(2))
            terms.append(0.3 * contrast(one, other))
        return torch.stack(terms).sum()

    def validate(network: nn.Module) -> dict[str, float]:
        assert isinstance(network, MatBERT)
        draw = torch.Generator().manual_seed(1)
        hidden = [float(masked(network, t, f, draw)) for t, f, _ in checks(0)]
        pairs = [float(contrast(view(network, t, f, draw), view(network, t, f, draw))) for t, f, _ in checks(0)]
        return {"val": float(np.mean(hidden)), "val_contrast": float(np.mean(pairs))}

    return Trainer(model, loss, batches, validate, replace(training, weight_decay=0.01), folder, len(batches))


def head_configs(rows: FormulaRows, properties: Sequence[str] = FORMULA_PROPERTIES) -> tuple[HeadConfig, ...]:
    """A head for each of these properties, scaled by the rows."""
    heads = []
    for key in properties:
        i, zero = FORMULA_PROPERTIES.index(key), key != "formation_energy"
        known = rows.values[:, i][np.isfinite(rows.values[:, i])]
        used = known[np.abs(known) >= 0.05] if zero else known
        heads.append(HeadConfig(key, float(used.mean()), float(used.std()), zero))
    return tuple(heads)


def property_heads(
    rows: FormulaRows,
    config: MatBERTConfig,
    folder: Path,
    training: TrainingConfig,
    *,
    properties: Sequence[str] = FORMULA_PROPERTIES,
    backbone: dict[str, Tensor] | None = None,
    batch: int = 256,
) -> tuple[Trainer, tuple[HeadConfig, ...]]:
    """Several properties at once, from a pretrained encoder or from nothing.

    Args:
        rows: formulas with values.
        config: the encoder.
        folder: of the training's state.
        training: how long and how fast.
        properties: which to learn, each of which some rows must know.
        backbone: weights of a pretrained :class:`MatBERT`.
        batch: rows a step.
    """
    learn, held = rows.subset(~rows.held), rows.subset(rows.held)
    if not len(learn) or not len(held):
        raise BadInput("the rows need both train and val in their split column")
    heads = head_configs(learn, properties)
    columns = [FORMULA_PROPERTIES.index(key) for key in properties]
    torch.manual_seed(training.seed)
    device = best_device()
    model = CompositionReader(config, heads, token_features() if config.features else None).to(device)
    if backbone is not None:
        model.backbone.load_state_dict(backbone)
    batches = FormulaBatches(learn, batch, training.seed, config.amounts)
    checks = FormulaBatches(held, 1024, 1, config.amounts)

    def loss(item: tuple[Tensor, Tensor | None, Tensor]) -> Tensor:
        tokens, fractions, values = (None if part is None else part.to(device) for part in item)
        assert tokens is not None
        assert values is not None
        return model.loss(tokens, fractions, values[:, columns])

    def validate(network: nn.Module) -> dict[str, float]:
        assert isinstance(network, CompositionReader)
        return measure_reader([network], checks)

    return Trainer(model, loss, batches, validate, training, folder, len(batches)), heads


@torch.no_grad()
def measure_reader(members: list[CompositionReader], checks: FormulaBatches) -> dict[str, float]:
    """Mean absolute errors of the members together by property; "val" is their sum in units of typical errors."""
    device = next(members[0].parameters()).device
    found: dict[str, list[Tensor]] = {key: [] for key, _ in members[0]._each()}
    for tokens, fractions, values in checks(0):
        given = tokens.to(device), None if fractions is None else fractions.to(device)
        raw = [member(*given) for member in members]
        for key, head in members[0]._each():
            i = FORMULA_PROPERTIES.index(key)
            _, read, _ = head.read(torch.stack([answer[key] for answer in raw]))
            known = ~values[:, i].isnan()
            found[key].append((read.cpu() - values[:, i]).abs()[known])
    errors = {f"mae_{key}": float(torch.cat(each).mean()) for key, each in found.items()}
    typical = {"mae_band_gap": 0.35, "mae_formation_energy": 0.13}
    return {"val": sum(errors[key] / typical[key] for key in typical if key in errors), **errors}


# ------------------------------------------------------------------------------------------------------------- all

MEMBERS = 3


def train_matbert(job: TrainingJob) -> Path:
    """Pretrains on formulas, trains the members one after another, and writes the checkpoint; goes on where it stopped.

    Args:
        job: its source is a table of :func:`matgen_core.kinds.compositions.rows.build_formula_rows`; pretraining takes
            a quarter of its epochs.
    """
    rows, config = load_formula_rows(job.source), matbert_config()
    before = replace(job.training, epochs=max(1, job.training.epochs // 4), learning_rate=RATE)
    backbone = job.run(pretraining(rows, config, job.folder / "pretraining", before))
    members, heads, trained = job.run_members(MEMBERS, RATE, partial(property_heads, rows, config, backbone=backbone))
    return export_matbert(rows, config, heads, members, job.checkpoints, trained)


RATE = 1e-3


def train_atoms(job: TrainingJob) -> Path:
    """Pretrains the chapter's form by both tasks and writes it; the job is as that of :func:`train_matbert`."""
    return _pretrained(ATOMS, matbert_config(amounts=False), job)


def train_formulas(job: TrainingJob) -> Path:
    """Pretrains the form with amounts by both tasks: what ``matbert`` is before it is trained on any property."""
    return _pretrained(FORMULAS, matbert_config(), job)


def _pretrained(name: str, config: MatBERTConfig, job: TrainingJob) -> Path:
    trainer = pretraining(load_formula_rows(job.source), config, job.folder, replace(job.training, learning_rate=RATE))
    weights = {k: v for k, v in job.run(trainer).items() if not k.endswith("position_ids")}
    return save_checkpoint(name, weights, {**asdict(config), "trained": trainer.summary()}, folder=job.checkpoints)


def export_matbert(
    rows: FormulaRows,
    config: MatBERTConfig,
    heads: tuple[HeadConfig, ...],
    members: list[dict[str, Tensor]],
    checkpoints: Path,
    trained: dict[str, float],
) -> Path:
    """Calibrates the spreads on one half of the withheld formulas, measures on the other, and writes the checkpoint."""
    network = ReaderEnsemble(config, heads, len(members))
    for member, weights in zip(network.members, members, strict=True):
        member.load_state_dict(weights)
    network.eval()
    weights = {key: value for key, value in network.state_dict().items() if not key.endswith("position_ids")}
    scales, domain, figures = calibrate(network, rows)
    trained = {"parameters": sum(p.numel() for p in network.parameters()), **trained, **figures}
    extra = {"readings": [asdict(head) for head in heads], "members": len(members), "scales": scales, "domain": domain}
    return save_checkpoint(NAME, weights, {**asdict(config), **extra, "trained": trained}, folder=checkpoints)


def calibrate(
    network: ReaderEnsemble, rows: FormulaRows
) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """Scales of the spreads, the spread that covers 95 of 100 withheld formulas, and what was measured.

    Formulas are split into halves by their order; scales are set on the first, so that twice the spread covers 95 of
    100 errors, and how often that holds is counted on the second.
    """
    held = rows.subset(rows.held)
    scales, domain, figures = {}, {}, {}
    names = sorted(set(held.formulas))
    place = {name: i for i, name in enumerate(names)}
    half = np.array([place[name] % 2 for name in held.formulas], dtype=bool)
    read = _read_all(network, held)
    for i, key in enumerate(FORMULA_PROPERTIES):
        truth = held.values[:, i]
        known = np.isfinite(truth)
        value, spread = read[key]
        error = np.abs(value - truth)
        first, second = known & ~half, known & half
        scale = float(np.quantile(error[first] / spread[first], 0.95)) / 2
        scales[key] = round(scale, 4)
        domain[key] = round(float(np.quantile(spread[known] * scale, 0.95)), 4)
        figures[f"mae_{key}"] = float(error[known].mean())
        figures[f"within_2_spreads_{key}"] = float((error[second] < 2 * scale * spread[second]).mean())
        figures[f"within_1_spread_{key}"] = float((error[second] < scale * spread[second]).mean())
    return scales, domain, figures


def _read_all(network: ReaderEnsemble, rows: FormulaRows) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    parts: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {key: [] for key in FORMULA_PROPERTIES}
    for first in range(0, len(rows), 1024):
        read = network.read(*encode_amounts(rows.formulas[first : first + 1024]))
        for key, (_, value, spread) in read.items():
            parts[key].append((value.numpy(), spread.numpy()))
    return {
        key: (np.concatenate([v for v, _ in each]), np.concatenate([s for _, s in each])) for key, each in parts.items()
    }
