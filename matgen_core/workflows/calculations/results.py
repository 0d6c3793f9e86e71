"""Results of calculations beside the predictions: read, matched to their candidates, compared.

Three kinds of files are read: tables with a column id and values of properties, ``vasprun.xml`` of VASP, and JSON of
atomate2 (task documents, alone, in a list, or as outputs of jobflow). A result belongs to the candidate whose id it
carries, or whose folder (see :mod:`matgen_core.workflows.calculations.follow_up`) it lies in.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from matgen_core.core.errors import BadInput, quote
from matgen_core.core.messages import Message, Text, join
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate, Computed, Crystal
from matgen_core.files.refused import Refused
from matgen_core.files.tables import find_column, open_table
from matgen_core.files.units import find_columns, read_given
from matgen_core.kinds.crystals.files.candidate_files import formula_text, to_cif, write_table
from matgen_core.kinds.crystals.files.first_principles import folder_of
from matgen_core.workflows.calculations.finished import Calculation, read_task, read_vasprun

#: Bytes that a zip may hold.
LONGEST_TOTAL = 500_000_000
_MEGABYTES = LONGEST_TOTAL // 10**6
ENDINGS = (".csv", ".tsv", ".xml", ".xml.gz", ".json", ".json.gz")


@dataclass(frozen=True, slots=True)
class Result:
    """What a file says of one candidate.

    Args:
        id: of the candidate.
        place: file, and row where it is a table.
        values: by property key.
        crystal: the relaxed structure; None where the file has none.
    """

    id: str
    place: str
    values: Mapping[str, Computed]
    crystal: Crystal | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A computed value beside a predicted one.

    Args:
        id: of the candidate.
        property: key.
        computed: value.
        predicted: value.
        method: that predicted it.
        role: of that model in the run.
    """

    id: str
    property: str
    computed: float
    predicted: float
    method: Text
    role: str


@dataclass(frozen=True, slots=True)
class PredictorError:
    """How well one predictor did on what was computed.

    Args:
        property: key.
        method: of the predictor.
        count: candidates that have both values.
        mean_absolute: error, in the unit of the property.
        bias: mean of predicted minus computed.
    """

    property: str
    method: Text
    count: int
    mean_absolute: float
    bias: float


# ---------------------------------------------------------------------------------------------------------- reading


def read_results(paths: Sequence[Path], candidates: Sequence[Candidate[Any]]) -> Iterator[Result | Refused]:
    """Results in files and folders, in the order of their paths; what cannot be used says why.

    Args:
        paths: files of :data:`ENDINGS`, and folders of them.
        candidates: to which the results may belong.

    Raises:
        BadInput: for a path that is not there or of no known ending.
    """
    names = _names(candidates)
    for path in paths:
        if not path.exists():
            raise BadInput("{path} does not exist; give files ({endings}) or a folder", path=path, endings=_endings())
        files = sorted(file for file in path.rglob("*") if _is_result(file)) if path.is_dir() else [path]
        if not path.is_dir() and not path.name.lower().endswith(ENDINGS):
            raise BadInput("{path} has no known ending; use one of {endings}", path=path, endings=_endings())
        if not files:
            yield Refused(str(path), Message("no file of results in it ({endings})", endings=_endings()))
        for file in files:
            yield from _read_file(file, names)


def _endings() -> Text:
    return join(ENDINGS, ", ")


def _is_result(file: Path) -> bool:
    """A folder of calculations is full of other XML and JSON: its own manifest, flows, pieces of the scheduler."""
    name = file.name.lower()
    if name.startswith("vasprun") and ".xml" in name:
        return True
    return name.endswith((".csv", ".tsv", ".json", ".json.gz")) and name not in ("manifest.json", "flows.json")


def _names(candidates: Sequence[Candidate[Any]]) -> dict[str, str]:
    """Ids by what a result may call its candidate: the id itself, or the folder."""
    return {name: c.id for c in candidates for name in (folder_of(c), c.id)}


def _read_file(file: Path, names: Mapping[str, str]) -> Iterator[Result | Refused]:
    name = file.name.lower()
    try:
        if name.endswith((".csv", ".tsv")):
            yield from _read_table(file, names)
        elif ".xml" in name:
            yield _of_candidate(read_vasprun(file), str(file), names, [*reversed(file.parts)])
        else:
            yield from _read_json(file, names)
    except BadInput as error:
        yield Refused(str(file), error.message)


def _read_table(file: Path, names: Mapping[str, str]) -> Iterator[Result | Refused]:
    with open_table(file) as table:
        column = find_column(table.columns, "id", "matgen_id", "candidate")
        if column is None:
            raise BadInput("no column id (it has: {have}); rename one", have=join(map(quote, table.columns[:8]), ", "))
        given = find_columns(table.columns)
        if not given:
            raise BadInput(
                "no column of a property (it has: {have}); name one such as band_gap or formation_energy",
                have=join(map(quote, table.columns[:8]), ", "),
            )
        for row in table.rows:
            place = f"{file.name}, row {row.number}"
            try:
                if row.problem:
                    raise BadInput(row.problem)
                found = read_given(given, row.cells, comma=table.decimal_comma)
                values = {k: Computed(p.value, file.name, p.note) for k, p in found.items() if p.value is not None}
                yield _of_candidate(Calculation(values), place, names, [row.cells[column]])
            except BadInput as error:
                yield Refused(place, error.message)


