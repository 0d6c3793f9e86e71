"""Long work of the pages as functions that a worker process can be sent: settings in, reports and results out.

Each takes ``report``, called with a :class:`Progress` and with whatever else the page shows meanwhile, and
``stopped``, asked whether to end; the rest by keyword. Everything that goes in or comes out is a record, so that it
passes from one process to another.
One long file: every job that a page can send stands here.
"""

from __future__ import annotations

import contextlib
import logging
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from matgen_core.core.errors import Cancelled
from matgen_core.core.goals import Target
from matgen_core.core.records import Candidate, Crystal, Progress
from matgen_core.core.settings import Budget, FinetuneConfig, TuneSettings
from matgen_core.core.spreading import SetAside
from matgen_core.files.tables import count_rows
from matgen_core.kinds.crystals.placing.relax import Relaxation, check_stability, relax_candidates
from matgen_core.kinds.registry import load_kind, name_of_kind
from matgen_core.kinds.rules import Rules
from matgen_core.learning.examples import read_columns
from matgen_core.runs.store import open_store
from matgen_core.workflows import design
from matgen_core.workflows.further_predictions import FurtherPredictions
from matgen_core.workflows.loop import DesignRun
from matgen_core.workflows.many_workers.spare_workers import spare_workers
from matgen_core.workflows.own_properties.finetune import Tuned, finetune
from matgen_core.workflows.own_properties.own_store import load_copy, save_target
from matgen_core.workflows.own_properties.own_targets import train_target
from matgen_core.workflows.own_properties.training_examples import read_examples
from matgen_core.workflows.predict_table import Report, check_unpacked, predict_table
from matgen_core.workflows.screening.candidate_files import Item, Refused, count_items, read_uploads
from matgen_core.workflows.screening.screen import Screener, judge_batches, refused_rows
from matgen_core.workflows.screening.structure_tables import holds_structures
from matgen_core.workflows.spaces.explore import neighbour_map
from matgen_core.workflows.spaces.sources import SPACES, open_space
from matgen_core.workflows.spaces.table_vectors import TableVectors, read_vectors
from matgen_core.workflows.structures import list_structures, vary_crystal
from matgen_core.workflows.tuning.aims import Aims, Steered
from matgen_core.workflows.tuning.tuner import Tuning, tune

log = logging.getLogger("matgen")
Tell = Callable[..., None]
Stopped = Callable[[], bool]
#: What a worker imports before its first work, in one thread: two threads that import one of these at once fail.
LIBRARIES = (
    "transformers.models.auto.modeling_auto",
    "transformers.models.auto.tokenization_auto",
    "pymatgen.core",
    "matgen_core.learning.networks",
    "matgen_core.models.bert",
    "matgen_core.models.chemberta",
    "matgen_core.kinds.molecules.scaffolds",
    "matgen_core.workflows.page_work",
)
#: Candidates of a run that are encoded between two looks at whether anybody still waits.
_ENCODED = 64
#: Steps of a map of neighbours.
MAP_ITERATIONS = 500
_loading, _loaded = threading.Lock(), dict[str, "Loaded"]()


@dataclass(frozen=True, slots=True)
class Loaded:
    """The models of a kind, loaded once in this process.

    Args:
        seconds: that it took.
        whole: whether nothing failed.
    """

    seconds: float
    whole: bool


def prepare(kind: str) -> Loaded:
    """Loads the models of a kind, or waits until another thread has; an error is left to the run, which reports it."""
    with _loading:
        if kind not in _loaded:
            begun, whole = time.monotonic(), True
            try:
                load_kind(kind).prepare()
            except Exception:
                whole = False
                log.exception("the models could not be loaded ahead")
            _loaded[kind] = Loaded(time.monotonic() - begun, whole)
        return _loaded[kind]


def load_models(report: Tell, stopped: Stopped, *, kind: str) -> Loaded:
    """:func:`prepare` as a work of its own."""
    return prepare(kind)


# ------------------------------------------------------------------------------------------------ design and relaxing


def generate(
    report: Tell,
    stopped: Stopped,
    *,
    kind: str,
    target: Target,
    count: int,
    seed: int,
    settings: design.Settings,
    before: Sequence[Candidate[Any]] = (),
) -> None:
    """A run for a count, or for so many more; the reports hold what it finds."""
    asked: dict[str, Any] = {"seed": seed, "settings": settings, "on_progress": report, "cancelled": stopped}
    if before:
        design.design_more(kind, target, count, before, **asked, executor=spare_workers())
    else:
        design.design(kind, target, count, **asked, executor=spare_workers())


def generate_until(
    report: Tell,
    stopped: Stopped,
    *,
    kind: str,
    target: Target,
    budget: Budget,
    rules: Rules,
    seed: int,
    settings: design.Settings | None,
    before: DesignRun[Any] | None,
) -> DesignRun[Any]:
    """A run until enough pass, or the rest of one."""
    return design.design_until(
        kind,
        target,
        budget,
        rules=rules,
        seed=seed,
        settings=settings,
        before=before,
        on_progress=report,
        cancelled=stopped,
        executor=spare_workers(),
    )


