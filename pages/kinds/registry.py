"""The kinds of material on the pages by name; each is loaded when a page asks for it."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import Any

from matgen_core.kinds.registry import NAMES, kind_of, load_kind, name_of_kind
from pages.kinds.page_kind import PageKind


@lru_cache
def page_kind(name: str) -> PageKind:
    """The kind of that name.

    Raises:
        BadInput: for an unknown name.
    """
    page: PageKind = import_module(f"pages.kinds.{load_kind(name).name}").PAGE
    return page


def page_kind_of(material: object) -> PageKind:
    """The kind that a material is of."""
    return page_kind(name_of_kind(material))


def material_text(material: Any) -> str:
    """A material's name for the reader: its formula with lowered numbers, or its SMILES."""
    return page_kind_of(material).key_text(kind_of(material).key(material))


def page_kinds() -> tuple[PageKind, ...]:
    """Every kind, in the order in which they are offered."""
    return tuple(map(page_kind, NAMES))
