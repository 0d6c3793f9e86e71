"""From the words of a command to a target: goals and constraints, read before anything heavy is loaded."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Annotated, Any, get_type_hints

import typer

from matgen_core.core.goals import Constraints, Goal, outside_data, parse_goal
from matgen_core.core.properties import PROPERTIES, asked_of
from matgen_core.core.settings import Setting, declared

Command = Callable[..., None]


def read_goals(texts: Mapping[str, str]) -> dict[str, Goal]:
    """Goals by property key, of texts such as 2.0, 1:3 or any; says where a goal lies outside the training data.

    Raises:
        BadTarget: for a text that is no goal.
    """
    goals = {key: goal for key, text in texts.items() if (goal := parse_goal(key.replace("_", "-"), text))}
    for key, goal in goals.items():
        if warning := outside_data(key, goal):
            typer.echo(f"note: {warning}", err=True)
    return goals


def read_constraints(
    include: str, exclude: str, system: str = "", formula: str = "", min_atoms: int = 1, max_atoms: int = 20,
    crystal_system: str = "any", no_toxic: bool = False, no_radioactive: bool = False,
) -> Constraints:  # fmt: skip
    """Constraints from the texts of options; hazardous elements that are asked for by name stay.

    Raises:
        BadTarget: naming what is not an element.
    """
    from matgen_core.chem.composition import formula_elements, parse_elements, split_formula
    from matgen_core.chem.hazards import hazardous
    from matgen_core.kinds.crystals.rows import ELEMENTS

    written, exactly = split_formula(formula, parse_elements(system, ELEMENTS) if system else None)
    included = parse_elements(include, ELEMENTS)
    asked = included | (exactly or frozenset()) | (formula_elements(written) if written else frozenset())
    hazards = hazardous(ELEMENTS, asked, toxic=no_toxic, radioactive=no_radioactive)
    return Constraints(
        included, parse_elements(exclude, ELEMENTS) | hazards, exactly, written, min_atoms, max_atoms,
        None if crystal_system == "any" else crystal_system,
    )  # fmt: skip


# --------------------------------------------------------------------------- options from properties and settings


def with_goals(kind: str) -> Callable[[Command], Command]:
    """Gives a command an option for each property that the kind can be asked for, and its parameter ``goals``."""
    asked = "a value, a range 1:3, 1:, :3, or any"
    hints = {
        key: f"{record.label}{f' ({record.unit})' if record.unit else ''}: {asked}"
        for key in asked_of(kind)
        if (record := PROPERTIES[key])
    }
    made = [_option(key, str, "any", text) for key, text in hints.items()]
    return lambda command: _extended(command, made, "goals", read_goals)


def with_settings(of: type, only: Sequence[str] = ()) -> Callable[[Command], Command]:
    """Gives a command an option for each declared setting, or for some of them, and its parameter ``settings``."""
    types, shown = get_type_hints(of), {k: v for k, v in declared(of).items() if not only or k in only}
    usual = of()
    tuples = {name for name in shown if isinstance(getattr(usual, name), tuple)}
    options = [
        _option(name, str, ",".join(getattr(usual, name)), _help(setting))
        if name in tuples
        else _option(name, types[name], getattr(usual, name), _help(setting))
        for name, (_field, setting) in shown.items()
    ]

    def build(values: Mapping[str, Any]) -> Any:
        return of(**{name: _split(value) if name in tuples else value for name, value in values.items()})

    return lambda command: _extended(command, options, "settings", build)


def _help(setting: Setting) -> str:
    """What it does, and what it may be."""
    may = ", ".join(setting.choices)
    if setting.low is not None:
        may = f"{setting.low:g} to {setting.high:g}"
    return setting.label + (f": {setting.help}" if setting.help else "") + (f" ({may})" if may else "")


def _split(words: str) -> tuple[str, ...]:
    return tuple(word.strip().upper() for word in words.split(",") if word.strip())


def _option(name: str, kind: Any, default: Any, text: str) -> inspect.Parameter:
    said = Annotated[kind, typer.Option(help=text)]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=said)


def _extended(
    command: Command, options: Sequence[inspect.Parameter], parameter: str, build: Callable[[Mapping[str, Any]], Any]
) -> Command:
    """The command with the options in place of one parameter, which is built from them."""
    names = [option.name for option in options]

    @wraps(command)
    def run(**values: Any) -> None:
        built = build({name: values.pop(name) for name in names})
        command(**values, **{parameter: built})

    signature = inspect.signature(command, eval_str=True)
    own = [p.replace(kind=p.KEYWORD_ONLY) for p in signature.parameters.values()]
    place = [p.name for p in own].index(parameter)
    whole = [*own[:place], *options, *own[place + 1 :]]
    run.__signature__ = inspect.Signature(whole)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in whole}
    return run
