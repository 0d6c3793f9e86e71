"""Goals of GuacaMol that RDKit alone can compute, as plain records, each a score from 0 to 1.

    score(m) = mean over k of shape_k(descriptor_k(m))

The mean is geometric, but for the two hops, where it is arithmetic. Similarities are Tanimoto's, of fingerprints with
counts: ECFP4 and ECFP6 (Morgan, radius 2 and 3), FCFP4 (the same of pharmacophore features), AP (atom pairs up to ten
bonds apart), PHCO (Gobbi's pharmacophores in two dimensions).
References: Brown et al. (2019), GuacaMol, table 3; with the thresholds of Gao et al. (2022), PMO.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from rdkit import Chem, DataStructs
from rdkit.Chem import QED, Crippen, Descriptors, rdFingerprintGenerator, rdMolDescriptors
from rdkit.Chem.GraphDescriptors import BertzCT

Descriptor = Callable[[Chem.Mol], float]
Shape = Callable[[float], float]


# ---------------------------------------------------------------------------------------------------------- shapes


@dataclass(frozen=True, slots=True)
class Clipped:
    """Grows in proportion up to 1.

    >>> Clipped(0.8)(0.4), Clipped(0.8)(0.9)
    (0.5, 1.0)

    Args:
        full: value from which the score is 1.
    """

    full: float

    def __call__(self, value: float) -> float:
        """The score of a value."""
        return min(1.0, value / self.full)


@dataclass(frozen=True, slots=True)
class Gaussian:
    """exp(-(x - centre)² / 2 width²).

    >>> Gaussian(2.0, 1.0)(2.0), Gaussian(4.0, 1.0, full="below")(1.0)
    (1.0, 1.0)

    Args:
        centre: value with the score 1.
        width: standard deviation.
        full: side of the centre on which the score is 1 as well: "below", "above", or "" for neither.
    """

    centre: float
    width: float
    full: str = ""

    def __call__(self, value: float) -> float:
        """The score of a value."""
        if (self.full == "below" and value <= self.centre) or (self.full == "above" and value >= self.centre):
            return 1.0
        return math.exp(-0.5 * ((value - self.centre) / self.width) ** 2)


def as_it_is(value: float) -> float:
    """The shape of a descriptor that is a score already."""
    return value


# ----------------------------------------------------------------------------------------------------- descriptors


@cache
def _generator(prints: str) -> Any:
    features = rdFingerprintGenerator.GetMorganFeatureAtomInvGen()
    return {
        "ECFP4": lambda: rdFingerprintGenerator.GetMorganGenerator(radius=2),
        "ECFP6": lambda: rdFingerprintGenerator.GetMorganGenerator(radius=3),
        "FCFP4": lambda: rdFingerprintGenerator.GetMorganGenerator(radius=2, atomInvariantsGenerator=features),
        "AP": lambda: rdFingerprintGenerator.GetAtomPairGenerator(maxDistance=10),
    }[prints]()


def _fingerprint(molecule: Chem.Mol, prints: str) -> Any:
    if prints != "PHCO":
        return _generator(prints).GetSparseCountFingerprint(molecule)
    from rdkit.Chem.Pharm2D import Generate, Gobbi_Pharm2D

    return Generate.Gen2DFingerprint(molecule, Gobbi_Pharm2D.factory)  # type: ignore[no-untyped-call]


@cache
def _fingerprint_of(smiles: str, prints: str) -> Any:
    return _fingerprint(Chem.MolFromSmiles(smiles), prints)


@dataclass(frozen=True, slots=True)
class Similarity:
    """Tanimoto similarity to a molecule.

    Args:
        smiles: of it.
        prints: "ECFP4", "ECFP6", "FCFP4", "AP" or "PHCO".
    """

    smiles: str
    prints: str

    def __call__(self, molecule: Chem.Mol) -> float:
        """0 to 1."""
        known = _fingerprint_of(self.smiles, self.prints)
        return float(DataStructs.TanimotoSimilarity(known, _fingerprint(molecule, self.prints)))


@dataclass(frozen=True, slots=True)
class Pattern:
    """1 where a substructure occurs, else 0; the other way round where it is not wanted."""

    smarts: str
    wanted: bool = True

    def __call__(self, molecule: Chem.Mol) -> float:
        """0 or 1."""
        return float(molecule.HasSubstructMatch(_pattern(self.smarts)) == self.wanted)


@cache
def _pattern(smarts: str) -> Chem.Mol:
    return Chem.MolFromSmarts(smarts)


@dataclass(frozen=True, slots=True)
class Isomer:
    """How near a molecule is to a formula: of each element and of all atoms, hydrogen included, a Gaussian.

    >>> Isomer("C2H6O")(Chem.MolFromSmiles("COC"))
    1.0
    """

    formula: str

    def __call__(self, molecule: Chem.Mol) -> float:
        """0 to 1; 1 for an isomer."""
        asked = {symbol: int(count or 1) for symbol, count in re.findall(r"([A-Z][a-z]?)(\d*)", self.formula)}
        found = Counter(atom.GetSymbol() for atom in Chem.AddHs(molecule).GetAtoms())
        scores = [Gaussian(count, 1.0)(found[symbol]) for symbol, count in asked.items()]
        return geometric([*scores, Gaussian(sum(asked.values()), 2.0)(sum(found.values()))])


def logp(molecule: Chem.Mol) -> float:
    """Octanol-water coefficient (Crippen)."""
    return float(Crippen.MolLogP(molecule))  # type: ignore[attr-defined]


def polar_area(molecule: Chem.Mol) -> float:
    """Topological polar surface, Å²."""
    return float(Descriptors.TPSA(molecule))  # type: ignore[attr-defined]


def complexity(molecule: Chem.Mol) -> float:
    """Bertz's index."""
    return float(BertzCT(molecule))  # type: ignore[no-untyped-call]


