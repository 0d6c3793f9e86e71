"""The chapter's two SMILES generators (4.4): 1,000 tokens, width 512, 6 layers, 8 heads.

    p(t_1..t_T) = prod_i p(t_i | t_<i),    with a condition: its embedding e(c) stands before the string

tokens (B, T) int64, conditions (B, K) -> logits (B, T, V), or (B, T + 1, V) with the condition in front.
Reference: Radford et al. (2019). The shipped generator (:mod:`matgen_core.models.smiles`) adds the condition to every
token instead, so that "any" changes nothing.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from transformers import GPT2Config, GPT2LMHeadModel

#: The chapter's number of the token that ends a string.
END = 2


def _gpt(vocab_size: int, d_model: int, num_layers: int) -> GPT2LMHeadModel:
    return GPT2LMHeadModel(
        GPT2Config(
            vocab_size=vocab_size,
            n_positions=512,
            n_embd=d_model,
            n_layer=num_layers,
            n_head=8,
            bos_token_id=1,
            eos_token_id=END,
        )
    )


class SMILESGenerator(nn.Module):
    """A GPT-2 over tokens of SMILES."""

    def __init__(self, vocab_size: int = 1000, d_model: int = 512, num_layers: int = 6) -> None:
        super().__init__()
        self.gpt = _gpt(vocab_size, d_model, num_layers)

    def forward(self, input_ids: Tensor) -> Tensor:
        """Logits (B, T, V) of every next token."""
        logits: Tensor = self.gpt(input_ids).logits
        return logits

    @torch.no_grad()
    def generate_smiles(self, start_token_id: int, max_length: int = 100, temperature: float = 1.0) -> list[int]:
        """One string, token by token, until it ends or has ``max_length`` more tokens."""
        generated = [start_token_id]
        for _ in range(max_length):
            probabilities = (self(torch.tensor([generated]))[0, -1] / temperature).softmax(dim=-1)
            generated.append(int(torch.multinomial(probabilities, 1)))
            if generated[-1] == END:
                break
        return generated


class ConditionalSMILESGenerator(nn.Module):
    """The same behind one embedded condition. Scale the conditions: 250 g/mol beside 1.5 would drown it."""

    def __init__(self, vocab_size: int = 1000, condition_dim: int = 10, d_model: int = 512) -> None:
        super().__init__()
        self.condition_encoder = nn.Linear(condition_dim, d_model)
        self.gpt = _gpt(vocab_size, d_model, 6)

    def forward(self, input_ids: Tensor, condition: Tensor) -> Tensor:
        """Logits (B, T + 1, V); the first are of the token that begins the string."""
        before = self.condition_encoder(condition)[:, None]  # (B, 1, D)
        embedded = torch.cat([before, self.gpt.transformer.wte(input_ids)], dim=1)
        logits: Tensor = self.gpt(inputs_embeds=embedded).logits
        return logits
