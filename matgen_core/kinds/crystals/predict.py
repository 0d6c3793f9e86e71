"""Predictions for candidates: energies and moments by CHGNet, the gap by crystal-gap, the hull by the reference.

CHGNet steers: it relaxes crystals, chooses between geometries, and labelled the moments of the training rows. Energies
are therefore judged by a second potential (:mod:`.checks.energy_judge`), and each prediction names its model's role.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from math import gcd

from matgen_core.chem.crystals.distances import check_overlap
from matgen_core.chem.crystals.structure import formula_counts, reduced_formula, to_structure
from matgen_core.chem.energies.chgnet import METHOD, PredictedEnergy, formation_energy, load_chgnet, predict_energies
from matgen_core.chem.energies.sevennet import load_sevennet
from matgen_core.chem.formulas.ground_states import is_ground_state
from matgen_core.core.batching import split_on_oom
from matgen_core.core.errors import MatGenError
from matgen_core.core.messages import Message
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate, Crystal, Prediction
from matgen_core.kinds.crystals.checks.agreement import add_agreement, add_judgements, add_roles
from matgen_core.kinds.crystals.gap import CHECKPOINT as GAP
from matgen_core.kinds.crystals.gap import load_gap_judge, predict_gaps
from matgen_core.kinds.crystals.known.reference import Reference, load_reference
from matgen_core.kinds.crystals.moments import parallel_note, without_frozen_moments
from matgen_core.kinds.crystals.placing.geometry_rules import check_distances
from matgen_core.kinds.known_phases import ENERGIES, by_definition, check_known_phases
from matgen_core.kinds.predictors import predictions_of
from matgen_core.learning.checkpoints import available

_HULL_METHOD = Message("{method}, relative to the known hull", method=METHOD)


def predict(
    candidates: Sequence[Candidate],
    *,
    judge: bool = False,
    steered: bool | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Candidate, ...]:
    """The same candidates with every property read and the distances checked.

    Args:
        candidates: crystals.
        judge: whether a second potential judges energies (0.1 to 0.3 s a crystal). Of generated crystals that CHGNet
            is predicted far above the hull it judges none.
        steered: whether CHGNet took part in making them; None: of all but those from files.
        on_progress: called with candidates read and candidates in all.
        cancelled: asked before each batch.

    Raises:
        Cancelled: where ``cancelled`` said so.
        TooLarge: where not even one fits into memory; a batch that does not is read in halves.
    """
    read = split_on_oom(
        lambda first, count: _predict(candidates[first : first + count], on_progress, cancelled), 0, len(candidates)
    )
    roles = [candidate.origin.is_proposed if steered is None else steered for candidate in candidates]
    said = [add_roles(candidate) if role else candidate for candidate, role in zip(read, roles, strict=True)]
    return add_judgements(said, cancelled=cancelled) if judge else tuple(map(add_agreement, said))


def _predict(
    candidates: Sequence[Candidate],
    on_progress: Callable[[int, int], None] | None,
    cancelled: Callable[[], bool] | None,
) -> tuple[Candidate, ...]:
    reference = load_reference()
    read = predictions_of("crystals", candidates, on_progress, cancelled)
    return tuple(
        candidate.add_verdicts(
            check_distances(to_structure(candidate.material)),
            check_known_phases(reference, reduced_formula(candidate.material), formula_counts(candidate.material)),
        ).add_predictions(*predictions)
        for candidate, predictions in zip(candidates, read, strict=True)
    )


def predict_by_chgnet(
    candidates: Sequence[Candidate],
    on_progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[list[Prediction]]:
    """Formation energy, moments and distance to the hull of each candidate.

    CHGNet reads cramped cells, too: the distance to the hull says how cramped. Overlapping atoms it cannot read.
    """
    reference, read = load_reference(), _read_structures(candidates, on_progress, cancelled)
    return [_predictions(candidate, energy, reference) for candidate, energy in zip(candidates, read, strict=True)]


#: The last crystals given to CHGNet, and its predictions: two predictors in turn ask for the same.
_last: tuple[tuple[Crystal, ...], list[PredictedEnergy]] = ((), [])


def _read_structures(
    candidates: Sequence[Candidate],
    on_progress: Callable[[int, int], None] | None,
    cancelled: Callable[[], bool] | None,
) -> list[PredictedEnergy]:
    """CHGNet's prediction of each candidate; none for atoms that overlap."""
    global _last
    crystals, last = tuple(candidate.material for candidate in candidates), _last
    if last[0] == crystals:
        return last[1]
    structures = [to_structure(crystal) for crystal in crystals]
    sound = [i for i, structure in enumerate(structures) if check_overlap(structure).passed]
    read = predict_energies([structures[i] for i in sound], on_progress=on_progress, cancelled=cancelled)
    energies = dict(zip(sound, read, strict=True))
    overlapping = PredictedEnergy(None, None, None, "not read: atoms overlap")
    found = [energies.get(i, overlapping) for i in range(len(crystals))]
    _last = (crystals, found)
    return found


