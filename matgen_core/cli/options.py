"""From the words of a command to a target: goals and constraints, read before anything heavy is loaded."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import wraps
from typing import Annotated, Any, get_type_hints

import typer

from matgen_core.core.admet import GROUP, INSTALL
from matgen_core.core.declaring import Setting, check_settings, declared
from matgen_core.core.goals import Constraints, Goal, outside_data, parse_goal
from matgen_core.core.properties import PROPERTIES, asked_of
from matgen_core.core.settings import ConstraintTexts

Command = Callable[..., None]
#: Options that are written in two ways.
_ALSO = {"max_e_above_hull": ("--max-e-above-hull", "--max-hull")}
#: How the package of a group of properties is installed.
_PANELS = {GROUP: INSTALL}


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


def read_constraints(texts: ConstraintTexts) -> Constraints:
    """Constraints from the texts of options; hazardous elements that are asked for by name stay.

    Raises:
        BadTarget: naming what is not an element.
    """
    from matgen_core.chem.crystals.symmetry import read_space_groups
    from matgen_core.chem.formulas.composition import formula_elements, parse_elements, split_formula
    from matgen_core.chem.formulas.hazards import groups_left_out
    from matgen_core.chem.formulas.oxidation import read_states
    from matgen_core.kinds.crystals.known.rows import ELEMENTS

    check_settings(texts)
    system = parse_elements(texts.system, ELEMENTS) if texts.system else None
    written, exactly = split_formula(texts.formula, system)
    included = parse_elements(texts.include, ELEMENTS)
    asked = included | (exactly or frozenset()) | (formula_elements(written) if written else frozenset())
    states = read_states(texts.oxidation)
    hazards = groups_left_out(
        ELEMENTS,
        asked | {element for element, _state in states},
        toxic=not texts.toxic,
        radioactive=not texts.radioactive,
        rare_earths=not texts.rare_earths,
        scarce=not texts.scarce,
    )
    return Constraints(
        included,
        parse_elements(texts.exclude, ELEMENTS) | hazards,
        exactly,
        written,
        texts.min_atoms,
        texts.max_atoms,
        None if texts.crystal_system == "any" else texts.crystal_system,
        texts.subsets,
        read_space_groups(texts.space_group),
        states,
        None if texts.dimensionality == "any" else int(texts.dimensionality),
        None if texts.structure_type.strip().lower() in ("", "any") else texts.structure_type.strip(),
    )


# --------------------------------------------------------------------------- options from properties and settings


def with_goals(kind: str) -> Callable[[Command], Command]:
    """Gives a command an option for each property that the kind can be asked for, and its parameter ``goals``."""
    asked = "a value, a range 1:3, 1:, :3, or any"
    hints = {
        key: f"{record.label}{f' ({record.unit})' if record.unit else ''}: {asked}"
        for key in asked_of(kind)
        if (record := PROPERTIES[key])
    }
    made = [make_option(key, str, "any", text, PROPERTIES[key].group) for key, text in hints.items()]
    return lambda command: extend_command(command, made, "goals", read_goals)


def with_settings(
    of: type, only: Sequence[str] | None = None, *, parameter: str = "settings", usual: Any = None
) -> Callable[[Command], Command]:
    """Gives a command an option for each declared setting, or for some of them, and a parameter built from them.

    Args:
        of: class of the settings.
        only: names of the settings that are offered; None for all.
        parameter: of the command.
        usual: settings whose values are the defaults; None for the usual ones.
    """
    usual = of() if usual is None else usual
    types, shown = get_type_hints(of), {k: v for k, v in declared(of).items() if only is None or k in only}
    tuples = {name for name in shown if isinstance(getattr(usual, name), tuple)}
    options = [
        make_option(name, str, ",".join(getattr(usual, name)), _help(setting))
        if name in tuples
        else make_option(name, types[name], getattr(usual, name), _help(setting))
        for name, (_field, setting) in shown.items()
    ]

    def build(values: Mapping[str, Any]) -> Any:
        return replace(usual, **{name: _split(value) if name in tuples else value for name, value in values.items()})

    return lambda command: extend_command(command, options, parameter, build)


def with_option(name: str, kind: Any, default: Any, text: str) -> Callable[[Command], Command]:
    """Gives a command one option, for its parameter of that name, whose help or default is known only when it runs."""
    return lambda command: extend_command(command, [make_option(name, kind, default, text)], name, lambda v: v[name])


def _help(setting: Setting) -> str:
    """What it does, and what it may be."""
    may = ", ".join(setting.choices)
    if setting.low is not None:
        may = f"{setting.low:g} to {setting.high:g}"
    return setting.label + (f": {setting.help}" if setting.help else "") + (f" ({may})" if may else "")


def _split(words: str) -> tuple[str, ...]:
    return tuple(word.strip().upper() for word in words.split(",") if word.strip())


def make_option(name: str, kind: Any, default: Any, text: str, group: str = "") -> inspect.Parameter:
    """The parameter of a command that is an option of that name, type, default and help, in a group of the help."""
    panel = f"{group} ({_PANELS[group]})" if group else None
    said = Annotated[kind, typer.Option(*_ALSO.get(name, ()), help=text, rich_help_panel=panel)]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=said)


def extend_command(
    command: Command, options: Sequence[inspect.Parameter], parameter: str, build: Callable[[Mapping[str, Any]], Any]
) -> Command:
    """The command with the options in place of one parameter, which ``build`` makes of their values."""
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
