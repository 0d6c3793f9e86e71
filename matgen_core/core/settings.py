"""How a run goes: the settings of each generator, the rules, the budget, how a predictor is taught."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CrystalSettings:
    """How candidates are drawn; together with target, count and seed it repeats a run.

    Args:
        engine: "symmetry-first" or "latent-diffusion".
        guidance: classifier-free guidance weight; 1 is plain conditional sampling, larger presses harder on the goals.
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
        crowding_weight: of atoms that come too near against the denoiser's unrest, when the best geometry is picked.
        prefer_stable: without a goal for it, ask for a distance to the hull as stable known crystals have.
    """

    engine: str = "symmetry-first"
    guidance: float = 2.0
    sampler: str = "dpm-solver"
    steps: int = 10
    drafts: int = 2
    skeletons: int = 3
    geometries: int = 6
    refined: int = 3
    temperature: float = 1.0
    geometry_temperature: float = 0.7
    refine_from: float = 0.3
    crowding_weight: float = 10.0
    prefer_stable: bool = True


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
        cap: most strings a run may draw, in multiples of ``count``.
        grammar: only strings that are molecules by their grammar: one that comes to a token after which no molecule
            can be written is begun anew; without it the network is on its own.
        guidance: how much more than told the network heeds the goals (classifier-free guidance); 0 for as told.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    prefix: str = ""
    scaffold: str = ""
    require: str = ""
    forbid: str = ""
    filters: tuple[str, ...] = ()
    max_sa: float | None = None
    until: str = "unique"
    cap: int = 10
    grammar: bool = True
    guidance: float = 1.0


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
        cap: most strings a run may draw, in multiples of the count.
    """

    temperature: float = 1.1
    top_k: int = 0
    prompt: str = ""
    neutral: bool = True
    new: bool = False
    cap: int = 20


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
