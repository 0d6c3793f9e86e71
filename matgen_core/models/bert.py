"""MatBERT: BERT over the atoms of a formula, and what is read from it (chapter 4, after 4.7).

    h = BERT(e(t_1) .. e(t_T)),    p(t_i | the rest) = softmax(W h_i),    prediction = head([h_CLS, sum_i f_i h_i])

Two forms of one formula. Pure tokens, the chapter's: [CLS] Fe Fe O O O [SEP], one token an atom, with positions.
Amounts: [CLS] Fe O [SEP] with the fraction f_i of each element added to its embedding and no positions, five times
shorter and blind to order by construction (after CrabNet, Wang et al. 2021).

tokens (B, T) int64, fractions (B, T) or None -> hidden (B, T, D). Invariant: padding changes nothing; with fractions
the order of the elements changes nothing.  Reference: Devlin et al. (2019), on transformers' BERT.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel


@dataclass(frozen=True)
class MatBERTConfig:
    """Size of the encoder; the chapter's is ``MatBERTConfig(120, 768, 12, 12)``.

    Args:
        vocabulary: V; 0 is padding, 1 [CLS], 2 [SEP], 3 [MASK].
        width: D.
        layers: transformer blocks.
        heads: attention heads.
        max_tokens: longest string with [CLS] and [SEP].
        dropout: in training only.
        amounts: whether an element stands once, with its fraction, instead of once an atom.
        features: known numbers of each element that are added to its embedding; 0 for none.
    """

    vocabulary: int
    width: int = 128
    layers: int = 4
    heads: int = 4
    max_tokens: int = 52
    dropout: float = 0.05
    amounts: bool = True
    features: int = 0


class MatBERT(nn.Module):
    """The encoder with its head for masked atoms.

    Args:
        config: its size.
        described: (V, features) known numbers of each token, zero for the special ones; kept with the weights.
    """

    described: Tensor

    def __init__(self, config: MatBERTConfig, described: Tensor | None = None) -> None:
        super().__init__()
        self.config = config
        self.bert = BertModel(
            BertConfig(
                vocab_size=config.vocabulary,
                hidden_size=config.width,
                num_hidden_layers=config.layers,
                num_attention_heads=config.heads,
                intermediate_size=4 * config.width,
                hidden_dropout_prob=config.dropout,
                attention_probs_dropout_prob=0.0,
                max_position_embeddings=config.max_tokens,
                type_vocab_size=1,
                pad_token_id=0,
            ),
            add_pooling_layer=False,
        )
        if described is None:
            described = torch.zeros(config.vocabulary, config.features)
        self.register_buffer("described", described.float())
        self.describe = nn.Linear(config.features, config.width) if config.features else None
        self.amount = nn.Linear(8, config.width) if config.amounts else None
        self.bias = nn.Parameter(torch.zeros(config.vocabulary))

    def forward(self, tokens: Tensor, fractions: Tensor | None = None) -> Tensor:
        """Hidden states (B, T, D) of tokens (B, T); ``fractions`` (B, T) are 0 for special tokens."""
        x = self.bert.embeddings.word_embeddings(tokens)  # (B, T, D)
        if self.describe is not None:
            x = x + self.describe(self.described[tokens])
        positions = torch.arange(tokens.shape[1], device=tokens.device).expand_as(tokens)
        if self.amount is not None:
            assert fractions is not None, "this form of MatBERT takes fractions"
            x = x + self.amount(_waves(fractions)) * (fractions > 0)[..., None]
            positions = torch.zeros_like(tokens)  # a formula has no order
        output = self.bert(inputs_embeds=x, attention_mask=(tokens != 0).long(), position_ids=positions)
        hidden: Tensor = output.last_hidden_state
        return hidden

    def guess(self, hidden: Tensor) -> Tensor:
        """Logits (B, T, V) of the token at each place, by the embedding itself."""
        logits: Tensor = hidden @ self.bert.embeddings.word_embeddings.weight.T + self.bias
        return logits

    def pool(self, hidden: Tensor, tokens: Tensor, fractions: Tensor | None = None) -> Tensor:
        """One vector (B, 2 D) a formula: [CLS], and the mean over its atoms."""
        share = (tokens > 3).to(hidden.dtype) if fractions is None else fractions.to(hidden.dtype)
        mean = (hidden * share[..., None]).sum(dim=1) / share.sum(dim=1, keepdim=True).clamp(min=1e-6)
        return torch.cat([hidden[:, 0], mean], dim=-1)


def _waves(fractions: Tensor) -> Tensor:
    """(B, T) -> (B, T, 8): a fraction as powers and sines, so that 1/3 and 1/2 are far apart."""
    powers = [fractions**p for p in (0.25, 0.5, 1.0, 2.0)]
    return torch.stack([*powers, *(torch.sin(torch.pi * k * fractions) for k in (1, 2, 4, 8))], dim=-1)


def contrast(first: Tensor, second: Tensor, temperature: float = 0.1) -> Tensor:
    """InfoNCE of pairs (B, D), (B, D): each first must know its second among all (van den Oord et al. 2018)."""
    first, second = nn.functional.normalize(first, dim=-1), nn.functional.normalize(second, dim=-1)
    logits = first @ second.T / temperature  # (B, B)
    right = torch.arange(len(logits), device=logits.device)
    both = nn.functional.cross_entropy(logits, right) + nn.functional.cross_entropy(logits.T, right)
    return both / 2


# ----------------------------------------------------------------------------------------------------------- heads


@dataclass(frozen=True)
class HeadConfig:
    """What is read.

    Args:
        key: of the property.
        mean: of the training values that are not zero, in the property's unit.
        std: likewise.
        zero: whether zero is a kind of its own (metals, non-magnetic): a probability of it, and the rest is positive.
        near_zero: values below this are of that kind.
    """

    key: str
    mean: float
    std: float
    zero: bool
    near_zero: float = 0.05


class Head(nn.Module):
    """(B, 2 D) -> (B, 3): logit of "zero", value before its link, log of the Laplace scale."""

    def __init__(self, config: HeadConfig, width: int) -> None:
        super().__init__()
        self.config = config
        self.layers = nn.Sequential(nn.Linear(2 * width, width), nn.GELU(), nn.Linear(width, 3))

    def forward(self, pooled: Tensor) -> Tensor:
        """See the class."""
        answer: Tensor = self.layers(pooled)
        return answer

    def value(self, raw: Tensor) -> Tensor:
        """The value in the property's unit where it is not zero."""
        plain = raw[..., 1] * self.config.std + self.config.mean
        return nn.functional.softplus(plain) if self.config.zero else plain

    def scale(self, raw: Tensor) -> Tensor:
        """Scale of the Laplace law, in the property's unit."""
        return raw[..., 2].clamp(-5.0, 2.0).exp() * self.config.std

    def loss(self, raw: Tensor, values: Tensor) -> Tensor:
        """Negative log-likelihood (nats, up to a constant) of values (B,), NaN where unknown."""
        known = ~values.isnan()
        zero = known & (values.abs() < self.config.near_zero) if self.config.zero else torch.zeros_like(known)
        asked = known & ~zero
        target = torch.where(known, values, torch.zeros_like(values))
        scale = self.scale(raw)
        nll = (self.value(raw) - target).abs() / scale + scale.log() - torch.tensor(self.config.std).log()
        total = (nll * asked).sum() / asked.sum().clamp(min=1)
        if self.config.zero:
            kind = nn.functional.binary_cross_entropy_with_logits(raw[..., 0], zero.float(), reduction="none")
            total = total * asked.sum() / known.sum().clamp(min=1) + (kind * known).sum() / known.sum().clamp(min=1)
        loss: Tensor = total
        return loss

    def read(self, raw: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Probability of zero, expected law's median and its variance for raw (M, B, 3) of M members; each (B,)."""
        value, laplace = self.value(raw), 2 * self.scale(raw) ** 2  # (M, B)
        zero = torch.sigmoid(raw[..., 0]) if self.config.zero else torch.zeros_like(value)
        chance = zero.mean(dim=0)
        each = torch.where(zero > 0.5, torch.zeros_like(value), value)
        answer = torch.where(chance > 0.5, torch.zeros_like(chance), value.mean(dim=0))
        within = ((1 - zero) * (laplace + value**2) - ((1 - zero) * value) ** 2).clamp(min=0).mean(dim=0)
        # "Zero" is anything up to near_zero, so that nothing is surer than that.
        floor = (self.config.near_zero / 2) ** 2 if self.config.zero else 0.0
        return chance, answer, within + each.var(dim=0, correction=0) + floor

    def otherwise(self, raw: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance of the value if it is not zero, for raw (M, B, 3) of M members; each (B,)."""
        value = self.value(raw)
        return value.mean(dim=0), (2 * self.scale(raw) ** 2).mean(dim=0) + value.var(dim=0, correction=0)


class CompositionReader(nn.Module):
    """MatBERT with a head for each property."""

    def __init__(self, config: MatBERTConfig, heads: tuple[HeadConfig, ...], described: Tensor | None = None) -> None:
        super().__init__()
        self.backbone = MatBERT(config, described)
        self.heads = nn.ModuleDict({head.key: Head(head, config.width) for head in heads})

    def forward(self, tokens: Tensor, fractions: Tensor | None = None) -> dict[str, Tensor]:
        """Raw answers (B, 3) by property."""
        pooled = self.backbone.pool(self.backbone(tokens, fractions), tokens, fractions)
        return {key: head(pooled) for key, head in self.heads.items()}

    def loss(self, tokens: Tensor, fractions: Tensor | None, values: Tensor) -> Tensor:
        """Sum over the heads of their losses; ``values`` (B, heads), NaN where unknown."""
        raw = self(tokens, fractions)
        losses = [head.loss(raw[key].float(), values[:, i]) for i, (key, head) in enumerate(self._each())]
        return torch.stack(losses).sum()

    def _each(self) -> list[tuple[str, Head]]:
        return [(key, head) for key, head in self.heads.items() if isinstance(head, Head)]


class ReaderEnsemble(nn.Module):
    """Members that were trained apart; their disagreement is part of the spread."""

    def __init__(
        self, config: MatBERTConfig, heads: tuple[HeadConfig, ...], members: int, described: Tensor | None = None
    ) -> None:
        super().__init__()
        self.config, self.head_configs = config, heads
        self.members = nn.ModuleList(CompositionReader(config, heads, described) for _ in range(members))

    @torch.inference_mode()
    def read(self, tokens: Tensor, fractions: Tensor | None = None) -> dict[str, tuple[Tensor, Tensor, Tensor]]:
        """By property: probability of zero, value and one standard deviation; each (B,)."""
        return {key: read[:3] for key, read in self.read_laws(tokens, fractions).items()}

    @torch.inference_mode()
    def read_laws(
        self, tokens: Tensor, fractions: Tensor | None = None
    ) -> dict[str, tuple[Tensor, Tensor, Tensor, Tensor, Tensor]]:
        """The same, and value and standard deviation if it is not zero."""
        raw = [member(tokens, fractions) for member in self.members]
        found = {}
        for head in self.head_configs:
            law = self.members[0].heads[head.key]  # type: ignore[index]
            assert isinstance(law, Head)
            stacked = torch.stack([answer[head.key] for answer in raw])
            chance, value, variance = law.read(stacked)
            away, away_variance = law.otherwise(stacked)
            found[head.key] = (chance, value, variance.sqrt(), away, away_variance.sqrt())
        return found

    @torch.inference_mode()
    def embed(self, tokens: Tensor, fractions: Tensor | None = None) -> Tensor:
        """(B, 2 D) of the first member."""
        backbone = self.members[0].backbone
        assert isinstance(backbone, MatBERT)
        return backbone.pool(backbone(tokens, fractions), tokens, fractions)
