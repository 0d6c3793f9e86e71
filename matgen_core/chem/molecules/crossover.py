"""Molecules out of others: pieces of two put together, and one with an atom or a bond changed.

    cross    pieces of two molecules, cut at a chain or through a ring, bonded where they were cut
    edit     one atom or bond more, less or other

Reference: Jensen (2019), graph-based genetic algorithm.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from rdkit import Chem, rdBase

from matgen_core.chem.molecules.molecule import canonical, parse

#: Share of children that are edited, as Gao et al. (2022, PMO) have it.
EDITED = 0.067
#: Heavy atoms of a child, and atoms of its rings, at most.
MOST_ATOMS, LARGEST_RING = 50, 7
#: Elements that an edit writes, carbon the more often.
_ELEMENTS = (6, 6, 6, 7, 7, 8, 8, 9, 16, 17, 35, 15)
_CHAIN = (6, 6, 6, 7, 8, 16)
_ORDERS = (Chem.BondType.SINGLE, Chem.BondType.DOUBLE, Chem.BondType.TRIPLE)
_TRIES = 10
#: Double bonds that meet at an atom of a ring.
_ALLENE = Chem.MolFromSmarts("[R]=[R]=[R]")


def breed(parents: Sequence[str], weights: Sequence[float], rng: random.Random) -> str | None:
    """A child of two parents, sometimes edited, as canonical SMILES; None where there is none, or it is a parent.

    Args:
        parents: SMILES of molecules.
        weights: how often each is drawn.
        rng: of the draws.
    """
    one, other = (Chem.MolFromSmiles(name) for name in rng.choices(parents, weights, k=2))
    child = cross(one, other, rng)
    if child is not None and rng.random() < EDITED:
        child = edit(child, rng)
    name = None if child is None else canonical(child)
    return None if name in parents else name


def cross(one: Chem.Mol, other: Chem.Mol, rng: random.Random) -> Chem.Mol | None:
    """A molecule of a piece of each; None where none was found in some tries."""
    one, other = _opened(one), _opened(other)
    for _ in range(_TRIES):
        cut = rng.choice((_cut_chain, _cut_ring))
        left, right = cut(one, rng), cut(other, rng)
        if left and right:
            child = _settled(_join(rng.choice(left), rng.choice(right), rng))
            if child is not None:
                return child
    return None


def edit(molecule: Chem.Mol, rng: random.Random) -> Chem.Mol | None:
    """The molecule with one atom or bond more, less or other; None where none was found in some tries."""
    for _ in range(_TRIES):
        edited = _opened(molecule)
        rng.choice(_EDITS)(edited, rng)
        child = _settled(edited)
        if child is not None:
            return child
    return None


def _opened(molecule: Chem.Mol) -> Chem.RWMol:
    """A copy with single and double bonds for aromatic ones, whose neutral atoms take what hydrogen they need."""
    made = Chem.RWMol(molecule)
    Chem.Kekulize(made, clearAromaticFlags=True)
    for atom in made.GetAtoms():
        if atom.GetFormalCharge() == 0:
            atom.SetNoImplicit(False)
            atom.SetNumExplicitHs(0)
    return made


def _settled(molecule: Chem.RWMol | None) -> Chem.Mol | None:
    """The molecule as RDKit reads it; None where it is none, in pieces, a radical, too large, or oddly ringed."""
    if molecule is None or molecule.GetNumAtoms() == 0:
        return None
    with rdBase.BlockLogs():
        if Chem.SanitizeMol(molecule, catchErrors=True) != Chem.SanitizeFlags.SANITIZE_NONE:
            return None
        made = parse(canonical(molecule))
    if made is None or made.GetNumHeavyAtoms() > MOST_ATOMS:
        return None
    if any(atom.GetNumRadicalElectrons() for atom in made.GetAtoms()):
        return None
    if any(len(ring) > LARGEST_RING for ring in made.GetRingInfo().AtomRings()):
        return None
    return None if made.HasSubstructMatch(_ALLENE) else made


# ------------------------------------------------------------------------------------------------------------ pieces


def _cut(molecule: Chem.Mol, bonds: Sequence[Chem.Bond]) -> tuple[Chem.Mol, ...]:
    """Pieces; a cut bond ends at an atom of number 0 in both."""
    orders = [bond.GetBondType() for bond in bonds]
    cut = Chem.FragmentOnBonds(molecule, [bond.GetIdx() for bond in bonds], addDummies=True, bondTypes=orders)
    return tuple(Chem.GetMolFrags(cut, asMols=True, sanitizeFrags=False))


def _cut_chain(molecule: Chem.Mol, rng: random.Random) -> tuple[Chem.Mol, ...]:
    """Two pieces at a single bond outside rings; none where there is no such bond."""
    bonds = [b for b in molecule.GetBonds() if not b.IsInRing() and b.GetBondType() == Chem.BondType.SINGLE]
    return _cut(molecule, [rng.choice(bonds)]) if bonds else ()


def _cut_ring(molecule: Chem.Mol, rng: random.Random) -> tuple[Chem.Mol, ...]:
    """Two pieces at two bonds of a ring; none where there is no ring, or the two bonds do not part it."""
    rings = molecule.GetRingInfo().BondRings()
    if not rings:
        return ()
    numbers = rng.sample(rng.choice(rings), 2)
    pieces = _cut(molecule, [molecule.GetBondWithIdx(number) for number in numbers])
    return pieces if len(pieces) == 2 and all(len(_ends(piece)) == 2 for piece in pieces) else ()


def _ends(piece: Chem.Mol) -> list[int]:
    return [atom.GetIdx() for atom in piece.GetAtoms() if atom.GetAtomicNum() == 0]


def _join(one: Chem.Mol, other: Chem.Mol, rng: random.Random) -> Chem.RWMol | None:
    """Both pieces bonded where they were cut; None where they cannot be."""
    left, right = _ends(one), [one.GetNumAtoms() + end for end in _ends(other)]
    if len(left) != len(right):
        return None
    made = Chem.RWMol(Chem.CombineMols(one, other))
    rng.shuffle(right)
    for ends in zip(left, right, strict=True):
        bonds = [made.GetAtomWithIdx(end).GetBonds()[0] for end in ends]
        here, there = (bond.GetOtherAtomIdx(end) for bond, end in zip(bonds, ends, strict=True))
        if made.GetBondBetweenAtoms(here, there) is not None:
            return None
        made.AddBond(here, there, rng.choice(bonds).GetBondType())
    for end in sorted([*left, *right], reverse=True):
        made.RemoveAtom(end)
    return made


# ------------------------------------------------------------------------------------------------------------- edits


def _append(molecule: Chem.RWMol, rng: random.Random) -> None:
    at = rng.randrange(molecule.GetNumAtoms())
    new = molecule.AddAtom(Chem.Atom(rng.choice(_ELEMENTS)))
    molecule.AddBond(at, new, rng.choices(_ORDERS, (8, 3, 1))[0])


def _insert(molecule: Chem.RWMol, rng: random.Random) -> None:
    if molecule.GetNumBonds() == 0:
        return
    bond = molecule.GetBondWithIdx(rng.randrange(molecule.GetNumBonds()))
    one, other = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
    molecule.RemoveBond(one, other)
    new = molecule.AddAtom(Chem.Atom(rng.choice(_CHAIN)))
    molecule.AddBond(one, new, Chem.BondType.SINGLE)
    molecule.AddBond(new, other, Chem.BondType.SINGLE)


def _delete(molecule: Chem.RWMol, rng: random.Random) -> None:
    atom = molecule.GetAtomWithIdx(rng.randrange(molecule.GetNumAtoms()))
    near = [other.GetIdx() for other in atom.GetNeighbors()]
    if len(near) == 2 and molecule.GetBondBetweenAtoms(*near) is None:
        molecule.AddBond(near[0], near[1], Chem.BondType.SINGLE)
    molecule.RemoveAtom(atom.GetIdx())


def _exchange(molecule: Chem.RWMol, rng: random.Random) -> None:
    atom = molecule.GetAtomWithIdx(rng.randrange(molecule.GetNumAtoms()))
    atom.SetAtomicNum(rng.choice(_ELEMENTS))
    atom.SetFormalCharge(0)
    atom.SetNoImplicit(False)
    atom.SetNumExplicitHs(0)


def _reorder(molecule: Chem.RWMol, rng: random.Random) -> None:
    if molecule.GetNumBonds():
        molecule.GetBondWithIdx(rng.randrange(molecule.GetNumBonds())).SetBondType(rng.choice(_ORDERS))


def _open_ring(molecule: Chem.RWMol, rng: random.Random) -> None:
    bonds = [bond for bond in molecule.GetBonds() if bond.IsInRing()]
    if bonds:
        bond = rng.choice(bonds)
        molecule.RemoveBond(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())


def _close_ring(molecule: Chem.RWMol, rng: random.Random) -> None:
    """Most often of five or six atoms."""
    apart = Chem.GetDistanceMatrix(molecule)[rng.randrange(molecule.GetNumAtoms())].astype(int).tolist()
    steps = rng.choices((2, 3, 4, 5), (1, 1, 4, 4))[0]
    there = [i for i, distance in enumerate(apart) if distance == steps]
    if there:
        molecule.AddBond(apart.index(0), rng.choice(there), Chem.BondType.SINGLE)


_EDITS = (_append, _insert, _delete, _exchange, _reorder, _open_ring, _close_ring)
