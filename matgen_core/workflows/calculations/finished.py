"""One finished calculation: its energy, gap, moment and structure, from VASP's or atomate2's file.

A total energy becomes a formation energy by the corrections of MP2020 (Wang et al. 2021, as pymatgen applies them) and
Materials Project's energies of the elements. Both hold for its PBE settings only; of other settings pymatgen's scheme
refuses the energy, and the calculation keeps its gap and its moment.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matgen_core.chem.crystals.structure import from_structure
from matgen_core.chem.energies.chgnet import formation_energy
from matgen_core.core.errors import BadInput, MatGenError
from matgen_core.core.messages import Message, Text
from matgen_core.core.records import Computed, Crystal
from matgen_core.kinds.crystals.known.reference import FOLDER, load_reference

if TYPE_CHECKING:
    from pymatgen.core import Structure
    from pymatgen.entries.computed_entries import ComputedStructureEntry

_SCHEME = "PBE with MP2020 corrections"


@dataclass(frozen=True, slots=True)
class Calculation:
    """What one calculation found.

    Args:
        values: by property key.
        crystal: its last structure; None where it has none that can be read.
    """

    values: Mapping[str, Computed] = field(default_factory=dict)
    crystal: Crystal | None = None


@lru_cache(maxsize=1)
def load_elements() -> dict[str, float]:
    """PBE energy of the most stable phase of each element, eV/atom (Materials Project, 2022)."""
    record = json.loads((FOLDER / "elements_pbe.json").read_text(encoding="utf-8"))
    return {element: float(energy) for element, energy in record["energies"].items()}


def read_vasprun(file: Path) -> Calculation:
    """A ``vasprun.xml``, also gzipped.

    Raises:
        BadInput: where it is cut off, or did not converge.
    """
    from pymatgen.io.vasp.outputs import Vasprun

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what it leaves out
            run = Vasprun(str(file), parse_dos=False, parse_potcar_file=False)
            gap = run.eigenvalue_band_properties[0] if run.eigenvalues else None
            entry = run.get_computed_entry(inc_structure=True)
    except Exception as error:  # pymatgen and the XML reader raise many kinds for files that are cut off
        raise BadInput(
            "it is not a complete vasprun.xml ({error}): the calculation may have been cut off; let it end",
            error=type(error).__name__,
        ) from None
    if not run.converged:
        raise BadInput("the calculation did not converge; go on with it from CONTCAR, with more steps")
    return _calculation(entry, gap, None, "VASP")


def read_task(task: Mapping[str, Any]) -> Calculation:
    """A task document of atomate2 (emmet's TaskDoc) as JSON.

    Raises:
        BadInput: where it is no such document, or says that the calculation failed.
    """
    output = task.get("output")
    if not isinstance(output, Mapping) or not ({"structure", "energy", "bandgap"} & set(output)):
        raise BadInput("it is not a task document of atomate2; give what the store of jobflow has as output")
    if str(task.get("state", "successful")).lower().rpartition(".")[2] != "successful":
        raise BadInput("its calculation ended as {state}; run it again", state=str(task["state"]))
    from pymatgen.core import Structure
    from pymatgen.entries.computed_entries import ComputedStructureEntry

    try:
        structure = Structure.from_dict(output.get("structure") or task["structure"])
        known = task.get("entry") or {}
        energy = float(output["energy"]) if output.get("energy") is not None else float(known["energy"])
        entry = ComputedStructureEntry(structure, energy, parameters=dict(known.get("parameters") or {}))
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(
            "its structure or energy cannot be read ({error}); write the document again", error=type(error).__name__
        ) from None
    gap = output.get("bandgap")
    return _calculation(entry, None if gap is None else float(gap), _moment(structure), "atomate2")


def _moment(structure: Structure) -> float | None:
    moments = structure.site_properties.get("magmom")
    if not moments or any(moment is None for moment in moments):
        return None
    return sum(abs(float(moment)) for moment in moments) / len(moments)


def _calculation(entry: ComputedStructureEntry, gap: float | None, moment: float | None, program: str) -> Calculation:
    values: dict[str, Computed] = {}
    if gap is not None:
        values["band_gap"] = Computed(float(gap), program)
    if moment is not None:
        values["magnetic_moment"] = Computed(moment, program)
    energy, note = _formation(entry)
    if energy is not None:
        method = f"{program}, {_SCHEME}"
        values["formation_energy"] = Computed(energy, method)
        counts = entry.composition.get_el_amt_dict()
        above = load_reference().hull.read(counts, energy).e_above_hull
        if above is not None:
            values["e_above_hull"] = Computed(above, method)
    elif values:
        values = {key: Computed(v.value, v.method, note) for key, v in values.items()}
    try:
        crystal = from_structure(entry.structure)
    except MatGenError:
        crystal = None
    return Calculation(values, crystal)


def _formation(entry: ComputedStructureEntry) -> tuple[float | None, Text]:
    """Formation energy, eV/atom, or None and why there is none."""
    from pymatgen.entries.compatibility import MaterialsProject2020Compatibility

    run = str(entry.parameters.get("run_type", ""))
    if run.startswith("PBE"):  # so called where the input names the functional; the scheme knows it as GGA
        entry.parameters["run_type"] = run.replace("PBE", "GGA", 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            corrected = MaterialsProject2020Compatibility().process_entry(entry)
        except Exception:  # it raises many kinds where the entry says too little of its settings
            corrected = None
    if corrected is None:
        return None, Message("no formation energy: its settings are not those of the Materials Project's PBE")
    counts = entry.composition.get_el_amt_dict()
    energy = formation_energy(corrected.energy_per_atom, counts, load_elements())
    return energy, "" if energy is not None else Message("no reference energy for one of its elements")
