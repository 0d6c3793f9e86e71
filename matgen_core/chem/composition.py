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
from matgen_core.core.messages import Message, join
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
        raise BadTarget(
            "{unknown} is not an element that can be used; write symbols such as Fe, O", unknown=quote(unknown[0])
        )
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
        raise BadTarget("{formula} has fractional amounts; write whole numbers, such as Fe3O4", formula=quote(formula))
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


def check_constraints(constraints: Constraints) -> None:
    """Raises BadTarget, naming the contradiction and the remedy, for constraints that no crystal can meet."""
    include = check_elements(constraints.include)
    both = include & check_elements(constraints.exclude)
    if both:
        raise BadTarget(
            "{both} is both included and excluded; remove it from one of the two", both=join(sorted(both), ", ")
        )
    _check_atoms(constraints.min_atoms, constraints.max_atoms)
    if constraints.crystal_system is not None and constraints.crystal_system not in CRYSTAL_SYSTEMS:
        raise BadTarget(
            "no crystal system {crystal_system}; choose from: {crystal_systems}",
            crystal_system=quote(constraints.crystal_system),
            crystal_systems=join(CRYSTAL_SYSTEMS, ", "),
        )
    together = include | (constraints.chemical_system or frozenset())
    if len(together) > constraints.max_atoms:
        raise BadTarget(
            "{n_together} elements do not fit in {max_atoms} atoms; raise the maximum",
            n_together=len(together),
            max_atoms=constraints.max_atoms,
        )
    _check_system(constraints)
    _check_formula(constraints)


def _check_atoms(low: int, high: int) -> None:
    for count in (low, high):
        if not isinstance(count, Integral):  # NaN or 2.5 from a form or a script
            raise BadTarget("{count} is not a possible number of atoms; write a whole number", count=count)
    if low < 1 or high < 1:
        raise BadTarget("a cell needs at least one atom; set the atom counts to 1 or more")
    if low > high:
        raise BadTarget("at least {low} atoms and at most {high} contradict; raise the maximum", low=low, high=high)


def _check_system(constraints: Constraints) -> None:
    if constraints.chemical_system is None:
        return
    system = check_elements(constraints.chemical_system)
    if not system:
        raise BadTarget("the chemical system is empty; name its elements, for example Fe-O")
    for name, wrong in (("included", constraints.include - system), ("excluded", constraints.exclude & system)):
        if wrong:
            raise BadTarget(
                "{wrong} is {name} but the chemical system is {system}; remove one of the two",
                wrong=join(sorted(wrong), ", "),
                name=name,
                system="-".join(sorted(system)),
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
            "{shown} is outside the chemical system {chemical_system}; remove one of them",
            shown=shown,
            chemical_system="-".join(sorted(constraints.chemical_system)),
        )
    if constraints.include - elements:
        raise BadTarget(
            "{shown} does not contain {include}; remove one of the two",
            shown=shown,
            include=join(sorted(constraints.include - elements), ", "),
        )
    if constraints.exclude & elements:
        raise BadTarget(
            "{shown} contains {exclude}, which is excluded",
            shown=shown,
            exclude=join(sorted(constraints.exclude & elements), ", "),
        )
    _check_units(constraints, _smallest(counts), shown)


def _check_type(constraints: Constraints, pattern: FormulaType, shown: str) -> None:
    """A type of formula against the elements that are asked for."""
    check_elements(pattern.named)
    if pattern.named & constraints.exclude:
        raise BadTarget(
            "{shown} contains {named}, which is excluded",
            shown=shown,
            named=join(sorted(pattern.named & constraints.exclude), ", "),
        )
    together = constraints.include | pattern.named | (constraints.chemical_system or frozenset())
    if len(together) > len(pattern.amounts):
        raise BadTarget(
            "{shown} has {n_amounts} elements, but {together} are required; remove one",
            shown=shown,
            n_amounts=len(pattern.amounts),
            together=join(sorted(together), ", "),
        )
    system = constraints.chemical_system
    if system is not None and (len(system) != len(pattern.amounts) or not pattern.named <= system):
        raise BadTarget(
            "{shown} is outside the chemical system {system}; remove one of them",
            shown=shown,
            system="-".join(sorted(system)),
        )


def _check_units(constraints: Constraints, smallest: int, shown: str) -> None:
    """Whether a cell can hold a whole number of formula units of so many atoms."""
    if smallest > constraints.max_atoms:
        raise BadTarget(
            "{shown} has {smallest} atoms and at most {max_atoms} are allowed; raise the maximum",
            shown=shown,
            smallest=smallest,
            max_atoms=constraints.max_atoms,
        )
    if constraints.max_atoms // smallest * smallest < constraints.min_atoms:
        raise BadTarget(
            "no multiple of {shown} ({smallest} atoms) has {min_atoms} to {max_atoms} atoms; widen the atom counts",
            shown=shown,
            smallest=smallest,
            min_atoms=constraints.min_atoms,
            max_atoms=constraints.max_atoms,
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
        problems.append(
            Message("does not contain {include}", include=join(sorted(constraints.include - elements), ", "))
        )
    if constraints.exclude & elements:
        problems.append(Message("contains {exclude}", exclude=join(sorted(constraints.exclude & elements), ", ")))
    if constraints.chemical_system is not None and elements != constraints.chemical_system:
        problems.append(
            Message(
                "outside the chemical system {chemical_system}",
                chemical_system="-".join(sorted(constraints.chemical_system)),
            )
        )
    if constraints.formula is not None and not has_formula(counts, constraints.formula):
        problems.append(Message("not {formula}", formula=constraints.formula))
    if not constraints.min_atoms <= atoms <= constraints.max_atoms:
        problems.append(Message("1 atom") if atoms == 1 else Message("{atoms} atoms", atoms=atoms))
    return Verdict("constraints", not problems, join(problems))


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
    return Verdict("constraints", False, join(filter(None, (verdict.reason, system))))


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
    reason = (
        Message("neutral with common oxidation states, or an alloy")
        if valid
        else Message("no charge-neutral combination")
    )
    return Verdict("charge_balance", valid, Message("{reason} for {formula}", reason=reason, formula=formula))


def _too_many(formula: str) -> bool:
    return len(set(_SYMBOL.findall(formula))) > _MOST_ELEMENTS


def _unjudged(formula: str) -> str:
    reason = Message("SMACT cannot check {formula}", formula=formula)
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

    The app's own rule is :func:`matgen_core.chem.oxidation.check_oxidation`.
    """
    valid = _smact(formula, False, False)
    neutral = _smact(formula, True, False) if valid is False else valid
    if neutral is None:
        return Verdict("smact_neutral", None, _unjudged(formula))
    return Verdict(
        "smact_neutral",
        neutral,
        Message("charge-neutral combination for {formula}", formula=formula)
        if neutral
        else Message("no charge-neutral combination for {formula}", formula=formula),
    )
