"""Introduction of the crystals' page before the first run: what it does, and targets to begin with."""

from __future__ import annotations

from matgen_core.core.goals import Goal
from pages.i18n.language import N_, _
from pages.widgets.asking.examples import Example, show_examples

#: Candidates of an example.
_FEW = 6
#: Each takes well under a minute on two cores.
EXAMPLES = (
    Example(
        "transparent",
        N_("Transparent oxide"),
        N_("Gap of at least 3 eV, with oxygen, without lead and cadmium"),
        {"band_gap": Goal.between(3.0, 8.0)},
        {"include": ["O"], "exclude": ["Pb", "Cd"], "count": _FEW},
    ),
    Example(
        "solar",
        N_("Solar absorber"),
        N_("Gap of 1.1 to 1.7 eV, formation energy below −0.5 eV/atom"),
        {"band_gap": Goal.between(1.1, 1.7), "formation_energy": Goal.between(-4.0, -0.5)},
        {"count": _FEW},
    ),
    Example(
        "site",
        N_("Site moments without rare earths"),
        N_("Mean |site moment| of at least 1 µB/atom, with iron, at most 12 atoms"),
        {"magnetic_moment": Goal.between(1.0, 3.0)},
        {
            "include": ["Fe"],
            "exclude": ["La", "Ce", "Pr", "Nd", "Sm", "Eu", "Gd", "Tb", "Dy"],
            "max_atoms": 12,
            "count": _FEW,
        },
    ),
)


def show_crystal_examples() -> None:
    """An invitation, and a button for each example."""
    show_examples(
        "crystals",
        _(
            "Set targets and press **Generate**. Each candidate comes with its structure, predicted properties "
            "with uncertainty, its energy above the hull of known phases, and whether it is known. Two models "
            "predict the energies: CHGNet steers (it selects and relaxes candidates), SevenNet judges (it only "
            "checks the results)."
        ),
        EXAMPLES,
    )
