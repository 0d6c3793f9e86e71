"""Molecules to vectors: one molecule one point, whatever stands beside it; foreign encoders without pickles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import RobertaModel

from matgen_core.core.errors import BadInput
from matgen_core.kinds.molecules.embed import DEFAULT, encode_smiles, open_encoder
from matgen_core.kinds.molecules.smiles import MASKED_VOCABULARY, build_tokenizer
from matgen_core.models.chemberta import EncoderConfig, masked_roberta

STRINGS = ["CCO", "c1ccccc1C(=O)Nc1ccccc1", "OCC", "", "C1CC", "CC(=O)O"]


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_one_molecule_is_one_point(pooling: str) -> None:
    vectors, name = encode_smiles(STRINGS, pooling=pooling)
    assert vectors.shape == (6, open_encoder()[0].width)
    assert name.startswith(f"{DEFAULT}@")
    np.testing.assert_allclose(vectors[0], vectors[2], atol=1e-5)
    assert np.isnan(vectors[[3, 4]]).all(), "no molecule, no point"
    assert np.isfinite(vectors[[0, 1, 2, 5]]).all()
    alone, _ = encode_smiles(STRINGS[1:2], pooling=pooling)
    np.testing.assert_allclose(alone[0], vectors[1], atol=1e-4)


def test_similar_molecules_lie_nearer_than_strangers() -> None:
    vectors, _ = encode_smiles(["CCCCc1ccccc1", "CCCCCc1ccccc1", "O=S(=O)(N)c1cc(Cl)nc(F)c1"], pooling="mean")
    assert np.linalg.norm(vectors[0] - vectors[1]) < np.linalg.norm(vectors[0] - vectors[2])


def test_what_moses_does_not_hold_is_still_a_point() -> None:
    vectors, _ = encode_smiles(["C[Si](C)(C)I", "CP(=O)(O)O"])
    assert np.isfinite(vectors).all()


def test_a_string_longer_than_the_encoder_is_cut() -> None:
    assert np.isfinite(encode_smiles(["C" * 300])[0]).all()


def test_a_folder_of_the_users_own_is_read(tmp_path: Path) -> None:
    torch.manual_seed(0)
    masked_roberta(EncoderConfig(len(MASKED_VOCABULARY), 64, 24, 1, 2)).roberta.save_pretrained(tmp_path)
    build_tokenizer(MASKED_VOCABULARY).save_pretrained(tmp_path)
    vectors, name = encode_smiles(["CCO"], str(tmp_path))
    assert (vectors.shape, name) == ((1, 24), str(tmp_path))


def test_weights_only_files_are_read_and_pickles_never_run(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network: RobertaModel = masked_roberta(EncoderConfig(len(MASKED_VOCABULARY), 64, 24, 1, 2)).roberta
    network.save_pretrained(tmp_path)
    build_tokenizer(MASKED_VOCABULARY).save_pretrained(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    torch.save(network.state_dict(), tmp_path / "pytorch_model.bin")
    assert encode_smiles(["CCO"], str(tmp_path))[0].shape == (1, 24)

    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path(tmp_path / "ran").write_text, ("x",))

    torch.save({"embeddings.word_embeddings.weight": Bomb()}, tmp_path / "pytorch_model.bin")
    open_encoder.cache_clear()
    with pytest.raises(BadInput, match="leave it out for smiles-bert"):
        encode_smiles(["CCO"], str(tmp_path))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("source", ["/nowhere/at/all", "a b\n<script>", ""])
def test_an_encoder_that_cannot_be_had_is_said(source: str) -> None:
    with pytest.raises(BadInput, match="leave it out for smiles-bert") as caught:
        open_encoder(source)
    assert str(caught.value).isprintable()
    assert np.isfinite(encode_smiles(["CCO"])[0]).all(), "the default stays"


def test_an_unknown_pooling_is_named() -> None:
    with pytest.raises(BadInput, match="choose from: cls, mean"):
        encode_smiles(["CCO"], pooling="max")
