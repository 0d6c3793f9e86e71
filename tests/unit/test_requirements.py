"""What is installed is pinned, each package by its hashes, and the lock says what requirements.txt says."""

from __future__ import annotations

import importlib.util
import re
import sys
from functools import lru_cache
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return {
        normal(package): version
        for line in lines
        if line and not line.startswith(("#", "-"))
        for package, _, version in [line.split("#")[0].strip().partition("==")]
    }


@lru_cache(maxsize=1)
def lock() -> dict[str, tuple[set[str], int]]:
    """Versions (more than one where platforms differ) and the number of hashes of each locked package."""
    found: dict[str, tuple[set[str], int]] = {}
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        match = re.match(r"([A-Za-z0-9_.-]+)==([^ ;]+)", line)
        assert match, f"not pinned: {line[:80]}"
        versions, hashes = found.get(normal(match[1]), (set(), 0))
        found[normal(match[1])] = {*versions, match[2]}, hashes + line.count("--hash=sha256:")
    return found


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_version_is_pinned(name: str) -> None:
    assert all(version for version in pins(name).values())


@pytest.mark.parametrize(("package", "version"), sorted(pins("requirements.txt").items()))
def test_the_lock_has_the_same_version(package: str, version: str) -> None:
    assert package in lock(), f"{package} is not in requirements.lock; run: make lock"
    assert version in lock()[package][0], f"{package} differs in requirements.lock; run: make lock"


def test_every_locked_package_has_a_hash() -> None:
    assert len(lock()) > len(pins("requirements.txt")), "what they bring along is locked, too"
    assert all(hashes for _, hashes in lock().values())
    assert "index" not in (ROOT / "requirements.lock").read_text(encoding="utf-8").split("==")[0]


def test_the_container_runs_as_nobody_in_particular_and_is_served_to_this_machine() -> None:
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert re.search(r"^FROM \S+:\d+\.\d+\S*$", image, re.M), "the image is pinned"
    assert "--require-hashes" in image
    assert re.search(r"^USER (?!root)\w+$", image, re.M)
    assert "_stcore/health" in image
    compose = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    assert '"127.0.0.1:8501:8501"' in compose
    assert "MATGEN_SEPARATE_RUNS" in compose


def test_only_what_the_app_needs_goes_into_the_container() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert lines[0] == "*"
    assert not any("secrets" in line or ".git" in line for line in lines[1:])


# ---------------------------------------------------------------------------------------------------------- Python


def checker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_python", ROOT / "tools" / "check_python.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("minor", "fits"), [(8, False), (10, False), (11, True), (12, True), (13, False), (14, False)])
def test_a_python_without_packages_is_refused_with_the_remedy(minor: int, fits: bool) -> None:
    problem = checker().find_problem((3, minor), "linux", "x86_64")
    assert (problem is None) is fits
    assert fits or ("make PYTHON=python3.12 app" in problem and f"3.{minor}" in problem)


def test_a_mac_with_an_intel_processor_is_told_of_docker() -> None:
    assert checker().find_problem((3, 12), "darwin", "arm64") is None
    assert "Docker" in checker().find_problem((3, 12), "darwin", "x86_64")


def test_readme_project_makefile_and_image_name_the_same_pythons() -> None:
    check = checker()
    project, readme, makefile, image = (
        (ROOT / name).read_text(encoding="utf-8") for name in ("pyproject.toml", "README.md", "Makefile", "Dockerfile")
    )
    assert f'requires-python = ">=3.{check.LOWEST[1]},<3.{check.HIGHEST[1] + 1}"' in project
    assert "Python 3.11 or 3.12 on Linux" in readme
    assert (check.LOWEST, check.HIGHEST) == ((3, 11), (3, 12))
    assert "tools/check_python.py" in makefile
    assert f"FROM python:3.{check.HIGHEST[1]}-" in image
    assert check.LOWEST <= sys.version_info[:2] <= check.HIGHEST, "the tests run on one of them"
