"""Language models to look at (chapter 4.4): tokens, the next token, what a head attends to, temperature, conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from matgen_core.chem.molecules.molecule import canonical, fingerprint, internal_diversity, parse, properties
from matgen_core.core.errors import BadInput
from matgen_core.core.settings import MoleculeSettings
from matgen_core.kinds.molecules.generate import load_writer, shape_probabilities, with_domain, write_strings
from matgen_core.kinds.molecules.smiles import EOS, VOCABULARY, decode, encode
from matgen_core.models.smiles import ConditionalSMILESGenerator

#: Temperatures of the live measurement.
TEMPERATURES = (0.4, 0.8, 1.2, 1.6, 2.0)


@torch.inference_mode()
def next_tokens(begun: str, temperature: float, top_k: int) -> list[tuple[str, float, float]]:
    """What may follow a begun string: token, probability as it is, and after temperature and top-k; likeliest first.

    Args:
        begun: the string so far; may be empty.
        temperature: above 0.
        top_k: 0 for all.

    Raises:
        BadInput: for a string outside the vocabulary.
    """
    network, _ = load_writer()
    tokens = torch.tensor([encode(begun, end=False)])
    logits = network(tokens, _conditions(network, None, 1))[:, -1]
    plain, shaped = shape_probabilities(logits, 1.0)[0], shape_probabilities(logits, temperature, top_k)[0]
    order = plain.argsort(descending=True).tolist()
    names = ["end" if t == EOS else VOCABULARY[t] for t in order]
    return [(n, float(plain[t]), float(shaped[t])) for n, t in zip(names, order, strict=True) if plain[t] > 0]


def _conditions(network: ConditionalSMILESGenerator, conditions: dict[str, float] | None, count: int) -> torch.Tensor:
    row = [(conditions or {}).get(key, float("nan")) for key in network.config.conditions.keys]
    return torch.tensor(row).expand(count, -1)


@dataclass(frozen=True)
class Attention:
    """What one token looks back at.

    Args:
        tokens: of the string, with its beginning.
        weights: (T, T), row i is what token i attends to; each row sums to 1.
        atoms: for each token the number of its atom in RDKit's order, None where it is none.
    """

    tokens: tuple[str, ...]
    weights: NDArray[np.float32]
    atoms: tuple[int | None, ...]

    def on_atoms(self, token: int) -> list[float]:
        """Weight on each atom, seen from one token."""
        count = sum(atom is not None for atom in self.atoms)
        found = [0.0] * count
        for place, atom in enumerate(self.atoms):
            if atom is not None:
                found[atom] = float(self.weights[token, place])
        return found

    def share_on_atoms(self, token: int) -> float:
        """Part of a token's attention that lies on atoms; the rest lies on <bos>, bonds, branches and rings."""
        return sum(self.on_atoms(token))


def count_heads() -> tuple[int, int]:
    """Layers and heads of the shipped generator."""
    config = load_writer()[0].gpt.config
    return int(config.n_layer), int(config.n_head)


@torch.inference_mode()
def attend(smiles: str, layer: int, head: int) -> Attention:
    """The attention of one head over a molecule's string.

    Args:
        smiles: a molecule of the generator's vocabulary.
        layer: from 0.
        head: from 0.

    Raises:
        BadInput: where it is no molecule, or outside the vocabulary.
    """
    if parse(smiles) is None:
        raise BadInput("{smiles!r} is not a molecule; write SMILES such as CC(=O)Nc1ccc(O)cc1", smiles=smiles[:40])
    network, _ = load_writer()
    numbers = encode(smiles, end=False)
    output = network.gpt(torch.tensor([numbers]), output_attentions=True, use_cache=False)
    weights = output.attentions[layer][0, head].float().numpy()
    tokens = [VOCABULARY[n] for n in numbers]
    atoms: list[int | None] = []
    count = 0
    for token in tokens:
        is_atom = token[0].isalpha() or (token[0] == "[" and token != "[H]")
        atoms.append(count if is_atom else None)
        count += is_atom
    return Attention(tuple(tokens), weights, tuple(atoms))


def heads_on_atoms(smiles: str, layer: int) -> int:
    """How many heads of a layer put more than half of the last token's attention on atoms.

    Args:
        smiles: as of :func:`attend`.
        layer: from 0.
    """
    heads = [attend(smiles, layer, head) for head in range(count_heads()[1])]
    return sum(head.share_on_atoms(len(head.tokens) - 1) > 0.5 for head in heads)


@dataclass(frozen=True)
class Sampled:
    """A few strings drawn at once.

    Args:
        valid: share that are molecules.
        unique: share of these that differ.
        diversity: 1 minus the mean similarity of all pairs; None with fewer than two.
        values: of a property, of the valid ones.
        examples: some of them.
    """

    valid: float
    unique: float
    diversity: float | None
    values: tuple[float, ...]
    examples: tuple[str, ...]


def draw_some(
    count: int, temperature: float, conditions: dict[str, float] | None = None, key: str = "logp", seed: int = 0
) -> Sampled:
    """Draws strings and says what they are.

    Args:
        count: strings.
        temperature: above 0.
        conditions: of the network, by property.
        key: property whose values are kept.
        seed: of the draws.
    """
    network, _ = load_writer()
    generator = torch.Generator().manual_seed(seed)
    settings = MoleculeSettings(temperature=temperature, grammar=False, guidance=0.0)  # the bare network is the lesson
    condition = with_domain(network, _conditions(network, conditions, count), settings.domain)
    strings = [decode(row) for row in write_strings(network, condition, settings, generator)]
    molecules = [m for m in map(parse, strings) if m is not None]
    names = list(dict.fromkeys(map(canonical, molecules)))
    prints = [fingerprint(m) for m in molecules]
    return Sampled(
        len(molecules) / count,
        len(names) / max(1, len(molecules)),
        internal_diversity(prints),
        tuple(float(properties(m)[key]) for m in molecules),
        tuple(names[:6]),
    )


def measure_temperatures(count: int = 48, seed: int = 0) -> list[tuple[float, Sampled]]:
    """Validity and diversity at each of TEMPERATURES, drawn now."""
    return [(temperature, draw_some(count, temperature, seed=seed)) for temperature in TEMPERATURES]


def atom_tokens(smiles: str) -> list[tuple[str, int]]:
    """The string's tokens with their numbers in the vocabulary."""
    return [(VOCABULARY[n], int(n)) for n in encode(smiles, end=False)][1:]


def draw_token(options: Sequence[tuple[str, float, float]], seed: int) -> str:
    """One token of :func:`next_tokens`, drawn by the shaped probabilities."""
    chances = np.array([shaped for _name, _plain, shaped in options], dtype=np.float64)
    return options[int(np.random.default_rng(seed).choice(len(options), p=chances / chances.sum()))][0]


def write_on(begun: str) -> str | None:
    """The string as a molecule where it is one already, with its open branches closed where that is all it lacks."""
    for text in (begun, begun + ")" * (begun.count("(") - begun.count(")"))):
        if text and parse(text) is not None:
            return text
    return None
