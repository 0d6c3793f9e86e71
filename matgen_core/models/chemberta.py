"""ChemBERTa (chapter 4, after 4.7): RoBERTa over the tokens of a SMILES, one vector a molecule.

    h = encoder(tokens),    vector = h_[CLS],    p(t_i | the rest) = softmax(W h_i) for the masked i

tokens (B, T) int64, mask (B, T) -> (B, D). Any encoder of transformers fits: the shipped one is small (D = 192), the
published ChemBERTa has D = 768. Pretraining reaches [CLS] only through attention, so the mean over the tokens is there
beside it; which serves better is measured, not assumed.
Invariant: padding changes nothing.  Reference: Chithrananda et al. (2020); Liu et al. (2019) for RoBERTa.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, RobertaConfig, RobertaForMaskedLM

#: Ways from token vectors to one.
POOLINGS = ("cls", "mean")


@dataclass(frozen=True)
class EncoderConfig:
    """Size of the shipped encoder.

    Args:
        vocabulary: V; 0 is padding, 1 begins and 2 ends a string.
        max_tokens: longest string.
        width: D.
        layers: transformer blocks.
        heads: attention heads.
        dropout: everywhere, in training only.
    """

    vocabulary: int
    max_tokens: int
    width: int = 192
    layers: int = 4
    heads: int = 6
    dropout: float = 0.0


def masked_roberta(config: EncoderConfig) -> RobertaForMaskedLM:
    """The encoder with its head for masked tokens, fresh."""
    return RobertaForMaskedLM(
        RobertaConfig(
            vocab_size=config.vocabulary,
            hidden_size=config.width,
            num_hidden_layers=config.layers,
            num_attention_heads=config.heads,
            intermediate_size=4 * config.width,
            hidden_dropout_prob=config.dropout,
            attention_probs_dropout_prob=0.0,
            max_position_embeddings=config.max_tokens + 1,  # places count from padding + 1
            type_vocab_size=1,
            pad_token_id=0,
            bos_token_id=1,
            eos_token_id=2,
        )
    )


def masked_loss(network: RobertaForMaskedLM, inputs: Tensor, labels: Tensor) -> Tensor:
    """Mean negative log-likelihood (nats) of the hidden tokens; inputs and labels (B, T) of ``mask_tokens``."""
    logits = network(inputs, attention_mask=(inputs != 0).long()).logits  # (B, T, V)
    return nn.functional.cross_entropy(logits.flatten(0, 1).float(), labels.flatten())


class ChemBERTa(nn.Module):
    """One vector a molecule from any encoder.

    Args:
        encoder: a transformers encoder whose first token is [CLS].
    """

    def __init__(self, encoder: PreTrainedModel) -> None:
        super().__init__()
        self.encoder = encoder.eval()

    @property
    def width(self) -> int:
        """D."""
        return int(self.encoder.config.hidden_size)

    @torch.inference_mode()
    def forward(self, tokens: Tensor, mask: Tensor, pooling: str = "cls") -> Tensor:
        """(B, D) of tokens (B, T), 1 in ``mask`` (B, T) where there is one."""
        hidden: Tensor = self.encoder(input_ids=tokens, attention_mask=mask).last_hidden_state
        if pooling == "cls":
            return hidden[:, 0]
        weights = mask[..., None].to(hidden.dtype)
        return (hidden * weights).sum(dim=1) / weights.sum(dim=1)
