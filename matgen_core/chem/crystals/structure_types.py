"""Structure types: a space group and the positions that each element takes, whatever the elements are.

The key "227|16.0;32.1;8.0" is Fd-3m with three elements: one on a 16-fold position without a free coordinate, one on a
32-fold position with one, one on an 8-fold position without. Its name is in :mod:`.prototypes`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import permutations
from math import gcd
from typing import TypeVar

from matgen_core.chem.crystals.symmetry import centring, wyckoff_positions
from matgen_core.chem.formulas.formula_type import FormulaType
from matgen_core.core.installation import ASSETS
from matgen_core.core.records import Crystal

H = TypeVar("H", bound=Hashable)
FOLDER = ASSETS / "reference"
FILE = "prototypes.json"
#: Between the names of prototypes that share a key.
_OR = " or "


@dataclass(frozen=True, slots=True)
class StructureType:
    """One structure type.

    Args:
        key: as in the table of names.
    """

    key: str

    @property
    def space_group(self) -> int:
        """1 to 230."""
        return int(self.key.split("|")[0])

    @property
    def roles(self) -> tuple[tuple[str, ...], ...]:
        """Positions of each element, as "multiplicity.free coordinates" in the conventional cell."""
        return tuple(tuple(role.split(",")) for role in self.key.split("|")[1].split(";"))

    @property
    def amounts(self) -> tuple[int, ...]:
        """Atoms of each element in the primitive cell."""
        points = centring(self.space_group)
        return tuple(sum(int(place.split(".")[0]) for place in role) // points for role in self.roles)

    @property
    def sites(self) -> int:
        """Positions that are taken."""
        return sum(map(len, self.roles))

    @property
    def formula(self) -> str:
        """Its type of formula, the elements by their amounts: "AB2C4".

        >>> StructureType("227|16.0;32.1;8.0").formula
        'AB2C4'
        """
        whole = gcd(*self.amounts)
        return "".join(
            f"{letter}{n if n > 1 else ''}"
            for letter, n in zip("ABCDEF", sorted(n // whole for n in self.amounts), strict=False)
        )

    def fits(self, pattern: FormulaType) -> bool:
        """Whether the amounts of its elements are those of a formula, or of a type of formula."""
        units, rest = divmod(sum(self.amounts), pattern.atoms)
        return not rest and sorted(self.amounts) == sorted(units * n for n in pattern.amounts)


def anonymous_type(crystal: Crystal) -> str:
    """Key of a structure type whatever its elements: space group and what positions each element takes."""
    table = wyckoff_positions(crystal.space_group)
    taken: dict[str, list[str]] = defaultdict(list)
    for site in crystal.sites:
        position = table[site.letter]
        taken[site.element].append(f"{position.multiplicity}.{position.degrees_of_freedom}")
    return f"{crystal.space_group}|{';'.join(sorted(','.join(sorted(places)) for places in taken.values()))}"


# --------------------------------------------------------------------------------------------------------- elements


def can_fill(
    amounts: Sequence[int],
    pools: Sequence[AbstractSet[str]],
    required: AbstractSet[str],
    pattern: FormulaType | None = None,
) -> bool:
    """Whether every element of a structure type can be chosen, all different.

    Args:
        amounts: atoms of each.
        pools: what each may be.
        required: elements that must be among them.
        pattern: the formula, or type of formula, that they must make.
    """
    if pattern is None:
        return _covers(pools, required)
    return any(_covers(narrowed, required) for narrowed in _as_pattern(amounts, pools, pattern))


def _as_pattern(
    amounts: Sequence[int], pools: Sequence[AbstractSet[str]], pattern: FormulaType
) -> Iterator[list[AbstractSet[str]]]:
    """The pools for each way in which the elements can take the places of a formula."""
    units, rest = divmod(sum(amounts), pattern.atoms)
    if rest or len(amounts) != len(pattern.amounts):
        return
    for way in permutations(range(len(amounts))):
        if all(n == units * pattern.amounts[place] for n, place in zip(amounts, way, strict=True)):
            named = [pattern.elements[place] for place in way]
            yield [
                pool - pattern.named if element is None else pool & {element}
                for pool, element in zip(pools, named, strict=True)
            ]


def _covers(pools: Sequence[AbstractSet[str]], required: AbstractSet[str]) -> bool:
    """Whether each pool can give an element of its own, and the required elements are all given.

    A matching that serves all pools and one that serves all required elements can be joined (Mendelsohn and Dulmage
    1958), so each is asked for alone.
    """
    hosts = [{place for place, pool in enumerate(pools) if element in pool} for element in sorted(required)]
    return _matches(pools) and _matches(hosts)


def _matches(choices: Sequence[AbstractSet[H]]) -> bool:
    """Whether each can have one of its choices that no other has (augmenting paths)."""
    owner: dict[H, int] = {}

    def give(number: int, tried: set[H]) -> bool:
        for choice in choices[number]:
            if choice not in tried:
                tried.add(choice)
                if choice not in owner or give(owner[choice], tried):
                    owner[choice] = number
                    return True
        return False

    return all(give(number, set()) for number in range(len(choices)))
