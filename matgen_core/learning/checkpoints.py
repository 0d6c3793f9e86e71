"""The only place where weights are read and written: ``model.safetensors`` beside ``config.json`` and a model card.

Never a pickle: a checkpoint is numbers and JSON. ``config.json`` carries the digest of the weights, so that a damaged
file is distinguished from a wrong one before anything is generated from it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError

from matgen_core.core.errors import BadTarget, DamagedCheckpoint, UnknownCheckpoint
from matgen_core.core.installation import ASSETS
from matgen_core.core.messages import Message, join

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

#: Shipped checkpoints; each a folder.
FOLDER = ASSETS / "checkpoints"


@dataclass(frozen=True)
class Checkpoint:
    """What is in a checkpoint folder.

    Args:
        name: folder name.
        config: everything needed to build the network, as JSON.
        weights: tensors by name, float32.
        digest: first 12 hexadecimal digits of the weights' SHA-256.
    """

    name: str
    config: Mapping[str, Any]
    weights: Mapping[str, Tensor]
    digest: str


def available(folder: Path = FOLDER) -> tuple[str, ...]:
    """Names of the checkpoints in ``folder``."""
    return tuple(sorted(p.parent.name for p in folder.glob("*/config.json")))


def digests(folder: Path = FOLDER) -> dict[str, str]:
    """First 12 digits of every checkpoint's digest, as written beside its weights; nothing is loaded."""
    found: dict[str, str] = {}
    for place in sorted(folder.glob("*")):
        for name in ("matgen.json", "config.json"):
            try:
                digest = json.loads((place / name).read_text(encoding="utf-8")).get("digest")
            except (OSError, ValueError, AttributeError):
                continue
            if digest:
                found[place.name] = str(digest)[:12]
                break
    return found


def save_checkpoint(
    name: str, weights: Mapping[str, Tensor], config: Mapping[str, Any], *, folder: Path = FOLDER, half: bool = True
) -> Path:
    """Writes a checkpoint folder and returns it.

    Args:
        name: folder name.
        weights: a state dict; tensors that share memory are written once each.
        config: JSON-serialisable; gets a ``digest`` entry.
        folder: where checkpoints live.
        half: store float32 as float16, which halves the file and costs the networks here nothing measurable.
    """
    import torch
    from safetensors.torch import save_file

    target = folder / name
    target.mkdir(parents=True, exist_ok=True)
    tensors = {
        key: (value.half() if half and value.dtype == torch.float32 else value).detach().cpu().contiguous().clone()
        for key, value in weights.items()
    }
    save_file(tensors, str(target / "model.safetensors"))
    return _write_config(target, "config.json", config)


def load_checkpoint(name: str, *, folder: Path = FOLDER) -> Checkpoint:
    """Reads a checkpoint and checks its digest.

    A language model's weights bear the names "gpt.…" and "condition.…".

    Raises:
        UnknownCheckpoint: where there is none of that name.
        DamagedCheckpoint: where its files do not fit together.
    """
    from safetensors.torch import load_file

    source = folder / name
    with _prediction(name, source):
        config, files = _checked_config(name, source), _weight_files(source)
        weights = {
            f"{part}{key}": _full(value)
            for part, file in files.items()
            for key, value in load_file(str(source / file)).items()
        }
        return Checkpoint(name, config, weights, config["digest"][:12])


@lru_cache(maxsize=64)
def condition_keys(name: str, *, folder: Path = FOLDER) -> tuple[str, ...]:
    """Properties that condition a trained network, in the order of its columns; empty where there are none.

    Raises:
        UnknownCheckpoint: where there is none of that name.
        DamagedCheckpoint: where its config cannot be read.
    """
    source = folder / name
    with _prediction(name, source):
        config = _config(source)
        return tuple(config["conditions"]["keys"]) if "conditions" in config else ()


def check_trained_on(name: str, keys: Iterable[str]) -> None:
    """Raises BadTarget for the first of these properties that a shipped network is not conditioned on."""
    known = condition_keys(name)
    for key in keys:
        if key not in known:
            raise BadTarget(
                "{network} was not trained on {key!r}; choose from: {known}; or train it with: matgen train {network}",
                network=name,
                key=key,
                known=join(known, ", "),
            )


#: Weight files of a language model, and what stands before the names of the weights in each.
_LANGUAGE = {"gpt.": "model.safetensors", "condition.": "conditions.safetensors"}
_REMEDY = "restore it with: git checkout assets/checkpoints"


def _weight_files(source: Path) -> Mapping[str, str]:
    return _LANGUAGE if (source / "conditions.safetensors").is_file() else {"": "model.safetensors"}


