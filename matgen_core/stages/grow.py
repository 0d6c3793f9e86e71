"""Beginnings: the strings a prefix or a scaffold gives the SMILES generator to go on from."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import torch
from rdkit import Chem, rdBase

from matgen_core.chem.molecule import read
from matgen_core.data.smiles import MAX_TOKENS, VOCABULARY, decode, encode
from matgen_core.data.smiles_grammar import first_illegal
from matgen_core.messages import quote
from matgen_core.models.smiles import ConditionalSMILESGenerator
from matgen_core.types import BadInput, SmilesSettings

#: Writings of a scaffold that are grown from: the likeliest ones, as the network sees it.
_WRITINGS = 6
_MARKED = "grows"
#: Random writings of a marked scaffold, of which those that end at the mark are kept.
_RANDOM = 100
#: Tokens that must be left to grow.
_ROOM = 4


def check_beginning(settings: SmilesSettings) -> None:
    """Raises BadInput for a prefix or scaffold that cannot be grown from, naming what is wrong with it."""
    if settings.prefix.strip() and settings.scaffold.strip():
        raise BadInput("a prefix and a scaffold cannot both be grown from; leave one of them empty")
    if settings.prefix.strip():
        tokens = encode(settings.prefix.strip(), end=False)
        _fits(tokens, settings.prefix)
        if settings.grammar:
            _legal(tokens, settings.prefix)
    if settings.scaffold.strip():
        found = writings(settings.scaffold.strip())
        if settings.grammar and not any(first_illegal(row[1:]) is None for row in found):
            _legal(list(found[0]), settings.scaffold, "scaffold")


def read_scaffold(scaffold: str) -> tuple[Chem.Mol, frozenset[int]]:
    """The scaffold without its marks, and the atoms that are marked to grow from by a "*" bonded to them.

    >>> molecule, marked = read_scaffold("c1ccncc1*")
    >>> Chem.MolToSmiles(molecule), len(marked)
    ('c1ccncc1', 1)

    Raises:
        BadInput: where it is no molecule, with or without the marks.
    """
    molecule = Chem.RWMol(read(scaffold, "scaffold", ends=True))
    marks = [atom for atom in molecule.GetAtoms() if atom.GetAtomicNum() == 0]
    for atom in marks:
        for other in atom.GetNeighbors():
            other.SetBoolProp(_MARKED, True)
    for number in sorted((atom.GetIdx() for atom in marks), reverse=True):
        molecule.RemoveAtom(number)
    bare = molecule.GetMol()
    with rdBase.BlockLogs():
        fine = Chem.SanitizeMol(bare, catchErrors=True) == Chem.SanitizeFlags.SANITIZE_NONE
    if not fine or bare.GetNumAtoms() == 0:
        raise BadInput(f"the scaffold {quote(scaffold)} is no molecule without its *; mark carbon atoms only")
    return bare, frozenset(atom.GetIdx() for atom in bare.GetAtoms() if atom.HasProp(_MARKED))


def _rooted(molecule: Chem.Mol) -> Iterator[tuple[str, int]]:
    """RDKit's writing from each atom, and the atom it ends on."""
    for atom in range(molecule.GetNumAtoms()):
        yield Chem.MolToSmiles(molecule, rootedAtAtom=atom), _last(molecule)


def _ending(molecule: Chem.Mol, ends: frozenset[int]) -> Iterator[tuple[str, int]]:
    """Writings after which the next atom is bonded to one of these: those that would write it last, without it."""
    for end in sorted(ends):
        marked = Chem.RWMol(molecule)
        marked.AddBond(end, marked.AddAtom(Chem.Atom(0)), Chem.BondType.SINGLE)
        marked.UpdatePropertyCache(strict=False)
        for text in dict.fromkeys(Chem.MolToRandomSmilesVect(marked.GetMol(), _RANDOM, randomSeed=1)):
            if text.endswith("*"):
                yield text.removesuffix("*"), end


def _last(molecule: Chem.Mol) -> int:
    return int(molecule.GetProp("_smilesAtomOutputOrder").strip("[],").split(",")[-1])


@lru_cache(maxsize=64)
def writings(scaffold: str) -> tuple[tuple[int, ...], ...]:
    """Token strings of the scaffold, each ending on an atom that can bear more: on a marked one, if any is marked.

    Raises:
        BadInput: where there is none.
    """
    molecule, marked = read_scaffold(scaffold)
    found = []
    for text, last in _ending(molecule, marked) if marked else _rooted(molecule):
        if molecule.GetAtomWithIdx(last).GetTotalNumHs() and (marked or not text.endswith("]")):
            found.append(tuple(encode(text, end=False)))
    if not found and marked:
        raise BadInput(
            f"nothing can grow where the scaffold {quote(scaffold)} is marked; put * at an atom with a hydrogen"
        )
    if not found:
        raise BadInput(f"the scaffold {quote(scaffold)} has no free place at an end; write it with one")
    _fits(list(found[0]), scaffold)
    return tuple(dict.fromkeys(found))


def _legal(tokens: list[int], text: str, name: str = "prefix") -> None:
    place = first_illegal(tokens[1:])
    if place is not None:
        before, symbol = decode(tokens[1 : 1 + place]), VOCABULARY[tokens[1 + place]]
        raise BadInput(
            f"the {name} {quote(text)} cannot become a molecule: {symbol!r} may not follow {before!r}; "
            "write it as RDKit does, or let the network write without the grammar"
        )


def _fits(tokens: list[int], text: str) -> None:
    if len(tokens) + _ROOM > MAX_TOKENS:
        raise BadInput(f"{quote(text)} leaves no room to grow; the model writes at most {MAX_TOKENS - 2} tokens")


@torch.inference_mode()
def beginnings(network: ConditionalSMILESGenerator, settings: SmilesSettings) -> list[tuple[int, ...]]:
    """What the batches of a run begin with, in turn."""
    if not settings.scaffold.strip():
        return [tuple(encode(settings.prefix.strip(), end=False))]
    device = next(network.parameters()).device
    scored = [
        (float(network.loss(torch.tensor([text], device=device))[0]), text)
        for text in writings(settings.scaffold.strip())
        if not settings.grammar or first_illegal(text[1:]) is None
    ]
    return [text for _, text in sorted(scored)[:_WRITINGS]]
