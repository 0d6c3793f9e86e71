"""Where the tests find the training rows, if they are at hand."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pymatgen.symmetry.groups import SpaceGroup
from streamlit.components.v2 import manifest_scanner
from xdist.scheduler import LoadFileScheduling

from matgen_core.core.environment import variable
from matgen_core.runs.store import VARIABLE

ROOT = Path(__file__).parents[1]
#: Held because pymatgen forgets a group that nobody holds and makes it anew, in 0.4 s, for each rock salt of the tests.
KEPT: list[SpaceGroup] = []
_make_group = SpaceGroup.__init__


def _make_and_keep(group: SpaceGroup, *arguments: Any, **named: Any) -> None:
    KEPT.append(group)
    _make_group(group, *arguments, **named)


SpaceGroup.__init__ = _make_and_keep
#: Each page under test asked all installed packages anew which parts of pages they bring, for half its time.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)

#: Folders whose files take long, longest first. Two processes take a file each in this order, so that what is left for
#: the end is short and neither waits long for the other.
_LONG = ("ui", "integration", "science", "hostile", "unit")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, doctests of the package last."""
    folders = {ROOT / "tests" / name: place for place, name in enumerate(_LONG)}
    items.sort(key=lambda item: min((folders[one] for one in item.path.parents if one in folders), default=len(_LONG)))


class OneBrowser(LoadFileScheduling):
    """A file in one process, and all files with a browser in one.

    A second browser would need a second app, which would load every model once more.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return "browser" if _has_browser(file) else file


@cache
def _has_browser(file: str) -> bool:
    path = ROOT / file
    return path.suffix == ".py" and "playwright" in path.read_text(encoding="utf-8")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneBrowser:
    """The order in which two processes share the tests (``-n 2``)."""
    return OneBrowser(config, log)


@pytest.fixture(scope="session", autouse=True)
def own_store(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Runs of the tests are kept apart from the user's."""
    os.environ[VARIABLE] = f"sqlite:///{tmp_path_factory.mktemp('store') / 'runs.sqlite'}"


@pytest.fixture(scope="session", autouse=True)
def own_phases(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The hull of the tests is the shipped one, without the user's phases."""
    os.environ[variable("phases")] = str(tmp_path_factory.mktemp("phases") / "phases.json")


@pytest.fixture(scope="session", autouse=True)
def runs_in_this_process() -> None:
    """Pages that are drawn without a server compute their runs here; a served app has its worker process."""
    os.environ[variable("workers")] = "0"


@pytest.fixture(scope="session")
def rows_folder() -> Path:
    """The folder of training rows beside the checkout; tests that need it skip where it is absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the training rows are not beside this checkout")
    return folder


@pytest.fixture(autouse=True)
def _own_main(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit's AppTest leaves its page as ``__main__``, which a process started later would run."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
