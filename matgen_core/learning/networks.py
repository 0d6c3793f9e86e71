"""Networks from checkpoints: a config in JSON becomes the class it belongs to, with its weights.

Networks on transformers, which takes seconds to import, are imported where one of them is built.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import Tensor, nn

from matgen_core.core.errors import DamagedCheckpoint
from matgen_core.learning.checkpoints import Checkpoint
from matgen_core.models.conditioning import ConditionConfig
from matgen_core.models.denoiser import DenoiserConfig, ResidualDenoiser
from matgen_core.models.geometry import CellScale, GeometryConfig, GeometryDenoiser
from matgen_core.models.skeleton_critic import Bins, CriticConfig, SkeletonCritic

if TYPE_CHECKING:
    from matgen_core.models.bert import MatBERT, ReaderEnsemble
    from matgen_core.models.crystal_gap import CrystalGapEnsemble
    from matgen_core.models.crystal_vae import CrystalVAE
    from matgen_core.models.gpt import ConditionalGPT
    from matgen_core.models.smiles import ConditionalSMILESGenerator

C = TypeVar("C")
N = TypeVar("N", bound=nn.Module)


def build_gpt(checkpoint: Checkpoint) -> ConditionalGPT:
    """The skeleton writer."""
    from matgen_core.models.gpt import ConditionalGPT, GPTConfig

    return _filled(ConditionalGPT(_config(GPTConfig, checkpoint)), checkpoint)


def shared_keys(*checkpoints: Checkpoint) -> tuple[str, ...]:
    """Properties that networks which work together are conditioned on, in the order of their columns.

    Raises:
        DamagedCheckpoint: where they were trained on other columns.
    """
    first, *others = checkpoints
    keys = _keys(first)
    for other in others:
        if _keys(other) != keys:
            raise DamagedCheckpoint(
                "checkpoints {one!r} and {other!r} were trained on other properties; train both on the same rows",
                one=first.name,
                other=other.name,
            )
    return keys


def _keys(checkpoint: Checkpoint) -> tuple[str, ...]:
    return tuple(checkpoint.config.get("conditions", {}).get("keys", ()))


def build_geometry(checkpoint: Checkpoint) -> tuple[GeometryDenoiser, tuple[float, ...], Tensor]:
    """The geometry denoiser; the volume (Å³) of an atom of each element; how near pairs come, (E + 1, E + 1) in Å."""
    network = _filled(GeometryDenoiser(_config(GeometryConfig, checkpoint)), checkpoint)
    elements = network.config.elements
    contacts = torch.zeros(elements + 1, elements + 1)
    rows, columns = torch.tril_indices(elements, elements)
    contacts[rows + 1, columns + 1] = torch.tensor(checkpoint.config["contacts"])
    contacts[columns + 1, rows + 1] = contacts[rows + 1, columns + 1]
    return network, tuple(checkpoint.config["volumes"]), contacts


def build_vae(checkpoint: Checkpoint) -> tuple[CrystalVAE, CellScale]:
    """The autoencoder of crystals, and what turns its cell tokens into cells."""
    from matgen_core.models.crystal_vae import CrystalVAE, VAEConfig

    network = _filled(CrystalVAE(_config(VAEConfig, checkpoint)), checkpoint)
    means, stds = (torch.tensor(checkpoint.config[key], dtype=torch.float32) for key in ("cell_means", "cell_stds"))
    return network, CellScale(tuple(checkpoint.config["volumes"]), means, stds)


def build_latent_denoiser(checkpoint: Checkpoint) -> tuple[ResidualDenoiser, Tensor, Tensor]:
    """The denoiser of latents, and mean and standard deviation (D,) by which they were standardised."""
    network = _filled(ResidualDenoiser(_config(DenoiserConfig, checkpoint)), checkpoint)
    means, stds = (torch.tensor(checkpoint.config[key]) for key in ("latent_means", "latent_stds"))
    return network, means, stds


def build_smiles(checkpoint: Checkpoint) -> ConditionalSMILESGenerator:
    """The SMILES writer."""
    from matgen_core.models.smiles import ConditionalSMILESGenerator, SmilesConfig

    return _filled(ConditionalSMILESGenerator(_config(SmilesConfig, checkpoint)), checkpoint)


def build_reader(checkpoint: Checkpoint) -> ReaderEnsemble:
    """MatBERT with its heads, several members."""
    from matgen_core.models.bert import HeadConfig, MatBERTConfig, ReaderEnsemble

    config = _config(MatBERTConfig, checkpoint)
    try:
        heads = tuple(HeadConfig(**head) for head in checkpoint.config["readings"])
        members = int(checkpoint.config["members"])
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedCheckpoint(
            f"checkpoint {checkpoint.name!r}: its config does not fit ({error}); restore it"
        ) from None
    return _filled(ReaderEnsemble(config, heads, members), checkpoint)


def build_matbert(checkpoint: Checkpoint) -> MatBERT:
    """The encoder."""
    from matgen_core.models.bert import MatBERT, MatBERTConfig

    return _filled(MatBERT(_config(MatBERTConfig, checkpoint)), checkpoint)


def build_critic(checkpoint: Checkpoint) -> SkeletonCritic:
    """The skeleton critic, several members."""
    try:
        bins = tuple(Bins(each["key"], tuple(each["edges"]), each["zero"]) for each in checkpoint.config["bins"])
    except (KeyError, TypeError) as error:
        raise DamagedCheckpoint(
            "checkpoint {name!r}: its config does not fit ({error}); restore it", name=checkpoint.name, error=error
        ) from None
    return _filled(SkeletonCritic(replace(_config(CriticConfig, checkpoint), bins=bins)), checkpoint)


def build_gap_ensemble(checkpoint: Checkpoint) -> CrystalGapEnsemble:
    """The judge of crystals' gaps, several members."""
    from matgen_core.models.bert import HeadConfig, MatBERTConfig
    from matgen_core.models.crystal_gap import CrystalGapConfig, CrystalGapEnsemble

    config = checkpoint.config
    try:
        encoder, head = MatBERTConfig(**config["encoder"]), HeadConfig(**config["head"])
        size = CrystalGapConfig(encoder, head, config["features"], config["seen"], config["dropout"])
        network = CrystalGapEnsemble(size, int(config["members"]))
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedCheckpoint(
            "checkpoint {name!r}: its config does not fit ({error}); restore it", name=checkpoint.name, error=error
        ) from None
    return _filled(network, checkpoint)


