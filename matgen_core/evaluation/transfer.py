"""Gain of pretraining and of each way of transfer: ``matgen evaluate transfer`` and ``matgen evaluate expt-gap``.

Transfer: measured band gaps (Matbench ``expt_gap``), one split by formula, three seeds of head and order, each strategy
from each beginning: nothing, an encoder that learnt from formulas alone, and one that was taught computed properties.
Expt-gap: Matbench's own five folds.
Ablation: the chapter's token form pretrained by each task by itself, together and not at all, then trained on
PBE gaps.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from matgen_core.core.errors import BadInput
from matgen_core.core.installation import HOME
from matgen_core.kinds.compositions.rows import FORMULA_PROPERTIES, FormulaRows
from matgen_core.learning.examples import read_columns
from matgen_core.learning.recipes.matbert import TASKS, matbert_config, pretraining, property_heads
from matgen_core.learning.trainer import TrainingConfig
from matgen_core.models.adapters import STRATEGIES
from matgen_core.workflows.own_properties.finetune import FinetuneConfig, finetune
from matgen_core.workflows.own_properties.training_examples import Examples, read_examples

#: Where the comparison of the ways lies, for whoever shows it.
RESULTS = HOME / "benchmarks" / "transfer.json"
#: Published on Matbench expt_gap, MAE in eV (matbench.materialsproject.org).
PEERS = {"random forest (Magpie)": 0.446, "CrabNet": 0.346, "best listed": 0.287}


def read_measured(path: Path) -> tuple[list[str], list[float]]:
    """Formulas and measured gaps (eV) in Matbench's row order.

    Raises:
        BadInput: where the file is no such table.
    """
    try:
        texts, values, _kind = read_columns(path, "target", "formula", "formula")
    except BadInput as error:
        raise BadInput(f"{path} needs the columns formula and target ({error})") from None
    try:
        return texts, [float(str(value)) for value in values]
    except ValueError as error:
        raise BadInput(f"{path} has a gap in its column target that is no number ({str(error)[:80]})") from None


def measure_transfer(
    path: Path, seeds: int, epochs: int, say: Callable[[str], None], rows: int = 1000
) -> dict[str, Any]:
    """Every strategy from every beginning, over several seeds on one split; mean and standard deviation of the error.

    Args:
        path: measured gaps.
        seeds: of head and order.
        epochs: passes over the rows.
        say: called with each result.
        rows: formulas to learn from.
    """
    every = read_examples(*read_measured(path), "formula")
    order = np.random.default_rng(0).permutation(len(every.texts))
    count = len(order) // 5
    chosen = order[: count + rows]  # what is withheld first
    examples = Examples("formula", tuple(every.texts[i] for i in chosen), every.values[chosen])
    held = np.arange(len(chosen)) < count
    results = []
    for beginning, strategy, config in _ways(epochs):
        errors, report = [], {}
        for seed in range(seeds):
            report = finetune(examples, replace(config, seed=seed), held=held).report
            errors.append(report["mae"])
        results.append(
            {
                "beginning": beginning,
                "strategy": strategy,
                "mae": round(float(np.mean(errors)), 4),
                "std": round(float(np.std(errors, ddof=1)), 4) if seeds > 1 else None,
                "trained_parameters": report["trained_parameters"],
                "parameters": report["parameters"],
                "share": round(report["trained_parameters"] / report["parameters"], 4),
                "seconds": report["seconds"],
            }
        )
        say(f"{results[-1]}")
    return {
        "data": "expt_gap",
        "rows": int((~held).sum()),
        "held": int(held.sum()),
        "seeds": seeds,
        "epochs": epochs,
        "mae_of_median": report["mae_of_median"],
        "ways": results,
    }


#: What the encoder had learnt before: nothing, hidden elements and two views of formulas, and computed properties too.
BEGINNINGS: dict[str, dict[str, Any]] = {
    "nothing": {"pretrained": False},
    "formulas": {"taught": False},
    "properties": {},
}


def _ways(epochs: int) -> list[tuple[str, str, FinetuneConfig]]:
    return [
        (beginning, strategy, FinetuneConfig(strategy, epochs, learning_rate=_rate(beginning, strategy), **settings))
        for beginning, settings in BEGINNINGS.items()
        for strategy in STRATEGIES
    ]


def _rate(beginning: str, strategy: str) -> float | None:
    """A network that has everything to learn takes larger steps; the others the usual ones."""
    return 1e-3 if beginning == "nothing" and strategy == "full" else None


def measure_folds(
    path: Path, epochs: int, say: Callable[[str], None], seeds: Sequence[int] = (0, 1, 2)
) -> dict[str, Any]:
    """Matbench's protocol on ``expt_gap``: five folds, an ensemble of full fine-tunings in each."""
    from sklearn.model_selection import KFold

    formulas, values = read_measured(path)
    every = read_all(formulas, values)
    errors = []
    for number, (learn, test) in enumerate(KFold(5, shuffle=True, random_state=18012019).split(formulas)):
        held = np.zeros(len(formulas), dtype=bool)
        held[test] = True
        part = Examples("formula", tuple(every.texts[i] for i in learn), every.values[learn])
        none = np.zeros(len(learn), dtype=bool)
        none[:1] = True  # the report wants a row; nothing is chosen by it
        read = []
        for seed in seeds:
            tuned = finetune(part, FinetuneConfig("full", epochs, seed=seed), held=none)
            read.append(tuned.read([every.texts[i] for i in test])[0])
        errors.append(float(np.abs(np.mean(read, axis=0) - every.values[test]).mean()))
        say(f"fold {number}: {errors[-1]:.4f} eV")
    return {
        "data": "expt_gap",
        "folds": [round(e, 4) for e in errors],
        "mae": round(float(np.mean(errors)), 4),
        "members": len(seeds),
        "epochs": epochs,
        "peers": PEERS,
    }


