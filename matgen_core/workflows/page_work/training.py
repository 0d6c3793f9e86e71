"""Training on a user's table: a predictor of a lesson, two predictors of an own property, a tuned generator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from matgen_core.core.records import Progress
from matgen_core.core.row_ids import label_of
from matgen_core.core.settings import FinetuneConfig, TuneSettings
from matgen_core.learning.examples import read_columns
from matgen_core.runs.worker import Report, Stopped
from matgen_core.workflows import design
from matgen_core.workflows.own_properties.finetune import Tuned, finetune
from matgen_core.workflows.own_properties.own_store import load_copy, save_target
from matgen_core.workflows.own_properties.own_targets import train_target
from matgen_core.workflows.own_properties.training_examples import read_examples, unit_of
from matgen_core.workflows.tuning.aims import Aims, Steered
from matgen_core.workflows.tuning.tuner import Tuning, tune


@dataclass(frozen=True, slots=True)
class TaughtSoFar:
    """A predictor that is being taught.

    Args:
        curve: (epoch, training loss, error on the withheld rows).
        refused: number and reason of the rows that were left out.
    """

    curve: tuple[tuple[int, float, float], ...]
    refused: tuple[tuple[int, str], ...]


def teach(
    report: Report,
    stopped: Stopped,
    *,
    texts: Sequence[str],
    values: Sequence[object],
    kind: str,
    config: FinetuneConfig,
) -> Tuned:
    """A predictor taught from a table; its curve is reported after each epoch."""
    torch.set_num_threads(1)  # of this thread: several stand in one another's way in a class
    examples = read_examples(list(texts), values, kind)

    def tell(tuned: Tuned) -> None:
        done = TaughtSoFar(tuple(tuned.curve), tuple(examples.refused))
        report(Progress("train", tuned.curve[-1][0], config.epochs), done)

    report(Progress("train", 0, config.epochs), TaughtSoFar((), tuple(examples.refused)))
    return finetune(examples, config, on_epoch=tell, cancelled=stopped)


def train_own(report: Report, stopped: Stopped, *, data: bytes, column: str, name: str, unit: str) -> None:
    """Trains two predictors of a column of a table and keeps them; tells of the rows that were left out."""
    texts, values, kind = read_columns(data, column)
    examples = read_examples(texts, values, kind)
    report(Progress("train", 0, None), tuple(examples.refused))

    def tell(done: int, total: int) -> None:
        report(Progress("train", done, total))

    unit, note = unit_of(examples, unit)
    label = label_of(name, column)
    own = train_target(name, examples, label, unit, on_progress=tell, cancelled=stopped)
    save_target(replace(own, notes=(note, *own.notes)) if note else own)


@dataclass(frozen=True, slots=True)
class TuningNews:
    """A tuning, and the checkpoint that it was tuned from, once it has ended; before, it comes without its network."""

    tuning: Tuning
    prior: str = ""


def tune_and_generate(
    report: Report, stopped: Stopped, *, kind: str, aims: Aims, settings: TuneSettings, count: int, by: str | None
) -> None:
    """Tunes a copy, or takes the kept one ``by``, and generates from it; tells of the tuning as :class:`TuningNews`."""

    def tell(tuning: Tuning) -> None:
        shown = replace(tuning, network=torch.nn.Identity(), curve=list(tuning.curve))
        report(Progress("tune", tuning.curve[-1].number, settings.steps), TuningNews(shown))

    if by:
        drawing = load_copy(by).drawing
    else:
        tuning, prior = tune(kind, aims, settings, on_step=tell, cancelled=stopped)
        report(Progress("generate", 0, count), TuningNews(tuning, prior))
        drawing = tuning.network, f"copy (tuned from {prior})"
    design.design(
        kind,
        aims.target,
        count,
        seed=settings.seed + 1,
        on_progress=report,
        cancelled=stopped,
        steered=Steered(aims, drawing),
    )
