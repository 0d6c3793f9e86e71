"""Distance to the convex hull of known phases.

The hull is kept as its vertices only: phases that are stable in their own chemical system. One linear programme a
composition finds the mixture of them with the lowest energy (Akbarzadeh et al. 2007).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from matgen_core.types import MissingReference

#: Fewer known formulas than this with all the elements together: the hull may be too shallow there.
FEW = 3
_SYMBOL = re.compile(r"[A-Z][a-z]?")


@dataclass(frozen=True, slots=True)
class HullReading:
    """Where a material stands against the known phases.

    Args:
        e_above_hull: eV/atom; negative: below everything known.
        products: reduced formula and share of atoms of what it would decompose into.
        known: known formulas made of exactly these elements.
    """

    e_above_hull: float
    products: tuple[tuple[str, float], ...]
    known: int

    @property
    def few_known(self) -> bool:
        """Whether so little is known of these elements together that the hull may be too shallow."""
        return self.known < FEW


class Hull:
    """The convex hull of phases.

    Args:
        formulas: (N,) reduced formulas.
        energies: (N,) formation energies, eV/atom.
        known: number of known formulas by chemical system ("Fe-O").
    """

    def __init__(
        self, formulas: NDArray[np.str_], energies: NDArray[np.float64], known: Mapping[str, int] | None = None
    ) -> None:
        # Fractions are worked out where they are asked for: for all of them it would take seconds at every start.
        self._systems: dict[frozenset[str], list[tuple[str, float]]] = {}
        for formula, energy in zip(formulas.tolist(), energies.tolist(), strict=True):
            self._systems.setdefault(frozenset(_SYMBOL.findall(formula)), []).append((formula, energy))
        self._known = dict(known or {})

    def formulas(self) -> list[str]:
        """Reduced formulas of the phases."""
        return [formula for phases in self._systems.values() for formula, _ in phases]

    def read(self, composition: Mapping[str, float], energy: float) -> HullReading:
        """Energy above the hull of a composition (amounts by element) with a formation energy in eV/atom."""
        total = sum(composition.values())
        fractions = {element: amount / total for element, amount in composition.items()}
        ground, products = self.ground_state(fractions)
        return HullReading(energy - ground, products, self._known.get("-".join(sorted(fractions)), 0))

    def ground_state(self, fractions: Mapping[str, float]) -> tuple[float, tuple[tuple[str, float], ...]]:
        """Energy (eV/atom) and phases, with shares of atoms, of the best mixture of known phases."""
        from scipy.optimize import linprog

        elements = sorted(fractions)
        phases = self.phases(elements)
        target = np.array([fractions[e] for e in elements])
        matrix = np.array([[phase[1].get(e, 0.0) for phase in phases] for e in elements])
        energies = np.array([phase[2] for phase in phases])
        result = linprog(energies, A_eq=matrix, b_eq=target, bounds=(0, None), method="highs-ds")
        if result.status != 0:
            raise MissingReference(f"no mixture of known phases makes {dict(fractions)}; rebuild assets/reference")
        shares = tuple((phases[j][0], float(w)) for j, w in enumerate(result.x) if w > 1e-6)
        return float(result.fun), tuple(sorted(shares, key=lambda share: -share[1]))

    def phases(self, elements: Sequence[str]) -> list[tuple[str, dict[str, float], float]]:
        """Formula, atomic fractions and formation energy (eV/atom) of every vertex made of some of these elements."""
        found = [(element, {element: 1.0}, 0.0) for element in elements]
        for size in range(2, len(elements) + 1):
            for system in combinations(elements, size):
                found += [(f, fractions_of(f), energy) for f, energy in self._systems.get(frozenset(system), [])]
        return found


@lru_cache(maxsize=200_000)
def _fractions(formula: str) -> tuple[tuple[str, float], ...]:
    from pymatgen.core import Composition

    return tuple((str(e), float(x)) for e, x in Composition(formula).fractional_composition.items())


def fractions_of(formula: str) -> dict[str, float]:
    """Atomic fractions of a formula."""
    return dict(_fractions(formula))


def find_vertices(formulas: NDArray[np.str_], energies: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(N,) which phases are stable in their own chemical system, found from small systems to large ones.

    Args:
        formulas: (N,) reduced formulas, each once.
        energies: (N,) lowest formation energy of each, eV/atom.
    """
    fractions = [fractions_of(formula) for formula in formulas.tolist()]
    systems: dict[frozenset[str], list[int]] = {}
    for i, entry in enumerate(fractions):
        systems.setdefault(frozenset(entry), []).append(i)
    stable = np.zeros(len(formulas), dtype=bool)
    for system in sorted(systems, key=len):
        # A phase above a mixture of other phases of its system or of stable ones of smaller systems is no vertex.
        members = [i for i in systems[system] if energies[i] < 0]
        if len(system) == 1 or not members:
            continue
        below = [j for size in range(2, len(system)) for s in combinations(sorted(system), size)
                 for j in systems.get(frozenset(s), ()) if stable[j]]  # fmt: skip
        names = formulas[below + members]
        hull = Hull(names, energies[below + members])
        for i in members:
            stable[i] = energies[i] <= hull.ground_state(fractions[i])[0] + 1e-8
    return stable
