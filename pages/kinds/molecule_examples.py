"""Introduction of the molecules' page before the first run: what it does, and targets to begin with."""

from __future__ import annotations

from matgen_core.core.goals import Goal
from pages.i18n.language import N_, _
from pages.widgets.asking.examples import Example, show_examples

#: Each takes well under a minute on two cores.
EXAMPLES = (
    Example(
        "soluble",
        N_("More soluble"),
        N_("log S of at least −2.5 (estimated), logP of 0.5 to 2"),
        {"solubility": Goal.between(-2.5, 0.0), "logp": Goal.between(0.5, 2.0)},
    ),
    Example(
        "lead",
        N_("Lead-like"),
        N_("logP 2, 300 to 340 g/mol, 2 donors, without PAINS and BRENK alerts"),
        {"logp": Goal.at(2.0), "weight": Goal.between(300.0, 340.0), "donors": Goal.at(2.0)},
        {"filters": ["PAINS", "BRENK"]},
    ),
    Example(
        "indole",
        N_("Grown from indole"),
        N_("Contains indole, at most 1 donor, easy to make"),
        {"donors": Goal.between(0.0, 1.0)},
        {"scaffold": "c1ccc2[nH]ccc2c1", "max_sa": 3.0},
    ),
)


def show_molecule_examples() -> None:
    """An invitation, and a button for each example."""
    show_examples(
        "molecules",
        _(
            "Set targets and press **Generate**. Each molecule comes with its drawing, its properties beside "
            "your targets, its 3D structure, and whether it is new. A higher temperature gives more diverse "
            "molecules."
        ),
        EXAMPLES,
    )
