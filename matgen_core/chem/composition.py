"""What a composition may be: the user's constraints, and SMACT's validity."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping
from functools import lru_cache
from numbers import Integral

from matgen_core.chem.formula import read_formula
from matgen_core.chem.formula_type import FormulaType, read_type
from matgen_core.chem.symmetry import CRYSTAL_SYSTEMS, crystal_system
from matgen_core.core.errors import BadInput, BadTarget, quote
from matgen_core.core.goals import Constraints
from matgen_core.core.records import Crystal, Verdict

_SYMBOL = re.compile(r"[A-Z][a-z]?")
#: SMACT tries every combination of states: a second for nine elements, ten times as long for each more.
_MOST_ELEMENTS = 9
#: Plutonium: beyond it there is too little data for any of the networks.
_LAST_ELEMENT = 94


def parse_elements(text: str, known: Iterable[str] | None = None) -> frozenset[str]:
    """Elements named in "Fe, O", "Fe O" or "Fe-O".

    Args:
        text: what the user wrote.
        known: allowed symbols; all elements if None.

    Raises:
        BadTarget: naming what is not an element.
    """
    return check_elements([part for part in re.split(r"[\s,;/+-]+", text.strip()) if part], known)


def check_elements(symbols: Iterable[str], known: Iterable[str] | None = None) -> frozenset[str]:
    """The symbols, if all are elements; raises BadTarget otherwise."""
    allowed = _periodic_table() if known is None else frozenset(known)
    found = frozenset(symbols)
    unknown = sorted(found - allowed)
    if unknown:
        raise BadTarget(f"{quote(unknown[0])} is not an element that can be used; write symbols such as Fe, O")
    return found


@lru_cache(maxsize=1)
def _periodic_table() -> frozenset[str]:
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
        raise BadTarget(f"{quote(formula)} has amounts that are not whole; write the whole formula, such as Fe3O4")
    check_elements(amounts)
    return {element: int(amount) for element, amount in amounts.items()}


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
    unit = _smallest(parse_formula(formula)) if pattern is None else pattern.atoms
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
            raise BadTarget(f"{plain} is another system than {'-'.join(sorted(system or ()))}; drop one of them")
        return None, elements
    return plain or None, system


def formula_elements(formula: str) -> frozenset[str]:
    """Elements that a formula, or a type of formula such as ABO3, names."""
    pattern = read_type(formula)
    return frozenset(parse_formula(formula)) if pattern is None else pattern.named


def check_constraints(constraints: Constraints) -> None:
    """Raises BadTarget, naming the contradiction and the remedy, for constraints that no crystal can meet."""
    include = check_elements(constraints.include)
    both = include & check_elements(constraints.exclude)
    if both:
        raise BadTarget(f"{', '.join(sorted(both))} is both included and excluded; remove it from one of the two")
    _check_atoms(constraints.min_atoms, constraints.max_atoms)
    if constraints.crystal_system is not None and constraints.crystal_system not in CRYSTAL_SYSTEMS:
        raise BadTarget(
            f"no crystal system {quote(constraints.crystal_system)}; choose from: {', '.join(CRYSTAL_SYSTEMS)}"
        )
    together = include | (constraints.chemical_system or frozenset())
    if len(together) > constraints.max_atoms:
        raise BadTarget(f"{len(together)} elements do not fit in {constraints.max_atoms} atoms; raise the maximum")
    _check_system(constraints)
    _check_formula(constraints)


def _check_atoms(low: int, high: int) -> None:
    for count in (low, high):
        if not isinstance(count, Integral):  # NaN or 2.5 from a form or a script
            raise BadTarget(f"{count} atoms cannot be asked for; write a whole number")
    if low < 1 or high < 1:
        raise BadTarget("a cell needs at least one atom; set the atom counts to 1 or more")
    if low > high:
        raise BadTarget(f"at least {low} atoms and at most {high} contradict; raise the maximum")


def _check_system(constraints: Constraints) -> None:
    if constraints.chemical_system is None:
        return
    system = check_elements(constraints.chemical_system)
    if not system:
        raise BadTarget("the chemical system is empty; name its elements, for example Fe-O")
    for name, wrong in (("included", constraints.include - system), ("excluded", constraints.exclude & system)):
        if wrong:
            raise BadTarget(
                f"{', '.join(sorted(wrong))} is {name} but the chemical system is {'-'.join(sorted(system))}; "
                f"drop one of the two"
            )


def _check_formula(constraints: Constraints) -> None:
    if constraints.formula is None:
        return
    shown = constraints.formula.strip()
    if (pattern := read_type(shown)) is not None:
        _check_type(constraints, pattern, shown)
        _check_units(constraints, pattern.atoms, shown)
        return
    counts = parse_formula(constraints.formula)
    elements = frozenset(counts)
    if constraints.chemical_system is not None and elements != constraints.chemical_system:
        raise BadTarget(
            f"{shown} is outside the chemical system {'-'.join(sorted(constraints.chemical_system))}; drop one of them"
        )
    if constraints.include - elements:
        raise BadTarget(f"{shown} has no {', '.join(sorted(constraints.include - elements))}; drop one")
    if constraints.exclude & elements:
        raise BadTarget(f"{shown} has {', '.join(sorted(constraints.exclude & elements))}, which is excluded")
    _check_units(constraints, _smallest(counts), shown)


def _check_type(constraints: Constraints, pattern: FormulaType, shown: str) -> None:
    """A type of formula against the elements that are asked for."""
    check_elements(pattern.named)
    if pattern.named & constraints.exclude:
        raise BadTarget(f"{shown} has {', '.join(sorted(pattern.named & constraints.exclude))}, which is excluded")
    together = constraints.include | pattern.named | (constraints.chemical_system or frozenset())
    if len(together) > len(pattern.amounts):
        raise BadTarget(
            f"{shown} has {len(pattern.amounts)} elements, and {', '.join(sorted(together))} are asked for; drop one"
        )
    system = constraints.chemical_system
    if system is not None and (len(system) != len(pattern.amounts) or not pattern.named <= system):
        raise BadTarget(f"{shown} is outside the chemical system {'-'.join(sorted(system))}; drop one of them")


def _check_units(constraints: Constraints, smallest: int, shown: str) -> None:
    """Whether a cell can hold a whole number of formula units of so many atoms."""
    if smallest > constraints.max_atoms:
        raise BadTarget(
            f"{shown} has {smallest} atoms and at most {constraints.max_atoms} are allowed; raise the maximum"
        )
    if constraints.max_atoms // smallest * smallest < constraints.min_atoms:
        raise BadTarget(
            f"no multiple of {shown} ({smallest} atoms) has {constraints.min_atoms} to {constraints.max_atoms} atoms; "
            f"widen the atom counts"
        )


def _smallest(counts: Mapping[str, int]) -> int:
    from math import gcd

    return sum(counts.values()) // gcd(*counts.values())


def has_formula(counts: Mapping[str, int], formula: str) -> bool:
    """Whether so many atoms of each element are a multiple of a formula, or of a type of formula such as ABX3."""
    if (pattern := read_type(formula)) is not None:
        return pattern.fits(counts)
    wanted, atoms = parse_formula(formula), sum(counts.values())
    whole = sum(wanted.values())
    return {e: n * atoms for e, n in wanted.items()} == {e: n * whole for e, n in counts.items()}


def check_counts(counts: Mapping[str, int], constraints: Constraints) -> Verdict:
    """Verdict "constraints" on elements and atoms: of a crystal's primitive cell, or of a reduced formula."""
    elements, atoms = frozenset(counts), sum(counts.values())
    problems = []
    if constraints.include - elements:
        problems.append(f"no {', '.join(sorted(constraints.include - elements))}")
    if constraints.exclude & elements:
        problems.append(f"has {', '.join(sorted(constraints.exclude & elements))}")
    if constraints.chemical_system is not None and elements != constraints.chemical_system:
        problems.append(f"not {'-'.join(sorted(constraints.chemical_system))}")
    if constraints.formula is not None and not has_formula(counts, constraints.formula):
        problems.append(f"not {constraints.formula}")
    if not constraints.min_atoms <= atoms <= constraints.max_atoms:
        problems.append("1 atom" if atoms == 1 else f"{atoms} atoms")
    return Verdict("constraints", not problems, "; ".join(problems))


