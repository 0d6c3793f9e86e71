"""``--workers`` of the commands: who does the batches of a run."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass

from matgen_core.cli.options import Command, extend_command, make_option
from matgen_core.core.errors import BadInput

MOST = 256
_WORKERS = (
    "processes of one thread that share the work, each with its own models (about 1 GB); the candidates do not depend "
    "on how many there are. 0: this process, with the threads that torch uses"
)
_LIMIT = "seconds of one batch in a worker; a worker that needs longer is ended and the batch is begun once more"


@dataclass(frozen=True, slots=True)
class Workers:
    """Who does the batches.

    Args:
        count: of processes; 0 for this one.
        limit: seconds of one batch.
    """

    count: int = 0
    limit: float = 3600.0

    def __post_init__(self) -> None:
        if not 0 <= self.count <= MOST:
            raise BadInput(f"--workers {self.count} is not possible; choose from 0 to {MOST}")
        if not 1 <= self.limit <= 1e7:
            raise BadInput(f"--batch-limit {self.limit:g} is not possible; choose from 1 to 10,000,000 seconds")

    @contextmanager
    def open(self) -> Iterator[Executor | None]:
        """The executor; None where this process does the work. It is ended afterwards, whatever it still does."""
        from matgen_core.core.processes import process_pool

        with process_pool(self.count, least=1, limit=self.limit) as pool:
            yield pool


def with_workers(command: Command) -> Command:
    """Gives a command the options of its workers, and its parameter ``workers``."""
    options = [
        make_option("workers", int, 0, _WORKERS),
        make_option("batch_limit", float, 3600.0, _LIMIT),
    ]
    return extend_command(command, options, "workers", lambda v: Workers(v["workers"], v["batch_limit"]))
