"""How a run goes: settings of each generator, constraints as texts, rules, budget, how a predictor is trained.

Each setting is declared once (:mod:`matgen_core.core.declaring`); the file is long because all of them stand here.
"""

from __future__ import annotations

from dataclasses import dataclass

from matgen_core.core.declaring import Setting as Setting
from matgen_core.core.declaring import check_settings as check_settings
from matgen_core.core.declaring import declared as declared
from matgen_core.core.declaring import number, other

#: What a run of molecules can count, each including those before it.
UNTIL = ("drawn", "valid", "unique", "novel", "passing")

#: Sets of molecules that the generator was trained on, by what a molecule of each is like: MOSES; QM9; the sets of
#: MoleculeNet; non-fullerene acceptors. "any" leaves the choice to the network.
DOMAINS = ("lead-like", "small", "drug-like", "conjugated", "any")


def _cap(default: int) -> int:
    """The setting ``cap`` of every kind: a run for a count generates at most so many times as many candidates."""
    return number(
        default,
        "Generate at most (× count)",
        (1, 100),
        "The run ends then, even if fewer candidates were kept than requested",
    )


_GUIDANCE = "0 samples from the conditional model as trained; larger values follow the targets more strictly"
_EASY = "1 is easy to make, 10 is hard; 10 rejects nothing"
#: Alerts that can reject a molecule. PAINS: they fool assays (Baell & Holloway 2010). BRENK: unstable, toxic or
#: unwanted in leads (Brenk 2008).
ALERTS = ("PAINS", "BRENK")
#: What can reject a molecule: the alerts, and Lipinski's rule of five (Lipinski 1997).
FILTERS = (*ALERTS, "LIPINSKI")
_FILTERS = (
    "PAINS, BRENK: structural alerts. LIPINSKI: more than one of weight above 500 g/mol, logP above 5, more than 5 "
    "donors, more than 10 acceptors"
)


@dataclass(frozen=True, slots=True)
class CrystalSettings:
    """How candidates are generated; together with target, count and seed it repeats a run."""

    #: Name in the registry of engines: "symmetry-first", "substitution", "mixed" (drafts of both), "latent-diffusion".
    engine: str = other("mixed", "Engine", "How crystals are generated")
    #: Classifier-free guidance, conditional + guidance * (conditional - unconditional).
    guidance: float = number(1.0, "Guidance", (0.0, 5.0), _GUIDANCE, 0.1)
    #: "ddpm", "ddim" or "dpm-solver".
    sampler: str = other("dpm-solver", "Sampler", "How noise is removed")
    steps: int = number(10, "Denoising steps", (1, 1000))
    drafts: int = number(
        32,
        "Skeletons per candidate",
        (1, 256),
        "A skeleton is a space group with elements on its sites, without coordinates. The critic keeps those "
        "most likely to meet the targets near the hull",
    )
    skeletons: int = number(
        2,
        "Structures generated per candidate",
        (1, 64),
        "For this many skeletons coordinates are generated. The structure with the lowest CHGNet energy becomes "
        "the candidate; more give stabler candidates and take longer",
    )
    templates: int = number(
        1,
        "Known crystals used as templates",
        (0, 10),
        "Coordinates of known crystals with the same space group and positions are tried beside diffusion; the "
        "lower energy is kept. 0: diffusion only",
    )
    relax: int = number(
        15,
        "Maximum relaxation steps",
        (0, 200),
        "CHGNet moves atoms and cell and keeps the symmetry; 0: no relaxation",
    )
    geometries: int = number(
        2,
        "Geometries tried per skeleton",
        (1, 256),
        "The one with the lowest residual of the generator is kept; more take longer",
    )
    #: The least crowded of the geometries; the others are dropped before.
    refined: int = number(1, "Geometries refined per skeleton", (1, 256))
    #: Of the softmax of discrete choices; the next one is that of the geometry's bins and noise.
    temperature: float = number(1.0, "Temperature", (0.05, 10.0), step=0.05)
    geometry_temperature: float = number(0.7, "Geometry temperature", (0.05, 10.0), step=0.05)
    refine_from: float = number(0.3, "Noise level at which refinement starts", (0.0, 1.0), step=0.05)
    #: Against the denoising residual, when the best geometry is picked.
    overlap_weight: float = number(10.0, "Weight of the overlap penalty", (0.0, 1000.0))
    prefer_stable: bool = other(
        True,
        "Prefer stable",
        "If the energy above hull has no target, generation is conditioned on the value of stable known crystals",
    )
    novel: bool = other(
        True,
        "Prefer new structure types",
        "Skeletons of known crystals (same formula, space group and positions) are used last",
    )
    engine_share: float = number(
        0.34,
        "Minimum share of each engine",
        (0.0, 0.5),
        "Where several engines draft, each delivers at least this share, as far as its structures are near the hull. "
        "0: the best, whichever engine made them",
        0.01,
    )
    #: Multiples of ``count``, which counts those without failed distances, failed constraints or duplicate; with 1
    #: exactly ``count`` are generated, kept or not.
    cap: int = _cap(4)
    judge: bool = other(
        True,
        "Check energies with a second potential",
        "CHGNet steers: it selects and relaxes candidates. SevenNet-l3i5 judges: it only checks their energies, "
        "so its value is independent; about 0.2 s per crystal",
    )


