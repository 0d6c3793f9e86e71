"""Molecules out of others are whole: valid, in one piece, no radicals, of the parents' pieces."""

from __future__ import annotations

import random

import pytest
from rdkit import Chem

from matgen_core.chem.molecules.crossover import LARGEST_RING, MOST_ATOMS, cross, edit
from matgen_core.chem.molecules.molecule import canonical, parse

DRUGS = (
    "CC(C)Cc1ccc(C(C)C(=O)O)cc1",
    "CC(=O)Oc1ccccc1C(=O)O",
    "CN1C=NC2=C1C(=O)N(C)C(=O)N2C",
    "O=C1CCCN1c1ccncc1",
    "CCN(CC)C(=O)c1cccc(Cl)c1",
    "Cc1c[nH]c2ccccc12",
)


def check_whole(molecule: Chem.Mol) -> None:
    name = canonical(molecule)
    again = parse(name)
    assert again is not None, name
    assert "." not in name
    assert "*" not in name
    assert not sum(atom.GetNumRadicalElectrons() for atom in again.GetAtoms()), name
    assert again.GetNumHeavyAtoms() <= MOST_ATOMS
    assert all(len(ring) <= LARGEST_RING for ring in again.GetRingInfo().AtomRings())


def test_children_are_whole_molecules_and_mostly_new() -> None:
    rng, seen = random.Random(0), set[str]()
    for turn in range(120):
        one, other = (Chem.MolFromSmiles(DRUGS[(turn + k) % len(DRUGS)]) for k in (0, 1 + turn % 4))
        child = cross(one, other, rng)
        if child is not None:
            check_whole(child)
            seen.add(canonical(child))
    assert len(seen) > 60
    assert len(seen - set(DRUGS)) > 50


def test_a_child_of_two_chains_has_their_atoms_alone() -> None:
    child = cross(Chem.MolFromSmiles("CCCCO"), Chem.MolFromSmiles("FCCC"), random.Random(1))
    assert child is not None
    assert {atom.GetSymbol() for atom in child.GetAtoms()} <= {"C", "O", "F"}


def test_an_edit_changes_one_atom_or_bond() -> None:
    rng, sizes = random.Random(0), set[int]()
    for turn in range(120):
        before = Chem.MolFromSmiles(DRUGS[turn % len(DRUGS)])
        after = edit(before, rng)
        if after is not None:
            check_whole(after)
            sizes.add(after.GetNumHeavyAtoms() - before.GetNumHeavyAtoms())
    assert sizes == {-1, 0, 1}


@pytest.mark.parametrize("smiles", ["C", "[Na+]", "C#C"])
def test_what_cannot_be_cut_has_no_child(smiles: str) -> None:
    assert cross(Chem.MolFromSmiles(smiles), Chem.MolFromSmiles("CCO"), random.Random(0)) is None
