"""The sketcher's scripts: taken only whole, fetched only when needed, and their absence stops nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from matgen_core.core import sketcher


def test_a_folder_that_was_not_filled_to_its_end_is_not_there(tmp_path: Path) -> None:
    folder = tmp_path / "jsme"
    assert not sketcher.is_there(folder)
    folder.mkdir()
    (folder / sketcher.SCRIPT).write_text("")
    assert not sketcher.is_there(folder)
    (folder / "package.sha256").write_text("another package")
    assert not sketcher.is_there(folder)


def test_offline_it_says_so_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sketcher, "npm_command", lambda: ["false"])
    sketcher.main(tmp_path / "jsme")
    assert "matgen viewer" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
