"""Every file that holds crystal structures, read in one place: CIF (also magnetic), POSCAR, extended XYZ, pw.in, JSON.

The formats are those that the app writes and those that its users bring. A file may hold several structures; each is
read by itself, or refused with its reason. The formats share one file: each is a short function.
"""

from __future__ import annotations

import io
import json
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from matgen_core.chem.crystals.structure import formula_counts, from_structure
from matgen_core.core.errors import BadInput, MatGenError, quote
from matgen_core.core.messages import Message, Text, join
from matgen_core.core.records import Crystal
from matgen_core.core.row_ids import file_id
from matgen_core.files.cif_structures import MOST_ATOMS, NEAREST, read_cif
from matgen_core.kinds.crystals.known.rows import ELEMENTS

if TYPE_CHECKING:
    from pymatgen.core import Structure

#: Endings of files of structures. POSCAR and CONTCAR are known by their names, whatever follows.
STRUCTURE_ENDINGS = (".cif", ".mcif", ".vasp", ".poscar", ".xyz", ".extxyz", ".in", ".json")
_BLOCK = re.compile(r"^\s*data_", re.IGNORECASE | re.MULTILINE)
_BY_NAME = re.compile(r"(?:POSCAR|CONTCAR)(?:$|[._-])", re.IGNORECASE)


#: Where a structure carries its note from the reader of its format.
_NOTE = "matgen_note"
#: Warnings about a library's code, of which no file is the cause.
_OF_CODE = (DeprecationWarning, PendingDeprecationWarning, FutureWarning, ImportWarning, ResourceWarning)
#: Letters of a warning that are passed on.
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class FoundCrystal:
    """One structure of a file.

    Args:
        name: as the file calls it: the data block, the record; "" where it has none.
        crystal: with its symmetry; None where it is refused.
        reason: why it is refused; "" where it is not.
        note: what was decided that the file leaves open; "" where nothing was.
    """

    name: str
    crystal: Crystal | None
    reason: str = ""
    note: str = ""


def is_structure_file(name: str) -> bool:
    """Whether a file of this name is read here.

    >>> is_structure_file("run1/POSCAR"), is_structure_file("B.CIF"), is_structure_file("a.sdf")
    (True, True, False)
    """
    path = PurePath(name.replace("\\", "/"))
    return path.suffix.lower() in STRUCTURE_ENDINGS or bool(_BY_NAME.match(path.name))


def decode(data: bytes) -> str:
    """The text of a file: UTF-8 with or without its mark, UTF-16 with its mark, else Latin-1 (older databases)."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def walk_structures(folder: Path) -> list[Path]:
    """Files of structures in a folder and the folders in it, sorted; hidden ones and those of archivers are none."""
    files = (path for path in folder.rglob("*") if is_structure_file(path.name) and path.is_file())
    return sorted(path for path in files if not is_hidden(path.relative_to(folder).as_posix()))


def is_hidden(name: str) -> bool:
    """Whether a system or an archiver made this file for itself: ``.DS_Store``, ``__MACOSX/…``."""
    parts = PurePath(name.replace("\\", "/")).parts
    return any(part == "__MACOSX" or (part.startswith(".") and part.strip(".") != "") for part in parts)


def name_structures(name: str, text: str) -> list[str]:
    """What to call each structure of a file: the file's name, and where it holds several, that of each beside it."""
    path = PurePath(name.replace("\\", "/"))
    stem = str(path.with_suffix("")) if path.suffix.lower() in STRUCTURE_ENDINGS else str(path)
    several = path.suffix.lower() in (".xyz", ".extxyz", ".json") or len(_BLOCK.findall(text)) > 1
    found = read_structure_file(name, text) if several else ()
    if len(found) < 2:
        return [file_id(path, stem)]
    return [file_id(path, stem, one.name or str(number)) for number, one in enumerate(found, 1)]


