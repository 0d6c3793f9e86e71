"""MatGen: inverse design of materials. What a user needs is importable from here.

Names are looked up when they are asked for, so that importing one module does not load them all.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matgen_core.chem.structure import from_structure, to_structure
    from matgen_core.core.errors import MatGenError
    from matgen_core.core.goals import Constraints, Goal, Target
    from matgen_core.core.properties import PROPERTIES
    from matgen_core.core.records import (
        Candidate,
        Crystal,
        Prediction,
        Progress,
        Verdict,
    )
    from matgen_core.core.settings import CrystalSettings
    from matgen_core.kinds.crystals.files import to_cif, to_cif_zip, to_csv, to_json
    from matgen_core.kinds.crystals.predict import predict
    from matgen_core.kinds.crystals.reference import load_reference
    from matgen_core.workflows.design_crystals import base_rates, design

_HOMES = {
    "chem.structure": ("from_structure", "to_structure"),
    "data.exports": ("to_cif", "to_cif_zip", "to_csv", "to_json"),
    "data.reference": ("load_reference",),
    "pipeline": ("base_rates", "design"),
    "properties": ("PROPERTIES",),
    "stages.predict": ("predict",),
    "types": (
        "Candidate", "Constraints", "Crystal", "Goal", "MatGenError", "Prediction", "Progress", "CrystalSettings",
        "Target", "Verdict",
    ),
}  # fmt: skip
_HOME = {name: home for home, names in _HOMES.items() for name in names}

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


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
