"""The errors that a user can cause, and how their text quotes an input."""

from __future__ import annotations

from typing import Any

from matgen_core.core.messages import Message


class MatGenError(ValueError):
    """Base of every error a user can cause. Its text names the input and the remedy and is safe to show.

    >>> str(MatGenError("{name} is empty; give one row", name="a.csv"))
    'a.csv is empty; give one row'

    Args:
        template: the sentence, or a message as it is.
        values: of the template.
    """

    def __init__(self, template: str, /, **values: Any) -> None:
        self.message = template if isinstance(template, Message) and not values else Message(template, **values)
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message


class BadTarget(MatGenError):
    """A target or a constraint that cannot be asked for."""


class BadInput(MatGenError):
    """A file, a row or a setting that cannot be read."""


class UnknownCheckpoint(MatGenError):
    """A checkpoint that is not there."""


class DamagedCheckpoint(MatGenError):
    """A checkpoint that is there but whose bytes or config do not fit."""


class MissingReference(MatGenError):
    """The computed reference under ``assets/reference`` is missing or unreadable."""


class Cancelled(Exception):
    """Raised inside a job when its user asked it to stop; never shown as a failure."""


def quote(text: object, most: int = 40) -> str:
    r"""The text in quotes, at most so many characters of it, and nothing that would break or turn round the line.

    >>> quote(" C1CC\n"), quote("A" * 50, 5)
    ("'C1CC'", "'AAAAA…'")
    """
    plain = "".join(c if c.isprintable() else "·" for c in str(text).strip()[: most + 1])
    return "'" + (plain if len(plain) <= most else f"{plain[:most]}…") + "'"
