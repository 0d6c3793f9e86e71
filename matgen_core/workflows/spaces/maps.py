"""Maps of neighbours of the shipped spaces, computed once: minutes of work that no visitor waits for.

Each map carries a digest of its space: what made the vectors, and the materials in their order. Where that differs the
map is of other points, and is not shown.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from matgen_core.kinds.crystals.known.reference import FOLDER
from matgen_core.workflows.spaces.space import Space, Vectors

MAPS = "maps.npz"


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many known crystals the autoencoder writes again from their latents.

    Args:
        of: crystals tried, drawn at random.
        formula: of these, those whose formula came back.
        symmetry: those whose formula and space group came back.
    """

    of: int
    formula: int
    symmetry: int


def digest_of(space: Space) -> str:
    """Of what a map depends on."""
    return hashlib.sha256("\n".join((space.kind, space.method, *space.names)).encode()).hexdigest()[:16]


def save_maps(maps: Mapping[str, tuple[Space, Vectors]], rebuilt: Rebuilt, folder: Path = FOLDER) -> Path:
    """Writes (N, 2) places by the name of the space, sixteen bits a number; a map is not read to the third digit."""
    arrays: dict[str, Any] = {}
    for kind, (space, places) in maps.items():
        arrays[f"{kind}/digest"], arrays[f"{kind}/places"] = np.array(digest_of(space)), places.astype(np.float16)
    crystals = maps["crystals"][0]
    arrays["rebuilt"] = np.array([rebuilt.of, rebuilt.formula, rebuilt.symmetry], dtype=np.int32)
    arrays["rebuilt/digest"] = np.array(digest_of(crystals))
    path = folder / MAPS
    np.savez_compressed(path, allow_pickle=False, **arrays)
    return path


def load_map(space: Space, folder: Path = FOLDER) -> Vectors | None:
    """(N, 2) places of a space's materials; None where the shipped map is of other points, missing or damaged."""
    arrays = _read(folder)
    if arrays.get(f"{space.kind}/digest") != digest_of(space):
        return None
    places: Vectors = np.asarray(arrays[f"{space.kind}/places"], dtype=np.float32)
    return places if places.shape == (len(space), 2) else None


def load_rebuilt(space: Space, folder: Path = FOLDER) -> Rebuilt | None:
    """What was measured of the crystals' space; None where it was measured of another."""
    arrays = _read(folder)
    if arrays.get("rebuilt/digest") != digest_of(space):
        return None
    of, formula, symmetry = (int(n) for n in arrays["rebuilt"])
    return Rebuilt(of, formula, symmetry)


@lru_cache(maxsize=2)
def _read(folder: Path) -> dict[str, Any]:
    try:
        with np.load(folder / MAPS, allow_pickle=False) as file:
            return {key: str(file[key]) if key.endswith("/digest") else file[key] for key in file.files}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return {}
