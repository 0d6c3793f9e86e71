"""Gain of tuning towards an own property: hits by the judging predictor, beside the included generator."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from matgen_core.core.goals import Goal
from matgen_core.core.records import Candidate
from matgen_core.core.settings import TuneSettings
from matgen_core.kinds.crystals.judge import met_all
from matgen_core.kinds.registry import load_kind
from matgen_core.learning.examples import read_columns
from matgen_core.workflows.design import count_kept, design
from matgen_core.workflows.own_properties.own_targets import train_target
from matgen_core.workflows.own_properties.training_examples import read_examples
from matgen_core.workflows.screening.screen import name_of
from matgen_core.workflows.tuning.aims import Aims, Steered
from matgen_core.workflows.tuning.tuner import tune


@dataclass(frozen=True)
class Task:
    """One table and what is asked of it.

    Args:
        kind: of the materials that are generated.
        file: of the table.
        column: of the numbers.
        goal: for them.
        most: candidates of the tuned and of the shipped generator each at most: crystals are placed and relaxed.
    """

    kind: str
    file: str
    column: str
    goal: Goal
    most: int = 1000

    @property
    def name(self) -> str:
        """As a command names it."""
        return f"{self.kind}:{self.file}"

    def is_of(self, row: Mapping[str, Any]) -> bool:
        """Whether a row of the JSON is of this task."""
        return (self.kind, self.file, str(self.goal)) == (row["kind"], row["table"], row["goal"])


TASKS = (
    Task("compositions", "expt_gap.csv", "target", Goal.at_least(4.0)),
    Task("molecules", "lipophilicity.csv", "logD", Goal.at_least(4.0)),
    Task("molecules", "bace_pic50.csv", "pIC50", Goal.at_least(7.0)),
    Task("crystals", "expt_gap.csv", "target", Goal.at_least(4.0), most=16),
)


def measure_own_property(
    folder: Path,
    count: int = 100,
    settings: TuneSettings | None = None,
    tasks: Sequence[Task] = TASKS,
    rows: Sequence[dict[str, Any]] = (),
    keep: Callable[[list[dict[str, Any]]], None] = lambda _rows: None,
    say: Callable[[str], None] = print,
) -> list[dict[str, Any]]:
    """Hits of each task by the judging predictor.

    Args:
        folder: of the tables.
        count: candidates of the tuned and of the shipped generator each.
        settings: of the tuning.
        tasks: what is measured.
        rows: measured before; that of a task which is measured again is replaced.
        keep: called with all rows after each task.
        say: called with each task when it is done.
    """
    found = list(rows)
    for task in tasks:
        row = _measure(task, folder, min(count, task.most), settings or TuneSettings(steps=25, seconds=3600))
        found = [one for one in found if not task.is_of(one)] + [row]
        keep(found)
        say(f"{task.name}: {row['shipped']['hits']} hits of the shipped generator, {row['tuned']['hits']} tuned")
    return found


def _measure(task: Task, folder: Path, count: int, settings: TuneSettings) -> dict[str, Any]:
    texts, values, column = read_columns(folder / task.file, task.column)
    own = train_target("own", read_examples(texts, values, column), task.column)
    aims, begun = Aims(own=((own, task.goal),)), time.monotonic()
    tuning, prior = tune(task.kind, aims, settings)
    seconds = time.monotonic() - begun
    drawn = {
        name: _share(
            task.kind,
            own.measured,
            design(task.kind, aims.target, count, seed=settings.seed + 1, steered=Steered(aims, copy)),
        )
        for name, copy in (("shipped", None), ("tuned", (tuning.network, "copy")))
    }
    check, kept = own.validation, tuning.curve[tuning.step]
    return {
        "kind": task.kind,
        "table": task.file,
        "column": task.column,
        "goal": str(task.goal),
        "rows": len(own.examples.texts),
        "error": round(check.error, 3),
        "baseline": round(check.baseline, 3),
        "within": [round(share, 3) for share in check.inside],
        "prior": prior,
        "note": aims.settings(task.kind)[1],
        "settings": asdict(settings),
        "strings": settings.batch * len(tuning.curve),
        "seconds": round(seconds),
        "ended": tuning.ended,
        "distance": round(kept.distance, 1),
        "curve": [
            {key: round(value, 3) for key, value in asdict(step).items() if key != "refused"} for step in tuning.curve
        ],
        **drawn,
    }


def _share(kind: str, measured: Mapping[str, float], candidates: Sequence[Candidate[Any]]) -> dict[str, Any]:
    """Hits among the candidates; one that is a row of the table is no hit."""
    kept = count_kept(kind, candidates).candidates
    rows = sum(name_of(c) in measured for c in kept)
    hits = [c for c in kept if met_all(c) and name_of(c) not in measured]
    made = load_kind(kind)
    return {
        "kept": len(kept),
        "rows": rows,
        "hits": len(hits),
        "hits_like_rows": sum(map(_is_like_rows, hits)),
        "share": round(len(hits) / max(1, len(kept)), 4),
        "groups": len({made.group(name_of(c)) for c in kept}),
        "in_domain": round(sum(map(_is_like_rows, kept)) / max(1, len(kept)), 3),
    }


def _is_like_rows(candidate: Candidate[Any]) -> bool:
    return all(p.in_domain for key, p in candidate.predictions.items() if key.startswith("own."))
