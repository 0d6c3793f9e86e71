"""A screening's shortlist as files: a table with fronts, and JSON with everything that explains it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from matgen_core.core.goal_probability import chance, round_chance
from matgen_core.core.goals import Target
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate
from matgen_core.kinds.crystals.files.candidate_files import (
    OwnColumns,
    judge_cells,
    judge_columns,
    unit_cell,
    unit_column,
    units_in,
    why_missing,
    write_table,
)
from matgen_core.kinds.rules import Rules, objections
from matgen_core.runs.records import to_record
from matgen_core.runs.store import versions
from matgen_core.workflows.screening.pareto import Objective
from matgen_core.workflows.screening.screen import written_name

Ranked = Sequence[tuple[Candidate[Any], int, float | None]]


def screening_to_csv(ranked: Ranked, objectives: Sequence[Objective], rules: Rules | None = None) -> str:
    """One row a candidate with front, desirability, predictions with spreads and what rejects it by the rules."""
    keys = list(dict.fromkeys([*(o.key for o in objectives), *(k for c, _f, _m in ranked for k in c.predictions)]))
    target = Target({o.key: o.goal for o in objectives if o.goal is not None and o.key in PROPERTIES})
    known = {key for c, _front, _merit in ranked for key, p in c.predictions.items() if p.known is not None}
    tabled = [key for key in keys if key in known]
    units = units_in(c.predictions for c, _front, _merit in ranked)
    read = [part for key in keys for part in (key, *unit_column(key, units), f"{key}_spread", f"{key}_method")]
    read += [f"{key}_known" for key in tabled]
    judged = [key for key in keys if any(p.judged for c, _f, _m in ranked if (p := c.predictions.get(key)))]
    read += [column for key in judged for column in judge_columns(key)]
    header = ["id", "material", "front", "desirability", "chance", *read, "missing", "rejected_by", "reasons"]
    header += ["engine", "seed"]
    own = OwnColumns([c for c, _front, _merit in ranked], header)
    rows = []
    for candidate, front, merit in ranked:
        cells: list[object] = [candidate.id, written_name(candidate), front or None, merit]
        cells.append(round_chance(chance(candidate, target)) if target.goals else None)
        for key in keys:
            p = candidate.predictions.get(key)
            stated = unit_cell(key, units)
            cells += [None, *stated, None, None] if p is None else [p.value, *stated, p.spread, p.method]
        cells += [None if (p := candidate.predictions.get(key)) is None else p.known for key in tabled]
        cells += [cell for key in judged for cell in judge_cells(candidate.predictions.get(key))]
        of_kind = [key for key in keys if key in candidate.predictions or any(key == o.key for o in objectives)]
        cells.append(why_missing(candidate.predictions, of_kind))
        bad = objections(candidate, rules or Rules(known=True))
        cells += [", ".join(v.rule for v in bad), "; ".join(v.reason for v in bad)]
        rows.append([*cells, candidate.origin.engine, candidate.origin.seed, *own.cells(candidate)])
    return write_table([*header, *own.header], rows)


def screening_to_json(ranked: Ranked, objectives: Sequence[Objective], source: str) -> str:
    """Candidates with all predictions and verdicts, and the manifest: versions, methods, objectives, source, seeds."""
    manifest = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "source": source,
        "versions": versions(),
        "methods": sorted({p.method for c, _f, _m in ranked for p in c.predictions.values()}),
        "judges": sorted({p.judged.method for c, _f, _m in ranked for p in c.predictions.values() if p.judged}),
        "checkpoints": sorted({c.origin.checkpoint for c, _f, _m in ranked if c.origin.checkpoint}),
        "seeds": sorted({c.origin.seed for c, _f, _m in ranked if c.origin.seed is not None}),
        "objectives": [
            {"key": o.key, "direction": o.direction, "goal": str(o.goal) if o.goal else None, "weight": o.weight}
            for o in objectives
        ],
    }
    found = [{**to_record(c), "written": written_name(c), "front": f or None, "desirability": m} for c, f, m in ranked]
    # Of the candidates as they stand in this file: whoever changes one of them can be told.
    manifest["sha256"] = hashlib.sha256(json.dumps(found, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    return json.dumps({"manifest": manifest, "candidates": found}, indent=1, ensure_ascii=False)
