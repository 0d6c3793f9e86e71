"""Screening (chapter 4.5): read, judge and compare whatever is at hand, candidates of a run or files of the user's.

Works in batches: a table, a line of JSON a candidate and the refused rows are written as they come; what stays in
memory of each candidate is its id and its objectives.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from matgen_core.core.errors import BadInput, quote
from matgen_core.core.goals import Constraints, Target
from matgen_core.core.records import Candidate, M
from matgen_core.files.saving import KeptFile, save_result
from matgen_core.files.units import METHOD as GIVEN
from matgen_core.kinds.crystals.files import OwnColumns, harmless, why_missing
from matgen_core.kinds.protocol import Brief, Stages
from matgen_core.kinds.registry import NAMES, kind_of, load_kind, name_of_kind
from matgen_core.kinds.rules import STAGES as _STAGES
from matgen_core.kinds.rules import (
    Funnel,
    Rules,
    failed,
    objections,
    stage_name,
)
from matgen_core.runs.records import to_record
from matgen_core.runs.store import versions
from matgen_core.workflows.candidate_files import Item, Refused
from matgen_core.workflows.pareto import Objective, find_fronts, losses, measure_hypervolume

BATCH = 32
#: What is screened may be as large as its file's reader allows.
ANY = Target(constraints=Constraints(max_atoms=10**9))


@dataclass
class Screener:
    """Reads and judges candidates of any kind, batch by batch; remembers what came before to tell repeats.

    Args:
        target: goals, each a verdict.
        rules: what a candidate must pass.
        further: called with each judged batch, as to add readings of the user's own.
    """

    target: Target = ANY
    rules: Rules = field(default_factory=lambda: Rules(known=True))
    further: Callable[[Sequence[Candidate[Any]]], Sequence[Candidate[Any]]] | None = None
    _runs: dict[str, Stages[Any]] = field(default_factory=dict)

    def __call__(
        self, candidates: Sequence[Candidate[Any]], cancelled: Callable[[], bool] | None = None
    ) -> tuple[Candidate[Any], ...]:
        """The same candidates with readings and verdicts, in their order; those that have readings keep them.

        Raises:
            Cancelled: where ``cancelled`` said so.
        """
        done: dict[str, Candidate[Any]] = {}
        for name in NAMES:
            some = [c for c in candidates if name_of_kind(c.material) == name]
            if not some:
                continue
            stages = self._stages(name)
            read = stages.predict(some, cancelled=cancelled)
            whole = [_keep_given(new, old) for new, old in zip(read, some, strict=True)]
            done |= {c.id: c for c in stages.judge(whole)}
        found = tuple(done[c.id] for c in candidates)
        return tuple(self.further(found)) if self.further and found else found

    def _stages(self, name: str) -> Stages[Any]:
        """What reads and judges a kind; made with the first of it."""
        if name not in self._runs:
            kind = load_kind(name)
            settings = kind.ruled(kind.settings(), self.rules)
            self._runs[name] = kind.begin(Brief(self.target, self.target, 0, settings, self.rules))
        return self._runs[name]


def _keep_given(read: Candidate[M], before: Candidate[M]) -> Candidate[M]:
    """What the user's table says of a property stands; no model overrules it."""
    return read.add_predictions(*(reading for reading in before.predictions.values() if reading.method == GIVEN))


def batches(items: Iterable[Item], size: int = BATCH) -> Iterator[list[Item]]:
    """Items a few at a time."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


# ------------------------------------------------------------------------------------------------------------ files


@dataclass
class Outcome:
    """What a screening found; small, whatever went in.

    Args:
        rules: what a candidate had to pass.
        kinds: how many of each kind.
        funnel: how many got how far, and why the others did not.
        refused: reason and how many rows it refused.
        ids: of the candidates, in their order.
        losses: (N, K) of the objectives.
        hypervolume: of the first front; None where it cannot be said.
        fronts: (N,) 1 for the first, 0 where a reading is missing.
        seconds: of wall-clock time.
        methods: that read something, with the digests of their weights.
        complete: False where it was cancelled.
        moved: files that had to go elsewhere, because their disk became full, and where they are.
    """

    rules: Rules = field(default_factory=lambda: Rules(known=True))
    kinds: Counter[str] = field(default_factory=Counter)
    passed: Counter[str] = field(default_factory=Counter)
    stopped: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    ids: list[str] = field(default_factory=list)
    losses: list[tuple[float, ...]] = field(default_factory=list)
    hypervolume: float | None = None
    fronts: list[int] = field(default_factory=list)
    seconds: float = 0.0
    methods: set[str] = field(default_factory=set)
    complete: bool = True
    moved: dict[Path, Path] = field(default_factory=dict)

    @property
    def funnel(self) -> Funnel:
        """As the loop's."""
        passed = ((stage_name(stage, self.rules), self.passed[stage]) for stage in _STAGES)
        counts = (("generated", len(self.ids)), *passed)
        return Funnel(tuple(counts), tuple(self.stopped.most_common()))


