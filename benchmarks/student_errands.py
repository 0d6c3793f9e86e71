"""Ten errands of a student: the way through every demonstration, what is set and pressed, and what is then read.

The browser test walks them in both languages and at both sizes, and ``benchmarks/lecture.py`` times them for
``docs/lecture.md``. Labels are English; who walks in another language translates them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from matgen_core.core.messages import Message
from matgen_core.lessons.captions import CAPTIONS


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
        figure: key of a figure that stands there, or TABLE.
    """

    lesson: str
    sees: str = ""
    acts: tuple[Act, ...] = ()
    figure: str = ""


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


PRESET = Message("The chapter's [{values}]", values="2, −0.5, 0")
#: In place of the key of a figure: a table is drawn.
TABLE = "table"
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
            Demonstration("Workflow", CAPTIONS["funnel"], (_press("Run the workflow"),)),
        ),
    ),
    "into noise": Errand(
        "diffusion",
        (
            Demonstration("Noise", "Signal left: ᾱ = {share}", (_fill("Or another known crystal", "TiO2"),)),
            Demonstration(
                "Train it",
                "Spread of the generated points, in units of the data's: **{spread}** after {steps} steps.",
                (_press("Train"),),
            ),
            Demonstration("In motion", figure="motion"),
        ),
    ),
    "out of noise": Errand(
        "diffusion",
        (
            Demonstration("From noise", "Signal left: ᾱ = {share}"),
            Demonstration("Samplers", CAPTIONS["samplers-steps"], (_turn(MEASURED),)),
            Demonstration(
                "Conditions",
                "On target without guidance {unguided}; most at the strongest, w = {weight}: {best}.",
            ),
            Demonstration(
                "Descriptors",
                "Distances are in standard deviations a descriptor; 0 would be the molecule itself.",
                (_fill("Molecule (SMILES)", "CCO"),),
            ),
            Demonstration("Code", "This is the code that runs on this page, read from the package."),
        ),
    ),
    "one token after another": Errand(
        "language_models",
        (
            Demonstration("Tokens", "C  C  O", (_fill("SMILES", "CCO"),)),
            Demonstration("The next token", CAPTIONS["temperature"], (_fill("Written so far", "c1ccc"),)),
            Demonstration("Write one", figure="writing-next", acts=(_press("Draw and append"),)),
        ),
    ),
    "where it looks": Errand(
        "language_models",
        (
            Demonstration(
                "Attention",
                "At **{symbol}**: {share} of its attention lies on atoms, {rest} on <bos>, bonds and other marks.",
                (_fill("Molecule (SMILES)", "CCO"),),
                "attention",
            ),
            Demonstration("Temperature", figure="hot"),
            Demonstration("Conditions", figure="conditions-chart"),
        ),
    ),
    "three transformers": Errand(
        "encoders",
        (
            Demonstration("ChemBERTa", CAPTIONS["chemberta"]),
            Demonstration("MatBERT", figure=TABLE, acts=(_fill("Formula", "TiO2"),)),
            Demonstration("MatGPT", CAPTIONS["matgpt"]),
        ),
    ),
    "what pretraining brings": Errand(
        "transfer",
        (
            Demonstration("Hide and guess", CAPTIONS["hidden"], (_fill("Or your own formula", "NaCl"),)),
            Demonstration("Two views", figure="views"),
            Demonstration("Three ways to teach", figure=TABLE, acts=(_turn(MEASURED),)),
        ),
    ),
    "a predictor of one's own": Errand(
        "transfer",
        (
            Demonstration(
                "Teach it yourself",
                "Error **{mae:.3g}** {unit} on {held} withheld rows; guessing the median would give "
                "{mae_of_median:.3g}. {trained_parameters:,} of {parameters:,} weights were "
                "trained in {seconds:.0f} s.",
                (_press("Teach"),),
            ),
        ),
        {"teach-epochs": "1"},
    ),
    "exercises": Errand(
        "exercises",
        (
            Demonstration("1 Concepts", CAPTIONS["priors-overlap"], (_turn(MEASURED),)),
            Demonstration(
                "2 Implementation",
                figure=TABLE,
                acts=(_press(PRESET), _press("Generate 16")),
            ),
            Demonstration("Write code", "{passed} of {all} checks passed.", (_press("Run it against the checks"),)),
            Demonstration(
                "3 Application",
                figure=TABLE,
                acts=(_turn("Show five criteria and rank materials by them"),),
            ),
            Demonstration(
                "Check yourself",
                Message("{done} of {total}", done=1, total=50),
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
            Demonstration("Table", figure=TABLE),
            Demonstration(
                "Run it", "You made no guess. What happened: **{outcome}**", (_press("Run the chapter's example"),)
            ),
        ),
    ),
}
