"""Readings of the user's own table: a column of formulas, CIFs or SMILES gets its properties beside it.

Works in batches from file to file, so that memory does not grow with the rows. A row that cannot be read keeps its
place and says why; the others go on.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO

from matgen_core.chem.molecule import outside_domain, parse
from matgen_core.data.crystals import Rejected, parse_row
from matgen_core.data.exports import harmless
from matgen_core.data.formulas import reduce_formula
from matgen_core.data.saving import KeptFile
from matgen_core.messages import quote
from matgen_core.predictors import load_predictor, predict_with
from matgen_core.properties import MOLECULE_CONDITIONS
from matgen_core.stages.judge_molecules import read_molecule
from matgen_core.stages.predict import predict
from matgen_core.stages.read_formulas import read_formulas
from matgen_core.types import BadInput, Candidate, Crystal, Origin, Prediction

#: Columns that can be read, in the order in which they are looked for.
KINDS = ("cif", "formula", "smiles")
#: What is added for each of them.
ADDED = {
    "formula": ("band_gap", "measured_gap", "formation_energy", "magnetic_moment", "e_above_hull"),
    "cif": ("band_gap", "formation_energy", "magnetic_moment", "e_above_hull"),
    "smiles": (*MOLECULE_CONDITIONS, "sa_score"),
}
_BATCH = {"formula": 512, "cif": 32, "smiles": 512}
_LONGEST_CELL = 2_000_000

Row = list[Prediction] | str


@dataclass
class Report:
    """What happened to a table.

    Args:
        kind: column that was read.
        path: where the table is: elsewhere than asked where its disk became full.
        rows: rows in all.
        lacking: rows that were read, but of which some value is missing.
        bad: reason and how many rows it stopped.
        examples: number of the row (1 is the first below the header) and its reason, the first few.
    """

    kind: str
    path: Path
    rows: int = 0
    lacking: int = 0
    bad: Counter[str] = field(default_factory=Counter)
    examples: list[tuple[int, str]] = field(default_factory=list)


def read_rows(kind: str, texts: Sequence[str], using: str | None = None) -> list[Row]:
    """Predictions of each text, or why there are none.

    Args:
        kind: one of KINDS.
        texts: formulas, CIFs or SMILES.
        using: a predictor that a user taught, by name, instead of the shipped ones.
    """
    if using:
        return [[read] if isinstance(read, Prediction) else read for read in predict_with(using, texts)]
    if kind == "smiles":
        return [_read_smiles(text) for text in texts]
    if kind == "formula":
        return _read_formulas(texts)
    return _read_cifs(texts)


def _read_formulas(texts: Sequence[str]) -> list[Row]:
    rows: list[Row] = []
    reduced: list[str | None] = []
    for text in texts:
        try:
            if not text.strip():
                raise BadInput("the formula is empty")
            reduced.append(reduce_formula(text))
            rows.append([])
        except BadInput as error:
            reduced.append(None)
            rows.append(str(error))
    good = [i for i, formula in enumerate(reduced) if formula]
    for i, predictions in zip(good, read_formulas([str(reduced[i]) for i in good]), strict=True):
        rows[i] = predictions
    return rows


def _read_cifs(texts: Sequence[str]) -> list[Row]:
    rows: list[Row] = []
    candidates: list[tuple[int, Candidate[Crystal]]] = []
    for i, text in enumerate(texts):
        crystal = parse_row(str(i), text)
        rows.append(crystal.reason if isinstance(crystal, Rejected) else [])
        if not isinstance(crystal, Rejected):
            candidates.append((i, Candidate(str(i), crystal, Origin("file"))))
    read = predict([candidate for _, candidate in candidates]) if candidates else ()
    for (i, _), candidate in zip(candidates, read, strict=True):
        rows[i] = [candidate.predictions[key] for key in ADDED["cif"]]
    return rows


def _read_smiles(text: str) -> Row:
    molecule = parse(text.strip()) if len(text) < 1000 else None
    if molecule is None:
        return f"{quote(text)} is no molecule: write SMILES such as CCO" if text.strip() else "the SMILES is empty"
    note = outside_domain(molecule)
    return read_molecule(molecule, note)


# ----------------------------------------------------------------------------------------------------------- tables


def predict_table(
    source: Path,
    out: Path,
    *,
    column: str | None = None,
    using: str | None = None,
    on_progress: Callable[[int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Report:
    """Copies a CSV with readings added: for each property its value, ``_spread``, ``_method`` and ``_in_domain``.

    Args:
        source: CSV with a column ``formula``, ``cif`` or ``smiles`` (or what ``column`` names).
        out: CSV to write; its last column, ``problem``, says why a row was not read, or a value of it is missing.
        column: "name" of one of KINDS, or "kind=name" where the column bears another name.
        using: a predictor that a user taught, by name, instead of the shipped ones.
        on_progress: called with the rows done.
        cancelled: asked before each batch; what is written stays.

    Raises:
        BadInput: where the file is no such table.
    """
    from defusedcsv import csv as defused

    with open_text(source) as file:
        reader = csv.DictReader(file)
        kind, name = choose_column(reader.fieldnames, column, source)
        keys = ADDED[kind]
        if using:
            tuned, label, _unit = load_predictor(using)
            keys = (label,)
            if tuned.backbone.kind != kind:
                raise BadInput(f"{using} reads {tuned.backbone.kind}, but {source} has {kind}; name it with --column")
        report = Report(kind, out)
        added = [part for key in keys for part in (key, f"{key}_spread", f"{key}_method", f"{key}_in_domain")]
        taken = set(reader.fieldnames or ())
        header = [f"read_{key}" if key in taken else key for key in added]
        with KeptFile(out) as target:
            writer = defused.writer(target, lineterminator="\n")
            writer.writerow([harmless(cell) for cell in [*(reader.fieldnames or ()), *header, "problem"]])
            for batch in _batches(reader, _BATCH[kind], source):
                if cancelled and cancelled():
                    break
                texts = [str(row.get(name) or "") for row in batch]
                for row, read in zip(batch, read_rows(kind, texts, using), strict=True):
                    report.rows += 1
                    problem = read if isinstance(read, str) else _lacks(keys, read)
                    cells = (*_own(row, reader.fieldnames), *_cells(keys, read), problem)
                    writer.writerow([harmless(cell) for cell in cells])
                    if isinstance(read, str):
                        report.bad[_shape(read)] += 1
                    report.lacking += bool(problem) and not isinstance(read, str)
                    if problem and len(report.examples) < 10:
                        report.examples.append((report.rows, problem))
                target.flush()
                if on_progress:
                    on_progress(report.rows)
            target.flush()
            report.path = target.path
    return report


def open_text(source: Path) -> IO[str]:
    """The file as text, also gzipped.

    Raises:
        BadInput: where it is not there, is a folder, or is no text in UTF-8.
    """
    import gzip

    if not source.is_file():
        raise BadInput(f"{source} is not a file; give a CSV with a column formula, cif or smiles")
    try:
        with (gzip.open if source.suffix == ".gz" else Path.open)(source, "rb") as file:
            file.read(65_536).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start < 65_530:  # a character cut by the end of the sample is none of the file's faults
            raise BadInput(f"{source} is not UTF-8 text (byte {error.start}); save it as CSV in UTF-8") from None
    except (OSError, EOFError) as error:
        raise BadInput(f"{source} cannot be read ({type(error).__name__}); save it as CSV in UTF-8") from None
    if source.suffix == ".gz":
        return gzip.open(source, "rt", encoding="utf-8-sig", errors="replace", newline="")
    return source.open(encoding="utf-8-sig", errors="replace", newline="")


def check_unpacked(source: Path, most: int = 200_000_000) -> None:
    """Raises BadInput for a packed table that unpacks to more bytes than ``most``: 20 MB can hide 20 GB."""
    import gzip
    import zlib

    if source.suffix != ".gz":
        return
    size = 0
    try:
        with gzip.open(source, "rb") as file:
            while block := file.read(1 << 20):
                size += len(block)
                if size > most:
                    raise BadInput(f"{source.name} unpacks to more than {most // 10**6} MB; give fewer rows")
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"{source.name} cannot be unpacked ({type(error).__name__}); pack it again") from None


def choose_column(names: Sequence[str] | None, column: str | None, source: Path) -> tuple[str, str]:
    """Kind and name of the column that is read.

    Raises:
        BadInput: where there is none.
    """
    have = [name for name in names or () if name]
    if not have:
        raise BadInput(f"{source} has no header line; the first line must name its columns")
    if column:
        kind, _, name = column.partition("=")
        if kind not in KINDS or (name or kind) not in have:
            shown = ", ".join(map(quote, have[:8]))
            raise BadInput(f"--column {quote(column)}: write formula=NAME with one of {source}'s columns: {shown}")
        return kind, name or kind
    lower = {name.strip().lower(): name for name in have}
    for kind in KINDS:
        if kind in lower:
            return kind, lower[kind]
    shown = ", ".join(map(quote, have[:8]))
    raise BadInput(f"{source} has no column formula, cif or smiles (it has: {shown}); rename one, or use --column")


def _batches(reader: csv.DictReader[str], size: int, source: Path) -> Iterator[list[dict[str, str]]]:
    csv.field_size_limit(_LONGEST_CELL)
    while True:
        try:
            batch = list(islice(reader, size))
        except (csv.Error, OSError, EOFError) as error:
            raise BadInput(f"{source}, line {reader.line_num}: {error}; it is not a CSV from there on") from None
        if not batch:
            return
        yield batch


def _own(row: dict[str, str], names: Sequence[str] | None) -> list[str]:
    return [str(row.get(name) or "") for name in names or ()]


def _cells(keys: Sequence[str], read: Row) -> list[object]:
    if isinstance(read, str):
        return [None] * (4 * len(keys))
    by_key = {prediction.property: prediction for prediction in read}
    cells: list[object] = []
    for key in keys:
        p = by_key.get(key)
        cells += [None] * 4 if p is None else [_short(p.value), p.spread, p.method, p.in_domain]
    return cells


def _lacks(keys: Sequence[str], read: Sequence[Prediction]) -> str:
    """Why values of a row that was read are missing; like reasons once."""
    by_key = {prediction.property: prediction for prediction in read}
    reasons: dict[str, list[str]] = {}
    for key in keys:
        p = by_key.get(key)
        if p is None or p.value is None:
            reasons.setdefault("no prediction" if p is None or not p.note else p.note, []).append(key)
    return "; ".join(f"{', '.join(names)}: {reason}" for reason, names in reasons.items())


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 5)


def _shape(reason: str) -> str:
    """A reason without what is quoted in it, so that like reasons are counted together."""
    import re

    return re.sub(r"'[^']*'", "…", reason)[:120]
