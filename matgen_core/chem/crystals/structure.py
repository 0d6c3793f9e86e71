"""Between a pymatgen Structure and the symmetric record :class:`~matgen_core.core.records.Crystal`."""

from __future__ import annotations

import math
import os
import warnings
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import numpy as np
import spglib
from numpy.typing import NDArray

from matgen_core.chem.crystals.symmetry import TO_PRIMITIVE, centring, hall_number, symbol, wyckoff_positions
from matgen_core.core.errors import BadInput
from matgen_core.core.messages import Message, Text
from matgen_core.core.records import Crystal, Site

if TYPE_CHECKING:
    from pymatgen.core import Structure

Array = NDArray[np.float64]

#: Å; Materials Project's own choice for its relaxed cells, then tighter ones where that finds nothing consistent.
TOLERANCES = (0.1, 0.01, 0.001)


def from_structure(structure: Structure, tolerances: tuple[float, ...] = TOLERANCES) -> Crystal:
    """The crystal's space group, occupied Wyckoff positions and conventional cell.

    Raises:
        BadInput: for disordered structures, for numbers that are none, and where spglib finds no consistent symmetry.
    """
    if not structure.is_ordered:
        raise BadInput(
            "{formula} is disordered; give an ordered structure (one element on each site)", formula=structure.formula
        )
    if not (np.isfinite(structure.lattice.matrix).all() and np.isfinite(structure.frac_coords).all()):
        # spglib would bring the whole process down
        raise BadInput(
            "{formula}: a cell length, an angle or a coordinate is not a number; write one", formula=structure.formula
        )
    # Of each tolerance that fails spglib's C code writes to the terminal by itself; the next one may find the symmetry.
    os.environ.setdefault("SPGLIB_WARNING", "OFF")
    cell = (structure.lattice.matrix, structure.frac_coords, [site.specie.Z for site in structure])
    reason: Text = Message("spglib found no symmetry")
    for tolerance in tolerances:
        found = spglib.get_symmetry_dataset(cell, symprec=tolerance)
        if found is None:
            continue
        standard, dataset = hall_number(found.number), found
        if found.hall_number != standard:
            dataset = spglib.get_symmetry_dataset(cell, symprec=tolerance, hall_number=standard)
        if dataset is None:
            continue
        try:
            return _from_dataset(dataset, tolerance)
        except BadInput as error:
            reason = str(error)
    raise BadInput(
        "{formula}: {reason}; check the cell for overlapping or duplicated atoms",
        formula=structure.formula,
        reason=reason,
    )


def _from_dataset(dataset: spglib.SpglibDataset, tolerance: float) -> Crystal:
    table = wyckoff_positions(int(dataset.number))
    lattice = np.asarray(dataset.std_lattice)
    orbit_of_primitive = dict(zip(dataset.mapping_to_primitive, dataset.crystallographic_orbits, strict=True))
    letter_of_orbit = dict(zip(dataset.crystallographic_orbits, dataset.wyckoffs, strict=True))
    orbits: dict[int, list[int]] = defaultdict(list)
    for atom, primitive in enumerate(dataset.std_mapping_to_primitive):
        orbits[orbit_of_primitive[primitive]].append(atom)
    slack = 2.0 * tolerance / float(np.linalg.norm(lattice, axis=1).min())
    sites = []
    for orbit, atoms in orbits.items():
        position = table[letter_of_orbit[orbit]]
        if position.multiplicity != len(atoms):
            raise BadInput(
                "an orbit of {n_atoms} atoms does not fit {multiplicity}{letter}",
                n_atoms=len(atoms),
                multiplicity=position.multiplicity,
                letter=position.letter,
            )
        solutions = position.solve(dataset.std_positions[atoms], max(slack, 1e-3))
        if len(solutions) == 0:
            raise BadInput(
                "no atom lies on the representative of {multiplicity}{letter}",
                multiplicity=position.multiplicity,
                letter=position.letter,
            )
        # Any solution names the same orbit; the first in order is as good as any and always the same one.
        rounded = np.round(solutions, 5) % 1.0
        chosen = solutions[np.lexsort(rounded.T[::-1])[0]] if position.free_axes else solutions[0]
        element = _symbol(int(dataset.std_types[atoms[0]]))
        sites.append(Site(position.letter, element, tuple(float(value) for value in chosen)))
    return Crystal(int(dataset.number), sort_sites(sites), cell_parameters(lattice))


def _symbol(number: int) -> str:
    from pymatgen.core import Element

    return str(Element.from_Z(number).symbol)


def sort_sites(sites: list[Site] | tuple[Site, ...]) -> tuple[Site, ...]:
    """Sites in the order in which the networks write them: by letter (special first), then element, then position."""
    return tuple(sorted(sites, key=lambda s: (s.letter.isupper(), s.letter, s.element, s.coordinates)))


def cell_parameters(matrix: Array) -> tuple[float, float, float, float, float, float]:
    """a, b, c (Å) and alpha, beta, gamma (degrees) of a cell matrix (rows are vectors)."""
    a, b, c = (float(np.linalg.norm(row)) for row in matrix)

    def angle(u: Array, v: Array) -> float:
        return math.degrees(math.acos(float(np.clip(u @ v / np.linalg.norm(u) / np.linalg.norm(v), -1, 1))))

    return a, b, c, angle(matrix[1], matrix[2]), angle(matrix[0], matrix[2]), angle(matrix[0], matrix[1])


def to_structure(crystal: Crystal, primitive: bool = True) -> Structure:
    """The crystal as a pymatgen Structure, atom by atom, orbit after orbit.

    Args:
        crystal: the record.
        primitive: the smallest cell with the same translations; otherwise the conventional cell.
    """
    from pymatgen.core import Lattice, Structure

    table = wyckoff_positions(crystal.space_group)
    letter = symbol(crystal.space_group)[0] if primitive else "P"
    transform = np.array(TO_PRIMITIVE.get(letter, np.eye(3)))
    points = centring(crystal.space_group) if primitive else 1
    matrix = transform @ np.asarray(Lattice.from_parameters(*crystal.lattice).matrix)
    species: list[str] = []
    positions = []
    for site in crystal.sites:
        orbit = table[site.letter].orbit(site.coordinates)
        # Reduced orbit by orbit, so that two sites that (wrongly) coincide both survive to be rejected later.
        orbit = _distinct(orbit @ np.linalg.inv(transform), len(orbit) // points)
        species += [site.element] * len(orbit)
        positions.append(orbit)
    return Structure(Lattice(matrix), species, np.concatenate(positions))


def _distinct(positions: Array, count: int) -> Array:
    """The first ``count`` positions that differ by more than a lattice vector (all are translations of these)."""
    kept: list[Array] = []
    for position in positions:
        if len(kept) == count:
            break
        if all(np.abs((position - other + 0.5) % 1.0 - 0.5).max() > 1e-6 for other in kept):
            kept.append(position)
    return np.array(kept) % 1.0


def formula_counts(crystal: Crystal) -> Counter[str]:
    """Atoms of each element in the primitive cell."""
    table, points = wyckoff_positions(crystal.space_group), centring(crystal.space_group)
    counts: Counter[str] = Counter()
    for site in crystal.sites:
        counts[site.element] += table[site.letter].multiplicity // points
    return counts


def reduced_formula(crystal: Crystal) -> str:
    """Reduced formula, written as pymatgen writes it."""
    from pymatgen.core import Composition

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of noble gases, which have no electronegativity to be ordered by
        return str(Composition(dict(formula_counts(crystal))).reduced_formula)