def aromatic_rings(molecule: Chem.Mol) -> float:
    """How many there are."""
    return float(rdMolDescriptors.CalcNumAromaticRings(molecule))


def rings(molecule: Chem.Mol) -> float:
    """How many there are."""
    return float(rdMolDescriptors.CalcNumRings(molecule))


def fluorines(molecule: Chem.Mol) -> float:
    """How many there are."""
    return float(sum(atom.GetAtomicNum() == 9 for atom in molecule.GetAtoms()))


def likeness(molecule: Chem.Mol) -> float:
    """Drug-likeness, QED (Bickerton et al. 2012)."""
    return float(QED.qed(molecule))  # type: ignore[no-untyped-call]


# ----------------------------------------------------------------------------------------------------------- goals


def geometric(scores: Sequence[float]) -> float:
    """Geometric mean; 0 where one score is 0."""
    return 0.0 if min(scores) <= 0.0 else math.exp(math.fsum(map(math.log, scores)) / len(scores))


def arithmetic(scores: Sequence[float]) -> float:
    """Arithmetic mean."""
    return math.fsum(scores) / len(scores)


@dataclass(frozen=True, slots=True)
class GuacaMolGoal:
    """One goal.

    Args:
        name: as PMO names it.
        terms: descriptors with their shapes.
        mean: of their scores.
    """

    name: str
    terms: tuple[tuple[Descriptor, Shape], ...]
    mean: Callable[[Sequence[float]], float] = geometric

    def __call__(self, molecule: Chem.Mol) -> float:
        """0 to 1."""
        return self.mean([shape(descriptor(molecule)) for descriptor, shape in self.terms])

    @property
    def targets(self) -> tuple[str, ...]:
        """Molecules that it names, as SMILES."""
        return tuple(term.smiles for term, _shape in self.terms if isinstance(term, Similarity))


#: Published AUC top-10 at 10,000 calls, of REINVENT and of the genetic search over SMILES: Gao et al. (2022), as Lee et
#: al. (2024, f-RAG, table 1) print them; means of five runs. PMO has no aripiprazole.
PUBLISHED: Mapping[str, tuple[float, float]] = {
    "albuterol_similarity": (0.882, 0.661),
    "amlodipine_mpo": (0.635, 0.549),
    "celecoxib_rediscovery": (0.710, 0.344),
    "deco_hop": (0.666, 0.611),
    "fexofenadine_mpo": (0.784, 0.721),
    "isomers_c7h8n2o2": (0.852, 0.913),
    "isomers_c9h10n2o2pf2cl": (0.642, 0.860),
    "median1": (0.356, 0.192),
    "median2": (0.276, 0.198),
    "mestranol_similarity": (0.618, 0.469),
    "osimertinib_mpo": (0.837, 0.817),
    "perindopril_mpo": (0.537, 0.447),
    "qed": (0.941, 0.940),
    "ranolazine_mpo": (0.760, 0.699),
    "scaffold_hop": (0.560, 0.494),
    "sitagliptin_mpo": (0.021, 0.363),
    "thiothixene_rediscovery": (0.534, 0.315),
    "troglitazone_rediscovery": (0.441, 0.263),
    "valsartan_smarts": (0.178, 0.000),
    "zaleplon_mpo": (0.358, 0.334),
}

