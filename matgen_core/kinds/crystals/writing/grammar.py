"""Crystals as token strings, and the grammar that allows only legal ones.

A skeleton is ``BOS, space group, (Wyckoff letter, element) for each site, EOS``; sites in the order of
:func:`~matgen_core.chem.crystals.structure.sort_sites`. Free coordinates and the cell are not in it: geometry is
continuous.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.crystals.prototypes import types_named
from matgen_core.chem.crystals.symmetry import LETTERS, crystal_system
from matgen_core.chem.formulas.composition import type_of
from matgen_core.core.goals import Constraints
from matgen_core.core.records import Crystal, Site
from matgen_core.kinds.crystals.known.rows import ELEMENTS
from matgen_core.kinds.crystals.writing.site_counting import best_sites, fewest_sites, positions
from matgen_core.kinds.crystals.writing.type_grammar import TypeGrammar

PAD, BOS, EOS = 0, 1, 2
_GROUP = 3 - 1  # token of space group 1 is 3
_LETTER = _GROUP + 231
_ELEMENT = _LETTER + len(LETTERS)
VOCABULARY = _ELEMENT + len(ELEMENTS)
#: Sites a skeleton may have (99.5 % of the training rows have fewer), and so its longest string.
MAX_SITES = 24
MAX_TOKENS = 2 + 2 * MAX_SITES + 1


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


def without_geometry(skeleton: Skeleton) -> Crystal:
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


class Grammar:
    """Which token may follow a prefix, so that every finished string is a legal crystal the user allows.

    It looks ahead: a token is allowed only if the string can still be finished within the atom count and MAX_SITES with
    every element that must be there, or with exactly the formula, or type of formula, that was asked for.

    Args:
        constraints: checked beforehand by :func:`matgen_core.chem.formulas.constraints.check_constraints`.
    """

    def __init__(self, constraints: Constraints | None = None) -> None:
        self.constraints = constraints or Constraints()
        allowed = set(ELEMENTS) - self.constraints.exclude
        required = set(self.constraints.required)
        if self.constraints.chemical_system is not None:
            allowed &= self.constraints.chemical_system
        self._type = None if self.constraints.formula is None else type_of(self.constraints.formula)
        if self._type is not None:
            named = self._type.named
            whole = None not in self._type.elements
            allowed = allowed & named if whole else allowed
            # In a whole formula every element must come, so that none is made more likely than another.
            required = set() if whole else required | named
        self._allowed = np.array([e in allowed for e in ELEMENTS])
        self._required = frozenset(_index(e) for e in required)
        self._structures = self._type_grammars(frozenset(allowed), frozenset(required))
        groups = sorted(self.constraints.space_groups) or range(1, 231)
        self._groups = tuple(
            g for g in groups if self.constraints.crystal_system in (None, crystal_system(g)) and self._opens(g)
        )

    def _type_grammars(self, allowed: frozenset[str], required: frozenset[str]) -> dict[int, TypeGrammar] | None:
        """Of the structure type that is asked for, by space group; None where none is."""
        name, low, high = self.constraints.structure_type, self.constraints.min_atoms, self.constraints.max_atoms
        if name is None:
            return None
        types = [one for one in types_named(name) if low <= sum(one.amounts) <= high]
        return {one.space_group: TypeGrammar(one, allowed, required, self._type) for one in types}

    @property
    def space_groups(self) -> tuple[int, ...]:
        """Groups in which something allowed can be written; empty where the constraints leave nothing."""
        return self._groups

    @property
    def requires(self) -> bool:
        """Whether some element, a formula or a structure type must be there."""
        return bool(self._required) or self._type is not None or self._structures is not None

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
            if state.finished(self) and self._is_whole(group, body):
                allowed[EOS] = True
            if len(body) < 2 * MAX_SITES:
                for letter in range(state.letter, len(positions(group))):
                    allowed[_LETTER + letter] = bool(self._elements(group, body, letter).any())
        return allowed

    def _opens(self, group: int) -> bool:
        return any(self._elements(group, (), letter).any() for letter in range(len(positions(group))))

    def _state(self, group: int, body: Sequence[int]) -> _State:
        letters, elements = [t - _LETTER for t in body[0::2]], [t - _ELEMENT for t in body[1::2]]
        counts: dict[int, int] = {}
        for letter, element in zip(letters, elements, strict=True):
            counts[element] = counts.get(element, 0) + positions(group)[letter][0]
        return _State(counts, letters[-1] if letters else 0, elements[-1] if elements else None)

    def _elements(self, group: int, body: Sequence[int], letter: int) -> NDArray[np.bool_]:
        """(elements,) which may sit on ``letter`` after ``body``."""
        state = self._state(group, body)
        size, reusable = positions(group)[letter]
        allowed = self._allowed.copy()
        if state.element is not None and letter < state.letter:
            return np.zeros_like(allowed)
        if state.element is not None and letter == state.letter:
            if not reusable:
                return np.zeros_like(allowed)
            allowed &= _RANK[state.element] <= _RANK
        if self._structures is not None:
            found = (
                self._structures[group].elements(_sites(body), letter, reusable) if group in self._structures else ()
            )
            allowed[[e for e in np.flatnonzero(allowed) if ELEMENTS[e] not in found]] = False
            return allowed
        sites = MAX_SITES - len(body) // 2 - 1
        if self._type is not None:
            return self._fitting(group, state, letter, allowed, sites)
        used = sum(state.counts.values()) + size
        room = self.constraints.max_atoms - used
        if room < 0:
            return np.zeros_like(allowed)
        low = max(0, self.constraints.min_atoms - used)
        missing = self._required - set(state.counts)
        later = best_sites(group, letter + 1, room, low, sites)
        here = best_sites(group, letter, room, low, sites) if reusable else later
        # Elements that must still come: all on later letters, or here too where the alphabet still allows them all.
        first_missing = min((_RANK[m] for m in missing), default=len(ELEMENTS))
        for element in np.flatnonzero(allowed):
            left = len(missing) - (element in missing)
            if left <= later:
                continue
            rest = first_missing if element not in missing else self._next_missing(missing, int(element))
            allowed[element] = left <= here and (left == 0 or rest >= _RANK[element])
        return allowed

    def _is_whole(self, group: int, body: Sequence[int]) -> bool:
        """Whether the string is a crystal of the structure type that is asked for."""
        return self._structures is None or self._structures[group].is_whole(_sites(body))

    @staticmethod
    def _next_missing(missing: frozenset[int], element: int) -> int:
        return min((int(_RANK[m]) for m in missing if m != element), default=len(ELEMENTS))

    def _fitting(
        self, group: int, state: _State, letter: int, allowed: NDArray[np.bool_], sites: int
    ) -> NDArray[np.bool_]:
        """(elements,) those of ``allowed`` on ``letter`` after which a string of the type can still be finished."""
        assert self._type is not None
        named = {_index(e) for e in self._type.named}
        special = sorted(named | self._required | set(state.counts))
        fresh = _RANK[[e for e in np.flatnonzero(self._allowed) if e not in special]]
        size, reusable = positions(group)[letter]
        fitting, known = np.zeros_like(allowed), dict[object, bool]()
        for element in map(int, np.flatnonzero(allowed)):
            rank = int(_RANK[element]) if reusable else -1  # on the next letter the alphabet begins anew
            after = min(int((fresh > rank).sum()), len(self._type.amounts))
            # What can follow depends on the element only by this; most elements are alike.
            kind = (element if element in special else None, tuple(_RANK[e] >= rank for e in special), after)
            if kind not in known:
                counts = {**state.counts, element: state.counts.get(element, 0) + size}
                plans = self._plans(counts, rank, after, len(fresh) - (element not in special))
                begin = letter if reusable else letter + 1
                known[kind] = any(fewest_sites(group, begin, place, begin, left) <= sites for place, left in plans)
            fitting[element] = known[kind]
        return fitting

    def _plans(
        self, counts: dict[int, int], rank: int, after: int, fresh: int
    ) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Atoms still to be placed, each way in which these elements can become the type.

        The first ``place`` of them are of elements that may not sit on the present letter any more.

        Args:
            counts: atoms of each element so far.
            rank: of the element placed last; those before it in the alphabet come on later letters.
            after: elements of no account that come after it in the alphabet.
            fresh: elements of no account in all.
        """
        assert self._type is not None
        amounts, names = self._type.amounts, self._type.elements
        missing = self._required - set(counts) - {_index(e) for e in self._type.named}
        low, high = self.constraints.min_atoms, self.constraints.max_atoms
        for way in self._type.roles([ELEMENTS[e] for e in counts]):
            open_ = [r for r in range(len(amounts)) if r not in way]
            free = [r for r in open_ if names[r] is None]
            others = len(free) - len(missing)
            if not 0 <= others <= fresh:
                continue
            late = len(free) - sum(_RANK[e] >= rank for e in missing) - min(others, after)
            for units in range(-(-low // self._type.atoms), high // self._type.atoms + 1):
                rest = [
                    (units * amounts[r] - n, _RANK[e] >= rank) for r, (e, n) in zip(way, counts.items(), strict=True)
                ]
                if min(n for n, _ in rest) < 0:
                    continue
                rest += [(units * amounts[r], _RANK[_index(str(names[r]))] >= rank) for r in open_ if r not in free]
                for waits in combinations(free, late):
                    whole = [*rest, *((units * amounts[r], r not in waits) for r in free)]
                    before = sorted(n for n, now in whole if n and not now)
                    yield len(before), (*before, *sorted(n for n, now in whole if n and now))


def _sites(body: Sequence[int]) -> tuple[tuple[int, str], ...]:
    return tuple((letter - _LETTER, ELEMENTS[e - _ELEMENT]) for letter, e in zip(body[0::2], body[1::2], strict=True))


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
        if not grammar._required <= set(self.counts):
            return False
        return grammar._type is None or grammar._type.fits({ELEMENTS[e]: n for e, n in self.counts.items()})
