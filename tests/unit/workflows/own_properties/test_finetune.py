"""Teaching: good rows are learnt, bad ones listed; a predictor is kept alone and reads the same when it comes back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from matgen_core.core.errors import BadInput, DamagedCheckpoint, UnknownCheckpoint
from matgen_core.core.records import Prediction
from matgen_core.kinds.compositions.rows import count_atoms
from matgen_core.learning.examples import read_columns
from matgen_core.models.adapters import STRATEGIES
from matgen_core.workflows.own_properties.finetune import FinetuneConfig, finetune, open_backbone
from matgen_core.workflows.own_properties.own_folder import VARIABLE, list_predictors
from matgen_core.workflows.own_properties.predictors import load_predictor, predict_with, save_predictor
from matgen_core.workflows.own_properties.training_examples import Examples, read_examples

METALS, OTHERS = ("Li", "Na", "K", "Mg", "Ca", "Sr", "Zn", "Al"), ("O", "S", "Se", "F", "Cl", "Br")
FORMULAS = [f"{m}{n}{o}" for m in METALS for o in OTHERS for n in (1, 2)]
VALUES = [10.0 + count_atoms(f).get("O", 0) * 3 + ("Cl" in f) * 2 + ("Br" in f) * 2 for f in FORMULAS]


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "predictors"))
    load_predictor.cache_clear()


def examples() -> Examples:
    return read_examples(FORMULAS, VALUES, "formula")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_each_strategy_learns_and_comes_back(strategy: str) -> None:
    tuned = finetune(examples(), FinetuneConfig(strategy, 25, batch=16))
    assert tuned.report["mae"] < 0.8 * tuned.report["mae_of_median"] or strategy != "full"
    assert tuned.curve[-1][1] < tuned.curve[0][1]
    before = tuned.read(["NaCl", "MgO"])
    folder = save_predictor(tuned, f"mine-{strategy}", "hardness", "GPa")
    assert list_predictors() == (f"mine-{strategy}",)
    again = predict_with(f"mine-{strategy}", ["NaCl", "Xx", "OMg"])
    assert isinstance(again[1], str)
    for read, value, spread in zip((again[0], again[2]), *before, strict=True):
        assert isinstance(read, Prediction)
        assert read.value == pytest.approx(value, abs=1e-4)
        assert read.spread == pytest.approx(spread, rel=1e-3)
        assert (read.property, read.unit) == ("hardness", "GPa")
    size = (folder / "weights.safetensors").stat().st_size
    assert size < 400_000 or strategy == "full", "what is small is kept alone"


def test_the_shipped_backbone_is_not_touched() -> None:
    before = {k: v.clone() for k, v in open_backbone("formula").network.state_dict().items()}
    finetune(examples(), FinetuneConfig("full", 2))
    after = open_backbone("formula").network.state_dict()
    assert all(bool((before[k] == after[k]).all()) for k in before)


def test_molecules_are_learnt_too() -> None:
    smiles = ["C" * n + t for n in range(1, 12) for t in ("O", "N", "F")]
    tuned = finetune(
        read_examples(smiles, [float(len(s)) for s in smiles], "smiles"), FinetuneConfig("lora", 12, batch=8)
    )
    assert tuned.curve[-1][1] < tuned.curve[0][1]


def test_one_no_better_than_the_median_says_so() -> None:
    """Noise that is learnt by heart errs more on withheld rows than its median."""
    noise = np.random.default_rng(0).normal(size=len(FORMULAS))
    learnt = finetune(read_examples(FORMULAS, list(noise), "formula"), FinetuneConfig("full", 25, batch=16))
    assert learnt.report["mae"] > learnt.report["mae_of_median"]
    assert "it has learnt nothing of use; give more rows or epochs, or another column" in learnt.doubt
    learnt.report |= {"mae": 0.1, "mae_of_median": 0.2}
    assert learnt.doubt == ""


def test_the_seed_repeats() -> None:
    one, two = (finetune(examples(), FinetuneConfig("adapter", 2, seed=5)).curve for _ in range(2))
    assert one == two


def test_bad_rows_are_listed_and_the_good_are_learnt() -> None:
    texts = [*FORMULAS, "Xx", "NaCl", "NaCl", "", "MgO"]
    values: list[object] = [*VALUES, 1.0, "abc", float("inf"), 2.0, ""]
    found = read_examples(texts, values, "formula")
    first = len(FORMULAS) + 1
    assert [row for row, _ in found.refused] == [first, first + 1, first + 2, first + 3, first + 4]
    assert "'Xx'" in found.refused[0][1]
    assert "'abc' is not a number" in found.refused[1][1]
    assert len(found.texts) == len(set(FORMULAS))


def test_repeats_are_averaged_and_said() -> None:
    found = read_examples([*FORMULAS, "ONa2"], [*VALUES, 0.0], "formula")
    assert "1 rows repeat a formula of another row; the mean of the values is used" in found.note
    value = float(found.values[found.texts.index("Na2O")])
    assert value == pytest.approx(np.mean([VALUES[FORMULAS.index("Na2O")], 0.0]))


@pytest.mark.parametrize(
    ("texts", "values", "words"),
    [
        (["NaCl"], [1.0], "1 usable rows are too few"),
        (FORMULAS, [2.0] * len(FORMULAS), "every value is 2"),
        ([], [], "0 usable rows"),
    ],
)
def test_a_table_that_cannot_teach_is_refused(texts: list[str], values: list[float], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        read_examples(texts, values, "formula")


def test_a_million_rows_are_sampled_and_it_is_said() -> None:
    found = read_examples(FORMULAS, VALUES, "formula", most=30)
    assert len(found.texts) == 30
    assert "30 of" in found.note


def test_names_and_files_that_cannot_be_are_told(tmp_path: Path) -> None:
    tuned = finetune(examples(), FinetuneConfig("lora", 1))
    with pytest.raises(BadInput, match="cannot be a name here"):
        save_predictor(tuned, "../up", "x")
    with pytest.raises(UnknownCheckpoint, match="there are: none"):
        predict_with("absent", ["NaCl"])
    path = save_predictor(tuned, "mine", "x")
    (path / "weights.safetensors").write_bytes(b"no")
    with pytest.raises(DamagedCheckpoint, match=r"'mine'.*train it again"):
        predict_with("mine", ["NaCl"])


def test_it_stops_when_told() -> None:
    asked = iter([False] * 3 + [True] * 99)
    tuned = finetune(examples(), FinetuneConfig("lora", 50, batch=32), cancelled=lambda: next(asked))
    assert len(tuned.curve) <= 1
    assert tuned.report["rows"] > 0


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        (b"a,b\n1,2\n", "b", "no column formula, smiles or cif"),
        (b"formula,b\nNaCl,2\n", "c", "no column 'c'"),
        (b"", "c", "no header"),
        (b"\xff\xfe", "c", "no header"),
        (b"formula,b\n", "b", "no rows"),
    ],
)
def test_columns_that_are_not_there_are_named(text: bytes, column: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        read_columns(text, column)
