"""A layer imports only from layers below it; only the app and its pages import streamlit."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: Which layer a package or module belongs to; higher numbers may import lower ones.
LAYERS = {
    "messages": 0,
    "installation": 0,
    "viewer": 1,
    "memory": 0,
    "types": 0,
    "properties": 0,
    "settings": 0,
    "models": 1,
    "diffusion": 1,
    "chem": 1,
    "data": 2,
    "checkpoints": 3,
    "store": 3,
    "networks": 4,
    "training": 4,
    "stages": 5,
    "pipeline": 6,
    "molecules": 6,
    "compositions": 6,
    "screening": 6,
    "screening_export": 7,
    "finetuning": 6,
    "predictors": 6,
    "prediction": 7,
    "own_readings": 7,
    "loop": 6,
    "inverse_design": 7,
    "loosening": 7,
    "embeddings": 6,
    "health": 7,
    "lessons": 7,
    "recipes": 7,
    "__init__": 7,
    "evaluation": 8,
    "viz": 8,
    "cli": 9,
}
#: Siblings that are one layer but strangers to one another.
STRANGERS = {"models", "diffusion", "chem"}
FILES = sorted((ROOT / "matgen_core").rglob("*.py"))


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
    pieces = name.split(".")
    if pieces[0] != "matgen_core":
        return None
    return pieces[1] if len(pieces) > 1 and pieces[1] in LAYERS else "__init__"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_down_only(path: Path) -> None:
    here = path.relative_to(ROOT / "matgen_core").parts[0].removesuffix(".py")
    assert here in LAYERS, f"{here} has no layer; give it one here and in CONTRIBUTING"
    for name in imported(path):
        assert not name.startswith("streamlit"), f"{path} imports streamlit"
        there = part_of(name)
        if there is None or there == here:
            continue
        assert LAYERS[there] <= LAYERS[here], f"{path} imports {name}, which lies above it"
        assert not {here, there} <= STRANGERS, f"{path} imports its sibling {name}"


@pytest.mark.parametrize("package", ["models", "diffusion"])
def test_models_and_samplers_know_no_chemistry(package: str) -> None:
    for path in (ROOT / "matgen_core" / package).glob("*.py"):
        for name in imported(path):
            assert name.split(".")[0] in {"torch", "transformers", "peft", "matgen_core", "__future__"} or (
                name.split(".")[0] in __import__("sys").stdlib_module_names
            ), f"{path} imports {name}"
