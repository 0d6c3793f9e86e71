"""SMILES generators of chapter 4.4: a GPT-2 over tokens, and one conditioned on five properties and a domain.

    p(t_1..t_T | c) = prod_i p(t_i | t_<i, c),    x_i = wte(t_i) + wpe(i) + e(c) - e(any)

tokens (B, T) int64, conditions (B, K) float with NaN for "any" -> logits (B, T, V). A further column of the conditions
is the number of the domain, the set of molecules that the string shall look like one of; without it, any. The chapter
puts the condition before the string; here it is added to every token, measured from "all any", which is therefore
exactly zero: one network serves both generators, and its GPT-2 alone is the unconditional one that plain transformers
opens.
Invariant: logits[:, i] ignores tokens after i; conditions that are all NaN change nothing.
Reference: Radford et al. (2019), section 2, on transformers' GPT-2; Bagal et al. (2022) for the conditions.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import GPT2Config, GPT2LMHeadModel

from matgen_core.models.conditioning import ConditionConfig, ConditionEmbedding


@dataclass(frozen=True)
class SmilesConfig:
    """Size of the network.

    Args:
        vocabulary: V, number of tokens; 0 is padding, 1 begins and 2 ends a string.
        max_tokens: longest string.
        width: of each embedding.
        layers: transformer blocks.
        heads: attention heads.
        dropout: everywhere but in the attention, in training only.
        conditions: what can be asked for.
    """

    vocabulary: int
    max_tokens: int
    width: int
    layers: int
    heads: int
    dropout: float
    conditions: ConditionConfig


@dataclass
class Cache:
    """What a half-written batch needs to go on: keys and values (layers, 2, B, H, T, D), condition (B, width)."""

    memory: Tensor
    condition: Tensor
    length: int = 0

    def keep(self, rows: Tensor) -> Cache:
        """The cache of some rows only, so that finished strings cost nothing more; this one is of no use afterwards.

        Rows move within the memory that is there: new memory costs more than the copying.
        """
        condition = self.condition[rows]
        memory = self.memory[:, :, : len(condition)]
        for layer in range(len(memory)):  # one at a time, so that the copy between stays small
            memory[layer, ..., : self.length, :] = self.memory[layer, :, rows, :, : self.length]
        return Cache(memory, condition, self.length)


def _read(q: Tensor, keys: Tensor, values: Tensor, length: int) -> Tensor:
    """Attention (B, H, S, D) of new tokens to the first places of the memory (B, H, T, D).

    One new token, as it is but for the beginning, is two plain products of batches: on a CPU five times as fast as the
    fused kernel, which is made for many (measured).
    """
    if q.shape[2] > 1:
        return nn.functional.scaled_dot_product_attention(q, keys[:, :, :length], values[:, :, :length], is_causal=True)
    keys, values = (part.flatten(0, 1)[:, :length] for part in (keys, values))  # (B * H, T, D), no copies
    scores = torch.bmm(q.flatten(0, 1), keys.transpose(1, 2)).mul_(q.shape[-1] ** -0.5)
    return torch.bmm(scores.softmax(dim=-1), values).view(q.shape)


class SMILESGenerator(nn.Module):
    """The chapter's generator: a GPT-2 over SMILES tokens."""

    def __init__(self, config: SmilesConfig) -> None:
        super().__init__()
        self.config = config
        self.gpt = GPT2LMHeadModel(
            GPT2Config(
                vocab_size=config.vocabulary,
                n_positions=config.max_tokens,
                n_embd=config.width,
                n_layer=config.layers,
                n_head=config.heads,
                activation_function="gelu_pytorch_tanh",
                resid_pdrop=config.dropout,
                embd_pdrop=config.dropout,
                attn_pdrop=0.0,  # dropping attention costs a CPU more time than it brings here
                pad_token_id=0,
                bos_token_id=1,
                eos_token_id=2,
            )
        )
        # Padding stands behind a string, where a causal network needs no mask; transformers would warn that one lacks.
        self.gpt.config.pad_token_id = None
        # Strings this short train 1.8 times faster on a CPU with plain attention than with the fused kernel, whose
        # backward pass is slow there (measured).
        self.gpt.set_attn_implementation("eager")

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits (B, T, V) of every next token after tokens (B, T)."""
        logits: Tensor = self.gpt(tokens, use_cache=False).logits
        return logits

    @torch.no_grad()
    def generate_smiles(
        self, max_length: int = 64, temperature: float = 1.0, generator: torch.Generator | None = None
    ) -> list[int]:
        """The chapter's loop: one string, the whole of it read again for each token. For the lesson and the clock.

        Args:
            max_length: most tokens.
            temperature: of the softmax; higher is more random.
            generator: of the random numbers.

        Returns:
            Token numbers, beginning with BOS.
        """
        written = [1]
        while len(written) < max_length and written[-1] != 2:
            logits = self(torch.tensor([written]))[:, -1] / temperature  # (1, V)
            written.append(int(torch.multinomial(logits.softmax(dim=-1), 1, generator=generator)))
        return written


class ConditionalSMILESGenerator(SMILESGenerator):
    """The same GPT-2, conditioned on any subset of the properties."""

    def __init__(self, config: SmilesConfig) -> None:
        super().__init__(config)
        self.condition = ConditionEmbedding(config.conditions)

    def shift(self, conditions: Tensor) -> Tensor:
        """(B, K) or (B, K + 1) -> (B, width), what the conditions add to every token: zero where all are "any"."""
        return self.condition.shift(conditions)

    def free(self, conditions: Tensor) -> Tensor:
        """The same conditions with every property "any": the domain stays, so that guidance does not overdo it."""
        free = conditions.clone()
        free[:, : len(self.config.conditions.keys)] = torch.nan
        return free

    def forward(self, tokens: Tensor, conditions: Tensor | None = None) -> Tensor:
        """Logits of every next token.

        Args:
            tokens: (B, T), beginning with BOS.
            conditions: (B, K) or (B, K + 1), NaN for "any"; all any if None.

        Returns:
            (B, T, V); position i predicts token i + 1.
        """
        if conditions is None:
            return super().forward(tokens)
        inputs = self.gpt.transformer.wte(tokens) + self.shift(conditions)[:, None]  # (B, T, width)
        logits: Tensor = self.gpt(inputs_embeds=inputs, use_cache=False).logits
        return logits

    def loss(self, tokens: Tensor, conditions: Tensor | None = None) -> Tensor:
        """Negative log-likelihood of each string in nats, (B,); padding does not count."""
        logits = self(tokens[:, :-1], conditions)
        targets = tokens[:, 1:]
        nll = nn.functional.cross_entropy(logits.transpose(1, 2).float(), targets, reduction="none", ignore_index=0)
        return nll.sum(dim=1)

    # ------------------------------------------------------------------------------------------------- sampling

    @torch.no_grad()
    def begin(self, conditions: Tensor) -> Cache:
        """An empty cache for a batch with these conditions (B, K) or (B, K + 1)."""
        config = self.gpt.config
        head = config.n_embd // config.n_head
        shape = (config.n_layer, 2, len(conditions), config.n_head, config.n_positions, head)
        shift = self.shift(conditions)
        return Cache(torch.empty(shape, dtype=shift.dtype, device=shift.device), shift)

    @torch.no_grad()
    def advance(self, tokens: Tensor, cache: Cache) -> Tensor:
        """Logits (B, V) after more tokens (B, S); ``cache`` grows by them in place.

        GPT-2's own blocks on memory that is laid out once: growing it by concatenation, as transformers does, copies
        all of it at every token. S above 1 is for the beginning only.
        """
        gpt = self.gpt.transformer
        size, new = tokens.shape
        first, last = cache.length, cache.length + new
        places = torch.arange(first, last, device=tokens.device)
        x = gpt.wte(tokens) + cache.condition[:, None] + gpt.wpe(places)  # (B, S, width)
        for block, memory in zip(gpt.h, cache.memory, strict=True):
            heads = memory.shape[2]
            q, k, v = (
                part.view(size, new, heads, -1).transpose(1, 2)  # (B, H, S, D)
                for part in block.attn.c_attn(block.ln_1(x)).chunk(3, dim=-1)
            )
            memory[0, :, :, first:last], memory[1, :, :, first:last] = k, v
            read = _read(q, memory[0], memory[1], last)
            x = x + block.attn.c_proj(read.transpose(1, 2).reshape(size, new, -1))
            x = x + block.mlp(block.ln_2(x))
        cache.length = last
        logits: Tensor = self.gpt.lm_head(gpt.ln_f(x[:, -1]))
        return logits
