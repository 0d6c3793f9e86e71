"""Crystals as token strings, and the grammar that allows only legal ones.

A skeleton is ``BOS, space group, (Wyckoff letter, element) for each site, EOS``; sites in the order of
:func:`~matgen_core.chem.structure.sort_sites`. Free coordinates and the cell are not in it: geometry is continuous.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.symmetry import centring, crystal_system, wyckoff_positions
from matgen_core.data.crystals import ELEMENTS, LETTERS
from matgen_core.types import Constraints, Crystal, Site

PAD, BOS, EOS = 0, 1, 2
_GROUP = 3 - 1  # token of space group 1 is 3
_LETTER = _GROUP + 231
_ELEMENT = _LETTER + len(LETTERS)
VOCABULARY = _ELEMENT + len(ELEMENTS)
#: Sites a skeleton may have (99.5 % of the training rows have fewer), and so its longest string.
MAX_SITES = 24
MAX_TOKENS = 2 + 2 * MAX_SITES + 1
#: More sites than any string can have.
_NEVER = 10_000


@dataclass(frozen=True, slots=True)
class Skeleton:
    """The discrete half of a crystal.

    Args:
        space_group: 1–230.
        sites: (Wyckoff letter, element) in writing order.
    """

    space_group: int
    sites: tuple[tuple[str, str], ...]


def skeleton_of(crystal: Crystal) -> Skeleton:
    """The crystal without its continuous numbers."""
    return Skeleton(crystal.space_group, tuple((s.letter, s.element) for s in crystal.sites))


def placeless(skeleton: Skeleton) -> Crystal:
    """A crystal of the skeleton whose geometry means nothing, for questions that geometry has no part in."""
    sites = tuple(Site(letter, element, (0.0, 0.0, 0.0)) for letter, element in skeleton.sites)
    return Crystal(skeleton.space_group, sites, (1.0, 1.0, 1.0, 90.0, 90.0, 90.0))


def encode(skeleton: Skeleton) -> list[int]:
    """Tokens of a skeleton, from BOS to EOS.

    >>> tokens = encode(Skeleton(225, (("a", "Na"), ("b", "Cl"))))
    >>> decode(tokens) == Skeleton(225, (("a", "Na"), ("b", "Cl")))
    True
    """
    tokens = [BOS, _GROUP + skeleton.space_group]
    for letter, element in skeleton.sites:
        tokens += [_LETTER + LETTERS.index(letter), _ELEMENT + _index(element)]
    return [*tokens, EOS]


def decode(tokens: Sequence[int]) -> Skeleton:
    """The skeleton written by :func:`encode`; raises ValueError for any other string."""
    body = list(tokens)
    if EOS not in body or body[0] != BOS:
        raise ValueError("a skeleton begins with BOS and ends with EOS")
    body = body[1 : body.index(EOS)]
    if len(body) < 3 or len(body) % 2 == 0 or not _GROUP < body[0] <= _GROUP + 230:
        raise ValueError("a skeleton is a space group and pairs of letter and element")
    letters = [LETTERS[t - _LETTER] for t in body[1::2]]
    return Skeleton(body[0] - _GROUP, tuple(zip(letters, [ELEMENTS[t - _ELEMENT] for t in body[2::2]], strict=True)))


@cache
def _index(element: str) -> int:
    return ELEMENTS.index(element)


# --------------------------------------------------------------------------------------------------------- grammar

#: Alphabetical rank of each element of ELEMENTS: sites of one letter are written in this order.
_RANK = np.argsort(np.argsort(np.array(ELEMENTS)))


@lru_cache(maxsize=230)
def _positions(space_group: int) -> tuple[tuple[int, bool], ...]:
    """(atoms in the primitive cell, whether it may be used again) of each Wyckoff position, special first."""
    points = centring(space_group)
    return tuple((p.multiplicity // points, bool(p.free_axes)) for p in wyckoff_positions(space_group).values())


@cache
def _most_sites(space_group: int, first: int, room: int) -> NDArray[np.int64]:
    """(room + 1,) most sites that positions from ``first`` on can hold with exactly that many atoms; −1: none can."""
    best = np.full(room + 1, -1)
    best[0] = 0
    for size, reusable in _positions(space_group)[first:]:
        targets = range(size, room + 1) if reusable else range(room, size - 1, -1)
        for total in targets:
            if best[total - size] >= 0:
                best[total] = max(best[total], best[total - size] + 1)
    return best


@cache
def _reusable_sites(group: int, first: int, atoms: int) -> int:
    """Fewest sites of exactly so many atoms on positions from ``first`` on that may be used again; _NEVER if none."""
    sizes = {size for size, reusable in _positions(group)[first:] if reusable and size <= atoms}
    if atoms == 0:
        return 0
    return min((1 + _reusable_sites(group, first, atoms - size) for size in sizes), default=_NEVER)


@lru_cache(maxsize=200_000)
def _fewest_sites(group: int, letter: int, place: int, fixed: int, left: tuple[int, ...]) -> int:
    """Fewest sites that hold the atoms ``left`` of each element; _NEVER or more where they do not fit.

    Args:
        group: space group.
        letter: first position that may be used.
        place: first element that may be used there; the others begin at the next position.
        fixed: first position without freedom that may be used; each of those takes one site.
        left: atoms of each element.
    """
    fewest = sum(_reusable_sites(group, letter + (i < place), atoms) for i, atoms in enumerate(left))
    for at in range(fixed, len(_positions(group))):
        size, reusable = _positions(group)[at]
        if reusable:
            continue
        for i, atoms in enumerate(left):
            if atoms >= size:
                after = (*left[:i], atoms - size, *left[i + 1 :])
                fewest = min(fewest, 1 + _fewest_sites(group, letter, place, at + 1, after))
    return fewest


class Grammar:
    """Which token may follow a prefix, so that every finished string is a legal crystal the user allows.

    It looks ahead: a token is allowed only if the string can still be finished within the atom count and MAX_SITES with
    every element that must be there, or with exactly the formula that was asked for.

    Args:
        constraints: checked beforehand by :func:`matgen_core.chem.composition.check_constraints`.
    """

    def __init__(self, constraints: Constraints | None = None) -> None:
        self.constraints = constraints or Constraints()
        allowed = set(ELEMENTS) - self.constraints.exclude
        required = set(self.constraints.include)
        if self.constraints.chemical_system is not None:
            allowed &= self.constraints.chemical_system
            required |= self.constraints.chemical_system
        self._formula: tuple[tuple[int, int], ...] | None = None
        if self.constraints.formula is not None:
            from pymatgen.core import Composition

            reduced = Composition(self.constraints.formula).get_reduced_composition_and_factor()[0]
            counts = {str(element): round(amount) for element, amount in reduced.items()}
            allowed &= set(counts)
            required = set()
            order = sorted(counts, key=lambda e: _RANK[_index(e)])
            self._formula = tuple((_index(e), counts[e]) for e in order)
        self._allowed = np.array([e in allowed for e in ELEMENTS])
        self._required = frozenset(_index(e) for e in required)
        self._groups = tuple(
            g for g in range(1, 231) if self.constraints.crystal_system in (None, crystal_system(g)) and self._opens(g)
        )

    @property
    def space_groups(self) -> tuple[int, ...]:
        """Groups in which something allowed can be written; empty where the constraints leave nothing."""
        return self._groups

    @property
    def requires(self) -> bool:
        """Whether some element, or a formula, must be there."""
        return bool(self._required) or self._formula is not None

    def missing(self, tokens: Sequence[int]) -> NDArray[np.bool_]:
        """(V,) the elements that must be there and have not come in ``tokens`` yet."""
        wanted = np.zeros(VOCABULARY, dtype=bool)
        wanted[[_ELEMENT + element for element in self._required]] = True
        wanted[list(tokens)] = False
        return wanted

    def mask(self, tokens: Sequence[int]) -> NDArray[np.bool_]:
        """(V,) which tokens may come next after ``tokens`` (which begin with BOS)."""
        allowed = np.zeros(VOCABULARY, dtype=bool)
        if len(tokens) == 1:
            allowed[[_GROUP + g for g in self._groups]] = True
            return allowed
        group, body = tokens[1] - _GROUP, tokens[2:]
        if body and body[-1] == EOS:
            allowed[PAD] = True
        elif len(body) % 2:
            allowed[_ELEMENT:] = self._elements(group, body[:-1], body[-1] - _LETTER)
        else:
            state = self._state(group, body)
            if state.finished(self):
                allowed[EOS] = True
            if len(body) < 2 * MAX_SITES:
                for letter in range(state.letter, len(_positions(group))):
                    allowed[_LETTER + letter] = bool(self._elements(group, body, letter).any())
        return allowed

    def _opens(self, group: int) -> bool:
        return any(self._elements(group, (), letter).any() for letter in range(len(_positions(group))))

    def _state(self, group: int, body: Sequence[int]) -> _State:
        letters, elements = [t - _LETTER for t in body[0::2]], [t - _ELEMENT for t in body[1::2]]
        counts: dict[int, int] = {}
        for letter, element in zip(letters, elements, strict=True):
            counts[element] = counts.get(element, 0) + _positions(group)[letter][0]
        return _State(counts, letters[-1] if letters else 0, elements[-1] if elements else None)

    def _elements(self, group: int, body: Sequence[int], letter: int) -> NDArray[np.bool_]:
        """(elements,) which may sit on ``letter`` after ``body``."""
        state = self._state(group, body)
        size, reusable = _positions(group)[letter]
        allowed = self._allowed.copy()
        if state.element is not None and letter < state.letter:
            return np.zeros_like(allowed)
        if state.element is not None and letter == state.letter:
            if not reusable:
                return np.zeros_like(allowed)
            allowed &= _RANK[state.element] <= _RANK
        sites = MAX_SITES - len(body) // 2 - 1  # that may still come after this one
        if self._formula is not None:
            return allowed & self._formula_mask(group, state, letter, sites)
        used = sum(state.counts.values()) + size
        room = self.constraints.max_atoms - used
        if room < 0:
            return np.zeros_like(allowed)
        low = max(0, self.constraints.min_atoms - used)
        missing = self._required - set(state.counts)
        later = _best(group, letter + 1, room, low, sites)
        here = _best(group, letter, room, low, sites) if reusable else later
        # Elements that must still come: all on later letters, or here too where the alphabet still allows them all.
        first_missing = min((_RANK[m] for m in missing), default=len(ELEMENTS))
        for element in np.flatnonzero(allowed):
            left = len(missing) - (element in missing)
            if left <= later:
                continue
            rest = first_missing if element not in missing else self._next_missing(missing, int(element))
            allowed[element] = left <= here and (left == 0 or rest >= _RANK[element])
        return allowed

    @staticmethod
    def _next_missing(missing: frozenset[int], element: int) -> int:
        return min((int(_RANK[m]) for m in missing if m != element), default=len(ELEMENTS))

    def _formula_mask(self, group: int, state: _State, letter: int, sites: int) -> NDArray[np.bool_]:
        assert self._formula is not None
        size, reusable = _positions(group)[letter]
        allowed = np.zeros(len(ELEMENTS), dtype=bool)
        atoms = sum(amount for _, amount in self._formula)
        for multiple in range(1, self.constraints.max_atoms // atoms + 1):
            if multiple * atoms < self.constraints.min_atoms:
                continue
            left = [multiple * amount - state.counts.get(e, 0) for e, amount in self._formula]
            for place, (element, _) in enumerate(self._formula):
                if min(left) < 0 or left[place] < size or allowed[element]:
                    continue
                after = tuple(n - size * (i == place) for i, n in enumerate(left))
                start = (letter, place) if reusable else (letter + 1, 0)
                allowed[element] = _fewest_sites(group, *start, start[0], after) <= sites
        return allowed


@dataclass(frozen=True, slots=True)
class _State:
    """Where a prefix stands: atoms of each element so far, last letter and last element."""

    counts: dict[int, int]
    letter: int
    element: int | None

    def finished(self, grammar: Grammar) -> bool:
        used = sum(self.counts.values())
        if self.element is None or not grammar.constraints.min_atoms <= used <= grammar.constraints.max_atoms:
            return False
        if grammar._formula is None:
            return grammar._required <= set(self.counts)
        multiples = {self.counts.get(e, 0) / amount for e, amount in grammar._formula}
        return len(multiples) == 1 and multiples.pop().is_integer()


def _best(group: int, first: int, room: int, low: int, sites: int) -> int:
    """Most sites that can still be added with ``low`` to ``room`` atoms; −1 where not even that count is reachable.

    Args:
        group: space group.
        first: first position that may be used.
        room: atoms that may still come.
        low: atoms that must still come.
        sites: that may still come.
    """
    if first >= len(_positions(group)):
        return 0 if low == 0 else -1
    if low and min(_fewest_sites(group, first, 0, first, (atoms,)) for atoms in range(low, room + 1)) > sites:
        return -1
    return min(sites, int(_most_sites(group, first, room)[low:].max()))
