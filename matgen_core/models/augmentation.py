"""Two views of one formula for contrastive pretraining (chapter 4, after 4.7): another order, a neighbour of its group.

tokens (B, T) int64 -> tokens (B, T). Special tokens (below ``first``) stay where they are and what they are.
Invariant: an order of the atoms changes no count; a substitution changes every atom of an element alike.
"""

from __future__ import annotations

import torch
from torch import Tensor


def shuffle_atoms(tokens: Tensor, first: int, generator: torch.Generator) -> Tensor:
    """The atoms of each row in a random order."""
    atoms = tokens >= first
    keys = torch.rand(tokens.shape, generator=generator).masked_fill(~atoms, 2.0)
    shuffled = tokens.gather(1, keys.argsort(dim=1))  # atoms first, in random order
    places = atoms.long().cumsum(dim=1) - 1
    return torch.where(atoms, shuffled.gather(1, places.clamp(min=0)), tokens)


def substitute_elements(tokens: Tensor, mates: Tensor, generator: torch.Generator, share: float = 0.25) -> Tensor:
    """Each element with probability ``share`` replaced by one of its group.

    Args:
        tokens: (B, T).
        mates: (V, M) tokens that may stand for each token, repeated to fill the row; itself where there is none.
        generator: of the random numbers.
        share: of the elements that are replaced.
    """
    size, (vocabulary, choices) = len(tokens), mates.shape
    pick = torch.randint(choices, (size, vocabulary), generator=generator)
    other = mates.expand(size, -1, -1).gather(2, pick[..., None]).squeeze(2)  # (B, V)
    replaced = torch.rand(size, vocabulary, generator=generator) < share
    mapping = torch.where(replaced, other, torch.arange(vocabulary))
    return mapping.gather(1, tokens)
