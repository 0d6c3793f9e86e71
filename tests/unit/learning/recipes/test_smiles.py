"""A user's own file of SMILES teaches the shipped network, and a training that was stopped goes on."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from matgen_core.cli.main import app
from matgen_core.core.errors import BadInput, Cancelled
from matgen_core.kinds.molecules.rows import label, load_rows, save_rows
from matgen_core.kinds.molecules.smiles import encode
from matgen_core.learning.checkpoints import FOLDER, load_checkpoint
from matgen_core.learning.networks import build_smiles
from matgen_core.learning.recipes.registry import train
from matgen_core.learning.trainer import TrainingConfig

#: A series of one chemist: 4-alkoxybenzoic acids with a fluorine; one salt, one row that is no molecule.
SERIES = [f"{'C' * n}Oc1c(F)cc(C(=O)O{'C' * m})cc1" for n in range(1, 13) for m in range(10)]
BAD = ["CC(=O)[O-].[Na+]", "nonsense"]


def loss(folder: Path) -> float:
    network = build_smiles(load_checkpoint("smiles-gpt", folder=folder))
    tokens = torch.tensor([encode("CCCCCOc1c(F)cc(C(=O)OCCC)cc1")])
    with torch.no_grad():
        return float(network.loss(tokens)[0])


def test_own_molecules_are_learnt_and_a_stopped_training_goes_on(tmp_path: Path) -> None:
    own, state, out = tmp_path / "own.smi", tmp_path / "state", tmp_path / "checkpoints"
    own.write_text("\n".join([*SERIES, *BAD]), encoding="utf-8")
    said = CliRunner().invoke(app, ["data", "smiles", str(own), "--out", str(tmp_path), "--domain", "drug-like"])
    assert said.exit_code == 0, said.output
    assert "1 own.smi: not a molecule" in said.output
    rows = tmp_path / "molecules.npz"
    assert "CC(=O)O" in {load_rows(rows).smiles(i) for i in range(len(load_rows(rows)))}, "the salt lost its sodium"
    training, done = TrainingConfig(epochs=3, bfloat16=False, save_every=0.0), list[int]()
    with pytest.raises(Cancelled):
        train(
            "smiles-gpt",
            rows,
            state,
            training,
            checkpoints=out,
            start=FOLDER,
            on_epoch=lambda epoch, _figures: done.append(epoch),
            cancelled=lambda: bool(done),
        )
    train(
        "smiles-gpt",
        rows,
        state,
        training,
        checkpoints=out,
        start=FOLDER,
        on_epoch=lambda epoch, _figures: done.append(epoch),
    )
    assert len(done) == len(set(done)) == 3, "no epoch was done twice"
    curve = list(csv.DictReader((state / "curve.csv").open()))
    assert float(curve[-1]["val"]) < float(curve[0]["val"])
    assert loss(out) < loss(FOLDER)
    assert load_checkpoint("smiles-gpt", folder=out).config["conditions"]["domains"]


def test_too_few_molecules_are_said(tmp_path: Path) -> None:
    save_rows(label(["CCO"]), tmp_path / "molecules.npz")
    with pytest.raises(BadInput, match="1 molecules are too few"):
        train("smiles-gpt", tmp_path / "molecules.npz", tmp_path / "state", TrainingConfig(), checkpoints=tmp_path)
