"""Names of structure types: those of pymatgen's AFLOW library of prototypes, such as "Halite, Rock Salt (B1)".

A name belongs to a key of :func:`~matgen_core.kinds.crystals.coordination_statistics.anonymous_type`.
A key that several prototypes share,
which only geometry would tell apart, has no name.
"""

from __future__ import annotations

import json
from collections import defaultdict
from functools import lru_cache
from pathlib import Path

from matgen_core.chem.structure import from_structure
from matgen_core.core.errors import MissingReference
from matgen_core.core.records import Crystal
from matgen_core.kinds.crystals.coordination_statistics import anonymous_type
from matgen_core.kinds.crystals.reference import FOLDER

FILE = "prototypes.json"


def save_prototypes(folder: Path = FOLDER) -> Path:
    """Writes the names by key. The library takes seconds to load, so its names are kept beside the reference."""
    from pymatgen.analysis.prototypes import AFLOW_PROTOTYPE_LIBRARY

    found = defaultdict(set)
    for entry in AFLOW_PROTOTYPE_LIBRARY:
        key = anonymous_type(from_structure(entry["snl"].structure))
        mineral, symbol = (str(entry["tags"][tag]) for tag in ("mineral", "strukturbericht"))
        parts = [mineral, f"({symbol})" if mineral and symbol != "None" else symbol.replace("None", "")]
        found[key].add(" ".join(part for part in parts if part).strip())
    names = {key: next(iter(name)) for key, name in sorted(found.items()) if len(name) == 1 and any(name)}
    (folder / FILE).write_text(json.dumps(names, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
    return folder / FILE


@lru_cache(maxsize=2)
def _names(folder: Path = FOLDER) -> dict[str, str]:
    try:
        names: dict[str, str] = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return names
    except (OSError, ValueError) as error:
        raise MissingReference(
            "{folder} cannot be read ({error}); restore it with: git checkout assets/reference, or "
            "write it with: matgen data coordination",
            folder=folder / FILE,
            error=type(error).__name__,
        ) from None


def name_prototype(crystal: Crystal) -> str | None:
    """Name of a crystal's structure type; None where the library does not know it, or knows several.

    Raises:
        MissingReference: where the table is absent or damaged.
    """
    return _names().get(anonymous_type(crystal))
