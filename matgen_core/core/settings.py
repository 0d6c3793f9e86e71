"""How a run goes: the settings of each generator, the rules, the budget, how a predictor is taught.

A setting is one field: its default, bounds, label and help. Checks, options of commands, controls of pages and the
rules of links are built from it.
"""

from __future__ import annotations

from dataclasses import Field, dataclass, field, fields
from typing import Any, TypeVar

from matgen_core.core.errors import BadInput, quote
from matgen_core.core.messages import join

T = TypeVar("T")
#: What a run of molecules can count, each including those before it.
UNTIL = ("drawn", "valid", "unique", "novel", "passing")


@dataclass(frozen=True, slots=True)
class Setting:
    """What a field may be, and how it is called.

    Args:
        label: its name on pages.
        help: what it does, in one sentence; the help of pages and commands.
        low: least value; None for what is no number.
        high: largest value.
        step: between two values of its control.
        choices: words that it may be; empty for any.
    """

    label: str
    help: str = ""
    low: float | None = None
    high: float | None = None
    step: float = 1
    choices: tuple[str, ...] = ()

    def check(self, name: str, value: Any) -> None:
        """Raises BadInput, naming the setting and what it may be, for a value that it cannot be."""
        if self.choices and value not in self.choices:
            raise BadInput(
                "{name} {value} is unknown; choose from: {choices}",
                name=name,
                value=quote(value),
                choices=join(self.choices, ", "),
            )
        low, high = self.low, self.high
        if value is not None and low is not None and high is not None and not low <= value <= high:  # nor is NaN
            raise BadInput(
                "{name} {value:g} is not possible; choose from {low:g} to {high:g}",
                name=name,
                value=value,
                low=low,
                high=high,
            )


def _number(default: T, label: str, low: float, high: float, help: str = "", step: float = 1) -> T:
    """A field that is a number from ``low`` to ``high``."""
    made: Any = field(default=default, metadata={"setting": Setting(label, help, low, high, step)})
    return made  # type: ignore[no-any-return]


def _other(default: T, label: str, help: str = "", choices: tuple[str, ...] = ()) -> T:
    """A field that is a word, a switch or a text."""
    made: Any = field(default=default, metadata={"setting": Setting(label, help, choices=choices)})
    return made  # type: ignore[no-any-return]


def declared(settings: Any) -> dict[str, tuple[Field[Any], Setting]]:
    """Fields with their declarations by name, of a class of settings or of one of it.

    >>> declared(CrystalSettings)["steps"][1].high
    1000
    """
    return {f.name: (f, f.metadata["setting"]) for f in fields(settings) if "setting" in f.metadata}


def check_settings(settings: Any) -> None:
    """Raises BadInput for the first setting that is out of its bounds or none of its choices.

    >>> check_settings(MoleculeSettings(top_k=-1))
    Traceback (most recent call last):
    matgen_core.core.errors.BadInput: top-k -1 is not possible; choose from 0 to 100
    """
    for name, (_field, setting) in declared(settings).items():
        setting.check(name.replace("_", "-"), getattr(settings, name))


def _cap(default: int) -> int:
    """The setting ``cap`` of every kind: a run for a count generates at most so many times as many candidates."""
    return _number(
        default, "Generate at most, times the count", 1, 100,
        "The run ends there, even if fewer candidates were kept than asked for",
    )  # fmt: skip


_GUIDANCE = "0 samples from the conditional model as trained; larger values follow the targets more strictly"
_ALERTS = "Alerts that reject: PAINS, BRENK"


@dataclass(frozen=True, slots=True)
class CrystalSettings:
    """How candidates are drawn; together with target, count and seed it repeats a run.

    Args:
        engine: "symmetry-first" or "latent-diffusion".
        guidance: strength of classifier-free guidance, conditional + guidance * (conditional - unconditional); 0
            samples from the conditional model as trained, larger values follow the goals more strictly.
        sampler: "ddpm", "ddim" or "dpm-solver".
        steps: denoising steps.
        drafts: skeletons compared for each that is given a geometry, where properties are asked for; of all of them
            those that likeliest have the properties go on, by the writer's own likelihood. Where one property and no
            element is asked for, they are themselves the likeliest of at least eight written ("symmetry-first" only;
            with 1 nothing is compared).
        skeletons: skeletons given a geometry for each candidate; the one whose geometry is doubted least is kept.
        geometries: geometries guessed for each skeleton, of which the generator's own score keeps one.
        refined: of these, how many (the least crowded) are refined by diffusion; the others are dropped before.
        temperature: softmax temperature of the discrete choices.
        geometry_temperature: of the geometry's bins and noise; below 1 is cooler and less varied.
        refine_from: share of the noise schedule from which a guess at geometry is refined by diffusion.
        crowding_weight: of the overlap penalty against the denoising residual, when the best geometry is picked.
        prefer_stable: without a goal for it, ask for a distance to the hull as stable known crystals have.
        cap: candidates generated at most, in multiples of ``count``, which counts those that are kept: without failed
            distances, failed constraints or duplicate. With 1 exactly ``count`` are generated, kept or not.
    """

    engine: str = _other("symmetry-first", "Engine", "How crystals are generated")
    guidance: float = _number(1.0, "Guidance", 0.0, 5.0, _GUIDANCE, 0.1)
    sampler: str = _other("dpm-solver", "Sampler", "How the noise is taken away")
    steps: int = _number(10, "Denoising steps", 1, 1000)
    drafts: int = _number(
        2, "Drafts for each of these", 1, 64,
        "With targets, as many skeletons are compared and those likeliest to have what is asked go on",
    )  # fmt: skip
    skeletons: int = _number(
        3, "Skeletons tried for each", 1, 64,
        "The one whose geometry the generator doubts least is kept; more are stabler and less new",
    )  # fmt: skip
    geometries: int = _number(
        6, "Geometries tried for each skeleton", 1, 256,
        "The generator's own score keeps the best one; more take longer",
    )  # fmt: skip
    refined: int = _number(3, "Geometries refined for each skeleton", 1, 256)
    temperature: float = _number(1.0, "Temperature", 0.05, 10.0, step=0.05)
    geometry_temperature: float = _number(0.7, "Temperature of the geometry", 0.05, 10.0, step=0.05)
    refine_from: float = _number(0.3, "Share of the noise that is refined", 0.0, 1.0, step=0.05)
    crowding_weight: float = _number(10.0, "Weight of atoms too near", 0.0, 1000.0)
    prefer_stable: bool = _other(
        True, "Prefer stable", "Without a target for the energy above hull, ask for one as stable known crystals have"
    )
    cap: int = _cap(4)


