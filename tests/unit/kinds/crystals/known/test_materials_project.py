"""A download becomes a table that ``data build`` takes, with energies of one scheme; refusals are words."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pandas as pd
import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.core.errors import BadInput
from matgen_core.kinds.crystals.known.materials_project import fetch_table
from matgen_core.kinds.crystals.known.row_building import build_rows

SALT = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.69), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
ASKED: list[dict[str, object]] = []


class Rester:
    """Answers as the Materials Project does, to whoever has the key."""

    def __init__(self, key: str) -> None:
        if key != "good":
            raise ValueError("401 invalid API key")
        found = [
            SimpleNamespace(material_id=f"mp-{i}", formula_pretty="NaCl", structure=SALT, band_gap=5.0) for i in (1, 2)
        ]
        thermo = [SimpleNamespace(material_id="mp-1", formation_energy_per_atom=-2.1, energy_above_hull=0.0)]
        self.materials = SimpleNamespace(
            summary=SimpleNamespace(search=lambda **query: ASKED.append(query) or found),
            thermo=SimpleNamespace(search=lambda **query: ASKED.append(query) or thermo),
        )

    def __enter__(self) -> Rester:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("mp_api.client")
    module.MPRester = Rester  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "mp_api", ModuleType("mp_api"))
    monkeypatch.setitem(sys.modules, "mp_api.client", module)
    ASKED.clear()


@pytest.mark.usefixtures("client")
def test_the_table_feeds_the_build_and_its_energies_are_of_one_scheme(tmp_path: Path) -> None:
    assert fetch_table(tmp_path / "mp.csv", "good", ["Na", "Cl"]) == 2
    assert ASKED[0]["chemsys"] == ["Cl", "Na", "Cl-Na"]
    assert ASKED[1]["thermo_types"] == ["GGA_GGA+U"]
    table = pd.read_csv(tmp_path / "mp.csv")
    assert table["formation_energy_per_atom"].tolist()[0] == -2.1
    assert table["formation_energy_per_atom"].isna().tolist() == [False, True]
    rows, rejected = build_rows(tmp_path / "mp.csv", tmp_path / "out", workers=1)
    assert (len(rows), len(rejected)) == (2, 0)


@pytest.mark.usefixtures("client")
def test_a_refused_key_is_said_and_not_shown(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="refused") as error:
        fetch_table(tmp_path / "mp.csv", "secret-key")
    assert "secret-key" not in str(error.value)
    assert not (tmp_path / "mp.csv").exists()


def test_without_the_client_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mp_api.client", None)
    with pytest.raises(BadInput, match="pip install mp-api"):
        fetch_table(tmp_path / "mp.csv", "good")


@pytest.mark.usefixtures("client")
def test_nothing_is_downloaded_for_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        fetch_table(tmp_path / "file" / "mp.csv", "good")
    assert not ASKED
