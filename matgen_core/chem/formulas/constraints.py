"""Constraints on elements and atoms: what contradicts, and what a crystal or a composition fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Integral

from matgen_core.chem.crystals.dimensionality import read_dimensionality
from matgen_core.chem.crystals.prototypes import types_named
from matgen_core.chem.crystals.structure import to_structure
from matgen_core.chem.crystals.structure_types import StructureType, anonymous_type, can_fill
from matgen_core.chem.crystals.symmetry import CRYSTAL_SYSTEMS, crystal_system, symbol
from matgen_core.chem.formulas.composition import check_elements, parse_formula, periodic_table, smallest_cell, type_of
from matgen_core.chem.formulas.formula_type import FormulaType, read_type
from matgen_core.chem.formulas.oxidation import has_states
from matgen_core.core.errors import BadTarget, quote
from matgen_core.core.goals import Constraints
from matgen_core.core.messages import Message, join
from matgen_core.core.records import Crystal, Verdict


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
    _check_crystal_rules(constraints)
    together = constraints.required
    if len(together) > constraints.max_atoms:
        raise BadTarget(
            "{n_together} elements do not fit in an atom count of {max_atoms}; raise the maximum",
            n_together=len(together),
            max_atoms=constraints.max_atoms,
        )
    _check_system(constraints)
    _check_formula(constraints)
    _check_structure_type(constraints)


def _check_crystal_rules(constraints: Constraints) -> None:
    """Space groups, oxidation states and dimensionality: whether there are such, and agree with the rest."""
    check_elements(element for element, _state in constraints.oxidation)
    out = {element for element, _state in constraints.oxidation} & constraints.exclude
    if out:
        raise BadTarget(
            "an oxidation state of {elements} is required, but it is excluded; remove one of the two",
            elements=join(sorted(out), ", "),
        )
    wrong = sorted(group for group in constraints.space_groups if not 1 <= group <= 230)
    if wrong:
        raise BadTarget("there is no space group {group}; numbers run from 1 to 230", group=wrong[0])
    system = constraints.crystal_system
    if system is not None and constraints.space_groups and system not in map(crystal_system, constraints.space_groups):
        raise BadTarget(
            "{groups} is not {system}; remove one of the two",
            groups=join(map(symbol, sorted(constraints.space_groups)), ", "),
            system=system,
        )
    if constraints.dimensionality not in (None, 0, 1, 2, 3):
        raise BadTarget("a dimensionality is 0, 1, 2 or 3, not {given}", given=constraints.dimensionality)


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
    asked = constraints.include | {element for element, _state in constraints.oxidation}
    for name, wrong in (("included", asked - system), ("excluded", constraints.exclude & system)):
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
    if not _in_system(elements, constraints):
        assert constraints.chemical_system is not None
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
    _check_units(constraints, smallest_cell(counts), shown)


def _check_type(constraints: Constraints, pattern: FormulaType, shown: str) -> None:
    """A type of formula against the elements that are asked for."""
    check_elements(pattern.named)
    if pattern.named & constraints.exclude:
        raise BadTarget(
            "{shown} contains {named}, which is excluded",
            shown=shown,
            named=join(sorted(pattern.named & constraints.exclude), ", "),
        )
    together = constraints.required | pattern.named
    if len(together) > len(pattern.amounts):
        raise BadTarget(
            "{shown} has {n_amounts} elements, but {together} are required; remove one",
            shown=shown,
            n_amounts=len(pattern.amounts),
            together=join(sorted(together), ", "),
        )
    system = constraints.chemical_system
    size = len(pattern.amounts)
    fits = system is None or (len(system) >= size if constraints.subsets else len(system) == size)
    if system is not None and not (fits and pattern.named <= system):
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


def _check_structure_type(constraints: Constraints) -> None:
    """The named structure type against symmetry, atoms, formula and elements."""
    if constraints.structure_type is None:
        return
    name, low, high = constraints.structure_type, constraints.min_atoms, constraints.max_atoms
    found = _of_symmetry(constraints, types_named(name))
    sized = [one for one in found if low <= sum(one.amounts) <= high]
    if not sized:
        raise BadTarget(
            "{name} has {atoms} atoms in its primitive cell, and {low} to {high} are allowed; change the atom counts",
            name=name,
            atoms=sum(found[0].amounts),
            low=low,
            high=high,
        )
    if constraints.formula is not None:
        pattern = type_of(constraints.formula)
        sized = [one for one in sized if one.fits(pattern)]
        if not sized:
            raise BadTarget(
                "{name} is of the type {pattern}, and {formula} is not; remove one of the two",
                name=name,
                pattern=found[0].formula,
                formula=constraints.formula,
            )
    if not any(can_form(one, constraints) for one in sized):
        raise BadTarget(
            "the {many} elements of {name} cannot be chosen under these constraints; change the elements that are "
            "required, allowed or excluded",
            many=len(sized[0].amounts),
            name=name,
        )


def can_form(one: StructureType, constraints: Constraints) -> bool:
    """Whether elements for a structure type can be chosen under constraints on elements and formula."""
    pattern = None if constraints.formula is None else type_of(constraints.formula)
    named = frozenset() if pattern is None else pattern.named
    system = constraints.chemical_system
    pool = (periodic_table() if system is None else system) - constraints.exclude
    pools = [pool] * len(one.amounts)
    return can_fill(one.amounts, pools, constraints.required | named, pattern)


def _of_symmetry(constraints: Constraints, types: Sequence[StructureType]) -> list[StructureType]:
    """Those of the space groups and the crystal system that are asked for."""
    groups, system = constraints.space_groups or range(1, 231), constraints.crystal_system
    for asked, allowed in (
        (join(map(symbol, sorted(constraints.space_groups)), ", "), set(groups)),
        (system or "", {group for group in range(1, 231) if system in (None, crystal_system(group))}),
    ):
        left = [one for one in types if one.space_group in allowed]
        if not left:
            raise BadTarget(
                "{name} has the space group {group} ({system}), not {asked}; remove one of the two",
                name=constraints.structure_type,
                group=symbol(types[0].space_group),
                system=crystal_system(types[0].space_group),
                asked=asked,
            )
        types = left
    return list(types)


def _in_system(elements: frozenset[str], constraints: Constraints) -> bool:
    """Whether the elements are those of the chemical system, or some of them where these are enough."""
    system = constraints.chemical_system
    return system is None or elements == system or (constraints.subsets and elements <= system)


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
    if constraints.chemical_system is not None and not _in_system(elements, constraints):
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
    if constraints.oxidation and (problem := has_states(counts, constraints.oxidation)):
        problems.append(problem)
    return Verdict("constraints", not problems, join(problems))


def check_crystal(crystal: Crystal, counts: Mapping[str, int], constraints: Constraints) -> Verdict:
    """Verdict "constraints": whether a crystal is what the user allowed.

    Args:
        crystal: the crystal.
        counts: atoms of each element in its primitive cell.
        constraints: checked before by :func:`check_constraints`.
    """
    verdict, system = check_counts(counts, constraints), crystal_system(crystal.space_group)
    problems = [verdict.reason] if verdict.reason else []
    if constraints.crystal_system not in (None, system):
        problems.append(Message(system))
    if constraints.space_groups and crystal.space_group not in constraints.space_groups:
        problems.append(Message("space group {symbol}", symbol=symbol(crystal.space_group)))
    if constraints.structure_type is not None:
        keys = {one.key for one in types_named(constraints.structure_type)}
        if anonymous_type(crystal) not in keys:
            problems.append(Message("not of the {name} type", name=constraints.structure_type))
    if constraints.dimensionality is not None and not problems:  # it takes longest
        found = read_dimensionality(to_structure(crystal))
        if found != constraints.dimensionality:
            problems.append(Message("{found}-dimensional", found=found))
    return Verdict("constraints", not problems, join(problems))
