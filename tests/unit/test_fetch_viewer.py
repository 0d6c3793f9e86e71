"""The viewer's script: taken only whole, fetched only when needed, and its absence stops nothing."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fetch_viewer", ROOT / "tools" / "fetch_viewer.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_damaged_script_is_not_whole(tool: ModuleType, tmp_path: Path) -> None:
    script = tmp_path / "3Dmol-min.js"
    assert not tool.is_whole(script)
    script.write_text("half of it")
    assert not tool.is_whole(script)


def test_offline_it_says_so_and_leaves_nothing(
    tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tool, "npm_command", lambda: ["false"])
    tool.main(tmp_path / "3Dmol-min.js")
    assert "make viewer" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_it_fetches_the_version_that_py3dmol_was_built_for(tool: ModuleType) -> None:
    import py3Dmol

    version = tool.PACKAGE.removeprefix("3dmol@")
    assert version == py3Dmol.__version__
