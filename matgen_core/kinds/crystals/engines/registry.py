"""Engines by name. A new engine is a module beside this one and an entry here; choices of commands and pages follow."""

from __future__ import annotations

from dataclasses import dataclass

from matgen_core.core.errors import BadTarget
from matgen_core.core.messages import Message
from matgen_core.core.registry import Registry


@dataclass(frozen=True, slots=True)
class EngineEntry:
    """An engine before it is loaded.

    Args:
        path: "module:class"; the class takes the checkpoints in their order. Empty for a mixture.
        checkpoints: it is made of.
        mixes: names of the engines that generate in turn, where it is a mixture.
    """

    path: str = ""
    checkpoints: tuple[str, ...] = ()
    mixes: tuple[str, ...] = ()


_HERE = "matgen_core.kinds.crystals.engines"
_GEOMETRY = ("crystal-proposal", "crystal-geometry")

ENGINES = Registry[EngineEntry](Message("engine"), BadTarget)
ENGINES.add("symmetry-first", EngineEntry(f"{_HERE}.symmetry_first:SymmetryFirst", ("crystal-gpt", *_GEOMETRY)))
ENGINES.add("substitution", EngineEntry(f"{_HERE}.substitution:Substitution", ("crystal-geometry",)))
ENGINES.add("mixed", EngineEntry(mixes=("symmetry-first", "substitution")))
ENGINES.add(
    "latent-diffusion",
    EngineEntry(f"{_HERE}.latent_diffusion:LatentDiffusion", ("crystal-vae", "crystal-diffusion", *_GEOMETRY)),
)


def parts_of(name: str) -> tuple[str, ...]:
    """Names of the engines that generate under a name: of a mixture those it mixes, else itself.

    >>> parts_of("mixed")
    ('symmetry-first', 'substitution')

    Raises:
        BadTarget: for an unknown name.
    """
    return ENGINES[name].mixes or (name,)


def checkpoints_of(name: str) -> frozenset[str]:
    """Checkpoints that an engine, or those it mixes, are made of."""
    return frozenset(checkpoint for part in parts_of(name) for checkpoint in ENGINES[part].checkpoints)
