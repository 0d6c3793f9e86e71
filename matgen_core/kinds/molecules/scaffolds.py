"""Scaffolds: what is grown at an open end or at every marked place, and the writings to grow it from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import torch
from rdkit import Chem, rdBase

from matgen_core.chem.molecules.molecule import read
from matgen_core.core.errors import BadInput, quote
from matgen_core.kinds.molecules.grammar import first_illegal
from matgen_core.kinds.molecules.segments import Beginning
from matgen_core.kinds.molecules.smiles import MAX_TOKENS, PAD, VOCABULARY, decode, encode

if TYPE_CHECKING:
    from matgen_core.models.smiles import ConditionalSMILESGenerator

#: Writings of a scaffold that are grown from: the likeliest ones, as the network sees it.
WRITINGS = 6
_MARKED = "grows"
#: Random writings of a marked scaffold for each mark, of which those that end at a mark are kept.
_RANDOM = 100
#: A carbon and the end of its branch.
_FILLED = (VOCABULARY.index("C"), VOCABULARY.index(")"))
#: Tokens that must be left to grow.
_ROOM = 4
#: Strings that are scored together.
_TOGETHER = 64


def read_scaffold(scaffold: str, name: str = "scaffold") -> tuple[Chem.Mol, tuple[int, ...]]:
    """The scaffold without its marks, and the atoms that are marked to grow from by a "*" bonded to them.

    An atom that bears two marks is there twice.

    >>> molecule, marked = read_scaffold("c1ccncc1*")
    >>> Chem.MolToSmiles(molecule), len(marked)
    ('c1ccncc1', 1)

    Args:
        scaffold: SMILES.
        name: what it is called in errors.

    Raises:
        BadInput: where it is no molecule, with or without the marks, or a mark stands for more than a single bond.
    """
    molecule = Chem.RWMol(read_marked(scaffold, name))
    for atom in molecule.GetAtoms():
        if atom.GetAtomicNum() == 0:
            (other,) = atom.GetNeighbors()
            other.SetIntProp(_MARKED, other.GetIntProp(_MARKED) + 1 if other.HasProp(_MARKED) else 1)
            atom.SetAtomicNum(1)  # what the mark stands for, until something has grown there
            atom.SetNoImplicit(True)
    try:
        with rdBase.BlockLogs():
            bare = Chem.RemoveHs(molecule.GetMol())
    except ValueError:  # RDKit's are ValueErrors
        bare = None
    if bare is None or not any(atom.GetAtomicNum() > 1 for atom in bare.GetAtoms()):
        raise BadInput(
            "the {name} {scaffold} is not a molecule without its *; put each * at an atom that can bear one more bond",
            name=name,
            scaffold=quote(scaffold),
        )
    marked = [
        atom.GetIdx() for atom in bare.GetAtoms() if atom.HasProp(_MARKED) for _ in range(atom.GetIntProp(_MARKED))
    ]
    return bare, tuple(marked)


def read_marked(text: str, name: str) -> Chem.Mol:
    """A molecule whose open ends (*) each hang on one atom by a single bond; their numbers are dropped.

    Raises:
        BadInput: naming the string.
    """
    molecule = read(text, name, ends=True)
    for atom in molecule.GetAtoms():
        atom.SetAtomMapNum(0)
        if atom.GetAtomicNum():
            continue
        bonds = atom.GetBonds()
        if len(bonds) != 1 or bonds[0].GetBondType() != Chem.BondType.SINGLE:
            raise BadInput(
                "a mark * of the {name} {text} does not hang on one atom by a single bond; write it as in c1ccncc1*",
                name=name,
                text=quote(text),
            )
        atom.SetIsotope(0)
    return molecule


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


def marked_writings(molecule: Chem.Mol) -> Iterator[str]:
    """Writings that end with the "*" of one mark and hold each other one at the end of a branch, "(*)" or "(O*)"."""
    marks = sum(atom.GetAtomicNum() == 0 for atom in molecule.GetAtoms())
    for text in dict.fromkeys(Chem.MolToRandomSmilesVect(molecule, _RANDOM * marks, randomSeed=1)):
        if text.endswith("*") and text.count("*)") == marks - 1:
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
    if marked:
        found = [_begin(text) for text in marked_writings(read_marked(scaffold, "scaffold"))]
    else:
        found = [
            Beginning(tuple(encode(text, end=False)))
            for text, last in _rooted(molecule)
            if molecule.GetAtomWithIdx(last).GetTotalNumHs() and not text.endswith("]")
        ]
    if not found:
        raise BadInput(
            "the scaffold {scaffold} has no open place: no atom at an end of it bears a hydrogen; remove an atom where "
            "something shall grow, or put a * there",
            scaffold=quote(scaffold),
        )
    check_room([token for part in (found[0].tokens, *found[0].rests) for token in part], scaffold)
    return tuple(dict.fromkeys(found))


def _begin(text: str) -> Beginning:
    """The beginning that grows where a writing has its "*"."""
    parts = text.removesuffix("*").split("*)")
    tokens = [tuple(encode(part, end=False)) for part in parts]
    return Beginning(tokens[0], tuple(part[1:] for part in tokens[1:]), grows=True)


def whole_writing(begin: Beginning) -> list[int]:
    """The scaffold's tokens with a carbon in every branch, as the grammar and the network are asked about them."""
    tokens = list(begin.tokens)
    for rest in begin.rests:
        tokens += [*_FILLED, *rest]
    return tokens


