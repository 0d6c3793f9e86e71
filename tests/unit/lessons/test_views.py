"""Views of a formula: as many atoms, elements of the same group, and nearer to it than another formula is."""

from __future__ import annotations

import numpy as np
import pytest

from matgen_core.lessons.views import ViewMap, place_views, view_distance, views_of


def test_a_view_has_the_atoms_of_its_formula_or_elements_of_their_groups() -> None:
    views = views_of("NaCl", 20, seed=1)
    groups = {"Li", "Na", "K", "Rb", "Cs", "Fr"}, {"F", "Cl", "Br", "I", "At"}
    for view in views:
        one, other = view.split()
        assert {one, other} & groups[0]
        assert {one, other} & groups[1]
    assert len(set(views)) > 1, "order or element differ"


def test_the_distance_of_views_is_in_units_of_that_of_formulas() -> None:
    points = np.array([[0, 0], [0, 1], [0, 2], [5, 0], [5, 3]], dtype=np.float32)
    others = np.array([[0, 0], [0, 0], [4, 0], [0, 4]], dtype=np.float32)
    found = ViewMap(points, ("a", "a", "a", "b", "b"), ("a",) * 5, others, ("c",) * 4)
    assert view_distance(found) == pytest.approx(2.0 / 4.0)


def test_views_lie_nearer_to_their_formula_than_formulas_to_one_another() -> None:
    assert view_distance(place_views(["NaCl", "Fe2O3", "GaAs"], others=100)) < 1.0
