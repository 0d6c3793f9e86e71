"""Folder of what users trained, a folder of its own for each name; to list them no network is loaded."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from matgen_core.core.environment import data_path, read_environment, variable
from matgen_core.core.errors import BadInput, quote

#: Where named predictors lie, if not in the user's data folder.
VARIABLE = variable("predictors")


def predictors_folder() -> Path:
    """``MATGEN_PREDICTORS``, or a folder in the user's data folder."""
    return read_environment().predictors or data_path("predictors")


def list_predictors() -> tuple[str, ...]:
    """Names of those that were saved."""
    folder = predictors_folder()
    return tuple(sorted(p.parent.name for p in folder.glob("*/predictor.json"))) if folder.is_dir() else ()


def check_place(name: str) -> Path:
    """The folder of a predictor of this name; asked before the teaching, which takes its time.

    Raises:
        BadInput: for a name that cannot be a folder's, or a folder that cannot be written.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}", name):
        raise BadInput("{name} cannot be a name here; use letters, digits, - and _", name=quote(name))
    folder = predictors_folder() / name
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder.parent).close()
    except OSError as error:
        raise unwritable(folder, error) from None
    return folder


def unwritable(folder: Path, error: Exception) -> BadInput:
    """Why nothing can be kept there, and what to do."""
    return BadInput(
        "{folder} cannot be written ({error}); set {variable} to another folder",
        folder=folder,
        error=getattr(error, "strerror", None) or error,
        variable=VARIABLE,
    )
