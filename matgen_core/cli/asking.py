"""From the words of a command to a target: goals and constraints, read before anything heavy is loaded."""

from __future__ import annotations

from collections.abc import Mapping

import typer

from matgen_core.core.goals import Constraints, Goal, outside_data, parse_goal


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
