"""The kinds of material by name. Each is loaded when it is asked for, so that a command loads no other's networks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from matgen_core.core.errors import BadInput
from matgen_core.core.messages import join
from matgen_core.core.records import Candidate, Crystal, Formula, Molecule

if TYPE_CHECKING:
    from matgen_core.kinds.protocol import Kind

#: Kinds by name, in the order in which they are offered, and the record of each one's material.
MATERIALS: dict[str, type[Crystal] | type[Formula] | type[Molecule]] = {
    "crystals": Crystal, "compositions": Formula, "molecules": Molecule,
}  # fmt: skip
NAMES = tuple(MATERIALS)


@lru_cache
def load_kind(name: str) -> Kind[Any, Any]:
    """The kind of that name.

    Raises:
        BadInput: for an unknown name.
    """
    if name not in MATERIALS:
        raise BadInput("no kind {name!r} of material; choose from: {names}", name=name, names=join(NAMES, ", "))
    kind: Kind[Any, Any] = import_module(f"matgen_core.kinds.{name}.kind").KIND
    return kind


def name_of_kind(material: object) -> str:
    """The name of the kind that a material is of."""
    return next(name for name, record in MATERIALS.items() if isinstance(material, record))


def kind_of(material: object) -> Kind[Any, Any]:
    """The kind that a material is of."""
    return load_kind(name_of_kind(material))


def write(kind: str, candidates: Sequence[Candidate[Any]], ending: str = "csv") -> str | bytes:
    """Candidates of a kind as the content of a file.

    Args:
        kind: "crystals", "compositions" or "molecules".
        candidates: to write.
        ending: "csv" of any kind; "zip" (CIFs) or "json" of crystals; "sdf" or "smi" of molecules.

    Raises:
        BadInput: for a kind or an ending that is not there.
    """
    writers = load_kind(kind).writers()
    if ending not in writers:
        raise BadInput(
            "{kind} are not written as {ending!r}; choose from: {writers}",
            kind=kind,
            ending=ending,
            writers=join(writers, ", "),
        )
    return writers[ending](candidates)
