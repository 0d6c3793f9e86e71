"""The maps that are shipped are of the points that are shipped; a map of other points is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from matgen_core.workflows.spaces.explore import count_rebuilt, nearest
from matgen_core.workflows.spaces.maps import MAPS, Rebuilt, load_map, load_rebuilt, save_maps
from matgen_core.workflows.spaces.sources import SPACES, open_space
from matgen_core.workflows.spaces.space import Space

SPACE = Space("crystals", "x@1", ("A", "B", "C"), np.eye(3, dtype=np.float32), {})
PLACES = np.array([[0, 1], [-100, 3], [99.9, 5]], dtype=np.float32)


def test_a_map_comes_back_and_one_of_other_points_does_not(tmp_path: Path) -> None:
    save_maps({"crystals": (SPACE, PLACES)}, Rebuilt(10, 4, 3), tmp_path)
    found = load_map(SPACE, tmp_path)
    assert found is not None
    np.testing.assert_allclose(found, PLACES, atol=0.05)
    assert load_rebuilt(SPACE, tmp_path) == Rebuilt(10, 4, 3)
    for other in (
        replace(SPACE, method="x@2"),
        replace(SPACE, names=("A", "C", "B")),
        replace(SPACE, kind="molecules"),
    ):
        assert load_map(other, tmp_path) is None
        assert load_rebuilt(other, tmp_path) is None


def test_a_file_that_is_missing_or_damaged_is_no_map(tmp_path: Path) -> None:
    assert load_map(SPACE, tmp_path / "nowhere") is None
    (tmp_path / MAPS).write_bytes(b"no archive")
    assert load_map(SPACE, tmp_path) is None


@pytest.mark.parametrize("kind", SPACES)
def test_every_space_has_its_map_and_neighbours_are_near_on_it(kind: str) -> None:
    space = open_space(kind)
    places = load_map(space)
    assert places is not None
    assert np.isfinite(places).all()
    size, chosen = float(np.ptp(places)), np.random.default_rng(0).choice(len(space), 40, replace=False)
    found = [nearest(space, space.vectors[i], 1, leave_out=int(i))[0][0] for i in chosen]
    assert np.median(np.linalg.norm(places[chosen] - places[found], axis=1)) < 0.03 * size


def test_the_share_that_comes_back_is_as_measured() -> None:
    space = open_space("crystals")
    measured = load_rebuilt(space)
    assert measured is not None
    assert 0 < measured.symmetry <= measured.formula <= measured.of == 1000
    some = count_rebuilt(space, 60)
    share = measured.formula / measured.of
    assert abs(some.formula / some.of - share) < 4 * (share * (1 - share) / some.of) ** 0.5
