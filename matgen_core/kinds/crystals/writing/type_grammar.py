"""Look-ahead of the grammar for a named structure type: the sites that a skeleton may have next.

A type says how many positions of each multiplicity and freedom an element takes, not which letters. Every way to give
letters is written down once; a prefix may go on where one way can still be completed with allowed elements.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations, combinations_with_replacement, product

from matgen_core.chem.crystals.structure_types import StructureType, can_fill
from matgen_core.chem.crystals.symmetry import wyckoff_positions
from matgen_core.chem.formulas.formula_type import FormulaType

#: (place of the letter among those of the group, element) of each site, as they are written.
Sites = tuple[tuple[int, str], ...]
#: How often each element of the type, by its place, takes each letter.
Way = Mapping[int, Counter[int]]
#: Element of each place of the type, as far as it is written, and what is left to take.
Begun = tuple[dict[int, str], dict[int, Counter[int]]]


class TypeGrammar:
    """Which elements may take a letter, so that the crystal is of the type in the end.

    Args:
        one: the structure type.
        allowed: elements that may be there.
        required: elements that must be there.
        pattern: formula, or type of formula, of the crystal; None for any.
    """

    def __init__(
        self, one: StructureType, allowed: frozenset[str], required: frozenset[str], pattern: FormulaType | None
    ) -> None:
        self.amounts, self.ways = one.amounts, tuple(_letter_ways(one))
        self._allowed, self._pattern = allowed, pattern
        self._required = required | (frozenset() if pattern is None else pattern.named)
        self._known: dict[tuple[Sites, int], frozenset[str]] = {}

    def elements(self, sites: Sites, letter: int, reusable: bool) -> frozenset[str]:
        """Elements that may take a letter after these sites.

        Args:
            sites: written so far.
            letter: place of the letter.
            reusable: whether the letter may be taken more than once, in alphabetical order of the elements.
        """
        key = sites, letter
        if key not in self._known:
            self._known[key] = self._find(sites, letter, reusable)
        return self._known[key]

    def _find(self, sites: Sites, letter: int, reusable: bool) -> frozenset[str]:
        if not any(letter in way for way in self.ways):
            return frozenset()
        special = sorted(self._required | {element for _letter, element in sites})
        fresh, found, alike = sorted(self._allowed - set(special)), [], dict[object, bool]()
        for element in sorted(self._allowed):
            after = 0 if not reusable else min(sum(other > element for other in fresh), len(self.amounts))
            # What can follow depends on an element of no account only by its place in the alphabet.
            kind = (
                element if element in special else None,
                tuple(other > element for other in special) if reusable else (),
                after,
            )
            if kind not in alike:
                alike[kind] = self._goes_on((*sites, (letter, element)))
            if alike[kind]:
                found.append(element)
        return frozenset(found)

    def is_whole(self, sites: Sites) -> bool:
        """Whether the sites are a crystal of the type."""
        return any(
            not any(left.total() for left in rest.values()) and self._can_fill(taken, Counter(), "")
            for way in self.ways
            for taken, rest in _assign(way, sites)
        )

    def _goes_on(self, sites: Sites) -> bool:
        letter, last = sites[-1]
        for way in self.ways:
            for taken, rest in _assign(way, sites):
                passed = any(left.total() for place, left in rest.items() if place < letter)
                if not passed and self._can_fill(taken, rest.get(letter, Counter()), last):
                    return True
        return False

    def _can_fill(self, taken: Mapping[int, str], here: Counter[int], last: str) -> bool:
        """Whether elements can be chosen for the rest; those that still come on this letter follow ``last``."""
        free, pools = self._allowed - set(taken.values()), []
        for role in range(len(self.amounts)):
            pool = frozenset({taken[role]}) if role in taken else free
            pools.append(frozenset(e for e in pool if e >= last) if here[role] else pool)
        return can_fill(self.amounts, pools, self._required, self._pattern)


def _assign(way: Way, sites: Sites) -> Iterator[Begun]:
    """Each way to see the sites as a beginning."""

    def place(number: int, taken: dict[int, str], rest: dict[int, Counter[int]]) -> Iterator[Begun]:
        if number == len(sites):
            yield dict(taken), {letter: Counter(left) for letter, left in rest.items()}
            return
        letter, element = sites[number]
        for role, count in list(rest.get(letter, Counter()).items()):
            known = role in taken
            if not count or (taken[role] != element if known else element in taken.values()):
                continue
            rest[letter][role] -= 1
            taken[role] = element
            yield from place(number + 1, taken, rest)
            rest[letter][role] += 1
            if not known:
                del taken[role]

    yield from place(0, {}, {letter: Counter(left) for letter, left in way.items()})


def _letter_ways(one: StructureType) -> Iterator[Way]:
    """Every way to give the positions of a type letters; one without a free coordinate is taken once."""
    table = list(wyckoff_positions(one.space_group).values())
    letters: dict[str, list[int]] = {}
    for number, position in enumerate(table):
        letters.setdefault(f"{position.multiplicity}.{position.degrees_of_freedom}", []).append(number)
    choices = []
    for role in one.roles:
        of_role = []
        for name, count in Counter(role).items():
            pick = combinations if name.endswith(".0") else combinations_with_replacement
            of_role.append([*pick(letters.get(name, []), count)])
        choices.append([sum(parts, ()) for parts in product(*of_role)])
    for way in product(*choices):
        fixed = [letter for taken in way for letter in taken if not table[letter].degrees_of_freedom]
        if len(fixed) == len(set(fixed)):
            found: dict[int, Counter[int]] = {}
            for role_number, taken in enumerate(way):
                for letter in taken:
                    found.setdefault(letter, Counter())[role_number] += 1
            yield found
