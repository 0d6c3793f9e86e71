"""What a run is asked beyond its target: rules, a budget, how a predictor is taught."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budget:
    """When a run ends at the latest.

    Args:
        want: candidates that pass everything; the run ends when it has them.
        seconds: of wall-clock time, asked within a batch, too; only the first, small batch is finished whatever it
            takes, so that a slow machine finds something.
        draws: candidates drawn in all.
    """

    want: int = 10
    seconds: float = 120.0
    draws: int = 2000


@dataclass(frozen=True, slots=True)
class Rules:
    """What a candidate must pass beyond its goals.

    Args:
        max_e_above_hull: eV/atom.
        toxic: whether toxic elements are allowed.
        radioactive: whether radioactive elements are allowed.
        known: whether what is known already may be listed.
        max_sa: largest synthetic accessibility score of a molecule.
        filters: alerts that reject a molecule.
        solid_state: whether it must be makeable from powders in air (``matsyngate``; oxides only).
        shallow: whether it may be listed though too few phases of its elements are known to judge its stability.
    """

    max_e_above_hull: float = 0.1
    toxic: bool = False
    radioactive: bool = False
    known: bool = False
    max_sa: float = 4.5
    filters: tuple[str, ...] = ("PAINS", "BRENK")
    solid_state: bool = False
    shallow: bool = False


@dataclass(frozen=True)
class FinetuneConfig:
    """How a predictor is taught.

    Args:
        strategy: "full", "adapter" or "lora".
        epochs: passes over the training rows.
        batch: rows a step.
        size: of the adapters' bottleneck.
        rank: of LoRA.
        held: share of the rows withheld to measure on.
        seed: of split, head and order.
        learning_rate: peak; None for the usual one of the strategy.
        pretrained: False begins from random weights, to show what pretraining brings.
    """

    strategy: str = "lora"
    epochs: int = 30
    batch: int = 64
    size: int = 32
    rank: int = 8
    held: float = 0.2
    seed: int = 0
    learning_rate: float | None = None
    pretrained: bool = True
