"""What the options of a command ask for."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from matgen_core.chem.formulas.hazards import RADIOACTIVE, TOXIC
from matgen_core.cli.main import app
from matgen_core.cli.options import read_constraints
from matgen_core.core.errors import MatGenError
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


def test_groups_of_elements_are_left_out_and_texts_are_read() -> None:
    found = read_constraints(ConstraintTexts(rare_earths=False, include="Nd"))
    assert {"Y", "La", "Lu"} <= found.exclude
    assert "Nd" not in found.exclude
    scarce = read_constraints(ConstraintTexts(scarce=False)).exclude
    assert {"In", "Te", "Ag", "Pt"} <= scarce
    assert not scarce & {"Fe", "Cu", "Zn", "Sn", "O", "S"}
    found = read_constraints(
        ConstraintTexts(formula="Li-P-S", subsets=True, space_group="P2_1/c 225", oxidation="P5+", dimensionality="2")
    )
    assert found.chemical_system == {"Li", "P", "S"}
    assert (found.subsets, found.space_groups, found.dimensionality) == (True, {14, 225}, 2)
    assert found.oxidation == (("P", 5),)
    assert read_constraints(ConstraintTexts(structure_type=" spinel ")).structure_type == "spinel"
    assert read_constraints(ConstraintTexts(structure_type="any")).structure_type is None


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"space_group": "Pmmx"}, "Pmmx"),
        ({"oxidation": "Fe3"}, "not an oxidation state"),
        ({"dimensionality": "4"}, "choose from: any, 0, 1, 2, 3"),
    ],
    ids=str,
)
def test_what_cannot_be_read_is_named(asked: dict[str, str], said: str) -> None:
    with pytest.raises(MatGenError, match=said):
        read_constraints(ConstraintTexts(**asked))
