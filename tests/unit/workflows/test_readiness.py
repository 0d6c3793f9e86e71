"""What is said before a run is counted or measured, or it is not said."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from matgen_core.core.goals import Constraints, Goal, Target
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.settings import CompositionSettings, CrystalSettings, MoleculeSettings
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.kinds.molecules.reference import load_molecule_reference
from matgen_core.runs.store import Run
from matgen_core.workflows.readiness import FOLDER, assess_target, nearest_rate, pace_of, say_cautions

GAP = Target({"band_gap": Goal.between(3.0, 4.0)})
RUN = Run("a", "crystals", "", "", {}, {}, 0, "finished", "", datetime(2026, 1, 1, tzinfo=UTC), 10, 20.0)


def test_known_crystals_are_counted_by_goals_and_constraints() -> None:
    gaps = np.asarray(load_reference().known["band_gap"], dtype=float)
    found = assess_target("crystals", GAP, CrystalSettings())
    assert found.of == len(gaps)
    narrow = replace(GAP, constraints=Constraints(max_atoms=1000))
    assert assess_target("crystals", narrow, CrystalSettings()).known == int(((gaps >= 3) & (gaps <= 4)).sum())
    assert found.known is not None
    fewer = assess_target(
        "crystals", replace(GAP, constraints=Constraints(include=frozenset({"O"}))), CrystalSettings()
    )
    cubic = assess_target(
        "crystals", replace(GAP, constraints=Constraints(space_groups=frozenset({225}))), CrystalSettings()
    )
    assert fewer.known is not None
    assert cubic.known is not None
    assert 0 < fewer.known < found.known
    assert 0 < cubic.known < found.known
    salt = Target({}, Constraints(formula="NaCl"))
    assert (
        assess_target("crystals", salt, CrystalSettings()).known == (load_reference().known["formula"] == "NaCl").sum()
    )


def test_goals_and_elements_that_few_known_materials_are_like_are_named() -> None:
    gaps = np.asarray(load_reference().known["band_gap"], dtype=float)
    far = Target({"band_gap": Goal.at_least(9.0), "formation_energy": Goal.at_most(-1.0)})
    found = assess_target("crystals", far, CrystalSettings())
    assert found.scarce_goals == (("band_gap", int((gaps >= 9.0).sum())),)
    assert not found.is_apart, "the gap alone says why"
    with_rare = Target({}, Constraints(include=frozenset({"O", "Xe"})))
    names = [element for element, count in assess_target("crystals", with_rare, CrystalSettings()).scarce_elements]
    assert names == ["Xe"]
    apart = Target({"band_gap": Goal.at_least(5.0), "magnetic_moment": Goal.at_least(1.5)})
    found = assess_target("crystals", apart, CrystalSettings())
    assert (found.known, found.scarce_goals, found.is_apart) == (0, (), True)
    assert assess_target("crystals", GAP, CrystalSettings()).scarce_goals == ()


def test_a_structure_type_is_counted() -> None:
    spinels = assess_target("crystals", Target({}, Constraints(structure_type="spinel")), CrystalSettings()).known
    cubic = assess_target("crystals", Target({}, Constraints(space_groups=frozenset({227}))), CrystalSettings()).known
    assert spinels is not None
    assert cubic is not None
    assert 20 < spinels < cubic


def test_nothing_asked_is_nothing_counted() -> None:
    for kind, settings in (
        ("crystals", CrystalSettings()),
        ("compositions", CompositionSettings()),
        ("molecules", MoleculeSettings()),
    ):
        found = assess_target(kind, Target(), settings)
        assert (found.known, found.hits) == (None, None)
        assert found.of > 1000


def test_known_molecules_are_those_of_the_domain() -> None:
    weights = load_molecule_reference().known["weight"]
    target = Target({"weight": Goal.between(300, 340)})
    assert assess_target("molecules", target, MoleculeSettings()).known == ((weights >= 300) & (weights <= 340)).sum()
    assert assess_target("molecules", target, MoleculeSettings(domain="small")).known == 0
    assert assess_target("molecules", Target({"tpsa": Goal.at(75)}), MoleculeSettings()).known is None


@pytest.mark.parametrize(
    ("kind", "settings"),
    [("crystals", CrystalSettings()), ("compositions", CompositionSettings())],
)
def test_the_nearest_measured_rate_is_given_or_none(kind: str, settings: object) -> None:
    found = nearest_rate(kind, {"band_gap": Goal.at(2.0)}, settings)
    assert found is not None
    assert abs(found.target["band_gap"] - 2.0) <= 1.0
    assert 0 <= found.share <= 1
    assert found.of >= 32
    assert nearest_rate(kind, {"band_gap": Goal.at(30.0)}, settings) is None
    assert nearest_rate(kind, {}, settings) is None


def test_rates_of_molecules_hold_for_the_domain_in_which_they_were_measured() -> None:
    goals = {"logp": Goal.at(1.0)}
    found = nearest_rate("molecules", goals, MoleculeSettings())
    assert found is not None
    assert found.target == {"logp": 1.0}
    assert nearest_rate("molecules", goals, MoleculeSettings(domain="conjugated")) is None
    heavy = nearest_rate("molecules", {"weight": Goal.at(600.0)}, MoleculeSettings(domain="conjugated"))
    assert heavy is not None
    assert (heavy.target, heavy.domain) == ({"weight": 600.0}, "conjugated")


def off_by(goal: Goal, domain: str, key: str = "weight", **more: str) -> list[str]:
    """What is said of a goal that was measured to be missed."""
    said = say_cautions("molecules", Target({key: goal}), MoleculeSettings(domain=domain, **more))  # type: ignore[arg-type]
    return [str(one) for one in said if "mean deviation" in one]


@pytest.mark.parametrize("entry", json.loads((FOLDER / "molecules.json").read_text(encoding="utf-8"))["weights"])
def test_a_weight_that_was_measured_to_be_missed_is_said_with_the_figure_and_one_that_was_met_is_not(
    entry: dict[str, Any],
) -> None:
    value, off = entry["target"]["weight"], entry["weight"]["ours"]["mad"]
    said = off_by(Goal.at(value), entry["domain"])
    if off <= PROPERTIES["weight"].tolerance:
        assert said == []
    else:
        assert f"was {off:.3g} g/mol, where 10 g/mol counts as met" in said[0]


def test_what_lies_between_two_measured_weights_or_reaches_beyond_them_is_said_too() -> None:
    assert off_by(Goal.at(625.0), "drug-like")
    assert off_by(Goal.at_least(640.0), "drug-like")
    assert not off_by(Goal.between(250.0, 650.0), "drug-like"), "wide enough to be met"
    assert not off_by(Goal.at(620.0), "lead-like"), "not measured there; that no such molecule is known is said"
    assert not off_by(Goal.at(625.0), "drug-like", generator="mine"), "measured with the shipped generator"
    assert not off_by(Goal.at(2.0), "lead-like", "logp")
    assert off_by(Goal.at(6.0), "lead-like", "acceptors") == [], "a quarter of an acceptor off is not missed"


def test_the_pace_is_that_of_finished_runs_of_the_kind() -> None:
    slow = replace(RUN, seconds=80.0)
    assert pace_of([], "crystals") is None
    assert pace_of([replace(RUN, seconds=None), replace(RUN, state="cancelled")], "crystals") is None
    assert pace_of([RUN, slow, replace(RUN, kind="molecules", seconds=1.0), RUN], "crystals") == 2.0
