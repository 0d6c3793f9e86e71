"""What the networks are told is what was asked, and ranges keep together what goes together."""

from __future__ import annotations

import numpy as np
import pytest

from matgen_core.core.errors import BadTarget, DamagedCheckpoint
from matgen_core.core.goals import Constraints, Goal, Target
from matgen_core.core.properties import CRYSTAL_CONDITIONS
from matgen_core.kinds.crystals.generate import conditions_of, load_engine
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.kinds.crystals.writing.conditions import check_target, draw_conditions
from matgen_core.learning.checkpoints import Checkpoint
from matgen_core.learning.networks import shared_keys

GAP, ENERGY, _MOMENT, HULL = range(len(CRYSTAL_CONDITIONS))


def draw(goals: dict[str, Goal], count: int = 500, stable: bool = False) -> np.ndarray:
    return draw_conditions(Target(goals), CRYSTAL_CONDITIONS, count, np.random.default_rng(0), load_reference(), stable)


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


def test_a_network_is_told_only_of_the_properties_of_its_own_columns() -> None:
    """The columns are the checkpoint's, in its order; a goal on another property is left to the judgement."""
    goals = {"formation_energy": Goal.between(-3, -2), "band_gap": Goal.at(2.0), "e_above_hull": Goal.at_most(0.05)}
    rng, keys = np.random.default_rng(0), ("e_above_hull", "band_gap")
    found = draw_conditions(Target(goals), keys, 50, rng, load_reference(), False)
    assert found.shape == (50, 2)
    assert (found[:, 0] <= 0.05).all()
    assert (found[:, 1] == 2.0).all()
    free = draw_conditions(Target(), ("band_gap",), 3, rng, load_reference(), True)
    assert np.isnan(free).all(), "stability is not asked of a network that has no column for it"


def test_an_engine_says_what_its_checkpoints_were_trained_on() -> None:
    engine = load_engine("symmetry-first")
    assert engine.keys == CRYSTAL_CONDITIONS
    assert conditions_of("mixed") == set(CRYSTAL_CONDITIONS)


def test_networks_of_other_columns_do_not_work_together() -> None:
    one, other = (
        Checkpoint(name, {"conditions": {"keys": keys}}, {}, "0") for name, keys in (("a", ["x"]), ("b", ["x", "y"]))
    )
    with pytest.raises(DamagedCheckpoint, match="'a' and 'b' were trained on other properties"):
        shared_keys(one, other)
