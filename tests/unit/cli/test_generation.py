"""The commands of the three kinds are made from their records: what is declared can be asked for, and nothing else."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest
import typer

from matgen_core.cli.generation import design_command, generate_command
from matgen_core.cli.main import app
from matgen_core.core.properties import asked_of
from matgen_core.core.settings import Budget, declared
from matgen_core.kinds.registry import KINDS, NAMES
from tests.unit.cli.test_main import run


def options_of(*path: str) -> dict[str, Any]:
    """Options of a command of ``matgen`` by the name of their value."""
    command: Any = typer.main.get_command(app)
    for name in path:
        command = command.commands[name]
    return {str(option.name): option for option in command.params}


@pytest.mark.parametrize("kind", NAMES)
def test_a_command_offers_what_its_kind_declares(kind: str) -> None:
    record, options = KINDS[kind], options_of(kind)
    for name in (*asked_of(kind), *declared(record.settings), *record.constraints, "count", "seed", "out"):
        assert name in options, name
    assert options["count"].default == record.count
    assert ("cif_dir" in options) == ("zip" in record.endings)
    assert ("include" in options) == (kind != "molecules")


@pytest.mark.parametrize("kind", NAMES)
def test_the_loop_offers_budget_and_rules_in_place_of_the_settings_that_they_replace(kind: str) -> None:
    record, options = KINDS[kind], options_of("design", kind)
    settings = set(declared(record.settings)) - set(record.ruled)
    for name in (*asked_of(kind), *settings, *record.rules, *declared(Budget)):
        assert name in options, name
    assert not (set(record.ruled) - set(record.rules)) & set(options)
    assert options["want"].default == record.budget.want


@pytest.mark.parametrize("kind", NAMES)
def test_help_says_what_a_command_does(kind: str) -> None:
    assert kind in (generate_command(kind).__doc__ or "")
    assert kind in (design_command(kind).__doc__ or "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["compositions", "--out", "found.sdf"], "compositions are not written as 'sdf'; choose from: csv"),
        (["molecules", "--scaffold", "FC(F)(F)F"], "has no open place"),
        (["molecules", "--fragments", "c1ccccc1*"], "write two with a dot between them and one * each"),
        (["design", "molecules", "--near", "CC(=O)[O-].[Na+]"], "so give one part"),
        (["design", "molecules", "--out", "found.zip"], "choose from: csv, sdf, 3d.sdf, smi"),
        (["design", "crystals", "--want", "0"], "want 0 is not possible; choose from 1 to 1000"),
        (["design", "crystals", "--max-hull", "nan"], "max-e-above-hull nan is not possible"),
        (["molecules", "--filters", "NIH"], "filters 'NIH' is unknown; choose from: PAINS, BRENK"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_is_refused_by_its_declaration(
    words: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = run(monkeypatch, capsys, *words)
    assert (code, said in text) == (2, True), text


def test_a_count_is_kept_and_what_was_generated_and_rejected_stands_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, every = tmp_path / "kept.csv", tmp_path / "every.csv"
    words = ["compositions", "--count", "6", "--new", "--seed", "4", "--formation-energy", ":-1"]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["matgen", *words, "--out", str(kept)])
    with pytest.raises(SystemExit):
        app()
    said = capsys.readouterr().out
    found = re.search(r"compositions kept: (\d+) of (\d+) generated; rejected: (.*); meeting every target: (\d+)", said)
    assert found, said
    assert run(monkeypatch, capsys, *words, "--all", "--out", str(every))[0] == 0
    rows = {path: list(csv.DictReader(path.open(encoding="utf-8"))) for path in (kept, every)}
    assert len(rows[kept]) == int(found[1]) == 6
    assert len(rows[every]) == int(found[2])
    rejected = sum(int(part.rsplit(" ", 1)[1]) for part in found[3].split(", "))
    assert rejected == int(found[2]) - int(found[1])
    assert sum(row["target:formation_energy"] == "True" for row in rows[kept]) == int(found[4])