def read_all(formulas: Sequence[str], values: Sequence[float]) -> Examples:
    """Every row as it is, repeats too: the folds are by row."""
    from matgen_core.workflows.own_properties.training_examples import clean

    return Examples("formula", tuple(clean(f, "formula") for f in formulas), np.array(values, dtype=np.float32))


# --------------------------------------------------------------------------------------------------------- ablation


def measure_ablation(
    rows: FormulaRows, count: int, before: int, after: int, seeds: int, say: Callable[[str], None]
) -> dict[str, Any]:
    """Error of the PBE gap after each kind of pretraining, for both forms of a formula.

    Args:
        rows: all rows; pretraining sees every training formula, the gap is trained on ``count`` of them.
        count: formulas with a gap to learn from.
        before: epochs of pretraining.
        after: epochs of the gap.
        seeds: of the second.
        say: called with each result.
    """
    column = FORMULA_PROPERTIES.index("band_gap")
    known = np.isfinite(rows.values[:, column])
    learn = np.flatnonzero(known & ~rows.held)
    chosen = np.zeros(len(rows), dtype=bool)
    chosen[np.random.default_rng(0).permutation(learn)[:count]] = True
    table = rows.subset(chosen | (known & rows.held))
    results = []
    for form, amounts in (("one token an atom", False), ("amounts", True)):
        config = matbert_config(amounts)
        for tasks in ((), *((task,) for task in TASKS), TASKS):
            backbone = None
            with tempfile.TemporaryDirectory() as folder:
                if tasks:
                    training = TrainingConfig(before, 1e-3)
                    backbone = pretraining(rows, config, Path(folder) / "a", training, tasks=tasks).run()
                errors = []
                for seed in range(seeds):
                    training = TrainingConfig(after, 1e-3, seed=seed, ema=0.99)
                    trainer, _ = property_heads(
                        table,
                        config,
                        Path(folder) / f"b{seed}",
                        training,
                        properties=("band_gap",),
                        backbone=backbone,
                        batch=64,
                    )
                    trainer.run()
                    errors.append(trainer.summary()["mae_band_gap"])
            results.append(
                {
                    "form": form,
                    "pretraining": " and ".join(tasks) or "none",
                    "mae": round(float(np.mean(errors)), 4),
                    "std": round(float(np.std(errors, ddof=1)), 4) if seeds > 1 else None,
                }
            )
            say(f"{results[-1]}")
    return {
        "rows": count,
        "held": int(table.held.sum()),
        "pretraining_epochs": before,
        "epochs": after,
        "seeds": seeds,
        "results": results,
    }
