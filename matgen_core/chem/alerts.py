"""Structural alerts and substructures: parts of a molecule that are wanted or feared, each answered by a verdict."""

from __future__ import annotations

from functools import cache

from rdkit import Chem
from rdkit.Chem.FilterCatalog import FilterCatalog, FilterCatalogParams

from matgen_core.chem.molecule import contains
from matgen_core.core.errors import BadInput
from matgen_core.core.messages import Message, join
from matgen_core.core.records import Verdict
from matgen_core.core.settings import ALERTS


@cache
def _catalog(name: str) -> FilterCatalog:
    if name not in ALERTS:
        raise BadInput("no filter {name!r}; choose from: {alerts}", name=name, alerts=join(ALERTS, ", "))
    parameters = FilterCatalogParams()
    parameters.AddCatalog(getattr(FilterCatalogParams.FilterCatalogs, name))
    return FilterCatalog(parameters)


def check_alerts(molecule: Chem.Mol, name: str) -> Verdict:
    """Whether none of the alerts of a catalogue occurs; the reason names those that do.

    >>> check_alerts(Chem.MolFromSmiles("CCO"), "BRENK").passed
    True
    """
    found = [entry.GetDescription() for entry in _catalog(name).GetMatches(molecule)]
    shown = ", ".join(dict.fromkeys(found))
    return Verdict(name, not found, f"{shown}" if found else Message("no alert"))


def _has(pattern: str) -> Message:
    return Message("contains {pattern}", pattern=pattern)


def _lacks(pattern: str) -> Message:
    return Message("does not contain {pattern}", pattern=pattern)


def check_required(molecule: Chem.Mol, pattern: Chem.Mol, text: str) -> Verdict:
    """Whether the pattern occurs."""
    passed = contains(molecule, pattern)
    return Verdict("require", passed, _has(text) if passed else _lacks(text))


def check_scaffold(molecule: Chem.Mol, pattern: Chem.Mol, text: str, marks: int) -> Verdict:
    """Verdict "scaffold": whether the scaffold occurs, and something has grown at each of its marks.

    Args:
        molecule: that was drawn.
        pattern: the scaffold with any atom at every mark.
        text: the scaffold as the user wrote it.
        marks: how many places are marked.
    """
    passed = contains(molecule, pattern)
    if marks == 0:
        return Verdict("scaffold", passed, _has(text) if passed else _lacks(text))
    if passed:
        return Verdict(
            "scaffold", True, Message("grown at each of the {marks} marked places of {text}", marks=marks, text=text)
        )
    return Verdict(
        "scaffold", False, Message("not grown at each of the {marks} marked places of {text}", marks=marks, text=text)
    )


def check_forbidden(molecule: Chem.Mol, pattern: Chem.Mol, text: str) -> Verdict:
    """Whether the pattern does not occur."""
    passed = not contains(molecule, pattern)
    return Verdict("forbid", passed, _lacks(text) if passed else _has(text))
