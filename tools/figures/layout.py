"""How a table is read, registered by its name and written in Markdown."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from matgen_core.core.properties import PROPERTIES

ROOT = Path(__file__).parents[2]
MISSING = "not measured"
#: Tables by the name that markers have.
TABLES: dict[str, Callable[[], str]] = {}
Make = TypeVar("Make", bound=Callable[..., str])


def figure(file: str | None = None) -> Callable[[Make], Make]:
    """Registers a function as the table of its name.

    Args:
        file: in ``benchmarks/``; the function is given what it holds, and not called where it is not there. None for
            a function that reads for itself.
    """

    def register(make: Make) -> Make:
        def made() -> str:
            if file is None:
                return make()
            result = read(file)
            return f"{MISSING}\n" if result is None else make(result)

        TABLES[make.__name__.replace("_", "-")] = made
        return make

    return register


def read(name: str) -> Any:
    path = ROOT / "benchmarks" / name
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    cells = [[cell.replace("|", "\\|") for cell in line] for line in lines]  # |site moment| is no column of its own
    return "\n".join("| " + " | ".join(line) + " |" for line in cells) + "\n"


def with_interval(entry: dict[str, float]) -> str:
    return f"{entry['value']:.3f} ({entry['low']:.3f}–{entry['high']:.3f})"


def named(key: str) -> str:
    """A property's name within a line: "band gap", "H-bond donors"."""
    label = PROPERTIES[key].label
    return label if label[1].isupper() or label[1] == "-" else label[0].lower() + label[1:]
