"""The whole way of the compositions on the shipped checkpoints, by function and by command."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path

import pytest

from matgen_core.chem.formulas.oxidation import check_neutral
from matgen_core.cli.main import main
from matgen_core.core.errors import BadInput, BadTarget
from matgen_core.core.goals import Constraints, Goal, Target
from matgen_core.core.records import Formula, Progress
from matgen_core.core.settings import CompositionSettings
from matgen_core.kinds.compositions.judge import listed_compositions
from matgen_core.kinds.compositions.rows import count_atoms
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.workflows.design import design

FREE = CompositionSettings(neutral=False, cap=1)


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["matgen", "compositions", *words])
    with pytest.raises(SystemExit) as stop:
        main()
    return int(stop.value.code or 0)


def test_a_run_repeats_by_its_seed() -> None:
    one, two, other = (design("compositions", Target(), 20, seed=seed) for seed in (1, 1, 2))
    assert one == two
    assert {c.material for c in one} != {c.material for c in other}


def test_neutral_and_new_hold_for_all_that_is_listed() -> None:
    settings = CompositionSettings(neutral=True, new=True, cap=50)
    found = design("compositions", Target(), 12, settings=settings)
    listed = listed_compositions(found)
    assert len(listed) == 12
    assert all(check_neutral(c.material.reduced).passed for c in listed)
    assert all(load_reference().is_new_formula(c.material.reduced) for c in listed)
    assert len({c.material for c in listed}) == len(listed)
    assert len(found) >= len(listed)


@pytest.mark.parametrize(
    "constraints",
    [
        Constraints(include=frozenset({"Li"}), exclude=frozenset({"O", "F"}), max_atoms=8),
        Constraints(chemical_system=frozenset({"Ba", "Ti", "O"}), max_atoms=12),
        Constraints(min_atoms=6, max_atoms=7),
    ],
    ids=["elements", "system", "atoms"],
)
def test_elements_hold_for_everything_drawn_and_atoms_for_all_that_is_listed(constraints: Constraints) -> None:
    for candidate in design("compositions", Target({}, constraints), 40, settings=FREE):
        counts = count_atoms(candidate.material.reduced)
        assert constraints.include <= set(counts)
        assert not constraints.exclude & set(counts)
        assert constraints.chemical_system is None or set(counts) == constraints.chemical_system
        verdict = candidate.verdict("constraints")
        # What did not end in time, or has fewer atoms when reduced, is a verdict and not a listed formula.
        assert verdict is not None
        assert verdict.passed == (constraints.min_atoms <= sum(counts.values()) <= constraints.max_atoms)


@pytest.mark.parametrize(
    "constraints",
    [
        Constraints(formula="ABX3", exclude=frozenset({"O"})),
        Constraints(formula="A2B2O7"),
        Constraints(formula="ABX3", chemical_system=frozenset({"Cs", "Sn", "Br"})),
    ],
    ids=["ABX3", "A2B2O7", "ABX3 of a system"],
)
def test_a_type_of_formula_holds_for_everything_drawn(constraints: Constraints) -> None:
    found = design("compositions", Target({}, constraints), 6, settings=FREE)
    assert found
    for candidate in found:
        verdict = candidate.verdict("constraints")
        assert verdict is not None
        assert verdict.passed, f"{candidate.material.reduced}: {verdict.reason}"


def test_every_formula_begins_with_the_prompt() -> None:
    found = design("compositions", Target(), 20, settings=CompositionSettings(prompt="Li Fe", neutral=False, cap=1))
    assert all({"Li", "Fe"} <= set(count_atoms(c.material.reduced)) for c in found)


def test_what_was_asked_for_is_met_more_often_than_by_chance() -> None:
    target = Target({"formation_energy": Goal.at(-3.0)})

    def hits(asked: Target) -> int:
        found = listed_compositions(design("compositions", asked, 40, seed=3))
        return sum(abs((c.value("formation_energy") or 0.0) + 3.0) <= 0.25 for c in found)

    assert hits(target) > hits(Target())


def test_progress_counts_up_and_a_cancelled_run_keeps_what_it_has() -> None:
    seen: list[Progress[Formula]] = []
    found = design("compositions", Target(), 12, on_progress=seen.append)
    assert [p.done for p in seen] == sorted(p.done for p in seen)
    assert seen[-1].stage == "done"
    assert seen[-1].candidates == found
    assert design("compositions", Target(), 12, cancelled=lambda: True) == ()


@pytest.mark.parametrize(
    ("target", "count", "settings", "words"),
    [
        (Target(), 0, FREE, "0 compositions"),
        (Target(), -3, FREE, "-3 compositions"),
        (Target({"logp": Goal.at(1.0)}), 1, FREE, "'logp'"),
        (Target({}, Constraints(formula="NaCl")), 1, FREE, "crystals"),
        (Target({}, Constraints(max_atoms=80)), 1, FREE, "80 atoms"),
        (Target(), 1, CompositionSettings(temperature=9.0), "temperature 9"),
        (Target(), 1, CompositionSettings(top_k=-1), "top-k -1"),
        (Target(), 1, CompositionSettings(prompt="Li Qq"), "'Qq'"),
        (Target({}, Constraints(max_atoms=1)), 1, CompositionSettings(prompt="Li O"), "need 2 atoms"),
        (Target({}, Constraints(exclude=frozenset({"O"}))), 1, CompositionSettings(prompt="O"), "excluded"),
    ],
)
def test_what_cannot_be_asked_for_is_named(
    target: Target, count: int, settings: CompositionSettings, words: str
) -> None:
    with pytest.raises((BadTarget, BadInput), match=words):
        design("compositions", target, count, settings=settings)


def test_the_command_writes_what_was_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    out = tmp_path / "found.csv"
    assert (
        run(monkeypatch, "--count", "6", "--include", "O", "--band-gap", "2:4", "--seed", "7", "--out", str(out)) == 0
    )
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"))))
    assert len(rows) == 6
    assert all("O" in count_atoms(row["formula"]) for row in rows)
    assert all(row["band_gap"] and row["measured_gap"] and row["oxidation"] == "True" for row in rows)


@pytest.mark.parametrize(
    "words",
    [
        ("--count", "0"),
        ("--include", "Xx"),
        ("--include", "O", "--exclude", "O"),
        ("--band-gap", "nan"),
        ("--band-gap", "3:1"),
        ("--temperature", "7"),
    ],
    ids=" ".join,
)
def test_a_bad_word_ends_in_one_clear_line(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, *words) != 0
    assert "Traceback" not in capsys.readouterr().err
