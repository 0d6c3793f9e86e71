"""The user's own materials from files: tables, structures, folders and zips, SDF, SMILES. Each row has its answer.

Everything is read as it comes, so that memory does not grow with the rows. An archive is read member by member, within
bounds of size; nothing of it is written to disk.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from matgen_core.core.errors import BadInput
from matgen_core.core.messages import Message, join
from matgen_core.core.records import FILE, Candidate, Crystal, Origin
from matgen_core.files.refused import Item as Item
from matgen_core.files.refused import Refused as Refused
from matgen_core.files.tables import MATERIALS, count_rows
from matgen_core.kinds.crystals.files.structure_files import (
    STRUCTURE_ENDINGS,
    decode,
    is_hidden,
    is_structure_file,
    name_structures,
    read_structure_file,
    walk_structures,
)
from matgen_core.kinds.crystals.known.row_building import Rejected, parse_row
from matgen_core.kinds.molecules.molecule_files import read_sdf, read_smiles_lines
from matgen_core.workflows.screening.table_files import read_table_rows

#: Endings that are read.
TABLE_ENDINGS = (".csv", ".tsv")
ENDINGS = (*TABLE_ENDINGS, ".zip", ".sdf", ".mol", ".smi", *STRUCTURE_ENDINGS)
#: Most that one member, one archive and one structure may be.
LONGEST_MEMBER, LONGEST_TOTAL, MOST_MEMBERS, MOST_ATOMS = 5_000_000, 500_000_000, 50_000, 300


def read_files(paths: list[Path], notes: list[str] | None = None) -> Iterator[Item]:
    """Candidates and refused rows of files and folders, in their order; what bears one name is kept apart by its place.

    Args:
        paths: files and folders.
        notes: gets what the user must know of how they were read, such as which column was taken for what.

    Raises:
        BadInput: for a path that is not there or of no known ending.
    """
    for path in paths:
        if not path.exists():
            raise BadInput(
                "{path} does not exist; give files ({endings}) or a folder of CIFs",
                path=path,
                endings=join(ENDINGS, ", "),
            )
        if path.is_file() and path.suffix.lower() not in ENDINGS and not is_structure_file(path.name):
            raise BadInput("{path} has no known ending; use one of {endings}", path=path, endings=join(ENDINGS, ", "))
    said: list[str] = [] if notes is None else notes
    yield from _keep_apart(item for path in paths for item in _read_path(path, said))


def read_uploads(files: list[tuple[str, bytes]], notes: list[str] | None = None) -> Iterator[Item]:
    """The same of uploaded files by name, which stay in memory; ``notes`` as of :func:`read_files`."""
    said: list[str] = [] if notes is None else notes
    yield from _keep_apart(item for name, data in files for item in _read_bytes(name, io.BytesIO(data), said))


def count_items(files: Sequence[tuple[str, bytes]], most: int | None = None) -> int | None:
    """How many items :func:`read_uploads` gives of files, counted up to ``most``, without reading one of them.

    A file of structures counts once, whether in an archive or not, since only reading tells whether it holds several.

    Returns:
        None where a file does not say how many it holds.
    """
    counts = [_count(name, data, most) for name, data in files]
    if None in counts:
        return None
    total = sum(count or 0 for count in counts)
    return total if most is None else min(total, most)


def _count(name: str, data: bytes, most: int | None) -> int | None:
    ending = Path(name).suffix.lower()
    if ending in TABLE_ENDINGS:
        return count_rows(data, most)
    if ending == ".smi":
        lines = [line.split()[0].decode("ascii", "replace").lower() for line in data.splitlines() if line.strip()]
        return len(lines) - (bool(lines) and lines[0] in MATERIALS)
    if ending in (".sdf", ".mol"):
        return len([part for part in re.split(rb"^\$\$\$\$.*$", data, flags=re.MULTILINE) if part.strip()])
    if ending != ".zip":
        return 1
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return sum(1 for m in archive.infolist() if not m.is_dir() and not is_hidden(m.filename))
    except (zipfile.BadZipFile, OSError, ValueError):
        return None


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


def _read_path(path: Path, notes: list[str]) -> Iterator[Item]:
    if path.is_dir():
        files = walk_structures(path)
        if not files:
            yield Refused(
                str(path),
                Message(
                    "no file of structures in it ({structure_endings}, POSCAR)",
                    structure_endings=join(STRUCTURE_ENDINGS, ", "),
                ),
            )
        for file in sorted(path.rglob("*")):
            name = file.relative_to(path).as_posix()
            if file.suffix.lower() in ENDINGS and not is_structure_file(name) and not is_hidden(name):
                yield Refused(name, "of a folder, only files of structures are read; give this one by itself")
        for file in files:
            name = file.relative_to(path).as_posix()
            with file.open("rb") as handle:
                yield from _structures(name, name, handle.read(LONGEST_MEMBER + 1), notes)
        return
    with path.open("rb") as handle:
        yield from _read_bytes(path.name, handle, notes)


def _read_bytes(name: str, handle: Any, notes: list[str]) -> Iterator[Item]:
    ending = Path(name).suffix.lower()
    if ending == ".zip":
        yield from _read_zip(name, handle, notes)
    elif is_structure_file(name):
        yield from _structures(name, name, handle.read(LONGEST_MEMBER + 1), notes)
    elif ending in (".sdf", ".mol"):
        yield from read_sdf(name, handle)
    elif ending == ".smi":
        yield from read_smiles_lines(name, handle)
    elif ending in TABLE_ENDINGS:
        yield from read_table_rows(name, handle, partial(_crystal, notes=notes), notes)
    else:
        yield Refused(name, Message("no known ending; use one of {endings}", endings=join(ENDINGS, ", ")))


def _unusable(member: zipfile.ZipInfo) -> Message | None:
    """Why a file of an archive is not read, or None."""
    if not is_structure_file(member.filename):
        endings = join(STRUCTURE_ENDINGS, ", ")
        return Message("not a file of structures ({structure_endings}, POSCAR)", structure_endings=endings)
    if member.file_size > LONGEST_MEMBER:
        return Message(
            "{file_size:,} bytes; at most {longest_member:,}",
            file_size=member.file_size,
            longest_member=LONGEST_MEMBER,
        )
    return None


def _read_zip(name: str, handle: Any, notes: list[str]) -> Iterator[Item]:
    try:
        with zipfile.ZipFile(handle) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
            if len(members) > MOST_MEMBERS or sum(m.file_size for m in members) > LONGEST_TOTAL:
                yield Refused(
                    name,
                    Message(
                        "more than {most_members:,} files or {longest_total} MB unpacked",
                        most_members=MOST_MEMBERS,
                        longest_total=LONGEST_TOTAL // 10**6,
                    ),
                )
                return
            for member in members:
                place = f"{name}/{member.filename[-60:]}"
                if is_hidden(member.filename):
                    continue
                if (reason := _unusable(member)) is not None:
                    yield Refused(place, reason)
                else:
                    with archive.open(member) as file:  # what the header says of its size is not believed
                        data = file.read(LONGEST_MEMBER + 1)
                    yield from _structures(_within(member.filename), place, data, notes)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, ValueError) as error:
        yield Refused(name, Message("the archive cannot be read ({error})", error=type(error).__name__))
    except Exception as error:  # zlib and lzma raise their own
        yield Refused(name, Message("the archive is damaged ({error})", error=type(error).__name__))


def _within(name: str) -> str:
    """The path of a member within its archive, without what would lead out of it."""
    parts = name.replace("\\", "/").split("/")
    return "/".join(part for part in parts if part not in ("", ".", "..") and not part.endswith(":"))


def _structures(name: str, place: str, data: bytes, notes: list[str]) -> Iterator[Item]:
    """Every structure of one file; ``notes`` gets what was decided that the file leaves open."""
    if len(data) > LONGEST_MEMBER:
        yield Refused(
            place, Message("more than {longest_member:,} bytes; give a smaller file", longest_member=LONGEST_MEMBER)
        )
        return
    text = decode(data)
    ids, found = name_structures(name, text), read_structure_file(name, text)
    for id_, one in zip(ids, found, strict=True):
        where = place if len(found) == 1 else f"{place}, {one.name}"
        if one.note:
            note = Message("{where}: {note}", where=where, note=one.note)
            notes.append(note)
        yield Refused(where, one.reason) if one.crystal is None else _accept(id_[-80:], where, one.crystal)


def _crystal(id_: str, place: str, text: str, notes: list[str]) -> Item:
    said: list[str] = []
    crystal = parse_row(id_, text, notes=said)
    for note in said:
        notes.append(Message("{where}: {note}", where=place, note=note))
    return Refused(place, crystal.reason) if isinstance(crystal, Rejected) else _accept(id_, place, crystal)


def _accept(id_: str, place: str, crystal: Crystal) -> Item:
    from matgen_core.chem.crystals.structure import formula_counts

    atoms = sum(formula_counts(crystal).values())
    if atoms > MOST_ATOMS:
        return Refused(
            place,
            Message("{atoms} atoms in the primitive cell; at most {most_atoms}", atoms=atoms, most_atoms=MOST_ATOMS),
        )
    return Candidate(id_, crystal, Origin(FILE), name=id_)
