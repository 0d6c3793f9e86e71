"""What the options of a command ask for."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from matgen_core.chem.hazards import RADIOACTIVE, TOXIC
from matgen_core.cli.main import app
from matgen_core.cli.options import read_constraints
from matgen_core.core.settings import ConstraintTexts


def test_hazardous_elements_are_left_out_where_it_is_said() -> None:
    assert read_constraints(ConstraintTexts()).exclude == frozenset()
    assert read_constraints(ConstraintTexts(exclude="Fe", toxic=False)).exclude == {"Fe", *TOXIC}
    assert "U" in read_constraints(ConstraintTexts(radioactive=False)).exclude
    assert read_constraints(ConstraintTexts(radioactive=False)).exclude <= RADIOACTIVE


@pytest.mark.parametrize("asked", [{"include": "Pb"}, {"system": "Pb-O"}, {"formula": "PbO"}], ids=str)
def test_what_is_asked_for_by_name_stays(asked: dict[str, str]) -> None:
    """Included, in the chemical system or in the formula."""
    assert read_constraints(ConstraintTexts(**asked, toxic=False)).exclude == set(TOXIC) - {"Pb"}


@pytest.mark.parametrize("command", ["crystals", "compositions"])
def test_both_commands_take_the_options(command: str) -> None:
    said = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200", "TERM": "dumb"}).output
    assert "--no-toxic" in said
    assert "--no-radioactive" in said
