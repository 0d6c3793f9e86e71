"""Distance to the convex hull of known phases.

The hull is kept as its vertices only: phases that are stable in their own chemical system. One linear programme a
composition finds the mixture of them with the lowest energy (Akbarzadeh et al. 2007).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.formulas.formula_writing import write_formula
from matgen_core.core.errors import MissingReference
from matgen_core.core.messages import Message, join

#: With fewer known formulas of exactly these elements the hull may be too shallow: of two elements fewer than this, of
#: more elements none. Leaving one known phase out shows how much: in 1 of 20 systems of two elements with 0, 1 or 2
#: other formulas the hull lies 4.1, 2.5 or 1.6 eV/atom deeper, with more 0.5; of three elements 0.19 with none or with
#: many; of four 0.11 with none, 0.05 with many (:func:`measure_depths`).
FEW = {2: 3}
_SYMBOL = re.compile(r"[A-Z][a-z]?")


@dataclass(frozen=True, slots=True)
class HullDistance:
    """Where a material stands against the known phases.

    Args:
        e_above_hull: eV/atom; negative: below everything known. None where no known phase holds an element of it
            together with another, since the hull says nothing there.
        products: reduced formula and share of atoms of the mixture of known phases with the lowest energy.
        known: known formulas made of exactly these elements.
        elements: how many elements.
        apart: elements that no known phase holds together with another element of it.
        own: formula of the composition itself, where it is a phase of the hull.
    """

    e_above_hull: float | None
    products: tuple[tuple[str, float], ...]
    known: int
    elements: int = 2
    apart: tuple[str, ...] = ()
    own: str | None = None

    @property
    def few_known(self) -> bool:
        """Whether so little is known of these elements together that the hull may be too shallow."""
        return self.own is None and few_known(self.elements, self.known)

    def describe(self) -> str:
        """What the distance is measured from, in words."""
        products = " + ".join(f"{share:.2f} {write_formula(name)}" for name, share in self.products)
        if self.e_above_hull is None:
            names = ", ".join(self.apart)
            words = Message(
                "no known phase contains {names} together with another of these elements, so the hull is unknown",
                names=names,
            )
        elif self.elements == 1:
            words = Message("relative to the ground state of the element")
        elif self.own is not None and self.e_above_hull > 0:
            words = Message(
                "{own} lies on the known hull, and this prediction lies above it", own=write_formula(self.own)
            )
        elif self.e_above_hull > 0:
            words = Message("decomposes into {products}", products=products)
        else:
            words = Message("not above the hull of the known phases")
        few = shallow_text(self.known)
        return join((words, few)) if self.few_known else words


def few_known(elements: int, known: int) -> bool:
    """Whether the hull of so many elements may be too shallow, with so many known formulas of exactly these."""
    return elements > 1 and known < FEW.get(elements, 1)


def shallow_text(known: int) -> str:
    """That so many known formulas of exactly these elements are too few, in words."""
    few = Message(
        "only {known} known formulas of these elements: the energy above hull may be underestimated", known=known
    )
    if known == 0:
        few = Message("no known formula of these elements: the energy above hull may be underestimated")
    elif known == 1:
        few = Message("only 1 known formula of these elements: the energy above hull may be underestimated")
    return few


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

    def with_phases(self, phases: Mapping[str, float], new: Collection[str] = ()) -> Hull:
        """This hull with further phases, each where it is stable or lies below the phase of its formula.

        Args:
            phases: formation energy (eV/atom) by reduced formula; of elements none counts, since theirs is 0.
            new: those of them that are not among the known formulas yet.
        """
        made = Hull(np.array([], dtype=str), np.array([]), self._known)
        made._systems = dict(self._systems)
        for formula in new:
            elements = "-".join(sorted(set(_SYMBOL.findall(formula))))
            made._known[elements] = made._known.get(elements, 0) + 1
        # From small systems to large ones: a phase of fewer elements decides what is stable among more.
        for system in sorted({frozenset(_SYMBOL.findall(formula)) for formula in phases}, key=len):
            if len(system) == 1:
                continue
            lowest = dict(made._systems.get(system, []))
            for formula, energy in phases.items():
                if frozenset(_SYMBOL.findall(formula)) == system:
                    lowest[formula] = min(energy, lowest.get(formula, energy))
            made._systems[system] = list(lowest.items())
            made._systems[system] = [
                (formula, energy)
                for formula, energy in lowest.items()
                if energy <= made.ground_state(fractions_of(formula))[0] + 1e-8
            ]
        return made

    def formulas(self) -> list[str]:
        """Reduced formulas of the phases."""
        return [formula for phases in self._systems.values() for formula, _ in phases]

    def energy_of(self, formula: str) -> float | None:
        """Formation energy (eV/atom) of a reduced formula on the hull; None for one that is not on it."""
        elements = frozenset(_SYMBOL.findall(formula))
        if len(elements) == 1:
            return 0.0
        return next((energy for name, energy in self._systems.get(elements, []) if name == formula), None)

    def count_known(self, elements: Collection[str]) -> int:
        """Known formulas of exactly these elements, on the hull or above it."""
        return self._known.get("-".join(sorted(elements)), 0)

    def elements_apart(self, elements: Sequence[str]) -> tuple[str, ...]:
        """Those of two and more elements that no known phase holds together with another of them."""
        left = set(elements) if len(elements) > 1 else set()
        for size in range(2, len(elements) + 1):
            for system in combinations(sorted(elements), size):
                if left & set(system) and (self._known.get("-".join(system)) or self._systems.get(frozenset(system))):
                    left -= set(system)
        return tuple(sorted(left))

    def read(self, composition: Mapping[str, float], energy: float) -> HullDistance:
        """Energy above the hull of a composition (amounts by element) with a formation energy in eV/atom."""
        total = sum(composition.values())
        fractions = {element: amount / total for element, amount in composition.items()}
        known, apart = self.count_known(fractions), self.elements_apart(list(fractions))
        if apart:
            return HullDistance(None, (), known, len(fractions), apart)
        ground, products = self.ground_state(fractions)
        return HullDistance(energy - ground, products, known, len(fractions), (), self._own(fractions))

    def _own(self, fractions: Mapping[str, float]) -> str | None:
        """The phase of the hull that has this composition."""
        for formula, _energy in self._systems.get(frozenset(fractions), []):
            if all(abs(share - fractions[e]) < 1e-6 for e, share in fractions_of(formula).items()):
                return formula
        return None

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
            raise MissingReference(
                "no mixture of known phases has the composition {fractions}; rebuild assets/reference",
                fractions=dict(fractions),
            )
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
        below = [
            j
            for size in range(2, len(system))
            for s in combinations(sorted(system), size)
            for j in systems.get(frozenset(s), ())
            if stable[j]
        ]
        names = formulas[below + members]
        hull = Hull(names, energies[below + members])
        for i in members:
            stable[i] = energies[i] <= hull.ground_state(fractions[i])[0] + 1e-8
    return stable


def measure_depths(hull: Hull, known: Mapping[str, int], count: int = 1500, largest: int = 5) -> dict[str, list[float]]:
    """How much deeper one more phase makes the hull, by elements and by known formulas of exactly these elements.

    A phase of the hull is left out and its distance below the others is taken. Half the 95th percentile is the spread
    that a distance to the hull has beside the prediction's own.

    Args:
        hull: of the known phases.
        known: number of known formulas by chemical system.
        count: phases left out for each number of elements.
        largest: number of elements.

    Returns:
        By number of elements, the spread in eV/atom with 0, 1, 2, and 3 or more other known formulas.
    """
    rng, depths = np.random.default_rng(0), dict[str, list[float]]()
    for size in range(2, largest + 1):
        found: list[list[float]] = [[], [], [], []]
        for formula, energy, others in _leave_out(hull, size, count, rng):
            left = max(0, known.get("-".join(sorted(fractions_of(formula))), 1) - 1)
            found[min(left, 3)].append(others.ground_state(fractions_of(formula))[0] - energy)
        depths[str(size)] = [round(float(np.quantile(f, 0.95)) / 2, 4) if f else 0.0 for f in found]
    return depths


def _leave_out(hull: Hull, size: int, count: int, rng: np.random.Generator) -> Iterator[tuple[str, float, Hull]]:
    """Phases of ``size`` elements, each with the hull of all the others of its elements."""
    phases = [phase for phase in hull.formulas() if len(fractions_of(phase)) == size]
    for i in rng.permutation(len(phases))[:count]:
        others = [phase for phase in hull.phases(sorted(fractions_of(phases[i]))) if len(phase[1]) > 1]
        own = next(phase[2] for phase in others if phase[0] == phases[i])
        rest = [phase for phase in others if phase[0] != phases[i]]
        yield phases[i], own, Hull(np.array([p[0] for p in rest], dtype=str), np.array([p[2] for p in rest]))
