"""One record a quantity: its names, its unit, its range, where its controls start, and who predicts it.

Controls, options of commands, links, tables and figures are built from these records; CONTRIBUTING.md says how one is
added. The file is long because the records are one table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from matgen_core.core import admet
from matgen_core.core.messages import Text


@dataclass(frozen=True, slots=True)
class Property:
    """A quantity that can be asked for or predicted.

    Args:
        key: its name in code, tables and files.
        label: its name for a reader.
        unit: its unit for a reader.
        low: lower end of what the training rows cover (sliders begin here).
        high: upper end of what the training rows cover.
        tolerance: a prediction this close to a value counts as having met it.
        note: what a reader must know about the number.
        short: its name where there is little room, as above a column.
        step: of its slider.
        start: value at which its control starts.
        start_range: range at which its control starts.
        decimals: digits behind the point in tables.
        whole: whether it is a count.
        low_is_better: whether screening usually looks for small values.
        asked_of: kinds of material that can be asked for it.
        predicted_by: name of its predictor by kind of material.
        learnt: whether training rows have a column for it, so that networks can be conditioned on it.
        column: whether tables of predictions have a column for it.
        aliases: headers of users' tables that mean it, in small letters without blanks and signs.
        units: other units that users write, and how many of its unit each is; beside those of
            :data:`matgen_core.files.units.UNITS`.
        group: what stands apart on pages and in the help of commands, as "ADMET"; empty for the others.
    """

    key: str
    label: str
    unit: str
    low: float
    high: float
    tolerance: float
    note: Text = ""
    short: str = ""
    step: float = 0.1
    start: float = 0.0
    start_range: tuple[float, float] = (0.0, 1.0)
    decimals: int = 2
    whole: bool = False
    low_is_better: bool = False
    asked_of: tuple[str, ...] = ()
    predicted_by: Mapping[str, str] = field(default_factory=dict)
    learnt: bool = True
    column: bool = True
    aliases: tuple[str, ...] = ()
    units: Mapping[str, float] = field(default_factory=dict)
    group: str = ""

    @property
    def range(self) -> tuple[float, float]:
        """What the training rows cover, from end to end."""
        return self.low, self.high


_EXPERIMENT = tuple(
    (
        "experimentalgap experimentalbandgap measuredbandgap gapexpt exptgap bandgapexpt bandgapexperimental "
        "bandgapexp expbandgap exptbandgap gapexp egexp egexpt"
    ).split()
)
_ENTHALPY = tuple(
    (
        "formationenergyperatom formationenergymp2020 eform ef hform deltahf δhf dhf hf enthalpyofformation "
        "formationenthalpy energyofformation"
    ).split()
)

_RECORDS = (
    Property(
        key="band_gap",
        label="Band gap",
        short="Gap",
        unit="eV",
        low=0.0,
        high=8.0,
        step=0.1,
        start=2.0,
        start_range=(1.0, 3.0),
        tolerance=0.5,
        note="PBE, which underestimates experimental gaps",
        asked_of=("crystals", "compositions"),
        predicted_by={"crystals": "crystal-gap", "compositions": "matbert"},
        aliases=("gap", "eg", "egap", "energygap", "bandgapenergy", "bandgappbe", "pbebandgap", "dftbandgap"),
    ),
    Property(
        key="measured_gap",
        label="Experimental gap (predicted)",
        short="Exp. gap",
        unit="eV",
        low=0.0,
        high=8.0,
        step=0.1,
        start=2.0,
        start_range=(1.0, 3.0),
        tolerance=0.5,
        note="predicted by a model trained on measured gaps",
        predicted_by={"compositions": "measured-gap"},
        aliases=_EXPERIMENT,
    ),
    Property(
        key="formation_energy",
        label="Formation energy",
        short="E form.",
        unit="eV/atom",
        low=-4.0,
        high=1.0,
        step=0.05,
        start=-1.0,
        start_range=(-2.0, -0.5),
        tolerance=0.25,
        note="relative to the elements, with MP2020 corrections",
        low_is_better=True,
        asked_of=("crystals", "compositions"),
        predicted_by={"crystals": "chgnet", "compositions": "matbert"},
        aliases=_ENTHALPY,
    ),
    Property(
        key="magnetic_moment",
        label="Mean |site moment|",
        short="Mean |m|",
        unit="µB/atom",
        low=0.0,
        high=3.0,
        step=0.05,
        start=1.0,
        start_range=(0.5, 3.0),
        tolerance=0.25,
        note="mean |site moment|, not the net moment: an antiferromagnet counts as magnetic; non-magnetic means "
        "every site below 0.2 µB",
        asked_of=("crystals", "compositions"),
        predicted_by={"crystals": "chgnet", "compositions": "matbert"},
        aliases=("magmomperatom", "momentperatom", "magneticmomentperatom"),
    ),
    Property(
        key="e_above_hull",
        label="Energy above hull",
        short="E hull",
        unit="eV/atom",
        low=0.0,
        high=0.5,
        step=0.01,
        start=0.0,
        start_range=(0.0, 0.1),
        tolerance=0.1,
        note="relative to the known phases in the included reference",
        low_is_better=True,
        asked_of=("crystals",),
        predicted_by={"crystals": "chgnet", "compositions": "matbert"},
        aliases=("energyabovehull", "abovehull", "ehull", "eabovehullperatom", "hulldistance"),
    ),
    Property(
        key="density",
        label="Density",
        short="Density",
        unit="g/cm³",
        low=0.0,
        high=24.0,
        step=0.1,
        start=5.0,
        start_range=(4.0, 7.0),
        tolerance=0.3,
        note="computed from the cell; generation is not conditioned on it, so a target only filters and ranks "
        "candidates",
        asked_of=("crystals",),
        predicted_by={"crystals": "cell"},
        learnt=False,
        aliases=("rho", "massdensity", "densitygcm3"),
        units={"g/cm3": 1.0, "g/cm^3": 1.0, "g/cc": 1.0, "g cm-3": 1.0, "kg/m3": 1e-3, "kg/m³": 1e-3},
    ),
    Property(
        key="max_site_moment",
        label="Largest site moment",
        short="Max |m|",
        unit="µB",
        low=0.0,
        high=8.0,
        tolerance=0.2,
        note="non-magnetic means below 0.2 µB",
        predicted_by={"crystals": "chgnet"},
        column=False,
        aliases=("largestsitemoment", "maximumsitemoment"),
    ),
    Property(
        key="logp",
        label="logP",
        short="logP",
        unit="",
        low=-3.0,
        high=9.0,
        step=0.1,
        start=2.0,
        start_range=(1.0, 3.0),
        tolerance=0.5,
        note="Crippen's estimate of the octanol-water coefficient, by RDKit",
        asked_of=("molecules",),
        predicted_by={"molecules": "rdkit"},
        aliases=("clogp", "logpow", "logkow"),
    ),
    Property(
        key="solubility",
        label="log S, estimated",
        short="log S (est.)",
        unit="log mol/L",
        low=-10.0,
        high=1.0,
        step=0.1,
        start=-3.0,
        start_range=(-4.0, -2.0),
        tolerance=0.5,
        note="estimated: ESOL (Delaney 2004) from logP, weight, rotatable bonds and aromatic share; not measured",
        asked_of=("molecules",),
        predicted_by={"molecules": "rdkit"},
        aliases=("logs", "logsolubility", "esol"),
    ),
    Property(
        key="weight",
        label="Molecular weight",
        short="MW",
        unit="g/mol",
        low=50.0,
        high=700.0,
        step=1.0,
        start=310.0,
        start_range=(300.0, 340.0),
        tolerance=10.0,
        note="from average atomic masses, by RDKit",
        decimals=1,
        asked_of=("molecules",),
        predicted_by={"molecules": "rdkit"},
        aliases=("molecularweight", "molweight", "mw", "molwt", "molarmass"),
    ),
    Property(
        key="donors",
        label="H-bond donors",
        short="HBD",
        unit="",
        low=0.0,
        high=8.0,
        step=1.0,
        start=1.0,
        start_range=(0.0, 1.0),
        tolerance=0.0,
        note="RDKit's Lipinski count; a target is met only exactly",
        decimals=0,
        whole=True,
        asked_of=("molecules",),
        predicted_by={"molecules": "rdkit"},
        aliases=("hbonddonors", "hbd", "hdonors"),
    ),
    Property(
        key="acceptors",
        label="H-bond acceptors",
        short="HBA",
        unit="",
        low=0.0,
        high=15.0,
        step=1.0,
        start=4.0,
        start_range=(3.0, 5.0),
        tolerance=0.0,
        note="RDKit's Lipinski count; a target is met only exactly",
        decimals=0,
        whole=True,
        asked_of=("molecules",),
        predicted_by={"molecules": "rdkit"},
        aliases=("hbondacceptors", "hba", "hacceptors"),
    ),
    Property(
        key="sa_score",
        label="Synthetic accessibility",
        short="SA",
        unit="",
        low=1.0,
        high=6.0,
        tolerance=0.5,
        note="1 (easy) to 10 (hard), Ertl and Schuffenhauer 2009",
        low_is_better=True,
        predicted_by={"molecules": "rdkit"},
        aliases=("sa", "syntheticaccessibility"),
    ),
    Property(
        key="tpsa",
        label="Polar surface area",
        short="TPSA",
        unit="Å²",
        low=0.0,
        high=200.0,
        step=1.0,
        start=75.0,
        start_range=(40.0, 90.0),
        tolerance=10.0,
        note="topological (Ertl 2000), by RDKit; a target only filters and ranks candidates",
        decimals=1,
        asked_of=("molecules",),
        predicted_by={"molecules": "rdkit"},
        learnt=False,
        aliases=("polarsurfacearea", "psa"),
    ),
    Property(
        key="rotatable",
        label="Rotatable bonds",
        short="Rot.",
        unit="",
        low=0.0,
        high=15.0,
        step=1.0,
        start=4.0,
        start_range=(0.0, 5.0),
        tolerance=0.0,
        note="RDKit's count; a target is met only exactly, and only filters and ranks candidates",
        decimals=0,
        whole=True,
        asked_of=("molecules",),
        predicted_by={"molecules": "rdkit"},
        learnt=False,
        aliases=("rotatablebonds", "nrotb", "numrotatablebonds"),
    ),
    Property(
        key="qed",
        label="Drug-likeness (QED)",
        short="QED",
        unit="",
        low=0.0,
        high=1.0,
        step=0.05,
        start=0.8,
        start_range=(0.6, 1.0),
        tolerance=0.1,
        note="0 to 1, larger is more like oral drugs (Bickerton 2012), by RDKit; a target only filters and ranks "
        "candidates",
        asked_of=("molecules",),
        predicted_by={"molecules": "rdkit"},
        learnt=False,
        column=False,
        aliases=("druglikeness",),
    ),
    Property(
        key="start_similarity",
        label="Similarity to the molecule given",
        short="Tanimoto",
        unit="",
        low=0.0,
        high=1.0,
        tolerance=0.05,
        note="Tanimoto similarity of Morgan fingerprints (radius 2); 1 is the same fingerprint",
        predicted_by={"molecules": "rdkit"},
        column=False,
    ),
)


def _of_endpoint(key: str, endpoint: admet.Endpoint) -> Property:
    """An endpoint of ``admet-ai``: it filters and ranks, and no table has a column for it unless it is asked for."""
    low, high = endpoint.start_range
    return Property(
        key=key,
        label=endpoint.label,
        short=endpoint.short,
        unit=endpoint.unit,
        low=endpoint.low,
        high=endpoint.high,
        step=endpoint.step,
        start={admet.LOW: low, admet.HIGH: high}.get(endpoint.wish, round((low + high) / 2, 2)),
        start_range=(low, high),
        tolerance=endpoint.tolerance,
        note=endpoint.note,
        low_is_better=endpoint.wish == admet.LOW,
        asked_of=("molecules",),
        predicted_by={"molecules": "admet-ai"},
        learnt=False,
        column=False,
        group=admet.GROUP,
    )


_ENDPOINTS = tuple(_of_endpoint(key, endpoint) for key, endpoint in admet.BY_KEY.items())
PROPERTIES = {record.key: record for record in (*_RECORDS, *_ENDPOINTS)}


def keys_like(key: str) -> tuple[str, ...]:
    """Keys that a mistyped one may have meant; those of all properties but the endpoints where none is like it.

    >>> keys_like("LogP "), keys_like("bandgap")
    (('logp',), ('band_gap',))
    """
    near = get_close_matches(re.sub(r"\W+", "_", key.strip().lower()), PROPERTIES, 3, 0.75)
    return tuple(near) or tuple(record.key for record in _RECORDS)


#: Units in which a reader may have properties shown, by their own unit: how many of them are one of it.
SHOWN_UNITS: Mapping[str, Mapping[str, float]] = {
    "eV/atom": {"kJ/mol atoms": 96.485332, "meV/atom": 1000.0},
    "g/cm³": {"kg/m³": 1000.0},
}


def asked_of(kind: str) -> tuple[str, ...]:
    """Keys of the properties that materials of a kind can be asked for.

    >>> asked_of("compositions")
    ('band_gap', 'formation_energy', 'magnetic_moment')
    """
    return tuple(record.key for record in PROPERTIES.values() if kind in record.asked_of)


def predicted_of(kind: str, predictor: str | None = None) -> tuple[str, ...]:
    """Keys of the properties that are predicted of a kind, by any predictor or by one.

    >>> predicted_of("crystals", "crystal-gap")
    ('band_gap',)
    """
    records = PROPERTIES.values()
    return tuple(record.key for record in records if (by := record.predicted_by.get(kind)) and predictor in (None, by))


def columns_of(kind: str) -> tuple[str, ...]:
    """Keys of the properties for which tables of a kind have a column."""
    return tuple(key for key in predicted_of(kind) if PROPERTIES[key].column)


def conditions_of(kind: str) -> tuple[str, ...]:
    """Keys of the properties that condition new networks of a kind; a trained one names its own in its checkpoint.

    >>> conditions_of("compositions")
    ('band_gap', 'formation_energy', 'magnetic_moment')
    """
    return tuple(key for key in asked_of(kind) if PROPERTIES[key].learnt)


CRYSTAL_CONDITIONS, MOLECULE_CONDITIONS = conditions_of("crystals"), conditions_of("molecules")
#: Counts.
WHOLE = tuple(record.key for record in PROPERTIES.values() if record.whole)
