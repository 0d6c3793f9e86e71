"""GPT over token strings, begun by the properties asked for (chapter 4.4, and MatGPT after 4.7).

    p(t_1..t_T | c) = prod_i p(t_i | t_<i, c)

conditions (B, K) float, NaN for "any", become K prefix embeddings; tokens (B, T) int64 -> logits (B, T, V).
The vocabulary may be crystal skeletons, SMILES or compositions; this file knows none of them.
Invariant: logits[:, i] ignores tokens after i.  Reference: Radford et al. (2019), section 2, on transformers' GPT-2.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import GPT2Config, GPT2LMHeadModel
from transformers.cache_utils import DynamicCache

from matgen_core.models.conditioning import ConditionConfig, ConditionEmbedding


@dataclass(frozen=True)
class GPTConfig:
    """Size of the network.

    Args:
        vocabulary: V, number of tokens.
        max_tokens: longest string, without the prefix.
        width: of each embedding.
        layers: transformer blocks.
        heads: attention heads.
        dropout: everywhere, in training only.
        conditions: what the prefix is made of.
    """

    vocabulary: int
    max_tokens: int
    width: int
    layers: int
    heads: int
    dropout: float
    conditions: ConditionConfig


class ConditionalGPT(nn.Module):
    """A GPT-2 whose first K positions are the conditions."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.config = config
        self.condition = ConditionEmbedding(config.conditions)
        self.gpt = GPT2LMHeadModel(
            GPT2Config(
                vocab_size=config.vocabulary,
                n_positions=config.max_tokens + len(config.conditions.keys),
                n_embd=config.width,
                n_layer=config.layers,
                n_head=config.heads,
                activation_function="gelu_pytorch_tanh",
                resid_pdrop=config.dropout,
                embd_pdrop=config.dropout,
                attn_pdrop=0.0,  # dropping attention costs a CPU more time than it brings here
                bos_token_id=1,
                eos_token_id=2,
            )
        )

    @property
    def prefix(self) -> int:
        """K, positions the conditions take."""
        return len(self.config.conditions.keys)

    def forward(self, tokens: Tensor, conditions: Tensor) -> Tensor:
        """Logits of every next token.

        Args:
            tokens: (B, T), beginning with BOS.
            conditions: (B, K), NaN for "any".

        Returns:
            (B, T, V); position i predicts token i + 1.
        """
        hidden = self.condition.tokens(conditions)  # (B, K, width)
        inputs = torch.cat([hidden, self.gpt.transformer.wte(tokens)], dim=1)  # (B, K + T, width)
        logits: Tensor = self.gpt(inputs_embeds=inputs, use_cache=False).logits
        return logits[:, self.prefix :]

    def loss(self, tokens: Tensor, conditions: Tensor, counted: Tensor | None = None) -> Tensor:
        """Negative log-likelihood of each string in nats, (B,).

        Args:
            tokens: (B, T).
            conditions: (B, K).
            counted: (B, T) which tokens count; all but padding (token 0) if None.
        """
        logits = self(tokens[:, :-1], conditions)
        targets = tokens[:, 1:]
        nll = nn.functional.cross_entropy(logits.transpose(1, 2).float(), targets, reduction="none")  # (B, T - 1)
        return (nll * (targets != 0 if counted is None else counted[:, 1:])).sum(dim=1)

    def begin(self, conditions: Tensor) -> DynamicCache:
        """The key-value cache after the prefix, to sample from with :meth:`step`."""
        cache = DynamicCache(config=self.gpt.config)
        self.gpt.transformer(inputs_embeds=self.condition.tokens(conditions), past_key_values=cache, use_cache=True)
        return cache

    def step(self, tokens: Tensor, cache: DynamicCache) -> Tensor:
        """Logits (B, V) after one more token (B,), or several (B, T); ``cache`` grows by them."""
        embedded = self.gpt.transformer.wte(tokens.view(len(tokens), -1))
        output = self.gpt(inputs_embeds=embedded, past_key_values=cache, use_cache=True)
        logits: Tensor = output.logits[:, -1]
        return logits
