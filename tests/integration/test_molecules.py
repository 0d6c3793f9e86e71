"""The whole way of the molecules on the shipped checkpoint, by function and by command."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from transformers import AutoModelForCausalLM, AutoTokenizer

from matgen_core.cli.main import main
from matgen_core.core.goals import Goal, Target
from matgen_core.core.records import Molecule, Progress
from matgen_core.core.settings import MoleculeSettings
from matgen_core.learning.checkpoints import FOLDER
from matgen_core.workflows.design import design

COOL = MoleculeSettings(temperature=0.5, until="drawn")
TARGET = Target({"logp": Goal.at(2.0), "weight": Goal.between(300, 340)})


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["matgen", "molecules", *words])
    with pytest.raises(SystemExit) as stop:
        main()
    return int(stop.value.code or 0)


def test_a_run_repeats_by_its_seed() -> None:
    one, two, other = (design("molecules", TARGET, 20, seed=seed, settings=COOL) for seed in (1, 1, 2))
    assert one == two
    assert len(one) == 20
    assert {c.material for c in one} != {c.material for c in other}


def test_what_the_grammar_lets_through_is_a_molecule() -> None:
    found = design("molecules", Target(), 100, seed=3, settings=MoleculeSettings(until="drawn"))
    valid = sum(c.verdict("valid").passed is True for c in found)  # type: ignore[union-attr]
    assert valid >= 99  # a few in a thousand come to a dead end


def test_asking_goes_on_until_there_are_enough_or_the_cap() -> None:
    seen: list[Progress[Molecule]] = []
    settings = MoleculeSettings(temperature=0.5, until="novel", cap=100)
    found = design("molecules", Target(), 3, settings=settings, on_progress=seen.append)
    assert seen[-1].stage == "done"
    assert seen[-1].done == 3 or "limit of generated candidates" in seen[-1].message
    assert len(found) <= 300
    assert [p.done for p in seen] == sorted(p.done for p in seen)


def test_a_cancelled_run_returns_what_it_has() -> None:
    assert design("molecules", Target(), 5, settings=COOL, cancelled=lambda: True) == ()


def test_every_string_grows_from_the_scaffold() -> None:
    settings = MoleculeSettings(temperature=0.5, until="drawn", scaffold="c1ccc2[nH]ccc2c1")
    for candidate in design("molecules", Target(), 24, settings=settings):
        if (valid := candidate.verdict("valid")) is not None and valid.passed:
            assert candidate.verdict("scaffold") is not None


@pytest.mark.parametrize("ending", ["csv", "sdf", "smi"])
def test_the_command_writes_what_was_asked(ending: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    out = tmp_path / f"found.{ending}"
    asked = "--count 8 --until drawn --temperature 0.5 --logp 2 --weight 300:340 --seed 7"
    code = run(monkeypatch, *asked.split(), "--out", str(out))
    assert code == 0
    assert out.is_file()
    if ending == "csv":
        assert len(out.read_text(encoding="utf-8").splitlines()) == 9


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--count", "0"), "choose 1 to"),
        (("--prefix", "C[Na]"), "[Na]"),
        (("--require", "(("), "required SMARTS"),
        (("--logp", "3:1"), "reversed"),
        (("--logp", "much"), "--logp"),
        (("--out", "x.exe"), "sdf"),
        (("--filters", "NIH"), "PAINS"),
        (("--temperature", "nan"), "temperature"),
        (("--guidance", "9"), "guidance"),
        (("--prefix", "CC(F)F)"), "may not follow"),
    ],
)
def test_bad_input_is_one_clear_line(
    words: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, *words) == 2
    error = capsys.readouterr().err.strip()
    assert said in error
    assert error.startswith("matgen: ")
    assert len(error.splitlines()) == 1


def test_plain_transformers_writes_with_the_shipped_weights() -> None:
    folder = FOLDER / "smiles-gpt"
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    begin = tokenizer("CC", return_tensors="pt")
    written = model.generate(begin["input_ids"], attention_mask=begin["attention_mask"], do_sample=False, max_length=40)
    assert tokenizer.decode(written[0], skip_special_tokens=True).startswith("CC")
