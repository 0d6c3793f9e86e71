"""What the options of a command ask for."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from matgen_core.chem.hazards import RADIOACTIVE, TOXIC
from matgen_core.cli.asking import read_constraints
from matgen_core.cli.main import app


def test_hazardous_elements_are_left_out_where_it_is_said() -> None:
    assert read_constraints("", "").exclude == frozenset()
    assert read_constraints("", "Fe", no_toxic=True).exclude == {"Fe", *TOXIC}
    assert "U" in read_constraints("", "", no_radioactive=True).exclude
    assert read_constraints("", "", no_radioactive=True).exclude <= RADIOACTIVE


@pytest.mark.parametrize("asked", [("Pb", "", "", ""), ("", "", "Pb-O", ""), ("", "", "", "PbO")])
def test_what_is_asked_for_by_name_stays(asked: tuple[str, str, str, str]) -> None:
    """Included, in the chemical system or in the formula."""
    assert read_constraints(*asked, no_toxic=True).exclude == set(TOXIC) - {"Pb"}


@pytest.mark.parametrize("command", ["crystals", "compositions"])
def test_both_commands_take_the_options(command: str) -> None:
    said = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200", "TERM": "dumb"}).output
    assert "--no-toxic" in said
    assert "--no-radioactive" in said
