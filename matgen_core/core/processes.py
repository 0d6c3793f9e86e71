"""Processes that share the batches of a command. Results do not depend on how many they are."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager


@contextmanager
def process_pool(count: int) -> Iterator[Executor | None]:
    """An executor of ``count`` processes; None where one is enough: this process computes then.

    Args:
        count: of processes. Each loads its own models, which takes seconds and about 1 GB.
    """
    if count <= 1:
        yield None
        return
    # Spawned, not forked: a fork of a process whose libraries run threads may hang.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context, initializer=_ignore_interrupts) as executor:
        yield executor


def _ignore_interrupts() -> None:
    """Leaves Ctrl-C to the command: the batch that is being computed is finished and kept."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
