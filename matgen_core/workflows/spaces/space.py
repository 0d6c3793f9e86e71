"""Known materials as points in a space: vectors, names, and what is known of each.

The crystals' space is the latent of engine A's autoencoder, computed once for all known crystals and shipped in eight
bits a number (half a step is far below the width of a posterior). The molecules' space is the shipped sample under
Morgan fingerprints, computed when it is asked for. Spaces of the language models' encoders are made of the same
materials by :mod:`matgen_core.workflows.spaces.explore`.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matgen_core.core.errors import MissingReference
from matgen_core.core.messages import Message
from matgen_core.core.properties import CRYSTAL_CONDITIONS, MOLECULE_CONDITIONS
from matgen_core.kinds.crystals.known.reference import FOLDER, load_reference
from matgen_core.kinds.molecules.embed import print_vectors
from matgen_core.kinds.molecules.reference import load_molecule_reference

LATENTS = "latents.npz"
Vectors = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Space:
    """Materials as vectors.

    Args:
        kind: name of the space.
        method: what made the vectors, for the reader.
        names: formula or SMILES of each.
        vectors: (N, D).
        columns: (N,) values by property, NaN where unknown.
        ids: of each in its source; empty where it has none.
        holds: kind of the materials.
    """

    kind: str
    method: str
    names: tuple[str, ...]
    vectors: Vectors
    columns: Mapping[str, NDArray[np.float32]]
    ids: tuple[str, ...] = ()
    holds: str = "crystals"

    def __len__(self) -> int:
        return len(self.names)

    def find(self, name: str) -> list[int]:
        """Places of all materials of this name."""
        return [i for i, other in enumerate(self.names) if other == name]


def pack(latents: Vectors) -> dict[str, NDArray[Any]]:
    """Eight bits a number, scaled for each dimension."""
    low, high = latents.min(axis=0), latents.max(axis=0)
    step = np.maximum((high - low) / 255.0, 1e-9).astype(np.float32)
    return {"codes": np.round((latents - low) / step).astype(np.uint8), "low": low.astype(np.float32), "step": step}


def unpack(file: Mapping[str, NDArray[Any]]) -> Vectors:
    """What :func:`pack` kept, within half a step."""
    latents: Vectors = file["codes"].astype(np.float32) * file["step"] + file["low"]
    return latents


def save_latents(ids: Sequence[str], latents: Vectors, autoencoder: str, folder: Path = FOLDER) -> Path:
    """Writes the latents of known crystals beside the rest of the reference.

    Args:
        ids: of each crystal, as in the reference.
        latents: (N, D).
        autoencoder: digest of the checkpoint that made them.
        folder: of the reference.
    """
    path = folder / LATENTS
    arrays: dict[str, Any] = {"ids": np.array(ids), "autoencoder": np.array(autoencoder), **pack(latents)}
    np.savez_compressed(path, allow_pickle=False, **arrays)
    return path


@lru_cache(maxsize=2)
def load_crystal_space(folder: Path = FOLDER) -> Space:
    """The known crystals under engine A's autoencoder.

    Raises:
        MissingReference: where the latents are not there, damaged, or belong to other crystals.
    """
    remedy = "restore it with: git checkout assets/reference, or write it with: matgen data latents"
    known = load_reference(folder).known
    try:
        with np.load(folder / LATENTS, allow_pickle=False) as file:
            ids, vectors, autoencoder = file["ids"].tolist(), unpack(file), str(file["autoencoder"])
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        path = folder / LATENTS
        raise MissingReference(
            "the latents in {path} cannot be read ({error}); {remedy}",
            path=path,
            error=type(error).__name__,
            remedy=remedy,
        ) from None
    places = {id_: i for i, id_ in enumerate(known["id"].tolist())}
    if len(ids) != len(vectors) or not set(ids) <= set(places):
        raise MissingReference(
            "the latents in {folder} do not belong to the crystals of the reference; {remedy}",
            folder=folder / LATENTS,
            remedy=remedy,
        )
    rows = np.array([places[id_] for id_ in ids])
    return Space(
        "crystals",
        f"crystal-vae@{autoencoder}",
        tuple(known["formula"][rows].tolist()),
        vectors,
        {
            **{key: np.asarray(known[key], dtype=np.float32)[rows] for key in CRYSTAL_CONDITIONS},
            "space_group": np.asarray(known["space_group"], dtype=np.float32)[rows],
        },
        tuple(ids),
    )


@lru_cache(maxsize=1)
def load_molecule_space() -> Space:
    """The shipped sample of training molecules under Morgan fingerprints."""
    reference = load_molecule_reference()
    columns = {key: reference.column(key) for key in MOLECULE_CONDITIONS}
    return Space(
        "molecules",
        Message("Morgan fingerprint (radius 2, 1024 bits)"),
        reference.smiles,
        print_vectors(reference.smiles),
        columns,
        holds="molecules",
    )
