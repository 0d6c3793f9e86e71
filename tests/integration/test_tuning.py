"""A property of one's own from a table to candidates: trained, aimed at, tuned, drawn, judged, kept, drawn again."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from matgen_core.cli.main import app
from matgen_core.core.goals import Goal
from matgen_core.core.records import JUDGING, STEERING
from matgen_core.core.settings import TuneSettings
from matgen_core.kinds.compositions.rows import count_atoms
from matgen_core.kinds.crystals.judge import met_all
from matgen_core.workflows.design import count_kept, design
from matgen_core.workflows.own_properties.own_folder import VARIABLE
from matgen_core.workflows.own_properties.own_store import list_copies, load_copy, save_copy
from matgen_core.workflows.own_properties.own_targets import train_target
from matgen_core.workflows.own_properties.training_examples import read_examples
from matgen_core.workflows.tuning.aims import Aims, Steered
from matgen_core.workflows.tuning.tuner import tune

METALS, OTHERS = (
    ("Li", "Na", "K", "Mg", "Ca", "Sr", "Ba", "Zn", "Al", "Ti", "Fe", "Y"),
    ("O", "S", "Se", "F", "Cl", "Br"),
)
FORMULAS = [f"{m}{n}{o}{k}" for m in METALS for o in OTHERS for n in (1, 2) for k in (1, 3)]
VALUES = [1.0 + 6.0 * count_atoms(f).get("F", 0) / sum(count_atoms(f).values()) for f in FORMULAS]


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "predictors"))


def test_a_short_tuning_raises_the_score_and_what_is_drawn_by_the_judge() -> None:
    own = train_target("fluorine", read_examples(FORMULAS, VALUES, "formula"), "Share", "")
    aims = Aims(own=((own, Goal.at_least(3.0)),))
    tuning, prior = tune("compositions", aims, TuneSettings(batch=64, steps=12, distance=20.0, learning_rate=2e-3))
    first, kept = tuning.curve[0], tuning.curve[tuning.step]
    assert kept.score > 1.5 * first.score
    assert kept.diversity > 0.5
    save_copy("fluorides", "compositions", prior, tuning, aims.goals())
    assert list_copies() == ("fluorides",)
    again = load_copy("fluorides")
    drawn = [
        count_kept(
            "compositions", design("compositions", aims.target, 24, seed=1, steered=Steered(aims, copy))
        ).candidates
        for copy in ((tuning.network, "one"), again.drawing, None)
    ]
    tuned, kept_copy, shipped = drawn
    assert [c.material for c in tuned] == [c.material for c in kept_copy], "what comes back draws the same"
    assert sum(map(met_all, tuned)) > sum(map(met_all, shipped))
    prediction = tuned[0].predictions["own.fluorine"]
    assert prediction.role == STEERING
    assert prediction.judged is not None
    assert prediction.judged.role == JUDGING
    assert "fluorides (tuned from matgpt@" in kept_copy[0].origin.checkpoint


def test_the_commands_teach_tune_list_export_and_delete(tmp_path: Path) -> None:
    table, out, zipped = tmp_path / "mine.csv", tmp_path / "found.csv", tmp_path / "mine.zip"
    rows = zip([*FORMULAS, "Xx"], [*VALUES, 1.0], strict=True)
    table.write_text("formula,share\n" + "".join(f"{f},{v}\n" for f, v in rows))
    run = CliRunner().invoke
    trained = run(app, ["own", "train", str(table), "--column", "share", "--name", "f"], catch_exceptions=False)
    assert trained.exit_code == 0, trained.output
    assert "guessing the mean" in trained.output
    assert "'Xx'" in trained.output
    words = ["tune", "compositions", "--own", "f=3:", "--steps", "2", "--batch", "16", "--count", "6", "--keep", "mine"]
    tuned = run(app, [*words, "--out", str(out), "--compare"], catch_exceptions=False)
    assert tuned.exit_code == 0, tuned.output
    assert "the included generator: " in tuned.output
    found = list(csv.DictReader(out.open()))
    assert len(found) == 6
    assert {"own.f", "own.f_judge", "target:own.f"} <= set(found[0])
    listed = run(app, ["own", "list"])
    assert "mine: generator of compositions" in listed.output
    assert run(app, ["own", "export", "mine", str(zipped)]).exit_code == 0
    assert zipped.read_bytes()[:2] == b"PK"
    record = json.loads((tmp_path / "predictors" / "mine" / "tuned.json").read_text())
    assert record["goals"] == {"own.f": "3:"}
    assert run(app, ["own", "delete", "mine"]).exit_code == 0
    assert list_copies() == ()


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--steps", "1"], "no target is set"), (["--own", "x"], "has no name"), (["--own", "x=1:"], "there are: none"),
     (["--by", "x", "--band-gap", "2"], "matgen train or matgen tune")],
)  # fmt: skip
def test_what_cannot_be_tuned_is_said(words: list[str], said: str) -> None:
    failed = CliRunner().invoke(app, ["tune", "compositions", *words])
    assert failed.exit_code != 0
    assert said in str(failed.exception)