# The rows of one file follow one another, so that each file is read once.
@lru_cache(maxsize=2)
def read_structure_file(name: str, text: str) -> tuple[FoundCrystal, ...]:
    """The crystals of one file, in its order; never raises: what cannot be read is refused with its reason.

    Args:
        name: of the file; its ending tells the format.
        text: what it holds.
    """
    path = PurePath(name.replace("\\", "/"))
    ending = ".poscar" if _BY_NAME.match(path.name) else path.suffix.lower()
    read = _READERS.get(ending, _read_cif)
    try:
        found = tuple(_read_noting(read(text)))
        reason: Text = Message("it contains no structure")
    except MatGenError as error:
        found, reason = (), str(error)
    except Exception as error:  # the libraries' readers raise many kinds; each file's failure is the file's own
        found = ()
        reason = Message("it cannot be read ({error}: {error2})", error=type(error).__name__, error2=quote(error, 120))
    return found or (FoundCrystal("", None, reason),)


def _read_noting(structures: _Labelled) -> Iterator[FoundCrystal]:
    """Each structure with what its library warned of while it was read, as its note."""
    while True:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            found = next((_found(label, structure) for label, structure in structures), None)
        if found is None:
            return
        words = [" ".join(str(w.message).split())[:_LONGEST] for w in said if not issubclass(w.category, _OF_CODE)]
        yield replace(found, note=join(dict.fromkeys((*filter(None, [found.note]), *words)))) if words else found


def read_one_structure(name: str, text: str, number: int | None = None) -> FoundCrystal:
    """One crystal of a file.

    Args:
        name: of the file.
        text: what it holds.
        number: which structure of it, from 0; None where there may be only one, as in the cell of a table.
    """
    if not text.strip():
        reason = Message("the cif cell is empty")
        return FoundCrystal("", None, reason)
    found = read_structure_file(name, text)
    if number is None and len(found) > 1:
        reason = Message("the cell contains {n_found} structures; give each a row of its own", n_found=len(found))
        return FoundCrystal("", None, reason)
    return found[number or 0]


def _found(label: str, structure: Structure | str) -> FoundCrystal:
    if isinstance(structure, str):
        return FoundCrystal(label, None, structure)
    try:
        return FoundCrystal(label, to_crystal(structure), note=(structure.properties or {}).get(_NOTE, ""))
    except MatGenError as error:
        return FoundCrystal(label, None, str(error))


def to_crystal(structure: Structure) -> Crystal:
    """The crystal with its symmetry.

    Raises:
        BadInput: for what is too large, disordered, or of elements that the networks do not know.
    """
    if len(structure) > MOST_ATOMS:
        raise BadInput(
            "{n_structure:,} atoms in the cell; at most {most_atoms:,}",
            n_structure=len(structure),
            most_atoms=MOST_ATOMS,
        )
    try:
        crystal = from_structure(structure)
    except MatGenError:
        raise
    except Exception as error:  # spglib and numpy raise their own for cells that are none
        raise BadInput(
            "its symmetry cannot be found ({error}: {error2})", error=type(error).__name__, error2=quote(error, 80)
        ) from None
    first, second, _, distances = structure.get_neighbor_list(NEAREST)
    if len(distances):
        one, other = (structure[int(atoms[distances.argmin()])].specie for atoms in (first, second))
        raise BadInput(
            "{one} and {other} are {distances:.2f} Å apart; an atom is listed twice",
            one=one,
            other=other,
            distances=distances.min(),
        )
    read, shares = formula_counts(crystal), structure.composition.fractional_composition.as_dict()
    if any(abs(read[element] / read.total() - share) > 1e-6 for element, share in shares.items()):
        raise BadInput(
            "with its symmetry {formula} would become another composition; give coordinates with more digits",
            formula=structure.formula,
        )
    unknown = [site.element for site in crystal.sites if site.element not in ELEMENTS]
    if unknown:
        raise BadInput("the networks were not trained on the element {unknown}", unknown=unknown[0])
    return crystal


