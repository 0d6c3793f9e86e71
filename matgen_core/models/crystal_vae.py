"""A variational autoencoder of token strings: a crystal becomes 128 numbers and comes back.

    q(z | t) = N(mu(t), sigma²(t))                        encoder: transformer, attention pooling, mean of embeddings
    p(t_1..t_T | z) = prod_i softmax(GPT_i(t_<i, z) + b(z))       decoder; b(z) are the logits of a bag of words
    loss = -E_q log p(t | z) - w_b sum_i log softmax(b(z))[t_i] + w_y |y - f(z)|² + beta KL(q | N(0, 1))

tokens (B, T) int64 -> z (B, D) -> logits (B, T, V). A GPT that predicts well without z learns to ignore it. Four things
keep it listening: z stands before the string as memory, is added to every token, writes the bag that is added to the
logits, and some tokens are hidden from the decoder while it learns.
Invariant: logits[:, i] ignores tokens after i.  References: Kingma & Welling (2014); Bowman et al. (2016), section 3.1,
for hidden tokens; Zhao et al. (2017), section 3.3, for the bag; Gómez-Bombarelli et al. (2018) for the property head.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import GPT2Config, GPT2LMHeadModel
from transformers.cache_utils import DynamicCache


@dataclass(frozen=True)
class VAEConfig:
    """Size of the network.

    Args:
        vocabulary: V, number of tokens; token 0 is padding.
        max_tokens: longest string.
        properties: keys of what the property head reads, Y of them.
        means: of each property over the training rows, in its unit.
        stds: likewise.
        width: of each embedding.
        encoder_layers: transformer blocks that read.
        decoder_layers: transformer blocks that write.
        heads: attention heads.
        latent: D, length of z.
        memory: M, positions z takes before the string.
        dropout: everywhere, in training only.
        hidden: share of the tokens the decoder does not get to see in training.
    """

    vocabulary: int
    max_tokens: int
    properties: tuple[str, ...]
    means: tuple[float, ...]
    stds: tuple[float, ...]
    width: int = 128
    encoder_layers: int = 2
    decoder_layers: int = 4
    heads: int = 4
    latent: int = 128
    memory: int = 4
    dropout: float = 0.0
    hidden: float = 0.2


@dataclass(frozen=True)
class Losses:
    """What the network pays for each string, each (B,): nats of the string, of its bag and of z; squared error."""

    string: Tensor
    bag: Tensor
    kl: Tensor
    properties: Tensor


class LatentCache(DynamicCache):  # type: ignore[misc]  # transformers is not typed
    """The decoder's keys and values, with what z adds to every token (B, width) and to every logit (B, V)."""

    def __init__(self, config: GPT2Config, lift: Tensor, bag: Tensor) -> None:
        super().__init__(config=config)
        self.lift, self.bag = lift, bag

    def batch_select_indices(self, indices: Tensor) -> None:
        """Keeps these rows of the batch."""
        super().batch_select_indices(indices)
        self.lift, self.bag = self.lift[indices], self.bag[indices]


