"""Rows beyond MOSES: what is kept, what is left out and why, what is withheld; domains that can be asked for."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
import torch

from matgen_core.core.errors import BadInput
from matgen_core.core.goals import Goal, Target
from matgen_core.core.properties import MOLECULE_CONDITIONS
from matgen_core.core.settings import DOMAINS
from matgen_core.kinds.molecules.conditions import draw_molecule_conditions, outside_chosen
from matgen_core.kinds.molecules.generate import with_domain
from matgen_core.kinds.molecules.reference import load_molecule_reference
from matgen_core.kinds.molecules.rows import label, load_rows, save_rows
from matgen_core.kinds.molecules.smiles import MOSES_SYMBOLS, SPECIAL, VOCABULARY, encode
from matgen_core.kinds.molecules.wide import add_rows, read_table, settle, withheld
from matgen_core.models.conditioning import ConditionConfig
from matgen_core.models.smiles import ConditionalSMILESGenerator, SmilesConfig

ASPIRIN, IBUPROFEN = "CC(=O)Oc1ccccc1C(=O)O", "CC(C)Cc1ccc(C(C)C(=O)O)cc1"
CAFFEINE, METFORMIN = "Cn1c(=O)c2c(ncn2C)n(C)c1=O", "CN(C)C(=N)NC(=N)N"
LEFT_OUT = {
    "[2H]C": "isotopes",
    "C[CH]C": "a radical",
    "C[Ge](C)(C)C": "an element outside the vocabulary",
    "c1cccc1": "cannot be kekulised",
    "C(C)(C)(C)(C)C": "a valence that cannot be",
    "[Na+].[Cl-]": "a salt without",
    "CCN.CCO": "a mixture",
    "F[P-](F)(F)(F)(F)F": "a token outside the vocabulary",
    "nonsense": "not a molecule",
    "C(=C)" * 28: "longer than 126 tokens",
    "C(C(I)(I)I)(C(I)(I)I)C(I)(I)I": "heavier than 900",
    "CCO": "in a test set",
    "OCCC": "already there",
}


@pytest.mark.parametrize("text", [ASPIRIN, IBUPROFEN, CAFFEINE, METFORMIN])
def test_molecules_that_everybody_knows_can_be_written(text: str) -> None:
    rows, said = add_rows(label(()), [(text, "own", "drug-like")])
    assert (len(rows), said) == (1, {"own: kept": 1})
    assert 50 <= rows.labels[0, MOLECULE_CONDITIONS.index("weight")] <= 700


@pytest.mark.parametrize(("text", "reason"), LEFT_OUT.items())
def test_each_row_that_is_left_out_says_why_and_the_others_stay(text: str, reason: str) -> None:
    rows, said = add_rows(label(["CCCO"]), [(text, "own", "small"), ("CCCCO", "own", "small")], apart=["CCO"])
    assert [rows.smiles(i) for i in range(len(rows))] == ["CCCO", "CCCCO"]
    assert any(key.startswith(f"own: {reason}") for key in said), said


def test_a_salt_becomes_the_neutral_molecule() -> None:
    rows, _ = add_rows(label(()), [("CC(=O)[O-].[Na+]", "own", "small"), ("CN(C)C(=N)NC(=N)N.Cl", "own", "drug-like")])
    assert [rows.smiles(i) for i in range(2)] == ["CC(=O)O", METFORMIN]
    assert settle("C[N+](C)(C)C.[Cl-]").GetAtomWithIdx(1).GetFormalCharge() == 1


def test_a_file_of_smiles_and_a_table_are_read_alike(tmp_path: Path) -> None:
    table, lines = tmp_path / "table.csv.gz", tmp_path / "own.smi"
    table.write_bytes(gzip.compress(b"smiles,source\nCCO,qm9\nCCN,elsewhere\n"))
    lines.write_text("CCO ethanol\n\nCCN\n", encoding="utf-8")
    assert [row[::2] for row in read_table(table)] == [("CCO", "small"), ("CCN", "drug-like")]
    assert [row[::2] for row in read_table(lines, "conjugated")] == [("CCO", "conjugated"), ("CCN", "conjugated")]
    with pytest.raises(BadInput, match="choose from: lead-like"):
        list(read_table(lines, "heavy"))
    with pytest.raises(BadInput, match="one SMILES per line"):
        list(read_table(tmp_path / "absent.smi"))


def test_what_is_withheld_is_told_by_the_molecule_itself(tmp_path: Path) -> None:
    texts = ["C" * n + "O" * m for n in range(1, 30) for m in (1,)] + ["C" * n + "N" for n in range(1, 60)]
    rows, _ = add_rows(label(()), [(text, "own", "small") for text in texts])
    assert [withheld(rows.smiles(i)) for i in range(len(rows))] == rows.withheld.tolist()
    assert 0 < rows.withheld.sum() < len(rows) / 5
    save_rows(rows, tmp_path / "rows.npz")
    again = load_rows(tmp_path / "rows.npz")
    assert np.array_equal(again.withheld, rows.withheld)
    assert set(again.conditions[:, -1]) == {float(DOMAINS.index("small"))}
    checks = again.only(again.withheld)
    assert [checks.smiles(i) for i in range(len(checks))] == [rows.smiles(i) for i in np.flatnonzero(rows.withheld)]


def test_the_former_tokens_keep_their_numbers() -> None:
    """Rows, the encoder and checkpoints of before this vocabulary are still read."""
    assert VOCABULARY[: len(SPECIAL) + len(MOSES_SYMBOLS)] == (*SPECIAL, *MOSES_SYMBOLS)
    assert encode("C[nH]#5") == [1, 5, 21, 22, 25, 2]


def told_network(domains: tuple[str, ...]) -> ConditionalSMILESGenerator:
    torch.manual_seed(0)
    conditions = ConditionConfig(MOLECULE_CONDITIONS, (0.0,) * 5, (1.0,) * 5, 16, domains=domains)
    return ConditionalSMILESGenerator(SmilesConfig(len(VOCABULARY), 64, 16, 1, 2, 0.0, conditions)).eval()


def test_the_domain_is_told_and_any_changes_nothing() -> None:
    network, tokens = told_network(DOMAINS[:-1]), torch.tensor([encode("CCO")])
    free = torch.full((1, 5), torch.nan)
    plain = network(tokens)
    assert torch.equal(network(tokens, with_domain(network, free, "any")), plain)
    small, large = (network(tokens, with_domain(network, free, name)) for name in ("small", "conjugated"))
    assert not torch.allclose(small, plain)
    assert not torch.allclose(small, large)
    asked = with_domain(network, torch.tensor([[1.0, *[torch.nan] * 4]]), "small")
    assert torch.equal(network.free(asked).nan_to_num(-1), with_domain(network, free, "small").nan_to_num(-1))


def test_a_network_of_one_domain_takes_no_further_column() -> None:
    network, free = told_network(()), torch.full((2, 5), torch.nan)
    assert with_domain(network, free, "small").shape == (2, 5)


def test_a_target_outside_the_chosen_domain_is_said_and_the_fitting_ones_are_named() -> None:
    reference = load_molecule_reference()
    light = Target({"weight": Goal.at(180.0)})
    said = outside_chosen(light, reference, "lead-like")
    assert said is not None
    assert "drug-like" in str(said)
    assert outside_chosen(light, reference, "drug-like") is None
    assert outside_chosen(light, reference, "any") is None
    ranges = Target({"weight": Goal(400.0, 500.0)})
    drawn = draw_molecule_conditions(ranges, MOLECULE_CONDITIONS, 50, np.random.default_rng(0), reference, "conjugated")
    weights = drawn[:, MOLECULE_CONDITIONS.index("weight")]
    assert weights.min() >= 400.0
    assert weights.max() <= 500.0
