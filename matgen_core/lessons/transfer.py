"""Pretraining and transfer to look at (chapter 4, after 4.7): what is masked, what is guessed, where two views lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import spglib
import torch
from numpy.typing import NDArray

from matgen_core.chem.crystals.symmetry import hall_number
from matgen_core.core.errors import BadInput
from matgen_core.core.messages import Message
from matgen_core.kinds.compositions.predict import predict_texts
from matgen_core.kinds.compositions.rows import (
    FIRST,
    MASK,
    VOCABULARY,
    count_atoms,
    encode_atoms,
    reduce_formula,
)
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.learning.checkpoints import load_checkpoint
from matgen_core.learning.networks import build_matbert
from matgen_core.lessons.chapter.transfer import LoRALayer
from matgen_core.lessons.chapter.transformers import BandgapHead as ChapterHead
from matgen_core.models.adapters import STRATEGIES, Adapter, apply_strategy
from matgen_core.models.bert import Head, HeadConfig, MatBERT, MatBERTConfig
from matgen_core.workflows.own_properties.finetune import open_backbone

CHECKPOINT = "matbert-atoms"


@lru_cache(maxsize=1)
def load_pretrained() -> tuple[MatBERT, str]:
    """MatBERT in the chapter's form, pretrained and not taught any property.

    Raises:
        UnknownCheckpoint, DamagedCheckpoint: where its weights are not there or not whole.
    """
    checkpoint = load_checkpoint(CHECKPOINT)
    return build_matbert(checkpoint), f"{checkpoint.name}@{checkpoint.digest}"


@dataclass(frozen=True)
class Guess:
    """What the network guesses at one hidden place.

    Args:
        place: number of the atom, from 0.
        truth: the element that stood there.
        options: element and probability, likeliest first; the true one stands last where it is less likely.
        rank: of the true element among all, from 1.
        of: elements in all.
    """

    place: int
    truth: str
    options: tuple[tuple[str, float], ...]
    rank: int
    of: int


def tokens_of(formula: str) -> list[str]:
    """The chapter's tokens of a formula: [CLS], an atom each, [SEP].

    >>> tokens_of("Fe2O3")
    ['[CLS]', 'Fe', 'Fe', 'O', 'O', 'O', '[SEP]']
    """
    return [VOCABULARY[t] for t in encode_atoms(count_atoms(reduce_formula(formula)))]


def formula_tokens(formula: str) -> list[tuple[str, int]]:
    """The tokens of a formula with their numbers in the vocabulary."""
    return [(symbol, VOCABULARY.index(symbol)) for symbol in tokens_of(formula)]


@torch.inference_mode()
def guess_masked(formula: str, places: Sequence[int], most: int = 8) -> list[Guess]:
    """Hides atoms and asks the pretrained network for them.

    Args:
        formula: read as reduced.
        places: numbers of the atoms that are hidden, from 0.
        most: options shown of each.

    Raises:
        BadInput: for a formula that cannot be read, or places it has not.
    """
    network, _ = load_pretrained()
    tokens = torch.tensor([encode_atoms(count_atoms(reduce_formula(formula)))])
    atoms = tokens.shape[1] - 2
    if not places or min(places) < 0 or max(places) >= atoms:
        raise BadInput("{formula} has {atoms} atoms; hide some of 1 to {atoms}", formula=formula, atoms=atoms)
    hidden = tokens.clone()
    hidden[0, [p + 1 for p in places]] = MASK
    chances = network.guess(network(hidden))[0, :, FIRST:].softmax(dim=-1)
    guesses = []
    for place in places:
        row, truth = chances[place + 1], int(tokens[0, place + 1]) - FIRST
        order = row.argsort(descending=True).tolist()
        rank = order.index(truth) + 1
        shown = order[:most] if rank <= most else [*order[: most - 1], truth]
        options = tuple((VOCABULARY[i + FIRST], float(row[i])) for i in shown)
        guesses.append(Guess(place, VOCABULARY[truth + FIRST], options, rank, len(order)))
    return guesses


def reorder(formula: str) -> str:
    """A formula with its elements the other way round.

    >>> reorder("Fe2O3")
    'O3Fe2'
    """
    counts = count_atoms(formula)
    return "".join(f"{symbol}{counts[symbol] if counts[symbol] > 1 else ''}" for symbol in reversed(counts))


def same_reading(one: str, other: str) -> bool:
    """Whether MatBERT gives two formulas the same values."""
    read = [[(p.property, p.value) for p in each] for each in predict_texts([one, other])]
    return read[0] == read[1]


@dataclass(frozen=True)
class Count:
    """Weights of one strategy.

    Args:
        inside: trained within the encoder.
        head: of the head that reads the property, trained too.
        frozen: the rest of the encoder.
    """

    inside: int
    head: int
    frozen: int

    @property
    def share(self) -> float:
        """Part of the encoder, with what was added to it, that is trained."""
        return self.inside / max(1, self.inside + self.frozen)


def count_parameters(size: int = 32, rank: int = 8) -> dict[str, Count]:
    """Weights that each strategy trains in the shipped encoder.

    Args:
        size: of the adapters' bottleneck.
        rank: of LoRA.
    """
    found = {}
    for strategy in STRATEGIES:
        backbone = open_backbone("formula")
        backbone.network.requires_grad_(strategy == "full")
        apply_strategy(backbone.encoder, strategy, size=size, rank=rank)
        head = Head(HeadConfig("value", 0.0, 1.0, zero=False), backbone.width)
        parameters = list(backbone.network.parameters())
        trained = sum(p.numel() for p in parameters if p.requires_grad)
        frozen = sum(p.numel() for p in parameters) - trained
        found[strategy] = Count(trained, sum(p.numel() for p in head.parameters()), frozen)
    return found


@lru_cache(maxsize=20)
def chapter_parameters(size: int = 64, rank: int = 8) -> dict[str, Count]:
    """The same for the chapter's MatBERT, 12 layers of width 768 over 120 tokens: counted, no weight is made."""
    with torch.device("meta"):
        encoder = MatBERT(MatBERTConfig(120, 768, 12, 12, amounts=False))
        whole = sum(p.numel() for p in encoder.parameters())
        head = sum(p.numel() for p in ChapterHead().parameters())
        adapter = 12 * sum(p.numel() for p in Adapter(768, size).parameters())
        lora = 12 * 2 * sum(p.numel() for p in LoRALayer(768, 768, rank).parameters())
    return {"full": Count(whole, head, 0), "adapter": Count(adapter, head, whole), "lora": Count(lora, head, whole)}


