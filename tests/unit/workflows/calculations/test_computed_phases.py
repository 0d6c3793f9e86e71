"""What was computed joins the hull: the next prediction is measured against it, until it is taken out again."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from matgen_core.chem.crystals.structure import to_structure
from matgen_core.cli.main import main
from matgen_core.core.records import Candidate, Computed, Formula, Origin
from matgen_core.kinds.crystals.known.reference import FOLDER, load_reference
from matgen_core.runs.own_phases import (
    VARIABLE,
    DamagedPhases,
    OwnPhase,
    add_phases,
    list_phases,
    phases_file,
    remove_phases,
)
from matgen_core.runs.store import OWN_PHASES, open_store, versions
from matgen_core.runs.store import VARIABLE as DATABASE
from matgen_core.workflows.calculations.computed_phases import computed_phases
from matgen_core.workflows.calculations.results import Result, read_results
from tests.unit.chem.known_cells import perovskite, salt
from tests.unit.workflows.vasprun import write_vasprun


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "own" / "phases.json"))


def phase(formula: str, energy: float, id_: str = "a") -> OwnPhase:
    return OwnPhase(id_, "run", formula, energy, "VASP", "2026-11-26")


def above(counts: dict[str, int], energy: float) -> float:
    found = load_reference().hull.read(counts, energy).e_above_hull
    assert found is not None
    return found


def test_a_lower_phase_raises_what_competes_with_it_until_it_is_removed() -> None:
    """Na9Cl2 would take its place between Na and NaCl; a mixture beside it is measured against it."""
    ground = load_reference().hull.ground_state({"Na": 9 / 11, "Cl": 2 / 11})[0]
    before = above({"Na": 9, "Cl": 2}, -1.0)
    assert before == pytest.approx(-1.0 - ground)
    known = versions()
    add_phases([phase("Na9Cl2", ground - 0.2), phase("KCl", 1.0, "b")])
    assert above({"Na": 9, "Cl": 2}, -1.0) == pytest.approx(before + 0.2)
    reference = load_reference()
    assert reference.energy_of("Na9Cl2") == pytest.approx(ground - 0.2)
    assert reference.energy_of("KCl") == load_reference(FOLDER).energy_of("KCl") < -1
    assert reference.is_new_formula("Na9Cl2"), "novelty is about what others know"
    assert versions()[OWN_PHASES]
    assert OWN_PHASES not in known
    assert remove_phases(["run/a", "run/b", "run/nobody"]) == 2
    assert above({"Na": 9, "Cl": 2}, -1.0) == pytest.approx(before)
    assert versions() == known


def test_a_phase_of_the_same_candidate_is_replaced_and_others_stay() -> None:
    add_phases([phase("Na2Cl", -1.0), phase("KCl", -2.0, "b")])
    add_phases([phase("Na2Cl", -1.2)])
    assert [(one.formula, one.energy) for one in list_phases()] == [("KCl", -2.0), ("Na2Cl", -1.2)]


def test_a_damaged_file_is_named_with_its_remedy() -> None:
    add_phases([phase("Na2Cl", -1.0)])
    phases_file().write_text("[{]", encoding="utf-8")
    with pytest.raises(DamagedPhases, match=r"phases\.json cannot be read .* restore the file, or delete it"):
        load_reference()


def test_a_calculation_becomes_a_phase_and_a_total_energy_does_not(tmp_path: Path) -> None:
    candidates = [Candidate("a", salt(), Origin("t")), Candidate("b", perovskite(), Origin("t"))]
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "vasprun.xml").write_text(write_vasprun(to_structure(salt()), -6.79, 5.0), encoding="latin-1")
    (tmp_path / "b.csv").write_text("id,formation_energy,band_gap\nb,-40.1,2\n", encoding="utf-8")
    results = [item for item in read_results([tmp_path], candidates) if isinstance(item, Result)]
    found, refused = computed_phases(candidates, results, "r1")
    assert [(one.name, one.formula) for one in found] == [("r1/a", "NaCl")]
    assert found[0].energy == pytest.approx(-2.11, abs=0.02)
    assert "MP2020" in found[0].method
    (wrong,) = refused
    assert "-40.10 eV/atom is not a formation energy" in str(wrong.reason)
    formula = Candidate("f", Formula("Na2Cl"), Origin("t"))
    result = Result("f", "x.csv", {"formation_energy": Computed(-1.0)})
    assert computed_phases([formula], [result], "")[0][0].formula == "Na2Cl"


def test_the_command_adds_lists_and_removes_phases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*words: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["matgen", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out + said.err

    monkeypatch.setenv(DATABASE, f"sqlite:///{tmp_path / 'runs.sqlite'}")
    store = open_store()
    number = store.begin("crystals", {}, 0)
    store.add(number, [Candidate("a", salt(), Origin("t"))])
    store.end(number, "finished")
    table = tmp_path / "done.csv"
    table.write_text("id,formation_energy\na,-2.5\n", encoding="utf-8")
    assert run("results", table, "--run", number, "--no-phases")[0] == 0
    assert list_phases() == ()
    assert "added to your hull: NaCl" in run("results", table, "--run", number)[1]
    assert load_reference().energy_of("NaCl") == -2.5
    code, said = run("phases", "list")
    assert (code, f"{number}/a  NaCl  -2.500 eV/atom  0.000 above the hull" in said) == (0, True)
    code, said = run("phases", "remove", "nobody")
    assert (code, "no phase is called 'nobody'" in said) == (2, True)
    assert run("phases", "remove", f"{number}/a") == (0, "1 phases removed\n")
    assert "no phase of your own" in run("phases", "list")[1]
