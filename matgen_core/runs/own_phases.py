"""Phases that were computed for the user's candidates; they join the known phases of the hull.

They are kept in one file, ``phases.json`` in the user's data folder or the file that ``MATGEN_PHASES`` names, so that
every later run sees them. Energies are formation energies on the scale of the Materials Project (PBE with MP2020
corrections), as :mod:`matgen_core.workflows.calculations.finished` makes them of calculations.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from matgen_core.core.environment import data_path, read_environment, variable
from matgen_core.core.errors import BadInput, MatGenError

#: Environment variable with the file.
VARIABLE = variable("phases")
#: What the place of the file depends on.
_OF_PLACE = (VARIABLE, "XDG_DATA_HOME", "HOME", "LOCALAPPDATA")


class DamagedPhases(MatGenError):
    """The file of the user's phases cannot be read."""


@dataclass(frozen=True, slots=True)
class OwnPhase:
    """A phase that was computed.

    Args:
        id: of the candidate that was computed.
        run: of that candidate; empty where it was of no stored run.
        formula: reduced formula.
        energy: formation energy, eV/atom.
        method: that computed it.
        added: day, as 2026-11-26.
    """

    id: str
    run: str
    formula: str
    energy: float
    method: str
    added: str

    @property
    def name(self) -> str:
        """Run and candidate; ids of candidates repeat between runs of one seed."""
        return f"{self.run}/{self.id}" if self.run else self.id


def phases_file() -> Path:
    """``MATGEN_PHASES``, or a file in the user's data folder."""
    return _file(tuple(os.environ.get(name) for name in _OF_PLACE))


@lru_cache(maxsize=8)
def _file(_environment: tuple[str | None, ...]) -> Path:
    return read_environment().phases or data_path("phases.json")


def list_phases() -> tuple[OwnPhase, ...]:
    """All phases, in the order in which they were added.

    Raises:
        DamagedPhases: where the file cannot be read.
    """
    stamp = phases_stamp()
    return () if stamp is None else read_phases(*stamp)


def phases_stamp() -> tuple[Path, int, int] | None:
    """The file with the time of its last change and its size; None where there is none. Asked before each use."""
    file = phases_file()
    try:
        found = file.stat()
    except OSError:
        return None
    return file, found.st_mtime_ns, found.st_size


@lru_cache(maxsize=4)
def read_phases(file: Path, _changed: int, _size: int) -> tuple[OwnPhase, ...]:
    """The phases of a file, read once after each change.

    Raises:
        DamagedPhases: where it cannot be read.
    """
    try:
        return tuple(OwnPhase(**record) for record in json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise DamagedPhases(
            "your phases in {file} cannot be read ({error}); restore the file, or delete it",
            file=file,
            error=type(error).__name__,
        ) from None


def phases_digest() -> str:
    """Digest of formulas and energies; empty where there are none. The outcome of a run depends on them."""
    phases = sorted((phase.formula, phase.energy) for phase in list_phases())
    return hashlib.sha256(json.dumps(phases).encode()).hexdigest()[:12] if phases else ""


def add_phases(phases: Sequence[OwnPhase]) -> None:
    """Keeps phases; one of the same candidate and run is replaced.

    Raises:
        BadInput: where the file cannot be written.
        DamagedPhases: where it cannot be read.
    """
    new = {phase.name for phase in phases}
    if new:
        _write([*(phase for phase in list_phases() if phase.name not in new), *phases])


def remove_phases(names: Iterable[str]) -> int:
    """Takes away phases by their names, and returns how many there were.

    Raises:
        BadInput: where the file cannot be written.
        DamagedPhases: where it cannot be read.
    """
    gone, before = set(names), list_phases()
    left = [phase for phase in before if phase.name not in gone]
    if len(left) < len(before):
        _write(left)
    return len(before) - len(left)


def _write(phases: Sequence[OwnPhase]) -> None:
    file = phases_file()
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps([asdict(phase) for phase in phases], indent=1, ensure_ascii=False) + "\n", "utf-8")
        part.replace(file)
    except OSError as error:
        raise BadInput(
            "{file} cannot be written ({error}); set {variable} to another file",
            file=file,
            error=error.strerror,
            variable=VARIABLE,
        ) from None
