"""Molecules as files that other programs read: CSV, SDF, SMILES."""

from __future__ import annotations

import re
from collections.abc import Sequence

from matgen_core.chem.molecules.drawing import embed, flat_block
from matgen_core.core.records import Candidate, Molecule, Prediction
from matgen_core.kinds.crystals.files.candidate_files import (
    OwnColumns,
    judge_cells,
    judge_columns,
    roles_and_judged,
    unit_cell,
    unit_column,
    units_in,
    write_table,
)


def to_csv(candidates: Sequence[Candidate[Molecule]]) -> str:
    """One row a string that was drawn, with predictions and verdicts. Cells a spreadsheet would run are defused."""
    keys = list(dict.fromkeys(key for c in candidates for key in c.predictions))
    rules = list(dict.fromkeys(v.rule for c in candidates for v in c.verdicts))
    units = units_in(c.predictions for c in candidates)
    # A rule may bear the name of a property; columns are told apart by the word before them.
    judged = [part for rule in rules for part in (f"verdict:{rule}" if rule in keys else rule, f"{rule}_reason")]
    header = ["id", "smiles", "score", *(part for key in keys for part in (key, *unit_column(key, units))), *judged]
    header += ["engine", "checkpoint", "seed"]
    second = [key for key in keys if key in roles_and_judged(candidates)[1]]
    header += [part for key in second for part in (f"{key}_spread", f"{key}_in_domain", *judge_columns(key))]
    own = OwnColumns(candidates, header)
    rows = []
    for candidate in candidates:
        cells: list[object] = [candidate.id, candidate.material.smiles, candidate.score]
        for key in keys:
            cells += [candidate.value(key), *unit_cell(key, units)]
        for rule in rules:
            verdict = candidate.verdict(rule)
            cells += [None, None] if verdict is None else [verdict.passed, verdict.reason]
        origin = candidate.origin
        cells += [origin.engine, origin.checkpoint, origin.seed]
        for key in second:
            p = candidate.predictions.get(key)
            cells += [None, None] if p is None else [p.spread, p.in_domain]
            cells += judge_cells(p)
        rows.append([*cells, *own.cells(candidate)])
    return write_table([*header, *own.header], rows)


def to_sdf(candidates: Sequence[Candidate[Molecule]], *, conformers: bool = False) -> str:
    """One record (V2000) a valid molecule; flat, or with a conformer each where asked.

    The title is the user's name of the molecule, or its id. Predictions with their units, score, whether the molecule
    is new and the user's columns are data fields, numbers as numbers, so that DataWarrior and others sort and plot
    them. A molecule of which no conformer is found stays flat, and its field "conformer" says so.
    """
    records = []
    for candidate in candidates:
        smiles = candidate.material.smiles
        shape = embed(smiles) if conformers else None
        block = shape.block if shape else flat_block(smiles)
        if not block:
            continue
        fields = {
            "SMILES": smiles,
            **{_field(key, p): f"{p.value:.4g}" for key, p in candidate.predictions.items() if p.value is not None},
        }
        if candidate.score is not None:
            fields["score"] = f"{candidate.score:.4g}"
        if (new := candidate.verdict("novelty")) is not None and new.passed is not None:
            fields["new"] = "yes" if new.passed else "no"
        if conformers:
            fields["conformer"] = "ETKDG, MMFF94" if shape else "none found; flat"
        origin = candidate.origin
        if origin.is_proposed:
            fields["origin"] = f"proposed by MatGen, not measured: {origin.checkpoint}, seed {origin.seed}"
        taken = {*fields, *candidate.predictions}
        fields |= {f"yours:{name}" if name in taken else name: cell for name, cell in candidate.columns.items() if cell}
        data = "".join(f">  <{_line(re.sub('[<>]', '', name))}>\n{_line(value)}\n\n" for name, value in fields.items())
        records.append(f"{_line(candidate.name) or _line(candidate.id)}{block[block.index(chr(10)) :]}{data}$$$$\n")
    return "".join(records)


def _field(key: str, prediction: Prediction) -> str:
    """Name of a field, as "weight (g/mol)": a file tells no units otherwise, and a reader of such files finds them."""
    return f"{key} ({prediction.unit})" if prediction.unit else key


def to_sdf_3d(candidates: Sequence[Candidate[Molecule]]) -> str:
    """The same as SDF, each molecule in space."""
    return to_sdf(candidates, conformers=True)


def _line(text: str) -> str:
    """On one line, as any reader of SDF takes it: an empty line ends a field, $$$$ a record, and > begins a field.

    A value such as ">50" stands behind a blank: DataWarrior and others take a line that begins with > for a header.
    """
    line = " ".join(text.replace("$$$$", "").split())[:2000]
    return f" {line}" if line.startswith(">") else line


def sdf_name(candidate: Candidate[Molecule], run: str = "", *, conformers: bool = False) -> str:
    """A file name for one molecule: its run, its id, and whether it is flat or in space.

    Args:
        candidate: the molecule.
        run: id of its run in the store; empty where it is not kept.
        conformers: as of :func:`to_sdf`.
    """
    parts = ("matgen", *([run] if run else []), candidate.id, "3d" if conformers else "flat")
    return re.sub(r"[^A-Za-z0-9_-]+", "_", "-".join(parts))[:120] + ".sdf"


def to_smiles(candidates: Sequence[Candidate[Molecule]]) -> str:
    """One valid molecule a line: SMILES, a blank, its name or else its id."""
    lines = []
    for candidate in candidates:
        valid = candidate.verdict("valid")
        if valid is not None and valid.passed:
            lines.append(f"{candidate.material.smiles} {_line(candidate.name or candidate.id)}\n")
    return "".join(lines)
