"""A property of one's own: groups never on both sides, two predictors on disjoint rows, what bad tables are told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from matgen_core.core.errors import BadInput, Cancelled, DamagedCheckpoint, UnknownCheckpoint
from matgen_core.core.goals import Goal
from matgen_core.core.records import JUDGING, STEERING, Candidate, Formula, Molecule, Origin, Verdict
from matgen_core.kinds.compositions.rows import count_atoms
from matgen_core.kinds.registry import load_kind
from matgen_core.workflows.own_properties.own_folder import VARIABLE
from matgen_core.workflows.own_properties.own_store import delete, export, list_targets, load_target, save_target
from matgen_core.workflows.own_properties.own_targets import OwnTarget, _part, train_target
from matgen_core.workflows.own_properties.training_examples import read_examples
from matgen_core.workflows.tuning.aims import Aims

METALS, OTHERS = ("Li", "Na", "K", "Mg", "Ca", "Sr", "Zn", "Al", "Ti", "Fe"), ("O", "S", "Se", "F", "Cl", "Br")
FORMULAS = [f"{m}{n}{o}" for m in METALS for o in OTHERS for n in (1, 2)]
VALUES = [5.0 + 3.0 * ("O" in count_atoms(f)) + ("Cl" in f) + count_atoms(f).get("F", 0) for f in FORMULAS]


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "predictors"))


@pytest.fixture(scope="module")
def own() -> OwnTarget:
    return train_target("hardness", read_examples(FORMULAS, VALUES, "formula"), "Hardness", "GPa")


def test_what_is_alike_is_never_on_both_sides() -> None:
    groups = np.array([f"g{i % 13}" for i in range(100)])
    parts = _part(groups, 5, seed=3)
    for group in set(groups):
        assert len(set(parts[groups == group])) == 1
    sizes = np.bincount(parts)
    assert sizes.max() <= 2 * sizes.min()


def test_the_two_predictors_share_no_row_and_no_group(own: OwnTarget) -> None:
    systems = np.array(["-".join(sorted(count_atoms(text))) for text in own.examples.texts])
    assert not set(systems[own.steers]) & set(systems[~own.steers])
    assert own.steering.rows + own.judging.rows == len(own.examples.texts)
    assert abs(own.steering.rows - own.judging.rows) <= 2


def test_it_learns_what_can_be_learnt_and_says_how_sure_it_is(own: OwnTarget) -> None:
    assert own.validation.error < 0.5 * own.validation.baseline
    assert own.validation.helps
    assert own.validation.explained > 0.7
    assert 0.9 <= own.validation.inside[1] <= 1.0
    assert own.notes == ()


def test_noise_is_said_to_be_no_better_than_the_mean() -> None:
    noise = np.random.default_rng(0).normal(size=len(FORMULAS))
    found = train_target("noise", read_examples(FORMULAS, list(noise), "formula"))
    assert found.validation.explained < 0.15
    if not found.validation.helps:
        assert any("guessing the mean" in note for note in found.notes)


def test_a_candidate_bears_both_predictions_and_their_roles(own: OwnTarget) -> None:
    made = [Candidate("1", Formula("MgO"), Origin("file")), Candidate("2", Molecule("CCO"), Origin("file"))]
    oxide, ethanol = own.add_to(made)
    prediction = oxide.predictions["own.hardness"]
    assert (prediction.role, prediction.unit) == (STEERING, "GPa")
    assert prediction.judged is not None
    assert prediction.judged.role == JUDGING
    assert prediction.value == pytest.approx(8.0, abs=1.5)
    assert oxide.best("own.hardness") == prediction.judged.value
    assert not ethanol.predictions


def test_unlike_materials_are_said_to_be(own: OwnTarget) -> None:
    near, far = own.predict(["MgO", "PuXe3"])
    assert near.in_domain is True
    assert far.in_domain is False
    assert "unlike" in far.note


def test_it_comes_back_as_it_was_and_goes(own: OwnTarget) -> None:
    save_target(own)
    assert list_targets() == ("hardness",)
    again = load_target("hardness")
    for one, two in zip(own.predict(["MgO", "CaF2"]), again.predict(["MgO", "CaF2"]), strict=True):
        assert one.value == pytest.approx(two.value, abs=1e-3)
        assert one.judged is not None
        assert two.judged is not None
        assert one.judged.spread == pytest.approx(two.judged.spread, abs=1e-3)
    assert again.validation.error == pytest.approx(own.validation.error, abs=1e-4)
    assert export("hardness")[:2] == b"PK"
    delete("hardness")
    assert list_targets() == ()
    with pytest.raises(UnknownCheckpoint, match="there are: none"):
        load_target("hardness")


def test_a_damaged_file_is_told(own: OwnTarget) -> None:
    (save_target(own) / "target.json").write_text('{"kind": "formula"}')
    with pytest.raises(DamagedCheckpoint, match="train it again"):
        load_target("hardness")


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".", "absent"])
def test_only_what_is_kept_can_be_taken_away(name: str) -> None:
    with pytest.raises(UnknownCheckpoint, match="nothing is saved"):
        delete(name)


def test_the_goal_is_judged_by_the_judge_and_ranks(own: OwnTarget) -> None:
    aims = Aims(own=((own, Goal.at_least(7.0)),))
    made = [Candidate(str(i), Formula(f), Origin("file")) for i, f in enumerate(("NaBr", "MgO"))]
    ranked = aims.rank("compositions", aims.finish(made))
    assert [c.material.reduced for c in ranked] == ["MgO", "NaBr"]
    assert ranked[0].passed("target:own.hardness")
    assert ranked[1].failed("target:own.hardness")
    assert "by the judging predictor" in ranked[1].verdicts[-1].reason
    low, high = aims.score([made[0], made[1]])
    assert 0.0 < low < high <= 1.0


def test_the_rows_to_begin_with_are_the_steering_ones_one_of_each_group_before_a_second(own: OwnTarget) -> None:
    aims = Aims(own=((own, Goal.at_least(7.0)),))
    known = {own.examples.texts[i] for i in range(len(own.steers)) if own.steers[i]}
    rows, group = aims.best_rows("compositions", 100), load_kind("compositions").group
    assert set(rows) == known, "the judging predictor's rows are never learnt from"
    groups = [group(row) for row in rows]
    first = groups[: len(set(groups))]
    assert len(first) == len(set(first))
    values = [own.measured[row] for row in rows[: len(first)]]
    assert values == sorted(values, reverse=True)
    assert aims.best_rows("compositions", 3) == rows[:3]
    assert aims.best_rows("compositions", 0) == ()


def test_what_was_measured_is_not_new(own: OwnTarget) -> None:
    aims = Aims(own=((own, Goal.at_least(7.0)),))
    new = Verdict("novelty", True, "new")
    made = [Candidate(f, Formula(f), Origin("file"), {}, (new,)) for f in ("MgO", "Mg2OF2")]
    assert "MgO" in own.measured
    assert "Mg2OF2" not in own.measured
    row, other = aims.finish(made)
    assert row.failed("novelty")
    assert str(row.verdict("novelty").reason) == f"among the rows of hardness, measured as {own.measured['MgO']:.4g}"
    assert other.passed("novelty")


def test_units_that_are_mixed_are_told_row_by_row() -> None:
    values = [f"{value} GPa" for value in VALUES]
    values[3] = "7000 MPa"
    found = read_examples(FORMULAS, values, "formula")
    assert found.unit == "GPa"
    assert found.refused == ((4, "'7000 MPa' is in MPa, most rows are in GPa; write all in one unit"),)


def test_the_row_that_repeats_with_another_value_is_named() -> None:
    found = read_examples([*FORMULAS, "MgO", "OMg"], [*VALUES, 7.0, 99.0], "formula")
    assert "'MgO' differs the most, 7 to 99" in found.note


def test_a_column_of_several_powers_of_ten_is_asked_about() -> None:
    values = [float(10 ** (i % 9)) for i in range(len(FORMULAS))]
    found = train_target("k", read_examples(FORMULAS, values, "formula"))
    assert any("are the units mixed" in note for note in found.notes)


def test_rows_of_one_scaffold_cannot_be_measured_on_new_ones() -> None:
    smiles = ["C" * n + t for n in range(1, 12) for t in ("O", "N", "F")]
    with pytest.raises(BadInput, match="1 different scaffolds"):
        train_target("x", read_examples(smiles, [float(len(s)) for s in smiles], "smiles"))


def test_salts_are_refused_with_the_remedy_and_the_others_learnt() -> None:
    smiles = [f"c1ccccc1{'C' * n}O" for n in range(1, 25)]
    found = read_examples(["CC(=O)[O-].[Na+]", *smiles], [1.0, *map(float, range(24))], "smiles")
    assert len(found.texts) == 24
    assert "like a salt" in found.refused[0][1]


def test_it_stops_when_told() -> None:
    with pytest.raises(Cancelled):
        train_target("x", read_examples(FORMULAS, VALUES, "formula"), cancelled=lambda: True)
