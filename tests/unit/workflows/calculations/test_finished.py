"""Finished calculations: energies in the scheme of the hull, gaps, moments, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from matgen_core.chem.crystals.structure import to_structure
from matgen_core.core.errors import BadInput
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.workflows.calculations.finished import load_elements, read_task, read_vasprun
from tests.unit.chem.known_cells import salt
from tests.unit.workflows.vasprun import write_vasprun

#: Materials Project's PBE energy of rock salt, eV a formula unit, and its formation energy, eV/atom.
SALT, SALT_FORMATION = -6.79, -2.11


def written(folder: Path, text: str) -> Path:
    path = folder / "vasprun.xml"
    path.write_text(text, encoding="latin-1")
    return path


def task(**changes: Any) -> dict[str, Any]:
    structure = to_structure(salt())
    structure.add_site_property("magmom", [0.1] * len(structure))
    parameters = {"run_type": "GGA", "potcar_symbols": ["PAW_PBE Na_pv 19Sep2006", "PAW_PBE Cl 06Sep2000"]}
    entry = {"parameters": {**parameters, "is_hubbard": False, "hubbards": {}}}
    output = {"structure": structure.as_dict(), "energy": SALT, "bandgap": 5.0}
    return {"state": "successful", "entry": entry, "output": output} | changes


def test_energy_of_every_element_of_the_hull_is_known() -> None:
    assert set(load_reference().elements) <= set(load_elements())


@pytest.mark.parametrize("functional", ["--", "PE"])
def test_a_total_energy_becomes_a_formation_energy_of_the_hull(tmp_path: Path, functional: str) -> None:
    found = read_vasprun(written(tmp_path, write_vasprun(to_structure(salt()), SALT, 5.0, functional=functional)))
    assert found.values["formation_energy"].value == pytest.approx(SALT_FORMATION, abs=0.02)
    assert abs(found.values["e_above_hull"].value) < 0.02  # rock salt is a phase of the hull
    assert found.values["band_gap"].value == pytest.approx(5.0)
    assert found.crystal is not None
    assert found.crystal.space_group == 225


def test_a_task_document_says_the_same_as_the_file_of_vasp(tmp_path: Path) -> None:
    by_vasp = read_vasprun(written(tmp_path, write_vasprun(to_structure(salt()), SALT, 5.0)))
    by_task = read_task(task())
    for key in ("formation_energy", "e_above_hull", "band_gap"):
        assert by_task.values[key].value == pytest.approx(by_vasp.values[key].value)
    assert by_task.values["magnetic_moment"].value == pytest.approx(0.1)


def test_an_energy_of_another_functional_is_left_out_and_the_gap_stays(tmp_path: Path) -> None:
    found = read_vasprun(written(tmp_path, write_vasprun(to_structure(salt()), SALT, 5.0, functional="PS")))
    assert set(found.values) == {"band_gap"}
    assert "settings" in found.values["band_gap"].note


def test_a_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    text = write_vasprun(to_structure(salt()), SALT)
    with pytest.raises(BadInput, match="cut off"):
        read_vasprun(written(tmp_path, text[: len(text) // 2]))


def test_a_calculation_that_did_not_converge_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="converge"):
        read_vasprun(written(tmp_path, write_vasprun(to_structure(salt()), SALT, steps=60)))


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({}, "task document"),
        ({"output": {"energy": 1.0}}, "cannot be read"),
        ({"output": {"structure": {}}}, "cannot be read"),
        (task(state="failed"), "ended as failed"),
    ],
)
def test_a_document_that_is_none_is_refused(document: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        read_task(document)
