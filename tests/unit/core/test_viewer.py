"""The viewer's script: taken only whole, fetched only when needed, and its absence stops nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from matgen_core.core import viewer


def test_a_damaged_script_is_not_whole(tmp_path: Path) -> None:
    script = tmp_path / "3Dmol-min.js"
    assert not viewer.is_whole(script)
    script.write_text("half of it")
    assert not viewer.is_whole(script)


def test_offline_it_says_so_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(viewer, "npm_command", lambda: ["false"])
    viewer.main(tmp_path / "3Dmol-min.js")
    assert "matgen viewer" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_it_fetches_the_version_that_py3dmol_was_built_for() -> None:
    import py3Dmol

    version = viewer.PACKAGE.removeprefix("3dmol@")
    assert version == py3Dmol.__version__
