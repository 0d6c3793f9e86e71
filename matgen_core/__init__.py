"""MatGen: inverse design of materials. What a user needs is importable from here."""

from matgen_core.types import (
    Candidate,
    Constraints,
    Crystal,
    Goal,
    MatGenError,
    Prediction,
    Site,
    Target,
    Verdict,
)

__all__ = ["Candidate", "Constraints", "Crystal", "Goal", "MatGenError", "Prediction", "Site", "Target", "Verdict"]
