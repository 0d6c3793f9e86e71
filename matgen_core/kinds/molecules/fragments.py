"""Two fragments and the link between them: how they are read, and where on a string the second one is put.

The network writes on from the first fragment, as far as it likes. The second fragment is put where the network finds it
likeliest: of the places R[:k] where it can stand, one is drawn with the probability

    w_k = p(B <eos> | A R[:k]),    A and B the fragments, R what the network wrote

which makes the link a draw from the network's own molecules that begin with A and end with B (importance sampling).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import torch
from rdkit import Chem
from torch import Tensor

from matgen_core.core.errors import BadInput, quote
from matgen_core.core.messages import Message
from matgen_core.core.records import Verdict
from matgen_core.kinds.molecules.grammar import first_illegal
from matgen_core.kinds.molecules.scaffolds import (
    WRITINGS,
    check_legal,
    check_room,
    grown_pattern,
    marked_writings,
    read_marked,
    read_scaffold,
    string_losses,
)
from matgen_core.kinds.molecules.segments import Beginning
from matgen_core.kinds.molecules.smiles import EOS, MAX_TOKENS, PAD, VOCABULARY, encode

if TYPE_CHECKING:
    from matgen_core.models.smiles import ConditionalSMILESGenerator

#: How the fragments are written, for messages.
EXAMPLE = "c1ccccc1*.*N1CCOCC1"
#: Writings of each fragment that are tried, and places for the second fragment on one string.
_WRITINGS, _PLACES = 20, 4
#: Matches of a fragment in one molecule that are looked at.
_MATCHES = 200
_OPEN, _CLOSE, _CARBON = (VOCABULARY.index(symbol) for symbol in "()C")
_DIGITS = frozenset(i for i, symbol in enumerate(VOCABULARY) if symbol.isdigit())
_BONDS = frozenset(i for i, symbol in enumerate(VOCABULARY) if symbol in {"=", "#", "-", "/", "\\"})


@dataclass(frozen=True, slots=True)
class Link:
    """One way to write a link.

    Args:
        begin: one fragment, up to where the link begins.
        rest: tokens of the other one, from the atom that the link ends at.
        turned: whether the fragment that is given second comes first.
    """

    begin: Beginning
    rest: tuple[int, ...]
    turned: bool

    @property
    def example(self) -> list[int]:
        """Tokens with a carbon as the link, BOS first and without EOS."""
        return [*self.begin.tokens, _CARBON, *self.rest]


def read_fragments(text: str) -> tuple[str, str]:
    """The two fragments of "A*.*B", each with its mark.

    Raises:
        BadInput: where there are not two, or one has no mark or several, or is no molecule.
    """
    pieces = [piece for piece in text.strip().split(".") if piece]
    if len(pieces) != 2:
        raise BadInput(
            "{text} holds {count} fragments; write two with a dot between them and one * each, such as {example}",
            text=quote(text),
            count=len(pieces),
            example=EXAMPLE,
        )
    for piece in pieces:
        marks = piece.count("*")
        if marks != 1:
            raise BadInput(
                "the fragment {piece} has {marks} marks (*); put one * where the link begins, as in {example}",
                piece=quote(piece),
                marks=marks,
                example=EXAMPLE,
            )
        read_scaffold(piece, "fragment")
    return pieces[0], pieces[1]


@lru_cache(maxsize=64)
def links(text: str) -> tuple[Link, ...]:
    """Ways to write two linked fragments: each of them first.

    Raises:
        BadInput: where they cannot be linked.
    """
    pair = read_fragments(text)
    for piece in pair:
        _check_tokens(piece)
    found = [
        Link(Beginning(tuple(encode(first, end=False)), grows=True), rest, one != pair[0])
        for one, other in (pair, pair[::-1])
        for first, rest in zip(_before(one), _behind(other), strict=False)
    ]
    if not found:
        raise BadInput(
            "the fragments {text} cannot be linked: no writing of them ends at a mark (*); put each * at an atom that "
            "can bear one more bond, as in {example}",
            text=quote(text),
            example=EXAMPLE,
        )
    for link in found:
        check_room([*link.begin.tokens, *link.rest], text)
    return tuple(dict.fromkeys(found))


def _check_tokens(fragment: str) -> None:
    """Raises BadInput, naming the token, where the generator cannot write a fragment with a carbon at its mark."""
    whole = Chem.RWMol(read_marked(fragment, "fragment"))
    for atom in whole.GetAtoms():
        if atom.GetAtomicNum() == 0:
            atom.SetAtomicNum(6)
            atom.SetNoImplicit(False)
    encode(str(Chem.MolToSmiles(whole)))


def _before(fragment: str) -> list[str]:
    """Writings of a fragment that end at its mark, without it."""
    marked = read_marked(fragment, "fragment")
    return [text.removesuffix("*") for text in marked_writings(marked)][:_WRITINGS]


def _behind(fragment: str) -> Iterator[tuple[int, ...]]:
    """Tokens of writings of a fragment that begin at its mark, without it."""
    marked = read_marked(fragment, "fragment")
    root = next(atom.GetIdx() for atom in marked.GetAtoms() if atom.GetAtomicNum() == 0)
    texts = [str(Chem.MolToSmiles(marked, rootedAtAtom=root))]
    for seed in range(1, _WRITINGS):
        texts += Chem.MolToRandomSmilesVect(marked, 5, randomSeed=seed)
    fitting = [text.removeprefix("*") for text in dict.fromkeys(texts) if text.startswith("*")]
    while fitting:  # as many as there are writings of the other
        for text in fitting:
            yield tuple(encode(text, end=False)[1:])


def check_fragments(text: str, grammar: bool) -> None:
    """Raises BadInput for fragments that cannot be linked, naming what is wrong with them."""
    found = links(text)
    if grammar and not any(first_illegal(link.example[1:]) is None for link in found):
        check_legal(found[0].example, text, "fragments")


def likeliest_links(network: ConditionalSMILESGenerator, text: str, grammar: bool) -> list[Link]:
    """The writings that the network finds likeliest, of those that the grammar allows: some with each one first."""
    able = [link for link in links(text) if not grammar or first_illegal(link.example[1:]) is None]
    losses = string_losses(network, [[*link.example, EOS] for link in able])
    order = [able[i] for i in sorted(range(len(able)), key=losses.__getitem__)]
    sides = ([link for link in order if link.turned is turned][: WRITINGS // 2] for turned in (False, True))
    return [link for side in sides for link in side]


def check_linked(text: str) -> Callable[[Chem.Mol], Verdict]:
    """Says of a molecule whether it is both fragments, with a link of at least one atom between their marks."""
    patterns = [grown_pattern(piece) for piece in read_fragments(text)]

    def check(molecule: Chem.Mol) -> Verdict:
        first, second = (molecule.GetSubstructMatches(p, uniquify=False, maxMatches=_MATCHES) for p in patterns)
        # The last atom of a match is the one that has grown at the mark; both may be the same.
        linked = any(
            set(one[:-1]).isdisjoint(other[:-1]) and one[-1] not in other[:-1] and other[-1] not in one[:-1]
            for one in first
            for other in second
        )
        if linked:
            return Verdict("link", True, Message("links {fragments}", fragments=text))
        return Verdict("link", False, Message("does not link {fragments}", fragments=text))

    return check


@torch.inference_mode()
def put_behind(
    network: ConditionalSMILESGenerator,
    strings: Sequence[Sequence[int]],
    link: Link,
    conditions: Tensor,
    generator: torch.Generator,
) -> list[list[int]]:
    """Strings that go on from the first fragment, each with the second one in its likeliest place.

    Args:
        network: that wrote them.
        strings: with BOS; what stands behind the place is dropped. One without a place stays as it is.
        link: how the fragments are written.
        conditions: (B, K) for which they were written.
        generator: of the draws, on the CPU.
    """
    tried: list[tuple[int, list[int], int]] = []  # string, whole tokens, where the second fragment begins
    for number, string in enumerate(strings):
        places = list(_places(string, link))
        if len(places) > _PLACES:
            order = torch.randperm(len(places), generator=generator)[:_PLACES].tolist()
            places = [places[i] for i in sorted(order)]
        tried += [(number, [*string[:place], *link.rest, EOS], place) for place in places]
    linked = [list(string) for string in strings]
    if not tried:
        return linked
    likely = _log_likelihoods(network, tried, conditions)
    for number in dict.fromkeys(number for number, _, _ in tried):
        mine = [i for i, (other, _, _) in enumerate(tried) if other == number]
        chosen = int(torch.multinomial(likely[mine].softmax(dim=0), 1, generator=generator))
        linked[number] = tried[mine[chosen]][1]
    return linked


def _places(string: Sequence[int], link: Link) -> Iterator[int]:
    """Lengths of the string behind which the second fragment can stand: no ring and no branch is open there."""
    depth, rings, atoms = 0, set[int](), 0
    for place in range(len(link.begin.tokens), len(string)):
        token = string[place]
        if token == EOS:
            return
        depth += (token == _OPEN) - (token == _CLOSE)
        if token in _DIGITS:
            rings ^= {token}
        atoms += token not in _DIGITS and token not in _BONDS and token not in (_OPEN, _CLOSE)
        if depth < 0 or depth or rings or not atoms or token in _BONDS:
            continue
        whole = [*string[1 : place + 1], *link.rest, EOS]
        if len(whole) < MAX_TOKENS and first_illegal(whole) is None:
            yield place + 1


def _log_likelihoods(
    network: ConditionalSMILESGenerator, tried: Sequence[tuple[int, list[int], int]], conditions: Tensor
) -> Tensor:
    """(N,) log p(B <eos> | A R[:k]) of each, in nats."""
    width = max(len(tokens) for _, tokens, _ in tried)
    padded = torch.tensor([[*tokens, *[PAD] * (width - len(tokens))] for _, tokens, _ in tried])
    padded = padded.to(conditions.device)
    mine = conditions[[number for number, _, _ in tried]]
    logits = network(padded[:, :-1], mine).float()
    each = -torch.nn.functional.cross_entropy(
        logits.transpose(1, 2), padded[:, 1:], reduction="none", ignore_index=PAD
    )  # (N, T), of token i + 1
    first = torch.tensor([place for _, _, place in tried], device=conditions.device)
    behind = torch.arange(1, width, device=conditions.device) >= first[:, None]
    return (each * behind).sum(dim=1).cpu()
