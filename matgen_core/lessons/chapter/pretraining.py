"""The chapter's two pretraining tasks: hidden atoms, and two views of one formula.

    L_mask = -mean log p(t_i | the rest)  over hidden i
    L_pair = -log exp(z_i z'_i / tau) / sum_k exp(z_i z'_k / tau)

composition_ids (B, T) int64. Of the atoms 15 % are asked; of these 80 % read [MASK], 10 % another atom, 10 % stay, in
shares that exclude one another. Special tokens and padding are never hidden. The app's own:
:mod:`matgen_core.models.masking`.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from matgen_core.kinds.compositions.rows import FIRST, MASK, VOCABULARY, token_mates
from matgen_core.models import bert
from matgen_core.models.augmentation import shuffle_atoms, substitute_elements
from matgen_core.models.masking import IGNORED, mask_tokens


def mask_atoms(
    composition_ids: Tensor, mask_prob: float = 0.15, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor]:
    """Inputs and labels (B, T) of masked-atom prediction."""
    draw = generator or torch.Generator().manual_seed(0)
    return mask_tokens(composition_ids, FIRST, MASK, len(VOCABULARY), draw, mask_prob)


def pretrain_masked_atom_prediction(
    model: bert.MatBERT, dataloader: Iterable[Tensor], epochs: int = 100, seed: int = 0
) -> list[float]:
    """Trains in place and returns the mean loss (nats) of each epoch; the chapter prints it."""
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    criterion = nn.CrossEntropyLoss(ignore_index=IGNORED)  # the label of what is not asked; the chapter ignores 0
    batches, losses = list(dataloader), []
    model.train()
    for _epoch in range(epochs):
        total = 0.0
        for composition_ids in batches:
            inputs, labels = mask_atoms(composition_ids, generator=generator)
            logits = model.guess(model(inputs))  # (B, T, V)
            loss = criterion(logits.flatten(0, 1), labels.flatten())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += float(loss.detach())
        losses.append(total / len(batches))
    return losses


class ContrastiveLearning(nn.Module):
    """InfoNCE of two views; the partner is the label. The chapter's unused argument ``labels`` is left out."""

    def __init__(self, matbert: bert.MatBERT, temperature: float = 0.07) -> None:
        super().__init__()
        self.matbert, self.temperature = matbert, temperature

    def forward(self, compositions1: Tensor, compositions2: Tensor) -> Tensor:
        """The loss of B pairs (B, T), (B, T)."""
        one, other = (self.matbert.pool(self.matbert(view), view) for view in (compositions1, compositions2))
        return bert.contrast(one, other, self.temperature)


def augment_composition(composition_ids: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """A view (B, T): another order (Fe2O3 -> O3Fe2), some elements replaced by one of their group (Na for Li)."""
    draw = generator or torch.Generator().manual_seed(0)
    return shuffle_atoms(substitute_elements(composition_ids, token_mates(), draw), FIRST, draw)
