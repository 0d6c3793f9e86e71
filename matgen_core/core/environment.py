"""Environment: the variables ``MATGEN_…``, and the folder of the user's data."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from platformdirs import user_data_path
from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

log = logging.getLogger("matgen")
_PREFIX = "MATGEN_"


class Environment(BaseSettings):
    """The variables of the environment, each named ``MATGEN_`` and the field in capitals; an empty one is not set.

    Args:
        database: URL of the store of runs; empty: a file in the user's data folder.
        predictors: folder of the predictors that the user trained; None: a folder in the user's data folder.
        phases: file of the user's computed phases, which join the hull; None: a file in the user's data folder.
        optimade: "NAME=ADDRESS NAME=ADDRESS" of the databases to ask; empty: the built-in ones.
        separate_runs: whether each browser session sees its own runs only.
        runs_at_once: runs that compute at one time. Two cores serve no more than two runs with profit.
        runs_per_session: of them, runs of one browser session.
        workers: worker processes that compute the runs of the pages: 1, or 0 where the server itself computes them.
            More than one: so many do the batches of the runs, one thread each, and crystals appear batch by batch.
        stop_after_close: seconds after which the run of a closed tab ends; None: it goes on, and is found under Runs.
    """

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_ignore_empty=True, env_file=None)

    database: str = ""
    predictors: Path | None = None
    phases: Path | None = None
    optimade: str = ""
    separate_runs: bool = False
    runs_at_once: int = Field(default=2, ge=1, le=100_000)
    runs_per_session: int = Field(default=1, ge=1, le=100_000)
    workers: int = Field(default=1, ge=0, le=64)
    stop_after_close: int | None = Field(default=None, ge=0, le=100_000)

    @field_validator("runs_at_once", "runs_per_session", "workers", "stop_after_close", mode="wrap")
    @classmethod
    def _number_or_default(cls, value: Any, check: ValidatorFunctionWrapHandler, info: Any) -> Any:
        """A number that cannot be used is passed over, with a word in the log: the app starts all the same."""
        try:
            return check(value.strip() if isinstance(value, str) else value)
        except ValidationError as error:
            default = cls.model_fields[info.field_name].default
            reason = error.errors()[0]["msg"]
            log.warning("%s is passed over (%s); %s is used", variable(info.field_name), reason, default)
            return default

    @field_validator("separate_runs", mode="wrap")
    @classmethod
    def _separate_where_in_doubt(cls, value: Any, check: ValidatorFunctionWrapHandler) -> bool:
        """Any other word than a no keeps people apart: nobody's runs are shown by mistake."""
        try:
            return bool(check(value))
        except ValidationError:
            return True


def variable(field: str) -> str:
    """Name of the environment variable of a field.

    >>> variable("database")
    'MATGEN_DATABASE'
    """
    assert field in Environment.model_fields, field
    return f"{_PREFIX}{field.upper()}"


def read_environment() -> Environment:
    """The variables as they are now."""
    return Environment()


def data_path(name: str) -> Path:
    """Where a file or folder of the user's data lies.

    Up to version 0.1 every system had it in ``$XDG_DATA_HOME/matgen`` or ``~/.local/share/matgen``. An entry that is
    there, and not yet in the folder that this system has for data, is used where it is; every other one lies in the
    system's folder.

    Args:
        name: "runs.sqlite", "predictors", …
    """
    former = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "matgen" / name
    path = user_data_path("matgen", appauthor=False) / name
    return former if former.exists() and not path.exists() else path