def _config(kind: type[C], checkpoint: Checkpoint) -> C:
    names = {f.name for f in fields(kind)}  # type: ignore[arg-type]
    try:
        values = {key: _frozen(value) for key, value in checkpoint.config.items() if key in names}
        if "conditions" in names:
            values["conditions"] = _conditions(checkpoint.config["conditions"])
        return kind(**values)
    except (KeyError, TypeError) as error:
        reason = f"its config does not fit ({error}); restore it"
        raise DamagedCheckpoint(f"checkpoint {checkpoint.name!r}: {reason}") from None


def _conditions(values: Mapping[str, Any]) -> ConditionConfig:
    return ConditionConfig(**{key: _frozen(value) for key, value in values.items()})


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def _filled(network: N, checkpoint: Checkpoint) -> N:
    try:
        network.load_state_dict(dict(checkpoint.weights), strict=False)
        missing = set(network.state_dict()) - set(checkpoint.weights) - {"gpt.lm_head.weight"}
        if missing:
            raise RuntimeError(f"{sorted(missing)[0]} is missing")
    except RuntimeError as error:
        text = str(error).splitlines()[0][:120]
        raise DamagedCheckpoint(f"checkpoint {checkpoint.name!r}: weights do not fit ({text}); restore it") from None
    return network.eval()
