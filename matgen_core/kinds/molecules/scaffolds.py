"""Beginnings: the strings a prefix or a scaffold gives the SMILES generator to go on from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import torch
from rdkit import Chem, rdBase

from matgen_core.chem.molecule import read
from matgen_core.core.errors import BadInput, quote
from matgen_core.core.settings import MoleculeSettings
from matgen_core.kinds.molecules.grammar import first_illegal
from matgen_core.kinds.molecules.segments import Beginning
from matgen_core.kinds.molecules.smiles import MAX_TOKENS, VOCABULARY, decode, encode
from matgen_core.models.smiles import ConditionalSMILESGenerator

#: Writings of a scaffold that are grown from: the likeliest ones, as the network sees it.
_WRITINGS = 6
_MARKED = "grows"
#: Random writings of a marked scaffold for each mark, of which those that end at a mark are kept.
_RANDOM = 100
#: A carbon and the end of its branch.
_FILLED = (VOCABULARY.index("C"), VOCABULARY.index(")"))
#: Tokens that must be left to grow.
_ROOM = 4


def check_beginning(settings: MoleculeSettings) -> None:
    """Raises BadInput for a prefix or scaffold that cannot be grown from, naming what is wrong with it."""
    if settings.prefix.strip() and settings.scaffold.strip():
        raise BadInput("a prefix and a scaffold cannot be used together; leave one of them empty")
    if settings.prefix.strip():
        tokens = encode(settings.prefix.strip(), end=False)
        _fits(tokens, settings.prefix)
        if settings.grammar:
            _legal(tokens, settings.prefix)
    if settings.scaffold.strip():
        found = writings(settings.scaffold.strip())
        if settings.grammar and not any(first_illegal(_whole(begin)[1:]) is None for begin in found):
            _legal(_whole(found[0]), settings.scaffold, "scaffold")


def read_scaffold(scaffold: str) -> tuple[Chem.Mol, tuple[int, ...]]:
    """The scaffold without its marks, and the atoms that are marked to grow from by a "*" bonded to them.

    An atom that bears two marks is there twice.

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
            other.SetIntProp(_MARKED, other.GetIntProp(_MARKED) + 1 if other.HasProp(_MARKED) else 1)
    for number in sorted((atom.GetIdx() for atom in marks), reverse=True):
        molecule.RemoveAtom(number)
    bare = molecule.GetMol()
    with rdBase.BlockLogs():
        fine = Chem.SanitizeMol(bare, catchErrors=True) == Chem.SanitizeFlags.SANITIZE_NONE
    if not fine or bare.GetNumAtoms() == 0:
        raise BadInput(
            "the scaffold {scaffold} is not a molecule without its *; mark carbon atoms only", scaffold=quote(scaffold)
        )
    marked = [
        atom.GetIdx() for atom in bare.GetAtoms() if atom.HasProp(_MARKED) for _ in range(atom.GetIntProp(_MARKED))
    ]
    return bare, tuple(marked)


def grown_pattern(scaffold: str) -> Chem.Mol:
    """What a molecule holds that has grown from the scaffold: at every mark an atom that is none of the scaffold's."""
    bare, marked = read_scaffold(scaffold)
    pattern = Chem.RWMol(bare)
    for atom in marked:
        other = pattern.AddAtom(Chem.AtomFromSmarts("*"))
        pattern.AddBond(atom, other, Chem.BondType.SINGLE)
        pattern.ReplaceBond(pattern.GetBondBetweenAtoms(atom, other).GetIdx(), Chem.BondFromSmarts("~"))
    return pattern.GetMol()


def _rooted(molecule: Chem.Mol) -> Iterator[tuple[str, int]]:
    """RDKit's writing from each atom, and the atom it ends on."""
    for atom in range(molecule.GetNumAtoms()):
        yield Chem.MolToSmiles(molecule, rootedAtAtom=atom), _last(molecule)


