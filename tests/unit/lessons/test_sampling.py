"""What the lesson shows of samplers and conditions is whole, and measured as it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmarks.lesson_measures import (
    composition_diversity,
    energy_distance,
    measure_condition,
    measure_priors,
    measure_way,
    save_measured,
)
from matgen_core.core.errors import MissingReference
from matgen_core.learning.checkpoints import load_checkpoint
from matgen_core.lessons.measured import (
    GUIDANCES,
    TARGETS,
    WAYS,
    best_by_strongest,
    load_measured,
    share_of,
)


def test_every_setting_of_the_page_ships_and_is_of_the_shipped_autoencoder() -> None:
    measured = load_measured()
    assert measured.autoencoder == load_checkpoint("crystal-vae").digest, "run tools/build_lessons.py again"
    assert tuple((way.method, way.steps) for way in measured.ways) == WAYS
    for key, values in TARGETS.items():
        for value in values:
            assert all(measured.of(key, value, weight).predictions for weight in GUIDANCES)


def test_what_ships_shows_what_the_page_says() -> None:
    measured = load_measured()
    slow, fast = measured.ways[0], measured.ways[-1]
    assert slow.seconds > 10 * fast.seconds
    assert all(len(way.distances) == 6 for way in measured.ways)
    for key, values in TARGETS.items():
        for value in (values[0], values[-1]):
            unconditional, asked = (measured.of(key, value, weight) for weight in (0.0, 2.0))
            far, near = (
                sum(abs(r - value) for r in cell.predictions) / len(cell.predictions) for cell in (unconditional, asked)
            )
            assert near < far, f"{key} {value}: the condition moves the predictions towards it"
    strong, unguided = (
        [t.diversity for t in measured.guided if t.guidance == weight] for weight in (GUIDANCES[-1], 0.0)
    )
    assert sum(strong) < sum(unguided), "guidance costs diversity"


def test_energy_distance_is_none_between_alike_and_grows_apart() -> None:
    one, other = torch.randn(2, 400, 5, generator=torch.Generator().manual_seed(0))
    assert abs(energy_distance(one, other)) < 0.05
    assert energy_distance(one, other + 1) > 0.3
    assert energy_distance(one, other + 2) > energy_distance(one, other + 1)


def test_diversity_counts_atoms_that_differ() -> None:
    assert composition_diversity(["NaCl"]) == 0
    assert composition_diversity(["NaCl", "NaBr"]) == pytest.approx(0.5)


def test_a_way_and_a_condition_are_measured_again_alike() -> None:
    one, two = (measure_way("dpm-solver", 4, count=8, decoded=3, seeds=(1, 2), seconds=0.1) for _ in range(2))
    assert one == two
    assert len(one.distances) == 2
    assert one.decoded.drawn == 6
    cell = measure_condition("band_gap", 3.0, 2.0, count=3)
    assert cell == measure_condition("band_gap", 3.0, 2.0, count=3)
    assert 0 <= cell.on_target(0.5) <= len(cell.predictions)
    assert len(cell.predictions) <= 3


def test_it_is_written_and_read_and_damage_is_said(tmp_path: Path) -> None:
    path = tmp_path / "lessons.json"
    save_measured(replace(load_measured(), autoencoder="x"), path)
    assert load_measured.__wrapped__(path) == replace(load_measured(), autoencoder="x")
    path.write_text("{}")
    with pytest.raises(MissingReference, match="build_lessons"):
        load_measured.__wrapped__(path)


def test_the_prior_and_the_diffusion_are_fed_to_one_decoder() -> None:
    found = measure_priors(6, seeds=(0, 1))
    assert set(found) == {"prior", "diffusion"}
    for prior in found.values():
        assert len(prior.distances) == 2
        assert prior.decoded.drawn == 12
        assert max(prior.decoded.apart, prior.decoded.charged, prior.decoded.near) <= prior.decoded.finished <= 12


def test_an_interval_holds_its_share_and_shrinks_with_the_count() -> None:
    few, many = share_of(5, 10), share_of(500, 1000)
    assert few[1] < few[0] == many[0] < few[2]
    assert many[2] - many[1] < 0.2 * (few[2] - few[1])
    assert share_of(0, 0) == (0.0, 0.0, 1.0)


def test_the_strongest_guidance_is_the_best_for_rare_gaps_and_not_for_every_target() -> None:
    assert 4.0 in best_by_strongest("band_gap")
    assert -4.0 not in best_by_strongest("formation_energy")
    assert set(best_by_strongest("formation_energy")) < set(TARGETS["formation_energy"])
