"""Crystals in the making, as a run shows them: drafted, placed, relaxed, each with what steers it by then.

These are copies to look at, and what a cancelled run keeps; the pipeline itself passes on crystals without predictions.
Nothing of them is judged, and their verdict "agreement" says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from matgen_core.chem.crystals.structure import formula_counts
from matgen_core.chem.energies.chgnet import METHOD, formation_energy
from matgen_core.chem.energies.sevennet import METHOD as JUDGE
from matgen_core.core.messages import Message
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import DRAFTED, PLACED, RELAXED, STEERING, Candidate, Crystal, Prediction, Verdict
from matgen_core.kinds.crystals.checks.agreement import RULE
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.kinds.protocol import OnStage

#: How far it came, in words.
_WORDS: Mapping[str, Message] = {
    DRAFTED: Message("drafted, without a geometry"),
    PLACED: Message("placed, not relaxed"),
    RELAXED: Message("relaxed"),
}


def at_stage(candidate: Candidate[Crystal], stage: str, predictions: Sequence[Prediction] = ()) -> Candidate[Crystal]:
    """The candidate in a stage, with predictions of the models that steer it."""
    said = Message("{stage}; not judged by {judge}", stage=_WORDS[stage], judge=JUDGE)
    steering = [replace(prediction, role=STEERING) for prediction in predictions]
    return replace(candidate, stage=stage).add_predictions(*steering).add_verdicts(Verdict(RULE, None, said))


def steering_energies(crystal: Crystal, energy: float | None) -> list[Prediction]:
    """Formation energy and distance to the hull of a crystal in the making.

    Args:
        crystal: as it lies.
        energy: CHGNet's, eV/atom; None where it cannot be read.
    """
    reference, counts = load_reference(), formula_counts(crystal)
    formation = None if energy is None else formation_energy(energy, counts, reference.elements)
    hull = None if formation is None else reference.hull.read(counts, formation)
    return steering_predictions(formation, None if hull is None else hull.e_above_hull)


def steering_predictions(formation: float | None, above: float | None) -> list[Prediction]:
    """The energies by which CHGNet steers, eV/atom."""
    values = {"formation_energy": formation, "e_above_hull": above}
    return [Prediction(key, value, None, PROPERTIES[key].unit, METHOD) for key, value in values.items()]


class InWork:
    """The batch in work, a row a candidate from its draft on.

    Args:
        on_stage: called with all rows whenever :meth:`show` is called; None: nothing is kept.
    """

    def __init__(self, on_stage: OnStage | None) -> None:
        self._on_stage, self._rows = on_stage, dict[str, Candidate[Crystal]]()

    def begin(self, rows: Sequence[Candidate[Crystal]]) -> None:
        """Another batch, or what is left of this one."""
        if self._on_stage is not None:
            self._rows = {row.id: row for row in rows}
            self._on_stage(tuple(rows))

    def row(self, candidate: Candidate[Crystal]) -> Candidate[Crystal]:
        """What was shown last of a candidate."""
        return self._rows.get(candidate.id, candidate)

    def show(self, rows: Sequence[Candidate[Crystal]]) -> None:
        """Shows these in the stage that they are in now, and the others as before."""
        if self._on_stage is not None and rows:
            self._rows |= {row.id: row for row in rows}
            self._on_stage(tuple(self._rows.values()))
