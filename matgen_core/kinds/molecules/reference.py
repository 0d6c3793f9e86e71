"""Reference of molecules, small enough to include: hashes of all training strings, and a sample with labels.

The hashes answer "is this molecule in the training set" with a false yes in about one of 600,000 (40-bit hashes of
1.9 million strings). They are stored as differences of the sorted hashes, which is 5 MB. The sample, 5,000 random
molecules of MOSES, is for histograms, the nearest known molecule and ranges; of the other domains there are values of
their properties alone.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import DataStructs

from matgen_core.chem.molecules.molecule import ON_REQUEST, fingerprint, parse, properties, similarities
from matgen_core.core.admet import GROUP
from matgen_core.core.errors import MissingReference
from matgen_core.core.installation import ASSETS
from matgen_core.core.messages import Message
from matgen_core.core.properties import MOLECULE_CONDITIONS, PROPERTIES
from matgen_core.core.records import Molecule, Verdict
from matgen_core.core.settings import DOMAINS
from matgen_core.kinds.molecules.admet import approved_drugs
from matgen_core.kinds.molecules.rows import HELD, MoleculeRows

FOLDER = ASSETS / "reference"
KNOWN, SAMPLE, WIDE = "molecules_known.npz", "molecules_sample.npz", "molecules_wide.npz"
_BYTES = 5
#: Molecules of the sample of which a property without a column is computed; it takes a second.
_COMPUTED = 500


@dataclass(frozen=True, eq=False)
class MoleculeReference:
    """The known molecules.

    Args:
        hashes: (N,) uint64, sorted, of all training strings.
        smiles: of the sample.
        known: (5,000,) values of the sample by property key.
        others: values of sampled molecules of each further domain, likewise.
    """

    hashes: NDArray[np.uint64]
    smiles: tuple[str, ...]
    known: Mapping[str, NDArray[np.float32]]
    others: Mapping[str, Mapping[str, NDArray[np.float32]]] = field(default_factory=dict)
    _columns: dict[str, NDArray[np.float32]] = field(default_factory=dict)

    def contains(self, molecule: Molecule) -> bool:
        """Whether it is a training molecule (wrongly yes for one in 700,000 of the others)."""
        value = _hash(molecule.smiles)
        place = int(np.searchsorted(self.hashes, np.uint64(value)))
        return place < len(self.hashes) and int(self.hashes[place]) == value

    def novelty(self, molecule: Molecule) -> Verdict:
        """The verdict "novelty"."""
        if self.contains(molecule):
            return Verdict("novelty", False, "is one of the training molecules")
        return Verdict(
            "novelty", True, Message("new: not among the {n_hashes:,} training molecules", n_hashes=len(self.hashes))
        )

    def sampled(self, domain: str) -> Mapping[str, NDArray[np.float32]]:
        """Values of sampled training molecules of a domain by property key; of all together for "any"."""
        if domain != DOMAINS[-1]:
            return self.others.get(domain, self.known)
        return {key: np.concatenate([part[key] for part in (self.known, *self.others.values())]) for key in self.known}

    def column(self, key: str, domain: str = DOMAINS[0]) -> NDArray[np.float32]:
        """One property of the sampled molecules of a domain.

        One that has to be computed is of the first molecules of the sample, whatever the domain. An endpoint of
        ADMET is of approved drugs, and empty where its package is not installed.
        """
        if PROPERTIES[key].group == GROUP:
            return approved_drugs(key)
        if key in (sampled := self.sampled(domain)):
            return sampled[key]
        if key not in self._columns:
            molecules = (parse(text) for text in self.smiles[:_COMPUTED])
            values = [
                ON_REQUEST[key](molecule) if key in ON_REQUEST else properties(molecule)[key]
                for molecule in molecules
                if molecule is not None
            ]
            self._columns[key] = np.array(values, dtype=np.float32)
        return self._columns[key]

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
    """Writes the files.

    Args:
        known: every training string, canonical.
        rows: labelled rows, those of MOSES first and in random order; the sample is taken after the validation rows.
        folder: where they go.
        sample: molecules in the sample.
    """
    folder.mkdir(parents=True, exist_ok=True)
    hashes = np.unique(np.fromiter((_hash(text) for text in known), dtype=np.uint64))
    np.savez_compressed(folder / KNOWN, allow_pickle=False, **_packed(hashes))
    leads = rows.only(rows.domain == 0)
    first = min(HELD, max(0, len(leads) - sample))
    taken = leads.between(first, min(len(leads), first + sample))
    text = "\n".join(taken.smiles(i) for i in range(len(taken)))
    arrays: dict[str, Any] = {"smiles": np.frombuffer(text.encode(), dtype=np.uint8), "labels": taken.labels}
    np.savez_compressed(folder / SAMPLE, allow_pickle=False, **arrays)
    learnt, rng = np.flatnonzero(~rows.withheld), np.random.default_rng(0)
    others: dict[str, Any] = {}
    for number, name in enumerate(DOMAINS[1:-1], start=1):
        mine = learnt[rows.domain[learnt] == number]
        if len(mine):
            others[name] = rows.labels[rng.choice(mine, min(len(mine), sample), replace=False)]
    if others:
        np.savez_compressed(folder / WIDE, allow_pickle=False, **others)


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
        others = _others(folder / WIDE)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise MissingReference(
            "the reference of known molecules in {folder} cannot be read ({error}); restore it "
            "with: git checkout assets/reference",
            folder=folder,
            error=type(error).__name__,
        ) from None
    return MoleculeReference(hashes, smiles, _columns(labels), others)


def _others(path: Path) -> dict[str, Mapping[str, NDArray[np.float32]]]:
    """Values of the further domains; none where the reference was built from MOSES alone."""
    if not path.is_file():
        return {}
    with np.load(path, allow_pickle=False) as file:
        return {name: _columns(file[name].astype(np.float32)) for name in file.files}


def _columns(labels: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    return {key: labels[:, i] for i, key in enumerate(MOLECULE_CONDITIONS)}
