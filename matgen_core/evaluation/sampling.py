"""Many crystals drawn for an evaluation: batches by (target, seed, first, size), over processes, appended to a file.

A batch depends only on its name, so the samples are the same with one process or sixteen. A run that was stopped goes
on with the batches that its file lacks. Each sample is predicted as in the app and read by SevenNet, which steered
nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from matgen_core.core.errors import BadInput
from matgen_core.core.goals import Target
from matgen_core.core.records import Candidate
from matgen_core.core.settings import CrystalSettings
from matgen_core.runs.records import from_record, to_record

#: Samples of one batch, as the app draws at most.
BATCH = 32


@dataclass(frozen=True)
class Sample:
    """A crystal with what both potentials say of it.

    Args:
        candidate: with the predictions of the app; CHGNet's energies steered it.
        formation_energy: by SevenNet, which judges, eV/atom; None where it cannot read it.
        e_above_hull: likewise.
    """

    candidate: Candidate
    formation_energy: float | None
    e_above_hull: float | None

    def is_stable(self, limit: float) -> tuple[bool, bool]:
        """Whether it is below a distance to the hull by CHGNet, and by SevenNet."""
        steering = self.candidate.value("e_above_hull")
        return _below(steering, limit), _below(self.e_above_hull, limit)


def _below(value: float | None, limit: float) -> bool:
    return value is not None and value < limit


@dataclass(frozen=True)
class Batch:
    """A batch by name.

    Args:
        target: what is asked for.
        seed: of the run.
        first: number of its first candidate.
        size: candidates.
        settings: of the generator.
    """

    target: Target
    seed: int
    first: int
    size: int
    settings: CrystalSettings = field(default_factory=CrystalSettings)

    @property
    def name(self) -> str:
        """Everything that it depends on, as text."""
        goals = {key: str(goal) for key, goal in sorted(self.target.goals.items())}
        return json.dumps(
            [goals, repr(self.target.constraints), self.seed, self.first, self.size, asdict(self.settings)]
        )


def batches(target: Target, count: int, seed: int, settings: CrystalSettings) -> list[Batch]:
    """The batches of so many samples."""
    return [Batch(target, seed, first, min(BATCH, count - first), settings) for first in range(0, count, BATCH)]


def draw_batch(batch: Batch) -> list[Sample]:
    """Draws, relaxes, predicts and judges one batch, on one thread."""
    import torch

    from matgen_core.core.errors import Cancelled
    from matgen_core.kinds.crystals.checks.energy_judge import judge_energies
    from matgen_core.kinds.protocol import Brief
    from matgen_core.kinds.registry import load_kind

    torch.set_num_threads(1)
    stages = load_kind("crystals").begin(Brief(batch.target, batch.target, batch.seed, batch.settings))
    try:
        found = stages.predict(stages.draw(batch.size, batch.first))
    except Cancelled:
        return []
    judged = judge_energies([candidate.material for candidate in found])
    return [Sample(c, j.formation_energy, j.e_above_hull) for c, j in zip(found, judged, strict=True)]


def draw_samples(
    wanted: Sequence[Batch],
    file: Path,
    workers: int = 1,
    on_progress: Callable[[int, int], None] | None = None,
) -> dict[str, list[Sample]]:
    """Samples by the name of their batch, drawn where the file does not have them.

    Args:
        wanted: the batches.
        file: JSON lines, one a batch; it grows as batches are finished.
        workers: processes.
        on_progress: called with batches done and batches in all.

    Raises:
        BadInput: where a line of the file is none of this evaluation's.
    """
    found = dict(read_samples(file)) if file.is_file() else {}
    if found:
        whole = file.read_bytes()
        file.write_bytes(whole[: whole.rfind(b"\n") + 1])  # without a line that was cut
    todo = [batch for batch in wanted if batch.name not in found]
    file.parent.mkdir(parents=True, exist_ok=True)

    def keep(batch: Batch, samples: list[Sample]) -> None:
        found[batch.name] = samples
        with file.open("a", encoding="utf-8") as sink:
            sink.write(json.dumps({"batch": batch.name, "samples": [_to_record(s) for s in samples]}) + "\n")
        if on_progress:
            on_progress(len(wanted) - sum(b.name not in found for b in wanted), len(wanted))

    if workers == 1:
        for batch in todo:
            keep(batch, draw_batch(batch))
    else:
        # Spawned: a forked process would share the locks of torch's threads.
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as executor:
            waiting = {executor.submit(draw_batch, batch): batch for batch in todo}
            for future in as_completed(waiting):
                keep(waiting[future], future.result())
    return {batch.name: found[batch.name] for batch in wanted}


def read_samples(file: Path) -> Iterator[tuple[str, list[Sample]]]:
    """Names and samples of the batches of a file; a last line that was cut is passed over.

    Raises:
        BadInput: where another line cannot be read.
    """
    lines = file.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        try:
            entry = json.loads(line)
            yield entry["batch"], [_from_record(record) for record in entry["samples"]]
        except (ValueError, KeyError, TypeError):
            if number < len(lines):
                raise BadInput(
                    "{file}, line {number}, is no batch of samples; give another file, or delete it",
                    file=file,
                    number=number,
                ) from None


def _to_record(sample: Sample) -> dict[str, Any]:
    return {
        "candidate": to_record(sample.candidate),
        "formation_energy": sample.formation_energy,
        "e_above_hull": sample.e_above_hull,
    }


def _from_record(record: dict[str, Any]) -> Sample:
    return Sample(from_record(record["candidate"]), record["formation_energy"], record["e_above_hull"])
