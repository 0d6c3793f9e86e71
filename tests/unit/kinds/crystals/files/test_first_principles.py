"""Input files: the same structure in each, no potentials, and a reason where an input set has no settings."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.structure import from_structure, to_structure
from matgen_core.core.records import (
    Candidate,
    Crystal,
    Origin,
    Prediction,
    Site,
)
from matgen_core.kinds.crystals.files.first_principles import MOMENT_SCALE, espresso_input, to_inputs_zip, vasp_input

NACL = Candidate("x", Crystal(225, (Site("a", "Na"), Site("b", "Cl")), (5.69,) * 3 + (90.0,) * 3), Origin("file"))  # type: ignore[arg-type]


def test_vasp_gets_the_structure_and_no_potential() -> None:
    from pymatgen.io.vasp import Poscar

    files = vasp_input(NACL)
    assert set(files) == {"INCAR", "KPOINTS", "POSCAR", "README.txt"}
    again = Poscar.from_str(files["POSCAR"]).structure
    assert np.isclose(again.volume, to_structure(NACL.material).volume)
    assert "Na_pv" in files["README.txt"]


def test_espresso_gets_the_structure_and_spins_where_it_is_magnetic() -> None:
    from ase.io import read

    files = espresso_input(NACL)
    atoms = read(io.StringIO(files["pw.in"]), format="espresso-in")
    assert np.isclose(atoms.get_volume(), to_structure(NACL.material).volume)
    assert "nspin" not in files["pw.in"]
    magnetic = NACL.add_predictions(Prediction("max_site_moment", 2.0, None, "µB", "test"))
    assert "nspin" in espresso_input(magnetic)["pw.in"]
    assert "starting_magnetization(1) = 0.0\n" not in espresso_input(magnetic)["pw.in"]


def _crystal(group: str, cell: float, species: list[str], places: list[list[float]], angle: float = 90.0) -> Candidate:
    lattice = Lattice.cubic(cell) if angle == 90.0 else Lattice.hexagonal(cell, 1.6 * cell)
    return Candidate("x", from_structure(Structure.from_spacegroup(group, lattice, species, places)), Origin("file"))


#: Magnets, one with an element whose moment is Materials Project's largest; an insulator; a hexagonal cell.
CRYSTALS = {
    "iron": _crystal("Im-3m", 2.866, ["Fe"], [[0, 0, 0]]),
    "NiO": _crystal("Fm-3m", 4.17, ["Ni", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]]),
    "EuO": _crystal("Fm-3m", 5.14, ["Eu", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]]),
    "Fe3O4": _crystal("Fd-3m", 8.39, ["Fe", "Fe", "O"], [[0.125] * 3, [0.5] * 3, [0.255] * 3]),
    "NaCl": NACL,
    "ZnO": _crystal("P6_3mc", 3.25, ["Zn", "O"], [[1 / 3, 2 / 3, 0], [1 / 3, 2 / 3, 0.382]], angle=120.0),
}


@pytest.mark.parametrize("name", CRYSTALS)
def test_both_programs_start_from_the_same_cell_moments_points_and_elements(name: str) -> None:
    from ase.io import read
    from ase.io.espresso import read_fortran_namelist
    from pymatgen.analysis.structure_matcher import StructureMatcher
    from pymatgen.io.ase import AseAtomsAdaptor
    from pymatgen.io.vasp import Incar, Kpoints, Poscar

    vasp, text = vasp_input(CRYSTALS[name]), espresso_input(CRYSTALS[name])["pw.in"]
    ours = Poscar.from_str(vasp["POSCAR"]).structure
    atoms = read(io.StringIO(text), format="espresso-in")
    theirs = AseAtomsAdaptor.get_structure(atoms)
    assert np.allclose(ours.lattice.matrix, theirs.lattice.matrix, atol=1e-5)
    assert StructureMatcher(scale=False, primitive_cell=False).fit(ours, theirs)
    assert StructureMatcher(scale=False).fit(ours, to_structure(CRYSTALS[name].material))

    system = read_fortran_namelist(io.StringIO(text))[0]["system"]
    moments = Incar.from_str(vasp["INCAR"])["MAGMOM"]
    species = [line.split() for line in text.split("ATOMIC_SPECIES")[1].split("K_POINTS")[0].splitlines() if line]
    if max(moments) > 0.6:
        assert system["nspin"] == 2
        begun = {row[0]: system[f"starting_magnetization({i})"] for i, row in enumerate(species, 1)}
        labels = [row.split()[0] for row in text.split("ATOMIC_POSITIONS")[1].splitlines()[1:] if row]
        assert np.allclose([begun[label] * MOMENT_SCALE for label in labels], moments, atol=1e-6)
        assert all(0.0 < value < 1.0 for value in begun.values())  # from 1 on, pw.x reads another unit
    else:
        assert "nspin" not in system

    grid = Kpoints.from_str(vasp["KPOINTS"])
    *points, s1, s2, s3 = (int(n) for n in text.split("K_POINTS automatic")[1].split()[:6])
    assert tuple(points) == tuple(grid.kpts[0])
    held = [n % 2 == 1 or str(grid.style) == "Gamma" for n in points]  # whether VASP's grid holds the origin
    assert [shift == 0 for shift in (s1, s2, s3)] == held

    potentials = {row[0]: row[2] for row in species}
    assert {label.rstrip("0123456789"): f for label, f in potentials.items()} == {
        e.symbol: f"{e.symbol}.UPF" for e in ours.composition
    }
    named = vasp["README.txt"].split("PBE, ")[1].split(".\n")[0].split(", ")
    assert [symbol.partition("_")[0] for symbol in named] == list(dict.fromkeys(s.specie.symbol for s in ours))


def test_a_folder_each_and_a_reason_where_one_cannot_be_written() -> None:
    odd = Candidate("y", Crystal(225, (Site("a", "Po"),), (3.3,) * 3 + (90.0,) * 3), Origin("file"))  # type: ignore[arg-type]
    for program in ("vasp", "espresso"):
        with zipfile.ZipFile(io.BytesIO(to_inputs_zip([NACL, odd], program))) as archive:
            names = archive.namelist()
        folders = {name.split("/")[0] for name in names}
        assert len(folders) == 2
        assert not any(".." in name or name.startswith("/") for name in names)
