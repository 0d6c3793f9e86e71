"""Strings from the SMILES generator: where its network and the draw of the next token meet.

Rows are drawn together on one key-value memory; a row that has ended leaves the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from matgen_core.checkpoints import load_language_model
from matgen_core.data.smiles import BOS, EOS, MAX_TOKENS, PAD, UNKNOWN, VOCABULARY, encode
from matgen_core.models.smiles import ConditionalSMILESGenerator
from matgen_core.networks import build_smiles
from matgen_core.training import best_device
from matgen_core.types import Cancelled, SmilesSettings

CHECKPOINT = "smiles-gpt"
#: Share of rows that must have ended before the rest is moved together: moving costs as much as a few tokens.
_SPARSE = 0.2


@lru_cache(maxsize=1)
def load_writer() -> tuple[ConditionalSMILESGenerator, str]:
    """The generator on the best device, loaded once, and its checkpoint's name and digest.

    Raises:
        UnknownCheckpoint, DamagedCheckpoint: where its weights are not there or not whole.
    """
    checkpoint = load_language_model(CHECKPOINT)
    return build_smiles(checkpoint).to(best_device()), f"{checkpoint.name}@{checkpoint.digest}"


def shape_probabilities(logits: Tensor, temperature: float, top_k: int = 0, top_p: float = 1.0) -> Tensor:
    """Probabilities (B, V) of the next token after temperature, top-k and top-p.

    Tokens that no string may hold (padding, begin, unknown) get none. top-p keeps the likeliest tokens up to the one
    that reaches the share (Holtzman et al. 2020).

    Args:
        logits: (B, V).
        temperature: above 0.
        top_k: how many tokens may come; 0 for all.
        top_p: share, in (0, 1].
    """
    logits = logits.float().clone()
    logits[:, [PAD, BOS, UNKNOWN]] = -torch.inf
    logits = logits / temperature
    if 0 < top_k < logits.shape[1]:
        least = logits.topk(top_k, dim=-1).values[:, -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    probabilities = logits.softmax(dim=-1)
    if top_p < 1.0:
        ordered, order = probabilities.sort(dim=-1, descending=True)
        before = ordered.cumsum(dim=-1) - ordered
        ordered = ordered.masked_fill(before >= top_p, 0.0)
        probabilities = torch.zeros_like(probabilities).scatter(1, order, ordered)
        probabilities = probabilities / probabilities.sum(dim=-1, keepdim=True)
    return probabilities


@torch.inference_mode()
def write_strings(
    network: ConditionalSMILESGenerator,
    conditions: Tensor,
    settings: SmilesSettings,
    generator: torch.Generator,
    *,
    begin: Sequence[int] = (BOS,),
    cancelled: Callable[[], bool] | None = None,
) -> list[list[int]]:
    """One token string a row of conditions.

    Args:
        network: the generator.
        conditions: (B, K), NaN for "any".
        settings: temperature, top-k, top-p.
        generator: of the draws, on the CPU, so that every device draws the same.
        begin: tokens that every string begins with.
        cancelled: asked at every token.

    Returns:
        B strings with BOS, and EOS where the string ended before the longest length.

    Raises:
        Cancelled: where ``cancelled`` said so.
    """
    device = conditions.device
    count = len(conditions)
    written = torch.full((count, MAX_TOKENS), PAD)
    written[:, : len(begin)] = torch.tensor(begin)
    cache = network.begin(conditions)
    rows, alive = torch.arange(count), torch.ones(count, dtype=torch.bool)  # rows still in the batch; those not ended
    tokens = written[:, : len(begin)].to(device)
    for place in range(len(begin), MAX_TOKENS):
        if cancelled and cancelled():
            raise Cancelled
        logits = network.advance(tokens, cache)
        probabilities = shape_probabilities(logits, settings.temperature, settings.top_k, settings.top_p).cpu()
        drawn = torch.multinomial(probabilities, 1, generator=generator).squeeze(1)
        written[rows[alive], place] = drawn[alive]
        alive &= drawn != EOS
        if not alive.any():
            break
        if (~alive).float().mean() > _SPARSE:
            cache, rows, drawn = cache.keep(alive.to(device)), rows[alive], drawn[alive]
            alive = torch.ones(len(rows), dtype=torch.bool)
        tokens = drawn[:, None].to(device)
    return [row[row != PAD].tolist() for row in written]


# --------------------------------------------------------------------------------------------------------- teaching


@dataclass(frozen=True)
class WritingStep:
    """One token of a string as it was drawn.

    Args:
        before: what was written so far.
        drawn: the token that came.
        options: (token, probability at temperature 1, probability after temperature, top-k and top-p), likeliest first.
    """

    before: str
    drawn: str
    options: tuple[tuple[str, float, float], ...]


@torch.inference_mode()
def explain(
    network: ConditionalSMILESGenerator, smiles: str, conditions: Tensor, settings: SmilesSettings
) -> list[WritingStep]:
    """How likely each token of a string was when it was written, and what else could have come.

    Args:
        network: the generator.
        smiles: the string as it was drawn.
        conditions: (1, K) what the network was told.
        settings: temperature, top-k, top-p.

    Raises:
        BadInput: for strings outside the vocabulary.
    """
    tokens = encode(smiles)
    logits = network(torch.tensor([tokens[:-1]], device=conditions.device), conditions)[0].cpu()  # (T, V)
    plain = shape_probabilities(logits, 1.0)
    shaped = shape_probabilities(logits, settings.temperature, settings.top_k, settings.top_p)
    steps, before = [], ""
    for i, token in enumerate(tokens[1:]):
        order = plain[i].argsort(descending=True).tolist()
        options = tuple((VOCABULARY[t], float(plain[i, t]), float(shaped[i, t])) for t in order if t not in (0, 1, 3))
        steps.append(WritingStep(before, VOCABULARY[token], options))
        before += "" if token == EOS else VOCABULARY[token]
    return steps
