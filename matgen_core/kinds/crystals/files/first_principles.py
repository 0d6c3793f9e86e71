"""Input for first-principles programs: VASP by pymatgen's input sets (without potentials), Quantum ESPRESSO by ASE."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from matgen_core.chem.crystals.structure import to_structure
from matgen_core.core.records import Candidate, Crystal
from matgen_core.kinds.crystals.files.candidate_files import file_name

if TYPE_CHECKING:
    from pymatgen.io.vasp.sets import MPRelaxSet

#: µB by which a moment is divided for pw.x, which reads numbers below 1 as the polarization of the valence electrons.
MOMENT_SCALE = 12.0
_UNNAMED_MOMENT = 0.6  # µB; what MPRelaxSet gives to every element that its table does not name
_DATE = (2000, 1, 1, 0, 0, 0)  # fixed, so that the same candidates give the same bytes
_NOTE = (
    "Written by MatGen as a beginning, not as a converged calculation. Potentials are not included: {potentials}.\n"
    "Check cutoff, k-points, the magnetic order (all spins start parallel) and U before you spend time on it.\n"
)


def _start_from(candidate: Candidate[Crystal]) -> MPRelaxSet:
    """Materials Project's settings for the crystal; both programs start from them."""
    from pymatgen.io.vasp.sets import MPRelaxSet

    return MPRelaxSet(to_structure(candidate.material))


def vasp_input(candidate: Candidate[Crystal]) -> dict[str, str]:
    """INCAR, KPOINTS, POSCAR and the names of the potentials, by MPRelaxSet, Materials Project's settings."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of potentials that are not installed: they are the user's
        inputs = _start_from(candidate)
        symbols = ", ".join(inputs.potcar_symbols)
        return {
            "INCAR": str(inputs.incar),
            "KPOINTS": str(inputs.kpoints),
            "POSCAR": str(inputs.poscar),
            "README.txt": _NOTE.format(potentials=f"PBE, {symbols}"),
        }


def espresso_input(candidate: Candidate[Crystal]) -> dict[str, str]:
    """pw.in of a variable-cell relaxation with the cell, the k-points and the starting moments of the VASP input.

    Spins are polarized where the VASP settings name a moment for an element, or a moment was predicted. pw.x keeps a
    starting moment of zero, so each one is written. Potentials are given by name.
    """
    import warnings

    from ase.io import write
    from pymatgen.io.ase import AseAtomsAdaptor

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        inputs = _start_from(candidate)
        structure, moments, grid = inputs.poscar.structure, list(inputs.incar["MAGMOM"]), inputs.kpoints
    atoms = AseAtomsAdaptor.get_atoms(structure)
    atoms.calc = None
    magnetic = max(moments) > _UNNAMED_MOMENT or (candidate.value("max_site_moment") or 0.0) >= 0.2
    atoms.set_initial_magnetic_moments(moments if magnetic else None)
    names = {str(e): f"{e}.UPF" for e in structure.composition}
    data = {
        "control": {"calculation": "vc-relax", "prefix": folder_of(candidate), "outdir": "./tmp"},
        "system": {
            "ecutwfc": 60,
            "ecutrho": 480,
            "occupations": "smearing",
            "smearing": "cold",
            "degauss": 0.01,
            **({"nspin": 2} if magnetic else {}),
        },
        "electrons": {"conv_thr": 1e-9, "mixing_beta": 0.4},
    }
    points = [int(n) for n in grid.kpts[0]]
    # VASP's Monkhorst grid of an even number avoids the origin by half a step; its Gamma grid holds it.
    shifts = [int(str(grid.style) == "Monkhorst" and n % 2 == 0) for n in points]
    buffer = io.StringIO()
    write(
        buffer,
        atoms,
        format="espresso-in",
        input_data=data,
        pseudopotentials=names,
        kpts=points,
        koffset=shifts,
        rescale_magmom_fac=MOMENT_SCALE,
    )
    listed = ", ".join(names.values())
    return {"pw.in": buffer.getvalue(), "README.txt": _NOTE.format(potentials=f"{listed}, for example SSSP efficiency")}


_WRITERS = {"vasp": vasp_input, "espresso": espresso_input}
#: Programs that input is written for.
PROGRAMS = tuple(_WRITERS)


def folder_of(candidate: Candidate[Any]) -> str:
    """Name of the folder of a candidate's input."""
    return file_name(candidate, "").rstrip(".")


def write_input(candidate: Candidate[Crystal], program: str) -> dict[str, str]:
    """Files of a program's input by name; a file that says why where its input set cannot take the crystal.

    Args:
        candidate: a crystal.
        program: of :data:`PROGRAMS`.
    """
    try:
        return _WRITERS[program](candidate)
    except Exception as error:  # pymatgen and ase raise many kinds for elements without settings
        return {"NOT_WRITTEN.txt": f"{type(error).__name__}: {str(error)[:300]}\n"}


def to_inputs_zip(candidates: Sequence[Candidate[Crystal]], program: str) -> bytes:
    """A folder of input a candidate; one that the program's input set cannot take has a file that says why.

    Args:
        candidates: crystals.
        program: of :data:`PROGRAMS`.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for candidate in candidates:
            for name, text in write_input(candidate, program).items():
                archive.writestr(zipfile.ZipInfo(f"{folder_of(candidate)}/{name}", _DATE), text)
    return buffer.getvalue()
