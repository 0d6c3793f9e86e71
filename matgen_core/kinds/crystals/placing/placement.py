"""Where the atoms of chosen drafts come to lie: diffusion beside known crystals, the lowest steering energy goes on.

CHGNet steers here, so it judges nothing whose structure it selected.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from matgen_core.chem.crystals.structure import formula_counts
from matgen_core.chem.energies.chgnet import formation_energy
from matgen_core.chem.energies.reduced_energy import measure_crystals
from matgen_core.core.errors import BadInput, Cancelled
from matgen_core.core.goals import Target
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Crystal
from matgen_core.core.settings import CrystalSettings
from matgen_core.kinds.crystals.drafts import Draft
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.kinds.crystals.placing.geometry_generation import Placer
from matgen_core.kinds.crystals.placing.templates import load_templates
from matgen_core.kinds.crystals.writing.skeleton_decoding import Asked


@dataclass(frozen=True)
class Placed:
    """A draft with its geometry.

    Args:
        draft: of it.
        crystal: the geometry with the lowest steering energy.
        source: where it comes from: "diffusion", "template mp-…" or "substitution".
        formation_energy: by CHGNet, steering, eV/atom; None where there is none.
        e_above_hull: likewise.
        number: of the draft among those that were placed.
    """

    draft: Draft
    crystal: Crystal
    source: str
    formation_energy: float | None
    e_above_hull: float | None
    number: int = 0


def place_drafts(
    drafts: Sequence[Draft],
    placers: dict[str, Placer],
    conditions: Mapping[str, Tensor],
    settings: CrystalSettings,
    generator: torch.Generator,
    cancelled: Asked | None = None,
) -> list[Placed]:
    """The geometry with the lowest energy of each draft; once cancelled, of those that were finished.

    Args:
        drafts: N of them.
        placers: by engine; an engine without one brings its geometry along.
        conditions: (B, K) by engine, that the drafts were written for.
        settings: how many geometries and templates.
        generator: of the random numbers.
        cancelled: asked at every token and step.

    Raises:
        Cancelled: where none is finished.
    """
    tried: list[tuple[int, Crystal, str]] = []
    for number, draft in enumerate(drafts):
        if draft.crystal is not None:
            tried.append((number, draft.crystal, draft.engine))
        elif settings.templates:
            found = load_templates().find(draft.skeleton, settings.templates)
            tried += [(number, template.crystal, f"template {template.id}") for template in found]
    by_engine: dict[str, list[int]] = defaultdict(list)
    for number, draft in enumerate(drafts):
        if draft.crystal is None:
            by_engine[draft.engine].append(number)
    for engine, numbers in by_engine.items():
        rows = [drafts[number].row for number in numbers]
        skeletons = [drafts[number].skeleton for number in numbers]
        try:
            placed = placers[engine].place_each(skeletons, conditions[engine][rows], settings, generator, cancelled)
        except Cancelled:
            if not tried:
                raise
            break
        tried += [(numbers[i], crystal, "diffusion") for i, (crystal, _doubt) in sorted(placed.items())]
    return _lowest(drafts, sorted(tried, key=lambda entry: entry[0]))


def _lowest(drafts: Sequence[Draft], tried: Sequence[tuple[int, Crystal, str]]) -> list[Placed]:
    """Of each draft the geometry with the lowest energy; the first where none can be read."""
    reference, best = load_reference(), dict[int, tuple[float, Crystal, str, float | None]]()
    predictions = measure_crystals([crystal for _, crystal, _ in tried])
    for i, (number, crystal, source) in enumerate(tried):
        read = predictions[i]
        energy = None if isinstance(read, BadInput) else read
        rank = float("inf") if energy is None else energy
        if number not in best or rank < best[number][0]:
            best[number] = rank, crystal, source, energy
    found = []
    for number, (_, crystal, source, energy) in sorted(best.items()):
        counts = formula_counts(crystal)
        formation = None if energy is None else formation_energy(energy, counts, reference.elements)
        hull = None if formation is None else reference.hull.read(counts, formation)
        above = None if hull is None else hull.e_above_hull
        found.append(Placed(drafts[number], crystal, source, formation, above, number))
    return found


#: eV/atom above the hull that one unit of log-probability is given up for.
_ABOVE = 0.05
#: Taken for a distance to the hull that cannot be read.
_FAR = 2.0


def rank_placed(placed: Sequence[Placed], scores: Tensor, target: Target, stable: bool) -> list[int]:
    """Numbers of placed drafts, the best first.

    Args:
        placed: N of them.
        scores: (N,) the critic's log-probability of the goals that no steering energy predicts.
        target: its goals.
        stable: whether the distance to the hull counts.
    """
    costs = []
    for number, entry in enumerate(placed):
        above = _FAR if entry.e_above_hull is None else entry.e_above_hull
        cost = -float(scores[number]) + (max(0.0, above) / _ABOVE if stable else 0.0)
        goal = target.goals.get("formation_energy")
        if goal is not None and entry.formation_energy is not None:
            record = PROPERTIES["formation_energy"]
            assert record.tolerance is not None
            low, high = goal.interval(record.tolerance)
            cost += 2 * max(0.0, low - entry.formation_energy, entry.formation_energy - high) / record.tolerance
        costs.append((cost, number))
    return [number for _, number in sorted(costs)]


#: eV/atom above the hull, as placed: a draft that lies higher has no share. With 0.1, five of 32 delivered for (2.5 eV,
#: -0.8 eV/atom, 0) were by the GPT, and SevenNet called one of them stable; with 0.05 one was, and all were stable.
#: For a gap of 2 eV and a moment of 0.5 all 32 were stable with either, 3 and 10 of them by the GPT.
_NEAR_ENOUGH = 0.05


def share_placed(placed: Sequence[Placed], order: Sequence[int], count: int, share: float) -> list[int]:
    """Numbers of ``count`` placed drafts, the best first, with a share for each engine that was placed.

    Args:
        placed: N of them.
        order: their numbers, the best first.
        count: how many go on.
        share: of ``count`` that each engine delivers, as far as its drafts lie near enough to the hull.
    """
    kept, engines = list(order[:count]), dict.fromkeys(entry.draft.engine for entry in placed)
    for engine in engines:
        lacking = int(count * share) - sum(placed[number].draft.engine == engine for number in kept)
        own = [n for n in order[count:] if placed[n].draft.engine == engine and n not in kept and _is_near(placed[n])]
        coming = own[: max(0, lacking)]
        others = [number for number in kept if placed[number].draft.engine != engine]
        leaving = set(others[len(others) - len(coming) :]) if coming else set()
        kept = [number for number in order if number in coming or (number in kept and number not in leaving)]
    return kept


def _is_near(entry: Placed) -> bool:
    return entry.e_above_hull is not None and entry.e_above_hull < _NEAR_ENOUGH
