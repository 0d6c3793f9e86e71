"""The worker process: does the tasks that the app's server sends, each in a thread of its own.

Started by :mod:`matgen_core.runs.worker` as a fresh interpreter, never forked, so that no lock of a library is copied.
Standard input brings the orders. Standard output carries the reports; what a library prints goes to standard error.
When the server ends, however it ends, standard input closes and the worker ends at once.
"""

from __future__ import annotations

import importlib
import logging
import os
import pickle
import signal
import sys
import threading
from collections.abc import Sequence

from matgen_core.core.errors import Cancelled, MatGenError
from matgen_core.runs.cores import Cores
from matgen_core.runs.transport import Pipe, Sender

log = logging.getLogger("matgen")
#: Added to the niceness, so that pages and a browser on the same machine stay quick.
_NICENESS = 5


def main(libraries: Sequence[str] = ()) -> None:
    """Takes orders until the server ends.

    Args:
        libraries: modules that are imported before the first task, in one thread: two threads that import one of the
            large libraries at once meet it half imported.
    """
    logging.basicConfig(format="%(asctime)s worker: %(message)s", level=logging.WARNING, stream=sys.stderr)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, whose end ends this process
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    pipe = _open_pipe()
    pipe.send((0, "ready", b""))
    imported = threading.Event()
    threading.Thread(target=_import, args=(libraries, imported), daemon=True).start()
    stops: dict[int, threading.Event] = {}
    cores = Cores()
    try:
        while True:
            order, number, task = pipe.receive()
            if order == "do":
                stop = stops[number] = threading.Event()
                threading.Thread(target=_do, args=(pipe, number, task, stop, imported, cores), daemon=True).start()
            elif order == "stop":
                stops[number].set()
            else:  # nobody follows it any more
                stops.pop(number).set()
    except EOFError:
        os._exit(0)  # whatever a thread computes: nobody waits for it


def _open_pipe() -> Pipe:
    """The pipe to the server; from now on, what is printed to standard output goes to standard error."""
    source, sink = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return Pipe(source, sink)


def _import(libraries: Sequence[str], imported: threading.Event) -> None:
    try:
        for name in libraries:
            importlib.import_module(name)
    except Exception:
        log.exception("a library could not be imported ahead")
    finally:
        imported.set()


def _do(pipe: Pipe, number: int, task: bytes, stop: threading.Event, imported: threading.Event, cores: Cores) -> None:
    """One task, up to the message that ends it: "result", "error" or "failed"."""
    imported.wait()
    sender = Sender()
    cores.enter()

    def stopped() -> bool:  # asked often, so here a task learns that others have come or gone
        cores.share()
        return stop.is_set()

    try:
        first, work, recorder = pickle.loads(task)
        if first is not None:
            first()
        pipe.send((number, "begun", b""))

        def report(progress: object, beside: object = None) -> None:
            if recorder is not None:
                recorder.add(progress.candidates)  # type: ignore[attr-defined]  # what is shown is on disk
            written = None if recorder is None else recorder.report()
            pipe.send((number, "report", sender.pack((progress, beside, written))))

        result = None if stopped() else work(report, stopped)
        pipe.send((number, "result", sender.pack(result)))
    except Cancelled:
        pipe.send((number, "result", sender.pack(None)))
    except MatGenError as error:
        pipe.send((number, "error", pickle.dumps(error)))
    except Exception as error:
        log.exception("a run failed")
        pipe.send((number, "failed", type(error).__name__.encode()))
    finally:
        cores.leave()
