"""Oxidation states that make a compound neutral: one solver and one verdict for every kind of material.

The solver takes integer states. Atoms of one element may have two states of one sign (Fe3O4). An anion may have a
smaller charge than usual only where bonds between its own atoms explain it (FeS2, KO2, NaN3): with a structure these
bonds must be there, without one the verdict says that they are needed. Positive elements are the less electronegative.
What is known of each element stands in :mod:`matgen_core.chem.formulas.oxidation_states`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import gcd, lcm
from typing import TYPE_CHECKING

from matgen_core.chem.crystals.scene import covalent_radius
from matgen_core.chem.formulas.formula import read_formula
from matgen_core.chem.formulas.formula_writing import write_formula
from matgen_core.chem.formulas.oxidation_states import CHAINS, Choice, anions, cations, facts, may_be, signed
from matgen_core.core.errors import BadTarget, quote
from matgen_core.core.messages import Message
from matgen_core.core.records import Verdict
from matgen_core.core.typed_text import plain_text

if TYPE_CHECKING:
    from pymatgen.core import Structure

#: What the solver can answer.
COMMON, RARE, INTERMETALLIC, ELEMENT, NONE = "common", "rare", "intermetallic", "element", "none"
UNKNOWN = "unknown"
#: Larger reduced formulas and more elements would take too long.
_MOST_ATOMS, _MOST_ELEMENTS = 2000, 9
#: Metalloids that form intermetallic and Zintl phases. Tellurium is left out: a telluride has to be neutral.
_METALLOIDS = frozenset({"B", "Si", "Ge", "As", "Sb"})
#: Atoms nearer than this many sums of covalent radii are bonded.
_BOND = 1.2


@dataclass(frozen=True, slots=True)
class Balance:
    """What the solver found.

    Args:
        kind: COMMON, RARE, INTERMETALLIC, ELEMENT, NONE or UNKNOWN.
        states: element, and its states with how many atoms of the reduced formula have each.
        rare: of these states, those that are rare ("W +5").
        bonded: anions whose charge needs bonds between their own atoms.
    """

    kind: str
    states: tuple[tuple[str, tuple[tuple[float, int], ...]], ...] = ()
    rare: tuple[str, ...] = ()
    bonded: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The states: "Fe +2, Fe +3 (2), O −2"; a number in brackets where an element has two states."""
        parts = []
        for element, states in self.states:
            for state, count in states:
                many = f" ({count})" if len(states) > 1 and count > 1 else ""
                parts.append(f"{element} {signed(state)}{many}")
        return ", ".join(parts)


# -------------------------------------------------------------------------------------------------------------- solver


def balance(formula: str, structure: Structure | None = None) -> Balance:
    """The likeliest oxidation states of a formula, with the bonds between anions of a structure where there is one.

    Args:
        formula: any formula.
        structure: of it; None where only the formula is known.
    """
    counts = _count(formula)
    bonds = None if structure is None else _bonded_anions(structure)
    return _balance(tuple(sorted(counts.items())), bonds)


@lru_cache(maxsize=50_000)
def _count(formula: str) -> dict[str, int]:
    amounts = read_formula(formula)
    unit = lcm(*(amount.denominator for amount in amounts.values()))
    whole = {element: int(amount * unit) for element, amount in amounts.items()}
    divisor = gcd(*whole.values())
    return {element: amount // divisor for element, amount in whole.items()}


@lru_cache(maxsize=100_000)
def _balance(counts: tuple[tuple[str, int], ...], bonds: frozenset[str] | None) -> Balance:
    amounts = dict(counts)
    if sum(amounts.values()) > _MOST_ATOMS or len(amounts) > _MOST_ELEMENTS:
        return Balance(UNKNOWN)
    if len(amounts) == 1:
        return Balance(ELEMENT)
    for common in (True, False):
        for times in (1, 2):  # one Bi cannot have two states, two can: BaBiO3
            found = _solve({e: n * times for e, n in counts}, common, bonds)
            if found is not None:
                return _balance_from(COMMON if common else RARE, found[1])
        if _is_metallic(amounts):
            return Balance(INTERMETALLIC)
    return Balance(NONE)


def _is_metallic(elements: Iterable[str]) -> bool:
    return all(facts(e)[1] or e in _METALLOIDS for e in elements)


def _balance_from(kind: str, found: Mapping[str, Choice]) -> Balance:
    order = sorted(found, key=lambda e: (found[e].states[0][0] < 0, facts(e)[0]))
    rare = tuple(f"{e} {words}" for e in order for words in found[e].rare)
    return Balance(kind, tuple((e, found[e].states) for e in order), rare, tuple(e for e in order if found[e].bonded))


def _solve(
    amounts: Mapping[str, int], common: bool, bonds: frozenset[str] | None
) -> tuple[float, dict[str, Choice]] | None:
    """Cost and choices of the cheapest neutral combination over all ways to share out the signs."""
    elements, best = sorted(amounts, key=lambda e: facts(e)[0]), None
    for signs in product((1, -1), repeat=len(elements)):
        positive = [e for e, sign in zip(elements, signs, strict=True) if sign > 0]
        negative = [e for e, sign in zip(elements, signs, strict=True) if sign < 0]
        if not positive or not negative or not all(may_be(p, q) for p in positive for q in negative):
            continue
        anion = max(negative, key=lambda e: facts(e)[0])
        choices = {e: cations(e, amounts[e], anion, common) for e in positive}
        choices |= {e: anions(e, amounts[e], common, None if bonds is None else e in bonds) for e in negative}
        found = _cheapest(choices)
        if found is not None and bonds is None and _is_far_fetched(found[1].values()):
            continue
        if found is not None and (best is None or found[0] < best[0]):
            best = found
    return best


def _is_far_fetched(choices: Iterable[Choice]) -> bool:
    """Whether more than one thing that a formula does not show would have to be so."""
    return sum(choice.bonded + len(choice.rare) for choice in choices) > 1


def _cheapest(choices: Mapping[str, Mapping[int, Choice]]) -> tuple[float, dict[str, Choice]] | None:
    """The cheapest of all combinations whose charges add up to 0, one element after the other."""
    if not all(choices.values()):
        return None
    reached: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, ())}
    left = [(min(c), max(c)) for c in choices.values()]
    for place, options in enumerate(choices.values()):
        low, high = sum(a for a, _ in left[place + 1 :]), sum(b for _, b in left[place + 1 :])
        following: dict[int, tuple[float, tuple[int, ...]]] = {}
        for charge, (cost, path) in reached.items():
            for more, choice in options.items():
                total = charge + more
                if not -high <= total <= -low:
                    continue
                before = following.get(total)
                if before is None or cost + choice.cost < before[0]:
                    following[total] = (cost + choice.cost, (*path, more))
        reached = following
    if 0 not in reached:
        return None
    cost, path = reached[0]
    return cost, {e: options[more] for (e, options), more in zip(choices.items(), path, strict=True)}


