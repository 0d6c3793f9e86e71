"""The probe finds what is linear in its features and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from matgen_core.evaluation.probing import descriptors, probe


def test_a_linear_property_is_found_and_noise_is_not() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(600, 5))
    values = features @ np.arange(5.0) + 2.0
    testing = np.arange(600) >= 500
    assert probe(features, values, testing)["r2"] == pytest.approx(1.0, abs=0.01)
    assert abs(probe(features, rng.normal(size=600), testing)["r2"]) < 0.1


def test_the_test_rows_are_not_learnt_from() -> None:
    rng = np.random.default_rng(1)
    features, testing = rng.normal(size=(100, 3)), np.arange(100) >= 80
    values = np.where(testing, 100.0, 0.0) + features[:, 0]
    assert probe(features, values, testing)["mae"] > 90


def test_descriptors_are_finite() -> None:
    table = descriptors(["CCO", "c1ccccc1", "C[Si](C)(C)I"])
    assert len(table) == 3
    assert table.shape[1] > 100
    assert np.isfinite(table).all()
