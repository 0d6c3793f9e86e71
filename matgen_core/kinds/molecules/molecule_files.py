"""Molecules of the user's: lines of SMILES, SDF and mol files. Each one accepted or refused with RDKit's own reason."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from matgen_core.chem.molecules.molecule import canonical, problem, read, split_extension
from matgen_core.core.errors import BadInput, quote
from matgen_core.core.messages import Message
from matgen_core.core.records import FILE, Candidate, Molecule, Origin
from matgen_core.core.row_ids import row_id
from matgen_core.files.refused import Item, Refused
from matgen_core.files.tables import MATERIALS, find_encoding
from matgen_core.files.units import find_columns, read_given

#: Heavy atoms of one molecule.
MOST_ATOMS = 300
#: What a user's extension of a SMILES is called among the columns.
EXTENSION = "CXSMILES"


def read_molecule(id_: str, place: str, text: str, name: str = "") -> Item:
    """The molecule of one SMILES; its CXSMILES extension goes along as a column, what follows is its name.

    Args:
        id_: of the candidate.
        place: file and row.
        text: SMILES, perhaps with an extension and a name.
        name: what the user calls it; that of the text where empty.
    """
    smiles, extension, called = split_extension(text)
    try:
        molecule = read(smiles)
    except BadInput as error:
        return Refused(place, str(error))
    if molecule.GetNumAtoms() > MOST_ATOMS:
        return Refused(
            place,
            Message(
                "{molecule} heavy atoms; at most {most_atoms}", molecule=molecule.GetNumAtoms(), most_atoms=MOST_ATOMS
            ),
        )
    columns = {EXTENSION: extension} if extension else {}
    return Candidate(id_, Molecule(canonical(molecule)), Origin(FILE), name=(name or called)[:80], columns=columns)


def read_smiles_lines(name: str, handle: Any) -> Iterator[Item]:
    """One molecule a line: SMILES, extension, name. A first line that names its columns is passed over."""
    encoding = find_encoding(handle)
    handle.seek(0)
    for row, line in enumerate(io.TextIOWrapper(handle, encoding, "replace"), 1):
        smiles, _extension, called = split_extension(line)
        if not smiles or (row == 1 and smiles.lower() in MATERIALS):
            continue
        yield read_molecule(called[:80] or f"{name}:{row}", f"{name}, row {row}", line)


def read_sdf(name: str, handle: Any) -> Iterator[Item]:
    """The records of an SDF, also V3000, or the one of a mol file; their fields are values or columns."""
    from rdkit import Chem, rdBase

    # Sanitised only once its size is known: that, and writing SMILES, take long for what is very large.
    with rdBase.BlockLogs():
        for row, molecule in enumerate(Chem.ForwardSDMolSupplier(handle, sanitize=False, removeHs=False), 1):
            place = f"{name}, record {row}"
            if molecule is None:
                yield Refused(place, "RDKit cannot read it")
            elif molecule.GetNumAtoms() > 3 * MOST_ATOMS:
                yield Refused(
                    place,
                    Message(
                        "{molecule:,} atoms with hydrogens; at most {most_atoms}",
                        molecule=molecule.GetNumAtoms(),
                        most_atoms=3 * MOST_ATOMS,
                    ),
                )
            else:
                yield _record(molecule, row_id(Path(name).stem, row), place)


def _record(molecule: Any, id_: str, place: str) -> Item:
    from rdkit import Chem

    bare = Chem.Mol(molecule)
    try:
        Chem.SanitizeMol(molecule)
        text = Chem.MolToSmiles(Chem.RemoveHs(molecule))
    except (ValueError, RuntimeError) as error:  # RDKit's are ValueErrors
        said = problem(bare) or f"RDKit says: {quote(error, 80)}"
        return Refused(place, Message("it is not a molecule: {said}", said=said))
    if said := problem(bare) if "." in text or not text else "":
        return Refused(place, Message("it is not a molecule: {said}", said=said))
    fields = _fields(molecule)
    title = fields.pop("_Name", "").strip()[:80]
    item = read_molecule(title or id_, place, text, title)
    return item if isinstance(item, Refused) else add_columns(item, place, fields, "smiles")


def _fields(molecule: Any) -> dict[str, str]:
    """Title and fields of a record as text; those of old programs may be in Latin-1."""
    found = {}
    for key in ("_Name", *molecule.GetPropNames()):
        try:
            found[key] = molecule.GetProp(key)
        except KeyError:
            continue
        except UnicodeDecodeError as error:
            found[key] = bytes(error.object).decode("latin-1")
    return found


def add_columns(item: Candidate[Any], place: str, cells: Mapping[str, str], kind: str, *, comma: bool = False) -> Item:
    """The candidate with the values that its row brings along and its other cells, or the row refused for a value.

    Args:
        item: the candidate.
        place: file and row.
        cells: of the row, without the material itself.
        kind: as of :func:`matgen_core.files.units.find_columns`.
        comma: whether a comma in a number is known to be decimal.
    """
    given = find_columns(cells, kind)
    try:
        predictions = read_given(given, cells, comma=comma)
    except BadInput as error:
        return Refused(place, str(error))
    values = {column.name for column in given}
    others = {name: cell for name, cell in cells.items() if name not in values}
    return replace(item.add_predictions(*predictions.values()), columns={**item.columns, **others})
