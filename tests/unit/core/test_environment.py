"""What the environment sets, and where the data of a user lie."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

import matgen_core.core.environment as module
from matgen_core.core.environment import Environment, data_path, read_environment, variable

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("field", Environment.model_fields)
def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch, field: str) -> None:
    monkeypatch.delenv(variable(field), raising=False)
    usual = getattr(read_environment(), field)
    monkeypatch.setenv(variable(field), "")
    assert getattr(read_environment(), field) == usual == Environment.model_fields[field].default


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3), (" 3 ", 3), ("0", 2), ("-1", 2), ("nan", 2), ("1e308", 2), ("2.5", 2), ("two", 2), ("9" * 400, 2)],
)
def test_a_number_that_cannot_be_used_is_passed_over_with_a_word(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, text: str, value: int
) -> None:
    monkeypatch.setenv("MATGEN_RUNS_AT_ONCE", text)
    with caplog.at_level(logging.WARNING, "matgen"):
        assert read_environment().runs_at_once == value
    assert ("MATGEN_RUNS_AT_ONCE" in caplog.text) == (value == 2)


def test_a_run_may_end_at_once_with_its_tab(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATGEN_STOP_AFTER_CLOSE", "0")
    assert read_environment().stop_after_close == 0


@pytest.mark.parametrize(
    ("text", "value"), [("1", True), ("true", True), ("0", False), ("false", False), ("no", False), ("class A", True)]
)
def test_only_a_plain_no_shows_everybody_s_runs(monkeypatch: pytest.MonkeyPatch, text: str, value: bool) -> None:
    monkeypatch.setenv("MATGEN_SEPARATE_RUNS", text)
    assert read_environment().separate_runs is value


def test_the_environment_is_read_in_one_place() -> None:
    files = [*(ROOT / "matgen_core").rglob("*.py"), *(ROOT / "pages").rglob("*.py"), ROOT / "app.py"]
    names = "MATGEN_|XDG_DATA_HOME"
    read = re.compile(rf"(environ|getenv)[^\n]*({names})")
    assert [path.name for path in files if read.search(path.read_text(encoding="utf-8"))] == ["environment.py"]


# ------------------------------------------------------------------------------------------------ the data of a user


@pytest.fixture
def folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[Path, Path]:
    """The folder of version 0.1, and another one that the system has for data, as on macOS and Windows."""
    former, own = tmp_path / "share" / "matgen", tmp_path / "Application Support" / "matgen"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setattr(module, "user_data_path", lambda name, appauthor: own)
    return former, own


def test_new_data_go_where_the_system_wants_them(folders: tuple[Path, Path]) -> None:
    assert data_path("runs.sqlite") == folders[1] / "runs.sqlite"


def test_runs_of_the_former_folder_are_found(folders: tuple[Path, Path]) -> None:
    former, own = folders
    former.mkdir(parents=True)
    (former / "runs.sqlite").touch()
    assert data_path("runs.sqlite") == former / "runs.sqlite"
    assert data_path("predictors") == own / "predictors", "each entry by itself"


def test_the_folder_of_the_system_goes_first(folders: tuple[Path, Path]) -> None:
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "runs.sqlite").touch()
    assert data_path("runs.sqlite") == folders[1] / "runs.sqlite"


def test_on_linux_both_are_the_same_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from platformdirs.unix import Unix

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert Unix("matgen", appauthor=False).user_data_path == tmp_path / "matgen"
    monkeypatch.delenv("XDG_DATA_HOME")
    assert Unix("matgen", appauthor=False).user_data_path == Path.home() / ".local" / "share" / "matgen"
