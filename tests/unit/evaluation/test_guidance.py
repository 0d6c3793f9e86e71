"""The grid of guidance and distances to the hull: every cell once, and a stopped measurement goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from matgen_core.evaluation import guidance
from matgen_core.evaluation.guidance import measure_guidance


def test_every_cell_is_measured_and_a_second_run_draws_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guidance, "GUIDANCES", (0.0, 2.0))
    monkeypatch.setattr(guidance, "HULLS", (None, 0.025))
    monkeypatch.setattr(guidance, "TARGETS", ({"band_gap": 2.0},))
    told = list[tuple[int, int]]()

    def on_progress(done: int, total: int) -> None:
        told.append((done, total))

    result = measure_guidance(1, 0, tmp_path / "samples.jsonl", 1, on_progress)
    cells = {(cell["hull"], cell["guidance"]) for cell in result["cells"]}
    assert cells == {(None, 0.0), (None, 2.0), (0.025, 0.0), (0.025, 2.0)}
    for cell in result["cells"]:
        assert cell["both"]["value"] <= min(cell["met"]["value"], cell["stable"]["value"])
        assert cell["met"]["of"] == 1
    assert told[-1] == (4, 4)
    told.clear()
    assert measure_guidance(1, 0, tmp_path / "samples.jsonl", 1, on_progress) == result
    assert not told
