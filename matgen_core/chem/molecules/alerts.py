"""Structural alerts and substructures: parts of a molecule that are wanted or feared, each answered by a verdict."""

from __future__ import annotations

from functools import cache

from rdkit import Chem
from rdkit.Chem import Crippen, Descriptors, rdMolDescriptors
from rdkit.Chem.FilterCatalog import FilterCatalog, FilterCatalogParams

from matgen_core.chem.molecules.molecule import contains
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
    """Whether none of the alerts of a catalogue occurs, or Lipinski's rule holds; the reason names what does not.

    >>> check_alerts(Chem.MolFromSmiles("CCO"), "BRENK").passed
    True
    """
    if name == "LIPINSKI":
        return check_lipinski(molecule)
    found = [entry.GetDescription() for entry in _catalog(name).GetMatches(molecule)]
    shown = ", ".join(dict.fromkeys(found))
    return Verdict(name, not found, f"{shown}" if found else Message("no alert"))


def check_lipinski(molecule: Chem.Mol) -> Verdict:
    """Verdict "LIPINSKI": at most one violation of the rule of five.

    Source: Lipinski et al., Adv. Drug Deliv. Rev. 23, 3 (1997).

    >>> check_lipinski(Chem.MolFromSmiles("C" * 40)).reason
    '563 g/mol; logP 15.8'
    """
    weight, logp = float(Descriptors.MolWt(molecule)), float(Crippen.MolLogP(molecule))  # type: ignore[attr-defined]
    donors = int(rdMolDescriptors.CalcNumLipinskiHBD(molecule))
    acceptors = int(rdMolDescriptors.CalcNumLipinskiHBA(molecule))
    found = [
        said
        for above, said in (
            (weight > 500, f"{weight:.0f} g/mol"),
            (logp > 5, f"logP {logp:.1f}"),
            (donors > 5, Message("{n} donors", n=donors)),
            (acceptors > 10, Message("{n} acceptors", n=acceptors)),
        )
        if above
    ]
    return Verdict("LIPINSKI", len(found) < 2, join(found) or Message("no violation"))


def say_contained(pattern: str) -> Message:
    """That a substructure is there."""
    return Message("contains {pattern}", pattern=pattern)


def say_lacking(pattern: str) -> Message:
    """That it is not."""
    return Message("does not contain {pattern}", pattern=pattern)


def check_required(molecule: Chem.Mol, pattern: Chem.Mol, text: str) -> Verdict:
    """Whether the pattern occurs."""
    passed = contains(molecule, pattern)
    return Verdict("require", passed, say_contained(text) if passed else say_lacking(text))


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
        return Verdict("scaffold", passed, say_contained(text) if passed else say_lacking(text))
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
    return Verdict("forbid", passed, say_lacking(text) if passed else say_contained(text))
