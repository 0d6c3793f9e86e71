"""Grammar of SMILES: the tokens that may come next, so that every string can be finished and is a molecule.

A :class:`Writing` follows one string token by token: valences, branches, ring numbers, and whether the aromatic atoms
can still be given their double bonds (a matching that covers every atom in need of one: Kekulé). It allows what RDKit
writes, which is less than what SMILES allows: a branch goes on after its bracket, ring numbers stand right behind
their atom, an aromatic ring opens a number at its first atom. An atom in brackets has exactly the bonds that its charge
and its hydrogens leave it, so that none is a radical. Marks of stereo stand where a single bond may; whether they mean
anything is not asked, as RDKit drops those that do not.
Reference: opensmiles.org; valences are RDKit's.

One long file: the state of a string and what each token does to it are read together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matgen_core.kinds.molecules.smiles import EOS, MAX_TOKENS, UNKNOWN, VOCABULARY

#: Bonds an atom may have, doubled ones counted twice; aromatic atoms: neighbours.
_BEARS = {
    symbol: bonds
    for bonds, symbols in {
        1: "F Cl Br I [H] [O-] [S-] [NH3+]",
        2: "O o s [nH] [nH+] [n-] [o+] [s+] [se] [NH2+] [N-] [Se]",
        3: "N B c n [n+] [NH+] [C-] [S+] [SiH] [C@H] [C@@H]",
        4: "C [N+] [P+] [B-] [Si] [PH] [C@] [C@@]",
        5: "P",
        6: "S",
    }.items()
    for symbol in symbols.split()
}
_CAPACITY = [_BEARS.get(symbol, 0) for symbol in VOCABULARY]
_AROMATIC = [symbol.strip("[]+-H")[:1].islower() for symbol in VOCABULARY]
#: Aromatic atoms that take part in a double bond of the ring, unless something speaks against it.
_PAIRS = [symbol in {"c", "n", "[n+]", "[nH+]", "[o+]", "[s+]"} for symbol in VOCABULARY]
#: Atoms that must have all the bonds they may have: those in brackets, which get no further hydrogen.
_EXACT = [symbol.startswith("[") and symbol != "[nH]" for symbol in VOCABULARY]
#: Greatest order of a bond: none but single ones at a stereo centre and at what has no room for more.
_HIGHEST = [
    1 if "@" in symbol or symbol in {"[Si]", "[SiH]", "[B-]", "B"} else 2 if symbol in {"S", "P", "[PH]", "[Se]"} else 3
    for symbol in VOCABULARY
]
_ORDER = [{"-": 1, "/": 1, "\\": 1, "=": 2, "#": 3}.get(symbol, 0) for symbol in VOCABULARY]
_SLASH = [symbol in {"/", "\\"} for symbol in VOCABULARY]
_DIGIT = [symbol.isdigit() for symbol in VOCABULARY]
_CARBON, _LONE = VOCABULARY.index("c"), VOCABULARY.index("n")
_OPEN, _CLOSE = VOCABULARY.index("("), VOCABULARY.index(")")
#: What the last token was.
_BEGIN, _ATOM, _NUMBER, _BOND, _BRANCH, _BACK = range(6)


class Writing:
    """One string as far as it is written.

    Args:
        begin: tokens it begins with, after BOS; see :func:`first_illegal` for what they must be.
        longest: tokens it may have, BOS and EOS included.
    """

    __slots__ = tuple(
        """
        bond current edge_in_ring exact joined last longest loose mates needy numbering numbers opened parents
        slash stack symbols tokens unanchored used waiting
        """.split()
    )

    def __init__(self, begin: Sequence[int] = (), longest: int = MAX_TOKENS) -> None:
        self.longest, self.tokens = longest, 1
        self.symbols: list[int] = []  # token of each atom
        self.parents: list[int] = []  # atom it was written behind; -1 for the first
        self.used: list[int] = []  # of its capacity, what is kept for open numbers and branches included
        self.waiting: list[int] = []  # ring numbers open at it
        self.joined: list[list[int]] = []  # atoms bonded to it
        self.mates: list[list[tuple[int, int]]] = []  # aromatic neighbours; atom whose tree edge it is, -1 for a number
        self.edge_in_ring: list[bool] = []  # of the edge to the parent
        self.needy: set[int] = set()  # aromatic atoms that may or must take part in a double bond
        self.loose: set[int] = set()  # aromatic atoms that are in no ring yet
        self.numbers: dict[int, tuple[int, int]] = {}  # open ring numbers: atom and bond
        self.stack: list[int] = []
        self.current, self.bond, self.last = -1, 0, _BEGIN
        self.unanchored = self.numbering = False  # whether a ring number must come, and whether one may
        self.opened = self.slash = False  # whether the next bond begins a branch, and whether it marks stereo
        self.exact = False  # whether any atom must have all its bonds
        for token in begin:
            self.add(token)

    # ---------------------------------------------------------------------------------------------------- asking

    def allowed(self) -> list[bool]:
        """For every token of the vocabulary, whether it may come next."""
        return [self.allows(token) for token in range(len(VOCABULARY))]

    def allows(self, token: int) -> bool:
        """Whether a molecule can still be written, within the length, once this token stands."""
        if token == EOS:
            return self._may_end()
        if token <= UNKNOWN or not self._fits(token):
            return False
        if _CAPACITY[token]:
            return self._may_add_atom(token)
        if self.last == _BEGIN or self.last == _BOND:
            return (
                self.last == _BOND and not self.slash and _DIGIT[token] and self.numbering and self._may_number(token)
            )
        if _ORDER[token]:
            return not self.unanchored and self._may_bond(token)
        if _DIGIT[token]:
            return self.numbering and self._may_number(token)
        if self.last == _BRANCH or self.unanchored:
            return False
        return self._may_branch() if token == _OPEN else self._may_go_back()

    def _fits(self, token: int) -> bool:
        """Whether all that is open can be closed within the length (an estimate on the safe side)."""
        stack = len(self.stack) + (token == _OPEN) - (token == _CLOSE)
        numbers = len(self.numbers)
        if _DIGIT[token]:
            numbers += -1 if token in self.numbers else 1
        elif _AROMATIC[token] and self._enters(token):
            numbers += 1
        pending = token in (_OPEN, _CLOSE) or _ORDER[token] > 0
        owed = self._owed(token) if self.exact or _EXACT[token] else 0
        return self.tokens + 1 + 2 * stack + (3 * numbers + 2 if numbers else 0) + pending + owed + 1 <= self.longest

    def _owed(self, token: int) -> int:
        """Tokens that fill the atoms that must have all their bonds, once this token stands: "(C)" for each but one."""
        current, rest = self.current, 0
        taken = _ORDER[token] or (self.bond or 1)
        later = self.stack[:-1] if token == _CLOSE else self.stack
        for atom in later:
            if _EXACT[self.symbols[atom]]:
                rest += 3 * (self._free(atom) - (taken if self.opened and atom == current else 0))
        if _CAPACITY[token]:
            return rest + (_filling(_CAPACITY[token] - (taken if current >= 0 else 0)) if _EXACT[token] else 0)
        atom = self.stack[-1] if token == _CLOSE and self.stack else current
        if atom < 0 or self.opened or not _EXACT[self.symbols[atom]]:
            return rest
        if token == _OPEN:
            return rest + 3 * (self._free(atom) - 1)
        return rest + _filling(self._free(atom) + (1 if token == _CLOSE else -taken))

    def _free(self, atom: int) -> int:
        return _CAPACITY[self.symbols[atom]] - self.used[atom]

    def _enters(self, token: int) -> bool:
        """Whether an atom of this token begins an aromatic ring, and must bear a ring number."""
        current = self.current
        return not (
            current >= 0 and _AROMATIC[token] and self.bond == 0 and _AROMATIC[self.symbols[current]] and self.numbers
        )

    def _may_add_atom(self, token: int) -> bool:
        if self.unanchored:
            return False
        current, order, aromatic = self.current, self.bond or 1, _AROMATIC[token]
        if current < 0:
            return True
        if self.bond < 2 and not (self._free(current) and self._may_leave(0 if self.bond else token)):
            return False
        if not self._fills(order) or (self.slash and aromatic and _AROMATIC[self.symbols[current]]):
            return False
        if order > (min(_CAPACITY[token], _HIGHEST[token]) if not aromatic else 2 if token == _CARBON else 1):
            return False
        if aromatic:
            return _CAPACITY[token] > 2 or not self._enters(token)
        # Something must be left to grow from while rings are open.
        return _CAPACITY[token] > order or self._may_end_here()

    def _fills(self, order: int) -> bool:
        """Whether the current atom has all its bonds once this one is written, or can still get them.

        Within a branch, what is kept for after the branch is not free and comes later.
        """
        symbol = self.symbols[self.current]
        if not _EXACT[symbol] or self.opened:
            return True
        return self._free(self.current) == (1 if _AROMATIC[symbol] else order)

    def _may_end_here(self) -> bool:
        """Whether an atom may follow that nothing can follow: no ring waits for it, nor for what its branch holds."""
        if not self.stack:
            return not self.numbers
        return not (self.loose and self._stranded(self.stack[-1]))

    def _may_leave(self, token: int) -> bool:
        """Whether the current atom can do without more bonds than one to an atom of this token."""
        current = self.current
        if current not in self.needy or current in self.stack:
            return True
        if _PAIRS[token] and self.numbers:
            return True  # the next atom can share a double bond with it
        third = self.symbols[current] == _LONE and self.used[current] == 2  # pyrrole's nitrogen, substituted
        return self._coverable(leaves=not third, out=third, open_numbers=len(self.numbers))

    def _may_bond(self, token: int) -> bool:
        current, order = self.current, _ORDER[token]
        free, aromatic = self._free(current), _AROMATIC[self.symbols[current]]
        if not self._fills(order) and (_SLASH[token] or not self._may_close_with(order)):
            return False
        if order == 1:
            return free > 0 and (self._may_leave(0) or (not _SLASH[token] and free > 1 and self._may_close_with(1)))
        if not aromatic:
            return free >= order <= _HIGHEST[self.symbols[current]]
        if order == 3 or not self._may_double(current):
            return False
        return self._coverable(leaves=False, out=True, open_numbers=len(self.numbers))

    def _may_double(self, atom: int) -> bool:
        """Whether the next bond of an aromatic atom may be a double one, out of the ring: carbon's third only."""
        return self.symbols[atom] == _CARBON and atom in self.needy and self.used[atom] == 2

    def _may_close_with(self, order: int) -> bool:
        """Whether an open number may be closed with a bond of this order, and the atom goes on."""
        if not self.numbering:
            return False
        self.bond = order
        may = any(map(self._may_number, self.numbers))
        self.bond = 0
        return may

    def _may_branch(self) -> bool:
        """A branch needs a bond for itself and one for what comes after it."""
        current = self.current
        if self._free(current) < 2:
            return False
        if current in self.needy and self.symbols[current] == _LONE and self.used[current] == 1:
            return self._coverable(leaves=False, out=True, open_numbers=len(self.numbers))
        return True

    def _may_go_back(self) -> bool:
        if not self.stack or self.last == _BACK:
            return False
        return self._may_stop() and not (self.loose and self._stranded(self.stack[-1]))

    def _may_end(self) -> bool:
        if self.stack or self.numbers or self.loose or self.unanchored or self.last not in (_ATOM, _NUMBER):
            return False
        return self._may_stop()

    def _may_stop(self) -> bool:
        """Whether the current atom can be the last of its branch."""
        current = self.current
        if _EXACT[self.symbols[current]] and self._free(current):
            return False
        if current not in self.needy:  # a double bond out of the ring needs two bonds within
            return self.symbols[current] != _CARBON or self.used[current] == 3
        return self._coverable(leaves=True, out=False, open_numbers=len(self.numbers))

    def _stranded(self, branching: int) -> bool:
        """Whether the branch that ends here holds an aromatic atom that can no longer come to be in a ring."""
        saved: set[int] = set()
        for atom, _ in self.numbers.values():
            while atom > branching and atom not in saved:
                saved.add(atom)
                atom = self.parents[atom]
        first = self._branch_start(branching)
        return any(atom >= first and atom not in saved for atom in self.loose)

    def _branch_start(self, branching: int) -> int:
        atom = self.current
        if atom == branching:
            return len(self.symbols)
        while self.parents[atom] != branching:
            atom = self.parents[atom]
        return atom

    def _may_number(self, token: int) -> bool:
        current, order = self.current, self.bond
        aromatic, free = _AROMATIC[self.symbols[current]], self._free(current)
        if order == 3 or (order == 0 and not free):
            return False
        if token not in self.numbers:
            return self._may_open(order)
        atom, first = self.numbers[token]
        if atom == current or atom in self.joined[current] or (first and order and first != order):
            return False
        return self._may_close(atom, max(first, order), first, order, aromatic, free)

    def _may_open(self, order: int) -> bool:
        current = self.current
        needed = order if order == 2 and not _AROMATIC[self.symbols[current]] else 1
        left = self._free(current) - (needed if order == 0 else self._kept(current, order))
        if left < 0 or (left == 0 and not self.stack):
            return False
        if order == 0 and current in self.needy and self.symbols[current] == _LONE and self.used[current] == 2:
            return self._coverable(leaves=False, out=True, open_numbers=len(self.numbers) + 1)
        return True

    def _kept(self, atom: int, order: int) -> int:
        return 1 if _AROMATIC[self.symbols[atom]] else order

    def _may_close(self, atom: int, order: int, first: int, second: int, aromatic: bool, free: int) -> bool:
        current = self.current
        needed = self._kept(current, order or 1)
        if free < needed or order > min(_HIGHEST[self.symbols[current]], _HIGHEST[self.symbols[atom]]):
            return False
        other_aromatic = _AROMATIC[self.symbols[atom]]
        if order == 2:
            if first != 2:  # the opening kept a single bond
                if not other_aromatic and self._free(atom) < 1:
                    return False
                if other_aromatic and not (atom in self.needy and self.used[atom] == 3):
                    return False
            if aromatic and second != 2 and not self._may_double(current):
                return False
        left = free - needed
        open_numbers = len(self.numbers) - 1
        if left == 0 and open_numbers and not self.stack:
            return False
        if self.loose and not open_numbers:
            way = self._between(atom, current)
            if self.loose - set(way) - {self.parents[child] for child in way}:
                return False
        if not (aromatic or other_aromatic) and (open_numbers or not self.needy):
            return True
        third = self.symbols[current] == _LONE and self.used[current] + needed == 3
        # What an atom in brackets gets after its last ring is no part of a ring.
        last = left == 0 or (_EXACT[self.symbols[current]] and not open_numbers)
        return self._coverable(
            leaves=last and current in self.needy and order != 2,
            out=third or (order == 2 and aromatic),
            open_numbers=open_numbers,
            closes=atom,
            shared=order == 0 and aromatic and other_aromatic,
            gone=order == 2 and other_aromatic,
        )

    # --------------------------------------------------------------------------------------------------- writing

    def add(self, token: int) -> None:
        """Takes one token that :meth:`allows` says yes to."""
        self.tokens += 1
        if _CAPACITY[token]:
            self._add_atom(token)
        elif _DIGIT[token]:
            self._add_number(token)
        elif _ORDER[token]:
            self.bond, self.last, self.slash = _ORDER[token], _BOND, _SLASH[token]
        elif token == _OPEN:
            self.stack.append(self.current)
            self.used[self.current] += 1  # kept for what comes after the branch
            if self.symbols[self.current] == _LONE and self.used[self.current] == 2:
                self.needy.discard(self.current)  # a nitrogen with two more bonds to come
            self.last, self.numbering, self.opened = _BRANCH, False, True
        elif token == _CLOSE:
            self.current = self.stack.pop()
            self.used[self.current] -= 1
            self.last, self.numbering = _BACK, False

    def _add_atom(self, token: int) -> None:
        atom, parent = len(self.symbols), self.current
        order, aromatic = self.bond, _AROMATIC[token]
        self.symbols.append(token)
        self.parents.append(parent)
        self.used.append(0)
        self.waiting.append(0)
        self.joined.append([])
        self.mates.append([])
        self.edge_in_ring.append(False)
        self.unanchored = aromatic
        if _PAIRS[token]:
            self.needy.add(atom)
        if aromatic:
            self.loose.add(atom)
        if parent >= 0:
            self._join(atom, order or 1)
            self._join(parent, order or 1)
            self.joined[atom].append(parent)
            self.joined[parent].append(atom)
            if aromatic and order == 0 and self.numbers and _AROMATIC[self.symbols[parent]]:
                self.unanchored = False
                self.mates[atom].append((parent, atom))
                self.mates[parent].append((atom, atom))
        self.current, self.bond, self.last, self.numbering = atom, 0, _ATOM, True
        self.opened, self.slash, self.exact = False, False, self.exact or _EXACT[token]
        self._forget()

    def _join(self, atom: int, order: int) -> None:
        """One more bond of an atom."""
        if not _AROMATIC[self.symbols[atom]]:
            self.used[atom] += order
            return
        self.used[atom] += 1
        if order == 2 or (self.used[atom] == 3 and self.symbols[atom] == _LONE):
            self.needy.discard(atom)

    def _add_number(self, token: int) -> None:
        current, order = self.current, self.bond
        self.bond, self.last, self.unanchored = 0, _NUMBER, False
        if token not in self.numbers:
            self.numbers[token] = current, order
            self.waiting[current] += 1
            self._join(current, order or 1)
            return
        atom, first = self.numbers.pop(token)
        self.waiting[atom] -= 1
        both = max(first, order)
        self._join(current, both or 1)
        if both == 2 and first != 2:
            if _AROMATIC[self.symbols[atom]]:
                self.needy.discard(atom)
            else:
                self.used[atom] += 1
        self.joined[atom].append(current)
        self.joined[current].append(atom)
        if both == 0 and _AROMATIC[self.symbols[atom]] and _AROMATIC[self.symbols[current]]:
            self.mates[atom].append((current, -1))
            self.mates[current].append((atom, -1))
        for child in self._between(atom, current):
            self.edge_in_ring[child] = True
            self.loose.discard(child)
            self.loose.discard(self.parents[child])
        self._forget()

    def _between(self, one: int, other: int) -> list[int]:
        """Atoms whose edges to their parents are the way from one atom to another."""
        way = []
        while one != other:
            one, other = max(one, other), min(one, other)
            way.append(one)
            one = self.parents[one]
        return way

    def _forget(self) -> None:
        """Ring systems that are complete need not be looked at again."""
        if self.needy and not self.numbers and self.needy.isdisjoint((self.current, *self.stack)):
            self.needy.clear()

    # -------------------------------------------------------------------------------------------------- aromatics

    def _coverable(
        self, *, leaves: bool, out: bool, open_numbers: int, closes: int = -1, shared: bool = False, gone: bool = False
    ) -> bool:
        """Whether all aromatic atoms that need a double bond of their ring can have one.

        Atoms that may still get a bond need none yet, but can give one.

        Args:
            leaves: the current atom gets no more bonds.
            out: the current atom takes part in no double bond of the ring.
            open_numbers: ring numbers open then.
            closes: atom to which the current one closes a ring.
            shared: that closing is an aromatic bond.
            gone: the atom closed to takes part in no double bond of the ring.
        """
        current, waiting = self.current, self.waiting
        partners = self.needy - ({current} if out else set()) - ({closes} if gone else set())
        must = [
            atom
            for atom in sorted(partners)
            if not (waiting[atom] - (atom == closes)) and (leaves if atom == current else atom not in self.stack)
        ]
        if not must:
            return True
        closed = set(self._between(closes, current)) if closes >= 0 and not open_numbers else set()
        near = {
            atom: [
                mate
                for mate, edge in self.mates[atom]
                if mate in partners and (edge < 0 or open_numbers or self.edge_in_ring[edge] or edge in closed)
            ]
            for atom in must
        }
        if shared and current in partners and closes in partners:
            for one, other in ((current, closes), (closes, current)):
                if one in near:
                    near[one].append(other)
        return _matched(must, near, 0, 0, set())


