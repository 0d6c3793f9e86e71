"""From results to the hull: the formation energy of a calculation as one of the user's phases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from matgen_core.chem.formulas.stability import Hull, fractions_of
from matgen_core.core.messages import Message
from matgen_core.core.records import Candidate
from matgen_core.files.refused import Refused
from matgen_core.kinds.registry import kind_of, record_of
from matgen_core.runs.own_phases import OwnPhase
from matgen_core.workflows.calculations.results import Result

#: Formation energies of phases, eV/atom; what lies outside is a total energy, or of another unit.
LOWEST, HIGHEST = -6.0, 2.0


def computed_phases(
    candidates: Sequence[Candidate[Any]], results: Iterable[Result], run: str
) -> tuple[list[OwnPhase], list[Refused]]:
    """The phases that results found, and those results whose energy is none of a phase.

    The formula is that of the computed structure, or of the candidate where the file has no structure.

    Args:
        candidates: of the run.
        results: of :func:`matgen_core.workflows.calculations.results.read_results`; of two of one candidate the later
            one counts.
        run: id of the run.
    """
    materials = {candidate.id: candidate.material for candidate in candidates}
    today, found, refused = datetime.now(UTC).date().isoformat(), dict[str, OwnPhase](), list[Refused]()
    for result in results:
        computed, material = result.values.get("formation_energy"), result.crystal or materials[result.id]
        if computed is None or not record_of(material).has_formula:
            continue
        if not LOWEST <= computed.value <= HIGHEST:
            reason = Message(
                "{value:.2f} eV/atom is not a formation energy of a phase ({low:g} to {high:g}); it is not added "
                "to the hull",
                value=computed.value,
                low=LOWEST,
                high=HIGHEST,
            )
            refused.append(Refused(result.place, reason))
            continue
        formula = kind_of(material).key(material)
        found[result.id] = OwnPhase(result.id, run, formula, computed.value, str(computed.method), today)
    return list(found.values()), refused


def above_hull(hull: Hull, phase: OwnPhase) -> float | None:
    """How far a phase lies above the hull that has it, eV/atom; None where too little is known of its elements."""
    above = hull.read(fractions_of(phase.formula), phase.energy).e_above_hull
    return None if above is None else max(0.0, above)
