"""Molecules near a given one: its own string, of which a part stands and the rest is written anew.

A molecule has many writings. Each is cut behind the same number of tokens, so that they are drawn in one batch, and the
network writes on: what lies behind the cut is another part of the molecule in each. Where a part is named that is to be
replaced, the rest of the molecule is a scaffold with a mark, or two fragments to be linked.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem
from rdkit.Chem.Scaffolds import MurckoScaffold

from matgen_core.chem.molecules.molecule import canonical, fingerprint, properties, read, read_pattern, similarities
from matgen_core.core.errors import BadInput, quote
from matgen_core.core.messages import Message
from matgen_core.core.records import Prediction, Verdict
from matgen_core.core.settings import MoleculeSettings
from matgen_core.kinds.molecules.grammar import first_illegal
from matgen_core.kinds.molecules.scaffolds import string_losses
from matgen_core.kinds.molecules.segments import Beginning
from matgen_core.kinds.molecules.smiles import EOS, encode

if TYPE_CHECKING:
    from matgen_core.models.smiles import ConditionalSMILESGenerator

#: Key of the similarity among the predictions of a candidate.
SIMILARITY = "start_similarity"
#: Random writings that are looked at, and how many of the likeliest are cut.
_RANDOM, _KEPT = 100, 64
#: Heavy atoms of the smallest molecule of which a part can be written anew.
_LEAST = 4
#: Share of a string that stands before the cut: the least for a similarity of 0 and by how much it rises to that of 1,
#: and the most. Measured: about half of the strings are as similar as 0.4, a third as 0.6.
_SHARE, _RISE, _MOST = 0.35, 0.6, 0.97


@lru_cache(maxsize=64)
def near_writings(smiles: str, grammar: bool) -> tuple[tuple[int, ...], ...]:
    """Tokens of different writings of a molecule, BOS first and without EOS.

    Raises:
        BadInput: where it is no molecule, too small, or outside the vocabulary of the generator.
    """
    molecule = read(smiles, "molecule")
    if molecule.GetNumHeavyAtoms() < _LEAST:
        raise BadInput(
            "the molecule {smiles} is too small to be varied; give one with at least {least} atoms beside hydrogen",
            smiles=quote(smiles),
            least=_LEAST,
        )
    encode(canonical(molecule))  # names what the generator cannot write
    rooted = [str(Chem.MolToSmiles(molecule, rootedAtAtom=atom)) for atom in range(molecule.GetNumAtoms())]
    texts = dict.fromkeys([*rooted, *Chem.MolToRandomSmilesVect(molecule, _RANDOM, randomSeed=1)])
    found: list[tuple[int, ...]] = []
    for text in texts:
        try:
            tokens = encode(text)
        except BadInput:  # a writing may need more tokens, or ring numbers, than there are
            continue
        if not grammar or first_illegal(tokens[1:]) is None:
            found.append(tuple(tokens[:-1]))
    return tuple(found) or (tuple(encode(canonical(molecule), end=False)),)


def likely_writings(network: ConditionalSMILESGenerator, smiles: str, grammar: bool) -> tuple[tuple[int, ...], ...]:
    """The writings that the network finds likeliest."""
    found = near_writings(smiles, grammar)
    losses = string_losses(network, [(*tokens, EOS) for tokens in found])
    return tuple(found[i] for i in np.argsort(losses, kind="stable")[:_KEPT])


def cut(writings: Sequence[Sequence[int]], count: int, similarity: float, rng: np.random.Generator) -> list[Beginning]:
    """Beginnings of so many strings, all with as many tokens; the more similar they shall be, the more tokens stand.

    Args:
        writings: of the molecule, as :func:`likely_writings` gives them.
        count: strings.
        similarity: least Tanimoto similarity that is asked for.
        rng: of the choice.
    """
    shortest = min(map(len, writings)) - 1
    share = float(rng.uniform(_SHARE + _RISE * similarity, _MOST))
    stands = 1 + max(1, min(shortest - 1, round(share * shortest)))
    return [Beginning(tuple(writings[i][:stands])) for i in rng.integers(len(writings), size=count)]


def own_conditions(
    settings: MoleculeSettings, keys: Sequence[str], conditions: NDArray[np.float32], asked: Container[str]
) -> NDArray[np.float32]:
    """Conditions (B, K) with the values of the given molecule where nothing is asked for.

    Without them the network writes on to a molecule of the usual size: of strings that begin with the first four fifths
    of paracetamol, 3 in 100 were as similar as 0.4, with them 59 (measured).

    Args:
        settings: of the run.
        keys: properties of the columns.
        conditions: NaN for a property that may be anything.
        asked: keys of the goals.
    """
    if not settings.near.strip() or settings.replace.strip():
        return conditions
    values = properties(read(settings.near, "molecule"))
    own = conditions.copy()
    for column, key in enumerate(keys):
        if key not in asked:
            own[:, column] = values[key]
    return own


def check_near(settings: MoleculeSettings) -> Callable[[Chem.Mol], tuple[Prediction, Verdict]]:
    """Says of a molecule how similar it is to the given one, and whether that is enough."""
    start = read(settings.near, "molecule")
    print_, scaffold, itself = fingerprint(start), _scaffold(start), canonical(start)

    def check(molecule: Chem.Mol) -> tuple[Prediction, Verdict]:
        value = similarities(fingerprint(molecule), [print_])[0]
        read = Prediction(SIMILARITY, value, None, "", "RDKit, Tanimoto (Morgan, radius 2)")
        if canonical(molecule) == itself:
            return read, Verdict("near", False, "it is the molecule given")
        same = Message("same scaffold") if _scaffold(molecule) == scaffold else Message("another scaffold")
        said = Message(
            "Tanimoto {value:.2f}, at least {least:g} requested; {same}",
            value=value,
            least=settings.similarity,
            same=same,
        )
        return read, Verdict("near", value >= settings.similarity, said)

    return check


def _scaffold(molecule: Chem.Mol) -> str:
    return str(MurckoScaffold.MurckoScaffoldSmiles(mol=molecule))  # type: ignore[no-untyped-call]


# ------------------------------------------------------------------------------------------------- a part of it


def without_part(smiles: str, part: str) -> str:
    """The rest of a molecule, with a "*" where the part was: "A*", or "A*.*B" where it stood between two.

    >>> without_part("CC(=O)Nc1ccccc1", "C(=O)N"), without_part("Nc1ccccc1", "[NH2]")
    ('*C.*c1ccccc1', '*c1ccccc1')

    Args:
        smiles: of the molecule.
        part: SMARTS, which SMILES nearly always is; the first place where it can be replaced counts.

    Raises:
        BadInput: where it does not occur, is all of the molecule, or hangs on anything but one or two single bonds.
    """
    return rests_without(smiles, part)[0]


@lru_cache(maxsize=64)
def rests_without(smiles: str, part: str) -> tuple[str, ...]:
    """The different rests of a molecule, one for each place where the part can be replaced; as :func:`without_part`.

    >>> rests_without("CC(=O)Oc1ccccc1C(=O)O", "C(=O)O")
    ('*C.*c1ccccc1C(=O)O', '*c1ccccc1OC(C)=O')
    """
    molecule, pattern = read(smiles, "molecule"), read_pattern(part, "part to replace")
    named = {"part": quote(part), "smiles": quote(smiles)}
    found, refused = list[str](), list[BadInput]()
    for match in molecule.GetSubstructMatches(pattern):
        try:
            found.append(_cut_out(molecule, set(match), named))
        except BadInput as error:
            refused.append(error)
    if not found and refused:
        raise refused[0]
    if not found:
        raise BadInput("the part {part} does not occur in {smiles}; write it as it stands there", **named)
    return tuple(dict.fromkeys(found))


def _cut_out(molecule: Chem.Mol, inside: set[int], named: dict[str, str]) -> str:
    """The rest of a molecule without the atoms of a part; raises BadInput where nothing can be written on from it."""
    bonds = [b for b in molecule.GetBonds() if (b.GetBeginAtomIdx() in inside) != (b.GetEndAtomIdx() in inside)]
    if not bonds:
        raise BadInput("the part {part} is all of {smiles}; leave something of it, or leave the part out", **named)
    if any(bond.IsInRing() or bond.GetBondType() != Chem.BondType.SINGLE for bond in bonds):
        raise BadInput(
            "the part {part} of {smiles} is joined by a ring or a double bond; choose a part that hangs on single "
            "bonds outside rings, such as a whole ring",
            **named,
        )
    if len(bonds) > 2:
        raise BadInput(
            "without the part {part} of {smiles}, {count} pieces are left; choose a part with at most two neighbours",
            count=len(bonds),
            **named,
        )
    cut_ = Chem.FragmentOnBonds(molecule, [bond.GetIdx() for bond in bonds], dummyLabels=[(0, 0)] * len(bonds))
    atoms: list[list[int]] = []
    pieces = Chem.GetMolFrags(cut_, asMols=True, frags=None, fragsMolAtomMapping=atoms)
    rest = [canonical(piece) for piece, mine in zip(pieces, atoms, strict=True) if inside.isdisjoint(mine)]
    return ".".join(rest)
