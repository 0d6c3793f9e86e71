"""Elements and formulas as a user writes them, and whether charges can balance (SMACT)."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import gcd

from matgen_core.chem.formulas.formula import read_formula
from matgen_core.chem.formulas.formula_type import FormulaType, read_type
from matgen_core.chem.formulas.formula_writing import write_formula
from matgen_core.core.errors import BadInput, BadTarget, quote
from matgen_core.core.messages import Message
from matgen_core.core.records import Verdict
from matgen_core.core.typed_text import plain_text

_SYMBOL = re.compile(r"[A-Z][a-z]?")
#: SMACT tries every combination of states: a second for nine elements, ten times as long for each more.
_MOST_ELEMENTS = 9
#: Plutonium: beyond it there is too little data for any of the networks.
_LAST_ELEMENT = 94


def parse_elements(text: str, known: Iterable[str] | None = None) -> frozenset[str]:
    """Elements named in "Fe, O", "Fe O", "Fe-O" or "fe o".

    Args:
        text: what the user wrote.
        known: allowed symbols; all elements if None.

    Raises:
        BadTarget: naming what is not an element.
    """
    parts = [part for part in re.split(r"[\s,;/+-]+", plain_text(text).strip()) if part]
    return check_elements([part.capitalize() if part.islower() else part for part in parts], known)


def check_elements(symbols: Iterable[str], known: Iterable[str] | None = None) -> frozenset[str]:
    """The symbols, if all are elements; raises BadTarget otherwise."""
    allowed = periodic_table() if known is None else frozenset(known)
    found = frozenset(symbols)
    unknown = sorted(found - allowed)
    if unknown:
        raise BadTarget(
            "{unknown} is not an element that can be used; write symbols such as Fe, O", unknown=quote(unknown[0])
        )
    return found


@lru_cache(maxsize=1)
def periodic_table() -> frozenset[str]:
    """Symbols of the elements that a candidate may have."""
    from pymatgen.core import Element

    return frozenset(e.symbol for e in Element if e.Z <= _LAST_ELEMENT and _SYMBOL.fullmatch(e.symbol))


def parse_formula(formula: str) -> dict[str, int]:
    """Atoms of each element in a formula with whole amounts.

    >>> parse_formula("Fe3O4")
    {'Fe': 3, 'O': 4}

    Raises:
        BadTarget: where it is no formula.
    """
    try:
        amounts = read_formula(formula)
    except BadInput as error:
        raise BadTarget(str(error)) from None
    if any(amount.denominator > 1 for amount in amounts.values()):
        raise BadTarget("{formula} has fractional amounts; write whole numbers, such as Fe3O4", formula=quote(formula))
    check_elements(amounts)
    return {element: int(amount) for element, amount in amounts.items()}


def smallest_cell(counts: Mapping[str, int]) -> int:
    """Atoms of the smallest cell with these ratios."""
    return sum(counts.values()) // gcd(*counts.values())


def fitting_cell(formula: str) -> int:
    """Most atoms of a primitive cell worth drawing for a formula: up to four formula units, as known crystals have.

    Of 22,364 known crystals 98 % have at most four units in their primitive cell, and 79 % at most two; larger cells
    take long. Beyond 28 atoms two units are tried, where a formula is large.

    >>> fitting_cell("AlCo2Ru"), fitting_cell("Si"), fitting_cell("Fe3O4"), fitting_cell("MgAl2O4")
    (16, 4, 28, 28)

    Raises:
        BadTarget: where it is no formula.
    """
    pattern = read_type(formula)
    unit = smallest_cell(parse_formula(formula)) if pattern is None else pattern.atoms
    units = max(2 if 2 * unit <= 40 else 1, min(4, 28 // unit))
    return units * unit


def split_formula(text: str, system: frozenset[str] | None = None) -> tuple[str | None, frozenset[str] | None]:
    """Formula and chemical system, where a formula is asked for: a formula, its type, or the system itself.

    >>> split_formula("ABO3"), sorted(split_formula("Li-P-S")[1])
    (('ABO3', None), ['Li', 'P', 'S'])

    Args:
        text: as written.
        system: as asked for besides.

    Raises:
        BadTarget: for a system that names no element, or is another than the one asked for besides.
    """
    plain = text.strip()
    if re.fullmatch(r"[A-Z][a-z]?(?:\s*[-−–]\s*[A-Z][a-z]?)+", plain):
        elements = check_elements(part.strip() for part in re.split("[-−–]", plain))
        if system not in (None, elements):
            raise BadTarget(
                "{plain} and {system} are different chemical systems; remove one of them",
                plain=plain,
                system="-".join(sorted(system or ())),
            )
        return None, elements
    return plain or None, system


def formula_elements(formula: str) -> frozenset[str]:
    """Elements that a formula, or a type of formula such as ABO3, names."""
    pattern = read_type(formula)
    return frozenset(parse_formula(formula)) if pattern is None else pattern.named


def type_of(formula: str) -> FormulaType:
    """The type that a text names; of a formula the type in which every element is named."""
    if (pattern := read_type(formula)) is not None:
        return pattern
    counts = parse_formula(formula)
    common = gcd(*counts.values())
    return FormulaType(tuple(n // common for n in counts.values()), tuple(counts))


# -------------------------------------------------------------------------------------------------- charge balance


def check_charges(formula: str) -> Verdict:
    """Verdict "charge_balance": SMACT's validity (4.0.2; Pauling's test, alloys allowed), for published figures.

    The app's own rule is :func:`matgen_core.chem.formulas.oxidation.check_oxidation`, which says what it found.

    Args:
        formula: reduced formula.

    Source: Davies et al., Chem 1, 617 (2016); settings as in CDVAE's composition validity.
    """
    valid = _smact(formula, False, True)
    if valid is None:
        return Verdict("charge_balance", None, _unjudged(formula))
    reason = (
        Message("neutral with common oxidation states, or an alloy")
        if valid
        else Message("no charge-neutral combination")
    )
    return Verdict(
        "charge_balance", valid, Message("{reason} for {formula}", reason=reason, formula=write_formula(formula))
    )


def _too_many(formula: str) -> bool:
    return len(set(_SYMBOL.findall(formula))) > _MOST_ELEMENTS


def _unjudged(formula: str) -> str:
    reason = Message("SMACT cannot check {formula}", formula=write_formula(formula))
    if _too_many(formula):
        reason = Message(
            "SMACT would take too long over the oxidation states of more than {most_elements} elements",
            most_elements=_MOST_ELEMENTS,
        )
    return reason


@lru_cache(maxsize=100_000)
def _smact(formula: str, mixed_valence: bool, alloys: bool) -> bool | None:
    """Whether SMACT considers the formula valid; None where it cannot check it."""
    from smact.screening import smact_validity

    if _too_many(formula):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of elements without an electronegativity; the verdict says it
        try:
            return bool(smact_validity(formula, include_alloys=alloys, mixed_valence=mixed_valence))
        except Exception:  # smact raises many kinds for elements it has no data for
            return None


def check_smact_neutral(formula: str) -> Verdict:
    """Verdict "smact_neutral": the same test without alloys, an element in two states allowed; for published figures.

    The app's own rule is :func:`matgen_core.chem.formulas.oxidation.check_oxidation`.
    """
    valid = _smact(formula, False, False)
    neutral = _smact(formula, True, False) if valid is False else valid
    if neutral is None:
        return Verdict("smact_neutral", None, _unjudged(formula))
    return Verdict(
        "smact_neutral",
        neutral,
        Message("charge-neutral combination for {formula}", formula=write_formula(formula))
        if neutral
        else Message("no charge-neutral combination for {formula}", formula=write_formula(formula)),
    )
