"""ChemBERTa to look at: the chapter's molecules as vectors, and how alike two are by vector and by fingerprint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.molecules.molecule import fingerprint, read, similarities
from matgen_core.kinds.molecules.embed import encode_smiles

#: The chapter's molecules by name.
MOLECULES = {
    "ibuprofen": "CC(C)Cc1ccc(cc1)C(C)C(=O)O",
    "caffeine": "CN1C=NC2=C1C(=O)N(C(=O)N2C)C",
    "ethanol": "CCO",
    "benzene": "c1ccccc1",
    "aspirin": "CC(=O)Oc1ccccc1C(=O)O",
}


@dataclass(frozen=True, eq=False)
class Likeness:
    """How alike molecules are, pair by pair.

    Args:
        vectors: (N, D) of the encoder.
        cosine: (N, N) of these vectors.
        tanimoto: (N, N) of Morgan fingerprints.
    """

    vectors: NDArray[np.float32]
    cosine: NDArray[np.float64]
    tanimoto: NDArray[np.float64]


def compare_molecules(smiles: Sequence[str], pooling: str = "mean") -> Likeness:
    """Vectors of some molecules and both likenesses.

    Args:
        smiles: of the molecules.
        pooling: "cls", the chapter's, or "mean".

    Raises:
        BadInput: where one is no molecule.
    """
    prints = [fingerprint(read(text)) for text in smiles]
    vectors = encode_smiles(smiles, pooling=pooling)[0]
    unit = vectors.astype(np.float64) / np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    return Likeness(vectors, unit @ unit.T, np.array([similarities(one, prints) for one in prints]))
