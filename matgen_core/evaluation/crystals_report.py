"""The whole evaluation of crystals: unconditional samples and every target, with both potentials."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from matgen_core.core.goals import Goal, Target
from matgen_core.core.settings import CrystalSettings
from matgen_core.evaluation.crystals import (
    TARGETS,
    known_samples,
    measure_target,
    measure_unconditional,
    nearest_rows,
    withheld,
)
from matgen_core.evaluation.sampling import Batch, Sample, batches
from matgen_core.kinds.crystals.known.rows import CrystalRows

#: Known crystals that are read for the ceiling and for the retrieval of a target, at most.
_KNOWN = 200


def measure_crystals(
    rows: CrystalRows,
    count: int,
    each: int,
    seed: int,
    settings: CrystalSettings,
    draw: Callable[[Sequence[Batch]], Mapping[str, list[Sample]]],
    say: Callable[[str], object],
) -> tuple[dict[str, Any], list[Sample]]:
    """What the JSON of ``matgen evaluate crystals`` holds, and the unconditional samples.

    Args:
        rows: known crystals.
        count: unconditional samples.
        each: samples a target; 0 for none.
        seed: of the random numbers; each target has its own.
        settings: engine and sampling.
        draw: the samples of batches, as :func:`~matgen_core.evaluation.sampling.draw_samples` does.
        say: called with each finished target.
    """
    free = batches(Target(), count, seed, settings)
    asked = [
        batches(Target({k: Goal.at(v) for k, v in values.items()}), each, seed + 1000 * (number + 1), settings)
        for number, values in enumerate(TARGETS)
    ]
    wanted = [*free, *(batch for group in asked for batch in group)]
    found = draw(wanted)
    drawn = [sample for batch in free for sample in found[batch.name]]
    result: dict[str, Any] = {
        "engine": settings.engine,
        "settings": asdict(settings),
        "seed": seed,
        "checkpoints": sorted({sample.candidate.origin.checkpoint for sample in drawn}),
        "unconditional": measure_unconditional(drawn, rows) if drawn else None,
    }
    if each:
        result["targets"] = []
        for values, group in zip(TARGETS, asked, strict=True):
            samples = [sample for batch in group for sample in found[batch.name]]
            entry = measure_target(
                values,
                samples,
                drawn,
                known_samples(withheld(rows, values), _KNOWN),
                known_samples(nearest_rows(rows, values, min(each, _KNOWN)), _KNOWN),
            )
            result["targets"].append(entry)
            say(f"{values}: {entry['hits']['value']:.2f}, stable by both {entry['stable']['value']:.2f}")
    return result, drawn
