"""Which domain of molecules some are like: those of each domain are found to be of it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from matgen_core.kinds.molecules.conditions import likest_domain
from matgen_core.kinds.molecules.reference import load_molecule_reference
from matgen_core.kinds.registry import load_kind

REFERENCE = load_molecule_reference()


@pytest.mark.parametrize(
    ("smiles", "domain"),
    [
        (["OC1CC2OC2C1C#N", "CC(=O)NC1CCOC1", "CN1CC(O)C1C#N", "O=C1CC2CC2C1CO", "Cc1ncoc1CC#N"], "small"),
        (list(REFERENCE.smiles[:200]), "lead-like"),
        ([], "lead-like"),
        (["no molecule"], "lead-like"),
    ],
)
def test_molecules_are_of_the_domain_that_they_come_from(smiles: list[str], domain: str) -> None:
    assert likest_domain(smiles, REFERENCE) == domain


def test_a_table_of_drugs_asks_for_drugs_and_says_so(rows_folder: Path) -> None:
    with (rows_folder / "bace_pic50.csv").open(encoding="utf-8") as file:
        smiles = [row["smiles"] for row in csv.DictReader(file)]
    settings, note = load_kind("molecules").settings_like(smiles)
    assert settings.domain == "drug-like"
    assert "drug-like molecules" in note


@pytest.mark.parametrize("kind", ["crystals", "compositions"])
def test_other_kinds_know_no_domains(kind: str) -> None:
    made = load_kind(kind)
    assert made.settings_like(["MgO", "NaCl"]) == (made.settings(), "")
