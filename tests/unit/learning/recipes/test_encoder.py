"""A short pretraining writes an encoder that plain transformers opens."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from transformers import AutoModelForMaskedLM, AutoTokenizer

from matgen_core.core.errors import BadInput, DamagedCheckpoint
from matgen_core.kinds.molecules.reference import load_molecule_reference
from matgen_core.kinds.molecules.rows import label, save_rows
from matgen_core.learning.checkpoints import load_encoder
from matgen_core.learning.recipes.registry import train
from matgen_core.learning.trainer import TrainingConfig


def test_what_is_trained_is_what_opens(tmp_path: Path) -> None:
    save_rows(label(load_molecule_reference().smiles[:400]), tmp_path / "molecules.npz")
    config = TrainingConfig(epochs=3, bfloat16=False)
    folder = train("smiles-bert", tmp_path / "molecules.npz", tmp_path / "state", config, checkpoints=tmp_path)
    rows = list(csv.DictReader((tmp_path / "state" / "curve.csv").open()))
    assert float(rows[-1]["train"]) < float(rows[0]["train"])
    network, tokenizer, _digest = load_encoder("smiles-bert", folder=tmp_path)
    tokens = tokenizer("CCO", return_tensors="pt")["input_ids"]
    assert tokens.shape == (1, 5), "[CLS] and [SEP] stand around three atoms"
    assert network(tokens).last_hidden_state.shape == (1, 5, 192)
    masked = AutoModelForMaskedLM.from_pretrained(folder)
    assert masked(tokens).logits.shape[-1] == len(AutoTokenizer.from_pretrained(folder))
    data = bytearray((folder / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (folder / "model.safetensors").write_bytes(data)
    with pytest.raises(DamagedCheckpoint, match="digest"):
        load_encoder("smiles-bert", folder=tmp_path)


def test_too_few_molecules_are_said(tmp_path: Path) -> None:
    save_rows(label(["CCO"]), tmp_path / "molecules.npz")
    with pytest.raises(BadInput, match="too few"):
        train("smiles-bert", tmp_path / "molecules.npz", tmp_path / "state", TrainingConfig(), checkpoints=tmp_path)
