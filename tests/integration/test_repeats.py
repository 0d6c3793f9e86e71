"""The same seed, settings and versions give the same candidates: page and command bit for bit, and as they were before.

The golden run holds for the checkpoints that it names. After a new checkpoint, or a change that is meant to draw
otherwise, write it anew and look at the difference: ``MATGEN_GOLDEN=write pytest tests/integration/test_repeats.py``.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from matgen_core.cli.main import main
from matgen_core.core.goals import Constraints, Goal, Target
from matgen_core.core.records import Candidate, Crystal
from matgen_core.core.settings import CrystalSettings, MoleculeSettings
from matgen_core.kinds.crystals.files import candidate_files as exports
from matgen_core.kinds.molecules import files as molecule_exports
from matgen_core.workflows.design import design
from pages.runs.jobs import Job

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).with_name("golden.json")
CRYSTALS = Target({"formation_energy": Goal(-2.0, -1.0)}, Constraints(include=frozenset({"O"}), max_atoms=10))


def on_page(page: str, job: str, **link: str) -> tuple[Candidate[Any], ...]:
    """What a page's own job finds, run to its end in this thread."""
    import pages.runs.jobs

    def submit(work: Any, total: int, *_: object, **__: object) -> Job:
        made = Job(total)
        made.run(work)
        assert made.error is None
        return made

    usual, pages.runs.jobs.submit = pages.runs.jobs.submit, submit  # type: ignore[assignment]
    try:
        app = AppTest.from_file(str(ROOT / "pages" / "design" / f"{page}.py"), default_timeout=500)
        for key, value in link.items():
            app.query_params[key] = value
        app.run().button(key="go").click().run()
        assert not app.exception
        found: Job = app.session_state[job]
        return found.candidates
    finally:
        pages.runs.jobs.submit = usual


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
