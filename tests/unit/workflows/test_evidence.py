"""Evidence of one candidate: it follows its published schema, notices a change, and its command asks for the same."""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

import matgen_core.workflows.design
from matgen_core.cli.main import app, main
from matgen_core.core.errors import BadInput
from matgen_core.core.goals import Constraints, Goal, Target
from matgen_core.core.installation import ASSETS
from matgen_core.core.messages import Message
from matgen_core.core.records import (
    JUDGING,
    STEERING,
    Candidate,
    Formula,
    Judgement,
    Molecule,
    Origin,
    Prediction,
    Verdict,
)
from matgen_core.core.settings import Budget, CrystalSettings, Rules
from matgen_core.kinds.rule_names import rule_name
from matgen_core.runs.store import open_store
from matgen_core.viz.evidence import write_evidence_page
from matgen_core.workflows.evidence import (
    Repeat,
    asked_record,
    collect_evidence,
    digest,
    stored_repeat,
    to_evidence_json,
    write_command,
)
from matgen_core.workflows.loop import DesignRun
from pages.i18n.language import translate
from tests.unit.chem.known_cells import salt

SCHEMA = json.loads((ASSETS / "evidence.schema.json").read_text(encoding="utf-8"))


def candidate(material: Any, **more: Any) -> Candidate[Any]:
    judged = Judgement(0.03, 0.02, "SevenNet-l3i5")
    predictions = {
        "formation_energy": Prediction("formation_energy", -2.05, 0.03, "eV/atom", "CHGNet", role=STEERING),
        "e_above_hull": Prediction("e_above_hull", 0.01, 0.03, "eV/atom", "CHGNet", role=STEERING, judged=judged),
        "band_gap": Prediction("band_gap", float("nan"), None, "eV", "none", note=Message("no {x}", x="value")),
    }
    verdicts = (
        Verdict("distances", True, Message("{n} atoms", n=8)),
        Verdict("<b>own</b>", None, "<script>x</script>"),
    )
    return Candidate("0-1", material, Origin("mixed", "gpt@1", 7, 3), predictions, verdicts, 1.5, **more)


MATERIALS = [salt(), Formula("NaCl"), Formula("Na3Cl2"), Molecule("CC(=O)Oc1ccccc1C(=O)O")]


@pytest.mark.parametrize("material", MATERIALS)
def test_it_follows_the_published_schema_and_notices_a_change(material: Any) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    record = json.loads(to_evidence_json(candidate(material)))
    assert list(Draft202012Validator(SCHEMA).iter_errors(record)) == []
    assert record["sha256"] != digest({**record, "score": 0.5})
    assert digest(record) == record["sha256"]


def test_both_models_their_roles_and_what_is_missing_are_said() -> None:
    record = collect_evidence(candidate(salt()))
    hull = next(p for p in record["properties"] if p["property"] == "e_above_hull")
    assert (hull["role"], hull["judge"]["role"]) == (STEERING, JUDGING)
    assert hull["judge"]["value"] == 0.03
    gap = next(p for p in record["properties"] if p["property"] == "band_gap")
    assert (gap["value"], gap["note"]) == (None, "no value")
    assert record["nearest_known"][0]["id"], "halite is in the reference under its id"
    assert record["hull"]["phases"] == [
        {"formula": "NaCl", "share_of_atoms": pytest.approx(1.0), "formation_energy": pytest.approx(-2.1, abs=0.2)}
    ]
    assert record["supply"]["price_usd_per_kg"] > 0


def test_a_molecule_has_neighbours_and_no_hull() -> None:
    record = collect_evidence(candidate(MATERIALS[-1]))
    assert record["hull"] is None
    assert record["cif"] is None
    assert 0 < record["nearest_known"][0]["value"] <= 1


def test_the_command_asks_for_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    target = Target(
        {"band_gap": Goal.at(2.0), "formation_energy": Goal.at_most(-0.5)},
        Constraints(
            include=frozenset({"O"}),
            exclude=frozenset({"Pb", "Cd"}),
            max_atoms=14,
            crystal_system="cubic",
            subsets=True,
            space_groups=frozenset({225, 227}),
            oxidation=(("O", -2),),
            dimensionality=3,
            structure_type="Spinel (H1_1)",
        ),
    )
    settings = CrystalSettings(guidance=2.0, templates=0, judge=False)
    asked: list[Any] = []

    def design(kind: str, target: Target, count: int, *, seed: int, settings: Any, **_: Any) -> tuple[()]:
        asked.extend([kind, target, count, seed, settings])
        return ()

    monkeypatch.setattr(matgen_core.workflows.design, "design", design)
    command = write_command("crystals", Repeat(target, settings, count=24), 7)
    monkeypatch.setattr(sys, "argv", shlex.split(command))
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    assert asked == ["crystals", target, 24, 7, settings]


