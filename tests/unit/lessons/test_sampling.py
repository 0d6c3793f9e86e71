"""What the lesson shows of samplers and conditions is whole, and measured as it says."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from matgen_core.core.errors import MissingReference
from matgen_core.learning.checkpoints import load_checkpoint
from matgen_core.lessons.sampling import (
    GUIDANCES,
    TARGETS,
    WAYS,
    Measured,
    composition_diversity,
    energy_distance,
    load_measured,
    measure_condition,
    measure_way,
    save_measured,
)


def test_every_setting_of_the_page_ships_and_is_of_the_shipped_autoencoder() -> None:
    measured = load_measured()
    assert measured.autoencoder == load_checkpoint("crystal-vae").digest, "run tools/build_lessons.py again"
    assert tuple((way.method, way.steps) for way in measured.ways) == WAYS
    for key, values in TARGETS.items():
        for value in values:
            assert all(measured.of(key, value, weight).readings for weight in GUIDANCES)


def test_what_ships_shows_what_the_page_says() -> None:
    measured = load_measured()
    slow, fast = measured.ways[0], measured.ways[-1]
    assert slow.seconds > 10 * fast.seconds
    for key, values in TARGETS.items():
        for value in (values[0], values[-1]):
            free, asked = (measured.of(key, value, weight) for weight in (0.0, 2.0))
            far, near = (sum(abs(r - value) for r in told.readings) / len(told.readings) for told in (free, asked))
            assert near < far, f"{key} {value}: the condition moves the readings towards it"
    strong, free = ([t.diversity for t in measured.told if t.guidance == weight] for weight in (GUIDANCES[-1], 0.0))
    assert sum(strong) < sum(free), "guidance costs diversity"


def test_energy_distance_is_none_between_alike_and_grows_apart() -> None:
    one, other = torch.randn(2, 400, 5, generator=torch.Generator().manual_seed(0))
    assert abs(energy_distance(one, other)) < 0.05
    assert energy_distance(one, other + 1) > 0.3
    assert energy_distance(one, other + 2) > energy_distance(one, other + 1)


def test_diversity_counts_atoms_that_differ() -> None:
    assert composition_diversity(["NaCl"]) == 0
    assert composition_diversity(["NaCl", "NaBr"]) == pytest.approx(0.5)


def test_a_way_and_a_condition_are_measured_again_alike() -> None:
    one, two = (measure_way("dpm-solver", 4, count=8, decoded=3, seed=1) for _ in range(2))
    assert (one.distance, one.finished, one.different) == (two.distance, two.finished, two.different)
    told = measure_condition("band_gap", 3.0, 2.0, count=3)
    assert told == measure_condition("band_gap", 3.0, 2.0, count=3)
    assert len(told.readings) <= 3


def test_it_is_written_and_read_and_damage_is_said(tmp_path: Path) -> None:
    path = tmp_path / "lessons.json"
    save_measured(Measured("x", load_measured().ways, load_measured().told), path)
    assert load_measured.__wrapped__(path).told == load_measured().told
    path.write_text("{}")
    with pytest.raises(MissingReference, match="build_lessons"):
        load_measured.__wrapped__(path)
