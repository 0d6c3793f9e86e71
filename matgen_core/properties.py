"""One record a quantity: what it is called, its unit, its sensible bounds, its tolerance."""

from __future__ import annotations

from dataclasses import dataclass

from matgen_core.types import BadTarget, Goal


@dataclass(frozen=True, slots=True)
class Property:
    """A quantity that can be asked for or read.

    Args:
        key: its name in code, tables and files.
        label: its name for a reader.
        unit: its unit for a reader.
        low: lower end of what the training rows cover (sliders begin here).
        high: upper end of what the training rows cover.
        tolerance: a reading this close to a value counts as having met it.
        note: what a reader must know about the number.
    """

    key: str
    label: str
    unit: str
    low: float
    high: float
    tolerance: float
    note: str = ""


BAND_GAP = Property("band_gap", "Band gap", "eV", 0.0, 8.0, 0.5, "PBE, which reads too low against experiment")
FORMATION_ENERGY = Property(
    "formation_energy", "Formation energy", "eV/atom", -4.0, 1.0, 0.25, "against the elements, MP2020 corrections"
)
MAGNETIC_MOMENT = Property(
    "magnetic_moment",
    "Magnetic moment",
    "µB/atom",
    0.0,
    3.0,
    0.25,
    "mean |site moment|, not net: an antiferromagnet reads as magnetic; non-magnetic means every site below 0.2 µB",
)
E_ABOVE_HULL = Property(
    "e_above_hull", "Energy above hull", "eV/atom", 0.0, 0.5, 0.1, "against the phases known to the shipped reference"
)
MAX_SITE_MOMENT = Property(
    "max_site_moment", "Largest site moment", "µB", 0.0, 8.0, 0.2, "non-magnetic means below 0.2 µB"
)

PROPERTIES = {p.key: p for p in (BAND_GAP, FORMATION_ENERGY, MAGNETIC_MOMENT, E_ABOVE_HULL, MAX_SITE_MOMENT)}

#: What a crystal can be asked for, in the order in which the networks take them.
CRYSTAL_CONDITIONS = ("band_gap", "formation_energy", "magnetic_moment", "e_above_hull")


def meets(key: str, goal: Goal, value: float | None) -> bool | None:
    """Whether a reading meets a goal: within the property's tolerance of a value, inside a range otherwise.

    Returns None where there is no reading.
    """
    if value is None:
        return None
    slack = PROPERTIES[key].tolerance if goal.is_value else 0.0
    return goal.distance(value) <= slack


def outside_data(key: str, goal: Goal) -> str | None:
    """A warning for a goal that lies outside what the training rows cover, or None."""
    if key not in PROPERTIES:
        raise BadTarget(f"unknown property {key!r}; known: {', '.join(PROPERTIES)}")
    record = PROPERTIES[key]
    low = record.low if goal.low is None else goal.low
    high = record.high if goal.high is None else goal.high
    if high < record.low or low > record.high:
        return (
            f"{record.label} {goal} {record.unit} lies outside the training data "
            f"({record.low:g} to {record.high:g} {record.unit}): expect few or no hits"
        )
    return None
