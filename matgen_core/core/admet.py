"""The endpoints that the optional package ``admet-ai`` predicts of a molecule: absorption, distribution, and so on.

One line an endpoint; its record as a property, its controls, options, columns and files are made from it. Of a class
the prediction is a probability. Rows and errors are those that the package states in its table ``admet.csv``; a slider
reaches about from the 1st to the 99th percentile of its predictions of 2,845 approved drugs, within what is possible.
References: Swanson et al., Bioinformatics 40, btae416 (2024); data sets of the Therapeutics Data Commons, Huang et al.
(2021).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from matgen_core.core.messages import Message, Text

#: Group of these properties, before each of their keys.
GROUP, PREFIX = "ADMET", "admet_"
#: How the package is installed: by the app's own pip, since another one would install it elsewhere.
INSTALL = ".venv/bin/pip install admet-ai==2.0.1"
LOW, HIGH, OPEN = "low", "high", ""
_PROBABILITY = 0.1


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint.

    Args:
        name: as the package calls it.
        key: of the property, without PREFIX.
        label: for a reader.
        short: where there is little room.
        part: of ADMET.
        wish: what is usually wanted: LOW, HIGH, or OPEN where it depends on the purpose.
        source: data set of the Therapeutics Data Commons, with its authors where the package names them.
        rows: molecules in it.
        auroc: of withheld rows, of a class.
        error: mean absolute error on withheld rows, of a number.
        explained: R² of them; below 0 the mean of the rows is the better guess.
        unit: of a number.
        low: lower end of the slider.
        high: upper end.
        least: that is possible; what is predicted below is no value.
        most: that is possible.
    """

    name: str
    key: str
    label: str
    short: str
    part: str
    wish: str
    source: str
    rows: int
    auroc: float | None = None
    error: float | None = None
    explained: float | None = None
    unit: str = ""
    low: float = 0.0
    high: float = 1.0
    least: float = -math.inf
    most: float = math.inf

    @property
    def is_probability(self) -> bool:
        """Whether it is the probability of a class."""
        return self.auroc is not None

    @property
    def tolerance(self) -> float:
        """The stated error; a tenth of a probability."""
        return _PROBABILITY if self.error is None else round(self.error, 2)

    @property
    def step(self) -> float:
        """Of its slider."""
        return 0.05 if self.is_probability else 1.0 if self.high - self.low > 50 else 0.1

    @property
    def start_range(self) -> tuple[float, float]:
        """The wanted third of a probability or half of a range; the middle third where the wish is open."""
        share = (self.high - self.low) / (3 if self.is_probability or self.wish == OPEN else 2)
        part = round(share / self.step) * self.step
        ends = {LOW: (self.low, self.low + part), HIGH: (self.high - part, self.high)}
        low, high = ends.get(self.wish, (self.low + part, self.high - part))
        return round(low, 2), round(high, 2)

    @property
    def note(self) -> Text:
        """What a reader must know of the number: what it was trained on, how well, and what is wanted."""
        if self.auroc is not None:
            what = Message("probability")
            stated = Message("AUROC {auroc:.2f}", auroc=self.auroc)
        else:
            what = Message("value")
            numbers = {"error": self.error, "explained": self.explained}
            stated = Message("mean absolute error {error:.3g}, R² {explained:.2f}", **numbers)
        parts: dict[str, Text | int] = {"what": what, "rows": self.rows, "source": self.source, "stated": stated}
        if self.explained is not None and self.explained < 0:
            return Message(
                "{what} by admet-ai, trained on {rows:,} molecules ({source}); it states {stated}: worse than guessing "
                "the mean, so use it with care. A target only filters and ranks candidates",
                **parts,
            )
        return Message(
            "{what} by admet-ai, trained on {rows:,} molecules ({source}); it states {stated}. A target only filters "
            "and ranks candidates",
            **parts,
        )


