"""Whether everything that the app needs is here and whole, for whoever serves it: ``matgen health``."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from matgen_core.core.environment import read_environment
from matgen_core.core.errors import BadInput, MatGenError
from matgen_core.core.messages import Message
from matgen_core.core.sketcher import is_there
from matgen_core.core.viewer import is_whole
from matgen_core.kinds.crystals.checks.energy_judge import check_judge
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.kinds.molecules.reference import load_molecule_reference
from matgen_core.learning.checkpoints import (
    FOLDER,
    available,
    load_checkpoint,
    load_encoder,
)
from matgen_core.learning.trainer import best_device
from matgen_core.runs.store import Store, default_url, open_store
from matgen_core.runs.worker import Worker, WorkerProblem

#: Bytes that must be free on disk.
_ROOM = 200_000_000


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Args:
        name: what.
        problem: what is wrong and how to mend it; empty if nothing is.
        needed: whether the app cannot do its work without it.
    """

    name: str
    problem: str = ""
    needed: bool = True


def check_health() -> tuple[Check, ...]:
    """Looks at the checkpoints' digests, the references, the store, the disk and the viewer."""
    checks = [_checked(f"checkpoint {name}", lambda name=name: _load(name)) for name in available()]  # type: ignore[misc]
    checks += [
        _checked("reference of crystals", load_reference),
        _checked("judge of energies (SevenNet-l3i5)", check_judge, needed=False),
        _checked("reference of molecules", load_molecule_reference),
        _checked("store of runs", lambda: Store(default_url()).list()),
        _checked("room on the disk", _check_room),
        _checked("worker process", _check_worker, needed=False),
    ]
    return (*checks, _check_viewer(), _check_sketcher())


def _check_viewer() -> Check:
    problem = (
        ""
        if is_whole()
        else Message("the 3D viewer is not installed; structures are drawn flat; fetch it with: matgen viewer")
    )
    return Check(Message("3D viewer"), problem, needed=False)


def _check_sketcher() -> Check:
    problem = Message("the molecule sketcher is not installed; SMILES are typed; fetch it with: matgen viewer")
    return Check(Message("molecule sketcher"), "" if is_there() else problem, needed=False)


@dataclass(frozen=True, slots=True)
class Machine:
    """What the app computes on.

    Args:
        accelerator: name of the graphics card; empty where the CPU computes.
        cores: of the CPU.
        memory: of the machine, GB.
        models: names of the checkpoints that are here.
    """

    accelerator: str
    cores: int
    memory: float
    models: tuple[str, ...]


def read_machine() -> Machine:
    """The machine, without loading a model."""
    import psutil
    import torch

    kind = best_device().type
    name = torch.cuda.get_device_name() if kind == "cuda" else "Apple GPU" if kind == "mps" else ""
    return Machine(name, psutil.cpu_count() or 1, psutil.virtual_memory().total / 1e9, available())


def check_quickly() -> tuple[Check, ...]:
    """What can be looked at in a moment: whether store, disk and viewer are as they should be, and models are here."""
    checks = [_checked("models", _check_models), _checked("store of runs", lambda: open_store().list())]
    return (*checks, _checked("room on the disk", _check_room), _check_viewer(), _check_sketcher())


def _check_models() -> None:
    if not available():
        raise BadInput("no model is in {folder}; install MatGen anew", folder=FOLDER)


def healthy(checks: tuple[Check, ...]) -> bool:
    """Whether nothing that is needed has a problem."""
    return not any(check.problem for check in checks if check.needed)


def _checked(name: str, act: Callable[[], object], needed: bool = True) -> Check:
    try:
        act()
    except MatGenError as error:
        return Check(name, str(error), needed)
    return Check(name, needed=needed)


def _load(name: str) -> object:
    folder = FOLDER / name
    masked = (folder / "matgen.json").is_file() and not (folder / "conditions.safetensors").is_file()
    return load_encoder(name) if masked else load_checkpoint(name)


def _check_worker() -> None:
    worker, problem = Worker(), Message("MATGEN_WORKERS is 0")
    if read_environment().workers:
        try:
            worker.start()
            return
        except WorkerProblem as error:
            problem = error.message
        finally:
            worker.close()
    raise WorkerProblem(
        "{problem}; runs compute within the server, and pages answer more slowly meanwhile", problem=problem
    )


def _check_room() -> None:
    free = shutil.disk_usage(Path.home()).free
    if free < _ROOM:
        raise BadInput(
            "only {free} MB are free; free {room} MB, or runs may not be kept", free=free // 10**6, room=_ROOM // 10**6
        )
