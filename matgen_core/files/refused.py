"""A row of a user's file that cannot be used, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from matgen_core.core.records import Candidate


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that cannot be used.

    Args:
        place: file and row, for the user.
        reason: why.
    """

    place: str
    reason: str


Item = Candidate[Any] | Refused
