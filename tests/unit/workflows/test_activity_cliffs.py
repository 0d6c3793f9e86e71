"""Activity cliffs: every pair that is alike and differs is found, its steepness is SALI, and bad input is named."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem, DataStructs
from rdkit.Chem import rdFingerprintGenerator
from typer.testing import CliRunner

from matgen_core.cli.main import app
from matgen_core.core.errors import BadInput
from matgen_core.learning.examples import read_columns
from matgen_core.workflows.activity_cliffs import cliffs_to_csv, find_cliffs
from matgen_core.workflows.own_properties.training_examples import Examples, read_examples
from matgen_core.workflows.page_work.series import compare_series

#: Two stereoisomers, an ester and its acid, and others.
SERIES = ("C[C@@H](N)c1ccccc1", "C[C@H](N)c1ccccc1", "CCOC(=O)c1ccccc1", "OC(=O)c1ccccc1", "CCCCCC", "c1ccncc1")
VALUES = (5.0, 8.0, 4.0, 6.0, 1.0, 9.0)


def series() -> Examples:
    return Examples("smiles", SERIES, np.array(VALUES, dtype=np.float32))


def test_pairs_are_those_of_a_plain_double_loop() -> None:
    morgan = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=1024)
    prints = [morgan.GetFingerprint(Chem.MolFromSmiles(text)) for text in SERIES]
    wanted = {}
    for i in range(len(SERIES)):
        for j in range(i):
            alike, apart = DataStructs.TanimotoSimilarity(prints[i], prints[j]), abs(VALUES[i] - VALUES[j])
            if alike >= 0.3 and apart >= 1.5:
                wanted[frozenset((i, j))] = apart / (1 - min(alike, 0.99))
    found = find_cliffs(series(), 0.3, 1.5)
    assert {frozenset((c.first, c.second)): pytest.approx(c.index) for c in found} == wanted
    assert [c.index for c in found] == sorted((c.index for c in found), reverse=True)
    assert all(VALUES[c.first] < VALUES[c.second] for c in found)


def test_stereoisomers_with_one_fingerprint_are_the_steepest_and_finite() -> None:
    steepest = find_cliffs(series(), 0.3, 1.0)[0]
    assert {steepest.first, steepest.second} == {0, 1}
    assert steepest.similarity == 1.0
    assert steepest.index == pytest.approx(300.0)


def test_without_a_difference_a_standard_deviation_counts() -> None:
    assert find_cliffs(series(), 0.3) == find_cliffs(series(), 0.3, float(np.std(VALUES)))


@pytest.mark.parametrize(("similarity", "difference"), [(1.5, 1.0), (-0.1, 1.0), (0.5, -1.0), (0.5, float("nan"))])
def test_bounds_that_cannot_be_are_said(similarity: float, difference: float) -> None:
    with pytest.raises(BadInput, match="is not possible"):
        find_cliffs(series(), similarity, difference)


def test_formulas_have_no_cliffs() -> None:
    with pytest.raises(BadInput, match="column smiles"):
        find_cliffs(Examples("formula", ("NaCl", "KCl"), np.array([1.0, 2.0], dtype=np.float32)))


def test_a_measured_series_by_command_and_for_the_page(rows_folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "bace.csv"
    lines = (rows_folder / "bace_pic50.csv").read_text(encoding="utf-8").splitlines()[:300]
    source.write_text("\n".join([*lines, "C1CC,5.0", "CCO,high"]), encoding="utf-8")
    out = tmp_path / "cliffs.csv"
    result = CliRunner().invoke(app, ["cliffs", str(source), "--column", "pIC50", "--out", str(out)])
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"))))
    assert len(rows) > 5
    assert f"{len(rows)} pairs of" in result.output
    assert "row 300" in result.output  # the ring that is not closed
    for row in rows[:20]:
        apart = float(row["pIC50_high"]) - float(row["pIC50_low"])
        assert float(row["difference"]) == pytest.approx(apart, abs=1e-4)
        assert float(row["sali"]) == pytest.approx(apart / (1 - min(float(row["tanimoto"]), 0.99)), rel=0.02)
    page = compare_series(
        lambda *_: None, lambda: False, data=source.read_bytes(), column="pIC50", similarity=0.55, difference=None
    )
    assert cliffs_to_csv(page.examples, page.cliffs, "pIC50") == out.read_text(encoding="utf-8")
    assert page.places is not None
    assert page.places.shape == (len(page.examples.texts), 2)
    assert read_examples(*read_columns(source, "pIC50")).texts == page.examples.texts