@dataclass(frozen=True, slots=True)
class MoleculeSettings:
    """How molecules are generated; together with target, count and seed it repeats a run."""

    temperature: float = number(
        1.0,
        "Temperature",
        (0.1, 2.0),
        "Below 1: more typical and less diverse; above 1: more diverse, more invalid strings",
        0.05,
    )
    top_k: int = number(0, "Top-k", (0, 100), "Only the k most likely tokens are sampled; 0: all")
    top_p: float = number(
        1.0, "Top-p", (0.05, 1.0), "Only the most likely tokens that together reach this probability are sampled", 0.05
    )
    prefix: str = other("", "Prefix (SMILES)", "Every string begins with it; it may end inside a ring or branch")
    scaffold: str = other(
        "",
        "Scaffold (SMILES)",
        "Atoms are added at an open end, or where a * is (c1ccncc1*); every molecule must contain the scaffold",
    )
    require: str = other("", "Require (SMARTS)", "Every molecule must contain it")
    forbid: str = other("", "Forbid (SMARTS)", "No molecule may contain it")
    #: "PAINS", "BRENK", "LIPINSKI".
    filters: tuple[str, ...] = other((), "Reject by", _FILTERS, FILTERS)
    max_sa: float | None = number(None, "Maximum SA score (synthetic accessibility)", (1.0, 10.0), _EASY, 0.1)
    #: What ``count`` counts: "drawn", "valid", "unique", "novel" or "passing". But for "drawn", no molecule counts that
    #: lacks what ``scaffold``, ``fragments``, ``near`` or ``require`` ask for, or holds what ``forbid`` forbids.
    until: str = other(
        "unique",
        "Count only molecules that are",
        "Each option requires the ones before it; passing: meets every target and filter",
        UNTIL,
    )
    cap: int = _cap(10)
    grammar: bool = other(
        True,
        "Valid SMILES only (grammar)",
        "A string that can no longer become a molecule is started again; off: the network without a grammar",
    )
    #: At 2 more strings meet five goals at once than at 1, and as many different ones (measured).
    guidance: float = number(2.0, "Guidance", (0.0, 5.0), _GUIDANCE, 0.1)
    #: "lead-like" (MOSES), "small" (QM9: C, N, O, F), "drug-like" (MoleculeNet's drugs and screening sets: charges,
    #: stereo, halogens, P, B, Si, Se), "conjugated" (non-fullerene acceptors), or "any" of these.
    domain: str = other(
        "lead-like",
        "Domain",
        "What the molecules are like. lead-like: neutral, 250 to 350 g/mol; small: up to 9 heavy atoms; drug-like: "
        "drugs and screening molecules, with charges and stereo; conjugated: large acceptors of organic solar cells",
        DOMAINS,
    )
    near: str = other("", "Near a molecule (SMILES)", "Molecules similar to this one are generated")
    #: Of Morgan fingerprints of radius 2, to ``near``; the molecule itself is not kept.
    similarity: float = number(
        0.4,
        "Least similarity (Tanimoto)",
        (0.1, 0.9),
        "To the molecule given: 1 is the same Morgan fingerprint; unrelated molecules have about 0.1 to 0.2",
        0.05,
    )
    replace: str = other(
        "",
        "Part of it to replace (SMILES or SMARTS)",
        "Only this part of the molecule given is generated anew; it must hang on one or two single bonds",
    )
    fragments: str = other(
        "", "Link two fragments", "Two SMILES with a dot between them and one * each, where the link begins"
    )
    generator: str = other(
        "", "Your generator", "Name of a generator that you trained or tuned; empty: the included one"
    )
    admet: bool = other(
        False,
        "ADMET predictions",
        "41 endpoints of absorption, distribution, metabolism, excretion and toxicity for every molecule, by the "
        "optional package admet-ai",
    )


