"""A running app and a browser, once for all browser tests; candidates that need no networks."""

from __future__ import annotations

import importlib
import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pymatgen.core import Lattice, Structure

import matgen_core.workflows.design
import pages.runs.jobs
from matgen_core.chem.crystals.structure import from_structure
from matgen_core.core.goals import Target
from matgen_core.core.records import Candidate, Origin, Prediction, Verdict
from matgen_core.runs.store import VARIABLE
from matgen_core.workflows.page_work.loading import NETWORKS
from pages.runs.jobs import Job

ROOT = Path(__file__).parents[2]
#: The first one that is here. Without windows, toolbars and what belongs to them, a page takes half the CPU time.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox --enable-unsafe-swiftshader --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
#: The browser finds no address but this machine's.
FLAGS.append("--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1")
#: Nothing turns or fades: the browser would draw sixty pictures a second of it.
STILL = """addEventListener('DOMContentLoaded', () => {
    const still = document.createElement('style');
    still.textContent = '*, *::before, *::after { animation: none !important; transition: none !important; }';
    document.head.append(still);
})"""
OFFLINE = Path(__file__).parent / "offline"
CELLS = (
    ("P4_2/mnm", Lattice.tetragonal(4.6, 2.96), ["Ti", "O"], [[0, 0, 0], [0.305, 0.305, 0]]),
    ("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]),
    ("P6_3mc", Lattice.hexagonal(3.25, 5.2), ["Zn", "O"], [[1 / 3, 2 / 3, 0], [1 / 3, 2 / 3, 0.382]]),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser test that fails is tried once more; the report lists it as RERUN, and its cause is to be found."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(autouse=True)
def own_runs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What one test runs the next does not find; the app that is served has one store for all who look at it."""
    if "served" not in request.fixturenames:
        monkeypatch.setenv(VARIABLE, f"sqlite:///{tmp_path / 'runs.sqlite'}")


@pytest.fixture(scope="session", autouse=True)
def _networks() -> None:
    """What the server imports before anyone is served: a page and the work beside it would import it at once."""
    for name in NETWORKS:
        importlib.import_module(name)


@pytest.fixture(scope="session")
def found() -> tuple[Candidate, ...]:
    """Rutile, rock salt and zincite as if a run for a gap of 3 eV had found them; only rutile met it."""
    candidates = []
    for index, (cell, gap, energy, hull) in enumerate(
        zip(CELLS, (3.1, 5.0, None), (-3.2, -2.1, -1.7), (0.0, 0.2, 0.05), strict=True)
    ):
        predictions = {
            "band_gap": Prediction("band_gap", gap, None if gap is None else 0.4, "eV", "test", None, "<b>note</b>"),
            "formation_energy": Prediction("formation_energy", energy, 0.03, "eV/atom", "test"),
            "e_above_hull": Prediction("e_above_hull", hull, 0.03, "eV/atom", "test", hull < 0.1),
        }
        verdicts = (
            Verdict("distances", True, "shortest distance: Ti–O 1.9 Å"),
            Verdict("charge_balance", True, "neutral"),
            Verdict("novelty", index == 0, "x is not among the 5 known formulas" if index == 0 else "known structure"),
            Verdict("duplicate", True),
            Verdict("target:band_gap", None if gap is None else gap < 4, f"{gap} eV; target 3 ± 0.5 eV"),
        )
        crystal = from_structure(Structure.from_spacegroup(*cell))
        origin = Origin("symmetry-first", "test@1", 0, index)
        candidates.append(Candidate(f"0-000{index}", crystal, origin, predictions, verdicts, float(index)))
    return tuple(candidates)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Target, int, int, Any]]:
    """What a page asks of design(), which answers at once with nothing: target, count, seed and settings."""
    calls: list[tuple[Target, int, int, Any]] = []

    def design(kind: str, target: Target, count: int, *, seed: int, settings: Any, **_: Any) -> tuple[()]:
        calls.append((target, count, seed, settings))
        return ()

    def submit(work: Any, total: int, *_: object) -> Job:
        job = Job(total)
        job.run(work)
        return job

    monkeypatch.setattr(matgen_core.workflows.design, "design", design)
    monkeypatch.setattr(pages.runs.jobs, "submit", submit)
    return calls


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        if os.environ.get("MATGEN_REQUIRE_BROWSER"):
            pytest.fail("no chromium here, and MATGEN_REQUIRE_BROWSER is set")
        pytest.skip("no chromium on this machine")
    expect.set_options(timeout=120_000)  # a condition is waited for on a busy machine, too
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def still_context(browser: Browser, **options: Any) -> BrowserContext:
    """A context in which pages stand still; a laptop's size unless the options say another."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 720}, "accept_downloads": True, **options})
    context.add_init_script(STILL)
    context.set_default_timeout(240_000)
    return context


@pytest.fixture(scope="session")
def reader(browser: Browser) -> Iterator[BrowserContext]:
    """One who comes back: the app's scripts are asked for once."""
    context = still_context(browser)
    yield context
    context.close()


@pytest.fixture
def page(reader: BrowserContext) -> Iterator[Page]:
    """A page of a laptop's size; what it keeps in the browser is forgotten afterwards."""
    page = reader.new_page()
    yield page
    page.goto("about:blank")  # the app, while it is open, writes once more
    reader.new_cdp_session(page).send("Storage.clearDataForOrigin", {"origin": "*", "storageTypes": "all"})
    assert reader.storage_state(indexed_db=True) == {"cookies": [], "origins": []}
    page.close()


@dataclass(frozen=True)
class Served:
    """A running app.

    Args:
        url: its address.
        process: its server.
        log: what it wrote.
        outside: what it asked of the world; empty if it asked nothing.
    """

    url: str
    process: subprocess.Popen[bytes]
    log: Path
    outside: Path


@contextmanager
def serve(folder: Path, base: str = "", **environment: str) -> Iterator[Served]:
    """The app, served as a user would serve it, with every outside address refused.

    Args:
        folder: for what it writes.
        base: path below which it is served, such as "lab".
        environment: further variables.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log, outside = folder / "log.txt", folder / "outside.txt"
    outside.touch()
    python_path = os.pathsep.join(p for p in (str(OFFLINE), os.environ.get("PYTHONPATH", "")) if p)
    own = {"PYTHONPATH": python_path, "MATGEN_OUTSIDE_LOG": str(outside), "MATGEN_WORKERS": "1"}
    everything = {**os.environ, **own, **environment}
    command = [sys.executable, "-m", "pages.runs.serve", "--server.port", str(port)]
    command += ["--server.baseUrlPath", base] if base else []
    with log.open("w") as file:
        server = subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=subprocess.STDOUT, env=everything)
        url = f"http://localhost:{port}/{base}".rstrip("/")
        try:
            _wait_for(server, f"{url}/_stcore/health")
            yield Served(url, server, log, outside)
        finally:
            workers = workers_of(server)
            server.terminate()
            try:
                server.wait(timeout=30)
            except subprocess.TimeoutExpired:  # a busy machine; nobody is served any more
                server.kill()
                server.wait()
        assert psutil.wait_procs(workers, timeout=60)[1] == [], "a worker process is left behind"


def workers_of(server: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The processes that compute its runs."""
    return psutil.Process(server.pid).children() if server.poll() is None else []


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The app, once for all browser tests."""
    with serve(tmp_path_factory.mktemp("app")) as served:
        yield served
    assert served.outside.read_text() == "", "the server asked for something outside this machine"


@pytest.fixture(scope="session")
def address(served: Served) -> str:
    """Address of the app."""
    return served.url


def _wait_for(server: subprocess.Popen[bytes], url: str) -> None:
    import time

    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        assert server.poll() is None, "the app stopped while starting"
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)  # refused at once until the server listens
    pytest.fail("the app did not start within five minutes")
