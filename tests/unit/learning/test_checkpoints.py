"""Weights come back as they went; a damaged or absent checkpoint is told by name and with the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from matgen_core.core.errors import DamagedCheckpoint, UnknownCheckpoint
from matgen_core.learning.checkpoints import (
    FOLDER,
    available,
    digests,
    load_checkpoint,
    load_encoder,
    save_checkpoint,
)

WEIGHTS = {"a": torch.randn(3, 4, generator=torch.Generator().manual_seed(0)), "n": torch.arange(3)}


def test_a_reload_is_bit_identical_in_full_precision(tmp_path: Path) -> None:
    save_checkpoint("x", WEIGHTS, {"width": 3}, folder=tmp_path, half=False)
    again = load_checkpoint("x", folder=tmp_path)
    assert all(torch.equal(again.weights[key], value) for key, value in WEIGHTS.items())
    assert again.config["width"] == 3


def test_half_precision_is_rounding_and_nothing_more(tmp_path: Path) -> None:
    save_checkpoint("x", WEIGHTS, {}, folder=tmp_path)
    again = load_checkpoint("x", folder=tmp_path)
    assert torch.equal(again.weights["a"], WEIGHTS["a"].half().float())
    assert torch.equal(again.weights["n"], WEIGHTS["n"])


def test_an_absent_one_names_those_there_are(tmp_path: Path) -> None:
    save_checkpoint("there", WEIGHTS, {}, folder=tmp_path)
    with pytest.raises(UnknownCheckpoint, match=r"'absent'.*there.*matgen train absent"):
        load_checkpoint("absent", folder=tmp_path)


@pytest.mark.parametrize("file", ["model.safetensors", "config.json"])
@pytest.mark.parametrize("harm", ["flip", "cut", "remove"])
def test_damage_is_told_before_anything_is_drawn(tmp_path: Path, file: str, harm: str) -> None:
    path = save_checkpoint("x", WEIGHTS, {"width": 3}, folder=tmp_path) / file
    data = bytearray(path.read_bytes())
    if harm == "flip":
        data[len(data) // 2] ^= 0x80
        path.write_bytes(data)
    elif harm == "cut":
        path.write_bytes(data[: len(data) // 2])
    else:
        path.unlink()
    with pytest.raises((DamagedCheckpoint, UnknownCheckpoint), match="'x'"):
        load_checkpoint("x", folder=tmp_path)


def _load_whole(name: str) -> None:
    """Reads a shipped checkpoint by the function made for its kind; each checks the digest."""
    if not (FOLDER / name / "matgen.json").is_file() or (FOLDER / name / "conditions.safetensors").is_file():
        assert load_checkpoint(name).weights
    else:
        assert load_encoder(name)[2]


@pytest.mark.parametrize("name", available())
def test_every_shipped_checkpoint_is_whole_and_small(name: str) -> None:
    _load_whole(name)
    assert (FOLDER / name / "README.md").is_file(), "every checkpoint has its card"
    assert sum(f.stat().st_size for f in (FOLDER / name).iterdir()) < 30e6


def test_digests_are_told_without_loading(tmp_path: Path) -> None:
    save_checkpoint("one", {"w": torch.ones(3)}, {"a": 1}, folder=tmp_path)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text("no json", encoding="utf-8")
    assert digests(tmp_path) == {"one": load_checkpoint("one", folder=tmp_path).digest}
    assert digests(tmp_path / "nowhere") == {}