def structures(report: Tell, stopped: Stopped, *, formula: str, count: int) -> None:
    """Structures of a formula; the reports hold them."""
    list_structures(formula, count, on_progress=report, cancelled=stopped)


def variants(report: Tell, stopped: Stopped, *, candidate: Candidate[Crystal], count: int) -> None:
    """Variants of a crystal; the reports hold them."""
    vary_crystal(candidate, count, on_progress=report, cancelled=stopped)


def relax(
    report: Tell, stopped: Stopped, *, crystals: Sequence[Candidate[Crystal]], symmetric: bool
) -> tuple[Relaxation, ...]:
    """Relaxes crystals; tells each time what is done of them."""

    def tell(done: tuple[Relaxation, ...], step: int) -> None:
        report(Progress("relax", len(done), len(crystals), _relaxed(done)), done)

    return relax_candidates(crystals, symmetric=symmetric, on_progress=tell, cancelled=stopped)


def _relaxed(done: Sequence[Relaxation]) -> tuple[Candidate[Crystal], ...]:
    return tuple(entry.after for entry in done if entry.after is not None)


def displace(report: Tell, stopped: Stopped, *, candidate: Candidate[Crystal]) -> Candidate[Crystal]:
    """The candidate with its verdict "stability"."""
    (checked,) = check_stability([candidate], cancelled=stopped)
    report(Progress("relax", 1, 1, (checked,)))
    return checked


# ------------------------------------------------------------------------------------------------------------ screening


@dataclass(frozen=True, slots=True)
class SourceNews:
    """What is newly known of the source of a screening.

    Args:
        refused: rows that could not be used, since the last news.
        notes: how the files were read, all of them.
        cut: whether there are more rows than are screened.
    """

    refused: tuple[Refused, ...]
    notes: tuple[str, ...]
    cut: bool = False


@dataclass(frozen=True)
class OfRun:
    """Candidates of a stored run, to be screened."""

    run: str

    def read(self, notes: list[str], most: int) -> tuple[Iterator[Item], int | None]:
        """They, in the order of arrival, and how many there are, counted up to ``most``."""
        found = open_store().candidates(self.run, drafts=False)
        return iter(found), min(len(found), most)


@dataclass(frozen=True)
class OfFiles:
    """Rows of uploaded files, to be screened, each file with its name."""

    files: tuple[tuple[str, bytes], ...]

    def read(self, notes: list[str], most: int) -> tuple[Iterator[Item], int | None]:
        """They, in their order, and how many there are, counted up to ``most``; None where the files do not say."""
        return read_uploads(list(self.files), notes), count_items(self.files, most)


def screen(
    report: Tell,
    stopped: Stopped,
    *,
    source: OfRun | OfFiles,
    rules: Rules,
    most: int,
    further: FurtherPredictions | None = None,
) -> SourceNews:
    """Predicts and judges candidates of a run or of files.

    Args:
        report: called with the candidates, and of the source as :class:`SourceNews`.
        stopped: whether to end.
        source: of the candidates.
        rules: what a candidate must pass.
        most: candidates that are screened, and refused rows that are reported.
        further: what is predicted beside the usual; None for nothing.
    """
    screener = Screener(rules=rules, further=further or None)
    found, notes, reported = list[Candidate[Any]](), list[str](), 0
    (items, total), done = source.read(notes, most), 0
    first, news = _First(items, most), list[Refused]()
    screened = judge_batches(first, screener.batch, executor=spare_workers(), cancelled=stopped, within=True)
    with contextlib.suppress(Cancelled):
        for batch, judged in screened:
            refused = refused_rows(batch, judged)[: most - reported]
            news, reported = news + refused, reported + len(refused)
            if not isinstance(judged, SetAside):
                found += screener.admit(judged)
            done += len(batch)
            total = total if total is None or done <= total else None  # one of the files holds several
            report(Progress("assess", done, total, tuple(found)), SourceNews(tuple(news), tuple(notes)))
            news = []
    return SourceNews(tuple(news), tuple(notes), first.cut)


class _First:
    """Items up to so many candidates.

    Args:
        items: of a source.
        most: candidates.

    Attributes:
        cut: whether there are more.
    """

    def __init__(self, items: Iterable[Item], most: int) -> None:
        self._items, self._most, self.cut = items, most, False

    def __iter__(self) -> Iterator[Item]:
        count = 0
        for item in self._items:
            count += not isinstance(item, Refused)
            if count > self._most:
                self.cut = True
                return
            yield item


def read_table(
    report: Tell, stopped: Stopped, *, name: str, data: bytes, using: str | None, judge: bool, admet: bool = False
) -> tuple[Report, str]:
    """What was read of a table, and the table with predictions as CSV."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "in" / _plain(name), Path(folder) / "out.csv"
        source.parent.mkdir()
        source.write_bytes(data)
        check_unpacked(source)
        total = count_items([(name, data)]) if holds_structures(source) else count_rows(source)
        read = predict_table(
            source,
            out,
            using=using,
            judge=judge,
            admet=admet,
            on_progress=lambda n: report(Progress("predict", n, total)),
            cancelled=stopped,
        )
        return read, out.read_text(encoding="utf-8")


def _plain(name: str) -> str:
    """The name of a file without what a file system may not take."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", Path(name).name)[-80:].lstrip(".-") or "table.csv"