def test_the_command_of_a_loop_asks_for_its_rules_and_budget(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # rejected candidates are written there
    rules = Rules(max_e_above_hull=0.05, known=True, toxic=True, judge=True, max_sa=3.0)  # no SA score of crystals
    budget, asked = Budget(want=5, seconds=90.0), list[Any]()

    def design_until(kind: str, target: Target, budget: Budget, *, rules: Rules, **_: Any) -> Any:
        asked.extend([kind, target, budget, rules])
        return DesignRun((), rules, 0, 0, 1.0, "found")

    monkeypatch.setattr(matgen_core.workflows.design, "design_until", design_until)
    target = Target({"band_gap": Goal.at_least(3.0)})
    command = write_command("crystals", Repeat(target, None, loop=True, rules=rules, budget=budget), 7)
    monkeypatch.setattr(sys, "argv", shlex.split(command))
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code, command
    assert asked == ["crystals", target, budget, replace(rules, max_sa=Rules().max_sa)]


def test_the_names_of_checks_are_in_the_language_of_the_reader() -> None:
    one = candidate(salt()).add_verdicts(Verdict("hull", True, ""), Verdict("target:band_gap", False, ""))
    page = write_evidence_page(one, Repeat(Target()), translate=lambda text: translate(text, "ja"), language="ja")
    for rule in ("distances", "hull", "target:band_gap"):
        assert f">{rule_name(rule)}<" not in page
        assert f">{translate(rule_name(rule), 'ja')}<" in page


@pytest.mark.parametrize("ending", ["html", "json"])
def test_a_candidate_of_a_stored_run_has_evidence_by_command(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(f"sqlite:///{tmp_path}/runs.sqlite")
    monkeypatch.setattr("matgen_core.runs.store.open_store", lambda: store)
    run = store.begin("crystals", {"band_gap": ["2"]}, 7)
    store.add(run, [candidate(salt())])
    store.end(run, "finished")
    runner, out = CliRunner(), tmp_path / f"one.{ending}"
    said = runner.invoke(app, ["runs", "evidence", run, "0-1", str(out)])
    assert said.exit_code == 0, said.output
    assert run in out.read_text(encoding="utf-8") or ending == "html"
    if ending == "json":
        record = json.loads(out.read_text(encoding="utf-8"))
        assert record["sha256"] == digest(record)
        assert record["repeat"]["run"] == run
    assert isinstance(runner.invoke(app, ["runs", "evidence", run, "9-9", str(out)]).exception, BadInput)
    assert isinstance(runner.invoke(app, ["runs", "evidence", run, "0-1", str(tmp_path / "x.pdf")]).exception, BadInput)


def test_a_stored_run_keeps_the_command_and_all_settings(tmp_path: Path) -> None:
    """tests/integration/test_repeats.py runs such commands."""
    target, settings = Target({"band_gap": Goal.at(2.0)}), CrystalSettings(guidance=2.0)
    repeat = Repeat(target, settings, count=4, more=1)
    store = open_store(f"sqlite:///{tmp_path}/runs.sqlite")
    run = store.begin("crystals", {"band_gap": ["2"]}, 7, asked=asked_record("crystals", repeat, 7))
    kept = stored_repeat(store.get(run))
    record = json.loads(to_evidence_json(candidate(salt()), kept))
    assert list(Draft202012Validator(SCHEMA).iter_errors(record)) == []
    assert record["repeat"]["command"] == write_command("crystals", repeat, 7)
    assert "--count 4 --more 1 --seed 7 --all" in record["repeat"]["command"]
    assert record["repeat"]["settings"]["relax"] == CrystalSettings().relax, "usual settings, too: they may change"
    assert "matgen crystals" in write_evidence_page(candidate(salt()), kept)
    assert asked_record("crystals", Repeat(None, settings), 7)["command"] is None


def test_a_file_and_a_run_of_unknown_target_have_no_command() -> None:
    read = Candidate("x", salt(), Origin("file", "salt.cif"))
    assert collect_evidence(read, Repeat(Target()))["repeat"]["command"] is None
    stored = collect_evidence(candidate(salt()), Repeat(None, {"seed": ["7"]}, "run-1"))["repeat"]
    assert (stored["command"], stored["settings"], stored["run"]) == (None, {"seed": ["7"]}, "run-1")


@pytest.mark.parametrize(
    ("value", "spread", "said"),
    [
        (1.7541, 0.83, "1.75 ± 0.83 eV/atom"),
        (-1.9086, 0.048, "−1.909 ± 0.048 eV/atom"),
        (3.9184, 0.0, "3.918 eV/atom"),
        (1234.6, 123.0, "1235 ± 123 eV/atom"),
    ],
)
def test_a_value_ends_where_its_uncertainty_does(value: float, spread: float, said: str) -> None:
    prediction = Prediction("formation_energy", value, spread, "eV/atom", "test")
    one = Candidate("0-1", salt(), Origin("file", "salt.cif"), {"formation_energy": prediction})
    page = write_evidence_page(one)
    assert f">{said}<" in page
    assert "&#9679;</span> Cl" in page


@pytest.mark.parametrize("material", MATERIALS)
def test_the_page_holds_picture_values_and_no_markup_of_others(material: Any) -> None:
    page = write_evidence_page(candidate(material), Repeat(Target()))
    assert ("<svg" in page) is not isinstance(material, Formula)
    assert "−2.05 ± 0.03 eV/atom" in page
    assert "SevenNet-l3i5" in page
    assert ">nan" not in page
    assert "<script" not in page
    assert "<b>own" not in page
    assert "matgen" in page