CELECOXIB = "CC1=CC=C(C=C1)C1=CC(=NN1C1=CC=C(C=C1)S(N)(=O)=O)C(F)(F)F"
TROGLITAZONE = "Cc1c(C)c2OC(C)(COc3ccc(CC4SC(=O)NC4=O)cc3)CCc2c(C)c1O"
THIOTHIXENE = "CN(C)S(=O)(=O)c1ccc2Sc3ccccc3C(=CCCN4CCN(C)CC4)c2c1"
ARIPIPRAZOLE = "Clc4cccc(N3CCN(CCCCOc2ccc1c(NC(=O)CC1)c2)CC3)c4Cl"
ALBUTEROL = "CC(C)(C)NCC(O)c1ccc(O)c(CO)c1"
MESTRANOL = "COc1ccc2[C@H]3CC[C@@]4(C)[C@@H](CC[C@@]4(O)C#C)[C@@H]3CCc2c1"
CAMPHOR, MENTHOL = "CC1(C)C2CCC1(C)C(=O)C2", "CC(C)C1CCC(C)CC1O"
TADALAFIL = "O=C1N(CC(N2C1CC3=C(C2C4=CC5=C(OCO5)C=C4)NC6=C3C=CC=C6)=O)C"
SILDENAFIL = "CCCC1=NN(C2=C1N=C(NC2=O)C3=C(C=CC(=C3)S(=O)(=O)N4CCN(CC4)C)OCC)C"
OSIMERTINIB = "COc1cc(N(C)CCN(C)C)c(NC(=O)C=C)cc1Nc2nccc(n2)c3cn(C)c4ccccc34"
FEXOFENADINE = "CC(C)(C(=O)O)c1ccc(cc1)C(O)CCCN2CCC(CC2)C(O)(c3ccccc3)c4ccccc4"
RANOLAZINE = "COc1ccccc1OCC(O)CN2CCN(CC(=O)Nc3c(C)cccc3C)CC2"
PERINDOPRIL = "O=C(OCC)C(NC(C(=O)N1C(C(=O)O)CC2CCCCC12)C)CCC"
AMLODIPINE = r"Clc1ccccc1C2C(=C(/N/C(=C2/C(=O)OCC)COCCN)C)\C(=O)OC"
SITAGLIPTIN = "Fc1cc(c(F)cc1F)CC(N)CC(=O)N3Cc2nnc(n2CC3)C(F)(F)F"
ZALEPLON = "O=C(C)N(CC)C1=CC=CC(C2=CC=NC3=C(C=NN23)C#N)=C1"
VALSARTAN = "CN(C=O)Cc1ccc(c2ccccc2)cc1"
#: What the hops start from, its scaffold and its decorations.
HOPPED = "CCCOc1cc2ncnc(Nc3ccc4ncsc4c3)c2cc1S(=O)(=O)C(C)(C)C"
SCAFFOLD = "[#7]-c1n[c;h1]nc2[c;h1]c(-[#8])[c;h0][c;h1]c12"
SULFONE, THIAZOLE = "CS([#6])(=O)=O", "[#7]-c1ccc2ncsc2c1"
DECORATED = "[#6]-[#6]-[#6]-[#8]-[#6]~[#6]~[#6]~[#6]~[#6]-[#7]-c1ccc2ncsc2c1"


def _rediscovery(smiles: str) -> tuple[tuple[Descriptor, Shape], ...]:
    return ((Similarity(smiles, "ECFP4"), as_it_is),)


def _near(smiles: str, prints: str, full: float) -> tuple[Descriptor, Shape]:
    return Similarity(smiles, prints), Clipped(full)


def _as(descriptor: Descriptor, smiles: str, width: float) -> tuple[Descriptor, Shape]:
    """A descriptor as a molecule has it."""
    return descriptor, Gaussian(descriptor(Chem.MolFromSmiles(smiles)), width)


