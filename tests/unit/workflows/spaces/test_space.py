"""Vectors of known materials survive their eight bits, belong to the reference, and say what is damaged."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from matgen_core.core.errors import MissingReference
from matgen_core.kinds.crystals.known.reference import FOLDER, load_reference
from matgen_core.kinds.molecules.embed import print_vectors
from matgen_core.workflows.spaces.space import load_crystal_space, load_molecule_space, pack, save_latents, unpack


def test_eight_bits_lose_at_most_half_a_step() -> None:
    latents = np.random.default_rng(0).normal(size=(500, 7)).astype(np.float32)
    packed = pack(latents)
    assert packed["codes"].dtype == np.uint8
    assert (np.abs(unpack(packed) - latents) <= 0.5 * packed["step"] + 1e-6).all()


def test_a_dimension_that_never_changes_survives() -> None:
    assert unpack(pack(np.full((3, 1), 2.5, dtype=np.float32))).ravel().tolist() == [2.5] * 3


def test_prints_tell_molecules_apart_and_leave_out_what_is_none() -> None:
    vectors = print_vectors(["CCO", "OCC", "c1ccccc1", "c1cc"])
    assert (vectors[0] == vectors[1]).all()
    assert (vectors[0] != vectors[2]).any()
    assert np.isnan(vectors[3]).all()


def test_the_molecules_space_is_the_sample() -> None:
    space = load_molecule_space()
    assert len(space) == len(space.vectors) == 5000
    assert space.find(space.names[7])[0] == 7


def copied(tmp_path: Path) -> Path:
    for name in ("reference.json", *json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))["digests"]):
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    return tmp_path


def test_latents_are_joined_to_the_reference_by_id(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    known = load_reference().known
    ids = known["id"].tolist()
    latents = np.arange(6, dtype=np.float32).reshape(2, 3)
    save_latents([ids[5], ids[2]], latents, "abc", folder)
    space = load_crystal_space(folder)
    assert space.names == (known["formula"][5], known["formula"][2])
    assert space.ids == (ids[5], ids[2])
    np.testing.assert_allclose(space.vectors, latents, atol=0.02)
    assert space.columns["space_group"].tolist() == [known["space_group"][5], known["space_group"][2]]


def test_latents_of_other_crystals_and_damaged_ones_are_refused(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    with pytest.raises(MissingReference, match="matgen data latents"):
        load_crystal_space(folder)
    save_latents(["no-such-crystal"], np.zeros((1, 3), dtype=np.float32), "abc", folder)
    with pytest.raises(MissingReference, match="do not belong to"):
        load_crystal_space(folder)
