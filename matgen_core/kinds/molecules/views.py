"""Molecules as numbers for a predictor of the user's own property: pieces by fingerprint, and RDKit's descriptors.

Nothing here knows the generator's vocabulary, so that a table may hold charges, stereo and elements that it never
writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from rdkit import Chem
from rdkit.Chem import Crippen, Descriptors, rdFingerprintGenerator, rdMolDescriptors
from rdkit.Chem.Scaffolds import MurckoScaffold

from matgen_core.chem.molecules.molecule import parse
from matgen_core.learning.gaussian_process import GAUSSIAN, TANIMOTO, View

_BITS = 2048


@cache
def _morgan() -> Any:
    return rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=_BITS)


def molecule_views(smiles: Sequence[str]) -> tuple[View, ...]:
    """Fingerprints (N, 2048) under Tanimoto's kernel, and descriptors (N, 14) under the squared exponential."""
    molecules = [molecule for text in smiles if (molecule := parse(text)) is not None]
    if len(molecules) != len(smiles):
        raise ValueError("a SMILES is no molecule; it should have been refused before")
    prints = np.zeros((len(molecules), _BITS), dtype=np.float32)
    for row, molecule in zip(prints, molecules, strict=True):
        row[list(_morgan().GetFingerprint(molecule).GetOnBits())] = 1.0
    numbers = np.array([_describe(molecule) for molecule in molecules], dtype=np.float32)
    return View(TANIMOTO, prints), View(GAUSSIAN, numbers.reshape(len(molecules), 14))


def _describe(molecule: Chem.Mol) -> list[float]:
    charges = [atom.GetFormalCharge() for atom in molecule.GetAtoms()]
    described: Any = Descriptors
    return [
        Crippen.MolLogP(molecule),  # type: ignore[attr-defined]
        Crippen.MolMR(molecule),  # type: ignore[attr-defined]
        rdMolDescriptors.CalcTPSA(molecule),
        described.MolWt(molecule),
        rdMolDescriptors.CalcNumHBD(molecule),
        rdMolDescriptors.CalcNumHBA(molecule),
        rdMolDescriptors.CalcNumRotatableBonds(molecule),
        rdMolDescriptors.CalcNumAromaticRings(molecule),
        rdMolDescriptors.CalcNumAliphaticRings(molecule),
        rdMolDescriptors.CalcFractionCSP3(molecule),
        rdMolDescriptors.CalcNumHeteroatoms(molecule),
        rdMolDescriptors.CalcLabuteASA(molecule),
        float(sum(charges)),
        float(sum(charge > 0 for charge in charges)),
    ]


def murcko_scaffold(smiles: str) -> str:
    """Rings and what links them, as SMILES (Bemis & Murcko 1996); empty for a molecule without rings."""
    molecule = parse(smiles)
    return "" if molecule is None else str(MurckoScaffold.MurckoScaffoldSmiles(mol=molecule))  # type: ignore[no-untyped-call]
