"""Bad tables of one's own property: each is said with its remedy, the good rows are learnt."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from matgen_core.cli.main import app
from matgen_core.workflows.own_properties.own_folder import VARIABLE
from matgen_core.workflows.own_properties.own_store import list_targets, load_target
from matgen_core.workflows.page_work.training import train_own

RINGS = (
    *("c1ccccc1", "c1ccncc1", "C1CCCCC1", "c1ccsc1", "c1ccoc1", "C1CCNCC1"),
    *("c1cc[nH]c1", "C1CCOC1", "c1ccc2ccccc2c1", "C1CCCC1", "C1CCSC1", "c1cncnc1"),
)
CHAINS = ("C", "CC", "CO", "CN")
SMILES = [f"{chain}{ring}" for ring in RINGS for chain in CHAINS]
FORMULAS = [f"{m}{n}{o}" for m in ("Li", "Na", "K", "Mg", "Ca", "Zn", "Al", "Fe") for o in "OSF" for n in (1, 2)]
NOISE = np.random.default_rng(1).normal(size=len(SMILES))


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "predictors"))


def table(rows: list[tuple[str, object]]) -> str:
    return "smiles,y\n" + "".join(f"{smiles},{value}\n" for smiles, value in rows)


def sizes(count: int = len(SMILES)) -> list[tuple[str, object]]:
    return [(smiles, len(smiles)) for smiles in SMILES[:count]]


REFUSED = {
    "text": (table([(s, "high") for s in SMILES]), r"0 usable rows are too few; .*row 1: 'high' is not a number"),
    "equal": (
        table([(s, 7) for s in SMILES]),
        r"every value is 7, so there is nothing to predict; choose another column",
    ),
    "short": (table(sizes(5)), r"5 usable rows are too few; give 20 or more"),
    "one scaffold": (table([("C" * n + "O", n) for n in range(1, 31)]), r"different scaffolds"),
    "no column": ("smiles,z\nCCO,1\n", r"no column 'y' .* name the column of the numbers"),
    "no molecules": (table([("Xx" + s, 1) for s in SMILES]), r"0 usable rows are too few"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_table_without_enough_to_learn_is_refused_with_the_remedy(case: str, tmp_path: Path) -> None:
    text, said = REFUSED[case]
    path = tmp_path / "table.csv"
    path.write_text(text)
    failed = CliRunner().invoke(app, ["own", "train", str(path), "--column", "y"])
    assert failed.exit_code == 1
    assert type(failed.exception).__name__ in ("BadInput", "SystemExit")
    with pytest.raises(Exception, match=said):
        train_own(lambda *_: None, lambda: False, data=text.encode(), column="y", name="y", unit="")
    assert list_targets() == ()


def train(text: str, tmp_path: Path) -> str:
    path = tmp_path / "table.csv"
    path.write_text(text)
    done = CliRunner().invoke(app, ["own", "train", str(path), "--column", "y"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (
            ("CC(=O)[O-].[Na+]", 3),
            "row 49: .* like a salt or a solvate; the models take one molecule, so give one part",
        ),
        (("c1ccccc", 3), "row 49: "),
        (("CCO", "high"), "row 49: 'high' is not a number"),
        (("CCO", ""), "row 49: no value"),
        (
            ("CCO", "7 nM"),
            "row 49: '7 nM' has a unit, most rows have none; write the number alone, in the unit of the other rows",
        ),
        (("CCO", "1e99"), "row 49: '1e99' is not a usable number"),
    ],
)
def test_a_bad_row_says_why_and_the_others_are_learnt(bad: tuple[str, object], said: str, tmp_path: Path) -> None:
    output = train(table([*sizes(), bad]), tmp_path)
    assert re.search(said, output), output
    assert len(load_target("y").examples.texts) == len(SMILES)


def test_units_that_are_mixed_are_said_row_by_row(tmp_path: Path) -> None:
    rows = [(smiles, f"{value} nM") for smiles, value in sizes()]
    rows[4] = (SMILES[4], "3 uM")
    output = train(table(rows), tmp_path)
    assert "row 5: '3 uM' is in uM, most rows are in nM; write all in one unit" in output
    assert load_target("y").unit == "nM"


def test_a_molecule_with_two_values_is_named(tmp_path: Path) -> None:
    output = train(table([*sizes(), (SMILES[0], 90), (SMILES[3], 7)]), tmp_path)
    assert "2 rows repeat a SMILES of another row; the mean of the values is used" in output
    assert "'Cc1ccccc1' differs the most" in output
    assert "take out what is wrong" in output


def test_a_predictor_worse_than_the_mean_is_said_and_kept_for_the_user_to_decide(tmp_path: Path) -> None:
    output = train(table(list(zip(SMILES, NOISE.tolist(), strict=True))), tmp_path)
    assert "it has found nothing that holds for new scaffolds or elements; give more rows, or another column" in output
    assert list_targets() == ("y",)
    assert not load_target("y").validation.helps


def test_a_tuning_towards_a_predictor_worse_than_the_mean_says_so_and_goes_on(tmp_path: Path) -> None:
    noise = np.random.default_rng(6).normal(size=len(FORMULAS))
    path = tmp_path / "table.csv"
    path.write_text("formula,y\n" + "".join(f"{f},{v}\n" for f, v in zip(FORMULAS, noise, strict=True)))
    run = CliRunner().invoke
    assert run(app, ["own", "train", str(path), "--column", "y"], catch_exceptions=False).exit_code == 0
    assert not load_target("y").validation.helps
    words = ["tune", "compositions", "--own", "y=0:", "--steps", "1", "--batch", "8", "--count", "2"]
    tuned = run(app, words, catch_exceptions=False)
    assert tuned.exit_code == 0, tuned.output
    assert "note: the predictor errs by" in tuned.output
    assert "of 2 compositions meet every target" in tuned.output


def test_a_trained_predictor_worse_than_the_median_is_kept_and_said_wherever_it_is_used(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(size=len(FORMULAS))
    path, out = tmp_path / "table.csv", tmp_path / "out.csv"
    path.write_text("formula,y\n" + "".join(f"{f},{v}\n" for f, v in zip(FORMULAS, noise, strict=True)))
    run, said = CliRunner().invoke, "it has learnt nothing of use; give more rows or epochs, or another column"
    words = ["finetune", str(path), "--column", "y", "--strategy", "full", "--epochs", "25"]
    trained = run(app, words, catch_exceptions=False)
    assert trained.exit_code == 0, trained.output
    assert said in trained.output
    assert "(guessing the median: " in run(app, ["predictors"], catch_exceptions=False).output
    used = run(app, ["predict", str(path), "--using", "y", "--out", str(out)], catch_exceptions=False)
    assert said in used.output
    assert len(out.read_text().splitlines()) == 1 + len(FORMULAS)
