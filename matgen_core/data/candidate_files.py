"""The user's own materials from files: tables, structures, folders and zips, SDF, SMILES. Each row has its answer.

Everything is read as it comes, so that memory does not grow with the rows. An archive is read member by member, within
bounds of size; nothing of it is written to disk.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from matgen_core.data.crystals import Rejected, parse_row
from matgen_core.data.formulas import reduce_formula
from matgen_core.data.given import Column, find_columns, read_cell
from matgen_core.data.structure_files import (
    STRUCTURE_ENDINGS,
    decode,
    is_hidden,
    is_structure_file,
    name_structures,
    read_structure_file,
    walk_structures,
)
from matgen_core.messages import quote
from matgen_core.types import BadInput, Candidate, Crystal, Formula, Molecule, Origin

#: Endings that are read.
ENDINGS = (".csv", ".zip", ".sdf", ".smi", *STRUCTURE_ENDINGS)
#: Most that one member, one archive and one structure may be.
LONGEST_MEMBER, LONGEST_TOTAL, MOST_MEMBERS, MOST_ATOMS = 5_000_000, 500_000_000, 50_000, 300
_COLUMNS = {"cif": "cif", "formula": "formula", "composition": "formula", "smiles": "smiles"}
_IDS = ("id", "material_id", "name")


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that cannot be used.

    Args:
        place: file and row, for the user.
        reason: why.
    """

    place: str
    reason: str


Item = Candidate[Any] | Refused


def read_files(paths: list[Path]) -> Iterator[Item]:
    """Candidates and refused rows of files and folders, in their order; what bears one name is kept apart by its place.

    Raises:
        BadInput: for a path that is not there or of no known ending.
    """
    for path in paths:
        if not path.exists():
            raise BadInput(f"{path} does not exist; give files ({', '.join(ENDINGS)}) or a folder of CIFs")
        if path.is_file() and path.suffix.lower() not in ENDINGS and not is_structure_file(path.name):
            raise BadInput(f"{path} has no known ending; use one of {', '.join(ENDINGS)}")
    yield from _keep_apart(item for path in paths for item in _read_path(path))


def read_upload(name: str, data: bytes) -> Iterator[Item]:
    """The same of one uploaded file, which stays in memory."""
    yield from read_uploads([(name, data)])


def read_uploads(files: list[tuple[str, bytes]]) -> Iterator[Item]:
    """The same of several, with their names."""
    yield from _keep_apart(item for name, data in files for item in _read_bytes(name, io.BytesIO(data)))


def _keep_apart(items: Iterator[Item]) -> Iterator[Item]:
    """A row is its place in its file: of two rows of one name, the later one's id says how many came before it."""
    seen: dict[int, int] = {}
    for item in items:
        if isinstance(item, Refused):
            yield item
            continue
        id_ = item.id
        while hash(id_) in seen:
            seen[hash(item.id)] += 1
            id_ = f"{item.id} ({seen[hash(item.id)]})"
        seen[hash(id_)] = 1
        yield item if id_ == item.id else replace(item, id=id_)


def _read_path(path: Path) -> Iterator[Item]:
    if path.is_dir():
        files = walk_structures(path)
        if not files:
            yield Refused(str(path), f"no file of structures in it ({', '.join(STRUCTURE_ENDINGS)}, POSCAR)")
        for file in files:
            name = file.relative_to(path).as_posix()
            with file.open("rb") as handle:
                yield from _structures(name, name, handle.read(LONGEST_MEMBER + 1))
        return
    with path.open("rb") as handle:
        yield from _read_bytes(path.name, handle)


def _read_bytes(name: str, handle: Any) -> Iterator[Item]:
    ending = Path(name).suffix.lower()
    if ending == ".zip":
        yield from _read_zip(name, handle)
    elif is_structure_file(name):
        yield from _structures(name, name, handle.read(LONGEST_MEMBER + 1))
    elif ending == ".sdf":
        yield from _read_sdf(name, handle)
    elif ending == ".smi":
        for row, line in enumerate(io.TextIOWrapper(handle, "utf-8", "replace"), 1):
            parts = line.split(maxsplit=1)
            if parts:
                yield _molecule(parts[1].strip() if len(parts) > 1 else f"{name}:{row}", f"{name}, row {row}", parts[0])
    elif ending == ".csv":
        yield from _read_csv(name, handle)
    else:
        yield Refused(name, f"no known ending; use one of {', '.join(ENDINGS)}")


def _read_csv(name: str, handle: Any) -> Iterator[Item]:
    csv.field_size_limit(LONGEST_MEMBER)
    reader = csv.DictReader(io.TextIOWrapper(handle, "utf-8-sig", "replace", newline=""))
    try:
        columns = {str(c).strip().lower(): c for c in reader.fieldnames or () if c}
    except csv.Error as error:
        yield Refused(name, f"not a CSV ({error})")
        return
    found = next((c for c in _COLUMNS if c in columns), None)
    if found is None:
        have = ", ".join(map(quote, list(columns.values())[:8])) or "none"
        yield Refused(name, f"no column cif, formula or smiles (it has: {have}); rename one")
        return
    kind, column = _COLUMNS[found], columns[found]
    given = find_columns(name for name in columns.values() if name != column)
    id_column = next((columns[c] for c in _IDS if c in columns), None)
    own = {column, *(c.name for c in given)}
    others = [name for name in columns.values() if name not in own]
    row = 0
    while True:
        row += 1
        try:
            entry = next(reader, None)
        except csv.Error as error:
            yield Refused(f"{name}, row {row}", f"not a CSV from there on ({error})")
            return
        if entry is None:
            return
        text, place = str(entry.get(column) or "").strip(), f"{name}, row {row}"
        id_ = str(entry.get(id_column) or "").strip()[:80] if id_column else ""
        id_ = id_ or f"{Path(name).stem}-{row}"
        if not text:
            yield Refused(place, f"the {kind} is empty")
        else:
            read = {"cif": _crystal, "smiles": _molecule, "formula": _formula}[kind]
            item = _add_given(read(id_, place, text), place, given, entry)
            yield item if isinstance(item, Refused) else replace(item, columns=_others(entry, others))


