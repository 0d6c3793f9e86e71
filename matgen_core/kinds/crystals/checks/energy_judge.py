"""The second judge of energies: SevenNet-l3i5, which steers nothing that makes or changes a crystal.

CHGNet steers: it relaxes crystals and chooses between their geometries, and its errors are what such steps seek out.
SevenNet reads the finished crystal. Its references, in the MP2020 scheme, and its errors on withheld crystals are in
``assets/reference/energy_judge.json``, made by :mod:`.energy_judge_build`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import TypeAdapter

from matgen_core.chem.crystals.structure import formula_counts, to_structure
from matgen_core.chem.energies.sevennet import METHOD, check_weights, predict_energies
from matgen_core.chem.formulas.mp2020 import formation_energy, terms
from matgen_core.chem.formulas.stability import HullDistance
from matgen_core.core.errors import MatGenError, MissingReference
from matgen_core.core.messages import Message, Text
from matgen_core.core.records import Crystal
from matgen_core.kinds.crystals.checks.uncertainty import Spreads
from matgen_core.kinds.crystals.known.reference import FOLDER, load_reference

FILE = "energy_judge.json"
_REMEDY = Message("restore it with: git checkout assets/reference, or make it with: matgen data judge")


@dataclass(frozen=True)
class JudgeReference:
    """What turns energies of SevenNet into formation energies.

    Args:
        references: energy of each term of :func:`matgen_core.chem.formulas.mp2020.terms`, eV/atom.
        spreads: of the formation energy on withheld crystals, by the distance to the hull.
        terms: spread of crystals that hold a term for which it is far larger.
        element: spread of crystals of one element.
        error: mean absolute error on withheld crystals, eV/atom.
    """

    references: Mapping[str, float]
    spreads: Spreads
    terms: Mapping[str, float]
    element: float | None
    error: float

    def spread(self, shares: Mapping[str, float], above: float | None) -> float | None:
        """Spread of a formation energy, eV/atom: one standard deviation, on relaxed crystals."""
        found = [self.spreads.of("formation_energy", above), *(self.terms.get(name) for name in shares)]
        if len(shares) == 1:
            found.append(self.element)
        measured = [value for value in found if value is not None]
        return max(measured) if measured else None


@dataclass(frozen=True, slots=True)
class JudgedEnergy:
    """What the judge says of one crystal.

    Args:
        energy: SevenNet's, uncorrected, eV/atom; None where it failed.
        formation_energy: eV/atom, MP2020; None where there is none.
        e_above_hull: eV/atom; None where there is none.
        spread: one standard deviation of both, eV/atom; None where it was not measured.
        hull: what the distance is measured from; None without a formation energy.
        note: why a value is missing, with the remedy where there is one.
    """

    energy: float | None
    formation_energy: float | None = None
    e_above_hull: float | None = None
    spread: float | None = None
    hull: HullDistance | None = None
    note: Text = ""


@lru_cache(maxsize=4)
def load_judge(folder: Path = FOLDER) -> JudgeReference:
    """Reads the judge's references once.

    Raises:
        MissingReference: where they are absent or damaged.
    """
    path = folder / FILE
    try:
        return TypeAdapter(JudgeReference).validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise MissingReference(
            "{path} cannot be read ({reason}); {remedy}", path=path, reason=type(error).__name__, remedy=_REMEDY
        ) from None


def check_judge() -> None:
    """Looks at the judge's weights and references without loading the network.

    Raises:
        UnknownCheckpoint, DamagedCheckpoint, MissingReference: naming what is missing and the remedy.
    """
    load_judge()
    check_weights()


def judge_energies(crystals: Sequence[Crystal], cancelled: Callable[[], bool] | None = None) -> list[JudgedEnergy]:
    """Formation energy and distance to the hull of each crystal by the judge; the reason where there is none.

    Without SevenNet's weights, or without its references, each has the reason and the remedy as its note.

    Args:
        crystals: the geometry as it is, nothing is relaxed.
        cancelled: asked before each crystal.

    Raises:
        Cancelled: where ``cancelled`` said so.
        MissingReference: where the reference of crystals itself is missing.
    """
    try:
        judge, hull = load_judge(), load_reference().hull
    except MatGenError as error:
        return [JudgedEnergy(None, note=error.message) for _ in crystals]
    structures = [to_structure(crystal) for crystal in crystals]
    predictions = predict_energies(structures, cancelled=cancelled)
    found = []
    for crystal, structure, prediction in zip(crystals, structures, predictions, strict=True):
        if prediction.energy is None:
            found.append(JudgedEnergy(None, note=prediction.note))
            continue
        shares = terms(structure)
        formation = formation_energy(prediction.energy, shares, judge.references)
        if formation is None:
            missing = ", ".join(sorted(set(shares) - set(judge.references)))
            found.append(
                JudgedEnergy(prediction.energy, note=Message("no reference energy for {terms}", terms=missing))
            )
            continue
        stand = hull.read(formula_counts(crystal), formation)
        above = stand.e_above_hull
        spread = judge.spread(shares, above)
        found.append(JudgedEnergy(prediction.energy, formation, above, spread, stand, stand.describe()))
    return found


__all__ = ["METHOD", "JudgeReference", "JudgedEnergy", "check_judge", "judge_energies", "load_judge"]