def check_crystal(crystal: Crystal, counts: Mapping[str, int], constraints: Constraints) -> Verdict:
    """Verdict "constraints": whether a crystal is what the user allowed.

    Args:
        crystal: the crystal.
        counts: atoms of each element in its primitive cell.
        constraints: checked before by :func:`check_constraints`.
    """
    verdict, system = check_counts(counts, constraints), crystal_system(crystal.space_group)
    if constraints.crystal_system in (None, system):
        return verdict
    return Verdict("constraints", False, "; ".join(filter(None, (verdict.reason, system))))


# -------------------------------------------------------------------------------------------------- charge balance


def check_charges(formula: str) -> Verdict:
    """Verdict "charge_balance": SMACT's validity (4.0.2; Pauling's test, alloys allowed), for published figures.

    The app's own rule is :func:`matgen_core.chem.oxidation.check_oxidation`, which says what it found.

    Args:
        formula: reduced formula.

    Source: Davies et al., Chem 1, 617 (2016); settings as in CDVAE's composition validity.
    """
    valid = _smact(formula, False, True)
    if valid is None:
        return Verdict("charge_balance", None, _unjudged(formula))
    reason = "neutral with common oxidation states, or an alloy" if valid else "no neutral combination"
    return Verdict("charge_balance", valid, f"{reason} for {formula}")


def _too_many(formula: str) -> bool:
    return len(set(_SYMBOL.findall(formula))) > _MOST_ELEMENTS


def _unjudged(formula: str) -> str:
    reason = f"SMACT cannot judge {formula}"
    if _too_many(formula):
        reason = f"SMACT would take too long over the oxidation states of more than {_MOST_ELEMENTS} elements"
    return reason


@lru_cache(maxsize=100_000)
def _smact(formula: str, mixed_valence: bool, alloys: bool) -> bool | None:
    """Whether SMACT holds the formula for valid; None where it cannot judge it."""
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

    The app's own rule is :func:`matgen_core.chem.oxidation.check_oxidation`.
    """
    valid = _smact(formula, False, False)
    neutral = _smact(formula, True, False) if valid is False else valid
    if neutral is None:
        return Verdict("smact_neutral", None, _unjudged(formula))
    return Verdict("smact_neutral", neutral, f"{'a' if neutral else 'no'} neutral combination for {formula}")
