"""What the networks are told is what was asked, and ranges keep together what goes together."""

from __future__ import annotations

import numpy as np
import pytest

from matgen_core.core.errors import BadTarget
from matgen_core.core.goals import Constraints, Goal, Target
from matgen_core.core.properties import CRYSTAL_CONDITIONS
from matgen_core.kinds.crystals.conditions import check_target, draw_conditions
from matgen_core.kinds.crystals.reference import load_reference

GAP, ENERGY, _MOMENT, HULL = range(len(CRYSTAL_CONDITIONS))


def draw(goals: dict[str, Goal], count: int = 500, stable: bool = False) -> np.ndarray:
    return draw_conditions(Target(goals), count, np.random.default_rng(0), load_reference(), stable)


def test_nothing_asked_is_nothing_told() -> None:
    assert np.isnan(draw({})).all()


def test_a_value_stands_as_it_is() -> None:
    assert (draw({"band_gap": Goal.at(2.0)})[:, GAP] == 2.0).all()


def test_ranges_are_drawn_from_jointly() -> None:
    found = draw({"band_gap": Goal.between(1, 6), "formation_energy": Goal.between(-4, 0)})
    assert ((found[:, GAP] >= 1) & (found[:, GAP] <= 6)).all()
    assert ((found[:, ENERGY] >= -4) & (found[:, ENERGY] <= 0)).all()
    correlation = np.corrcoef(found[:, GAP], found[:, ENERGY])[0, 1]
    assert correlation < -0.2, "wide gaps go with low energies in the known crystals"


def test_a_range_beyond_the_data_is_drawn_from_evenly() -> None:
    found = draw({"band_gap": Goal.between(20, 30)})[:, GAP]
    assert ((found >= 20) & (found <= 30)).all()
    assert found.std() > 1


def test_stability_is_asked_for_unless_the_user_asks_otherwise() -> None:
    assert (draw({}, stable=True)[:, HULL] < 0.02).all()
    assert (draw({"e_above_hull": Goal.at(0.3)}, stable=True)[:, HULL] == np.float32(0.3)).all()


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(BadTarget, match="'logp'"):
        check_target(Target({"logp": Goal.at(1)}))
    with pytest.raises(BadTarget, match="both included and excluded"):
        check_target(Target({}, Constraints(frozenset({"Fe"}), frozenset({"Fe"}))))
