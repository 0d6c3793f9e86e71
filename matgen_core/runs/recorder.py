"""Recorder of a run: candidates are in the store before they are shown, whichever process finds them."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matgen_core.core.records import Candidate
from matgen_core.runs.store import Store, StoreError, open_store

log = logging.getLogger("matgen")


@dataclass(frozen=True, slots=True)
class Written:
    """What a recorder in another process has done.

    Args:
        run: id of the run in the store; None where it is not kept.
        ids: of the candidates written since the last word.
        problem: why the run is not kept; empty where it is.
    """

    run: str | None
    ids: tuple[str, ...]
    problem: str


class Recorder:
    """One run in the store. A store that fails does not stop the run; the page says that the run is not stored.

    A failed write is repeated with the next candidates and at the end, so that a full disk or a lock that is freed in
    time loses nothing. A copy of a recorder writes in the worker process; meanwhile the original writes nothing and
    follows the copy by :meth:`follow`.

    Args:
        kind: page of the run.
        settings: of the page, as in its link.
        seed: of the draws.
        owner: whose run it is.
        before: candidates of a run that this one goes on with.
        name: what was asked for, in a line.
        asked: the command that asks for the same, and all settings; None where they are not known.
    """

    def __init__(
        self,
        kind: str,
        settings: dict[str, Any],
        seed: int,
        owner: str,
        before: Sequence[Candidate[Any]] = (),
        name: str = "",
        asked: Mapping[str, Any] | None = None,
    ) -> None:
        self.run: str | None = None
        self.problem = ""
        self._asked = kind, settings, seed, owner, name, asked
        self._seen: set[str] = set()
        self._reported: set[str] = set()
        self._waiting: dict[str, Candidate[Any]] = {}
        self._elsewhere = False
        self.add(before)

    def add(self, candidates: Sequence[Candidate[Any]]) -> None:
        """Writes those that were not written yet."""
        if self._elsewhere:
            return
        self._waiting |= {c.id: c for c in candidates if c.id not in self._seen}
        try:
            store = self._open()
            if self._waiting and self.run:
                store.add(self.run, sorted(self._waiting.values(), key=lambda c: c.origin.index))
                self._seen.update(self._waiting)
                self._waiting.clear()
            self.problem = ""
        except StoreError as error:
            self._fail(error)

    def end(self, state: str, message: str | None = None, seconds: float | None = None) -> None:
        """How the run ended, after how long; one that found nothing, and did not fail, is taken away."""
        self.add(())
        try:
            if self.run is not None and not self._seen and not self._waiting and state != "failed":
                self._open().delete(self.run)
                self.run = None
            elif self.run is not None:
                self._open().end(self.run, state, message or "", seconds)
        except StoreError as error:
            self._fail(error)

    # ------------------------------------------------------------------------------------------- in another process

    def leave_to_copy(self) -> None:
        """Writes nothing from now on: a copy does."""
        self._elsewhere = True

    def report(self) -> Written:
        """What this copy has written since the last report."""
        new, self._reported = tuple(self._seen - self._reported), set(self._seen)
        return Written(self.run, new, self.problem)

    def follow(self, written: Written) -> None:
        """Takes note of what the copy has written."""
        self.run, self.problem = written.run, written.problem
        self._seen.update(written.ids)

    def take_back(self, died: bool = False) -> None:
        """Writes again itself, once the copy has ended.

        Args:
            died: whether the copy may have written more than it could say.
        """
        self._elsewhere = False
        try:
            if died and self.run is not None:
                self._seen.update(candidate.id for candidate in self._open().candidates(self.run))
        except StoreError as error:
            self._fail(error)

    def _open(self) -> Store:
        store = open_store()
        if self.run is None:
            kind, settings, seed, whose, name, asked = self._asked
            self.run = store.begin(kind, settings, seed, name=name, owner=whose, asked=asked)
        return store

    def _fail(self, error: StoreError) -> None:
        if not self.problem:  # once, not at every batch
            log.warning("a run is not kept: %s", error)
        self.problem = str(error)