def check_legal(tokens: list[int], text: str, name: str = "prefix") -> None:
    """Raises BadInput, naming the token, where no molecule can begin with these tokens."""
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


def check_room(tokens: Sequence[int], text: str) -> None:
    """Raises BadInput where so many tokens leave none to the network."""
    if len(tokens) + _ROOM > MAX_TOKENS:
        raise BadInput(
            "{text} leaves no room to grow; the model writes at most {max_tokens} tokens",
            text=quote(text),
            max_tokens=MAX_TOKENS - 2,
        )


def check_scaffold_text(text: str, grammar: bool) -> None:
    """Raises BadInput for a scaffold that cannot be grown from, naming what is wrong with it."""
    found = writings(text)
    if grammar and not any(first_illegal(whole_writing(begin)[1:]) is None for begin in found):
        check_legal(whole_writing(found[0]), text, "scaffold")


def check_prefix(text: str, grammar: bool) -> None:
    """Raises BadInput for a prefix that no molecule can begin with."""
    tokens = encode(text, end=False)
    check_room(tokens, text)
    if grammar:
        check_legal(tokens, text)


def likeliest(
    network: ConditionalSMILESGenerator, found: Sequence[Beginning], grammar: bool, most: int = WRITINGS
) -> list[Beginning]:
    """The writings that the network finds likeliest, of those that the grammar allows."""
    whole = [(whole_writing(begin), begin) for begin in found]
    able = [(tokens, begin) for tokens, begin in whole if not grammar or first_illegal(tokens[1:]) is None]
    losses = string_losses(network, [tokens for tokens, _ in able])
    return [able[i][1] for i in sorted(range(len(able)), key=losses.__getitem__)[:most]]


@torch.inference_mode()
def string_losses(network: ConditionalSMILESGenerator, strings: Sequence[Sequence[int]]) -> list[float]:
    """Negative log-likelihood of each string, BOS first, in nats."""
    device, losses = next(network.parameters()).device, list[float]()
    for first in range(0, len(strings), _TOGETHER):
        part = strings[first : first + _TOGETHER]
        width = max(map(len, part))
        padded = torch.tensor([[*tokens, *[PAD] * (width - len(tokens))] for tokens in part], device=device)
        free = torch.full((len(part), len(network.config.conditions.keys)), torch.nan, device=device)
        losses += network.loss(padded, free).tolist()
    return losses
