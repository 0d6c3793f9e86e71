"""The package works from a wheel: no checkout beside it, weights and pages inside."""

from __future__ import annotations

import csv
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from matgen_core.evaluation.transfer import RESULTS
from matgen_core.kinds.crystals.generate import trained_engines
from matgen_core.kinds.registry import KINDS

ROOT = Path(__file__).parents[2]
SOURCES = (
    "setup.py pyproject.toml requirements.txt README.md app.py pages assets matgen_core .streamlit benchmarks"
).split()


#: Drafts and steps of a crystal; that every network is there shows with few.
LITTLE = "--drafts 4 --skeletons 1 --relax 2".split()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the wheel was installed, without what it depends on."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(
                source, folder / "source" / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
            )
        else:
            (folder / "source").mkdir(exist_ok=True)
            shutil.copy2(source, folder / "source" / name)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    offline = ["--no-deps", "--no-index"]
    build = ["wheel", "--no-build-isolation", *offline, "--wheel-dir", str(folder), str(folder / "source")]
    subprocess.run([*pip, *build], check=True)
    (wheel,) = folder.glob("matgen-*.whl")
    shutil.rmtree(folder / "source")
    subprocess.run([*pip, "install", *offline, "--target", str(folder / "site"), str(wheel)], check=True)
    wheel.unlink()
    return folder


def environment(installed: Path) -> dict[str, str]:
    """The tests' environment, but this package comes from the wheel."""
    store = f"sqlite:///{installed / 'runs.sqlite'}"
    return {**os.environ, "PYTHONPATH": str(installed / "site"), "MATGEN_DATABASE": store}


def run(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(installed / "site" / "bin" / "matgen"), *arguments],
        cwd=installed,
        env=environment(installed),
        capture_output=True,
        text=True,
        check=False,
    )


def contents(folder: Path) -> set[str]:
    """Files below a folder, without what Python makes of them."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path.as_posix() for path in found if "__pycache__" not in path.parts}


def test_nothing_that_it_reads_is_left_out(installed: Path) -> None:
    code = "import matgen_core.core.installation as i; print(i.HOME)"
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=installed, env=environment(installed), capture_output=True, check=True
    )
    home = Path(said.stdout.decode().strip())
    assert home.is_relative_to(installed), "the package is the wheel's, not the checkout's"
    for folder in ("assets", "pages"):
        assert contents(ROOT / folder) - contents(home / folder) == set()
    patterns = [record.measured[0] for _name, record in KINDS.items()]
    names = {pattern.format(engine=engine) for pattern in patterns for engine in trained_engines()}
    measured = {name for name in names | {RESULTS.name} if (ROOT / "benchmarks" / name).is_file()}
    assert len(measured) > 3
    assert measured <= contents(home / "benchmarks")


def test_it_is_whole(installed: Path) -> None:
    done = run(installed, "health", "--json")
    found = json.loads(done.stdout)
    assert found["healthy"], found
    assert sum(check["name"].startswith("checkpoint") for check in found["checks"]) >= 10


def test_it_draws_crystals(installed: Path) -> None:
    done = run(installed, "crystals", "--count", "2", "--max-atoms", "6", *LITTLE, "--out", "found.csv")
    assert done.returncode == 0, done.stderr
    with (installed / "found.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 2


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def server(installed: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    command = [str(installed / "site" / "bin" / "matgen"), "app", "--port", str(port)]
    process = subprocess.Popen(command, cwd=installed, env=environment(installed), start_new_session=True)
    yield process
    os.killpg(process.pid, 15)
    process.wait(timeout=120)


def test_it_serves_the_app(server: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5) as answer:
                assert answer.read() == b"ok"
                return
        except (urllib.error.URLError, ConnectionError):
            server.poll()
    pytest.fail("the app did not answer")
