"""The skeleton critic answers to the target, and its choice is spread over formulas and structure types."""

from __future__ import annotations

from math import log

import pytest
import torch

from matgen_core.chem.crystals.symmetry import position_starts
from matgen_core.core.goals import Goal, Target
from matgen_core.core.properties import CRYSTAL_CONDITIONS
from matgen_core.kinds.crystals.checks.critic import (
    anonymous_type,
    choose,
    encode_sites,
    load_critic,
    predict_drafts,
    reduced_formula_of,
    score,
)
from matgen_core.kinds.crystals.writing.grammar import Skeleton


def rock_salt(metal: str, other: str) -> Skeleton:
    return Skeleton(225, (("a", metal), ("b", other)))


SALT, MAGNESIA, MANGANOSITE = rock_salt("Na", "Cl"), rock_salt("Mg", "O"), rock_salt("Mn", "O")
IRON, ALLOY = Skeleton(229, (("a", "Fe"),)), Skeleton(221, (("a", "Ni"), ("b", "Al")))
PEROVSKITE = Skeleton(221, (("a", "Sr"), ("b", "Ti"), ("c", "O")))
ALL = (SALT, MAGNESIA, MANGANOSITE, IRON, ALLOY, PEROVSKITE)


def scores(*materials: Skeleton | str, near_hull: float | None = None, **goals: Goal) -> list[float]:
    return [float(value) for value in score(materials, Target(goals), near_hull)]


@pytest.mark.parametrize(
    ("goals", "better", "worse"),
    [
        ({"band_gap": Goal.at(5.0)}, SALT, IRON),
        ({"band_gap": Goal.at(0.0)}, ALLOY, MAGNESIA),
        ({"band_gap": Goal.at_least(3.0)}, SALT, ALLOY),
        ({"band_gap": Goal.at_most(0.5)}, IRON, SALT),
        ({"band_gap": Goal.between(1.0, 3.0)}, PEROVSKITE, ALLOY),
        ({"formation_energy": Goal.at(-3.0)}, MAGNESIA, SALT),
        ({"formation_energy": Goal.at_most(-3.0)}, PEROVSKITE, ALLOY),
        ({"formation_energy": Goal.between(-1.0, -0.3)}, ALLOY, MAGNESIA),
        ({"magnetic_moment": Goal.at_least(1.0)}, IRON, SALT),
        ({"magnetic_moment": Goal.at(0.0)}, MAGNESIA, MANGANOSITE),
        ({"e_above_hull": Goal.at_most(0.05)}, SALT, rock_salt("O", "Cl")),
        ({"band_gap": Goal.at(5.0), "formation_energy": Goal.at(-2.0)}, SALT, ALLOY),
        ({"band_gap": Goal.at(0.0), "magnetic_moment": Goal.at_least(1.0)}, IRON, ALLOY),
    ],
)
def test_it_prefers_the_compound_that_has_what_is_asked_for(
    goals: dict[str, Goal], better: Skeleton, worse: Skeleton
) -> None:
    first, second = scores(better, worse, **goals)
    assert first > second + log(1.2)


def test_a_formula_alone_is_read_as_well() -> None:
    salt, alloy = scores("NaCl", "AlNi", band_gap=Goal.at_least(3.0))
    assert salt > alloy + log(2)


def test_nothing_asked_is_sure_and_nearness_to_the_hull_is_asked_otherwise() -> None:
    assert scores(*ALL) == pytest.approx([0.0] * len(ALL), abs=1e-5)
    near, anywhere = scores(SALT, near_hull=0.05), scores(SALT, e_above_hull=Goal.at_most(0.05))
    assert near == pytest.approx(anywhere)
    # A goal for the distance to the hull stands in place of nearness.
    assert scores(SALT, near_hull=0.05, e_above_hull=Goal.at_most(0.3)) == pytest.approx(
        scores(SALT, e_above_hull=Goal.at_most(0.3))
    )