_A, _D, _M, _E, _T = "Absorption", "Distribution", "Metabolism", "Excretion", "Toxicity"
PARTS = (_A, _D, _M, _E, _T)
#: The most used come first; they are shown first.
ENDPOINTS = (
    Endpoint("hERG", "herg", "hERG blocking", "hERG", _T, LOW, "hERG blockers", 648, 0.839),
    Endpoint("AMES", "ames", "Mutagenicity (Ames test)", "Ames", _T, LOW, "AMES", 7255, 0.882),
    Endpoint(
        "Solubility_AqSolDB",
        "solubility",
        "Aqueous solubility by admet-ai",
        "log S (ADMET)",
        _A,
        HIGH,
        "AqSolDB",
        9980,
        error=0.692,
        explained=0.817,
        unit="log mol/L",
        low=-7.0,
        high=1.0,
    ),
    Endpoint(
        "Caco2_Wang",
        "caco2",
        "Caco-2 permeability",
        "Caco-2",
        _A,
        HIGH,
        "Wang et al.",
        906,
        error=0.311,
        explained=0.707,
        unit="log cm/s",
        low=-10.0,
        high=-3.5,
    ),
    Endpoint("BBB_Martins", "bbb", "Blood-brain barrier penetration", "BBB", _D, OPEN, "Martins et al.", 1975, 0.900),
    Endpoint("CYP3A4_Veith", "cyp3a4", "CYP3A4 inhibition", "CYP3A4 inh.", _M, LOW, "Veith et al.", 12328, 0.912),
    Endpoint(
        "Half_Life_Obach",
        "half_life",
        "Half life",
        "Half life",
        _E,
        OPEN,
        "Obach et al.",
        665,
        error=31.847,
        explained=-2.386,
        unit="h",
        low=0.0,
        high=200.0,
        least=0.0,
    ),
    Endpoint(
        "Bioavailability_Ma", "bioavailability", "Oral bioavailability", "Bioavail.", _A, HIGH, "Ma et al.", 640, 0.716
    ),
    Endpoint("DILI", "dili", "Drug-induced liver injury", "DILI", _T, LOW, "DILI", 475, 0.881),
    Endpoint(
        "LD50_Zhu",
        "ld50",
        "Acute toxicity, LD50 (rat)",
        "LD50",
        _T,
        LOW,
        "Zhu et al.",
        7342,
        error=0.452,
        explained=0.596,
        unit="log kg/mol",
        low=1.0,
        high=4.5,
    ),
    Endpoint("HIA_Hou", "hia", "Human intestinal absorption", "HIA", _A, HIGH, "Hou et al.", 578, 0.994),
    Endpoint("PAMPA_NCATS", "pampa", "PAMPA permeability", "PAMPA", _A, HIGH, "NCATS", 2034, 0.786),
    Endpoint(
        "Pgp_Broccatelli", "pgp", "P-glycoprotein inhibition", "P-gp inh.", _A, LOW, "Broccatelli et al.", 1212, 0.947
    ),
    Endpoint(
        "Lipophilicity_AstraZeneca",
        "lipophilicity",
        "Lipophilicity (log D)",
        "log D",
        _A,
        OPEN,
        "AstraZeneca",
        4200,
        error=0.407,
        explained=0.771,
        low=-4.5,
        high=5.0,
    ),
    Endpoint(
        "HydrationFreeEnergy_FreeSolv",
        "hydration",
        "Hydration free energy",
        "ΔG hydr.",
        _A,
        OPEN,
        "FreeSolv",
        642,
        error=0.783,
        explained=0.888,
        unit="kcal/mol",
        low=-66.0,
        high=0.0,
    ),
    Endpoint(
        "PPBR_AZ",
        "ppbr",
        "Plasma protein binding",
        "PPB",
        _D,
        OPEN,
        "AstraZeneca",
        1614,
        error=6.852,
        explained=0.589,
        unit="%",
        low=0.0,
        high=100.0,
        least=0.0,
        most=100.0,
    ),
    Endpoint(
        "VDss_Lombardo",
        "vdss",
        "Volume of distribution",
        "VDss",
        _D,
        OPEN,
        "Lombardo et al.",
        1111,
        error=5.039,
        explained=-1.211,
        unit="L/kg",
        low=0.0,
        high=22.0,
        least=0.0,
    ),
    Endpoint(
        "Clearance_Hepatocyte_AZ",
        "clearance_hepatocyte",
        "Clearance by hepatocytes",
        "CL hep.",
        _E,
        OPEN,
        "AstraZeneca",
        1020,
        error=32.726,
        explained=0.264,
        unit="µL/min/10⁶ cells",
        low=0.0,
        high=175.0,
        least=0.0,
    ),
    Endpoint(
        "Clearance_Microsome_AZ",
        "clearance_microsome",
        "Clearance by microsomes",
        "CL mic.",
        _E,
        OPEN,
        "AstraZeneca",
        1102,
        error=26.738,
        explained=0.277,
        unit="µL/min/mg",
        low=0.0,
        high=200.0,
        least=0.0,
    ),
    Endpoint("CYP1A2_Veith", "cyp1a2", "CYP1A2 inhibition", "CYP1A2 inh.", _M, LOW, "Veith et al.", 12579, 0.941),
    Endpoint("CYP2C19_Veith", "cyp2c19", "CYP2C19 inhibition", "CYP2C19 inh.", _M, LOW, "Veith et al.", 12665, 0.906),
    Endpoint("CYP2C9_Veith", "cyp2c9", "CYP2C9 inhibition", "CYP2C9 inh.", _M, LOW, "Veith et al.", 12092, 0.908),
    Endpoint("CYP2D6_Veith", "cyp2d6", "CYP2D6 inhibition", "CYP2D6 inh.", _M, LOW, "Veith et al.", 13130, 0.886),
    Endpoint(
        "CYP2C9_Substrate_CarbonMangels",
        "cyp2c9_substrate",
        "CYP2C9 substrate",
        "CYP2C9 sub.",
        _M,
        OPEN,
        "Carbon-Mangels et al.",
        666,
        0.628,
    ),
    Endpoint(
        "CYP2D6_Substrate_CarbonMangels",
        "cyp2d6_substrate",
        "CYP2D6 substrate",
        "CYP2D6 sub.",
        _M,
        OPEN,
        "Carbon-Mangels et al.",
        664,
        0.820,
    ),
    Endpoint(
        "CYP3A4_Substrate_CarbonMangels",
        "cyp3a4_substrate",
        "CYP3A4 substrate",
        "CYP3A4 sub.",
        _M,
        OPEN,
        "Carbon-Mangels et al.",
        667,
        0.705,
    ),
    Endpoint("ClinTox", "clintox", "Toxicity in clinical trials", "ClinTox", _T, LOW, "ClinTox", 1459, 0.928),
    Endpoint(
        "Carcinogens_Lagunin",
        "carcinogenicity",
        "Carcinogenicity (rodents)",
        "Carcinog.",
        _T,
        LOW,
        "Lagunin et al.",
        278,
        0.772,
    ),
    Endpoint("Skin_Reaction", "skin", "Skin reaction (mouse)", "Skin", _T, LOW, "Skin reaction", 404, 0.718),
    Endpoint("NR-AR", "nr_ar", "Androgen receptor", "NR-AR", _T, LOW, "Tox21", 7258, 0.779),
    Endpoint("NR-AR-LBD", "nr_ar_lbd", "Androgen receptor, binding domain", "NR-AR-LBD", _T, LOW, "Tox21", 6751, 0.883),
    Endpoint("NR-AhR", "nr_ahr", "Aryl hydrocarbon receptor", "NR-AhR", _T, LOW, "Tox21", 6542, 0.904),
    Endpoint("NR-Aromatase", "nr_aromatase", "Aromatase", "NR-Aromatase", _T, LOW, "Tox21", 5815, 0.906),
    Endpoint("NR-ER", "nr_er", "Estrogen receptor", "NR-ER", _T, LOW, "Tox21", 6186, 0.749),
    Endpoint("NR-ER-LBD", "nr_er_lbd", "Estrogen receptor, binding domain", "NR-ER-LBD", _T, LOW, "Tox21", 6948, 0.826),
    Endpoint("NR-PPAR-gamma", "nr_ppar_gamma", "PPAR-γ receptor", "NR-PPAR-γ", _T, LOW, "Tox21", 6443, 0.916),
    Endpoint("SR-ARE", "sr_are", "Antioxidant response (ARE)", "SR-ARE", _T, LOW, "Tox21", 5825, 0.838),
    Endpoint("SR-ATAD5", "sr_atad5", "DNA damage (ATAD5)", "SR-ATAD5", _T, LOW, "Tox21", 7065, 0.879),
    Endpoint("SR-HSE", "sr_hse", "Heat shock response (HSE)", "SR-HSE", _T, LOW, "Tox21", 6460, 0.843),
    Endpoint("SR-MMP", "sr_mmp", "Mitochondrial membrane potential", "SR-MMP", _T, LOW, "Tox21", 5804, 0.925),
    Endpoint("SR-p53", "sr_p53", "DNA damage (p53)", "SR-p53", _T, LOW, "Tox21", 6767, 0.880),
)
#: By the key of the property.
BY_KEY = {PREFIX + endpoint.key: endpoint for endpoint in ENDPOINTS}
KEYS = tuple(BY_KEY)
#: Shown first.
MOST_USED = KEYS[:10]
