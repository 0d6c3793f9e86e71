"""The same seed, settings and versions give the same candidates: page and command bit for bit, and as they were before.

The golden run holds for the checkpoints that it names. After a new checkpoint, or a change that is meant to draw
otherwise, write it anew and look at the difference: ``MATGEN_GOLDEN=write pytest tests/integration/test_repeats.py``.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from matgen_core.cli.main import app as cli
from matgen_core.cli.main import main
from matgen_core.core.goals import Constraints, Goal, Target
from matgen_core.core.records import Candidate, Crystal
from matgen_core.core.settings import CrystalSettings, MoleculeSettings
from matgen_core.kinds.crystals.files import candidate_files as exports
from matgen_core.kinds.molecules import files as molecule_exports
from matgen_core.kinds.registry import kind_of
from matgen_core.runs.recorder import Recorder
from matgen_core.runs.store import VARIABLE, open_store
from matgen_core.workflows.design import design
from pages.runs.jobs import Job

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).with_name("golden.json")
CRYSTALS = Target({"formation_energy": Goal(-2.0, -1.0)}, Constraints(include=frozenset({"O"}), max_atoms=10))


@contextmanager
def runs_in_this_thread() -> Iterator[None]:
    """A page's own jobs, run to their end before the page goes on."""
    import pages.runs.jobs

    def submit(
        work: Any,
        total: int,
        kind: str = "",
        first: Callable[[], object] | None = None,
        recorder: Recorder | None = None,
        take: Callable[[Any], None] = lambda value: None,
    ) -> Job:
        if first is not None:  # as the worker does: two threads that load at once may disturb each other
            first()
        made = Job(total, recorder=recorder, take=take)
        made.run(work)
        assert made.error is None
        return made

    usual, pages.runs.jobs.submit = pages.runs.jobs.submit, submit  # type: ignore[assignment]
    try:
        yield
    finally:
        pages.runs.jobs.submit = usual


def pressed(page: str, **link: str) -> AppTest:
    """A page of these settings, whose run has ended."""
    app = AppTest.from_file(str(ROOT / "pages" / "design" / f"{page}.py"), default_timeout=500)
    for key, value in link.items():
        app.query_params[key] = value
    app.run().button(key="go").click().run()
    assert not app.exception
    return app


def on_page(page: str, job: str, **link: str) -> tuple[Candidate[Any], ...]:
    """What a page's own job finds."""
    with runs_in_this_thread():
        found: Job = pressed(page, **link).session_state[job]
    return found.candidates


def by_command(monkeypatch: pytest.MonkeyPatch, out: Path, *words: str) -> str:
    monkeypatch.setattr(sys, "argv", ["matgen", *words, "--out", str(out)])
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code
    return out.read_text(encoding="utf-8")


def test_crystals_of_page_and_command_are_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # The link is of an older version, whose guidance began at 1.
    found = on_page("crystals", "crystals-job", count="3", seed="11", max_atoms="8", include="O", guidance="2")
    words = "crystals --count 3 --seed 11 --max-atoms 8 --include O --guidance 1 --all".split()
    assert by_command(monkeypatch, tmp_path / "x.csv", *words) == exports.to_csv(found)


def test_molecules_of_page_and_command_are_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    link = {"logp_ask": "value", "logp_value": "2", "molecules": "10", "molecule_seed": "11", "temperature": "0.8"}
    found = on_page("molecules", "molecules-job", **link)
    words = "molecules --count 10 --seed 11 --logp 2 --temperature 0.8".split()
    text = by_command(monkeypatch, tmp_path / "x.csv", *words)
    ids = {line.split(",")[0] for line in text.splitlines()[1:]}
    kept = [candidate for candidate in found if candidate.id in ids]
    assert len(ids) >= 10
    assert text == molecule_exports.to_csv(kept)


# ------------------------------------------------------------------------------------------- evidence of a stored run

