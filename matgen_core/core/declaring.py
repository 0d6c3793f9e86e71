"""How a setting is declared: one field with its default, bounds, label and help.

Checks, options of commands, controls of pages and the rules of links are built from the declarations.
"""

from __future__ import annotations

from dataclasses import Field, dataclass, field, fields
from typing import Any, TypeVar

from matgen_core.core.errors import BadInput, quote
from matgen_core.core.messages import join

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Setting:
    """What a field may be, and how it is called.

    Args:
        label: its name on pages.
        help: what it does, in one sentence; the help of pages and commands.
        low: least value; None for what is no number.
        high: largest value.
        step: between two values of its control.
        choices: words that it may be, or of which it may hold some; empty for any.
    """

    label: str
    help: str = ""
    low: float | None = None
    high: float | None = None
    step: float = 1
    choices: tuple[str, ...] = ()

    def check(self, name: str, value: Any) -> None:
        """Raises BadInput, naming the setting and what it may be, for a value that it cannot be."""
        for word in value if isinstance(value, tuple) else (value,):
            if self.choices and word not in self.choices:
                raise BadInput(
                    "{name} {value} is unknown; choose from: {choices}",
                    name=name,
                    value=quote(word),
                    choices=join(self.choices, ", "),
                )
        low, high = self.low, self.high
        if value is not None and low is not None and high is not None and not low <= value <= high:  # nor is NaN
            raise BadInput(
                "{name} {value:g} is not possible; choose from {low:g} to {high:g}",
                name=name,
                value=value,
                low=low,
                high=high,
            )


def number(default: T, label: str, bounds: tuple[float, float], help: str = "", step: float = 1) -> T:
    """A field that is a number within its bounds, the least and the largest value."""
    made: Any = field(default=default, metadata={"setting": Setting(label, help, *bounds, step)})
    return made  # type: ignore[no-any-return]


def other(default: T, label: str, help: str = "", choices: tuple[str, ...] = ()) -> T:
    """A field that is a word, a switch or a text."""
    made: Any = field(default=default, metadata={"setting": Setting(label, help, choices=choices)})
    return made  # type: ignore[no-any-return]


def declared(settings: Any) -> dict[str, tuple[Field[Any], Setting]]:
    """Fields with their declarations by name, of a class of settings or of one of it.

    >>> from matgen_core.core.settings import CrystalSettings
    >>> declared(CrystalSettings)["steps"][1].high
    1000
    """
    return {f.name: (f, f.metadata["setting"]) for f in fields(settings) if "setting" in f.metadata}


def check_settings(settings: Any) -> None:
    """Raises BadInput for the first setting that is out of its bounds or none of its choices.

    >>> from matgen_core.core.settings import MoleculeSettings
    >>> check_settings(MoleculeSettings(top_k=-1))
    Traceback (most recent call last):
    matgen_core.core.errors.BadInput: top-k -1 is not possible; choose from 0 to 100
    """
    for name, (_field, setting) in declared(settings).items():
        setting.check(name.replace("_", "-"), getattr(settings, name))
