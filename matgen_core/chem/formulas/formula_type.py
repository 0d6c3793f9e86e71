"""Types of formula such as ABX3, ABO3 or A2BX6: letters that are no element stand for any element.

A, E, G, J, L, M, Q, R, X and Z stand for any element, and so do B beside A, C beside A and B, and Y beside X and Z.
Every other symbol means its element: O in ABO3 is oxygen. Different letters are different elements, none of them one
that is written in the type; the amounts hold exactly, in any multiple.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from math import gcd

from matgen_core.core.errors import BadTarget, quote

_LETTERS = frozenset("AEGJLMQRXZ")
#: Letters that are elements, too, and what must stand beside them so that they are not.
_BESIDE = {"B": {"A"}, "C": {"A", "B"}, "Y": {"X", "Z"}}
_PART = re.compile(r"([A-Z][a-z]?)(\d*)")
_BRACKET = re.compile(r"\(((?:[A-Z][a-z]?\d*)+)\)(\d*)")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789", " ")


@dataclass(frozen=True, slots=True)
class FormulaType:
    """A type of formula.

    Args:
        amounts: of each role in the reduced formula.
        elements: what each role is; None for any element.
    """

    amounts: tuple[int, ...]
    elements: tuple[str | None, ...]

    @property
    def atoms(self) -> int:
        """In one formula unit."""
        return sum(self.amounts)

    @property
    def named(self) -> frozenset[str]:
        """Elements that are written in it."""
        return frozenset(element for element in self.elements if element is not None)

    def roles(self, present: Sequence[str]) -> Iterator[tuple[int, ...]]:
        """Every way to give each of some elements a role of its own."""
        yield from _roles(self.elements, tuple(e if e in self.named else None for e in present))

    def fits(self, counts: Mapping[str, int]) -> bool:
        """Whether a material with so many atoms of each element is of this type.

        >>> read_type("ABO3").fits({"Sr": 2, "Ti": 2, "O": 6}), read_type("ABO3").fits({"Ca": 1, "O": 1})
        (True, False)
        """
        if len(counts) != len(self.amounts):
            return False
        units, rest = divmod(sum(counts.values()), self.atoms)
        if rest:
            return False
        have = list(counts.values())
        return any(all(have[i] == units * self.amounts[r] for i, r in enumerate(way)) for way in self.roles([*counts]))


@lru_cache(maxsize=10_000)
def _roles(elements: tuple[str | None, ...], present: tuple[str | None, ...]) -> tuple[tuple[int, ...], ...]:
    """Roles of elements, of which those that the type names are given by name and all others as None."""
    ways = permutations(range(len(elements)), len(present))
    return tuple(way for way in ways if all(elements[r] == e for r, e in zip(way, present, strict=True)))


def read_type(text: str) -> FormulaType | None:
    """The type that a text such as "ABX3" names; None where it is none, because all its symbols are elements.

    >>> read_type("A2B2X6")
    FormulaType(amounts=(1, 1, 3), elements=(None, None, None))
    >>> read_type("ABO3").elements, read_type("BN"), read_type("CsPbX3").elements
    ((None, None, 'O'), None, ('Cs', 'Pb', None))

    Raises:
        BadTarget: for a type with an amount of 0, or with too many letters.
    """
    plain = text.translate(_SUBSCRIPTS)
    while (bracket := _BRACKET.search(plain)) is not None:
        times = int(bracket[2] or 1)
        inner = "".join(f"{symbol}{int(n or 1) * times}" for symbol, n in _PART.findall(bracket[1]))
        plain = plain[: bracket.start()] + inner + plain[bracket.end() :]
    if not re.fullmatch(r"(?:[A-Z][a-z]?\d{0,3})+", plain):
        return None
    amounts: dict[str, int] = {}
    for symbol, number in _PART.findall(plain):
        amounts[symbol] = amounts.get(symbol, 0) + int(number or 1)
    if not amounts.keys() & _LETTERS:
        return None
    if min(amounts.values()) < 1:
        raise BadTarget("{text} has an amount of 0; leave that letter out", text=quote(text))
    if len(amounts) > 6:
        raise BadTarget(
            "{text} has {n_amounts} kinds of atoms; a type of formula has at most 6",
            text=quote(text),
            n_amounts=len(amounts),
        )
    free = {s for s in amounts if s in _LETTERS or _BESIDE.get(s, {""}) <= amounts.keys()}
    common = gcd(*amounts.values())
    return FormulaType(tuple(n // common for n in amounts.values()), tuple(None if s in free else s for s in amounts))