def prepare() -> None:
    """Loads what predictions need, so that the first does not wait for it."""
    load_reference()
    load_chgnet()
    with contextlib.suppress(MatGenError):  # each crystal will say what is missing
        load_sevennet()
    if GAP in available():
        load_gap_judge()


def _predictions(candidate: Candidate, chgnet: PredictedEnergy, reference: Reference) -> list[Prediction]:
    counts = formula_counts(candidate.material)
    energy = None if chgnet.energy is None else formation_energy(chgnet.energy, counts, reference.elements)
    note = chgnet.note or ("" if energy is not None else Message("no reference energy for one of its elements"))
    hull = None if energy is None else reference.hull.read(counts, energy)
    above = None if hull is None else hull.e_above_hull
    row = reference.find_known(candidate.material)

    def state(key: str, value: float | None, note: str, method: str = METHOD) -> Prediction:
        # Energies far above the hull belong to strained cells, for which CHGNet was not made.
        in_domain = None if value is None else not (key == "e_above_hull" and value > 0.5)
        spread = reference.spread(key, above, candidate.origin.is_proposed)
        if key in ENERGIES and hull is not None:
            doubted = bool(hull.apart) or (key == "e_above_hull" and hull.few_known)
            in_domain = None if in_domain is None else in_domain and not doubted
            if len(counts) == 1 and spread is not None:
                spread = max(spread, reference.spreads.get("element", 0.0))
            if key == "e_above_hull":
                spread = reference.widen(spread, hull)
        known = None if row is None or key not in ENERGIES else reference.known_value(key, row)
        found = Prediction(key, value, spread, PROPERTIES[key].unit, method, in_domain, note, known)
        return without_frozen_moments(found, counts)

    energies = [
        state("formation_energy", energy, note),
        state("e_above_hull", above, note if hull is None else hull.describe(), _HULL_METHOD),
    ]
    if len(counts) == 1 and (is_ground_state(to_structure(candidate.material)) or energies[1].known == 0):
        energies = [by_definition(p.property, p.value, METHOD) for p in energies]
    parallel = parallel_note(chgnet.magnetic_moment, sum(counts.values()) // gcd(*counts.values()))
    return [
        energies[0],
        state("magnetic_moment", chgnet.magnetic_moment, chgnet.note or parallel),
        state("max_site_moment", chgnet.max_site_moment, chgnet.note),
        energies[1],
    ]


def predict_by_gap_judge(
    candidates: Sequence[Candidate],
    on_progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[list[Prediction]]:
    """Band gap of each candidate, from its formula and what CHGNet says of its structure."""
    read = _read_structures(candidates, on_progress, cancelled)
    return [[gap] for gap in predict_gaps(candidates, [energy.features for energy in read])]
