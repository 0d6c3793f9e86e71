"""What tuning towards a property of one's own brings: hits by the judging predictor, beside the shipped generator."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from matgen_core.core.goals import Goal
from matgen_core.core.records import Candidate
from matgen_core.core.settings import TuneSettings
from matgen_core.kinds.crystals.judge import met_all
from matgen_core.kinds.registry import load_kind
from matgen_core.learning.examples import read_columns
from matgen_core.workflows.aims import Aims, Steered
from matgen_core.workflows.design import count_kept, design
from matgen_core.workflows.own_targets import train_target
from matgen_core.workflows.screen import name_of
from matgen_core.workflows.training_examples import read_examples
from matgen_core.workflows.tuning import tune


@dataclass(frozen=True)
class Task:
    """One table and what is asked of it.

    Args:
        kind: of the materials that are generated.
        file: of the table.
        column: of the numbers.
        goal: for them.
    """

    kind: str
    file: str
    column: str
    goal: Goal


TASKS = (
    Task("compositions", "expt_gap.csv", "target", Goal.at_least(4.0)),
    Task("molecules", "lipophilicity.csv", "logD", Goal.at_least(4.0)),
    Task("molecules", "bace_pic50.csv", "pIC50", Goal.at_least(7.0)),
)


def measure_own_property(
    folder: Path,
    count: int = 200,
    settings: TuneSettings | None = None,
    tasks: Sequence[Task] = TASKS,
    say: Callable[[str], None] = print,
) -> list[dict[str, Any]]:
    """Hits of each task by the judging predictor.

    Args:
        folder: of the tables.
        count: candidates of the tuned and of the shipped generator each.
        settings: of the tuning.
        tasks: what is measured.
        say: called with each task when it is done.
    """
    found = []
    for task in tasks:
        texts, values, column = read_columns(folder / task.file, task.column)
        own = train_target("own", read_examples(texts, values, column), task.column)
        aims, begun = Aims(own=((own, task.goal),)), time.monotonic()
        used = settings or TuneSettings(steps=25, seconds=3600)
        tuning, prior = tune(task.kind, aims, used)
        seconds = time.monotonic() - begun
        drawn = {
            name: _share(
                task.kind,
                design(task.kind, aims.target, count, seed=used.seed + 1, steered=Steered(aims, copy)),
            )
            for name, copy in (("shipped", None), ("tuned", (tuning.network, "copy")))
        }
        check, kept = own.validation, tuning.curve[tuning.step]
        found.append(
            {
                "kind": task.kind,
                "table": task.file,
                "column": task.column,
                "goal": str(task.goal),
                "rows": len(own.examples.texts),
                "error": round(check.error, 3),
                "baseline": round(check.baseline, 3),
                "within": [round(share, 3) for share in check.inside],
                "prior": prior,
                "strings": used.batch * len(tuning.curve),
                "seconds": round(seconds),
                "ended": tuning.ended,
                "distance": round(kept.distance, 1),
                "curve": [
                    {key: round(value, 3) for key, value in asdict(step).items() if key != "refused"}
                    for step in tuning.curve
                ],
                **drawn,
            }
        )
        say(f"{task.file}: {drawn['shipped']['hits']} hits of the shipped generator, {drawn['tuned']['hits']} tuned")
    return found


def _share(kind: str, candidates: Sequence[Candidate[Any]]) -> dict[str, Any]:
    kept = count_kept(kind, candidates).candidates
    hits = [c for c in kept if met_all(c)]
    inside = [p.in_domain for c in kept for key, p in c.predictions.items() if key.startswith("own.")]
    made = load_kind(kind)
    return {
        "kept": len(kept),
        "hits": len(hits),
        "share": round(len(hits) / max(1, len(kept)), 4),
        "groups": len({made.group(name_of(c)) for c in kept}),
        "in_domain": round(sum(map(bool, inside)) / max(1, len(inside)), 3),
    }