# ----------------------------------------------------------------------------------------------------------------- maps


def map_neighbours(report: Tell, stopped: Stopped, *, space: str) -> NDArray[np.float32]:
    """(N, 2) places of the known materials of a space."""
    return neighbour_map(
        open_space(space).vectors,
        iterations=MAP_ITERATIONS,
        cancelled=stopped,
        on_progress=lambda done, of: report(Progress("map", done, of)),
    )


def encode_run(report: Tell, stopped: Stopped, *, space: str, materials: Sequence[object] | str) -> None:
    """Vectors of a run in a space, reported part by part.

    Args:
        report: called with the vectors (N, D) of each part.
        stopped: whether to end.
        space: name of the space.
        materials: of the run, or its id in the store.
    """
    if isinstance(materials, str):
        materials = [candidate.material for candidate in open_store().candidates(materials, drafts=False)]
    opened = open_space(space)
    for first in range(0, len(materials), _ENCODED):
        if stopped():
            return
        # A string of a molecules' run may be no molecule, which has no vector.
        part = [one for one in materials[first : first + _ENCODED] if name_of_kind(one) == opened.holds]
        vectors = SPACES[space].encode(part) if part else opened.vectors[:0]
        done = min(first + _ENCODED, len(materials))
        report(Progress("map", done, len(materials)), vectors[~np.isnan(vectors).any(axis=1)])


def encode_table(report: Tell, stopped: Stopped, *, space: str, data: bytes) -> TableVectors:
    """Vectors of a user's table in a space."""
    return read_vectors(
        open_space(space), data, cancelled=stopped, on_progress=lambda n, of: report(Progress("map", n, of))
    )


# ------------------------------------------------------------------------------------------------------------- teaching


@dataclass(frozen=True, slots=True)
class TaughtSoFar:
    """A predictor that is being taught.

    Args:
        curve: (epoch, training loss, error on the withheld rows).
        refused: number and reason of the rows that were left out.
    """

    curve: tuple[tuple[int, float, float], ...]
    refused: tuple[tuple[int, str], ...]


def teach(
    report: Tell, stopped: Stopped, *, texts: Sequence[str], values: Sequence[object], kind: str, config: FinetuneConfig
) -> Tuned:
    """A predictor taught from a table; its curve is reported after each epoch."""
    torch.set_num_threads(1)  # of this thread: several stand in one another's way in a class
    examples = read_examples(list(texts), values, kind)

    def tell(tuned: Tuned) -> None:
        done = TaughtSoFar(tuple(tuned.curve), tuple(examples.refused))
        report(Progress("train", tuned.curve[-1][0], config.epochs), done)

    report(Progress("train", 0, config.epochs), TaughtSoFar((), tuple(examples.refused)))
    return finetune(examples, config, on_epoch=tell, cancelled=stopped)


# --------------------------------------------------------------------------------------------------- own properties


def train_own(report: Tell, stopped: Stopped, *, data: bytes, column: str, name: str, unit: str) -> None:
    """Trains two predictors of a column of a table and keeps them; tells of the rows that were left out."""
    texts, values, kind = read_columns(data, column)
    examples = read_examples(texts, values, kind)
    report(Progress("train", 0, None), tuple(examples.refused))

    def tell(done: int, total: int) -> None:
        report(Progress("train", done, total))

    save_target(train_target(name, examples, column, unit or examples.unit, on_progress=tell, cancelled=stopped))


@dataclass(frozen=True, slots=True)
class TuningNews:
    """A tuning, and the checkpoint that it was tuned from, once it has ended; before, it comes without its network."""

    tuning: Tuning
    prior: str = ""


def tune_and_generate(
    report: Tell, stopped: Stopped, *, kind: str, aims: Aims, settings: TuneSettings, count: int, by: str | None
) -> None:
    """Tunes a copy, or takes the kept one ``by``, and generates from it; tells of the tuning as :class:`TuningNews`."""

    def tell(tuning: Tuning) -> None:
        shown = replace(tuning, network=torch.nn.Identity(), curve=list(tuning.curve))
        report(Progress("generate", 0, count), TuningNews(shown))

    if by:
        drawing = load_copy(by).drawing
    else:
        tuning, prior = tune(kind, aims, settings, on_step=tell, cancelled=stopped)
        report(Progress("generate", 0, count), TuningNews(tuning, prior))
        drawing = tuning.network, f"copy (tuned from {prior})"
    design.design(
        kind,
        aims.target,
        count,
        seed=settings.seed + 1,
        on_progress=report,
        cancelled=stopped,
        steered=Steered(aims, drawing),
    )