@pytest.mark.parametrize(("key", "cut"), [("band_gap", 2.6), ("formation_energy", -1.23), ("magnetic_moment", 0.4)])
def test_the_probabilities_of_ranges_that_adjoin_add_up(key: str, cut: float) -> None:
    below = score(ALL, Target({key: Goal.at_most(cut)}), None).exp()
    above = score(ALL, Target({key: Goal.at_least(cut)}), None).exp()
    assert torch.allclose(below + above, torch.ones(len(ALL)), atol=1e-4)
    wide, parts = (
        score(ALL, Target({key: goal}), None).exp()
        for goal in (Goal.between(cut - 1, cut + 1), Goal.between(cut - 1, cut))
    )
    rest = score(ALL, Target({key: Goal.between(cut, cut + 1)}), None).exp()
    assert torch.allclose(wide, parts + rest, atol=1e-4)


def test_more_goals_are_never_likelier() -> None:
    one, two = ({"band_gap": Goal.at(2.0)}, {"band_gap": Goal.at(2.0), "formation_energy": Goal.at(-1.5)})
    assert all(b <= a + 1e-6 for a, b in zip(scores(*ALL, **one), scores(*ALL, **two), strict=True))


def test_a_goal_beyond_all_data_is_unlikely_and_finite() -> None:
    values = scores(*ALL, band_gap=Goal.at_least(40.0), formation_energy=Goal.at(-9.0))
    assert all(-40 < value < log(1e-3) for value in values)


def test_the_score_of_a_draft_does_not_depend_on_the_others() -> None:
    many = scores(*ALL, *(PEROVSKITE,) * 3, "K2SO4", band_gap=Goal.at(2.0))
    alone = [scores(material, band_gap=Goal.at(2.0))[0] for material in (*ALL, *(PEROVSKITE,) * 3, "K2SO4")]
    assert many == pytest.approx(alone, abs=1e-4)
    assert scores(band_gap=Goal.at(2.0)) == []


def test_what_it_expects_is_shown_with_a_spread_and_as_steering() -> None:
    (salt, iron) = predict_drafts([SALT, IRON])
    values = {p.property: p for p in salt}
    assert tuple(values) == CRYSTAL_CONDITIONS
    assert values["band_gap"].value == pytest.approx(5.0, abs=1.0)
    assert values["formation_energy"].value == pytest.approx(-2.1, abs=0.4)
    assert all(p.spread and p.spread > 0 and "steering" in p.method for p in salt)
    assert iron[0].value == 0.0
    assert iron[0].zero_chance is not None
    assert iron[0].zero_chance > 0.9


def test_its_positions_are_those_of_the_network() -> None:
    assert position_starts()[-1] == load_critic().network.config.positions
    sites = encode_sites([SALT, "NaCl"])
    assert sites.group.tolist() == [225, 0]
    assert sites.atoms.tolist() == [2, 0]
    assert sites.share.tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert sites.position[1].tolist() == [0, 0]
    last = encode_sites([Skeleton(230, (("h", "O"),))])
    assert last.position.item() == position_starts()[-1]


# -------------------------------------------------------------------------------------------------------- choosing


def test_the_best_come_first_where_no_spread_is_asked_for() -> None:
    values = torch.tensor([-1.0, -3.0, -0.5, -2.0, -9.0, -4.0])
    assert choose(ALL, values, 3, same_formula=0, same_type=0) == [2, 0, 3]
    assert len(choose(ALL, values, 99)) == len(ALL)
    assert choose(ALL, values, 0) == []


def test_one_formula_does_not_fill_the_choice() -> None:
    drafts = [SALT] * 5 + [MAGNESIA, PEROVSKITE]
    values = torch.tensor([-0.1] * 5 + [-1.0, -1.2])
    assert {reduced_formula_of(drafts[i]) for i in choose(drafts, values, 3)} == {"NaCl", "MgO", "SrTiO3"}


def test_one_structure_type_does_not_fill_the_choice() -> None:
    drafts = [SALT, MAGNESIA, rock_salt("K", "Br"), rock_salt("Ca", "O"), PEROVSKITE]
    values = torch.tensor([-0.1, -0.1, -0.1, -0.1, -0.7])
    assert 4 in choose(drafts, values, 3)
    assert anonymous_type(SALT) == anonymous_type(MAGNESIA) != anonymous_type(ALLOY)


def test_a_much_better_draft_is_kept_though_its_formula_was_chosen() -> None:
    drafts = [SALT, SALT, MAGNESIA]
    assert choose(drafts, torch.tensor([-0.1, -0.1, -20.0]), 2) == [0, 1]
