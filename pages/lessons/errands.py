"""Ten errands of a student: the way through every demonstration, what is set and pressed, and what is then read.

The browser test walks them in both languages and at both sizes, and ``benchmarks/lessons.py lecture`` times them for
``docs/lecture.md``. Labels are English; who walks in another language translates them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from matgen_core.lessons.laws import LAWS


@dataclass(frozen=True)
class Act:
    """One thing that a student does.

    Args:
        role: "fill" a field, "press" a button or "turn" on a switch.
        label: of the control, English.
        text: that is filled in.
    """

    role: str
    label: str
    text: str = ""


@dataclass(frozen=True)
class Demonstration:
    """One demonstration as a student runs it.

    Args:
        lesson: its name.
        acts: in order.
        sees: a sentence, or a template, that stands on the page afterwards.
        named: whether the sentence stands in the name of a figure or table, not in a text.
    """

    lesson: str
    sees: str
    acts: tuple[Act, ...] = ()
    named: bool = False


@dataclass(frozen=True)
class Errand:
    """Some demonstrations one after the other, by the links that lead on.

    Args:
        page: address of the first page.
        runs: the demonstrations, as they follow one another on the path.
        settings: of the first link.
    """

    page: str
    runs: tuple[Demonstration, ...]
    settings: Mapping[str, str] = field(default_factory=dict)


def _press(label: str) -> Act:
    return Act("press", label)


def _fill(label: str, text: str) -> Act:
    return Act("fill", label, text)


def _turn(label: str) -> Act:
    return Act("turn", label)


MEASURED = "Show what was measured"
ERRANDS = {
    "a material for a value": Errand(
        "inverse_problem",
        (
            Demonstration(
                "Forward and inverse",
                "**{formula}** → {value} eV (± {spread})",
                (_fill("Or your own formula", "GaAs"),),
            ),
            Demonstration("Workflow", LAWS["funnel"].caption, (_press("Run the workflow"),)),
        ),
    ),
    "into noise": Errand(
        "diffusion",
        (
            Demonstration("Noise", "Signal left: ᾱ = {share}", (_fill("Or another known crystal", "TiO2"),)),
            Demonstration(
                "Train it", "Spread of what is drawn, in units of the data's: **{spread}**", (_press("Train"),)
            ),
            Demonstration("In motion", "The same noise by three samplers, from noise to data", named=True),
        ),
        {"train-steps": "500"},
    ),
    "out of noise": Errand(
        "diffusion",
        (
            Demonstration("From noise", "Signal left: ᾱ = {share}"),
            Demonstration("Samplers", LAWS["samplers-steps"].caption, (_turn(MEASURED),)),
            Demonstration("Conditions", "On target without guidance {free}; most at"),
        ),
    ),
    "numbers without a way back": Errand(
        "diffusion",
        (
            Demonstration(
                "Descriptors", "Counts that each vector claims", (_fill("Molecule (SMILES)", "CCO"),), named=True
            ),
            Demonstration("Code", "This is the code that runs on this page, read from the package."),
        ),
    ),
    "one token after another": Errand(
        "language_models",
        (
            Demonstration("Tokens", "C  C  O", (_fill("SMILES", "CCO"),)),
            Demonstration("The next token", LAWS["temperature"].caption, (_fill("Written so far", "c1ccc"),)),
            Demonstration("Write one", "Probabilities of the next token", (_press("Draw and append"),), named=True),
        ),
    ),
    "where it looks": Errand(
        "language_models",
        (
            Demonstration("Attention", LAWS["attention"].caption, (_fill("Molecule (SMILES)", "CCO"),)),
            Demonstration("Temperature", "Validity and diversity against temperature", named=True),
            Demonstration("Conditions", "The property of what was drawn, by what was told", named=True),
        ),
    ),
    "three transformers": Errand(
        "encoders",
        (
            Demonstration("ChemBERTa", LAWS["chemberta"].caption),
            Demonstration("MatBERT", "What MatBERT reads of the formula", (_fill("Formula", "TiO2"),), named=True),
            Demonstration("MatGPT", LAWS["matgpt"].caption),
        ),
    ),
    "what pretraining brings": Errand(
        "transfer",
        (
            Demonstration("Hide and guess", LAWS["hidden"].caption, (_fill("Or your own formula", "NaCl"),)),
            Demonstration("Two views", "Views of the formulas among known formulas on the two main axes", named=True),
            Demonstration("Three ways to teach", "Ways of transfer compared", (_turn(MEASURED),), named=True),
            Demonstration(
                "Teach it yourself", "on {held} withheld rows; guessing the median would give", (_press("Teach"),)
            ),
        ),
        {"teach-epochs": "1"},
    ),
    "exercises": Errand(
        "exercises",
        (
            Demonstration("1 Concepts", LAWS["priors-overlap"].caption, (_turn(MEASURED),)),
            Demonstration(
                "2 Implementation",
                "Candidates, one a row",
                (_press("The chapter's [2, −0.5, 0]"), _press("Generate 16")),
                named=True,
            ),
            Demonstration("Write code", "{passed} of {all} checks passed.", (_press("Run it against the checks"),)),
            Demonstration(
                "3 Application",
                "The first eight by your order",
                (_turn("Show five criteria and rank materials by them"),),
                named=True,
            ),
            Demonstration(
                "Check yourself",
                "{done} of {total}",
                (_turn("I can tell forward design from inverse design by an example of my own"),),
            ),
            Demonstration("Class", "Share my guesses with this class, without a name"),
        ),
    ),
    "notes and the chapter's names": Errand(
        "notes",
        (
            Demonstration("Diffusion", "4.2 With 100 steps the noise is not complete"),
            Demonstration("Language models", "4.4 Which token begins a molecule"),
            Demonstration("Inverse design", "4.5 An average over different units"),
            Demonstration("Transfer", "Pretraining: the three shares of masking overlap"),
            Demonstration("Claims", "4.6 Halicin (2020) was not made by a diffusion model"),
            Demonstration("Table", "The chapter's names and ours", named=True),
            Demonstration("Run it", "What the app runs for it", (_press("Run the chapter's example"),)),
        ),
    ),
}
