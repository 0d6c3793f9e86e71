"""Views of a formula: an order changes no count, a substitution changes an element everywhere or nowhere."""

from __future__ import annotations

import torch

from matgen_core.models.augmentation import shuffle_atoms, substitute_elements

TOKENS = torch.tensor([[1, 4, 4, 5, 6, 6, 6, 2, 0, 0], [1, 7, 5, 5, 2, 0, 0, 0, 0, 0]])


def test_an_order_moves_atoms_only() -> None:
    generator = torch.Generator().manual_seed(0)
    seen = shuffle_atoms(TOKENS.repeat(50, 1), 4, generator)
    assert torch.equal(seen.sort(dim=1).values, TOKENS.repeat(50, 1).sort(dim=1).values)
    special = TOKENS.repeat(50, 1) < 4
    assert torch.equal(seen[special], TOKENS.repeat(50, 1)[special])
    assert len(seen[::2].unique(dim=0)) > 10


def test_a_substitution_is_the_same_for_all_atoms_of_an_element() -> None:
    mates = torch.arange(10)[:, None].repeat(1, 2)
    mates[4], mates[6] = torch.tensor([8, 9]), torch.tensor([5, 7])
    many = TOKENS[:1].repeat(400, 1)
    seen = substitute_elements(many, mates, torch.Generator().manual_seed(0), share=0.5)
    assert (seen[:, 1] == seen[:, 2]).all()
    assert set(seen[:, 1].tolist()) == {4, 8, 9}
    assert (seen[:, 3] == 5).all(), "an element without a mate stays"
    assert 0.4 < (seen[:, 1] != 4).float().mean() < 0.6
