"""Input files: the same structure in each, no potentials, and a reason where an input set has no settings."""

from __future__ import annotations

import io
import zipfile

import numpy as np

from matgen_core.chem.structure import to_structure
from matgen_core.data.first_principles import espresso_input, to_inputs_zip, vasp_input
from matgen_core.types import Candidate, Crystal, Origin, Prediction, Site

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


def test_a_folder_each_and_a_reason_where_one_cannot_be_written() -> None:
    odd = Candidate("y", Crystal(225, (Site("a", "Po"),), (3.3,) * 3 + (90.0,) * 3), Origin("file"))  # type: ignore[arg-type]
    for program in ("vasp", "espresso"):
        with zipfile.ZipFile(io.BytesIO(to_inputs_zip([NACL, odd], program))) as archive:
            names = archive.namelist()
        folders = {name.split("/")[0] for name in names}
        assert len(folders) == 2
        assert not any(".." in name or name.startswith("/") for name in names)
