"""Descriptors are standardised, whole counts for molecules and fractions between them, and are built again alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.lesson_measures import build_descriptors
from matgen_core.core.errors import BadInput, MissingReference
from matgen_core.lessons.descriptors import (
    COUNTS,
    SIZE,
    find_twins,
    load_descriptors,
    nearest_real,
    place_of,
)


def test_there_are_128_and_they_are_standardised() -> None:
    space = load_descriptors()
    assert space.vectors.shape == (len(space.smiles), SIZE) == (2000, 128)
    assert np.abs(space.vectors.mean(axis=0)).max() < 0.05
    assert np.abs(space.vectors.std(axis=0) - 1).max() < 0.1


@pytest.mark.parametrize("place", [0, 777, 1999])
def test_a_molecule_is_nearest_to_itself(place: int) -> None:
    space = load_descriptors()
    vector = place_of(space.smiles[place], space)
    near = nearest_real(vector, space)[0]
    assert near.distance < 0.01
    assert near.smiles == space.smiles[place]


def test_a_molecule_has_whole_counts_and_a_vector_between_two_has_not() -> None:
    space = load_descriptors()
    one, other = (place_of(text, space) for text in ("CCOC(=O)c1ccccc1", "O=C(O)c1ccc(N)cc1Cl"))
    assert set(space.counts(one)) == set(COUNTS)
    assert space.counts(one)["RingCount"] == pytest.approx(1, abs=1e-3)
    assert space.counts(other)["NumHDonors"] == pytest.approx(2, abs=1e-3)
    between = space.counts((one + other) / 2)
    assert any(abs(value - round(value)) > 0.3 for value in between.values())


def test_twins_are_nearer_than_is_usual_and_are_not_the_same() -> None:
    twins = find_twins()
    assert twins.distance < 0.5 * twins.usual
    assert twins.smiles[0] != twins.smiles[1]
    assert 0 < twins.likeness < 1


def test_what_is_no_molecule_is_named() -> None:
    with pytest.raises(BadInput, match="not a molecule"):
        place_of("C(", load_descriptors())


def test_they_are_built_again_and_a_damaged_file_is_said(tmp_path: Path) -> None:
    space, path = load_descriptors(), tmp_path / "descriptors.npz"
    build_descriptors(space.smiles[:40], path)
    again = load_descriptors.__wrapped__(path)
    assert again.smiles == space.smiles[:40]
    assert np.abs(again.vectors.mean(axis=0)).max() < 0.05
    path.write_bytes(b"nothing")
    with pytest.raises(MissingReference, match="build_lessons"):
        load_descriptors.__wrapped__(path)