def _marked(molecule: Chem.Mol, marks: Sequence[int]) -> Iterator[str]:
    """Writings that end with the "*" of one mark and hold the others as branches of their own, "(*)"."""
    marked = Chem.RWMol(molecule)
    for atom in marks:
        marked.AddBond(atom, marked.AddAtom(Chem.Atom(0)), Chem.BondType.SINGLE)
    marked.UpdatePropertyCache(strict=False)
    count = _RANDOM * len(marks)
    for text in dict.fromkeys(Chem.MolToRandomSmilesVect(marked.GetMol(), count, randomSeed=1)):
        if text.endswith("*") and text.count("(*)") == len(marks) - 1:
            yield text


def _last(molecule: Chem.Mol) -> int:
    return int(molecule.GetProp("_smilesAtomOutputOrder").strip("[],").split(",")[-1])


@lru_cache(maxsize=64)
def writings(scaffold: str) -> tuple[Beginning, ...]:
    """Beginnings that are the scaffold, each with room to grow at its end: at every mark, if any is marked.

    Raises:
        BadInput: where there is none.
    """
    molecule, marked = read_scaffold(scaffold)
    for atom in set(marked):
        if molecule.GetAtomWithIdx(atom).GetTotalNumHs() < marked.count(atom):
            raise BadInput(
                "nothing can grow where the scaffold {scaffold} is marked; put * at an atom with a hydrogen",
                scaffold=quote(scaffold),
            )
    if marked:
        found = [_begin(text) for text in _marked(molecule, marked)]
    else:
        found = [
            Beginning(tuple(encode(text, end=False)))
            for text, last in _rooted(molecule)
            if molecule.GetAtomWithIdx(last).GetTotalNumHs() and not text.endswith("]")
        ]
    if not found:
        raise BadInput(
            "the scaffold {scaffold} has no free valence at an end; write it with one", scaffold=quote(scaffold)
        )
    _fits([token for part in (found[0].tokens, *found[0].rests) for token in part], scaffold)
    return tuple(dict.fromkeys(found))


def _begin(text: str) -> Beginning:
    """The beginning that grows where a writing has its "*"."""
    first, *others = text.removesuffix("*").split("(*)")
    parts = [part + "(" for part in (first, *others)[:-1]] + [others[-1] if others else first]
    tokens = [tuple(encode(part, end=False)) for part in parts]
    return Beginning(tokens[0], tuple(part[1:] for part in tokens[1:]), grows=True)


def _whole(begin: Beginning) -> list[int]:
    """The scaffold's tokens with a carbon in every branch, as the grammar and the network are asked about them."""
    tokens = list(begin.tokens)
    for rest in begin.rests:
        tokens += [*_FILLED, *rest]
    return tokens


def _legal(tokens: list[int], text: str, name: str = "prefix") -> None:
    place = first_illegal(tokens[1:])
    if place is not None:
        before, symbol = decode(tokens[1 : 1 + place]), VOCABULARY[tokens[1 + place]]
        raise BadInput(
            "the {name} {text} cannot become a molecule: {symbol!r} may not follow {before!r}; write it as RDKit "
            "does, or switch the grammar off",
            name=name,
            text=quote(text),
            symbol=symbol,
            before=before,
        )


def _fits(tokens: list[int], text: str) -> None:
    if len(tokens) + _ROOM > MAX_TOKENS:
        raise BadInput(
            "{text} leaves no room to grow; the model writes at most {max_tokens} tokens",
            text=quote(text),
            max_tokens=MAX_TOKENS - 2,
        )


@torch.inference_mode()
def beginnings(network: ConditionalSMILESGenerator, settings: MoleculeSettings) -> list[Beginning]:
    """What the batches of a run begin with, in turn."""
    if not settings.scaffold.strip():
        return [Beginning(tuple(encode(settings.prefix.strip(), end=False)))]
    device = next(network.parameters()).device
    scored = [
        (float(network.loss(torch.tensor([_whole(begin)], device=device))[0]), i, begin)
        for i, begin in enumerate(writings(settings.scaffold.strip()))
        if not settings.grammar or first_illegal(_whole(begin)[1:]) is None
    ]
    return [begin for _, _, begin in sorted(scored)[:_WRITINGS]]
