"""Spaces that can be explored by name: how each is opened, and how further materials come into it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from matgen_core.core.messages import Message
from matgen_core.core.records import Crystal
from matgen_core.core.registry import Registry
from matgen_core.kinds.compositions.predict import embed_formulas
from matgen_core.kinds.crystals.writing.embed import encode_crystals
from matgen_core.kinds.crystals.writing.grammar import MAX_SITES
from matgen_core.kinds.molecules.embed import encode_smiles, print_vectors
from matgen_core.workflows.spaces.space import Space, Vectors, load_crystal_space, load_molecule_space


@dataclass(frozen=True)
class SpaceSource:
    """How a space is made.

    Args:
        holds: kind of its materials.
        open: makes or loads it.
        encode: (N, D) vectors of materials of the kind, NaN where one has none.
        reads_texts: whether a typed material has a vector; a formula of a crystal has none without its structure.
        no_vector: why a material has no vector; empty where it has one.
    """

    holds: str
    open: Callable[[], Space]
    encode: Callable[[Sequence[Any]], Vectors]
    reads_texts: bool = True
    no_vector: Callable[[Any], str] = lambda material: ""


#: Spaces by name, in the order in which they are offered.
SPACES = Registry[SpaceSource]("space")


@lru_cache(maxsize=8)
def open_space(name: str) -> Space:
    """The space of a name, made or loaded once.

    Raises:
        BadInput: for another name than those of SPACES.
        MissingReference, UnknownCheckpoint, DamagedCheckpoint: where what it is made of is not there or not whole.
    """
    return SPACES[name].open()


# --------------------------------------------------------------------------------------------------------- crystals


def _encode_crystals(crystals: Sequence[Crystal]) -> Vectors:
    vectors, kept = encode_crystals(crystals)
    found = np.full((len(crystals), vectors.shape[1]), np.nan, dtype=np.float32)
    found[kept] = vectors
    return found


def _too_long(crystal: Crystal) -> str:
    if len(crystal.sites) <= MAX_SITES:
        return ""
    return Message(
        "{n_sites} occupied positions; the autoencoder takes at most {max_sites}",
        n_sites=len(crystal.sites),
        max_sites=MAX_SITES,
    )


SPACES.add("crystals", SpaceSource("crystals", load_crystal_space, _encode_crystals, False, _too_long))


# ----------------------------------------------------------------------------------------------------- compositions


def _open_compositions() -> Space:
    """The formulas of the known crystals, each with the values of the crystal of that formula nearest to the hull."""
    crystals = load_crystal_space()
    above = np.nan_to_num(crystals.columns["e_above_hull"], nan=np.inf)
    best: dict[str, int] = {}
    for i in np.argsort(above, kind="stable"):
        best.setdefault(crystals.names[i], int(i))
    names, rows = tuple(best), np.array(list(best.values()))
    vectors, method = embed_formulas(names)
    columns = {key: values[rows] for key, values in crystals.columns.items() if key != "space_group"}
    return Space("compositions", method, names, vectors, columns, holds="compositions")


SPACES.add(
    "compositions",
    SpaceSource("compositions", _open_compositions, lambda found: embed_formulas([c.reduced for c in found])[0]),
)


# -------------------------------------------------------------------------------------------------------- molecules


def _open_encoded() -> Space:
    """The sampled molecules under the shipped encoder."""
    plain = load_molecule_space()
    vectors, method = encode_smiles(plain.names, pooling="mean")
    return replace(plain, kind="encoded molecules", method=method, vectors=vectors)


SPACES.add(
    "molecules", SpaceSource("molecules", load_molecule_space, lambda found: print_vectors([m.smiles for m in found]))
)
SPACES.add(
    "encoded molecules",
    SpaceSource("molecules", _open_encoded, lambda found: encode_smiles([m.smiles for m in found], pooling="mean")[0]),
)
