"""Loading the models in the worker process, before the first run asks for them."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass

from matgen_core.kinds.registry import load_kind
from matgen_core.runs.worker import Report, Stopped

log = logging.getLogger("matgen")
_WORK = ("generation", "maps", "screening", "series", "tables", "training")
#: Modules of networks that stand on transformers.
NETWORKS = tuple(
    f"matgen_core.models.{name}" for name in ("bert", "chemberta", "crystal_gap", "crystal_vae", "gpt", "smiles")
)
#: What a worker imports before its first work, in one thread: two threads that import one of these at once fail.
LIBRARIES = (
    "transformers.models.auto.modeling_auto",
    "transformers.models.auto.tokenization_auto",
    "pymatgen.core",
    *NETWORKS,
    "matgen_core.workflows.own_properties.predictors",
    "matgen_core.kinds.molecules.scaffolds",
    *(f"{__package__}.{name}" for name in _WORK),
)
_loading, _loaded = threading.Lock(), dict[str, "Loaded"]()


@dataclass(frozen=True, slots=True)
class Loaded:
    """The models of a kind, loaded once in this process.

    Args:
        seconds: that it took.
        whole: whether nothing failed.
    """

    seconds: float
    whole: bool


def prepare(kind: str) -> Loaded:
    """Loads the models of a kind, or waits until another thread has; an error is left to the run, which reports it."""
    with _loading:
        if kind not in _loaded:
            begun, whole = time.monotonic(), True
            try:
                load_kind(kind).prepare()
            except Exception:
                whole = False
                log.exception("the models could not be loaded ahead")
            _loaded[kind] = Loaded(time.monotonic() - begun, whole)
        return _loaded[kind]


def load_models(report: Report, stopped: Stopped, *, kind: str) -> Loaded:
    """:func:`prepare` as a work of its own."""
    return prepare(kind)
