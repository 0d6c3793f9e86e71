"""``--workers``, ``--into`` and ``--shard`` of the commands: who does the batches of a run, and where they are kept."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from matgen_core.cli.options import Command, extend_command, make_option
from matgen_core.core.errors import BadInput

if TYPE_CHECKING:
    from matgen_core.workflows.many_workers.run_folder import Shard, Wanted

MOST = 256
_WORKERS = (
    "processes of one thread that share the work, each with its own models (about 1 GB); the candidates do not depend "
    "on how many there are. 0: this process, with the threads that torch uses"
)
_CLUSTER = "file that configures workers of a cluster through Parsl; see docs/cluster.md"
_LIMIT = "seconds of one batch in a worker; a worker that needs longer is ended and the batch is begun once more"
_INTO = (
    "folder for a long run: its batches are written there, memory does not grow, and the same command goes on after "
    "any interruption"
)
_SHARD = "the share of the batches that is computed, such as 3/64, for the jobs of an array; each has its own folder"


@dataclass(frozen=True, slots=True)
class Workers:
    """Who does the batches.

    Args:
        count: of processes; 0 for this one.
        limit: seconds of one batch.
        cluster: file that configures the workers of a cluster.
    """

    count: int = 0
    limit: float = 3600.0
    cluster: Path | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.count <= MOST:
            raise BadInput(f"--workers {self.count} is not possible; choose from 0 to {MOST}")
        if self.count and self.cluster is not None:
            raise BadInput("--workers and --cluster exclude each other; the file says how many workers there are")
        if not 1 <= self.limit <= 1e7:
            raise BadInput(f"--batch-limit {self.limit:g} is not possible; choose from 1 to 10,000,000 seconds")

    @contextmanager
    def open(self) -> Iterator[Executor | None]:
        """The executor; None where this process does the work. It is ended afterwards, whatever it still does."""
        if self.cluster is not None:
            from matgen_core.core.cluster import open_cluster

            with open_cluster(self.cluster, self.limit) as cluster:
                yield cluster
            return
        from matgen_core.core.processes import process_pool

        with process_pool(self.count, least=1, limit=self.limit) as pool:
            yield pool


@dataclass(frozen=True, slots=True)
class Into:
    """Where the batches of a long run are kept.

    Args:
        folder: of the run; None where the run is kept in memory.
        shard: share of its batches, as "3/64".
    """

    folder: Path | None = None
    shard: str = ""

    def __post_init__(self) -> None:
        if self.shard and self.folder is None:
            raise BadInput("--shard needs a folder for what it finds; give --into FOLDER, another one for each shard")

    def check(self, *others: Path | None) -> None:
        """Raises BadInput for files that a run into a folder does not write, and for a shard that is none."""
        if self.folder is None:
            return
        if any(other is not None for other in others):
            raise BadInput("--into writes batches into a folder; write the result afterwards with: matgen merge FOLDER")
        _ = self.share

    @property
    def share(self) -> Shard | None:
        """The share of the batches that is computed; None: all.

        Raises:
            BadInput: for a text that is none.
        """
        from matgen_core.workflows.many_workers.run_folder import Shard

        return Shard.read(self.shard) if self.shard else None

    def fill(self, wanted: Wanted, workers: Workers, seconds: float = float("inf")) -> None:
        """Runs into the folder, and says how far it came."""
        from matgen_core.cli.reporting import print_progress
        from matgen_core.cli.running import at_work
        from matgen_core.workflows.many_workers.fill_folder import fill_folder

        assert self.folder is not None
        with at_work(folder=self.folder) as work, workers.open() as executor:
            found = fill_folder(
                wanted,
                self.folder,
                shard=self.share,
                seconds=seconds,
                executor=executor,
                on_progress=print_progress,
                cancelled=work.cancelled,
            )
        typer.echo(f"{self.folder}: {found.generated} generated, {found.kept} kept, {found.seconds:.0f} s")
        if found.ended in ("cancelled", "time"):
            typer.echo("stopped before the end; the same command goes on", err=True)
        else:
            typer.echo(f"rank them with: matgen merge {self.folder} --out RESULT")


def with_folder(command: Command) -> Command:
    """Gives a command the options of a run into a folder, and its parameter ``into``."""
    options = [
        make_option("into", Path | None, None, _INTO),
        make_option("shard", str, "", _SHARD),
    ]
    return extend_command(command, options, "into", lambda v: Into(v["into"], v["shard"]))


def with_workers(command: Command) -> Command:
    """Gives a command the options of its workers, and its parameter ``workers``."""
    options = [
        make_option("workers", int, 0, _WORKERS),
        make_option("cluster", Path | None, None, _CLUSTER),
        make_option("batch_limit", float, 3600.0, _LIMIT),
    ]
    return extend_command(command, options, "workers", lambda v: Workers(v["workers"], v["batch_limit"], v["cluster"]))
