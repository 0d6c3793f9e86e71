"""Input for first-principles programs: VASP by pymatgen's input sets (without potentials), Quantum ESPRESSO by ASE."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

from matgen_core.chem.structure import to_structure
from matgen_core.data.exports import file_name
from matgen_core.types import Candidate, Crystal

PROGRAMS = ("vasp", "espresso")
_DATE = (2000, 1, 1, 0, 0, 0)  # fixed, so that the same candidates give the same bytes
_NOTE = (
    "Written by MatGen as a beginning, not as a converged calculation. Potentials are not included: {potentials}.\n"
    "Check cutoff, k-points, magnetic order and U before you spend time on it.\n"
)


def vasp_input(candidate: Candidate[Crystal]) -> dict[str, str]:
    """INCAR, KPOINTS, POSCAR and the names of the potentials, by MPRelaxSet, Materials Project's settings."""
    import warnings

    from pymatgen.io.vasp.sets import MPRelaxSet

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of potentials that are not installed: they are the user's
        inputs = MPRelaxSet(to_structure(candidate.material))
        symbols = ", ".join(inputs.potcar_symbols)
        return {
            "INCAR": str(inputs.incar),
            "KPOINTS": str(inputs.kpoints),
            "POSCAR": str(inputs.poscar),
            "README.txt": _NOTE.format(potentials=f"PBE, {symbols}"),
        }


def espresso_input(candidate: Candidate[Crystal]) -> dict[str, str]:
    """pw.in of a variable-cell relaxation; 30 Å divided by each cell length are its k-points, potentials by name."""
    from ase.io import write
    from pymatgen.io.ase import AseAtomsAdaptor

    structure = to_structure(candidate.material)
    atoms = AseAtomsAdaptor.get_atoms(structure)
    atoms.calc = None
    names = {str(e): f"{e}.UPF" for e in structure.composition}
    magnetic = (candidate.value("max_site_moment") or 0.0) >= 0.2
    spins = {f"starting_magnetization({i + 1})": 0.5 for i in range(len(names))}
    data = {
        "control": {"calculation": "vc-relax", "prefix": file_name(candidate, "").rstrip("."), "outdir": "./tmp"},
        "system": {
            "ecutwfc": 60, "ecutrho": 480, "occupations": "smearing", "smearing": "cold", "degauss": 0.01,
            **({"nspin": 2, **spins} if magnetic else {}),
        },
        "electrons": {"conv_thr": 1e-9, "mixing_beta": 0.4},
    }  # fmt: skip
    points = [max(1, round(30.0 / length)) for length in structure.lattice.abc]
    buffer = io.StringIO()
    write(buffer, atoms, format="espresso-in", input_data=data, pseudopotentials=names, kpts=points)
    listed = ", ".join(names.values())
    return {"pw.in": buffer.getvalue(), "README.txt": _NOTE.format(potentials=f"{listed}, for example SSSP efficiency")}


def to_inputs_zip(candidates: Sequence[Candidate[Crystal]], program: str) -> bytes:
    """A folder of input a candidate; one that the program's input set cannot take has a file that says why.

    Args:
        candidates: crystals.
        program: one of PROGRAMS.
    """
    write = {"vasp": vasp_input, "espresso": espresso_input}[program]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for candidate in candidates:
            folder = file_name(candidate, "").rstrip(".")
            try:
                files = write(candidate)
            except Exception as error:  # pymatgen and ase raise many kinds for elements without settings
                files = {"NOT_WRITTEN.txt": f"{type(error).__name__}: {str(error)[:300]}\n"}
            for name, text in files.items():
                archive.writestr(zipfile.ZipInfo(f"{folder}/{name}", _DATE), text)
    return buffer.getvalue()
