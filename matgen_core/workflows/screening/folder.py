"""A screening into files: a table, a line of JSON a candidate and the refused rows are written as they come."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from matgen_core.core.errors import BadInput, Cancelled
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate
from matgen_core.core.spreading import SetAside
from matgen_core.files.saving import KeptFile, save_result
from matgen_core.kinds.crystals.files.candidate_files import (
    OwnColumns,
    harmless,
    unit_column,
    why_missing,
    write_table,
)
from matgen_core.kinds.rules import Rules, objections
from matgen_core.runs.records import to_record
from matgen_core.workflows.screening.candidate_files import Item, Refused
from matgen_core.workflows.screening.outcome import Outcome, add, describe, finish, shape_reason
from matgen_core.workflows.screening.pareto import Objective, losses
from matgen_core.workflows.screening.screen import Screener, judge_batches, refused_rows, written_name

_UNITS = {key: record.unit for key, record in PROPERTIES.items() if record.unit}


def screen_to_folder(
    items: Iterable[Item],
    objectives: Sequence[Objective],
    out: Path,
    *,
    screener: Screener | None = None,
    source: Sequence[str] = (),
    on_progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    executor: Executor | None = None,
) -> Outcome:
    """Screens into files: ``candidates.csv``, ``candidates.jsonl``, ``refused.csv``, ``front.csv``, ``manifest.json``.

    Args:
        items: of :mod:`matgen_core.workflows.screening.candidate_files`, or candidates of a run.
        objectives: what the fronts are over; at least one.
        out: folder, made where it is not there.
        screener: goals, what a candidate must pass, and what is predicted further; None for the usual rules.
        source: where the items come from, for the manifest.
        on_progress: called with candidates screened and rows refused.
        cancelled: asked before each batch, and the batch is finished; what is written stays.
        executor: does the batches; None: this process does. The files are the same.

    Raises:
        BadInput: where the folder cannot be written, or no objective is given.
    """
    if not objectives:
        raise BadInput("screening needs an objective; give for example --objective band_gap:max")
    screener = screener or Screener()
    screened = judge_batches(items, screener.batch, executor=executor, cancelled=cancelled)
    found = (
        (refused_rows(batch, judged), () if isinstance(judged, SetAside) else judged) for batch, judged in screened
    )
    return write_screening(found, screener, objectives, out, source=source, on_progress=on_progress)


def write_screening(
    found: Iterable[tuple[Sequence[Refused], Sequence[Candidate[Any]]]],
    screener: Screener,
    objectives: Sequence[Objective],
    out: Path,
    *,
    source: Sequence[str] = (),
    more: Mapping[str, Any] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Outcome:
    """The files of :func:`screen_to_folder` of what was screened before, here or elsewhere.

    Args:
        found: refused rows and judged candidates, batch by batch; may raise Cancelled, and what came before stays.
        screener: tells repeats.
        objectives: what the fronts are over.
        out: folder, made where it is not there.
        source: where the items come from, for the manifest.
        more: entries of the manifest.
        on_progress: called with candidates screened and rows refused.

    Raises:
        BadInput: where the folder cannot be written.
    """
    begun, outcome = time.monotonic(), Outcome()
    try:
        out.mkdir(parents=True, exist_ok=True)
        with _Files(out, objectives) as files:
            try:
                for refused, judged in found:
                    _keep_batch(refused, judged, screener, objectives, outcome, files)
                    files.flush()
                    if on_progress:
                        on_progress(len(outcome.ids), sum(outcome.refused.values()))
            except Cancelled:
                outcome.complete = False
        finish(outcome, objectives)
        outcome.seconds = time.monotonic() - begun
        outcome.moved |= {asked: path for asked, path in files.places().items() if asked != path}
        _save(out / "front.csv", _front(outcome, objectives), outcome)
        record = {**describe(outcome, objectives, source, out), **(more or {})}
        _save(out / "manifest.json", json.dumps(record, indent=1, ensure_ascii=False) + "\n", outcome)
    except OSError as error:
        raise BadInput(
            "{out} cannot be written ({error}); choose another folder", out=out, error=error.strerror
        ) from None
    return outcome


def _keep_batch(
    refused: Sequence[Refused],
    judged: Sequence[Candidate[Any]],
    screener: Screener,
    objectives: Sequence[Objective],
    outcome: Outcome,
    files: _Files,
) -> None:
    for row in refused:
        outcome.refused[shape_reason(row.reason)] += 1
        files.refuse(row)
    admitted = screener.admit(judged)
    for candidate, row in zip(admitted, losses(admitted, objectives).tolist(), strict=True):
        add(outcome, candidate, row, screener.rules)
        files.write(candidate, screener.rules)


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
        spreads = [
            part for key in self.keys for part in (key, *unit_column(key, _UNITS), f"{key}_spread", f"{key}_judge")
        ]
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
            prediction = candidate.predictions.get(key)
            stated = [_UNITS.get(key)] * (key in _UNITS)
            cells += [None, *stated, None] if prediction is None else [prediction.value, *stated, prediction.spread]
            cells.append(None if prediction is None or prediction.judged is None else prediction.judged.value)
        cells.append(why_missing(candidate.predictions, self._asked(candidate)))
        bad = objections(candidate, rules)
        cells += [", ".join(v.rule for v in bad), "; ".join(v.reason for v in bad)]
        self._table.writerow([harmless(cell) for cell in (*cells, *self._own.cells(candidate))])
        self._handles[1].write(json.dumps(to_record(candidate), ensure_ascii=False) + "\n")


def _front(outcome: Outcome, objectives: Sequence[Objective]) -> str:
    """The table of the fronts."""
    order = sorted(range(len(outcome.ids)), key=lambda i: (outcome.fronts[i] or 10**9, outcome.losses[i]))
    rows = ((outcome.ids[i], outcome.fronts[i] or "", *outcome.losses[i]) for i in order)
    return write_table(["id", "front", *(f"loss:{o.key}" for o in objectives)], rows)


def _save(path: Path, text: str, outcome: Outcome) -> None:
    if (place := save_result(path, text)) != path:
        outcome.moved[path] = place
