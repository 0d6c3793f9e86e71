"""One line of JSON on standard error for every run that ends: its kind, its duration and its end.

The line has no personal data: no settings, text, address or name. The run's random id links to the store.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

log = logging.getLogger("matgen.runs")


def open_log() -> None:
    """Sends the lines to standard error, once."""
    if not log.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(message)s"))
        log.addHandler(handler)
        log.setLevel(logging.INFO)


def log_loading(seconds: float, whole: bool) -> None:
    """The models were loaded, once for all sessions."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    log.info("%s", json.dumps({"time": now, "event": "models", "seconds": round(seconds, 2), "whole": whole}))


def log_run(
    kind: str,
    run: str | None,
    state: str,
    waited: float,
    seconds: float,
    asked: int | None,
    found: int,
    error: str | None,
) -> None:
    """One run that has ended.

    Args:
        kind: page that made it.
        run: its id in the store; None where it is not kept.
        state: "finished", "cancelled", "left" (its tab was closed) or "failed".
        waited: seconds in the line.
        seconds: of work.
        asked: candidates asked for; None where nobody knew how many there are.
        found: candidates that came.
        error: class of what failed; its text may quote the user and stays out.
    """
    line = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "event": "run",
        "kind": kind,
        "run": run,
        "state": state,
        "waited": round(waited, 2),
        "seconds": round(seconds, 2),
        "asked": asked,
        "found": found,
        "error": error,
    }
    log.info("%s", json.dumps(line))