@dataclass(frozen=True, slots=True)
class MoleculeSettings:
    """How molecules are drawn; together with target, count and seed it repeats a run.

    Args:
        temperature: softmax temperature, 0.1 to 2; below 1 is surer and less varied.
        top_k: only the k likeliest tokens; 0 for all.
        top_p: only the likeliest tokens that together reach this probability; 1 for all.
        prefix: SMILES to grow from: every string begins with it.
        scaffold: SMILES of a part that is grown onto at an open end, or at every place that a "*" marks; every molecule
            must contain it, grown at all of these.
        require: SMARTS that must occur in the molecule.
        forbid: SMARTS that must not.
        filters: alerts that reject: "PAINS", "BRENK".
        max_sa: largest synthetic accessibility score (1 easy, 10 hard); None for any.
        until: what ``count`` counts: "drawn", or molecules that are "valid", "unique", "novel" (each includes those
            before it), or that pass everything ("passing"): the sampler keeps asking until there are as many.
        cap: strings generated at most, in multiples of ``count``.
        grammar: only strings that are molecules by their grammar: one that comes to a token after which no molecule
            can be written is begun anew; without it the network is on its own.
        guidance: strength of classifier-free guidance, as for crystals; 0 for the conditional model as trained.
    """

    temperature: float = _number(
        1.0, "Temperature", 0.1, 2.0,
        "Below 1: surer and less varied; above 1: more varied, more of it no molecule", 0.05,
    )  # fmt: skip
    top_k: int = _number(0, "Top-k", 0, 100, "Only the k likeliest tokens may come; 0: all")
    top_p: float = _number(
        1.0, "Top-p", 0.05, 1.0, "Only the likeliest tokens that together reach this share may come", 0.05
    )
    prefix: str = _other("", "Prefix (SMILES)", "Every string begins with it; it may stop inside a ring or branch")
    scaffold: str = _other(
        "", "Scaffold (SMILES)",
        "Grown onto at an open end, or where a * stands (c1ccncc1*); every molecule must contain it",
    )  # fmt: skip
    require: str = _other("", "Require (SMARTS)", "Every molecule must contain it")
    forbid: str = _other("", "Forbid (SMARTS)", "No molecule may contain it")
    filters: tuple[str, ...] = _other((), "Reject alerts", _ALERTS)
    max_sa: float | None = _number(
        None, "Synthetic accessibility, at most", 1.0, 10.0, "1 is easy to make, 10 is hard; 10 rejects nothing", 0.1
    )
    until: str = _other(
        "unique", "Count those that are", "Each includes those before it; passing: every target and filter too", UNTIL
    )
    cap: int = _cap(10)
    grammar: bool = _other(
        True, "Only what can become a molecule",
        "A string after which no molecule can be written is begun anew; off: the network on its own",
    )  # fmt: skip
    guidance: float = _number(1.0, "Guidance", 0.0, 5.0, _GUIDANCE, 0.1)


@dataclass(frozen=True, slots=True)
class CompositionSettings:
    """How compositions are drawn; together with target, count and seed it repeats a run.

    Args:
        temperature: softmax temperature, 0.1 to 2. A little above 1 is the usual: cooler, MatGPT goes on for longer,
            and long formulas balance their charges less often.
        top_k: only the k likeliest elements at each place; 0 for all.
        prompt: atoms that every formula begins with, such as "Li" or "Fe O".
        neutral: only what common oxidation states make neutral, intermetallics not; the sampler keeps asking until
            there are as many as were asked for.
        new: only formulas that are not among the known ones; likewise.
        cap: formulas generated at most, in multiples of ``count``, which counts those that are kept: different ones
            within the constraints, neutral and new where the settings say so.
    """

    temperature: float = _number(
        1.1, "Temperature", 0.1, 2.0,
        "Below 1: surer and less varied; above 1: more varied, more of it implausible", 0.05,
    )  # fmt: skip
    top_k: int = _number(0, "Top-k", 0, 100, "Only the k likeliest elements may come; 0: all")
    prompt: str = _other("", "Begin with", "Atoms that every formula begins with; the model goes on from there")
    neutral: bool = _other(
        True, "Charge-neutral only",
        "Neutral with common oxidation states; one element may have two. Intermetallics are left out.",
    )  # fmt: skip
    new: bool = _other(False, "New formulas only", "Formulas that are not among the known")
    cap: int = _cap(20)


@dataclass(frozen=True, slots=True)
class Budget:
    """When a run ends at the latest.

    Args:
        want: candidates that pass everything; the run ends when it has them.
        seconds: of wall-clock time, asked within a batch, too; only the first, small batch (one crystal) is finished
            whatever it takes, so that a slow machine finds something.
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