def self_supervision(found: Mapping[str, Any]) -> Message:
    """What pretraining on formulas alone brought with full fine-tuning, in words, by what was measured.

    Args:
        found: of ``matgen evaluate transfer``.
    """
    ways = {(way["beginning"], way["strategy"]): way for way in found["ways"]}
    nothing, formulas = ways["nothing", "full"]["mae"], ways["formulas", "full"]["mae"]
    if formulas < 0.65 * nothing:
        return Message("half the error")
    return Message("a little or nothing") if formulas < 1.05 * nothing else Message("a larger error")


def demo_table(column: str = "volume", count: int = 400, seed: int = 0) -> tuple[list[str], list[float]]:
    """Formulas and values of known crystals, for a lesson without a file of one's own.

    Args:
        column: of the reference, or "volume", the cell's volume per atom (Å³), which no encoder here was taught.
        count: rows.
        seed: of the draw.
    """
    names, values = _volumes() if column == "volume" else _column(column)
    usable = np.flatnonzero(np.isfinite(values))
    chosen = np.random.default_rng(seed).permutation(usable)[:count]
    return [names[i] for i in chosen], [float(values[i]) for i in chosen]


def _column(column: str) -> tuple[list[str], NDArray[np.float64]]:
    known = load_reference().known
    return [str(formula) for formula in known["formula"]], np.asarray(known[column], dtype=float)


@lru_cache(maxsize=1)
def _volumes() -> tuple[list[str], NDArray[np.float64]]:
    """Formula and volume per atom (Å³) of every known crystal."""
    reference = load_reference()
    known = reference.known
    counts = np.array([_LATTICE_POINTS[_centring(int(group))] for group in known["space_group"]]) * known["atoms"]
    values = reference.structures.volumes() / counts
    return [str(formula) for formula in known["formula"]], np.asarray(values, dtype=float)


#: Lattice points of a conventional cell, by the letter of its centring.
_LATTICE_POINTS = {"P": 1, "A": 2, "C": 2, "I": 2, "R": 3, "F": 4}


@lru_cache(maxsize=230)
def _centring(space_group: int) -> str:
    return str(spglib.get_spacegroup_type(hall_number(space_group)).international_short)[0]
