"""A layer imports only from layers below it; only the app and its pages import streamlit."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

#: Floor of each folder, or of a part of it that stands on another floor; the longest name that fits counts. A module
#: imports from its own floor and from lower ones.
FLOORS = {
    "core": 0,
    "models": 1,
    "diffusion": 1,
    "chem": 1,
    "learning": 2,
    "runs": 2,
    "files": 2,
    "kinds": 3,
    "workflows": 4,
    "learning.recipes": 5,
    "lessons": 5,
    "__init__": 6,
    "evaluation": 6,
    "viz": 6,
    "cli": 7,
}
#: Folders of one floor that know nothing of one another.
STRANGERS = {"models", "diffusion", "chem"}
PACKAGE = ROOT / "matgen_core"
FILES = sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def part_of(name: str) -> str | None:
    """The entry of FLOORS that a dotted name of this package belongs to."""
    if name.split(".")[0] != "matgen_core":
        return None
    inner = name.removeprefix("matgen_core").removeprefix(".")
    fits = [part for part in FLOORS if inner == part or inner.startswith(f"{part}.")]
    return max(fits, key=len, default="__init__")


def test_every_folder_has_a_floor() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name not in ("__pycache__", "bundle")}
    assert folders == {part for part in FLOORS if "." not in part and part != "__init__"}


def test_imports_go_down_only() -> None:
    wrong = []
    for path in FILES:
        here = part_of(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
        assert here is not None
        for name in imported(path):
            there = part_of(name)
            if there is None or there == here:
                continue
            if FLOORS[there] > FLOORS[here]:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}, which lies above it")
            elif {here, there} <= STRANGERS:
                wrong.append(f"{path.relative_to(ROOT)} imports its sibling {name}")
    assert not wrong, "\n".join(wrong)


def test_only_the_app_imports_streamlit() -> None:
    assert not [path for path in FILES for name in imported(path) if name.split(".")[0] == "streamlit"]


def test_models_and_samplers_know_no_chemistry() -> None:
    may = {"torch", "transformers", "peft", "matgen_core", "__future__"} | sys.stdlib_module_names
    files = [path for folder in ("models", "diffusion") for path in (PACKAGE / folder).glob("*.py")]
    wrong = [
        f"{path.name} imports {name}" for path in files for name in imported(path) if name.split(".")[0] not in may
    ]
    assert not wrong, wrong
