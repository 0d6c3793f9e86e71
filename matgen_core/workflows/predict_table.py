"""Predictions for the user's own table: a column of formulas, CIFs or SMILES gets its properties beside it.

Works in batches from file to file, so that memory does not grow with the rows. A row that cannot be read keeps its
place and says why; the others go on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

from matgen_core.chem.molecules.molecule import canonical, outside_domain, split_extension
from matgen_core.chem.molecules.molecule import read as read_smiles
from matgen_core.core.admet import KEYS as ENDPOINTS
from matgen_core.core.errors import BadInput, quote
from matgen_core.core.goal_probability import round_chance
from matgen_core.core.messages import Message, Verbatim
from matgen_core.core.properties import PROPERTIES, columns_of
from matgen_core.core.records import FILE, Candidate, Crystal, Molecule, Origin, Prediction
from matgen_core.files.saving import KeptFile
from matgen_core.files.tables import Row, Table, find_material, open_table
from matgen_core.kinds.compositions.predict import predict_texts
from matgen_core.kinds.compositions.rows import reduce_formula
from matgen_core.kinds.crystals.files.candidate_files import harmless, judge_cells, judge_columns, why_missing
from matgen_core.kinds.crystals.known.row_building import Rejected, parse_row
from matgen_core.kinds.crystals.predict import predict
from matgen_core.kinds.molecules.admet import check_available, predict_admet
from matgen_core.kinds.molecules.judge import read_molecule
from matgen_core.workflows.own_properties.training_examples import read_as
from matgen_core.workflows.screening.structure_tables import holds_structures, open_structures

#: Columns that can be read, in the order in which they are looked for.
KINDS = ("cif", "smiles", "formula")
#: What is added for each of them.
ADDED = {
    "formula": columns_of("compositions"),
    "cif": columns_of("crystals"),
    "smiles": columns_of("molecules"),
}
#: What else is added where the model tells a metal, or a non-magnet, from the rest: its probability, and the value of
#: the others.
MIXTURE = {
    "band_gap": ("metal_probability", "if_not_metal"),
    "measured_gap": ("metal_probability", "if_not_metal"),
    "magnetic_moment": ("nonmagnetic_probability", "if_magnetic"),
}
_TABLED = ("formation_energy", "e_above_hull")
#: Of which columns a second model judges what.
JUDGED = {"cif": _TABLED}
_BATCH = {"formula": 512, "cif": 32, "smiles": 512}

RowPredictions = list[Prediction] | str


@dataclass
class Report:
    """What happened to a table.

    Args:
        kind: column that was read.
        path: where the table is: elsewhere than asked where its disk became full.
        rows: rows in all.
        lacking: rows that were read, but of which some value is missing.
        bad: reason and how many rows it stopped.
        examples: row (1 is the first below the header), with its name where it has one, and reason, the first few.
        notes: how the table was read.
    """

    kind: str
    path: Path
    rows: int = 0
    lacking: int = 0
    bad: Counter[str] = field(default_factory=Counter)
    examples: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_rows(
    kind: str,
    texts: Sequence[str],
    using: str | None = None,
    notes: list[tuple[int, str]] | None = None,
    judge: bool = True,
    admet: bool = False,
) -> list[RowPredictions]:
    """Predictions of each text, or why there are none.

    Args:
        kind: one of KINDS.
        texts: formulas, CIFs or SMILES.
        using: a predictor that a user trained, by name, instead of the shipped ones.
        notes: gets the place of a CIF that leaves something open, and how it was read.
        judge: whether a second potential judges the energies of crystals.
        admet: whether the endpoints of ``admet-ai`` are predicted of molecules, too.

    Raises:
        BadInput: where they are and ``admet-ai`` is not installed.
    """
    if using:
        from matgen_core.workflows.own_properties.predictors import predict_with  # with the networks of every kind

        return [[read] if isinstance(read, Prediction) else read for read in predict_with(using, texts, kind)]
    if kind == "smiles":
        read = [_predict_smiles(text) for text in texts]
        return _with_endpoints(texts, read) if admet else read
    if kind == "formula":
        return _predict_formulas(texts)
    return _predict_cifs(texts, [] if notes is None else notes, judge)


def _predict_formulas(texts: Sequence[str]) -> list[RowPredictions]:
    rows: list[RowPredictions] = []
    reduced: list[str | None] = []
    for text in texts:
        try:
            reduced.append(reduce_formula(text))
            rows.append([])
        except BadInput as error:
            reduced.append(None)
            rows.append(str(error))
    good = [i for i, formula in enumerate(reduced) if formula]
    for i, predictions in zip(good, predict_texts([str(reduced[i]) for i in good]), strict=True):
        rows[i] = predictions
    return rows


def _predict_cifs(texts: Sequence[str], notes: list[tuple[int, str]], judge: bool) -> list[RowPredictions]:
    rows: list[RowPredictions] = []
    candidates: list[tuple[int, Candidate[Crystal]]] = []
    for i, text in enumerate(texts):
        said: list[str] = []
        crystal = parse_row(str(i), text, notes=said)
        notes += [(i, note) for note in said]
        rows.append(crystal.reason if isinstance(crystal, Rejected) else [])
        if not isinstance(crystal, Rejected):
            candidates.append((i, Candidate(str(i), crystal, Origin(FILE))))
    read = predict([candidate for _, candidate in candidates], judge=judge) if candidates else ()
    for (i, _), candidate in zip(candidates, read, strict=True):
        rows[i] = [candidate.predictions[key] for key in ADDED["cif"]]
    return rows


def _predict_smiles(text: str) -> RowPredictions:
    try:
        molecule = read_smiles(split_extension(text)[0])
    except BadInput as error:
        return str(error)
    note = outside_domain(molecule)
    return read_molecule(molecule, note)


def _with_endpoints(texts: Sequence[str], rows: Sequence[RowPredictions]) -> list[RowPredictions]:
    """The same rows, those of molecules with the endpoints of ADMET."""
    good = [i for i, row in enumerate(rows) if not isinstance(row, str)]
    strings = [canonical(read_smiles(split_extension(texts[i])[0])) for i in good]
    molecules = [Candidate(text, Molecule(text), Origin(FILE)) for text in strings]
    found = dict(zip(good, predict_admet(molecules), strict=True))
    return [row if isinstance(row, str) else [*row, *found[i]] for i, row in enumerate(rows)]


# ----------------------------------------------------------------------------------------------------------- tables


def predict_table(
    source: Path,
    out: Path,
    *,
    column: str | None = None,
    using: str | None = None,
    judge: bool = True,
    admet: bool = False,
    on_progress: Callable[[int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Report:
    """Copies a CSV with predictions added: each property's value, ``_unit``, ``_spread``, ``_method``, ``_in_domain``.

    A property without a unit has no column for it. Of formulas and crystals also what MIXTURE names, and ``_known``,
    the value in the table of known phases. Of crystals also what a second potential says of the energies: ``_judge``,
    ``_judge_spread`` and ``_judge_method``. Of an endpoint of ADMET the value alone: ``admet-ai`` states no spread, and
    ``admet_method`` is one for all.

    Args:
        source: table with a column ``formula``, ``cif`` or ``smiles`` (or what ``column`` names); or structures: CIF,
            POSCAR, extended XYZ, a folder or a zip of them.
        out: CSV to write; its last column, ``problem``, says why a row was not read, or a value of it is missing.
        column: "name" of one of KINDS, or "kind=name" where the column bears another name.
        using: a predictor that a user trained, by name, instead of the shipped ones.
        judge: whether that second potential is asked.
        admet: whether the endpoints of ``admet-ai`` are predicted of molecules, too.
        on_progress: called with the rows done.
        cancelled: asked before each batch; what is written stays.

    Raises:
        BadInput: where the file is no such table.
    """
    with (open_structures if holds_structures(source) else open_table)(source) as table:
        kind, name = choose_column(table.columns, column, source)
        keys = ADDED[kind]
        if admet and kind == "smiles" and not using:
            check_available()
            keys = (*keys, *ENDPOINTS)
        if using:
            from matgen_core.workflows.own_properties.predictors import load_predictor

            tuned, label, _unit = load_predictor(using)
            keys = (label,)
            if tuned.backbone.kind != read_as(kind):
                raise BadInput(
                    "{using} takes {kind}, but {source} has {kind2}; choose another predictor, or give a table with a "
                    "column {kind}",
                    using=using,
                    kind=tuned.backbone.kind,
                    source=source,
                    kind2=kind,
                )
        notes = table.notes  # gets more while the rows are read
        if using and tuned.doubt:
            notes.append(tuned.doubt)
        notes.append(Message("{name}: the materials are in the column {column}", name=source.name, column=quote(name)))
        report = Report(kind, out, notes=notes)
        read = partial(_read_batch, name=name, report=report, using=using, judge=judge, admet=admet)
        _copy(table, out, keys, report, read, on_progress, cancelled)
    return report


def _copy(
    table: Table,
    out: Path,
    keys: Sequence[str],
    report: Report,
    read: Callable[[Sequence[Row]], list[RowPredictions]],
    on_progress: Callable[[int], None] | None,
    cancelled: Callable[[], bool] | None,
) -> None:
    """Every row with its predictions, in its place."""
    from defusedcsv import csv as defused

    judged = JUDGED.get(report.kind, ())
    added = [part for key in keys for part in _columns(key, judged)]
    header = [f"read_{key}" if key in table.columns else key for key in added]
    with KeptFile(out) as target:
        writer = defused.writer(target, lineterminator="\n")
        writer.writerow([harmless(cell) for cell in [*table.columns, *header, "problem"]])
        while batch := list(islice(table.rows, _BATCH[report.kind])):
            if cancelled and cancelled():
                break
            for row, prediction in zip(batch, read(batch), strict=True):
                report.rows += 1
                own = [row.cells.get(column, "") for column in table.columns]
                problem = (
                    prediction
                    if isinstance(prediction, str)
                    else why_missing({p.property: p for p in prediction}, keys)
                )
                writer.writerow([harmless(cell) for cell in (*own, *_cells(keys, prediction, judged), problem)])
                if isinstance(prediction, str):
                    report.bad[_shape(prediction)] += 1
                report.lacking += bool(problem) and not isinstance(prediction, str)
                if problem and len(report.examples) < 10:
                    report.examples.append((_place(row), problem))
            target.flush()
            if on_progress:
                on_progress(report.rows)
        target.flush()
        report.path = target.path


def _read_batch(
    batch: Sequence[Row], name: str, report: Report, using: str | None, judge: bool, admet: bool
) -> list[RowPredictions]:
    """Predictions for each row, or its problem; the report gets how a CIF was read that leaves something open."""
    noted: list[tuple[int, str]] = []
    found: list[RowPredictions] = [row.problem for row in batch]
    good = [i for i, row in enumerate(batch) if not row.problem]
    predictions = read_rows(report.kind, [batch[i].cells[name] for i in good], using, noted, judge, admet)
    for i, prediction in zip(good, predictions, strict=True):
        found[i] = prediction
    for i, said in noted:
        report.notes.append(Message("{row}: {note}", row=_place(batch[good[i]]), note=said))
    return found


def _place(row: Row) -> str:
    """Which row it is, with the name of what stands in it: of files, those are all that a user knows."""
    name = row.cells.get("name", "").strip()
    if not name:
        return Message("row {number}", number=row.number)
    return Message("row {number} ({name})", number=row.number, name=Verbatim(quote(name)))


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
                    raise BadInput(
                        "{source} unpacks to more than {most} MB; give fewer rows",
                        source=source.name,
                        most=most // 10**6,
                    )
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(
            "{source} cannot be unpacked ({error}); pack it again", source=source.name, error=type(error).__name__
        ) from None


def choose_column(names: Sequence[str] | None, column: str | None, source: Path) -> tuple[str, str]:
    """Kind and name of the column that is read.

    Raises:
        BadInput: where there is none.
    """
    have = [name for name in names or () if name]
    if not have:
        raise BadInput("{source} has no header line; the first line must name its columns", source=source)
    if column:
        kind, _, name = column.partition("=")
        if kind not in KINDS or (name or kind) not in have:
            shown = ", ".join(map(quote, have[:8]))
            raise BadInput(
                "--column {column}: write formula=NAME with one of {source}'s columns: {shown}",
                column=quote(column),
                source=source,
                shown=shown,
            )
        return kind, name or kind
    if found := find_material(have):
        return found
    shown = ", ".join(map(quote, have[:8]))
    raise BadInput(
        "{source} has no column formula, cif or smiles (it has: {shown}); rename one, or use --column",
        source=source,
        shown=shown,
    )


def _columns(key: str, judged: Sequence[str]) -> list[str]:
    """Columns of one property."""
    if key in ENDPOINTS:
        return [key, "admet_method"] if key == ENDPOINTS[0] else [key]
    stated = [f"{key}_unit"] * _has_unit(key)
    names = [key, *stated, f"{key}_spread", f"{key}_method", f"{key}_in_domain"]
    names += [f"{key}_{name}" for name in MIXTURE.get(key, ())]
    names += [f"{key}_known"] if key in _TABLED else []
    return [*names, *judge_columns(key)] if key in judged else names


def _has_unit(key: str) -> bool:
    """Whether a column states the unit; one of the user's own may have one."""
    return key not in PROPERTIES or bool(PROPERTIES[key].unit)


def _cells(keys: Sequence[str], read: RowPredictions, judged: Sequence[str]) -> list[object]:
    """What stands in the columns of all properties."""
    by_key = {} if isinstance(read, str) else {prediction.property: prediction for prediction in read}
    cells: list[object] = []
    for key in keys:
        count = len(_columns(key, judged))
        if (p := by_key.get(key)) is None:
            cells += [None] * count
            continue
        if key in ENDPOINTS:
            cells += [_short(p.value), p.method][:count]
            continue
        cells += [_short(p.value), *[p.unit] * _has_unit(key), p.spread, p.method, p.in_domain]
        cells += [round_chance(p.zero_chance), _short(p.otherwise)] if key in MIXTURE else []
        cells += [_short(p.known)] if key in _TABLED else []
        cells += judge_cells(p) if key in judged else []
    return cells


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 5)


def _shape(reason: str) -> str:
    """A reason without what is quoted in it, so that like reasons are counted together."""
    import re

    return re.sub(r"'[^']*'", "…", reason)[:120]
