"""Searches within a number of calls: what a call is, when a search has ended, the area, what is measured again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from rdkit import Chem
from typer.testing import CliRunner

from matgen_core.cli.main import app
from matgen_core.core.errors import BadInput
from matgen_core.core.settings import TuneSettings
from matgen_core.evaluation.guacamol import PUBLISHED, guacamol_goals
from matgen_core.evaluation.optimising import (
    Oracle,
    area_of_top,
    is_training_molecule,
    measure_guacamol,
    measure_search,
    search_by_tuning,
)

ISOMER = guacamol_goals()["isomers_c7h8n2o2"]


def heavy(molecule: Chem.Mol) -> float:
    return min(1.0, molecule.GetNumHeavyAtoms() / 100)


def test_a_molecule_that_comes_again_costs_no_call_and_spent_calls_score_nothing() -> None:
    oracle = Oracle(heavy, 2)
    assert [oracle(text) for text in ("CCO", "CCO", "CCCO", "CCCCO")] == [0.03, 0.03, 0.04, 0.0]
    assert oracle.scores == {"CCO": 0.03, "CCCO": 0.04}
    assert oracle.over


def test_it_is_over_with_ten_full_scores() -> None:
    oracle = Oracle(lambda _molecule: 1.0, 100)
    for length in range(1, 10):
        oracle("C" * length)
    assert not oracle.over
    oracle("O")
    assert oracle.over


def test_it_is_over_when_the_best_do_not_change_for_long() -> None:
    oracle = Oracle(heavy, 5000)
    for n in range(1001):
        oracle.scores[str(n)] = 0.1
    oracle("CCO")
    oracle.end_round()
    for _ in range(9):
        oracle.end_round()
    assert not oracle.over
    oracle("CCCCO")
    oracle.end_round()
    assert not oracle.over, "a better one begins the count anew"
    for _ in range(10):
        oracle.end_round()
    assert oracle.over


def test_the_area_rewards_what_is_found_early() -> None:
    early, late = [1.0] * 10 + [0.0] * 990, [0.0] * 990 + [1.0] * 10
    assert area_of_top(early, 1000) == pytest.approx(0.95)
    assert area_of_top(late, 1000) == pytest.approx(0.05)
    assert area_of_top([0.5] * 1000, 1000) == pytest.approx(0.475)
    assert area_of_top([0.5] * 300, 1000) == pytest.approx(0.475), "what is left counts with the last mean"
    assert area_of_top([1.0] * 5000, 1000) == pytest.approx(0.95), "more than allowed does not count"
    assert area_of_top([], 1000) == 0.0


def test_tuning_learns_within_its_calls() -> None:
    oracle = Oracle(ISOMER, 150)
    search_by_tuning(oracle, lambda: oracle.over, 0, TuneSettings(batch=12, crossed=38, distance=200.0))
    scores = list(oracle.scores.values())
    assert len(scores) == 150
    assert sum(scores[-50:]) > 2 * sum(scores[:50])


def test_a_row_says_what_was_searched_and_is_not_measured_again() -> None:
    said, kept = list[str](), list[list[dict[str, Any]]]()
    rows = measure_guacamol(["qed"], ["genetic"], 300, keep=lambda r: kept.append(list(r)), say=said.append)
    (row,) = rows
    assert kept == [rows]
    assert row["used"] == 300
    assert row["best"] == row["found"][0][1] > 0.9
    assert row["curve"] == sorted(row["curve"])
    assert len(row["curve"]) == 10
    assert 0.0 < row["auc_top10"] < row["top10"] <= row["best"]
    again = measure_guacamol(["qed"], ["genetic"], 300, rows=rows, keep=lambda _rows: pytest.fail("measured again"))
    assert again == rows
    assert len(said) == 1


def test_a_part_of_a_search_is_not_kept() -> None:
    asked = iter([False] * 50 + [True] * 10_000)
    assert measure_guacamol(["qed"], ["genetic"], 300, cancelled=lambda: next(asked)) == []


@pytest.mark.parametrize(("tasks", "methods"), [(["aspirin"], ["tuned"]), (["qed"], ["luck"])])
def test_what_is_unknown_is_named_with_what_there_is(tasks: list[str], methods: list[str]) -> None:
    with pytest.raises(BadInput, match=r"'(aspirin|luck)' is unknown; choose from: .*(celecoxib|tuned)"):
        measure_guacamol(tasks, methods, 300)


def test_the_command_writes_each_row_and_goes_on(tmp_path: Path) -> None:
    words = ["evaluate", "guacamol", "--tasks", "qed", "--method", "genetic", "--calls", "150", "--out", str(tmp_path)]
    first = CliRunner().invoke(app, words, catch_exceptions=False)
    assert "qed, genetic: AUC top-10" in first.output
    (row,) = json.loads((tmp_path / "guacamol.json").read_text())
    more = CliRunner().invoke(app, [*words, "--tasks", "qed,median1"], catch_exceptions=False)
    assert "qed," not in more.output
    assert json.loads((tmp_path / "guacamol.json").read_text())[0] == row


def test_what_was_published_is_of_goals_that_there_are() -> None:
    assert set(guacamol_goals()) - set(PUBLISHED) == {"aripiprazole_similarity"}
    assert set(PUBLISHED) <= set(guacamol_goals())


def test_a_target_that_the_generator_learnt_is_said() -> None:
    row = measure_search(guacamol_goals()["celecoxib_rediscovery"], "genetic", 130, 0)
    assert row["target_in_training"] is is_training_molecule(guacamol_goals()["celecoxib_rediscovery"].targets[0])
    assert not is_training_molecule("CCCCCCCCCCCCCCCCCCCCCCCCCC(I)Br")