class CrystalVAE(nn.Module):
    """Encoder, decoder and property head around one latent vector."""

    means: Tensor
    stds: Tensor

    def __init__(self, config: VAEConfig) -> None:
        super().__init__()
        self.config = config
        width, latent = config.width, config.latent
        self.encoder = _Encoder(config)
        self.memory = nn.Linear(latent, config.memory * width)
        self.lift = nn.Linear(latent, width)
        self.bag = nn.Sequential(nn.Linear(latent, 2 * width), nn.SiLU(), nn.Linear(2 * width, config.vocabulary))
        self.gpt = GPT2LMHeadModel(
            GPT2Config(
                vocab_size=config.vocabulary,
                n_positions=config.max_tokens + config.memory,
                n_embd=width,
                n_layer=config.decoder_layers,
                n_head=config.heads,
                activation_function="gelu_pytorch_tanh",
                resid_pdrop=config.dropout,
                embd_pdrop=config.dropout,
                attn_pdrop=0.0,  # as in models/gpt.py: it costs a CPU more than it brings
                bos_token_id=1,
                eos_token_id=2,
            )
        )
        # As in models/smiles.py: strings this short train faster on a CPU with plain attention than with the fused one.
        self.gpt.set_attn_implementation("eager")
        self.head = nn.Sequential(nn.Linear(latent, width), nn.SiLU(), nn.Linear(width, len(config.properties)))
        self.register_buffer("means", torch.tensor(config.means))
        self.register_buffer("stds", torch.tensor(config.stds))

    def encode(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation (B, D) of z given tokens (B, T)."""
        mean, log_variance = self.encoder(tokens).float().chunk(2, dim=-1)
        return mean, (0.5 * log_variance.clamp(-9.0, 2.0)).exp()

    def forward(self, tokens: Tensor, z: Tensor) -> Tensor:
        """Logits (B, T, V) of every next token, from tokens (B, T) beginning with BOS and z (B, D)."""
        logits: Tensor = self.gpt.lm_head(self._write(tokens, z)) + self.bag(z)[:, None]
        return logits

    def _write(self, tokens: Tensor, z: Tensor) -> Tensor:
        """(B, T, width) what the decoder thinks at every token."""
        embedded = self.gpt.transformer.wte(tokens) + self.lift(z)[:, None]  # (B, T, width)
        inputs = torch.cat([self._remember(z), embedded], dim=1)  # (B, M + T, width)
        hidden: Tensor = self.gpt.transformer(inputs_embeds=inputs, use_cache=False)[0]
        return hidden[:, self.config.memory :]

    def read(self, z: Tensor) -> Tensor:
        """What the property head reads from z (B, D): (B, Y), each in its own unit."""
        values: Tensor = self.head(z).float() * self.stds + self.means
        return values

    def losses(self, tokens: Tensor, counted: Tensor, properties: Tensor) -> Losses:
        """What a batch costs; z is drawn while training, and the posterior mean otherwise.

        Args:
            tokens: (B, T).
            counted: (B, T) which tokens have to be learnt; the others follow from those before them.
            properties: (B, Y) in their units, NaN where unknown.
        """
        mean, std = self.encode(tokens)
        z = mean + std * torch.randn_like(mean) if self.training else mean
        seen = tokens[:, :-1]
        if self.training:
            seen = seen.masked_fill(torch.rand(seen.shape, device=seen.device) < self.config.hidden, 0)
        row, place = counted[:, 1:].nonzero(as_tuple=True)  # N places that count: logits of others cost time
        target, words = tokens[row, place + 1], self.bag(z)  # (N,), (B, V)
        logits = self.gpt.lm_head(self._write(seen, z)[row, place]) + words[row]  # (N, V)
        string = nn.functional.cross_entropy(logits.float(), target, reduction="none")
        bag = -words.float().log_softmax(dim=-1)[row, target]
        kl = 0.5 * (mean**2 + std**2 - 1) - std.log()
        known = ~properties.isnan()
        wanted = torch.where(known, (properties - self.means) / self.stds, 0.0)
        error = ((self.head(z).float() - wanted).clamp(-10, 10) ** 2) * known
        nothing = torch.zeros(len(tokens), device=tokens.device)
        string, bag = (nothing.index_add(0, row, nats) for nats in (string, bag))
        return Losses(string, bag, kl.sum(1), error.sum(1))

    def begin(self, z: Tensor) -> LatentCache:
        """The key-value cache after z (B, D), to write from with :meth:`step`."""
        cache = LatentCache(self.gpt.config, self.lift(z), self.bag(z))
        self.gpt.transformer(inputs_embeds=self._remember(z), past_key_values=cache, use_cache=True)
        return cache

    def step(self, tokens: Tensor, cache: LatentCache) -> Tensor:
        """Logits (B, V) after one more token (B,), or several (B, T); ``cache`` grows by them."""
        embedded = self.gpt.transformer.wte(tokens.view(len(tokens), -1)) + cache.lift[:, None]
        output = self.gpt(inputs_embeds=embedded, past_key_values=cache, use_cache=True)
        logits: Tensor = output.logits[:, -1]
        return logits + cache.bag

    def _remember(self, z: Tensor) -> Tensor:
        memory: Tensor = self.memory(z)
        return memory.view(len(z), self.config.memory, self.config.width)


class _Encoder(nn.Module):
    """(B, T) tokens -> (B, 2 D) mean and log-variance.

    Beside the transformer lies a straight path, the mean of the tokens' embeddings: which elements there are must not
    have to be learnt through attention.
    """

    def __init__(self, config: VAEConfig) -> None:
        super().__init__()
        width, layers = config.width, config.encoder_layers
        self.embed = nn.Embedding(config.vocabulary, width)
        self.straight = nn.Embedding(config.vocabulary, width)
        self.place = nn.Parameter(torch.randn(config.max_tokens, width) * 0.02)
        block = nn.TransformerEncoderLayer(
            width, config.heads, 4 * width, config.dropout, "gelu", batch_first=True, norm_first=True
        )
        self.blocks = nn.TransformerEncoder(block, layers, nn.LayerNorm(width), enable_nested_tensor=False)
        self.queries = nn.Parameter(torch.randn(config.memory, width) * 0.02)
        self.pool = nn.MultiheadAttention(width, config.heads, batch_first=True)
        self.leave = nn.Linear((config.memory + 1) * width, 2 * config.latent)
        nn.init.normal_(self.embed.weight, std=0.02)
        with torch.no_grad():
            # As in GPT-2, depth must not make the residual stream louder; and z begins with little noise.
            for name, parameter in self.blocks.named_parameters():
                if name.endswith(("out_proj.weight", "linear2.weight")):
                    parameter.mul_((2 * layers) ** -0.5)
            self.leave.weight[config.latent :] *= 0.1
            self.leave.bias[config.latent :] = -2.0

    def forward(self, tokens: Tensor) -> Tensor:
        empty = tokens == 0
        h = self.blocks(self.embed(tokens) + self.place[: tokens.shape[1]], src_key_padding_mask=empty)  # (B, T, width)
        queries = self.queries.expand(len(tokens), -1, -1)
        pooled = self.pool(queries, h, h, key_padding_mask=empty, need_weights=False)[0]  # (B, M, width)
        real = (~empty)[..., None]
        straight = (self.straight(tokens) * real).sum(dim=1) / real.sum(dim=1)  # (B, width)
        posterior: Tensor = self.leave(torch.cat([pooled.flatten(1), straight], dim=1))
        return posterior
