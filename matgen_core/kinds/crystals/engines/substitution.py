"""Engine C, substitution: a known crystal near the target, some of its elements exchanged for others like them.

    source   ~ exp(-|properties - asked|^2 / 2)     over the known crystals, in units of each property's tolerance
    elements ~ exp(w(old, new | charge))            the weights of chem/formulas/substitution.py, under the constraints
    cell     = source's, scaled to the sum of fitted atomic volumes

Ionic substitution (Hautier et al. 2011) is the oldest engine of all and hard to beat in a minute: the geometry of a
known crystal is at rest, and an element of like size and charge disturbs it little. The target chooses the sources.
One long file, so that the engine is read from top to bottom: sources, exchanges, cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import permutations
from math import log

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from matgen_core.chem.crystals.prototypes import types_named
from matgen_core.chem.crystals.structure import formula_counts, reduced_formula, sort_sites
from matgen_core.chem.crystals.structure_types import anonymous_type
from matgen_core.chem.crystals.symmetry import crystal_system
from matgen_core.chem.formulas.composition import type_of
from matgen_core.chem.formulas.constraints import check_crystal
from matgen_core.chem.formulas.formula_type import FormulaType
from matgen_core.chem.formulas.oxidation import NONE, balance
from matgen_core.chem.formulas.substitution import exchange_weights
from matgen_core.core.errors import Cancelled
from matgen_core.core.goals import Constraints
from matgen_core.core.properties import CRYSTAL_CONDITIONS, PROPERTIES
from matgen_core.core.records import Crystal, Site
from matgen_core.core.settings import CrystalSettings
from matgen_core.kinds.compositions.rows import count_atoms
from matgen_core.kinds.crystals.drafts import Draft
from matgen_core.kinds.crystals.known.reference import load_reference, structure_type
from matgen_core.kinds.crystals.known.rows import ELEMENTS
from matgen_core.kinds.crystals.placing.geometry_generation import Placer
from matgen_core.kinds.crystals.writing.grammar import MAX_SITES, Grammar, skeleton_of
from matgen_core.kinds.crystals.writing.skeleton_decoding import Asked
from matgen_core.learning.checkpoints import Checkpoint

_PLACE = {symbol: place for place, symbol in enumerate(ELEMENTS)}
#: Most elements of a source.
_MOST_ELEMENTS = 6
#: Probability that an element stays where nothing asks for another.
_KEEP = 0.4
#: Added to the critic's log-probability of a substitution where a property is asked for, which its source has. Of 16
#: that the critic chose for (2.5 eV, -0.8 eV/atom, 0) all were below 0.1 eV/atom by both potentials, of 16 by the GPT
#: five; where nothing was asked, 30 of 32 by the GPT.
_SURER = 1.5
#: Substitutions for each draft; those likeliest to hold are drafts.
_WIDER = 3
#: Coefficients of the log-odds: constant, each exchange, its weight, |ln growth of the volume|.
_BASE, _EACH, _LIKELY, _GROWN = 1.28, -1.50, 0.25, -2.62
#: Draws of a source for each draft that is wanted, at most.
_TRIES = 40
#: Ways to give the elements asked for their places that are weighed at most.
_MOST_WAYS = 720


@dataclass(frozen=True)
class Exchanged:
    """A crystal by substitution.

    Args:
        crystal: with the cell scaled.
        source: row of the known crystal.
        log_odds: of lying below 0.1 eV/atom above the hull, by the exchanges.
    """

    crystal: Crystal
    source: int
    log_odds: float


@dataclass(frozen=True)
class Sources:
    """The known crystals as far as a source is chosen by them.

    Args:
        elements: (N, _MOST_ELEMENTS) places in ELEMENTS, -1 where there are fewer.
        amounts: sorted amounts of the reduced formula.
        atoms: (N,) in the primitive cell.
        groups: (N,) space group.
        systems: (N,) crystal system.
        properties: (N, K) in the order of CRYSTAL_CONDITIONS; NaN where unknown.
    """

    elements: NDArray[np.int16]
    amounts: tuple[tuple[int, ...], ...]
    atoms: NDArray[np.int64]
    groups: NDArray[np.int64]
    systems: NDArray[np.str_]
    properties: NDArray[np.float32]


@lru_cache(maxsize=1)
def load_sources() -> Sources:
    """The known crystals of the shipped reference."""
    reference = load_reference()
    formulas = reference.structures.formulas.tolist()
    elements, amounts = np.full((len(formulas), _MOST_ELEMENTS), -1, dtype=np.int16), []
    for row, formula in enumerate(formulas):
        counts = count_atoms(formula)
        amounts.append(tuple(sorted(counts.values())))
        places = [_PLACE.get(symbol, -1) for symbol in counts]
        if len(places) <= _MOST_ELEMENTS and min(places) >= 0:
            elements[row, : len(places)] = places
    groups = np.asarray(reference.known["space_group"], dtype=np.int64)
    names = {group: crystal_system(group) for group in set(groups.tolist())}
    return Sources(
        elements,
        tuple(amounts),
        np.asarray(reference.known["atoms"], dtype=np.int64),
        groups,
        np.array([names[group] for group in groups.tolist()]),
        np.stack([np.asarray(reference.known[key], dtype=np.float32) for key in CRYSTAL_CONDITIONS], axis=1),
    )


class Substitution:
    """The engine.

    Args:
        geometry: checkpoint whose fitted atomic volumes scale the cells.
    """

    name = "substitution"
    #: Of the known crystals, by which a source is chosen.
    keys = CRYSTAL_CONDITIONS
    placer: Placer | None = None

    def __init__(self, geometry: Checkpoint) -> None:
        self.volumes = dict(zip(ELEMENTS, geometry.config["volumes"], strict=True))
        self.checkpoint = f"known-structures {geometry.name}@{geometry.digest}"

    def draft(
        self,
        grammar: Grammar,
        conditions: Tensor,
        settings: CrystalSettings,
        seed: int,
        cancelled: Asked | None = None,
    ) -> list[Draft]:
        """At most ``settings.drafts`` crystals for each row of conditions (B, K), each with its geometry."""
        rng, found = np.random.default_rng(seed), list[Draft]()
        for row, asked in enumerate(conditions.numpy()):
            made = self.exchanged(grammar.constraints, asked, _WIDER * settings.drafts, rng, cancelled)
            made.sort(key=lambda entry: -entry.log_odds)
            goals = [value for key, value in zip(self.keys, asked, strict=True) if key != "e_above_hull"]
            surer = 0.0 if np.isnan(goals).all() else _SURER
            found += [
                Draft(skeleton_of(entry.crystal), self.name, self.checkpoint, row, surer, entry.crystal)
                for entry in made[: settings.drafts]
            ]
        return found

    def exchanged(
        self,
        constraints: Constraints,
        asked: NDArray[np.float32],
        count: int,
        rng: np.random.Generator,
        cancelled: Asked | None = None,
    ) -> list[Exchanged]:
        """Different crystals, none of which is known with its formula, ``count`` of them or fewer.

        Args:
            constraints: every crystal keeps them.
            asked: (K,) properties asked for, NaN for "any".
            count: how many.
            rng: source of random numbers.
            cancelled: asked before each.

        Raises:
            Cancelled: where ``cancelled`` said so.
        """
        known = load_reference().structures
        sources = ((row, known.crystal(row)) for row in _choose(constraints, asked, count * _TRIES, rng))
        return self._exchange(sources, constraints, count, rng, cancelled)

    def variants(
        self,
        crystal: Crystal,
        constraints: Constraints,
        count: int,
        rng: np.random.Generator,
        cancelled: Asked | None = None,
    ) -> list[Exchanged]:
        """Different crystals of the same structure type with other elements, ``count`` of them or fewer.

        Args:
            crystal: whose elements are exchanged; its row is -1.
            constraints: every variant keeps them.
            count: how many.
            rng: source of random numbers.
            cancelled: asked before each.

        Raises:
            Cancelled: where ``cancelled`` said so.
        """
        return self._exchange(((-1, crystal) for _ in range(count * _TRIES)), constraints, count, rng, cancelled)

    def _exchange(
        self,
        sources: Iterable[tuple[int, Crystal]],
        constraints: Constraints,
        count: int,
        rng: np.random.Generator,
        cancelled: Asked | None,
    ) -> list[Exchanged]:
        """One draw of each source, until there are ``count`` different ones that are allowed."""
        found, seen = list[Exchanged](), set[object]()
        for row, crystal in sources:
            if cancelled and cancelled():
                raise Cancelled
            swaps = exchange(crystal, constraints, rng)
            if swaps is None:
                continue
            made = self.replace(crystal, swaps)
            key = skeleton_of(made)
            if key in seen:
                continue
            seen.add(key)
            if is_allowed(made, constraints):
                found.append(Exchanged(made, row, self.log_odds(crystal, swaps)))
                if len(found) >= count:
                    break
        return found

    def replace(self, crystal: Crystal, swaps: Mapping[str, str]) -> Crystal:
        """The crystal with its elements exchanged, the cell scaled to the atomic volumes."""
        scale = self.growth(crystal, swaps) ** (1 / 3)
        a, b, c, *angles = crystal.lattice
        sites = sort_sites(tuple(Site(s.letter, swaps[s.element], s.coordinates) for s in crystal.sites))
        alpha, beta, gamma = angles
        return replace(crystal, sites=sites, lattice=(a * scale, b * scale, c * scale, alpha, beta, gamma))

    def growth(self, crystal: Crystal, swaps: Mapping[str, str]) -> float:
        """Volume of the atoms after an exchange, as a multiple of theirs before."""
        counts = formula_counts(crystal)
        before = sum(n * self.volumes[element] for element, n in counts.items())
        return float(sum(n * self.volumes[swaps[element]] for element, n in counts.items()) / before)

    def log_odds(self, crystal: Crystal, swaps: Mapping[str, str]) -> float:
        """Log-odds that an exchange leaves a crystal below 0.1 eV/atom above the hull.

        Few exchanges, likely ones, and atoms of like size: a logistic fit to 480 substitutions read by CHGNet tells
        the stable ones from the others (area under the curve 0.79; of the best third 64 % are stable, of all 35 %).
        """
        changed = {old: new for old, new in swaps.items() if old != new}
        weights = _weights_in(reduced_formula(crystal))
        likely = sum(weights[old][_PLACE[new]] for old, new in changed.items())
        grown = abs(log(self.growth(crystal, swaps)))
        return float(_BASE + _EACH * len(changed) + _LIKELY * likely + _GROWN * grown)


def is_allowed(crystal: Crystal, constraints: Constraints) -> bool:
    """Whether a crystal keeps the constraints, its charges can balance, and its type is not known of its formula."""
    return (
        len(crystal.sites) <= MAX_SITES
        and check_crystal(crystal, formula_counts(crystal), constraints).passed is True
        and balance(reduced_formula(crystal)).kind != NONE
        and not load_reference().has_type(structure_type(crystal))
    )


@lru_cache(maxsize=20_000)
def _weights_in(formula: str) -> dict[str, NDArray[np.float64]]:
    """(E,) weights of the exchanges of each element of a formula, at the charge that it has there."""
    states = dict(balance(formula).states)
    found = {}
    for element in count_atoms(formula):
        charges = {round(charge) for charge, _count in states.get(element, ())}
        charge = charges.pop() if len(charges) == 1 else None
        found[element] = exchange_weights(ELEMENTS, charge)[_PLACE[element]]
    return found


# ---------------------------------------------------------------------------------------------------------- sources


def _choose(
    constraints: Constraints, asked: NDArray[np.float32], count: int, rng: np.random.Generator
) -> Iterator[int]:
    """Rows of known crystals, likelier those near what is asked; none where none fits the constraints."""
    sources = load_sources()
    logits = _fit_constraints(constraints).copy()
    for column, key in enumerate(CRYSTAL_CONDITIONS):
        if not np.isnan(asked[column]):
            tolerance = PROPERTIES[key].tolerance
            assert tolerance is not None
            apart = (sources.properties[:, column] - asked[column]) / tolerance
            logits -= 0.5 * np.where(np.isnan(apart), np.inf, apart) ** 2
    if not np.isfinite(logits).any():
        return
    shares = np.exp(logits - logits.max())
    yield from rng.choice(len(shares), count, p=shares / shares.sum()).tolist()


@lru_cache(maxsize=32)
def _fit_constraints(constraints: Constraints) -> NDArray[np.float64]:
    """(N,) log-weight of each known crystal as a source under constraints; -inf where it can be none."""
    sources, weights = load_sources(), exchange_weights(ELEMENTS)
    many = (sources.elements >= 0).sum(axis=1)
    fits = (many > 0) & (sources.atoms >= constraints.min_atoms) & (sources.atoms <= constraints.max_atoms)
    if constraints.crystal_system is not None:
        fits &= sources.systems == constraints.crystal_system
    if constraints.space_groups:
        fits &= np.isin(sources.groups, sorted(constraints.space_groups))
    required, pattern = _required(constraints), _pattern(constraints)
    if pattern is not None:
        wanted = tuple(sorted(pattern.amounts))
        fits &= np.array([amounts == wanted for amounts in sources.amounts])
    if constraints.chemical_system is not None:
        most = len(constraints.chemical_system)
        fits &= (many <= most) if constraints.subsets else (many == most)
    fits &= many >= len(required)
    if constraints.structure_type is not None:
        fits &= _of_type(constraints.structure_type)
    logits = np.where(fits, 0.0, -np.inf)
    for element in required:
        hosts = np.where(sources.elements >= 0, weights[sources.elements, _PLACE[element]], -np.inf)
        logits += np.where(fits, hosts.max(axis=1), 0.0)
    return logits


@lru_cache(maxsize=32)
def _of_type(name: str) -> NDArray[np.bool_]:
    """(N,) whether each known crystal has a structure type."""
    wanted, sources, known = types_named(name), load_sources(), load_reference().structures
    keys, fits = {one.key for one in wanted}, np.zeros(len(sources.groups), dtype=bool)
    for row in np.flatnonzero(np.isin(sources.groups, [one.space_group for one in wanted])).tolist():
        fits[row] = anonymous_type(known.crystal(row)) in keys
    return fits


def _pattern(constraints: Constraints) -> FormulaType | None:
    return None if constraints.formula is None else type_of(constraints.formula)


def _required(constraints: Constraints) -> tuple[str, ...]:
    pattern = _pattern(constraints)
    named = frozenset() if pattern is None else pattern.named
    return tuple(sorted(constraints.required | named))


# --------------------------------------------------------------------------------------------------------- exchange


def exchange(crystal: Crystal, constraints: Constraints, rng: np.random.Generator) -> dict[str, str] | None:
    """New elements for those of a crystal, all different, at least one of them new; None where the draw finds none.

    Args:
        crystal: the known one.
        constraints: which elements must be there and which may not.
        rng: source of random numbers.
    """
    counts, weights = formula_counts(crystal), _weights_in(reduced_formula(crystal))
    elements = list(counts)
    ways = [*_ways(elements, counts, constraints)][:_MOST_WAYS]
    if not ways:
        return None
    scores = np.array([sum(weights[e][_PLACE[to]] for e, to in zip(elements, way, strict=True) if to) for way in ways])
    way = ways[int(_draw(scores, rng))]
    allowed = np.array([_may(symbol, constraints) for symbol in ELEMENTS])
    named = {to for to in way if to}
    swaps: dict[str, str] = {}
    for element, to in zip(elements, way, strict=True):
        new = to
        if new is None and (rng.random() >= _KEEP or not allowed[_PLACE[element]]):
            odds = np.where(allowed, weights[element], -np.inf)
            odds[_PLACE[element]] = -np.inf
            new = ELEMENTS[int(_draw(odds, rng))] if np.isfinite(odds).any() else None
        new = new or element
        if new in swaps.values() or (to is None and new in named):
            return None
        swaps[element] = new
    return None if all(old == new for old, new in swaps.items()) else swaps


def _may(symbol: str, constraints: Constraints) -> bool:
    system = constraints.chemical_system
    return symbol not in constraints.exclude and (system is None or symbol in system)


def _ways(
    elements: Sequence[str], counts: Mapping[str, int], constraints: Constraints
) -> Iterator[tuple[str | None, ...]]:
    """Every way to give the elements that must be there their places; None where any element may stand."""
    required = _required(constraints)
    for way in _patterned(elements, counts, _pattern(constraints)):
        missing = [element for element in required if element not in way]
        free = [place for place, element in enumerate(way) if element is None]
        for places in permutations(free, len(missing)):
            to = dict(zip(places, missing, strict=True))
            yield tuple(to.get(place, element) for place, element in enumerate(way))


def _patterned(
    elements: Sequence[str], counts: Mapping[str, int], pattern: FormulaType | None
) -> Iterator[tuple[str | None, ...]]:
    """Every way to give elements the roles of a formula, or of a type of formula."""
    if pattern is None:
        yield (None,) * len(elements)
        return
    units, rest = divmod(sum(counts.values()), pattern.atoms)
    if rest or len(elements) != len(pattern.amounts):
        return
    for roles in permutations(range(len(elements))):
        if all(counts[e] == units * pattern.amounts[r] for e, r in zip(elements, roles, strict=True)):
            yield tuple(pattern.elements[r] for r in roles)


def _draw(logits: NDArray[np.float64], rng: np.random.Generator) -> int:
    shares = np.exp(logits - logits.max())
    return int(rng.choice(len(shares), p=shares / shares.sum()))
