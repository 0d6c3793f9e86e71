"""The chapter's workflow (4.5) and exercise 2, on the app's own generator, predictors and rules.

    target -> generate -> predict -> reached? -> can it be made? -> stable? -> sorted by error

The chapter averages errors over eV, eV/atom and µB; here each is divided by its property's tolerance, and 1 is the
limit for every one. Its candidates are 128 numbers; here they are crystals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matgen_core.core.goals import Goal, Target
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate, Crystal
from matgen_core.core.settings import CrystalSettings
from matgen_core.workflows.design import design

#: What the chapter's three numbers mean, in its order.
CONDITIONS = ("band_gap", "formation_energy", "magnetic_moment")
Generator = Callable[[dict[str, float], int], Sequence[Candidate[Crystal]]]


@dataclass(frozen=True)
class Material:
    """One material that passed.

    Args:
        structure: the crystal.
        predicted_properties: by property, in its unit; what was asked for alone.
        error: the largest distance from a target, in units of its property's tolerance.
    """

    structure: Crystal
    predicted_properties: dict[str, float]
    error: float


def generate_crystals(condition: dict[str, float], count: int, seed: int = 0) -> tuple[Candidate[Crystal], ...]:
    """The app's generator: crystals for a condition, each with its predictions."""
    target = Target({key: Goal.at(value) for key, value in condition.items()})
    return design("crystals", target, count, seed=seed, settings=CrystalSettings(cap=1))


class MaterialsInverseDesign:
    """Generator, predictor and a check of whether it can be made.

    Args:
        generator: from a condition and a number to candidates with their predictions.
        predictor: the values by property that a candidate is judged by.
        synthesizability_checker: whether it could be made.
    """

    def __init__(
        self,
        generator: Generator,
        predictor: Callable[[Candidate[Crystal]], dict[str, float | None]],
        synthesizability_checker: Callable[[Candidate[Crystal]], bool],
    ) -> None:
        self.generator, self.predictor = generator, predictor
        self.synthesizability_checker = synthesizability_checker

    def design_materials(
        self, target_properties: dict[str, float], num_candidates: int = 100, threshold: float = 1.0
    ) -> list[Material]:
        """Materials that reach every target within ``threshold`` tolerances and could be made, the nearest first."""
        valid = []
        for candidate in self.generator(target_properties, num_candidates):
            predicted = self.predictor(candidate)
            values = {key: value for key in target_properties if (value := predicted.get(key)) is not None}
            if len(values) < len(target_properties):
                continue
            error = max(abs(values[k] - wanted) / PROPERTIES[k].tolerance for k, wanted in target_properties.items())
            if error <= threshold and self.synthesizability_checker(candidate):
                valid.append(Material(candidate.material, values, error))
        return sorted(valid, key=lambda material: material.error)


def predicted_values(candidate: Candidate[Crystal]) -> dict[str, float | None]:
    """The values that the app's judging predictors gave the candidate."""
    return {key: prediction.value for key, prediction in candidate.predictions.items()}


def simple_synthesizability_checker(candidate: Candidate[Crystal]) -> bool:
    """The chapter's always says yes; this one asks the app's rules of charges and distances."""
    return candidate.passed("oxidation") and candidate.passed("distances")


def multi_objective_generation(
    generator: Generator, target_bandgap: float, target_formation_energy: float, num_samples: int = 10
) -> Sequence[Candidate[Crystal]]:
    """Exercise 2: two goals at once; the third property is left open, which a condition of three numbers cannot say."""
    return generator({"band_gap": target_bandgap, "formation_energy": target_formation_energy}, num_samples)
