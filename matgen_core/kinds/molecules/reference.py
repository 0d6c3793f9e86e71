"""What is known of molecules, small enough to ship: hashes of all MOSES training strings, and a sample with labels.

The hashes answer "is this molecule in the training set" with a false yes in about one of 700,000 (40-bit hashes of
1,584,663 strings). They are stored as differences of the sorted hashes, which is 4 MB. The sample, 5,000 random
training molecules, is for histograms, the nearest known molecule and ranges.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import DataStructs

from matgen_core.chem.molecule import fingerprint, parse, similarities
from matgen_core.core.errors import MissingReference
from matgen_core.core.installation import ASSETS
from matgen_core.core.messages import Message
from matgen_core.core.properties import MOLECULE_CONDITIONS
from matgen_core.core.records import Molecule, Verdict
from matgen_core.kinds.molecules.rows import HELD, MoleculeRows

FOLDER = ASSETS / "reference"
KNOWN, SAMPLE = "molecules_known.npz", "molecules_sample.npz"
_BYTES = 5


@dataclass(frozen=True, eq=False)
class MoleculeReference:
    """The known molecules.

    Args:
        hashes: (N,) uint64, sorted, of all training strings.
        smiles: of the sample.
        known: (5,000,) values of the sample by property key.
    """

    hashes: NDArray[np.uint64]
    smiles: tuple[str, ...]
    known: Mapping[str, NDArray[np.float32]]

    def contains(self, molecule: Molecule) -> bool:
        """Whether it is a training molecule (wrongly yes for one in 700,000 of the others)."""
        value = _hash(molecule.smiles)
        place = int(np.searchsorted(self.hashes, np.uint64(value)))
        return place < len(self.hashes) and int(self.hashes[place]) == value

    def newness(self, molecule: Molecule) -> Verdict:
        """The verdict "newness"."""
        if self.contains(molecule):
            return Verdict("newness", False, "is one of the training molecules")
        return Verdict(
            "newness", True, Message("new: not among the {n_hashes:,} training molecules", n_hashes=len(self.hashes))
        )

    def column(self, key: str) -> NDArray[np.float32]:
        """One property of the sample."""
        return self.known[key]

    def nearest(self, smiles: str, count: int = 3) -> list[tuple[str, float]]:
        """Sampled training molecules most like this one, with Tanimoto similarity (Morgan, radius 2, 1024 bits)."""
        molecule = parse(smiles)
        if molecule is None:
            return []
        values = np.array(similarities(fingerprint(molecule), _sample_prints(self)))
        order = np.argsort(-values, kind="stable")[:count]
        return [(self.smiles[i], float(values[i])) for i in order]


def _hash(smiles: str) -> int:
    return int.from_bytes(blake2b(smiles.encode(), digest_size=_BYTES).digest(), "big")


@lru_cache(maxsize=1)
def _sample_prints(reference: MoleculeReference) -> list[DataStructs.ExplicitBitVect]:
    molecules = (parse(text) for text in reference.smiles)
    return [fingerprint(molecule) for molecule in molecules if molecule is not None]


def build_reference(known: Iterable[str], rows: MoleculeRows, folder: Path = FOLDER, sample: int = 5000) -> None:
    """Writes both files.

    Args:
        known: every training string, canonical.
        rows: labelled rows, in random order; the sample is taken after the validation rows.
        folder: where they go.
        sample: molecules in the sample.
    """
    folder.mkdir(parents=True, exist_ok=True)
    hashes = np.unique(np.fromiter((_hash(text) for text in known), dtype=np.uint64))
    np.savez_compressed(folder / KNOWN, allow_pickle=False, **_packed(hashes))
    first = min(HELD, max(0, len(rows) - sample))
    taken = rows.between(first, min(len(rows), first + sample))
    text = "\n".join(taken.smiles(i) for i in range(len(taken)))
    arrays: dict[str, Any] = {"smiles": np.frombuffer(text.encode(), dtype=np.uint8), "labels": taken.labels}
    np.savez_compressed(folder / SAMPLE, allow_pickle=False, **arrays)


def _packed(hashes: NDArray[np.uint64]) -> dict[str, Any]:
    """Differences, each byte in a plane of its own, so that the compressor finds the empty ones."""
    steps = np.diff(hashes, prepend=np.uint64(0))
    planes = steps.astype(">u8").view(np.uint8).reshape(-1, 8)[:, -_BYTES:]
    return {f"byte{i}": np.ascontiguousarray(planes[:, i]) for i in range(_BYTES)}


def _unpacked(planes: Mapping[str, NDArray[np.uint8]]) -> NDArray[np.uint64]:
    steps = np.zeros(len(planes["byte0"]), dtype=np.uint64)
    for i in range(_BYTES):
        steps = (steps << np.uint64(8)) | planes[f"byte{i}"].astype(np.uint64)
    hashes: NDArray[np.uint64] = np.cumsum(steps, dtype=np.uint64)
    return hashes


@lru_cache(maxsize=2)
def load_molecule_reference(folder: Path = FOLDER) -> MoleculeReference:
    """The shipped reference, read once.

    Raises:
        MissingReference: where it is not there or damaged.
    """
    try:
        with np.load(folder / KNOWN, allow_pickle=False) as file:
            hashes = _unpacked({name: file[name] for name in file.files})
        with np.load(folder / SAMPLE, allow_pickle=False) as file:
            smiles = tuple(file["smiles"].tobytes().decode().split("\n"))
            labels = file["labels"]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise MissingReference(
            "the reference of known molecules in {folder} cannot be read ({error}); restore it "
            "with: git checkout assets/reference",
            folder=folder,
            error=type(error).__name__,
        ) from None
    return MoleculeReference(hashes, smiles, {key: labels[:, i] for i, key in enumerate(MOLECULE_CONDITIONS)})