@cache
def guacamol_goals() -> dict[str, GuacaMolGoal]:
    """All goals by name; those of PMO that ask for a trained classifier (drd2, gsk3b, jnk3) are left out."""
    made = (
        GuacaMolGoal("celecoxib_rediscovery", _rediscovery(CELECOXIB)),
        GuacaMolGoal("troglitazone_rediscovery", _rediscovery(TROGLITAZONE)),
        GuacaMolGoal("thiothixene_rediscovery", _rediscovery(THIOTHIXENE)),
        GuacaMolGoal("aripiprazole_similarity", (_near(ARIPIPRAZOLE, "FCFP4", 0.75),)),
        GuacaMolGoal("albuterol_similarity", (_near(ALBUTEROL, "FCFP4", 0.75),)),
        GuacaMolGoal("mestranol_similarity", (_near(MESTRANOL, "AP", 0.75),)),
        GuacaMolGoal("median1", (*_rediscovery(CAMPHOR), *_rediscovery(MENTHOL))),
        GuacaMolGoal(
            "median2", ((Similarity(TADALAFIL, "ECFP6"), as_it_is), (Similarity(SILDENAFIL, "ECFP6"), as_it_is))
        ),
        GuacaMolGoal("isomers_c7h8n2o2", ((Isomer("C7H8N2O2"), as_it_is),)),
        GuacaMolGoal("isomers_c9h10n2o2pf2cl", ((Isomer("C9H10N2O2PF2Cl"), as_it_is),)),
        *_multi_property(),
        *_patterns(),
        GuacaMolGoal("qed", ((likeness, as_it_is),)),
    )
    return {goal.name: goal for goal in made}


def _multi_property() -> tuple[GuacaMolGoal, ...]:
    return (
        GuacaMolGoal(
            "osimertinib_mpo",
            (
                _near(OSIMERTINIB, "FCFP4", 0.8),
                (Similarity(OSIMERTINIB, "ECFP6"), Gaussian(0.85, 0.1, full="below")),
                (polar_area, Gaussian(100.0, 10.0, full="above")),
                (logp, Gaussian(1.0, 1.0, full="below")),
            ),
        ),
        GuacaMolGoal(
            "fexofenadine_mpo",
            (
                _near(FEXOFENADINE, "AP", 0.8),
                (polar_area, Gaussian(90.0, 10.0, full="above")),
                (logp, Gaussian(4.0, 1.0, full="below")),
            ),
        ),
        GuacaMolGoal(
            "ranolazine_mpo",
            (
                _near(RANOLAZINE, "AP", 0.7),
                (polar_area, Gaussian(95.0, 20.0, full="above")),
                (logp, Gaussian(7.0, 1.0, full="above")),
                (fluorines, Gaussian(1.0, 1.0)),
            ),
        ),
        GuacaMolGoal("perindopril_mpo", (*_rediscovery(PERINDOPRIL), (aromatic_rings, Gaussian(2.0, 0.5)))),
        GuacaMolGoal("amlodipine_mpo", (*_rediscovery(AMLODIPINE), (rings, Gaussian(3.0, 0.5)))),
        GuacaMolGoal(
            "sitagliptin_mpo",
            (
                (Similarity(SITAGLIPTIN, "ECFP4"), Gaussian(0.0, 0.1)),
                _as(logp, SITAGLIPTIN, 0.2),
                _as(polar_area, SITAGLIPTIN, 5.0),
                (Isomer("C16H15F6N5O"), as_it_is),
            ),
        ),
        GuacaMolGoal("zaleplon_mpo", (*_rediscovery(ZALEPLON), (Isomer("C19H17N3O2"), as_it_is))),
    )


def _patterns() -> tuple[GuacaMolGoal, ...]:
    return (
        GuacaMolGoal(
            "valsartan_smarts",
            (
                (Pattern(VALSARTAN), as_it_is),
                _as(polar_area, SITAGLIPTIN, 5.0),
                _as(logp, SITAGLIPTIN, 0.2),
                _as(complexity, SITAGLIPTIN, 30.0),
            ),
        ),
        GuacaMolGoal(
            "deco_hop",
            (
                _near(HOPPED, "PHCO", 0.85),
                (Pattern(SULFONE, wanted=False), as_it_is),
                (Pattern(THIAZOLE, wanted=False), as_it_is),
                (Pattern(SCAFFOLD), as_it_is),
            ),
            arithmetic,
        ),
        GuacaMolGoal(
            "scaffold_hop",
            (
                _near(HOPPED, "PHCO", 0.75),
                (Pattern(DECORATED), as_it_is),
                (Pattern(SCAFFOLD, wanted=False), as_it_is),
            ),
            arithmetic,
        ),
    )
