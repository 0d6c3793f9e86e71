"""What the package offers at its door is there, and looking costs nothing until it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import matgen_core


@pytest.mark.parametrize("name", matgen_core.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(matgen_core, name) is not None


def test_the_list_and_the_homes_agree() -> None:
    assert set(matgen_core.__all__) == set(matgen_core._HOME)


def test_an_unknown_name_is_named() -> None:
    with pytest.raises(AttributeError, match="no_such"):
        _ = matgen_core.no_such


def test_importing_the_package_loads_no_network() -> None:
    code = "import sys, matgen_core.core.records; sys.exit('torch' in sys.modules or 'pymatgen' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
