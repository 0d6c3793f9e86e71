"""What the molecules' page says before the first run: what it does, and targets to begin with."""

from __future__ import annotations

from pages.i18n.language import N_, _
from pages.widgets.examples import Example, show_examples

_EXAMPLES = (
    Example(
        "soluble",
        N_("More soluble"),
        N_("log S of at least −2.5 (estimated), logP of 0.5 to 2"),
        {
            "solubility_ask": "range",
            "solubility_low": -2.5,
            "solubility_high": 0.0,
            "logp_ask": "range",
            "logp_low": 0.5,
            "logp_high": 2.0,
        },
    ),
    Example(
        "lead",
        N_("Lead-like"),
        N_("logP 2, 300 to 340 g/mol, 2 donors, without PAINS and BRENK alerts"),
        {
            "logp_ask": "value",
            "logp_value": 2.0,
            "weight_ask": "range",
            "weight_low": 300.0,
            "weight_high": 340.0,
            "donors_ask": "value",
            "donors_value": 2.0,
            "filters": ["PAINS", "BRENK"],
        },
    ),
    Example(
        "indole",
        N_("Grown from indole"),
        N_("Contains indole, at most 1 donor, easy to make"),
        {
            "scaffold": "c1ccc2[nH]ccc2c1",
            "donors_ask": "range",
            "donors_low": 0.0,
            "donors_high": 1.0,
            "max_sa": 3.0,
        },
    ),
)


def show_molecule_examples() -> None:
    """An invitation, and a button for each example."""
    show_examples(
        _(
            "Choose what you want of a molecule, turn temperature and top-k, and press **Generate**. Each molecule "
            "comes with its drawing, its properties beside your targets, its 3D shape, and whether it is new."
        ),
        _EXAMPLES,
    )
