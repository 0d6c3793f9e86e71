"""Strings that a scaffold and the network write in turn: the scaffold's parts stand, the network fills what is marked.

C(R1)c1ccc(cc1)CR2        begin "C(", the network writes R1 and closes the branch, rest "c1ccc(cc1)C", then R2
"""

from __future__ import annotations

from dataclasses import dataclass

from matgen_core.kinds.molecules.smiles import BOS, EOS, VOCABULARY

_OPEN, _CLOSE = VOCABULARY.index("("), VOCABULARY.index(")")
_BONDS = frozenset(i for i, symbol in enumerate(VOCABULARY) if symbol in ("=", "#"))
_DIGITS = frozenset(i for i, symbol in enumerate(VOCABULARY) if symbol.isdigit())


@dataclass(frozen=True, slots=True)
class Beginning:
    """What strings begin with, and what is written for them later.

    Args:
        tokens: BOS and what comes before the first token that the network writes.
        rests: parts of a scaffold that follow, each once the branch before it is closed; each but the last opens the
            next branch, and after the last one the network goes on to the end.
        grows: whether at least one token must come wherever the network writes.
    """

    tokens: tuple[int, ...] = (BOS,)
    rests: tuple[tuple[int, ...], ...] = ()
    grows: bool = False

    @property
    def reserve(self) -> int:
        """Tokens that must be left for what is written later: the rests, an atom in each branch and its end."""
        return sum(len(rest) + 2 for rest in self.rests) + self.grows


class Growth:
    """Where one string is in its beginning: what stands next, and what may not come.

    A branch that fills a mark ends with all of its own rings closed, and closes none of the scaffold's.
    """

    __slots__ = ("_begin", "_depth", "_forced", "_grown", "_mine", "_part", "_theirs")

    def __init__(self, begin: Beginning) -> None:
        self._begin, self._part, self._forced = begin, 0, list[int]()
        self._theirs, self._mine = set[int](), set[int]()  # ring numbers that are open
        for token in begin.tokens:
            if token in _DIGITS:
                self._theirs ^= {token}
        self._depth, self._grown = 0, False

    @property
    def forced(self) -> int | None:
        """The token that the scaffold writes next, or None where the network writes."""
        return self._forced[0] if self._forced else None

    @property
    def reserve(self) -> int:
        """Tokens that must be left for what is written later."""
        rests = self._begin.rests[self._part :]
        return len(self._forced) + sum(len(rest) + 2 for rest in rests)

    def allows(self, token: int) -> bool:
        """Whether the network may write this token here."""
        filling = self._part < len(self._begin.rests)
        if token == EOS:
            return not filling and (self._grown or not self._begin.grows)
        if filling and token == _CLOSE and self._depth == 0:
            return self._grown and not self._mine
        # A mark stands for a single bond; of another the scaffold's later atoms would be one too many.
        return not (filling and (token in self._theirs or (token in _BONDS and not self._grown)))

    def add(self, token: int) -> None:
        """Takes the next token of the string."""
        if self._forced:
            self._forced.pop(0)
            if token in _DIGITS:
                self._theirs ^= {token}
            return
        if token in _DIGITS:
            self._mine ^= {token}
        self._depth += (token == _OPEN) - (token == _CLOSE)
        self._grown = True
        if self._depth < 0 and self._part < len(self._begin.rests):
            self._forced = list(self._begin.rests[self._part])
            self._part += 1
            self._depth, self._grown, self._mine = 0, False, set()
