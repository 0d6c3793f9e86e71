"""What the app must never do with a user's files and keys, read off its source and its output."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import matgen_core.kinds.crystals.known.materials_project as materials_project
from matgen_core.core.errors import BadInput

ROOT = Path(__file__).parents[2]
SOURCES = [ROOT / "app.py", *(ROOT / "matgen_core").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]
SOURCES += [*(ROOT / "tools").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]
#: MOSES' own statistics, by an unpickler that lets nothing but arrays, floats and dicts out; named in one file.
#: The pipe between the server and its own worker carries pickles; what comes from outside never enters it as one.
#: What that costs is measured with this process' own records.
PICKLE_ALLOWED = {
    "benchmarks/workers.py",
    "matgen_core/evaluation/molecules.py",
    "matgen_core/runs/transport.py",
    "matgen_core/runs/worker.py",
    "matgen_core/runs/worker_process.py",
}
#: A student's own code of the lessons runs here, in a process that has given up files, network and processes before
#: (tests/unit/lessons/test_code.py tries all three).
EXEC_ALLOWED = "matgen_core/lessons/code/worker.py"
KEY = "a-very-secret-key-0123456789"


def calls(path: Path) -> list[ast.Call]:
    return [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call)]


def named(call: ast.Call, keyword: str) -> object:
    found = next((k.value for k in call.keywords if k.arg == keyword), None)
    return found.value if isinstance(found, ast.Constant) else None


def unpickles(source: str) -> list[str]:
    """Calls of a source that could run what is in a file."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else [str(node.module)]
            found += [
                n for n in names if n.split(".")[0] in ("pickle", "dill", "joblib", "shelve", "marshal", "cloudpickle")
            ]
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        unsafe = (
            (name == "torch.load" and named(node, "weights_only") is not True)
            or (name.endswith("np.load") and named(node, "allow_pickle") is not False)
            or name.endswith(("read_pickle", "yaml.load", "yaml.unsafe_load"))
            or name in ("eval", "exec", "os.system", "os.popen")
            or named(node, "shell") is True
        )
        found += [name] * unsafe
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_in_a_file_is_run(path: Path) -> None:
    found = unpickles(path.read_text(encoding="utf-8"))
    if path.relative_to(ROOT).as_posix() in PICKLE_ALLOWED:
        found = [name for name in found if name != "pickle"]
    if path == ROOT / EXEC_ALLOWED:
        found.remove("exec")
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "torch.load(f)",
        "torch.load(f, weights_only=False)",
        "np.load(f)",
        "np.load(f, allow_pickle=True)",
        "pd.read_pickle(f)",
        "eval(x)",
        "subprocess.run(x, shell=True)",
    ],
)
def test_the_scan_would_find_it(source: str) -> None:
    assert unpickles(source)


def test_the_server_is_for_this_machine_unless_told() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["server"]["address"] == "localhost"
    assert config["browser"]["gatherUsageStats"] is False
    assert config["client"]["showErrorDetails"] == "none"
    assert config["server"]["maxUploadSize"] <= 20
    # What protects a session from other sites is on by default; nothing here may turn it off.
    assert config["server"].get("enableXsrfProtection", True)
    assert config["server"].get("enableCORS", True)


# ----------------------------------------------------------------------------------------------------------- keys


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A client of the Materials Project that fails as a network does, its key in the message."""
    asked: list[Any] = []

    class Rester:
        def __init__(self, key: str) -> None:
            asked.append(key)

        def __enter__(self) -> Rester:
            raise OSError(f"GET https://api.example/?api_key={KEY} failed")

        def __exit__(self, *_: object) -> None: ...

    module = ModuleType("mp_api.client")
    module.MPRester = Rester  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "mp_api", ModuleType("mp_api"))
    monkeypatch.setitem(sys.modules, "mp_api.client", module)
    return asked


def test_a_key_is_in_no_message_and_no_file(client: list[Any], tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="network") as caught:
        materials_project.fetch_table(tmp_path / "out.csv", KEY)
    assert client == [KEY]
    assert KEY not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_key_comes_from_the_environment_only() -> None:
    """No option takes it, so that it stands in no history of commands and no list of processes."""
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "matgen_core" / "cli").glob("*.py"))
    assert "MP_API_KEY" in text
    assert "--api-key" not in text
    assert "--key" not in text


def test_what_needs_the_network_says_so(tmp_path: Path) -> None:
    if importlib.util.find_spec("mp_api"):
        pytest.skip("mp-api is installed here, and would ask")
    environment = {**os.environ, "MP_API_KEY": KEY}
    command = [sys.executable, "-m", "matgen_core.cli", "data", "fetch-mp", str(tmp_path / "x.csv")]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 2
    assert "install it with" in done.stderr
    assert KEY not in done.stdout + done.stderr