@dataclass(frozen=True, slots=True)
class CompositionSettings:
    """How compositions are generated; together with target, count and seed it repeats a run."""

    #: A little above 1 is the usual: cooler, MatGPT goes on for longer, and long formulas balance charges less often.
    temperature: float = number(
        1.1,
        "Temperature",
        (0.1, 2.0),
        "Below 1: more typical and less diverse; above 1: more diverse, more implausible formulas",
        0.05,
    )
    top_k: int = number(0, "Top-k", (0, 100), "Only the k most likely elements are sampled; 0: all")
    prompt: str = other("", "Begin with", "Every formula begins with these atoms; the model continues from there")
    neutral: bool = other(
        True,
        "Charge-neutral only",
        "Neutral with common oxidation states; one element may have two. Intermetallics are left out.",
    )
    new: bool = other(False, "New formulas only", "Only formulas that are not in the reference of known formulas")
    #: Multiples of ``count``, which counts different formulas within the constraints, neutral and new where asked for.
    cap: int = _cap(20)


@dataclass(frozen=True, slots=True)
class ConstraintTexts:
    """Constraints as they are written in options of commands; :mod:`matgen_core.cli.options` reads them.

    Toxic, radioactive, rare and scarce elements that are asked for by name are allowed in any case.
    """

    include: str = other("", "Elements that must be there", "Fe,O")
    exclude: str = other("", "Elements that must not be there", "Pb,Cd")
    system: str = other("", "Exactly these elements", "Li-Fe-O")
    formula: str = other("", "Formula", "one formula, Fe3O4 (crystals only), or a type of formula: ABX3, ABO3")
    min_atoms: int = other(1, "Fewest atoms", "in the primitive cell, or in the reduced formula of a composition")
    max_atoms: int = other(20, "Most atoms", "likewise")
    crystal_system: str = other("any", "Crystal system", "cubic, hexagonal, …")
    subsets: bool = other(
        False,
        "Subsets of the chemical system, too",
        "Some of its elements are enough: within Li-P-S-Cl lies Li3PS4",
    )
    space_group: str = other("", "Space group", "Number or symbol, several with commas: Pm-3m, 225")
    oxidation: str = other(
        "",
        "Oxidation states",
        "Fe3+, Mn4+: the element must be there, with this state only; it is checked by charge balance",
    )
    dimensionality: str = other(
        "any",
        "Dimensionality",
        "Of the bonded network: 0 molecules, 1 chains, 2 layers, 3 network. It is checked once a candidate has "
        "coordinates",
        ("any", "0", "1", "2", "3"),
    )
    structure_type: str = other(
        "any",
        "Structure type",
        "Named prototype: spinel, rutile, B1, ThCr2Si2, … Space group and positions are those of the prototype, the "
        "elements are free",
    )
    toxic: bool = other(True, "Allow toxic elements", "without, Pb, Cd, Hg, As, Be and Tl are left out")
    radioactive: bool = other(
        True, "Allow radioactive elements", "without, elements without a stable isotope are left out"
    )
    rare_earths: bool = other(True, "Allow rare earths", "without, Sc, Y and the lanthanides are left out")
    scarce: bool = other(
        True,
        "Allow scarce elements",
        "without, elements with less than 1 mg per kg of Earth's crust are left out (In, Te, Ag, Pt, …)",
    )


@dataclass(frozen=True, slots=True)
class Budget:
    """When a run ends at the latest."""

    want: int = number(10, "Candidates wanted", (1, 1000), "The run ends when this many candidates pass every filter")
    #: Of wall-clock time, asked within a batch, too; only the first, small batch (one crystal) is finished whatever it
    #: takes, so that a slow machine finds something.
    seconds: float = number(120.0, "Time limit (s)", (1, 86_400))
    draws: int = number(2000, "Generate at most", (1, 20_000))


