"""Entries by name: engines, predictors, recipes. Choices of commands and pages are the names of a registry.

An entry is a light record, so that a command lists the names without loading a network. A class or function that is
heavy to import stands in its entry as "module:name"; :func:`load` imports it.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from matgen_core.core.errors import BadInput, MatGenError, quote
from matgen_core.core.messages import Message, Text, join

T = TypeVar("T")


class Registry(Generic[T]):
    """Entries of one sort by name, in the order in which they were added.

    Args:
        noun: what an entry is, for messages: Message("engine"), so that pages translate it.
        error: raised for a name that is not there.

    >>> metals = Registry[int]("metal")
    >>> metals.add("iron", 26)
    26
    >>> metals.names, metals["iron"], "gold" in metals
    (('iron',), 26, False)
    >>> metals["gold"]
    Traceback (most recent call last):
    matgen_core.core.errors.BadInput: no metal 'gold'; choose from: iron
    """

    def __init__(self, noun: Text, error: type[MatGenError] = BadInput) -> None:
        self.noun, self.error = noun, error
        self._entries: dict[str, T] = {}

    def add(self, name: str, entry: T) -> T:
        """Adds an entry and returns it.

        Raises:
            ValueError: where the name is taken: two entries of one name are a mistake of the program.
        """
        if name in self._entries:
            raise ValueError(f"two entries {name!r} in the registry of {self.noun}")
        self._entries[name] = entry
        return entry

    @property
    def names(self) -> tuple[str, ...]:
        """Names in order."""
        return tuple(self._entries)

    def check(self, name: str) -> None:
        """Raises the registry's error, with the names to choose from, where nothing has that name."""
        if name not in self._entries:
            names = join(self._entries, ", ")
            raise self.error(
                Message("no {noun} {name}; choose from: {names}", noun=self.noun, name=quote(name), names=names)
            )

    def items(self) -> Iterator[tuple[str, T]]:
        """Names with their entries."""
        return iter(self._entries.items())

    def __getitem__(self, name: str) -> T:
        self.check(name)
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def load(path: str) -> Any:
    """The class or function that "module:name" says, imported when it is asked for.

    >>> load("matgen_core.core.goals:Goal").__name__
    'Goal'
    """
    return pkgutil.resolve_name(path)
