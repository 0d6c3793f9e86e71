"""Strings from the SMILES generator: where its network, the grammar and the draw of the next token meet.

    logits = (1 + w) l(conditional) - w l(unconditional),    p = softmax(logits / temperature), top-k, top-p, grammar

Rows are drawn together on one key-value memory; a row that has ended leaves the batch. The grammar is asked only for
the token that was drawn. Where it says no, the string is begun anew, so that what comes is spread as the network's own
legal strings are: drawing another token on the spot goes on from where the network had lost its way, and was measured
to miss the targets. Only what fails again and again is mended on the spot.
Reference: Ho & Salimans (2022) for the guidance w.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from matgen_core.core.errors import Cancelled
from matgen_core.core.settings import MoleculeSettings
from matgen_core.kinds.molecules.grammar import Writing
from matgen_core.kinds.molecules.segments import Beginning, Growth
from matgen_core.kinds.molecules.smiles import (
    BOS,
    EOS,
    PAD,
    UNKNOWN,
    VOCABULARY,
    encode,
)
from matgen_core.learning.checkpoints import load_checkpoint
from matgen_core.learning.networks import build_smiles
from matgen_core.learning.trainer import best_device

if TYPE_CHECKING:
    from matgen_core.models.smiles import ConditionalSMILESGenerator

CHECKPOINT = "smiles-gpt"
#: How often a string that the grammar refuses is begun anew before it is mended, and how often one that is mended and
#: comes to where no token may stand.
_ATTEMPTS, _MENDED = 3, 3
#: Least likelihood of a token under guidance, as a share of the likeliest: log 0.01.
_PLAUSIBLE, _NEVER = -4.6, 40.0
#: Share of rows that must have ended before the rest is moved together: moving costs as much as a few tokens.
_SPARSE = 0.2


@lru_cache(maxsize=1)
def load_writer() -> tuple[ConditionalSMILESGenerator, str]:
    """The generator on the best device, loaded once, and its checkpoint's name and digest.

    Raises:
        UnknownCheckpoint, DamagedCheckpoint: where its weights are not there or not whole.
    """
    checkpoint = load_checkpoint(CHECKPOINT)
    return build_smiles(checkpoint).to(best_device()), f"{checkpoint.name}@{checkpoint.digest}"


def with_domain(network: ConditionalSMILESGenerator, conditions: Tensor, domain: str) -> Tensor:
    """Conditions (B, K) with a column for the domain, where the network knows more than one."""
    known = network.config.conditions.domains
    if not known:
        return conditions
    number = float(known.index(domain)) if domain in known else torch.nan
    return torch.cat([conditions, torch.full_like(conditions[:, :1], number)], dim=1)


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


def guide(conditional: Tensor, unconditional: Tensor, guidance: float) -> Tensor:
    """Guided logits (B, V) from the network's conditional and unconditional logits.

    Only tokens that the conditional network finds at least a hundredth as likely as its first choice take part: the
    difference of two very unlikely ones is noise, and would be blown up (Li et al. 2023, contrastive decoding).
    """
    guided = conditional + guidance * (conditional - unconditional)
    plausible = conditional >= conditional.max(dim=-1, keepdim=True).values + _PLAUSIBLE
    return torch.where(plausible, guided, conditional - _NEVER)  # not infinite: the grammar may leave nothing else


def keep_allowed(probabilities: Tensor, logits: Tensor, allowed: Tensor, settings: MoleculeSettings) -> Tensor:
    """Probabilities (B, V) among the tokens that are allowed (B, V).

    Where top-k or top-p left none of these, the allowed ones are shaped anew. Rows that allow nothing stay as they are.
    """
    kept = probabilities * allowed
    lost = (kept.sum(dim=-1) <= 0) & allowed.any(dim=-1)
    if lost.any():
        masked = logits[lost].float().masked_fill(~allowed[lost], -torch.inf)
        kept[lost] = shape_probabilities(masked, settings.temperature, settings.top_k, settings.top_p)
    kept = torch.where(allowed.any(dim=-1, keepdim=True), kept, probabilities)
    return kept / kept.sum(dim=-1, keepdim=True)


class _Draw:
    """Draws the next token of every row, by the grammar where that is asked for.

    Args:
        begins: what each string begins with, and what is written for it later.
        settings: temperature, top-k, top-p, grammar.
        generator: of the draws.
        mends: where a token is refused, another is drawn; else the string ends there and is lost.
        longest: tokens of a string at most.
    """

    def __init__(
        self,
        begins: Sequence[Beginning],
        settings: MoleculeSettings,
        generator: torch.Generator,
        mends: bool,
        longest: int,
    ) -> None:
        self.settings, self.generator, self.mends, self.longest = settings, generator, mends, longest
        self.growths = [Growth(begin) for begin in begins] if begins[0].grows else None
        self.refused = set[int]()
        # None: a string that was refused, or one that came to where nothing may stand and is left to the network.
        self.writings: list[Writing | None] = [
            Writing(begin.tokens[1:], longest - begin.reserve) if settings.grammar else None for begin in begins
        ]

    def __call__(self, logits: Tensor, rows: Sequence[int], alive: Sequence[bool]) -> Tensor:
        """(B, V) logits of the strings with these numbers -> (B,) tokens; of rows that have ended, any."""
        settings = self.settings
        probabilities = shape_probabilities(logits, settings.temperature, settings.top_k, settings.top_p).cpu()
        drawn = torch.multinomial(probabilities, 1, generator=self.generator).squeeze(1)
        if not settings.grammar and self.growths is None:
            return drawn
        refused = []
        for place, (row, token, goes_on) in enumerate(zip(rows, drawn.tolist(), alive, strict=True)):
            if not goes_on or row in self.refused:
                continue
            if self.growths is not None and (forced := self.growths[row].forced) is not None:
                drawn[place] = forced
                self._add(row, forced)
            elif not self._allows(row, token):
                refused.append(place)
            else:
                self._add(row, token)
        if refused and not self.mends:
            drawn[refused] = EOS
            self._lose([rows[place] for place in refused])
        elif refused:
            drawn[refused] = self._again(probabilities[refused], logits[refused].cpu(), [rows[i] for i in refused])
        return drawn

    @property
    def lost(self) -> list[int]:
        """Strings that were refused."""
        return sorted(self.refused)

    def _lose(self, rows: Sequence[int]) -> None:
        self.refused.update(rows)
        for row in rows:
            self.writings[row] = None

    def _allows(self, row: int, token: int) -> bool:
        writing = self.writings[row]
        return (writing is None or writing.allows(token)) and (self.growths is None or self.growths[row].allows(token))

    def _add(self, row: int, token: int) -> None:
        if token == EOS:
            return
        writing = self.writings[row]
        if self.growths is not None:
            self.growths[row].add(token)
            if writing is not None:
                writing.longest = self.longest - self.growths[row].reserve
        if writing is not None:
            writing.add(token)

    def _again(self, probabilities: Tensor, logits: Tensor, rows: Sequence[int]) -> Tensor:
        allowed = torch.tensor([[self._allows(row, token) for token in range(logits.shape[1])] for row in rows])
        kept = keep_allowed(probabilities, logits, allowed, self.settings)
        drawn = torch.multinomial(kept, 1, generator=self.generator).squeeze(1)
        for row, token, some in zip(rows, drawn.tolist(), allowed.any(dim=1).tolist(), strict=True):
            if some:
                self._add(row, token)
            else:
                self._lose([row])
        return drawn


@torch.inference_mode()
def write_strings(
    network: ConditionalSMILESGenerator,
    conditions: Tensor,
    settings: MoleculeSettings,
    generator: torch.Generator,
    *,
    begin: Beginning | Sequence[Beginning] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[list[int]]:
    """One token string a row of conditions.

    Args:
        network: the generator.
        conditions: (B, K), NaN for "any".
        settings: temperature, top-k, top-p, grammar, guidance.
        generator: of the draws, on the CPU, so that every device draws the same.
        begin: what every string begins with, or one for each row, all of them with as many tokens; with the grammar
            the tokens must be ones that it allows.
        cancelled: asked at every token; once it says yes, the strings that were finished come back.

    Returns:
        B strings with BOS, and EOS where the string ended before the longest length.

    Raises:
        Cancelled: where none was finished before.
    """
    begin = begin or Beginning()
    begins = [begin] * len(conditions) if isinstance(begin, Beginning) else list(begin)
    written: list[list[int]] = [[] for _ in conditions]
    waiting = list(range(len(conditions)))
    for attempt in range(_ATTEMPTS + _MENDED):
        mine = [begins[row] for row in waiting]
        draw = _Draw(mine, settings, generator, attempt >= _ATTEMPTS, network.config.max_tokens)
        strings, whole = _write(network, conditions[waiting], draw, [one.tokens for one in mine], cancelled)
        for row, string in zip(waiting, strings, strict=True):
            written[row] = string
        waiting = [waiting[i] for i in draw.lost]
        if not whole:
            lost = set(waiting)
            done = [s for row, s in enumerate(written) if s and s[-1] == EOS and row not in lost]
            if not done:
                raise Cancelled
            return done
        if not waiting:
            break
    return written


def _write(
    network: ConditionalSMILESGenerator,
    conditions: Tensor,
    draw: _Draw,
    begins: Sequence[Sequence[int]],
    cancelled: Callable[[], bool] | None,
) -> tuple[list[list[int]], bool]:
    """One string a row of conditions, as far as the grammar went along, and whether all were written to their end."""
    device, settings = conditions.device, draw.settings
    count, first = len(conditions), len(begins[0])
    longest = network.config.max_tokens
    written = torch.full((count, longest), PAD)
    written[:, :first] = torch.tensor(begins)
    guided = settings.guidance > 0 and _asked(network, conditions)
    # Guided, the batch is there twice: with all conditions, and with the domain alone.
    cache = network.begin(torch.cat([conditions, network.free(conditions)]) if guided else conditions)
    rows, alive = torch.arange(count), torch.ones(count, dtype=torch.bool)  # rows still in the batch; those not ended
    tokens = written[:, :first].to(device)
    for place in range(first, longest):
        if cancelled and cancelled():
            return [row[row != PAD].tolist() for row in written], False
        logits = network.advance(tokens.repeat(2, 1) if guided else tokens, cache)
        if guided:
            conditional, unconditional = logits.chunk(2)
            logits = guide(conditional, unconditional, settings.guidance)
        drawn = draw(logits, rows.tolist(), alive.tolist())
        written[rows[alive], place] = drawn[alive]
        alive &= drawn != EOS
        if not alive.any():
            break
        if (~alive).float().mean() > _SPARSE:
            cache, rows, drawn = (
                cache.keep((alive.repeat(2) if guided else alive).to(device)),
                rows[alive],
                drawn[alive],
            )
            alive = torch.ones(len(rows), dtype=torch.bool)
        tokens = drawn[:, None].to(device)
    return [row[row != PAD].tolist() for row in written], True


# --------------------------------------------------------------------------------------------------------- teaching


@dataclass(frozen=True)
class WritingStep:
    """One token of a string as it was drawn.

    Args:
        before: what was written so far.
        drawn: the token that came.
        options: (token, probability at temperature 1, probability after guidance, temperature, top-k, top-p and
            grammar), likeliest first.
    """

    before: str
    drawn: str
    options: tuple[tuple[str, float, float], ...]


@torch.inference_mode()
def explain(
    network: ConditionalSMILESGenerator, smiles: str, conditions: Tensor, settings: MoleculeSettings
) -> list[WritingStep]:
    """How likely each token of a string was when it was written, and what else could have come.

    Args:
        network: the generator.
        smiles: the string as it was drawn.
        conditions: (1, K) of the network.
        settings: temperature, top-k, top-p.

    Raises:
        BadInput: for strings outside the vocabulary.
    """
    tokens = encode(smiles)
    conditional, logits = _logits(network, torch.tensor([tokens[:-1]], device=conditions.device), conditions, settings)
    plain = shape_probabilities(conditional, 1.0)
    shaped = shape_probabilities(logits, settings.temperature, settings.top_k, settings.top_p)
    if settings.grammar:
        shaped = keep_allowed(shaped, logits, _allowed(tokens[1:])[:, : logits.shape[1]], settings)
    steps, before = [], ""
    for i, token in enumerate(tokens[1:]):
        order = plain[i].argsort(descending=True).tolist()
        options = tuple((VOCABULARY[t], float(plain[i, t]), float(shaped[i, t])) for t in order if t not in (0, 1, 3))
        steps.append(WritingStep(before, VOCABULARY[token], options))
        before += "" if token == EOS else VOCABULARY[token]
    return steps


def _logits(
    network: ConditionalSMILESGenerator, tokens: Tensor, conditions: Tensor, settings: MoleculeSettings
) -> tuple[Tensor, Tensor]:
    """Logits (T, V) of one string: the network's own, and as they are when it is drawn."""
    conditional: Tensor = network(tokens, conditions)[0].cpu()
    if settings.guidance <= 0 or not _asked(network, conditions):
        return conditional, conditional
    unconditional: Tensor = network(tokens, network.free(conditions))[0].cpu()
    return conditional, guide(conditional, unconditional, settings.guidance)


def _asked(network: ConditionalSMILESGenerator, conditions: Tensor) -> bool:
    """Whether any property is asked for."""
    return not bool(conditions[:, : len(network.config.conditions.keys)].isnan().all())


def _allowed(tokens: Sequence[int]) -> Tensor:
    """(T, V) what the grammar allows in place of each token; everything from where it would not have written on."""
    writing, rows, legal = Writing(), [], True
    for token in tokens:
        allowed = writing.allowed() if legal else [True] * len(VOCABULARY)
        legal = legal and allowed[token]
        rows.append(allowed if legal else [True] * len(VOCABULARY))
        if legal and token != EOS:
            writing.add(token)
    return torch.tensor(rows)
