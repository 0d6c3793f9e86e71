"""Maps, groups, neighbours and ways hold on points whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from matgen_core.core.errors import BadInput, Cancelled, MatGenError
from matgen_core.workflows.spaces import explore
from matgen_core.workflows.spaces.explore import (
    between,
    group,
    known_path,
    nearest,
    neighbour_map,
    principal_axes,
    search,
)
from matgen_core.workflows.spaces.sources import open_space
from matgen_core.workflows.spaces.space import Space, load_molecule_space
from matgen_core.workflows.spaces.table_vectors import read_vectors

RNG = np.random.default_rng(0)
#: Three far clouds in ten dimensions, 40 points each.
CENTRES = 20.0 * np.eye(3, 10, dtype=np.float32)
CLOUDS = np.concatenate([c + RNG.normal(size=(40, 10)) for c in CENTRES]).astype(np.float32)
LABELS = np.repeat(np.arange(3), 40)


def test_the_first_axis_is_the_one_with_most_variance() -> None:
    vectors = (RNG.normal(size=(2000, 3)) * [1.0, 5.0, 0.1]).astype(np.float32)
    projection = principal_axes(vectors)
    assert abs(projection.axes[0, 1]) > 0.99
    assert abs(projection.axes[1, 0]) > 0.99
    assert projection.explained[0] == pytest.approx(25 / 26.01, abs=0.02)
    np.testing.assert_allclose(projection.place(vectors).mean(axis=0), 0.0, atol=1e-3)


def test_groups_are_the_clouds() -> None:
    found = group(CLOUDS, 3)
    for label in range(3):
        assert len(set(found[label == LABELS])) == 1
    assert len(set(found)) == 3
    with pytest.raises(BadInput, match="2 to"):
        group(CLOUDS, 1)


@pytest.mark.parametrize("few", [0, len(CLOUDS)])
def test_a_map_of_neighbours_keeps_clouds_apart_and_reports(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a map of many points and as one of few."""
    monkeypatch.setattr(explore, "_FEW", few)
    seen: list[int] = []
    places = neighbour_map(CLOUDS, iterations=120, on_progress=lambda done, total: seen.append(done))
    assert places.shape == (120, 2)
    inside = max(float(np.ptp(places[i == LABELS], axis=0).max()) for i in range(3))
    centres = np.array([places[i == LABELS].mean(axis=0) for i in range(3)])
    apart = min(float(np.linalg.norm(centres[i] - centres[j])) for i, j in ((0, 1), (0, 2), (1, 2)))
    assert apart > inside / 2
    assert seen == sorted(seen)
    assert seen


def test_a_map_can_be_cancelled_and_needs_points() -> None:
    with pytest.raises(Cancelled):
        neighbour_map(CLOUDS, iterations=60, cancelled=lambda: True)
    with pytest.raises(BadInput, match="too few"):
        neighbour_map(CLOUDS[:5])


def crystals() -> Space:
    names = ("NaCl", "KCl", "SrTiO3", "Fe2O3")
    return Space("crystals", "test", names, np.eye(4, dtype=np.float32) * [[1], [2], [3], [4]], {})


def test_neighbours_come_nearest_first() -> None:
    found = nearest(crystals(), np.zeros(4, dtype=np.float32), 4)
    assert [i for i, _d in found] == [0, 1, 2, 3]
    assert [d for _i, d in found] == [1.0, 2.0, 3.0, 4.0]
    assert [i for i, _d in nearest(crystals(), np.zeros(4, dtype=np.float32), 4, leave_out=0)] == [1, 2, 3]


def test_a_formula_is_found_by_what_it_is_made_of() -> None:
    assert search(crystals(), "Cl3Na3", 1) == [(0, 0.0)]
    assert search(crystals(), "NaBr", 1) == [(0, 0.5)]
    for bad in ("", "Xx2", "<script>", "Na-Cl"):
        with pytest.raises(MatGenError):
            search(crystals(), bad)


def test_a_molecule_is_found_by_any_of_its_writings() -> None:
    space = load_molecule_space()
    place, distance = search(space, space.names[3], 1)[0]
    assert space.names[place] == space.names[3]
    assert distance == 0.0
    with pytest.raises(MatGenError):
        search(space, "c1cc")


def test_a_way_begins_and_ends_where_it_should_and_keeps_its_length() -> None:
    start, end = RNG.normal(size=(2, 128)).astype(np.float32)
    way = between(start, end, 9)
    np.testing.assert_allclose(way[[0, -1]], [start, end], atol=1e-4)
    lengths = np.linalg.norm(way, axis=1)
    assert lengths.min() > 0.9 * min(lengths[0], lengths[-1])
    np.testing.assert_allclose(between(start, 2 * start, 3)[1], 1.5 * start, rtol=1e-4)
    with pytest.raises(BadInput, match="2 to 50"):
        between(start, end, 1)


def test_a_way_between_molecules_passes_only_known_ones_once() -> None:
    space = load_molecule_space()
    path = known_path(space, space.vectors[0], space.vectors[1], 5)
    assert path[0] == (0, 0.0)
    assert len({place for place, _d in path}) == 5


def test_formulas_lie_among_their_like_and_bad_ones_nowhere() -> None:
    space = open_space("compositions")
    assert len(set(space.names)) == len(space)
    near = [space.names[i] for i, _ in search(space, "NaBr", 12)]
    halides = [name for name in near if any(name.endswith(halogen) for halogen in ("F", "Cl", "Br", "I"))]
    assert len(halides) >= 6, near
    read = read_vectors(space, b"formula\nFe4O6\nXx\nFe2O3\n")
    assert [refused.place for refused in read.refused] == ["2"]
    assert np.array_equal(*read.vectors)


def test_an_unknown_space_is_named_and_a_formula_has_no_latent() -> None:
    with pytest.raises(BadInput, match=r"'clouds'.*crystals"):
        open_space("clouds")
    with pytest.raises(BadInput, match="cif"):
        read_vectors(open_space("crystals"), b"formula\nNaCl\n")