def _config(source: Path) -> dict[str, Any]:
    """The config: ``matgen.json`` beside transformers' ``config.json``, or the latter where it is all."""
    ours = source / "matgen.json"
    config: dict[str, Any] = json.loads((ours if ours.is_file() else source / "config.json").read_text("utf-8"))
    return config


def _checked_config(name: str, source: Path) -> dict[str, Any]:
    """The config, once the weights match the digest in it."""
    config = _config(source)
    if _digest(*(source / file for file in _weight_files(source).values())) != config["digest"]:
        raise DamagedCheckpoint(
            "checkpoint {name!r}: the weights do not match their digest; {remedy}", name=name, remedy=_REMEDY
        )
    return config


@contextmanager
def _prediction(name: str, source: Path) -> Iterator[None]:
    """Says of a checkpoint that is not there, or cannot be read, what to do."""
    if not (source / "config.json").is_file():
        known = ", ".join(available(source.parent)) or Message("none")
        raise UnknownCheckpoint(
            "no checkpoint {name!r}; available: {known}; train it with: matgen train {name}", name=name, known=known
        )
    try:
        yield
    except DamagedCheckpoint:
        raise
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        reason = Message("{error}: {error2}", error=type(error).__name__, error2=str(error)[:80])
        raise DamagedCheckpoint(
            "checkpoint {name!r} cannot be read ({reason}); {remedy}", name=name, reason=reason, remedy=_REMEDY
        ) from None


def _full(value: Tensor) -> Tensor:
    import torch

    return value.float() if value.dtype == torch.float16 else value


def _digest(*files: Path) -> str:
    """SHA-256 of the files, one after the other."""
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _write_config(target: Path, name: str, config: Mapping[str, Any]) -> Path:
    """Writes a config with the digest of the weights beside it; returns the folder."""
    digest = _digest(*(target / file for file in _weight_files(target).values()))
    text = json.dumps({**config, "digest": digest}, indent=2, ensure_ascii=False)
    (target / name).write_text(text + "\n", encoding="utf-8")
    return target


def _save_transformers(target: Path, network: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    """Weights, config and tokenizer as transformers opens them.

    Stored as float16, opened as float32: half the file, and CPUs have no fast half precision.
    """
    target.mkdir(parents=True, exist_ok=True)
    network.half().save_pretrained(target)
    tokenizer.save_pretrained(target)
    settings = json.loads((target / "config.json").read_text(encoding="utf-8"))
    settings["dtype"] = "float32"
    (target / "config.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


# ------------------------------------------------------------------------------------------------- language models


def save_language_model(
    name: str,
    network: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    conditions: Mapping[str, Tensor],
    config: Mapping[str, Any],
    *,
    folder: Path = FOLDER,
) -> Path:
    """Writes a language model as transformers opens it, and what this project adds in files of its own.

    ``model.safetensors``, ``config.json`` and the tokenizer's files are transformers'; ``conditions.safetensors`` holds
    the embedding of the properties, ``matgen.json`` its config and the digest of both weight files.

    Args:
        name: folder name.
        network: a causal language model.
        tokenizer: its tokenizer.
        conditions: state dict of the condition embedding.
        config: JSON-serialisable.
        folder: where checkpoints live.
    """
    from safetensors.torch import save_file

    target = folder / name
    _save_transformers(target, network, tokenizer)
    extra = {key: value.detach().cpu().half().contiguous() for key, value in conditions.items()}
    save_file(extra, str(target / "conditions.safetensors"))
    return _write_config(target, "matgen.json", config)


# ------------------------------------------------------------------------------------------------------- encoders


def save_encoder(
    name: str,
    network: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    config: Mapping[str, Any],
    *,
    folder: Path = FOLDER,
) -> Path:
    """Writes an encoder as transformers opens it, with its digest and ``config`` in ``matgen.json``."""
    target = folder / name
    _save_transformers(target, network, tokenizer)
    return _write_config(target, "matgen.json", config)


def load_encoder(name: str, *, folder: Path = FOLDER) -> tuple[PreTrainedModel, PreTrainedTokenizerBase, str]:
    """An encoder, its tokenizer and the first digits of its digest.

    Raises:
        UnknownCheckpoint: where there is none of that name.
        DamagedCheckpoint: where its files do not fit together.
    """
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    source = folder / name
    with _prediction(name, source):
        digest = _checked_config(name, source)["digest"][:12]
        network = AutoModelForMaskedLM.from_pretrained(source, local_files_only=True).base_model.float()
        return network, AutoTokenizer.from_pretrained(source, local_files_only=True), digest
