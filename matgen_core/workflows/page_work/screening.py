"""Screening of a run or of uploaded files for a page."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from matgen_core.core.errors import Cancelled
from matgen_core.core.records import Candidate, Progress
from matgen_core.core.spreading import SetAside
from matgen_core.kinds.rules import Rules
from matgen_core.runs.store import open_store
from matgen_core.runs.worker import Report, Stopped
from matgen_core.workflows.further_predictions import FurtherPredictions
from matgen_core.workflows.many_workers.spare_workers import spare_workers
from matgen_core.workflows.screening.candidate_files import Item, Refused, count_items, read_uploads
from matgen_core.workflows.screening.screen import Screener, judge_batches, refused_rows


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
    report: Report,
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
