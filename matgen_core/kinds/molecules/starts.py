"""Beginnings of a run's strings: nothing, a prefix, a scaffold, two fragments, or a molecule to stay near."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from matgen_core.chem.molecules.molecule import parse, read_pattern
from matgen_core.core.errors import BadInput
from matgen_core.core.messages import Message, Text, join
from matgen_core.core.settings import MoleculeSettings, declared
from matgen_core.kinds.molecules.fragments import Link, check_fragments, likeliest_links
from matgen_core.kinds.molecules.near import cut, likely_writings, near_writings, rests_without, without_part
from matgen_core.kinds.molecules.scaffolds import WRITINGS, check_prefix, check_scaffold_text, likeliest, writings
from matgen_core.kinds.molecules.segments import Beginning
from matgen_core.kinds.molecules.smiles import encode

if TYPE_CHECKING:
    from matgen_core.models.smiles import ConditionalSMILESGenerator

#: Settings of which one at most says what strings begin with.
_WAYS = ("prefix", "scaffold", "fragments", "near")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a batch.

    Args:
        count: strings of it.
        begin: what they begin with, each or all.
        link: how two fragments are written, where they are linked.
    """

    count: int
    begin: Beginning | list[Beginning]
    link: Link | None = None


def what_stands(settings: MoleculeSettings) -> MoleculeSettings:
    """The settings with the rest of ``near`` as scaffold or fragments, where a part of it is to be replaced."""
    if not settings.replace.strip() or not settings.near.strip():
        return settings
    rest = without_part(settings.near.strip(), settings.replace.strip())
    return replace(settings, fragments=rest) if "." in rest else replace(settings, scaffold=rest)


def check_start(settings: MoleculeSettings) -> None:
    """Raises BadInput for what cannot be begun with, naming what is wrong with it."""
    given = [name for name in _WAYS if getattr(settings, name).strip()]
    if len(given) > 1:
        labels = [declared(MoleculeSettings)[name][1].label for name in given]
        raise BadInput("{names} cannot be used together; keep one of them", names=join(labels, ", "))
    if settings.replace.strip() and not settings.near.strip():
        raise BadInput("a part to replace is given without its molecule; give the molecule, too (near)")
    if settings.near.strip():
        near_writings(settings.near.strip(), settings.grammar)
    settings = what_stands(settings)
    if settings.prefix.strip():
        check_prefix(settings.prefix.strip(), settings.grammar)
    if settings.scaffold.strip():
        check_scaffold_text(settings.scaffold.strip(), settings.grammar)
    if settings.fragments.strip():
        check_fragments(settings.fragments.strip(), settings.grammar)


def start_cautions(settings: MoleculeSettings) -> tuple[Text, ...]:
    """That a part to replace has several places, or that what every molecule must contain holds what none may."""
    said = list[Text]()
    near, part = settings.near.strip(), settings.replace.strip()
    rests = rests_without(near, part) if near and part else ()
    if len(rests) > 1:
        said.append(
            Message(
                "{part} stands at {count} places of the molecule; the one without which {rest} is left is replaced. "
                "For another one, write more of its surroundings as SMARTS, such as C(=O)[OH] for an acid.",
                part=part,
                count=len(rests),
                rest=rests[0],
            )
        )
    forbidden = settings.forbid.strip()
    if not forbidden:
        return tuple(said)
    pattern, standing = read_pattern(forbidden, "forbidden SMARTS"), what_stands(settings)
    for name in ("scaffold", "fragments", "require"):
        text = getattr(standing, name).strip()
        pieces = [molecule for piece in text.split(".") if (molecule := parse(piece)) is not None]
        if any(piece.HasSubstructMatch(pattern) for piece in pieces):
            said.append(
                Message(
                    "{text}, which every molecule must contain, contains {forbidden}, which none may: expect no "
                    "molecule. Change one of them.",
                    text=text,
                    forbidden=forbidden,
                )
            )
    return tuple(said)


class Start:
    """What the strings of a run begin with, batch by batch; it follows from the seed and the number of the first.

    Args:
        network: that writes them.
        settings: of the run.
        seed: of the run.
    """

    def __init__(self, network: ConditionalSMILESGenerator, settings: MoleculeSettings, seed: int) -> None:
        self.network, self.seed, self.settings = network, seed, what_stands(settings)

    def parts(self, size: int, first: int) -> Iterator[Part]:
        """The parts of a batch of so many strings that begins with number ``first``."""
        settings = self.settings
        if settings.fragments.strip():
            for turn, count in enumerate(_split(size, len(self._links)), start=first):
                link = self._links[turn % len(self._links)]
                yield Part(count, link.begin, link)
        elif settings.scaffold.strip():
            # A batch begins with one string, since rows share their places; the writings take a part each.
            for turn, count in enumerate(_split(size, len(self._scaffolds)), start=first):
                yield Part(count, self._scaffolds[turn % len(self._scaffolds)])
        elif settings.near.strip():
            for turn, count in enumerate(_split(size, WRITINGS), start=first):
                rng = np.random.default_rng((self.seed, turn, 2))
                yield Part(count, cut(self._near, count, settings.similarity, rng))
        else:
            yield Part(size, Beginning(tuple(encode(settings.prefix.strip(), end=False))))

    @cached_property
    def _scaffolds(self) -> list[Beginning]:
        return likeliest(self.network, writings(self.settings.scaffold.strip()), self.settings.grammar)

    @cached_property
    def _links(self) -> list[Link]:
        return likeliest_links(self.network, self.settings.fragments.strip(), self.settings.grammar)

    @cached_property
    def _near(self) -> tuple[tuple[int, ...], ...]:
        return likely_writings(self.network, self.settings.near.strip(), self.settings.grammar)


def _split(size: int, parts: int) -> list[int]:
    """Sizes of so many parts, about equal, the last one the smallest."""
    share = max(1, -(-size // parts))
    return [min(share, size - done) for done in range(0, size, share)]