#: What is asked of each page: small, and not the usual in target, constraints and settings.
ASKED = {
    "crystals": {
        **{"count": "2", "seed": "5", "max_atoms": "8", "include": "O", "formation_energy_ask": "range"},
        **{"skeletons": "1", "drafts": "4", "templates": "0", "relax": "0", "judge": "false"},
    },
    "compositions": {
        **{"formulas": "6", "formula_seed": "5", "band_gap_ask": "value", "band_gap_value": "2", "exclude": "Pb"},
        **{"formula_temperature": "0.9"},
    },
    "molecules": {"molecules": "6", "molecule_seed": "5", "logp_ask": "value", "logp_value": "2", "temperature": "0.8"},
    "inverse_design": {
        **{"what": "compositions", "band_gap_ask": "value", "band_gap_value": "2", "want": "3", "draws": "128"},
        **{"loop_seed": "5", "max_hull": "0.3", "known": "true"},
    },
}


@pytest.mark.parametrize("page", ASKED)
def test_the_command_in_the_evidence_of_a_stored_candidate_finds_it_again(
    page: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(VARIABLE, f"sqlite:///{tmp_path / 'runs.sqlite'}")
    with runs_in_this_thread():
        app = pressed(page, **ASKED[page])
        if page in ("compositions", "molecules"):  # goes on with the run; a candidate of the second part is looked for
            app.button(key="more").click().run()
            assert not app.exception
    run, *_former = open_store().list()
    found = max(open_store().candidates(run.id), key=lambda candidate: candidate.origin.index)
    evidence = tmp_path / "one.json"
    said = CliRunner().invoke(cli, ["runs", "evidence", run.id, found.id, str(evidence)])
    assert said.exit_code == 0, said.output
    repeat = json.loads(evidence.read_text(encoding="utf-8"))["repeat"]
    assert repeat["settings"], "all settings, not only those of the address"
    matgen, *words = shlex.split(repeat["command"])
    assert matgen == "matgen"
    monkeypatch.chdir(tmp_path)
    text = by_command(monkeypatch, tmp_path / "again.csv", *words)
    if page == "inverse_design":  # its command writes the rejected ones to a file of their own
        text = (tmp_path / "all.csv").read_text(encoding="utf-8")
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(text))}
    again = rows[found.id]
    name = kind_of(found.material).written(found.material)
    assert name in again.values()


# --------------------------------------------------------------------------------------------------------- golden


def discrete(candidate: Candidate[Any]) -> list[Any]:
    """What no rounding of a platform changes: the string, or group, letters and elements."""
    material = candidate.material
    if isinstance(material, Crystal):
        return [candidate.id, material.space_group, [[s.letter, s.element] for s in material.sites]]
    return [candidate.id, material.written]


def cells(candidates: tuple[Candidate, ...]) -> list[list[float]]:
    return [[round(value, 2) for value in candidate.material.lattice] for candidate in candidates]


def golden_runs() -> dict[str, dict[str, Any]]:
    small = CrystalSettings(skeletons=1, geometries=2, refined=1, cap=1)
    crystals = tuple(sorted(design("crystals", CRYSTALS, 4, seed=7, settings=small), key=lambda c: c.origin.index))
    cool, goal = MoleculeSettings(temperature=0.8, until="drawn"), Target({"logp": Goal.at(2.0)})
    molecules = sorted(design("molecules", goal, 12, seed=7, settings=cool), key=lambda c: c.origin.index)
    runs = {}
    for name, found in (("crystals", crystals), ("molecules", tuple(molecules))):
        kept = [discrete(candidate) for candidate in found]
        text = json.dumps(kept, separators=(",", ":"))
        digest = hashlib.sha256(text.encode()).hexdigest()
        runs[name] = {"checkpoint": found[0].origin.checkpoint, "sha256": digest, "found": kept}
    runs["crystals"]["cells"] = cells(crystals)
    return runs


def test_the_golden_run_comes_out_as_it_was() -> None:
    runs = golden_runs()
    if os.environ.get("MATGEN_GOLDEN") == "write":
        GOLDEN.write_text(json.dumps(runs, indent=1) + "\n", encoding="utf-8")
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    for name, run in runs.items():
        before = golden[name]
        assert run["checkpoint"] == before["checkpoint"], f"a new checkpoint of {name}: write the golden run anew"
        assert run["found"] == before["found"], name
        assert run["sha256"] == before["sha256"], name
    # A rounding of another platform moves a cell a little, never a letter or an element.
    for one, other in zip(runs["crystals"]["cells"], golden["crystals"]["cells"], strict=True):
        assert one == pytest.approx(other, rel=0.02)
