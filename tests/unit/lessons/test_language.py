"""The language lesson: probabilities are probabilities, attention is causal and lies on atoms, heat varies."""

from __future__ import annotations

import numpy as np
import pytest

from matgen_core.chem.molecules.drawing import draw_weights
from matgen_core.core.errors import BadInput
from matgen_core.kinds.molecules.smiles import VOCABULARY
from matgen_core.lessons.language import (
    atom_tokens,
    attend,
    count_heads,
    draw_some,
    draw_token,
    heads_on_atoms,
    next_tokens,
    write_on,
)


def test_what_may_follow_sums_to_one_and_heat_flattens() -> None:
    cold, hot = next_tokens("CC(=O)N", 0.3, 0), next_tokens("CC(=O)N", 1.8, 0)
    for found in (cold, hot):
        assert sum(p for _, p, _ in found) == pytest.approx(1.0, abs=1e-4)
        assert sum(s for _, _, s in found) == pytest.approx(1.0, abs=1e-4)
    assert cold[0][2] > cold[0][1] > hot[0][2]
    assert sum(s > 0 for _, _, s in next_tokens("CC(=O)N", 1.0, 3)) == 3
    assert next_tokens("", 1.0, 0)


def test_attention_looks_back_only_and_lies_on_the_atoms() -> None:
    smiles = "CC(=O)Nc1ccc(Br)cc1"
    found = attend(smiles, 0, 0)
    assert np.allclose(found.weights.sum(axis=1), 1.0, atol=1e-4)
    assert np.allclose(np.triu(found.weights, 1), 0.0)
    from rdkit import Chem

    molecule = Chem.MolFromSmiles(smiles)
    for token, atom in zip(found.tokens, found.atoms, strict=True):
        if atom is not None:
            assert molecule.GetAtomWithIdx(atom).GetSymbol().lower() == token.strip("[]H").lower()
    weights = found.on_atoms(len(found.tokens) - 1)
    assert len(weights) == molecule.GetNumAtoms()
    assert draw_weights(smiles, weights).startswith("<svg")
    assert draw_weights(smiles, weights[:-1]) == ""
    layers, heads = count_heads()
    assert layers > 1
    assert heads > 1


def test_a_disc_means_the_same_in_every_drawing() -> None:
    smiles = "CC(=O)Nc1ccc(O)cc1"
    weak = draw_weights(smiles, [0.001] * 11)
    assert weak != draw_weights(smiles, [0.9] * 11), "little attention is not drawn as the most there is"
    found = attend(smiles, 0, 6)
    assert 0 <= found.share_on_atoms(len(found.tokens) - 1) <= 1


def test_a_string_is_written_token_by_token() -> None:
    options = next_tokens("CC(=O)", 1.0, 3)
    assert draw_token(options, 0) in {name for name, _, shaped in options if shaped > 0}
    assert draw_token(options, 0) == draw_token(options, 0)
    assert write_on("CC(=O") == "CC(=O)"
    assert write_on("c1cc") is None


def test_what_cannot_be_read_is_named() -> None:
    with pytest.raises(BadInput, match="not a molecule"):
        attend("C(", 0, 0)
    with pytest.raises(BadInput):
        next_tokens("[Fe]", 1.0, 0)
    found = atom_tokens("CBr")
    assert [token for token, _place in found] == ["C", "Br"]
    assert [VOCABULARY[place] for _token, place in found] == ["C", "Br"]


def test_heat_costs_validity_and_a_condition_moves_its_property() -> None:
    cold, hot = draw_some(48, 0.5), draw_some(48, 2.0)
    assert cold.valid > hot.valid
    low, high = (draw_some(48, 1.0, {"logp": value}) for value in (0.5, 4.5))
    assert np.mean(low.values) + 1.0 < np.mean(high.values)


def test_heads_that_look_at_atoms_are_counted_over_the_layer() -> None:
    last = len(atom_tokens("CCO"))
    for layer in range(count_heads()[0]):
        shares = [attend("CCO", layer, head).share_on_atoms(last) for head in range(count_heads()[1])]
        assert heads_on_atoms("CCO", layer) == sum(share > 0.5 for share in shares)
