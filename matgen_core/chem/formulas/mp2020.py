"""Formation energies from uncorrected PBE energies, with references in the scheme of the Materials Project's MP2020.

MP2020 (Wang et al. 2021) corrects an energy by one constant for each anion (three for oxygen: oxides, peroxides,
superoxides) and one for each metal that was computed with a Hubbard U. The correction and the energy of the pure
element are both linear in the composition, so one fit finds both: ``e_form = e - sum_t x_t c_t``, where the terms of
:func:`terms` share out the atoms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pymatgen.core import Structure

#: Metals computed with a Hubbard U in oxides and fluorides.
HUBBARD = frozenset({"Co", "Cr", "Fe", "Mn", "Mo", "Ni", "V", "W"})
#: Elements that have a correction where they are anions.
ANIONS = frozenset({"H", "N", "O", "F", "Si", "S", "Cl", "Se", "Br", "Sb", "Te", "I"})
#: Å; two oxygens nearer than this are a superoxide, or a peroxide.
_SUPEROXIDE, _PEROXIDE = 1.4, 1.6
#: eV/atom; a residual beyond it counts less (Huber).
_HUBER = 0.01
_ROUNDS = 40


def terms(structure: Structure) -> dict[str, float]:
    """Share of atoms of each term; an element stands alone, as an anion, or as a metal in an oxide or a fluoride.

    Args:
        structure: any cell.
    """
    counts = {str(element): float(amount) for element, amount in structure.composition.element_composition.items()}
    total, anions = sum(counts.values()), find_anions(structure.composition.reduced_formula)
    oxidised = "O" in counts or "F" in counts
    shares = {}
    for element, amount in counts.items():
        name = element
        if element in anions:
            name = f"O in {_oxide(structure)}" if element == "O" else f"{element} as anion"
        elif oxidised and element in HUBBARD:
            name = f"{element} in oxides and fluorides"
        shares[name] = amount / total
    return shares


@lru_cache(maxsize=50_000)
def find_anions(formula: str) -> frozenset[str]:
    """Elements that MP2020 takes for anions: the most electronegative, and those with a negative oxidation state.

    Oxidation states are pymatgen's guess for the formula, as in the Materials Project; without one only the most
    electronegative element is an anion.

    >>> sorted(find_anions("Fe2(SO4)3")), sorted(find_anions("FeS2")), sorted(find_anions("BiOCl")), find_anions("Si")
    (['O'], ['S'], ['Cl', 'O'], frozenset())
    """
    from pymatgen.core import Composition

    composition = Composition(formula)
    if len(composition) < 2:
        return frozenset()
    scale = {element.symbol: element.X for element in composition}
    found = {max(scale, key=lambda symbol: (scale[symbol] if scale[symbol] == scale[symbol] else 0.0, symbol))}
    try:
        guesses = composition.oxi_state_guesses(max_sites=-20)
    except ValueError:  # a formula that cannot be made small enough to guess
        guesses = ()
    if guesses:
        found |= {symbol for symbol, state in guesses[0].items() if state < 0}
    return frozenset(found & ANIONS)


def _oxide(structure: Structure) -> str:
    first, second, _images, distances = structure.get_neighbor_list(_PEROXIDE)
    oxygen = np.array([site.specie.symbol == "O" for site in structure])
    pairs = distances[oxygen[first] & oxygen[second]] if len(distances) else distances
    if not len(pairs):
        return "oxides"
    return "superoxides" if pairs.min() < _SUPEROXIDE else "peroxides"


def fit_terms(
    shares: Sequence[Mapping[str, float]], energies: NDArray[np.float64], formation: NDArray[np.float64]
) -> dict[str, float]:
    """Energy of each term, eV/atom, that best turns energies into formation energies.

    A robust linear fit (iteratively reweighted, Huber's weights).

    Args:
        shares: N mappings from :func:`terms`.
        energies: (N,) uncorrected energies, eV/atom.
        formation: (N,) formation energies, eV/atom.
    """
    names = sorted({name for row in shares for name in row})
    matrix = np.array([[row.get(name, 0.0) for name in names] for row in shares])
    target = energies - formation
    weight: NDArray[np.float64] = np.ones(len(target))
    solution: NDArray[np.float64] = np.zeros(len(names))
    for _ in range(_ROUNDS):
        root = np.sqrt(weight)
        solution = np.asarray(np.linalg.lstsq(matrix * root[:, None], target * root, rcond=None)[0])
        weight = np.asarray(np.minimum(1.0, _HUBER / np.maximum(np.abs(target - matrix @ solution), 1e-9)))
    return {name: round(float(value), 5) for name, value in zip(names, solution, strict=True)}


def formation_energy(energy: float, shares: Mapping[str, float], references: Mapping[str, float]) -> float | None:
    """Formation energy in eV/atom from an uncorrected energy in eV/atom; None where a term has no reference."""
    if any(name not in references for name in shares):
        return None
    return energy - sum(share * references[name] for name, share in shares.items())
