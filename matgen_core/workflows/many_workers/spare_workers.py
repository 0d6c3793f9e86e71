"""Processes beside the worker of the pages that do the batches of its runs, where the environment asks for some."""

from __future__ import annotations

import atexit
from concurrent.futures import Executor
from functools import lru_cache

from matgen_core.core.environment import read_environment
from matgen_core.core.processes import WorkerPool


def spare_workers() -> Executor | None:
    """As many processes as ``MATGEN_WORKERS`` says, where that is more than one; they keep their models."""
    count = read_environment().workers
    return _pool(count) if count > 1 else None


@lru_cache(maxsize=1)
def _pool(count: int) -> WorkerPool:
    pool = WorkerPool(count)
    atexit.register(pool.shutdown, cancel_futures=True)
    return pool
