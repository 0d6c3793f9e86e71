from .chem.structure import from_structure, to_structure
from .core.errors import MatGenError
from .core.goals import Constraints, Goal, Target
from .core.properties import PROPERTIES
from .core.records import Candidate, Crystal, Prediction, Progress, Verdict
from .core.settings import CrystalSettings
from .kinds.crystals.files import to_cif, to_cif_zip, to_csv, to_json
from .kinds.crystals.predict import predict
from .kinds.crystals.reference import load_reference
from .workflows.design_crystals import base_rates, design

__all__ = [
    "PROPERTIES",
    "Candidate",
    "Constraints",
    "Crystal",
    "CrystalSettings",
    "Goal",
    "MatGenError",
    "Prediction",
    "Progress",
    "Target",
    "Verdict",
    "base_rates",
    "design",
    "from_structure",
    "load_reference",
    "predict",
    "to_cif",
    "to_cif_zip",
    "to_csv",
    "to_json",
    "to_structure",
]