def _read_json(file: Path, names: Mapping[str, str]) -> Iterator[Result | Refused]:
    import gzip

    try:
        data = file.read_bytes()
        documents = json.loads(gzip.decompress(data) if file.suffix == ".gz" else data)
    except (OSError, ValueError, EOFError) as error:
        raise BadInput(
            "it is not complete JSON ({error}); write the task documents again", error=type(error).__name__
        ) from None
    for number, document in enumerate(documents if isinstance(documents, list) else [documents], start=1):
        place = f"{file.name}, document {number}" if isinstance(documents, list) else str(file)
        try:
            called, task = _unwrap(document)
            yield _of_candidate(read_task(task), place, names, [*called, *reversed(file.parts)])
        except BadInput as error:
            yield Refused(place, error.message)


def _unwrap(document: Any) -> tuple[list[str], Mapping[str, Any]]:
    """What a document calls its candidate, and the task document in it: it may be the output of a job of jobflow."""
    if not isinstance(document, dict):
        raise BadInput("it is not a task document of atomate2; give what the store of jobflow has as output")
    metadata = document.get("metadata") or {}
    called = [str(metadata["matgen_id"])] if isinstance(metadata, dict) and "matgen_id" in metadata else []
    inner = document.get("output")
    task = inner if isinstance(inner, dict) and "output" in inner else document
    folder = str(task.get("dir_name") or "")
    return [*called, str(document.get("name") or ""), *reversed(Path(folder.split(":")[-1]).parts)], task


def _of_candidate(found: Calculation, place: str, names: Mapping[str, str], called: Iterable[str]) -> Result | Refused:
    parts = [part for part in called if part]
    id_ = next((names[part] for part in parts if part in names), None)
    if id_ is None:
        shown = quote(parts[0]) if parts else quote("")
        return Refused(
            place,
            Message("no candidate is called {name}; name its id, or the folder that follow-up wrote", name=shown),
        )
    if not found.values:
        return Refused(place, Message("it has no value of a property"))
    return Result(id_, place, found.values, found.crystal)


def unpack(files: Iterable[tuple[str, bytes]], folder: Path) -> list[Path]:
    """Uploaded files written to ``folder``, zips unpacked, as paths that :func:`read_results` reads.

    Raises:
        BadInput: for a zip that is damaged or too large.
    """
    paths = []
    for number, (name, data) in enumerate(files):
        place = folder / str(number)
        place.mkdir()
        if not name.lower().endswith(".zip"):
            (place / Path(name).name).write_bytes(data)
            paths.append(place / Path(name).name)
            continue
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                if sum(member.file_size for member in archive.infolist()) > LONGEST_TOTAL:
                    raise BadInput("{name} holds more than {most} MB; give it in parts", name=name, most=_MEGABYTES)
                archive.extractall(place)  # zipfile keeps members within the folder
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, zlib.error) as error:
            raise BadInput(
                "{name} cannot be unpacked ({error}); zip it again", name=name, error=type(error).__name__
            ) from None
        paths.append(place)
    return paths


# -------------------------------------------------------------------------------------------------------- comparing


def add_results(candidates: Sequence[Candidate[Any]], results: Iterable[Result]) -> tuple[Candidate[Any], ...]:
    """The candidates with what was computed of them; of two values of one property the later one counts."""
    found: dict[str, dict[str, Computed]] = {}
    for result in results:
        found.setdefault(result.id, {}).update(result.values)
    return tuple(replace(c, computed={**c.computed, **found[c.id]}) if c.id in found else c for c in candidates)


def differences(candidates: Sequence[Candidate[Any]]) -> list[Difference]:
    """Each computed value beside what each model predicted of it."""
    found = []
    for candidate in candidates:
        for key, computed in candidate.computed.items():
            prediction = candidate.predictions.get(key)
            if prediction is None:
                continue
            said = [(prediction.value, prediction.method, prediction.role)]
            if prediction.judged is not None:
                said.append((prediction.judged.value, prediction.judged.method, prediction.judged.role))
            found += [
                Difference(candidate.id, key, computed.value, value, method, role)
                for value, method, role in said
                if value is not None
            ]
    return found


def predictor_errors(found: Sequence[Difference]) -> list[PredictorError]:
    """Error of each predictor on what was computed, by property."""
    groups: dict[tuple[str, Text], list[float]] = {}
    for one in found:
        groups.setdefault((one.property, one.method), []).append(one.predicted - one.computed)
    return [
        PredictorError(key, method, len(errors), float(np.mean(np.abs(errors))), float(np.mean(errors)))
        for (key, method), errors in groups.items()
    ]


# ---------------------------------------------------------------------------------------------------------- writing


def to_comparison_csv(candidates: Sequence[Candidate[Any]]) -> str:
    """A row for each computed value: candidate, property, unit, computed, predicted by each model, differences."""
    rows = [
        (
            d.id,
            d.property,
            PROPERTIES[d.property].unit,
            d.computed,
            d.method,
            d.role,
            d.predicted,
            d.predicted - d.computed,
        )
        for d in differences(candidates)
    ]
    header = ("id", "property", "unit", "computed", "predicted_by", "role", "predicted", "difference")
    return write_table(header, rows)


def to_training_csv(candidates: Sequence[Candidate[Crystal]], results: Sequence[Result]) -> str:
    """Rows to teach a predictor of one's own: the computed structure where there is one, and what was computed."""
    crystals = {result.id: result.crystal for result in results if result.crystal is not None}
    done = [c for c in candidates if c.computed]
    keys = list(dict.fromkeys(key for c in done for key in c.computed))
    rows = []
    for c in done:
        relaxed = replace(c, material=crystals.get(c.id, c.material))
        values = [computed.value if (computed := c.computed.get(key)) else None for key in keys]
        rows.append((c.id, formula_text(relaxed.material), *values, to_cif(relaxed)))
    return write_table(("id", "formula", *keys, "cif"), rows)
