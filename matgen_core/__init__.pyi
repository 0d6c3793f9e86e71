from .chem.crystals.structure import from_structure, to_structure
from .core.errors import MatGenError
from .core.goals import Constraints, Goal, Target
from .core.properties import PROPERTIES
from .core.records import Candidate, Crystal, Formula, Molecule, Prediction, Progress, Verdict
from .core.settings import Budget, CompositionSettings, CrystalSettings, MoleculeSettings, Rules
from .kinds.crystals.files.candidate_files import to_cif, to_cif_zip, to_csv, to_json
from .kinds.crystals.judge import base_rates
from .kinds.crystals.known.reference import load_reference
from .kinds.crystals.predict import predict
from .kinds.registry import NAMES, load_kind, write
from .workflows.design import design, design_until

__all__ = [
    "NAMES",
    "PROPERTIES",
    "Budget",
    "Candidate",
    "CompositionSettings",
    "Constraints",
    "Crystal",
    "CrystalSettings",
    "Formula",
    "Goal",
    "MatGenError",
    "Molecule",
    "MoleculeSettings",
    "Prediction",
    "Progress",
    "Rules",
    "Target",
    "Verdict",
    "base_rates",
    "design",
    "design_until",
    "from_structure",
    "load_kind",
    "load_reference",
    "predict",
    "to_cif",
    "to_cif_zip",
    "to_csv",
    "to_json",
    "to_structure",
    "write",
]
