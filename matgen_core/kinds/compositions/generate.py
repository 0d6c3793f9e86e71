"""Formulas from MatGPT: where its network meets the draw of the next atom and the rules of what may come.

Which elements may come, which must and how many atoms at least hold for every string by construction. A string that
would go on beyond the most atoms is not cut to fit, which would spoil its stoichiometry, but comes back one atom too
long, to be rejected: what is left is drawn as the network would draw among formulas that fit. The atoms of one element
stand together, as they were learnt. What must be there is written first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import comb
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from matgen_core.chem.formulas.formula_type import FormulaType, read_type
from matgen_core.core.errors import BadTarget, Cancelled, quote
from matgen_core.core.goals import Constraints
from matgen_core.core.messages import Message
from matgen_core.kinds.compositions.rows import (
    CLS,
    FIRST,
    PAD,
    SEP,
    VOCABULARY,
)
from matgen_core.kinds.crystals.known.rows import ELEMENTS
from matgen_core.learning.checkpoints import load_checkpoint
from matgen_core.learning.networks import build_gpt
from matgen_core.learning.trainer import best_device

if TYPE_CHECKING:
    from matgen_core.models.gpt import ConditionalGPT

CHECKPOINT = "matgpt"
#: Strings written for each that is asked for, where elements must be there.
_SEVERAL = 3


@lru_cache(maxsize=1)
def load_composer() -> tuple[ConditionalGPT, str]:
    """MatGPT on the best device, loaded once, and its checkpoint's name and digest.

    Raises:
        UnknownCheckpoint, DamagedCheckpoint: where its weights are not there or not whole.
    """
    checkpoint = load_checkpoint(CHECKPOINT)
    return build_gpt(checkpoint).to(best_device()), f"{checkpoint.name}@{checkpoint.digest}"


@dataclass(frozen=True)
class AtomRules:
    """What a string may be.

    Args:
        allowed: (V,) elements that may come.
        required: (V,) elements that must all have come before the end.
        fewest: atoms.
        most: atoms.
        prompt: tokens every string begins with, after [CLS].
        pattern: the type of formula, such as ABX3, that every string is; None for any.
    """

    allowed: Tensor
    required: Tensor
    fewest: int
    most: int
    prompt: tuple[int, ...] = ()
    pattern: FormulaType | None = None


def _read_prompt(prompt: str, names: Sequence[str]) -> Counter[str]:
    """How often each element stands in a prompt; raises BadTarget for one that is not among ``names``."""
    symbols = prompt.replace(",", " ").split()
    for symbol in symbols:
        if symbol not in names:
            known = (
                Message("excluded or outside the chemical system") if symbol in ELEMENTS else Message("not an element")
            )
            raise BadTarget(
                "the prompt's {symbol!r} is {known}; write atoms such as Li or Fe O", symbol=symbol[:20], known=known
            )
    return Counter(symbols)


def atom_rules(constraints: Constraints, prompt: str = "") -> AtomRules:
    """The rules of constraints and prompt.

    Raises:
        BadTarget: where the prompt names what is no element, is excluded, is too long or does not fit the type.
    """
    system = constraints.chemical_system
    pattern = None if constraints.formula is None else read_type(constraints.formula)
    names = [e for e in ELEMENTS if e not in constraints.exclude and (system is None or e in system)]
    allowed, required = (torch.zeros(len(VOCABULARY), dtype=torch.bool) for _ in range(2))
    allowed[[VOCABULARY.index(e) for e in names]] = True
    must = constraints.required | (frozenset() if pattern is None else pattern.named)
    required[[VOCABULARY.index(e) for e in must]] = True
    atoms = _read_prompt(prompt, names)
    tokens = tuple(VOCABULARY.index(e) for e, n in atoms.items() for _ in range(n))
    missing = int(required.sum()) - sum(bool(required[VOCABULARY.index(e)]) for e in atoms)
    if len(tokens) + missing > constraints.max_atoms:
        raise BadTarget(
            "the prompt and the elements to include need {n_tokens} atoms, at most {max_atoms} are "
            "allowed; raise the maximum",
            n_tokens=len(tokens) + missing,
            max_atoms=constraints.max_atoms,
        )
    if pattern is None:
        return AtomRules(allowed, required, constraints.min_atoms, constraints.max_atoms, tokens)
    rules = AtomRules(allowed, required, pattern.atoms, pattern.atoms, tokens, pattern)
    if pattern.atoms < constraints.min_atoms:
        raise BadTarget(
            "{formula} has {atoms} atoms; lower the minimum number of atoms",
            formula=constraints.formula,
            atoms=pattern.atoms,
        )
    if len(names) < len(pattern.amounts):
        raise BadTarget("too few elements are left for {formula}; exclude fewer", formula=constraints.formula)
    if not _type_tokens(rules, tokens).any():
        raise BadTarget(
            "the prompt {prompt} does not begin a formula of the type {formula}",
            prompt=quote(prompt),
            formula=constraints.formula,
        )
    return rules


@torch.inference_mode()
def write_formulas(
    network: ConditionalGPT,
    conditions: Tensor,
    rules: AtomRules,
    generator: torch.Generator,
    *,
    temperature: float = 1.0,
    top_k: int = 0,
    cancelled: Callable[[], bool] | None = None,
) -> list[list[int]]:
    """One token string a row of conditions, without [CLS] and [SEP]; of ``rules.most + 1`` atoms where it did not end.

    Args:
        network: MatGPT.
        conditions: (B, K), NaN for "any".
        rules: what a string may be.
        generator: of the random numbers, on the CPU, so that every device gives the same.
        temperature: above 0.
        top_k: how many tokens may come; 0 for all.
        cancelled: asked at every atom; once it says yes, the strings that were finished come back.

    Raises:
        Cancelled: where none was finished before.
    """
    several = _SEVERAL if rules.required.any() else 1  # one each where no element is required
    many = conditions.repeat_interleave(several, dim=0)
    strings = _write(network, many, rules, generator, temperature, top_k, cancelled)
    if not all(strings):  # cancelled: of each few only those that were finished, and none where none was
        groups = [list(filter(None, strings[i : i + several])) for i in range(0, len(strings), several)]
        strings = [string for group in groups if group for string in (group * several)[:several]]
        if not strings:
            raise Cancelled
    return strings if several == 1 else _even_out(strings, rules, generator)


def _even_out(strings: Sequence[list[int]], rules: AtomRules, generator: torch.Generator) -> list[list[int]]:
    """Of each few strings one, by chance, so that it does not show that what is required was written first.

    Of the k! orders of k elements r! (k - r)! begin with the r required ones, so that a formula of few elements came
    more often than among all formulas that hold them, by 1 / C(k, r).
    """
    begun = set(rules.prompt)
    required = len(set(torch.where(rules.required)[0].tolist()) - begun)
    weights = torch.tensor([float(comb(len(set(string) - begun), required)) for string in strings]).clamp(min=1e-6)
    picked = torch.multinomial(weights.view(-1, _SEVERAL), 1, generator=generator).squeeze(1)
    return [strings[i] for i in (picked + torch.arange(0, len(strings), _SEVERAL)).tolist()]


def _write(
    network: ConditionalGPT,
    conditions: Tensor,
    rules: AtomRules,
    generator: torch.Generator,
    temperature: float,
    top_k: int,
    cancelled: Callable[[], bool] | None,
) -> list[list[int]]:
    """One string a row of conditions; empty where it was not finished before ``cancelled`` said so."""
    size, device = len(conditions), conditions.device
    written = torch.full((size, rules.most + 2), PAD)
    used = torch.zeros(size, len(VOCABULARY), dtype=torch.bool)
    last = torch.full((size,), CLS)
    for place, token in enumerate(rules.prompt):
        written[:, place], used[:, token], last[:] = token, True, token
    cache = network.begin(conditions)
    tokens = torch.tensor([[CLS, *rules.prompt]]).expand(size, -1)
    alive = torch.ones(size, dtype=torch.bool)
    for place in range(len(rules.prompt), rules.most + 1):
        if cancelled and cancelled():
            return [[] if going else row[row >= FIRST].tolist() for row, going in zip(written, alive, strict=True)]
        logits = network.step(tokens.to(device), cache).float().cpu()
        bound = rules.most + (place == rules.most)  # at the bound it may still say that it would go on
        if rules.pattern is None:
            may = _may_come(rules, used, last, place, bound)
        else:
            may = torch.stack([_type_tokens(rules, tuple(row[row != PAD].tolist())) for row in written])
        logits = logits.masked_fill(~may, -torch.inf) / temperature
        if 0 < top_k < logits.shape[1]:
            least = logits.topk(top_k, dim=-1).values[:, -1:]
            logits = logits.masked_fill(logits < least, -torch.inf)
        drawn = torch.multinomial(logits.softmax(dim=-1), 1, generator=generator).squeeze(1)
        written[alive, place] = drawn[alive]
        alive &= drawn != SEP
        if not alive.any():
            break
        used[torch.arange(size), drawn] = True
        last, tokens = drawn, drawn[:, None]
    return [row[row >= FIRST].tolist() for row in written]


def _may_come(rules: AtomRules, used: Tensor, last: Tensor, atoms: int, most: int) -> Tensor:
    """(B, V) which tokens may follow after so many atoms of at most so many."""
    missing = rules.required & ~used  # (B, V)
    lacking = missing.sum(dim=1)
    room = most - atoms - lacking > 0  # for an atom that is not asked for
    # What must be there comes first. The network learnt formulas with their elements in any order, so that it goes on
    # from these as it would have; left for the end, it writes what has no place for them.
    open_ = torch.where(lacking[:, None] > 0, missing, rules.allowed & ~used & room[:, None])
    again = (last >= FIRST) & room
    open_[torch.arange(len(last)), last] |= again
    # An end that was generated is drawn again, so that rows that have ended stay where they are.
    open_[:, SEP] = ((lacking == 0) & (atoms >= max(1, rules.fewest))) | (last == SEP)
    return open_


def _type_tokens(rules: AtomRules, string: tuple[int, ...]) -> Tensor:
    """(V,) which tokens may follow a string so that it becomes a formula of the type; the required ones come first."""
    pattern = rules.pattern
    assert pattern is not None
    may = torch.zeros(len(VOCABULARY), dtype=torch.bool)
    if SEP in string:
        may[SEP] = True
        return may
    counts = Counter(string)
    missing = {token for token in torch.where(rules.required)[0].tolist() if token not in counts}
    if string:
        may[string[-1]] = _can_become(pattern, {**counts, string[-1]: counts[string[-1]] + 1}, missing)
        may[SEP] = not missing and len(string) == pattern.atoms and pattern.fits(_named(counts))
    known: dict[int | None, bool] = {}
    for token in missing or set(torch.where(rules.allowed)[0].tolist()) - set(counts):
        # Elements that neither the type nor the user names are alike.
        kind = token if token in missing or VOCABULARY[token] in pattern.named else None
        if kind not in known:
            known[kind] = _can_become(pattern, {**counts, token: 1}, missing - {token})
        may[token] = known[kind]
    return may


def _can_become(pattern: FormulaType, counts: dict[int, int], missing: set[int]) -> bool:
    """Whether a string of so many atoms, the last element still open, can become the type with what is missing."""
    *ended, now = counts.values()
    for way in pattern.roles([*_named(counts)]):
        *before, last = (pattern.amounts[role] for role in way)
        free = sum(element is None for role, element in enumerate(pattern.elements) if role not in way)
        if before == ended and now <= last and sum(VOCABULARY[t] not in pattern.named for t in missing) <= free:
            return True
    return False


def _named(counts: dict[int, int]) -> dict[str, int]:
    return {VOCABULARY[token]: n for token, n in counts.items()}
