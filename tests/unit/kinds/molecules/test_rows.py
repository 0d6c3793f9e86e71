"""Rows of molecules: read, labelled, resumed, batched; and the reference of the known ones."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

import matgen_core.kinds.molecules.rows as module
from matgen_core.core.errors import BadInput, Cancelled, MissingReference
from matgen_core.core.records import Molecule
from matgen_core.kinds.molecules.reference import build_reference, load_molecule_reference
from matgen_core.kinds.molecules.rows import SmilesBatches, build_rows, label, load_rows

STRINGS = ["CCO", "OCC(C)C", "c1ccccc1Br", "CC(=O)N", "C1CC1", "CCCl", "Cc1cc[nH]c1", "CSC", "CC#N", "NCCN"]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "train.csv.gz"
    path.write_bytes(gzip.compress(("SMILES,SPLIT\n" + "".join(f"{s},train\n" for s in STRINGS)).encode()))
    return path


def test_rows_are_canonical_and_labelled() -> None:
    rows = label(["OCC", "not a molecule", "C[Na]", "C.C"])
    assert [rows.smiles(i) for i in range(len(rows))] == ["CCO"]
    assert rows.labels[0, 2] == pytest.approx(46.07, abs=0.01)
    assert rows.labels[0, 3:].tolist() == [1.0, 1.0]


def test_a_build_that_stopped_goes_on(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CHUNK", 3)
    with pytest.raises(Cancelled):
        build_rows(source, tmp_path, cancelled=lambda: True)
    assert len(list((tmp_path / "molecules").glob("*.npz"))) == 1
    written = []
    rows = build_rows(source, tmp_path, on_progress=lambda done, total: written.append(done))
    assert written[0] > 3
    assert len(rows) == len(STRINGS)
    again = load_rows(tmp_path / "molecules.npz")
    assert np.array_equal(again.tokens, rows.tokens)
    assert len(build_rows(source, tmp_path, limit=4)) == 4


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="molsets"):
        build_rows(tmp_path / "absent.whl", tmp_path)
    with pytest.raises(BadInput, match="matgen data molecules"):
        load_rows(tmp_path / "absent.npz")


def test_slices_together_are_every_row_once() -> None:
    rows = label(STRINGS)
    batches = SmilesBatches(rows, 2, seed=0, slices=3)
    seen = [row for epoch in range(3) for tokens, _ in batches(epoch) for row in tokens.tolist()]
    texts = sorted(module.decode(row) for row in seen)
    assert texts == sorted(rows.smiles(i) for i in range(len(rows)))


def test_known_molecules_are_known_and_others_are_not(tmp_path: Path) -> None:
    rows = label(STRINGS)
    build_reference((rows.smiles(i) for i in range(len(rows))), rows, tmp_path, sample=4)
    reference = load_molecule_reference(tmp_path)
    assert all(reference.contains(Molecule(rows.smiles(i))) for i in range(len(rows)))
    assert not reference.contains(Molecule("CCCCCC"))
    assert reference.novelty(Molecule("CCO")).passed is False
    assert len(reference.smiles) == 4
    assert reference.nearest(reference.smiles[1])[0] == (reference.smiles[1], 1.0)


def test_a_missing_reference_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(MissingReference, match="git checkout"):
        load_molecule_reference(tmp_path)


def test_the_shipped_reference_is_whole() -> None:
    reference = load_molecule_reference()
    assert len(reference.hashes) > 1_584_000
    assert all(reference.contains(Molecule(text)) for text in reference.smiles[:200])