# ----------------------------------------------------------------------------------------------------------- formats

_Labelled = Iterator[tuple[str, "Structure | str"]]


def _read_cif(text: str) -> _Labelled:
    for found in read_cif(text):
        if found.structure is not None and found.note:
            found.structure.properties = {_NOTE: found.note}
        yield found.name, found.structure if found.structure is not None else found.reason


def _read_poscar(text: str) -> _Labelled:
    """POSCAR of VASP 4 (elements in the first line) and later."""
    from pymatgen.core import Element
    from pymatgen.io.vasp import Poscar

    lines = text.splitlines()
    counts = lines[5].split() if len(lines) > 5 else []
    first = lines[0].split() if lines else []
    older = bool(counts) and all(word.isdigit() for word in counts)
    names = first if older and len(first) == len(counts) and all(map(Element.is_valid_symbol, first)) else None
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        poscar = Poscar.from_str(text, default_names=names, read_velocities=False)
    if any("false names" in str(warning.message) for warning in said):
        raise BadInput("this POSCAR names no elements; write their symbols in line 6, above the numbers of atoms")
    for warning in said:
        warnings.warn(warning.message, warning.category, stacklevel=1)
    yield "", poscar.structure


def _read_xyz(text: str) -> _Labelled:
    """Extended XYZ: each frame with its cell (Lattice="…" in its second line)."""
    from ase.io import iread
    from pymatgen.io.ase import AseAtomsAdaptor

    if "lattice=" not in text.lower():
        raise BadInput('this XYZ has no cell; write Lattice="…" in line 2 (extended XYZ), or bring a molecule as SDF')
    for number, atoms in enumerate(iread(io.StringIO(text), index=":", format="extxyz"), 1):
        if atoms.cell.rank < 3:
            reason = Message("this XYZ has no cell of three lengths; write all of them in Lattice")
            yield str(number), reason
        else:
            yield str(number), AseAtomsAdaptor.get_structure(atoms)


def _read_espresso(text: str) -> _Labelled:
    """Input of Quantum ESPRESSO's pw.x."""
    from ase.io import read
    from pymatgen.io.ase import AseAtomsAdaptor

    if "ATOMIC_POSITIONS" not in text.upper():
        raise BadInput("this is not an input of pw.x (it has no ATOMIC_POSITIONS)")
    yield "", AseAtomsAdaptor.get_structure(read(io.StringIO(text), format="espresso-in"))


def _read_json(text: str) -> _Labelled:
    """What the app writes (records with a CIF), or pymatgen's structures."""
    from pymatgen.core import Structure

    try:
        loaded = json.loads(text)
    except (ValueError, RecursionError):
        raise BadInput("this is not JSON") from None
    for number, record in enumerate(loaded if isinstance(loaded, list) else [loaded], 1):
        label = str(record.get("id") or number) if isinstance(record, dict) else str(number)
        if not isinstance(record, dict) or not ("cif" in record or "lattice" in record):
            reason = Message("the record contains neither a CIF nor a pymatgen structure")
            yield label, reason
            continue
        yield from ((label, entry) for entry in _of_record(record, Structure))


def _of_record(record: dict[str, Any], structure: type[Structure]) -> Iterator[Structure | str]:
    try:
        if "cif" in record:
            yield from (entry for _, entry in _read_cif(str(record["cif"])))
        else:
            yield structure.from_dict(record)
    except MatGenError as error:
        yield str(error)
    except Exception as error:  # pymatgen raises many kinds for a damaged record
        reason = Message(
            "the record cannot be read ({error}: {error2})", error=type(error).__name__, error2=quote(error, 80)
        )
        yield reason


_READERS: dict[str, Callable[[str], _Labelled]] = {
    ".poscar": _read_poscar,
    ".vasp": _read_poscar,
    ".xyz": _read_xyz,
    ".extxyz": _read_xyz,
    ".in": _read_espresso,
    ".json": _read_json,
}
