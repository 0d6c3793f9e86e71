"""The app's server for a measurement: a store and a log of its own, on this machine only."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Server:
    """A running app.

    Args:
        address: http://127.0.0.1:PORT.
        process: of the server.
        database: URL of its store.
        log: what it wrote.
    """

    address: str
    process: subprocess.Popen[bytes]
    database: str
    log: Path

    def memory(self) -> float:
        """Resident memory of the server and its worker process, MB."""
        server = psutil.Process(self.process.pid)
        return float(sum(process.memory_info().rss for process in (server, *server.children())) / 1e6)

    def events(self, kind: str) -> list[dict[str, Any]]:
        """Lines of the log of runs."""
        lines = [line for line in self.log.read_text(errors="replace").splitlines() if line.startswith('{"time"')]
        return [entry for entry in map(json.loads, lines) if entry["event"] == kind]


@contextmanager
def serve(folder: Path, **environment: str) -> Iterator[Server]:
    """Serves until the block ends, however it ends.

    Args:
        folder: for store and log.
        environment: variables beside those of this process.

    Raises:
        RuntimeError: where the server does not start within two minutes.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    database, log = f"sqlite:///{folder / 'runs.sqlite'}", folder / "log.txt"
    command = [sys.executable, "-m", "pages.runs.serve", "--server.port", str(port), "--server.address", "127.0.0.1"]
    variables = {**os.environ, "MATGEN_DATABASE": database, **environment}
    with log.open("a") as file:
        process = subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=subprocess.STDOUT, env=variables)
    server = Server(f"http://127.0.0.1:{port}", process, database, log)
    try:
        _wait_for(server)
        yield server
    finally:
        process.kill()
        process.wait()


def _wait_for(server: Server) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end and server.process.poll() is None:
        try:
            urllib.request.urlopen(f"{server.address}/_stcore/health", timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"the server did not start; {server.log} says why")
