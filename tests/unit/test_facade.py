"""What the package offers at its door is there, and looking costs nothing until it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import matgen_core


def test_every_name_is_there() -> None:
    assert [name for name in matgen_core.__all__ if getattr(matgen_core, name) is None] == []


def test_an_unknown_name_is_named() -> None:
    with pytest.raises(AttributeError, match="no_such"):
        _ = matgen_core.no_such


def test_importing_the_package_loads_no_network() -> None:
    code = "import sys, matgen_core.core.records; sys.exit('torch' in sys.modules or 'pymatgen' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
