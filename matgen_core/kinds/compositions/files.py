"""Compositions as CSV: predictions with spreads, verdicts, price and supply."""

from __future__ import annotations

from collections.abc import Sequence

from matgen_core.chem.formulas.formula_writing import write_formula
from matgen_core.chem.formulas.hazards import explain_supply, read_supply
from matgen_core.core.records import Candidate, Formula
from matgen_core.kinds.crystals.files.candidate_files import (
    OwnColumns,
    chance_columns,
    judge_cells,
    judge_columns,
    roles_and_judged,
    unit_cell,
    unit_column,
    units_in,
    why_missing,
    write_table,
)

#: Fields of the supply, in the order of their columns.
_SUPPLY = ("price", "production", "reserve")


def formulas_to_csv(candidates: Sequence[Candidate[Formula]]) -> str:
    """One row a composition. Cells that a spreadsheet would run are defused."""
    keys = list(dict.fromkeys(key for c in candidates for key in c.predictions))
    rules = list(dict.fromkeys(v.rule for c in candidates for v in c.verdicts))
    second, units = roles_and_judged(candidates)[1], units_in(c.predictions for c in candidates)
    read = [
        part
        for key in keys
        for part in (
            key,
            *unit_column(key, units),
            f"{key}_spread",
            f"{key}_in_domain",
            *(judge_columns(key) if key in second else []),
        )
    ]
    judged = [part for rule in rules for part in (rule, f"{rule}_reason", *chance_columns(rule))]
    supply = ["price_usd_per_kg", "hhi_production", "hhi_reserve"]
    header = ["id", "formula", "score", *read, "missing", *judged, *supply, "engine", "checkpoint", "seed"]
    own = OwnColumns(candidates, header)
    rows = []
    for c in candidates:
        cells: list[object] = [c.id, write_formula(c.material.reduced), c.score]
        for key in keys:
            p = c.predictions.get(key)
            stated = unit_cell(key, units)
            cells += [None, *stated, None, None] if p is None else [p.value, *stated, p.spread, p.in_domain]
            cells += judge_cells(p) if key in second else []
        unknown = explain_supply(c.material.reduced)
        supplied = [
            f"{column}: {unknown[field]}" for column, field in zip(supply, _SUPPLY, strict=True) if field in unknown
        ]
        cells.append("; ".join(filter(None, [why_missing(c.predictions, keys), *supplied])))
        for rule in rules:
            verdict = c.verdict(rule)
            cells += [None, None] if verdict is None else [verdict.passed, verdict.reason]
            cells += [None if verdict is None else verdict.chance] * len(chance_columns(rule))
        costs = read_supply(c.material.reduced)
        cells += [costs.price, costs.production, costs.reserve, c.origin.engine, c.origin.checkpoint, c.origin.seed]
        rows.append([*cells, *own.cells(c)])
    return write_table([*header, *own.header], rows)
