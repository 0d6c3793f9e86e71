"""A spread covers what it says, in the class that was read, and survives being written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from matgen_core.kinds.crystals.checks.uncertainty import Spreads, read_spreads, summarise, write_spreads


def measured() -> tuple[Spreads, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    above = np.concatenate([np.full(400, 0.02), np.full(400, 0.2), np.full(5, 0.9)])
    errors = rng.normal(0.0, np.where(above < 0.1, 0.03, 0.2))
    return summarise(above.tolist(), {"formation_energy": errors}), above, errors


def test_two_spreads_cover_95_of_100_errors_of_their_class() -> None:
    spreads, above, errors = measured()
    near = np.abs(errors[above < 0.1])
    spread = spreads.of("formation_energy", 0.02)
    assert spread is not None
    assert (near <= 2 * spread).mean() == pytest.approx(0.95, abs=0.01)


def test_what_reads_far_above_the_hull_is_less_sure() -> None:
    spreads = measured()[0]
    near, far = spreads.of("formation_energy", 0.0), spreads.of("formation_energy", 0.1)
    assert near is not None
    assert far is not None
    assert far > 3 * near


def test_too_few_errors_no_reading_or_an_unknown_property_give_no_spread() -> None:
    spreads = measured()[0]
    assert spreads.of("formation_energy", 0.9) is None
    assert spreads.of("formation_energy", None) is None
    assert spreads.of("band_gap", 0.0) is None
    assert spreads.rows == (400, 400, 5)


def test_missing_errors_are_not_taken_for_none() -> None:
    errors = np.concatenate([np.full(30, np.nan), np.full(30, 0.2)])
    assert summarise([0.0] * 60, {"magnetic_moment": errors}).of("magnetic_moment", 0.0) == pytest.approx(0.1)


def test_written_and_read_it_is_the_same(tmp_path: Path) -> None:
    path, spreads = tmp_path / "generated.json", measured()[0]
    assert read_spreads(path) is None
    write_spreads(spreads, path)
    assert read_spreads(path) == spreads
    path.write_text(path.read_text().replace("0.3\n", "0.3, 0.4\n"))
    with pytest.raises(ValueError, match="do not fit"):
        read_spreads(path)
