"""Molecules: read or refused, properties that no writing changes, alerts, drawings, conformers."""

from __future__ import annotations

import numpy as np
import pytest
from rdkit import Chem

from matgen_core.chem.molecules.alerts import check_alerts, check_forbidden, check_required
from matgen_core.chem.molecules.drawing import draw, embed, flat_block
from matgen_core.chem.molecules.molecule import (
    accessibility,
    canonical,
    fingerprint,
    internal_diversity,
    outside_domain,
    parse,
    properties,
    read,
    read_pattern,
)
from matgen_core.core.errors import BadInput

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"


@pytest.mark.parametrize("text", ["", "C(", "c1cccc1", "C.C", "C~C", "C" * 10_000, "\x00", "ｃ1", "[" * 300])
def test_hostile_strings_are_no_molecules(text: str) -> None:
    assert parse(text) is None
    with pytest.raises(BadInput, match="SMILES"):
        read(text)


@pytest.mark.parametrize("text", ["", "((", "C(", "C" * 10_000])
def test_hostile_patterns_are_refused(text: str) -> None:
    with pytest.raises(BadInput, match="SMARTS"):
        read_pattern(text)


def test_properties_do_not_depend_on_the_writing() -> None:
    molecule = read(ASPIRIN)
    expected = properties(molecule)
    for atom in range(molecule.GetNumAtoms()):
        other = read(Chem.MolToSmiles(molecule, rootedAtAtom=atom))
        assert canonical(other) == canonical(molecule)
        assert properties(other) == pytest.approx(expected)


def test_properties_of_a_known_molecule() -> None:
    values = properties(read(ASPIRIN))
    assert values["weight"] == pytest.approx(180.16, abs=0.01)
    assert (values["donors"], values["acceptors"]) == (1, 3)
    assert values["logp"] == pytest.approx(1.31, abs=0.01)
    assert -3.0 < values["solubility"] < -1.0  # measured: -1.7
    assert 1.0 <= accessibility(read(ASPIRIN)) < 2.5


def test_a_drug_and_benzene_are_outside_the_domain() -> None:
    for inside in (ASPIRIN, "c1ccccc1", "C[N+](C)(C)CC(=O)[O-]", "CC(C)Cc1ccc(C(C)C(=O)O)cc1", "CN(C)C(=N)NC(=N)N"):
        assert outside_domain(read(inside)) is None
    assert "16 g/mol is outside 50 to 700" in (outside_domain(read("C")) or "")
    assert "Ge" in (outside_domain(read("C[Ge](C)(C)C")) or "")
    assert outside_domain(read("COC(=O)c1ccc(NC(=O)Nc2ccccc2)cc1")) is None


def test_alerts_and_parts() -> None:
    molecule = read("O=CC=Cc1ccccc1")
    assert check_alerts(molecule, "BRENK").passed is False
    assert check_alerts(read("CCO"), "PAINS").passed is True
    ring = read_pattern("c1ccccc1")
    assert check_required(molecule, ring, "a ring").passed is True
    assert check_forbidden(molecule, ring, "a ring").passed is False
    with pytest.raises(BadInput, match="PAINS"):
        check_alerts(molecule, "NIH")


def test_the_rule_of_five_allows_one_violation() -> None:
    assert check_alerts(read("CC(=O)Oc1ccccc1C(=O)O"), "LIPINSKI").passed is True
    heavy = check_alerts(read("OCC" + "OCC" * 11 + "O"), "LIPINSKI")  # 546 g/mol with 13 oxygen atoms
    assert heavy.passed is False
    assert heavy.reason == "547 g/mol; 13 acceptors"
    one = check_alerts(read("C" * 30), "LIPINSKI")
    assert one.passed is True
    assert one.reason.startswith("logP")


def test_copies_have_no_diversity() -> None:
    one, other = fingerprint(read("CCO")), fingerprint(read("c1ccccc1"))
    assert internal_diversity([one, one]) == pytest.approx(0.0)
    assert (internal_diversity([one, other]) or 0.0) > 0.4
    assert internal_diversity([]) is None


def test_a_drawing_takes_the_colour_of_its_text() -> None:
    text = draw(ASPIRIN, highlight="C(=O)O")
    assert text.startswith("<svg")
    assert "currentColor" in text
    assert "#000000" not in text
    assert "<script" not in text
    assert draw("no") == ""


def test_a_conformer_has_real_distances_and_repeats() -> None:
    one, other = embed("CCO", seed=1), embed("CCO", seed=1)
    assert one is not None
    assert other is not None
    assert one.symbols.count("H") == 6
    assert np.array_equal(one.positions, other.positions)
    lengths = [np.linalg.norm(one.positions[i] - one.positions[j]) for i, j, _ in one.bonds]
    assert 0.9 < min(lengths) < max(lengths) < 1.6
    assert embed("no") is None
    assert flat_block("no") == ""