def _others(entry: Mapping[str, object], names: list[str]) -> dict[str, str]:
    """The cells of the row that are neither the material nor a value, as they were written."""
    return {name: str(entry.get(name) or "") for name in names}


def _add_given(item: Item, place: str, given: list[Column], entry: Mapping[str, object]) -> Item:
    """The candidate with the values that its row brings along, or the row refused for one of them."""
    if isinstance(item, Refused):
        return item
    try:
        readings = [read_cell(column, str(entry.get(column.name) or "")) for column in given]
    except BadInput as error:
        return Refused(place, str(error))
    return item.add_predictions(*(reading for reading in readings if reading is not None))


def _read_zip(name: str, handle: Any) -> Iterator[Item]:
    try:
        with zipfile.ZipFile(handle) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
            if len(members) > MOST_MEMBERS or sum(m.file_size for m in members) > LONGEST_TOTAL:
                yield Refused(name, f"more than {MOST_MEMBERS:,} files or {LONGEST_TOTAL // 10**6} MB unpacked")
                return
            for member in members:
                place = f"{name}/{member.filename[-60:]}"
                if is_hidden(member.filename):
                    continue
                if not is_structure_file(member.filename):
                    yield Refused(place, f"not a file of structures ({', '.join(STRUCTURE_ENDINGS)}, POSCAR)")
                elif member.file_size > LONGEST_MEMBER:
                    yield Refused(place, f"{member.file_size:,} bytes; at most {LONGEST_MEMBER:,}")
                else:
                    with archive.open(member) as file:  # what the header says of its size is not believed
                        data = file.read(LONGEST_MEMBER + 1)
                    yield from _structures(_within(member.filename), place, data)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, ValueError) as error:
        yield Refused(name, f"the archive cannot be read ({type(error).__name__})")
    except Exception as error:  # zlib and lzma raise their own
        yield Refused(name, f"the archive is damaged ({type(error).__name__})")


def _read_sdf(name: str, handle: Any) -> Iterator[Item]:
    from rdkit import Chem, rdBase

    # Sanitised only once its size is known: that, and writing SMILES, take long for what is very large.
    with rdBase.BlockLogs():
        for row, molecule in enumerate(Chem.ForwardSDMolSupplier(handle, sanitize=False, removeHs=False), 1):
            place = f"{name}, record {row}"
            if molecule is None:
                yield Refused(place, "RDKit cannot read it")
                continue
            if molecule.GetNumAtoms() > 3 * MOST_ATOMS:
                yield Refused(place, f"{molecule.GetNumAtoms():,} atoms with hydrogens; at most {3 * MOST_ATOMS}")
                continue
            try:
                Chem.SanitizeMol(molecule)
                text = Chem.MolToSmiles(Chem.RemoveHs(molecule))
                title = molecule.GetProp("_Name").strip()[:80] if molecule.HasProp("_Name") else ""
            except (ValueError, RuntimeError, UnicodeDecodeError) as error:  # RDKit's are ValueErrors
                yield Refused(
                    place, f"no sound molecule ({quote(str(error).splitlines()[0] if str(error) else '', 80)})"
                )
                continue
            yield _molecule(title or f"{Path(name).stem}-{row}", place, text)


def _within(name: str) -> str:
    """The path of a member within its archive, without what would lead out of it."""
    parts = name.replace("\\", "/").split("/")
    return "/".join(part for part in parts if part not in ("", ".", "..") and not part.endswith(":"))


def _structures(name: str, place: str, data: bytes) -> Iterator[Item]:
    """Every structure of one file."""
    if len(data) > LONGEST_MEMBER:
        yield Refused(place, f"more than {LONGEST_MEMBER:,} bytes; give a smaller file")
        return
    text = decode(data)
    ids, found = name_structures(name, text), read_structure_file(name, text)
    for id_, one in zip(ids, found, strict=True):
        where = place if len(found) == 1 else f"{place}, {one.name}"
        yield Refused(where, one.reason) if one.crystal is None else _accept(id_[-80:], where, one.crystal)


def _crystal(id_: str, place: str, text: str) -> Item:
    crystal = parse_row(id_, text)
    return Refused(place, crystal.reason) if isinstance(crystal, Rejected) else _accept(id_, place, crystal)


def _accept(id_: str, place: str, crystal: Crystal) -> Item:
    from matgen_core.chem.structure import formula_counts

    atoms = sum(formula_counts(crystal).values())
    if atoms > MOST_ATOMS:
        return Refused(place, f"{atoms} atoms in the primitive cell; at most {MOST_ATOMS}")
    return Candidate(id_, crystal, Origin("file"), name=id_)


def _molecule(id_: str, place: str, text: str) -> Item:
    from matgen_core.chem.molecule import canonical, parse

    molecule = parse(text) if len(text) < 1000 else None
    if molecule is None:
        return Refused(place, f"{quote(text)} is no molecule")
    if molecule.GetNumAtoms() > MOST_ATOMS:
        return Refused(place, f"{molecule.GetNumAtoms()} heavy atoms; at most {MOST_ATOMS}")
    return Candidate(id_, Molecule(canonical(molecule)), Origin("file"), name=id_)


def _formula(id_: str, place: str, text: str) -> Item:
    try:
        return Candidate(id_, Formula(reduce_formula(text)), Origin("file"), name=id_)
    except BadInput as error:
        return Refused(place, str(error))
