"""A run on a cluster: the workers of Parsl's HighThroughputExecutor behind the executor interface.

Parsl (Babuji et al. 2019, HPDC) starts blocks of workers through Slurm, Kubernetes, SSH and others, and keeps each
worker, with its loaded models, for many batches. It is an optional package: ``pip install "matgen[cluster]"``.
"""

from __future__ import annotations

import os
import runpy
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from matgen_core.core.errors import BadInput
from matgen_core.core.processes import LIMIT
from matgen_core.core.spreading import NoWorkers

#: Seconds within which a first worker must come up, where the file says nothing else.
PATIENCE = 3600.0
#: Seconds between two looks at whether there are workers.
_LOOK = 1.0


class ClusterExecutor(Executor):
    """Workers that Parsl manages.

    Args:
        pool: a ``ParslPoolExecutor``.
        config: of Parsl.
        limit: seconds of one batch.
        patience: seconds within which a first worker must come up.
    """

    def __init__(self, pool: Any, config: Any, limit: float, patience: float) -> None:
        self.limit, self.patience = limit, patience
        self.workers = sum(map(_workers, config.executors))
        self._pool, self._config, self._seen = pool, config, False
        self._begun = self._next = time.monotonic()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The task, done by the next worker that is free."""
        future: Future[Any] = self._pool.submit(fn, *args, **kwargs)
        return future

    def check(self) -> None:
        """Raises NoWorkers where no worker came up in time, or Parsl has given up starting some."""
        if (now := time.monotonic()) < self._next:
            return
        self._next = now + _LOOK
        for executor in self._config.executors:
            if executor.bad_state_is_set:
                raise NoWorkers(
                    "the cluster starts no workers ({reason}); mend the configuration, whose logs are in {folder}",
                    reason=str(executor.executor_exception).splitlines()[0][:200],
                    folder=self._config.run_dir,
                )
        if not self._seen:
            self._seen = any(executor.connected_managers() for executor in self._config.executors)
        if not self._seen and now - self._begun > self.patience:
            raise NoWorkers(
                "no worker came up within {seconds:g} s; see whether the jobs wait in the queue, the logs in {folder}, "
                "or write another number of seconds as patience in the configuration",
                seconds=self.patience,
                folder=self._config.run_dir,
            )


def _workers(executor: Any) -> int:
    """How many workers an executor of Parsl has, when all its blocks are there."""
    most, provider = executor.max_workers_per_node, executor.provider
    each = int(most) if most and most != float("inf") else os.cpu_count() or 1
    return max(1, int(each * provider.nodes_per_block * provider.max_blocks))


@contextmanager
def open_cluster(file: Path, limit: float = LIMIT) -> Iterator[ClusterExecutor]:
    """The workers that a file configures; they are ended afterwards, whatever they still do.

    Args:
        file: Python with ``config``, a ``parsl.Config``, and, where it wants, ``patience`` in seconds.
        limit: seconds of one batch.

    Raises:
        BadInput: where Parsl is not installed, and for a file that configures nothing.
    """
    config, patience = read_config(file)
    from parsl import DataFlowKernel
    from parsl.concurrent import ParslPoolExecutor

    folder = str(Path(sys.executable).parent)
    if folder not in os.environ.get("PATH", "").split(os.pathsep):  # Parsl starts programs that lie there
        os.environ["PATH"] = os.pathsep.join(filter(None, (folder, os.environ.get("PATH"))))
    try:
        kernel = DataFlowKernel(config)
    except Exception as error:
        raise BadInput(
            "the workers of {file} cannot be started ({reason}); mend the configuration",
            file=file,
            reason=_reason(error),
        ) from None
    try:
        yield ClusterExecutor(ParslPoolExecutor(dfk=kernel), config, limit, patience)
    finally:
        kernel.cleanup()


def read_config(file: Path) -> tuple[Any, float]:
    """The configuration of a file, and how long to wait for a first worker.

    Raises:
        BadInput: where Parsl is not installed; naming the line, for a file that cannot be run or configures nothing.
    """
    try:
        import parsl
        from parsl.executors import HighThroughputExecutor
    except ImportError:
        raise BadInput('Parsl is not installed; install it with: pip install "matgen[cluster]"') from None
    try:
        names = runpy.run_path(str(file))
    except Exception as error:
        raise BadInput(
            "{file}{line} is no configuration ({reason}); see docs/cluster.md",
            file=file,
            line=_line(error, file),
            reason=_reason(error),
        ) from None
    config, patience = names.get("config"), names.get("patience", PATIENCE)
    if not isinstance(config, parsl.Config):
        raise BadInput("{file} defines no config; write config = Config(...) of parsl, see docs/cluster.md", file=file)
    for executor in config.executors:
        if not isinstance(executor, HighThroughputExecutor):
            raise BadInput(
                "{file} names the executor {name}, which cannot be used; write HighThroughputExecutor",
                file=file,
                name=type(executor).__name__,
            )
    if not isinstance(patience, int | float) or not patience > 0:
        raise BadInput("patience in {file} is no number of seconds; write for example patience = 600", file=file)
    return config, float(patience)


def _line(error: Exception, file: Path) -> str:
    """Where in the file an error arose; empty where it did not."""
    if isinstance(error, SyntaxError):
        return f":{error.lineno}"
    places = [place for place in traceback.extract_tb(error.__traceback__) if place.filename == str(file)]
    return f":{places[-1].lineno}" if places else ""


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0][:200]