def screen_to_folder(
    items: Iterable[Item],
    objectives: Sequence[Objective],
    out: Path,
    *,
    target: Target | None = None,
    rules: Rules | None = None,
    further: Callable[[Sequence[Candidate[Any]]], Sequence[Candidate[Any]]] | None = None,
    source: Sequence[str] = (),
    on_progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Outcome:
    """Screens into files: ``candidates.csv``, ``candidates.jsonl``, ``refused.csv``, ``front.csv``, ``manifest.json``.

    Args:
        items: of :mod:`matgen_core.workflows.candidate_files`, or candidates of a run.
        objectives: what the fronts are over; at least one.
        out: folder, made where it is not there.
        target: goals, each a verdict.
        rules: what a candidate must pass.
        further: as of :class:`Screener`.
        source: where the items come from, for the manifest.
        on_progress: called with candidates screened and rows refused.
        cancelled: asked before each batch, and the batch is finished; what is written stays.

    Raises:
        BadInput: where the folder cannot be written, or no objective is given.
    """
    if not objectives:
        raise BadInput("screening needs an objective; give for example --objective band_gap:max")
    begun, outcome, screener = time.monotonic(), Outcome(), Screener(target or ANY, rules or Rules(known=True), further)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with _Files(out, objectives) as files:
            for batch in batches(items):
                if cancelled and cancelled():
                    outcome.complete = False
                    break
                _screen_batch(batch, screener, objectives, outcome, files)
                files.flush()
                if on_progress:
                    on_progress(len(outcome.ids), sum(outcome.refused.values()))
        finish(outcome, objectives)
        outcome.seconds = time.monotonic() - begun
        outcome.moved |= {asked: path for asked, path in files.places().items() if asked != path}
        _save(out / "front.csv", _front(outcome, objectives), outcome)
        text = json.dumps(describe(outcome, objectives, source, out), indent=1, ensure_ascii=False)
        _save(out / "manifest.json", text + "\n", outcome)
    except OSError as error:
        raise BadInput(
            "{out} cannot be written ({error}); choose another folder", out=out, error=error.strerror
        ) from None
    return outcome


def _screen_batch(
    batch: list[Item],
    screener: Screener,
    objectives: Sequence[Objective],
    outcome: Outcome,
    files: _Files,
) -> None:
    for item in batch:
        if isinstance(item, Refused):
            outcome.refused[shape_reason(item.reason)] += 1
            files.refuse(item)
    judged = screener([item for item in batch if not isinstance(item, Refused)])
    rows = losses(judged, objectives)
    for candidate, row in zip(judged, rows.tolist(), strict=True):
        add(outcome, candidate, row, screener.rules)
        files.write(candidate, screener.rules)


def add(outcome: Outcome, candidate: Candidate[Any], row: Sequence[float], rules: Rules) -> None:
    """Counts one judged candidate."""
    outcome.rules = rules
    outcome.kinds[name_of_kind(candidate.material)] += 1
    outcome.ids.append(candidate.id)
    outcome.methods.update(p.method for p in candidate.predictions.values())
    outcome.losses.append(tuple(row))
    for stage in _STAGES:
        if problems := failed(candidate, stage, rules):
            outcome.stopped[problems[0].rule] += 1
            return
        outcome.passed[stage] += 1


def finish(outcome: Outcome, objectives: Sequence[Objective]) -> None:
    """Fronts and hypervolume over everything that was screened."""
    matrix = np.array(outcome.losses, dtype=float).reshape(len(outcome.ids), len(objectives))
    outcome.fronts = find_fronts(matrix).tolist()
    outcome.hypervolume = measure_hypervolume(matrix)


def shape_reason(reason: str) -> str:
    """A reason without what is quoted in it, so that like reasons are counted together."""
    import re

    return re.sub(r"'[^']*'", "…", reason)[:120]


def describe(outcome: Outcome, objectives: Sequence[Objective], source: Sequence[str], out: Path) -> dict[str, Any]:
    """What repeats and explains a screening: versions with checkpoints, objectives, counts, digests of the files."""
    files = [p for p in sorted(out.iterdir()) if p.suffix in (".csv", ".jsonl") and p.is_file()]
    return {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "source": list(source),
        "versions": versions(),
        "methods": sorted(outcome.methods),
        "objectives": [
            {"key": o.key, "direction": o.direction, "goal": str(o.goal) if o.goal else None, "weight": o.weight}
            for o in objectives
        ],
        "candidates": len(outcome.ids),
        "kinds": dict(outcome.kinds),
        "refused": dict(outcome.refused),
        "funnel": dict(outcome.funnel.counts),
        "stopped_by": dict(outcome.funnel.reasons),
        "first_front": sum(front == 1 for front in outcome.fronts),
        "hypervolume": outcome.hypervolume,
        "seconds": round(outcome.seconds, 1),
        "complete": outcome.complete,
        "sha256": {p.name: _digest(p) for p in files},
    }


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


class _Files:
    """The files of a screening, open while it goes."""

    def __init__(self, out: Path, objectives: Sequence[Objective]) -> None:
        self._objectives = {o.key for o in objectives}
        self.keys = list(dict.fromkeys([*(o.key for o in objectives), "e_above_hull"]))
        self.out = out

    def __enter__(self) -> _Files:
        from defusedcsv import csv as defused

        self._names = [self.out / name for name in ("candidates.csv", "candidates.jsonl", "refused.csv")]
        self._handles = [KeptFile(path) for path in self._names]
        self._table, self._refused = (defused.writer(self._handles[i], lineterminator="\n") for i in (0, 2))
        spreads = [part for key in self.keys for part in (key, f"{key}_spread")]
        self._header = ["id", "material", *spreads, "missing", "rejected_by", "reason"]
        self._own = OwnColumns((), self._header)
        self._written: list[str] | None = None
        self._refused.writerow(["place", "reason"])
        return self

    def __exit__(self, *_: object) -> None:
        if self._written is None:
            self._table.writerow(self._header)
        for handle in self._handles:
            handle.close()
        if self._written is not None and self._written != self._own.header:
            self._widen(self._handles[0].path)

    def _widen(self, path: Path) -> None:
        """Writes the header anew where a later file brought columns that the first one had not."""
        new = path.with_suffix(".part")
        with path.open(encoding="utf-8", newline="") as old, new.open("w", encoding="utf-8", newline="") as file:
            writer, rows = csv.writer(file, lineterminator="\n"), csv.reader(old)
            next(rows)
            header = [*self._header, *map(harmless, self._own.header)]
            writer.writerow(header)
            writer.writerows([*row, *[""] * (len(header) - len(row))] for row in rows)
        new.replace(path)

    def flush(self) -> None:
        """Everything that was written is on the disk."""
        for handle in self._handles:
            handle.flush()

    def places(self) -> dict[Path, Path]:
        """Where each file was to be, and where it is."""
        return {asked: handle.path for asked, handle in zip(self._names, self._handles, strict=True)}

    def refuse(self, item: Refused) -> None:
        self._refused.writerow([harmless(item.place), harmless(item.reason)])

    def _asked(self, candidate: Candidate[Any]) -> list[str]:
        """Values that a candidate of its kind should have: a molecule has no hull."""
        return [key for key in self.keys if key in candidate.predictions or key in self._objectives]

    def write(self, candidate: Candidate[Any], rules: Rules) -> None:
        self._own.grow([candidate])
        if self._written is None:  # the columns of the user's are known with the first row
            self._written = self._own.header
            self._table.writerow([harmless(cell) for cell in (*self._header, *self._written)])
        cells: list[object] = [candidate.id, written_name(candidate)]
        for key in self.keys:
            reading = candidate.predictions.get(key)
            cells += [None, None] if reading is None else [reading.value, reading.spread]
        cells.append(why_missing(candidate.predictions, self._asked(candidate)))
        bad = objections(candidate, rules)
        cells += [", ".join(v.rule for v in bad), "; ".join(v.reason for v in bad)]
        self._table.writerow([harmless(cell) for cell in (*cells, *self._own.cells(candidate))])
        self._handles[1].write(json.dumps(to_record(candidate), ensure_ascii=False) + "\n")


def name_of(candidate: Candidate[Any]) -> str:
    """Formula as pymatgen writes it, the key under which it is looked up, or SMILES."""
    return kind_of(candidate.material).key(candidate.material)


def written_name(candidate: Candidate[Any]) -> str:
    """Formula as chemists write it, or SMILES."""
    return kind_of(candidate.material).written(candidate.material)


def _front(outcome: Outcome, objectives: Sequence[Objective]) -> str:
    """The table of the fronts."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["id", "front", *(f"loss:{o.key}" for o in objectives)])
    order = sorted(range(len(outcome.ids)), key=lambda i: (outcome.fronts[i] or 10**9, outcome.losses[i]))
    for i in order:
        writer.writerow([harmless(c) for c in (outcome.ids[i], outcome.fronts[i] or "", *outcome.losses[i])])
    return buffer.getvalue()


def _save(path: Path, text: str, outcome: Outcome) -> None:
    if (place := save_result(path, text)) != path:
        outcome.moved[path] = place


def check_objectives(objectives: Sequence[Objective]) -> None:
    """Raises BadInput where one property is asked for twice."""
    keys = [o.key for o in objectives]
    for key in keys:
        if keys.count(key) > 1:
            raise BadInput("{key} is an objective twice; drop one", key=quote(key))