def _bonded_anions(structure: Structure) -> frozenset[str]:
    """Elements whose atoms are bonded to one another."""
    symbols = [site.specie.symbol for site in structure]
    radii = {e: covalent_radius(e) for e in set(symbols) & set(CHAINS)}
    if not radii:
        return frozenset()
    longest = 2 * _BOND * max(radii.values())
    firsts, seconds, _images, distances = structure.get_neighbor_list(longest)
    return frozenset(
        symbols[i]
        for i, j, d in zip(firsts.tolist(), seconds.tolist(), distances.tolist(), strict=True)
        if symbols[i] == symbols[j] and symbols[i] in radii and d <= 2 * _BOND * radii[symbols[i]]
    )


# ------------------------------------------------------------------------------------------------------------- verdict


def check_oxidation(formula: str, structure: Structure | None = None) -> Verdict:
    """Verdict "oxidation": neutral with common states, only with rare ones, intermetallic, or none.

    Args:
        formula: reduced formula.
        structure: of it; None where only the formula is known.
    """
    found = balance(formula, structure)
    passed: bool | None = True
    bonds = ", ".join(f"{element}–{element}" for element in found.bonded)
    if found.kind == UNKNOWN:
        passed = None
        reason = Message(
            "oxidation states of {formula} not searched: more than {most_elements} elements, or "
            "more than {most_atoms} atoms",
            formula=write_formula(formula),
            most_elements=_MOST_ELEMENTS,
            most_atoms=_MOST_ATOMS,
        )
    elif found.kind == ELEMENT:
        reason = Message("an element: no charges to balance")
    elif found.kind == INTERMETALLIC:
        reason = Message("intermetallic: metals and metalloids only")
    elif found.kind == NONE:
        passed = False
        reason = Message(
            "no neutral combination of known oxidation states for {formula}", formula=write_formula(formula)
        )
    elif found.kind == COMMON and found.bonded:
        reason = Message("neutral with common states and {bonds} bonds: {words}", bonds=bonds, words=found.words)
    elif found.kind == COMMON:
        reason = Message("neutral with common states: {words}", words=found.words)
    elif found.rare:
        passed, rare = None, ", ".join(found.rare)
        reason = Message("neutral only with rare states ({rare}): {words}", rare=rare, words=found.words)
    else:
        passed = None
        reason = Message(
            "neutral only with {bonds} bonds, which a formula does not show: {words}", bonds=bonds, words=found.words
        )
    return Verdict("oxidation", passed, reason)


def has_states(counts: Mapping[str, int], asked: Iterable[tuple[str, int]]) -> Message | None:
    """Why elements have other oxidation states than were asked for; None where they have just those.

    Args:
        counts: atoms of each element.
        asked: (element, state) pairs; an element may be named with two states, and then has both.
    """
    wanted: dict[str, set[int]] = {}
    for element, state in asked:
        wanted.setdefault(element, set()).add(state)
    found = dict(balance("".join(f"{element}{n}" for element, n in counts.items())).states)
    for element, states in wanted.items():
        if {state for state, _count in found.get(element, ())} == states:
            continue
        words = ", ".join(signed(state) for state, _count in found.get(element, ()))
        return (
            Message("{element} is {states}", element=element, states=words)
            if words
            else Message("{element} has no oxidation state", element=element)
        )
    return None


def read_states(text: str) -> tuple[tuple[str, int], ...]:
    """Elements with their oxidation states, as written.

    >>> read_states("Fe3+, Mn4+, S2-, Fe+2"), read_states(" ")
    ((('Fe', 3), ('Mn', 4), ('S', -2), ('Fe', 2)), ())

    Raises:
        BadTarget: naming what is none.
    """
    found = []
    for part in re.split(r"[,;\s]+", plain_text(text).strip()):
        if not part:
            continue
        read = re.fullmatch(r"([A-Z][a-z]?)(?:(\d)([+-])|([+-])(\d)|([+-]))", part)
        if read is None:
            raise BadTarget("{part} is not an oxidation state; write Fe3+ or O2-", part=quote(part))
        size, sign = int(read[2] or read[5] or 1), read[3] or read[4] or read[6]
        found.append((read[1], size if sign == "+" else -size))
    return tuple(found)


def check_neutral(formula: str) -> Verdict:
    """Verdict "neutral": whether common states make it neutral; an intermetallic, or rare states, do not pass."""
    found = balance(formula)
    return Verdict("neutral", found.kind == COMMON, check_oxidation(formula).reason)