@dataclass(frozen=True, slots=True)
class Rules:
    """What a candidate must pass beyond its goals."""

    max_e_above_hull: float = number(0.1, "Maximum energy above hull (eV/atom)", (0.0, 1.0), step=0.01)
    toxic: bool = other(
        False, "Allow toxic elements", "If off, candidates with Pb, Cd, Hg, As, Be or Tl are not generated"
    )
    radioactive: bool = other(
        False,
        "Allow radioactive elements",
        "If off, candidates with an element without a stable isotope are not generated",
    )
    known: bool = other(False, "Include known materials")
    max_sa: float = number(4.5, "Maximum SA score (synthetic accessibility)", (1.0, 10.0), _EASY, 0.1)
    filters: tuple[str, ...] = other(ALERTS, "Reject by", _FILTERS, FILTERS)
    solid_state: bool = other(
        False,
        "Require solid-state synthesis in air",
        "Strict rules for oxides (matsyngate): oxidation states stable in air, volatility, precursors; "
        "solid-state reaction of powders in a box furnace. Optional package: pip install matsyngate",
    )
    shallow: bool = other(
        False,
        "Allow few known phases",
        "If too few phases of its elements are known, the energy above hull may be underestimated",
    )
    judge: bool = other(
        True,
        "Check energies with a second potential",
        "CHGNet steers: it selects and relaxes candidates. SevenNet-l3i5 judges: it only checks their energies, "
        "so its value is independent; about 0.2 s per crystal",
    )


@dataclass(frozen=True)
class FinetuneConfig:
    """How a predictor is trained."""

    strategy: str = other("lora", "Strategy", "How much of the backbone is trained", ("full", "adapter", "lora"))
    epochs: int = number(30, "Epochs", (1, 1000), "Passes over the training rows")
    batch: int = number(64, "Rows per step", (1, 4096))
    size: int = number(32, "Adapter's bottleneck", (1, 1024))
    rank: int = number(8, "Rank of LoRA", (1, 256))
    held: float = number(0.2, "Share withheld", (0.01, 0.9), "Rows on which the error is measured", 0.01)
    seed: int = number(0, "Seed", (0, 2**31 - 1), "Of split, head and order")
    learning_rate: float | None = number(
        None, "Peak learning rate", (1e-6, 1.0), "Left out: the usual one of the strategy"
    )
    pretrained: bool = other(True, "Pretrained", "Without, the backbone begins from random weights")
    taught: bool = other(True, "Taught properties", "Without, the backbone learnt from formulas alone")


@dataclass(frozen=True, slots=True)
class TuneSettings:
    """How a copy of a generator is tuned towards a score."""

    batch: int = number(128, "Strings per step", (8, 1024))
    steps: int = number(60, "Maximum steps", (1, 2000))
    seconds: float = number(300.0, "Time limit (s)", (1, 86_400))
    #: KL divergence; the score is weighed against likelihood by the same number.
    distance: float = number(
        20.0,
        "Maximum distance from the included generator (nats)",
        (1.0, 200.0),
        "Mean logarithm of how much likelier a material is by the copy than by the included generator; larger "
        "values reach further from known materials",
    )
    bucket: int = number(
        25,
        "Rewarded candidates per scaffold or set of elements",
        (1, 1000),
        "Further ones are not rewarded, so that the copy stays diverse",
    )
    patience: int = number(
        15, "Steps without a gain", (1, 1000), "The tuning ends after so many steps without a higher score"
    )
    learning_rate: float = number(1e-3, "Learning rate", (1e-6, 0.1))
    #: Of molecules and compositions.
    rows: int = number(
        50,
        "Best rows of the table to learn from",
        (0, 100),
        "Rows of your table that meet the target best; the copy learns from them, too, and stays nearer to what "
        "was measured",
    )
    replayed: int = number(24, "Best candidates learnt again per step", (0, 512))
    #: Of molecules alone.
    crossed: int = number(
        0,
        "Children of the best per step",
        (0, 1024),
        "Molecules made of pieces of two of the best are scored, too; the copy learns from the good ones",
    )
    seed: int = number(0, "Seed", (0, 2**31 - 1), "The same seed and settings tune the same copy")
