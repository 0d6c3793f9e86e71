"""The chapter's example (4.2): diffusion over 128 descriptors of a molecule, and why they give no molecule back.

The descriptors are RDKit's, of 2,000 training molecules of MOSES, standardised; ``assets/reference/descriptors.npz``
holds them, and ``python tools/build_lessons.py`` makes it again.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rdkit.Chem import Descriptors

from matgen_core.chem.molecules.molecule import fingerprint, read, similarities
from matgen_core.core.errors import BadInput, MissingReference
from matgen_core.core.installation import ASSETS

Array = NDArray[np.float32]
FILE = ASSETS / "reference" / "descriptors.npz"
SIZE = 128
#: Descriptors that count something: a molecule has a whole number of each.
COUNTS = ("HeavyAtomCount", "NumHDonors", "NumHAcceptors", "NumRotatableBonds", "RingCount", "NumAromaticRings")
#: Standardised values are kept within so many standard deviations: a few descriptors have far outliers.
MOST = 8.0


@dataclass(frozen=True, eq=False)
class DescriptorSpace:
    """Molecules as vectors.

    Args:
        names: (128,) of the descriptors, as RDKit calls them.
        smiles: (N,) of the molecules.
        vectors: (N, 128) standardised.
        centre: (128,) means.
        spread: (128,) standard deviations.
    """

    names: tuple[str, ...]
    smiles: tuple[str, ...]
    vectors: Array
    centre: Array
    spread: Array

    def standardise(self, values: Array) -> Array:
        """Descriptors (B, 128) in standard deviations from the mean."""
        return np.asarray(np.clip((values - self.centre) / self.spread, -MOST, MOST), dtype=np.float32)

    def counts(self, vector: Array) -> dict[str, float]:
        """What the vector (128,) says of each of COUNTS, in whole atoms or bonds were it a molecule's."""
        real = vector * self.spread + self.centre
        return {name: float(real[self.names.index(name)]) for name in COUNTS if name in self.names}


def describe(smiles: str, names: Sequence[str]) -> Array:
    """(len(names),) descriptors of a molecule by RDKit.

    Raises:
        BadInput: where it is no molecule.
    """
    molecule = read(smiles)
    table = dict(Descriptors.descList)
    return np.array([float(table[name](molecule)) for name in names], dtype=np.float32)


@lru_cache(maxsize=1)
def load_descriptors(path: Path = FILE) -> DescriptorSpace:
    """The shipped descriptors, read once.

    Raises:
        MissingReference: where they are not there or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return DescriptorSpace(
                tuple(file["names"].tolist()),
                tuple(file["smiles"].tolist()),
                file["vectors"].astype(np.float32),
                file["centre"],
                file["spread"],
            )
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise MissingReference(
            "the descriptors in {path} cannot be read ({error}); make them with: python tools/build_lessons.py",
            path=path,
            error=type(error).__name__,
        ) from None


@dataclass(frozen=True)
class Near:
    """The real molecule nearest to a vector.

    Args:
        smiles: of it.
        distance: to it, in standard deviations a descriptor (root mean square).
    """

    smiles: str
    distance: float


def nearest_real(vectors: Array, space: DescriptorSpace) -> list[Near]:
    """The nearest real molecule of each vector (B, 128)."""
    found = []
    for vector in np.atleast_2d(vectors):
        distances = np.sqrt(((space.vectors - vector) ** 2).mean(axis=1))
        best = int(distances.argmin())
        found.append(Near(space.smiles[best], float(distances[best])))
    return found


def last_same(names: Sequence[str]) -> int:
    """The place up to which every name is the first one.

    >>> last_same(["CCO", "CCO", "CC", "CCO"])
    1
    """
    return next((place for place, name in enumerate(names) if name != names[0]), len(names)) - 1


@dataclass(frozen=True)
class Twins:
    """Two molecules that these descriptors hardly tell apart.

    Args:
        smiles: of both.
        distance: between them, as of :class:`Near`.
        likeness: Tanimoto similarity of their Morgan fingerprints.
        usual: median distance of a molecule from its nearest.
    """

    smiles: tuple[str, str]
    distance: float
    likeness: float
    usual: float


@lru_cache(maxsize=1)
def find_twins() -> Twins:
    """The nearest pair of different molecules."""
    space = load_descriptors()
    squares = (space.vectors**2).sum(axis=1)
    distances = squares[:, None] + squares[None] - 2 * space.vectors @ space.vectors.T
    np.fill_diagonal(distances, np.inf)
    distances = np.sqrt(np.maximum(distances, 0.0) / len(space.names))
    i, j = np.unravel_index(int(distances.argmin()), distances.shape)
    one, other = space.smiles[int(i)], space.smiles[int(j)]
    likeness = similarities(fingerprint(read(one)), [fingerprint(read(other))])[0]
    return Twins((one, other), float(distances[i, j]), float(likeness), float(np.median(distances.min(axis=1))))


def place_of(smiles: str, space: DescriptorSpace) -> Array:
    """(128,) the standardised descriptors of any molecule.

    Raises:
        BadInput: where it is no molecule, or RDKit has no value for a descriptor of it.
    """
    values = describe(smiles, space.names)
    if not np.isfinite(values).all():
        raise BadInput(
            "{smiles!r} has no value for some descriptors; write a usual organic molecule", smiles=smiles[:40]
        )
    placed: Array = space.standardise(values[None])[0]
    return placed
