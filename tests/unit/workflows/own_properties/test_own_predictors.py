"""A predictor that the user taught is an objective of a screening; what it cannot read has a note."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest

from matgen_core.chem.crystals.structure import from_structure
from matgen_core.cli.main import main
from matgen_core.core.errors import UnknownCheckpoint
from matgen_core.core.records import Candidate, Formula, Molecule, Origin
from matgen_core.workflows.own_properties.finetune import FinetuneConfig, finetune
from matgen_core.workflows.own_properties.own_folder import VARIABLE
from matgen_core.workflows.own_properties.own_predictors import add_own_predictions, own_property
from matgen_core.workflows.own_properties.predictors import load_predictor, save_predictor
from matgen_core.workflows.own_properties.training_examples import read_examples


@pytest.fixture
def hardness(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "predictors"))
    load_predictor.cache_clear()
    formulas = [f"{metal}{other}" for metal in ("Li", "Na", "K", "Mg", "Ca", "Zn") for other in ("O", "S", "F", "Cl")]
    tuned = finetune(read_examples(formulas, [float(i) for i in range(24)], "formula"), FinetuneConfig("lora", 2))
    save_predictor(tuned, "hard", "hardness", "GPa")
    return "hard"


def test_crystals_and_compositions_are_read_and_molecules_not(hardness: str) -> None:
    from pymatgen.core import Lattice, Structure

    salt = from_structure(Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.6), ["Na", "Cl"], [[0] * 3, [0.5] * 3]))
    origin = Origin("file")
    given = [
        Candidate("a", salt, origin),
        Candidate("b", Formula("NaCl"), origin),
        Candidate("c", Molecule("C"), origin),
    ]
    a, b, c = add_own_predictions(given, [hardness])
    assert a.value("own.hard") == b.value("own.hard")
    assert a.predictions["own.hard"].unit == "GPa"
    assert "own.hard" not in c.predictions
    record = own_property(hardness, [1.0, 5.0])
    assert (record.key, record.label, record.low, record.high) == ("own.hard", "hardness", 1.0, 5.0)
    assert record.tolerance > 0
    with pytest.raises(UnknownCheckpoint):
        own_property("soft")


def test_the_command_takes_it_as_an_objective(hardness: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in.csv").write_text("formula\nNaCl\nMgO\nLiF\n", encoding="utf-8")
    words = f"screen {tmp_path / 'in.csv'} --out {tmp_path / 'out'} --using hard --objective own.hard:max"
    monkeypatch.setattr(sys, "argv", ["matgen", *words.split()])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    with (tmp_path / "out" / "front.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["front"] == "1"
    assert rows == sorted(rows, key=lambda row: float(row["loss:own.hard"]))
