"""Relaxation of a structure by CHGNet's forces through ASE: FIRE, the cell free, the symmetry kept."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from matgen_core.chem.energy import DENSEST, load_chgnet
from matgen_core.core.errors import Cancelled

if TYPE_CHECKING:
    from pymatgen.core import Structure

#: eV/Å; below it a structure counts as relaxed.
FORCE = 0.05
STEPS = 200
#: A cell that grows or shrinks by more than this factor has flown apart or collapsed.
_LARGEST_CHANGE = 2.0


@dataclass(frozen=True)
class Relaxed:
    """How a relaxation ended.

    Args:
        structure: the relaxed one; None where it failed.
        steps: FIRE took.
        force: largest force (with the cell's) at the end, eV/Å.
        converged: whether it is below FORCE.
        note: why it failed.
    """

    structure: Structure | None
    steps: int = 0
    force: float | None = None
    converged: bool = False
    note: str = ""


def relax_structure(
    structure: Structure,
    steps: int = STEPS,
    *,
    on_step: Callable[[int, float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Relaxed:
    """Moves atoms and cell until the forces are small; one that cannot be relaxed says why.

    Args:
        structure: any cell that CHGNet can read.
        steps: at most.
        on_step: called with the number of the step and the largest force.
        cancelled: asked at every step; once it says yes, what was relaxed so far comes back, not converged.

    Raises:
        Cancelled: where ``cancelled`` said so before the first step.
    """
    from ase.constraints import FixSymmetry
    from ase.filters import FrechetCellFilter
    from ase.optimize import FIRE
    from chgnet.model.dynamics import CHGNetCalculator
    from pymatgen.io.ase import AseAtomsAdaptor

    if not structure.volume >= DENSEST * len(structure):  # written so that NaN is refused, too
        return Relaxed(None, note=f"too dense for CHGNet ({structure.volume / len(structure):.2g} Å³ an atom)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of tensors that become numbers, and of rounded symmetry
        try:
            atoms = AseAtomsAdaptor.get_atoms(structure)
            with contextlib.redirect_stdout(io.StringIO()):  # it announces its device each time
                atoms.calc = CHGNetCalculator(load_chgnet(), use_device="cpu", on_isolated_atoms="ignore")
            atoms.set_constraint(FixSymmetry(atoms, symprec=0.01, verbose=False))
            optimiser = FIRE(FrechetCellFilter(atoms), logfile=None)
            done, force = 0, float("inf")
            for _ in optimiser.irun(fmax=FORCE, steps=steps):
                if cancelled and cancelled():
                    if not done:
                        raise Cancelled
                    break  # what was relaxed so far is kept
                done = optimiser.nsteps
                force = float(np.sqrt((optimiser.optimizable.get_gradient().reshape(-1, 3) ** 2).sum(axis=1).max()))
                change = atoms.get_volume() / structure.volume
                dense = atoms.get_volume() < DENSEST * len(atoms)
                if dense or not (np.isfinite(force) and 1 / _LARGEST_CHANGE < change < _LARGEST_CHANGE):
                    return Relaxed(None, done, None, False, f"the cell became {change:.2g} times as large")
                if on_step:
                    on_step(done, force)
            relaxed = AseAtomsAdaptor.get_structure(atoms)
        except Cancelled:
            raise
        except Exception as error:  # ase, chgnet and spglib each raise their own kinds
            return Relaxed(None, note=f"CHGNet cannot relax it ({type(error).__name__}: {str(error)[:80]})")
    return Relaxed(relaxed, done, force, force <= FORCE)