def _matched(
    must: Sequence[int], near: Mapping[int, Sequence[int]], place: int, taken: int, failed: set[tuple[int, int]]
) -> bool:
    """Whether every atom of ``must`` from ``place`` on finds a neighbour of its own.

    Args:
        must: atoms, in the order of the string.
        near: neighbours of each.
        place: of the next atom.
        taken: atoms that are gone, one bit each.
        failed: places and atoms gone from which it is known not to work, so that long chains cost little.
    """
    while place < len(must) and taken >> must[place] & 1:
        place += 1
    if place == len(must):
        return True
    if (place, taken) in failed:
        return False
    for mate in near[must[place]]:
        if not taken >> mate & 1 and _matched(must, near, place + 1, taken | 1 << must[place] | 1 << mate, failed):
            return True
    failed.add((place, taken))
    return False


def _filling(bonds: int) -> int:
    """Tokens that give an atom so many more bonds."""
    return 3 * bonds - 2 if bonds > 0 else 0


def first_illegal(tokens: Sequence[int], longest: int = MAX_TOKENS) -> int | None:
    """Place of the first token, BOS not counted, behind which no molecule can be written; None where all may stand."""
    writing = Writing(longest=longest)
    for place, token in enumerate(tokens):
        if not writing.allows(token):
            return place
        writing.add(token)
    return None
