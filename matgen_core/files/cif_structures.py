"""From the text of a CIF to its structures, each held against what the file itself says of it.

The symmetry is taken from the operations; only where there are none, from the Hall symbol, the Hermann–Mauguin symbol
with its setting, or the number. Where the file leaves the setting open (origin choice 1 or 2, hexagonal or rhombohedral
axes), the cell and the formula sum must decide; where they do not, the structure is refused.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.crystals.space_group_settings import (
    Setting,
    fits_cell,
    group_number,
    parse_operation,
    settings_by_hall,
    settings_by_name,
    standard_settings,
)
from matgen_core.core.errors import BadInput, quote
from matgen_core.core.messages import Message, join
from matgen_core.files.cif_checks import Facts, read_facts
from matgen_core.files.cif_sites import AtomSite, read_sites
from matgen_core.files.cif_syntax import Block, read_blocks

if TYPE_CHECKING:
    from pymatgen.core import Structure

Array = NDArray[np.float64]

#: A CIF of more characters, sites times operations, or atoms in its cell is refused before anything slow is done with
#: it: reading takes time as the second, finding the symmetry as a power of the third (2,000 atoms: 5 s).
LONGEST_CIF, MOST_POINTS, MOST_ATOMS = 5_000_000, 20_000, 1_000
_MOST_OPERATIONS = 1_000  # 192 are the most that a group has in a cell of the tables
#: Å. Images of a site nearer than the first are one atom on a special position; atoms nearer than the second are none.
_ONE_ATOM, NEAREST = 0.2, 0.5
_NAMES = (
    "_symmetry_space_group_name_h-m",
    "_space_group_name_h-m_alt",
    "_space_group_name_h-m_full",
    "_space_group_name_h-m_ref",
    "_space_group_name_h-m",
)
_OPERATIONS = (
    "_space_group_symop_operation_xyz",
    "_symmetry_equiv_pos_as_xyz",
    "_space_group_symop_magn_operation_xyz",
)
_CENTRINGS = ("_space_group_symop_magn_centering_xyz", "_space_group_symop_magn_centring_xyz")


@dataclass(frozen=True, slots=True)
class CifStructure:
    """What one data block holds.

    Args:
        name: of the block.
        structure: all atoms of the cell that the file describes; None where it is refused.
        reason: why it is refused; "" where it is not.
        note: what was decided that the file leaves open; "" where nothing was.
    """

    name: str
    structure: Structure | None
    reason: str = ""
    note: str = ""


def read_cif(text: str) -> list[CifStructure]:
    """The structures of every data block, in order; blocks without atoms are passed over where another has some.

    Raises:
        BadInput: where the text is no CIF, or holds no structure at all.
    """
    if len(text) > LONGEST_CIF:
        raise BadInput(
            "the CIF has {n_text:,} characters; at most {longest_cif:,}", n_text=len(text), longest_cif=LONGEST_CIF
        )
    blocks = read_blocks(text)
    found = []
    for block in [b for b in blocks if _has_atoms(b)] or blocks[:1]:
        try:
            structure, note = read_block(block)
            found.append(CifStructure(block.name, structure, note=note))
        except BadInput as error:
            found.append(CifStructure(block.name, None, str(error)))
    return found


def _has_atoms(block: Block) -> bool:
    return any(tag.startswith("_atom_site_") and not tag.startswith("_atom_site_aniso") for tag in block.values)


def read_block(block: Block) -> tuple[Structure, str]:
    """The structure of one block, and a note where the formula sum decided what the file leaves open.

    Raises:
        BadInput: naming what is missing, what cannot be read, or what does not agree with the rest of the file.
    """
    from pymatgen.core import Structure

    if any(tag.startswith(("_cell_modulation", "_space_group_ssg")) for tag in block.values):
        raise BadInput("the structure is modulated; give a periodic approximant")
    facts = read_facts(block)
    lattice = _lattice(block, facts)
    sites = read_sites(block, facts.elements)
    if not sites:
        raise BadInput("the CIF cannot be read: no site of it is occupied")
    fits = []
    differences: list[BadInput] = []
    settings = _settings(block, lattice, facts)
    for setting in settings:
        try:
            atoms = _expand(sites, setting, lattice)
            facts.check([site.element for site, _ in atoms], [site.isotope for site, _ in atoms], lattice)
            fits.append((setting, atoms))
        except BadInput as error:
            differences.append(error)
    if not fits:
        raise differences[0]
    chosen, atoms = _decide(fits, facts)
    note = ""
    if len(settings) > 1:
        note = Message(
            "the file does not say its setting; {chosen} alone agrees with its formula sum and was taken",
            chosen=chosen.name,
        )
    structure = Structure(lattice, [site.element for site, _ in atoms], np.array([place for _, place in atoms]))
    _check_distances(structure, [site.label for site, _ in atoms])
    return structure, note


def _lattice(block: Block, facts: Facts) -> Array:
    from pymatgen.core import Lattice

    values = []
    for name in ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma"):
        value = block.number(f"_cell_{name}")
        if value is None:
            raise BadInput("the CIF cannot be read: it has no _cell_{name}", name=name)
        values.append(value)
    if not all(0.5 < length < 1e9 for length in values[:3]) or not all(1 < angle < 179 for angle in values[3:]):
        raise BadInput(
            "the CIF cannot be read: no cell has lengths and angles {values}",
            values=join((f"{v:g}" for v in values), ", "),
        )
    with np.errstate(invalid="ignore"):
        matrix = np.asarray(Lattice.from_parameters(*values).matrix)
    if not np.isfinite(matrix).all() or abs(np.linalg.det(matrix)) < 1e-3:
        raise BadInput(
            "the CIF cannot be read: no cell has lengths and angles {values}",
            values=join((f"{v:g}" for v in values), ", "),
        )
    facts.check_volume(float(abs(np.linalg.det(matrix))))
    return matrix


# ---------------------------------------------------------------------------------------------------------- symmetry


def _settings(block: Block, lattice: Array, facts: Facts) -> list[Setting]:
    """The settings in which the file can be read: one, or several where it leaves that open."""
    name = block.text(*_NAMES)
    number = int(block.number("_space_group_it_number", "_symmetry_int_tables_number") or 0)
    choice = block.text("_space_group_it_coordinate_system_code")
    named = settings_by_name(name, choice) if name else ()
    operations = _operations(block)
    if operations:
        stated = named[0].number if named else number
        found = [Setting(name, group_number(operations), "", operations)]
        if stated and found[0].number not in (0, stated) and not facts.units_are_known:
            raise BadInput(
                "the symmetry operations are of space group {number}, the file says {stated}; give the "
                "operations of all the group, or the formula sum and Z",
                number=found[0].number,
                stated=stated,
            )
    else:
        hall = block.text("_space_group_name_hall", "_symmetry_space_group_name_hall")
        found = list((settings_by_hall(hall) if hall else ()) or named)
        if not found and name:
            raise BadInput("the setting {name} is not known; give the symmetry operations", name=quote(name))
        found = found or list(standard_settings(number))
        if not found and (facts.units_are_known or facts.density):
            found = list(settings_by_name("P 1"))  # every atom is listed, or the file's own numbers will say no
        if not found:
            raise BadInput("the CIF gives no symmetry; give the operations (for P1: 'x, y, z') or the space group")
        if number and found[0].number != number:
            raise BadInput(
                "the space group {name} is number {number}, the file says {number2}",
                name=quote(name or hall),
                number=found[0].number,
                number2=number,
            )
    fitting = [setting for setting in found if fits_cell(setting.matrices[0], lattice)]
    if not fitting:
        raise BadInput(
            "the cell does not have the symmetry of {found}; check both", found=quote(found[0].name or "the operations")
        )
    unique_b = [s for s in fitting if 3 <= s.number <= 15 and s.name.split()[1:2] == ["1"]]
    return unique_b if len(fitting) > 1 and unique_b else fitting


def _operations(block: Block) -> tuple[str, ...]:
    """The operations as written, time reversal left out, those of a magnetic group times its centrings."""
    texts = [",".join(text.split(",")[:3]) for text in block.column(*_OPERATIONS)]
    centrings = [",".join(text.split(",")[:3]) for text in block.column(*_CENTRINGS)]
    if len(texts) * max(1, len(centrings)) > _MOST_OPERATIONS:
        raise BadInput("the CIF has {n_texts:,} symmetry operations; give a smaller cell", n_texts=len(texts))
    if not centrings or not texts:
        return tuple(texts)
    combined = []
    for text in texts:
        rotation, translation = parse_operation(text)
        for centring in centrings:
            total = np.array(translation) + parse_operation(centring)[1]
            rows = ["".join(f"{n:+d}{axis}" for n, axis in zip(row, "xyz", strict=True) if n) for row in rotation]
            rows = [row.replace("1", "") + f"+{shift % 1:.6f}" for row, shift in zip(rows, total, strict=True)]
            combined.append(",".join(rows))
    return tuple(combined)


def _expand(sites: list[AtomSite], setting: Setting, lattice: Array) -> list[tuple[AtomSite, Array]]:
    """Every atom of the cell: the images of each site, those on a special position once."""
    rotations, translations = setting.matrices
    if len(rotations) * len(sites) > MOST_POINTS:
        raise BadInput(
            "the CIF has {n_sites:,} sites and {n_rotations:,} operations; give a smaller cell",
            n_sites=len(sites),
            n_rotations=len(rotations),
        )
    atoms = []
    for site in sites:
        start = np.array(site.position)
        shifts = rotations @ start + translations - start
        shifts -= np.round(shifts)
        on_it = np.linalg.norm(shifts @ lattice, axis=1) < _ONE_ATOM
        # The mean of the images that coincide lies on the special position, however few digits the file has.
        images = (rotations @ (start + shifts[on_it].mean(axis=0)) + translations) % 1.0
        atoms += [(site, place) for place in _apart(images, lattice)]
        if len(atoms) > MOST_ATOMS:
            raise BadInput(
                "{n_atoms:,} atoms in the cell; at most {most_atoms:,}", n_atoms=len(atoms), most_atoms=MOST_ATOMS
            )
    return atoms


def _apart(images: Array, lattice: Array) -> list[Array]:
    kept: list[Array] = []
    for image in images:
        if kept:
            shifts = np.array(kept) - image
            shifts -= np.round(shifts)
            if np.linalg.norm(shifts @ lattice, axis=1).min() < _ONE_ATOM / 2:
                continue
        kept.append(image)
    return kept


def _decide(
    fits: list[tuple[Setting, list[tuple[AtomSite, Array]]]], facts: Facts
) -> tuple[Setting, list[tuple[AtomSite, Array]]]:
    """The one setting, with its atoms, that the formula sum means, where several agree with the file.

    Raises:
        BadInput: where nothing decides.
    """
    if len(fits) == 1:
        return fits[0]
    exact = [fit for fit in fits if facts.is_whole_cell(Counter(site.element for site, _ in fit[1]))]
    if len(exact) == 1:
        return exact[0]
    names = ", ".join(setting.name for setting, _ in fits)
    raise BadInput(
        "the file does not say its setting, and several agree with it ({names}); name one of them", names=names
    )


def _check_distances(structure: Structure, labels: list[str]) -> None:
    first, second, _, distances = structure.get_neighbor_list(NEAREST)
    if len(distances):
        i = int(np.argmin(distances))
        raise BadInput(
            "{labels} and {labels2} are {distances:.2f} Å apart; an atom is listed twice, or the setting is wrong",
            labels=quote(labels[first[i]]),
            labels2=quote(labels[second[i]]),
            distances=distances[i],
        )
