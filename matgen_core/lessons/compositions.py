"""MatGPT to look at: which atom may come next for a target, and what the bare network writes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from matgen_core.core.errors import BadInput
from matgen_core.core.goals import Constraints
from matgen_core.kinds.compositions.generate import atom_rules, load_composer, write_formulas
from matgen_core.kinds.compositions.rows import CLS, VOCABULARY, decode_atoms, reduce_formula
from matgen_core.models.gpt import ConditionalGPT


def _conditions(network: ConditionalGPT, conditions: Mapping[str, float], count: int) -> Tensor:
    row = [conditions.get(key, math.nan) for key in network.config.conditions.keys]
    return torch.tensor(row, device=next(network.parameters()).device).expand(count, -1)


@torch.inference_mode()
def next_atoms(begun: Sequence[str], conditions: Mapping[str, float], most: int = 10) -> list[tuple[str, float]]:
    """Tokens that may follow begun atoms, with their probabilities; the likeliest first.

    Args:
        begun: symbols, such as ["Li"].
        conditions: of the network, by property.
        most: tokens.

    Raises:
        BadInput: for a symbol that is none of the vocabulary.
    """
    strange = [symbol for symbol in begun if symbol not in VOCABULARY[4:]]
    if strange:
        raise BadInput(
            "{symbol!r} is not an element that the network was trained on; write atoms such as: Li Fe O",
            symbol=strange[0],
        )
    network, _name = load_composer()
    condition = _conditions(network, conditions, 1)
    tokens = torch.tensor([[CLS, *(VOCABULARY.index(symbol) for symbol in begun)]], device=condition.device)
    chances = network(tokens, condition)[0, -1].softmax(dim=-1)
    best = chances.topk(most)
    names = ["end" if VOCABULARY[i] == "[SEP]" else VOCABULARY[i] for i in best.indices.tolist()]
    return list(zip(names, best.values.tolist(), strict=True))


def gains_most(begun: Sequence[str]) -> tuple[str, float, float]:
    """The token that gains most behind symbols when the band gap goes from 0 to 8 eV, with both probabilities."""
    before, after = (dict(next_atoms(begun, {"band_gap": gap}, len(VOCABULARY))) for gap in (0.0, 8.0))
    name = max(after, key=lambda token: after[token] - before[token])
    return name, before[name], after[name]


def write_some(begun: str, conditions: Mapping[str, float], count: int = 12, seed: int = 0) -> list[str]:
    """Formulas as the bare network writes them; repeats stay, what did not end is left out.

    Args:
        begun: atoms that each begins with, such as "Li".
        conditions: of the network, by property.
        count: strings.
        seed: of the draws.
    """
    network, _name = load_composer()
    rules = atom_rules(Constraints(), begun)
    strings = write_formulas(
        network, _conditions(network, conditions, count), rules, torch.Generator().manual_seed(seed), temperature=1.0
    )
    counts = [decode_atoms(string) for string in strings if len(string) <= rules.most]
    return [reduce_formula("".join(f"{symbol}{number}" for symbol, number in each.items())) for each in counts]
