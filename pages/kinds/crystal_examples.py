"""What the crystals' page says before the first run: what it does, and targets to begin with."""

from __future__ import annotations

from pages.i18n.language import N_, _
from pages.widgets.examples import Example, show_examples

_EXAMPLES = (
    Example(
        "transparent",
        N_("Transparent oxide"),
        N_("Gap of at least 3 eV, with oxygen, without lead and cadmium"),
        {"band_gap_ask": "range", "band_gap_low": 3.0, "band_gap_high": 8.0, "include": ["O"], "exclude": ["Pb", "Cd"]},
    ),
    Example(
        "solar",
        N_("Solar absorber"),
        N_("Gap of 1.1 to 1.7 eV, formation energy below −0.5 eV/atom"),
        {
            "band_gap_ask": "range",
            "band_gap_low": 1.1,
            "band_gap_high": 1.7,
            "formation_energy_ask": "range",
            "formation_energy_low": -4.0,
            "formation_energy_high": -0.5,
        },
    ),
    Example(
        "site",
        N_("Site moments without rare earths"),
        N_("Mean |site moment| of at least 1 µB/atom, with iron, at most 12 atoms"),
        {
            "magnetic_moment_ask": "range",
            "magnetic_moment_low": 1.0,
            "magnetic_moment_high": 3.0,
            "include": ["Fe"],
            "exclude": ["La", "Ce", "Pr", "Nd", "Sm", "Eu", "Gd", "Tb", "Dy"],
            "max_atoms": 12,
        },
    ),
)


def show_crystal_examples() -> None:
    """An invitation, and a button for each example."""
    show_examples(
        _(
            "Choose what you want of a crystal and press **Generate**. Each candidate comes with its structure, what "
            "was read of it and how surely, its distance to the hull of known phases, and whether it is known."
        ),
        _EXAMPLES,
    )
