"""Guesses of a student before an example of the chapter runs, and which of them its output makes right."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from matgen_core.core.messages import Message
from matgen_core.lessons.chapter import examples


@dataclass(frozen=True)
class Question:
    """One question and its answers.

    Args:
        asks: the question.
        options: to choose from; numbers alone are no messages.
        place: the place of the right option, from 0, by what the example printed.
    """

    asks: Message
    options: tuple[str, ...]
    place: Callable[[str], int]

    def outcome(self, said: str) -> str:
        """The option that is right by what the example printed."""
        return self.options[self.place(said)]


def _figure(pattern: str) -> Callable[[str], float]:
    """The number that stands in place of # in the output."""
    searched = re.compile(re.escape(pattern).replace(r"\#", r"(-?[\d,]*\.?\d+)"))

    def read(said: str) -> float:
        found = searched.search(said)
        assert found is not None, f"{pattern!r} does not stand in {said!r}"
        return float(found[1].replace(",", ""))

    return read


def _between(pattern: str, *limits: float) -> Callable[[str], int]:
    """0 below the first limit, 1 below the second, and so on."""
    read = _figure(pattern)
    return lambda said: sum(read(said) >= limit for limit in limits)


def _fell(before: str, after: str) -> Callable[[str], int]:
    """0 for less than half of what it was, 1 for less, 2 for a rise."""
    first, last = _figure(before), _figure(after)
    return lambda said: sum(last(said) >= share * first(said) for share in (0.5, 1.0))


def _one_of(*shapes: str) -> Callable[[str], int]:
    """The place of the shape that is printed."""
    return lambda said: next(place for place, shape in enumerate(shapes) if f"({shape})" in said)


_SIZES = (Message("less than 10 million"), Message("10 to 100 million"), Message("more than 100 million"))
_SHARES = (Message("less than 1 %"), Message("1 to 5 %"), Message("more than 5 %"))
_LOSSES = (Message("less than half"), Message("less, but more than half"), Message("larger"))

QUESTIONS: Mapping[Callable[[], str], Question] = {
    examples.simple_diffusion: Question(
        Message("Before you press: the network is not trained; to answer 0 costs a loss of 1. What is its loss?"),
        (Message("less than 0.5"), Message("about 1"), Message("more than 2")),
        _between("Training loss: #", 0.5, 2.0),
    ),
    examples.conditional_diffusion: Question(
        Message("Before you press: two targets of three properties, vectors of 128 numbers. Which shape comes out?"),
        ("2 × 128", "2 × 3", "3 × 128"),
        _one_of("2, 128", "2, 3", "3, 128"),
    ),
    examples.smiles_generator: Question(
        Message("Before you press: 6 layers of width 512 over 1,000 tokens. How many weights are that?"),
        _SIZES,
        _between("# weights", 10e6, 100e6),
    ),
    examples.conditional_smiles_generator: Question(
        Message("Before you press: three tokens behind one condition. For how many places are there logits?"),
        ("3", "4", "5"),
        _one_of("1, 3, 1000", "1, 4, 1000", "1, 5, 1000"),
    ),
    examples.materials_inverse_design: Question(
        Message("Before you press: of eight candidates, how many are left at the end?"),
        ("0–2", "3–5", "6–8"),
        _between("Found # valid", 3, 6),
    ),
    examples.multi_objective: Question(
        Message("Before you press: four are asked for, with two targets. How many come back?"),
        (Message("fewer, only those that meet both targets"), Message("four, whether they meet the targets or not")),
        _between("Generated # materials", 4),
    ),
    examples.chemberta: Question(
        Message("Before you press: how large is the cosine of ibuprofen and caffeine, two unlike molecules?"),
        (Message("less than 0.3"), Message("0.3 to 0.7"), Message("more than 0.7")),
        _between("Cosine similarity: #", 0.3, 0.7),
    ),
    examples.matbert: Question(
        Message("Before you press: 12 layers of width 768. How many weights are that?"),
        _SIZES,
        _between("# weights", 10e6, 100e6),
    ),
    examples.matbert_for_bandgap: Question(
        Message("Before you press: Fe2O3 has a gap of about 2 eV. What does the network say before any training?"),
        (Message("about 0 eV or less"), Message("about 2 eV"), Message("more than 3 eV")),
        _between("Band gap, untrained: #", 1.0, 3.0),
    ),
    examples.matgpt: Question(
        Message("Before you press: MatBERT of the same depth and width has 86 million weights. And MatGPT?"),
        (Message("fewer"), Message("about as many"), Message("twice as many or more")),
        _between("# weights", 70e6, 150e6),
    ),
    examples.conditional_matgpt: Question(
        Message(
            "Before you press: three properties in one embedding, then [CLS]. For how many places are there logits?"
        ),
        ("1", "2", "4"),
        _one_of("1, 1, 120", "1, 2, 120", "1, 4, 120"),
    ),
    examples.full_finetuning: Question(
        Message("Before you press: what becomes of the validation loss in ten epochs?"),
        _LOSSES,
        _fell("Validation loss: #", "-> #"),
    ),
    examples.adapters: Question(
        Message("Before you press: which share of the weights do adapters train here?"),
        _SHARES,
        _between("(#%)", 1.0, 5.0),
    ),
    examples.lora: Question(
        Message("Before you press: which share of the weights does LoRA of rank 8 train here?"),
        _SHARES,
        _between("(#%)", 1.0, 5.0),
    ),
    examples.masked_atoms: Question(
        Message("Before you press: six oxides are seen 20 times. What becomes of the loss of hidden atoms?"),
        _LOSSES,
        _fell("Epoch 1, MAP Loss: #", "Epoch 20, MAP Loss: #"),
    ),
    examples.contrastive: Question(
        Message("Before you press: the network is not trained; guessing costs ln 4 = 1.39. What does InfoNCE say?"),
        (Message("less than guessing"), Message("about as much as guessing"), Message("more than guessing")),
        _between("InfoNCE: #", 1.3, 1.5),
    ),
}
