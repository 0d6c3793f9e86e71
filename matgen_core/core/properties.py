"""One record a quantity: what it is called, its unit, its sensible bounds, its tolerance."""

from __future__ import annotations

from dataclasses import dataclass


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

    @property
    def range(self) -> tuple[float, float]:
        """What the training rows cover, from end to end."""
        return self.low, self.high


BAND_GAP = Property("band_gap", "Band gap", "eV", 0.0, 8.0, 0.5, "PBE, which reads too low against experiment")
MEASURED_GAP = Property(
    "measured_gap",
    "Experimental gap (predicted)",
    "eV",
    0.0,
    8.0,
    0.5,
    "a prediction of what an experiment would find, learnt from measured gaps",
)
FORMATION_ENERGY = Property(
    "formation_energy", "Formation energy", "eV/atom", -4.0, 1.0, 0.25, "against the elements, MP2020 corrections"
)
MAGNETIC_MOMENT = Property(
    "magnetic_moment",
    "Mean |site moment|",
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

LOGP = Property("logp", "logP", "", -1.0, 5.5, 0.5, "Crippen's estimate of the octanol-water coefficient, by RDKit")
SOLUBILITY = Property(
    "solubility",
    "log S, estimated",
    "log mol/L",
    -6.0,
    0.0,
    0.5,
    "estimated: ESOL (Delaney 2004) from logP, weight, rotatable bonds and aromatic share; not measured",
)
WEIGHT = Property("weight", "Molecular weight", "g/mol", 250.0, 350.0, 10.0, "average isotopes, by RDKit")
DONORS = Property("donors", "H-bond donors", "", 0.0, 5.0, 0.0, "RDKit's Lipinski count; met only exactly")
ACCEPTORS = Property("acceptors", "H-bond acceptors", "", 0.0, 10.0, 0.0, "RDKit's Lipinski count; met only exactly")
SA_SCORE = Property(
    "sa_score", "Synthetic accessibility", "", 1.0, 6.0, 0.5, "1 easy to 10 hard (Ertl and Schuffenhauer 2009)"
)

PROPERTIES = {
    p.key: p
    for p in (
        BAND_GAP, MEASURED_GAP, FORMATION_ENERGY, MAGNETIC_MOMENT, E_ABOVE_HULL, MAX_SITE_MOMENT, LOGP, SOLUBILITY,
        WEIGHT, DONORS, ACCEPTORS, SA_SCORE,
    )
}  # fmt: skip

#: What a crystal can be asked for, in the order in which the networks take them.
CRYSTAL_CONDITIONS = ("band_gap", "formation_energy", "magnetic_moment", "e_above_hull")

#: What a molecule can be asked for, in the order in which the network takes them.
MOLECULE_CONDITIONS = ("logp", "solubility", "weight", "donors", "acceptors")
#: Of these, the ones that are counts.
WHOLE = ("donors", "acceptors")
