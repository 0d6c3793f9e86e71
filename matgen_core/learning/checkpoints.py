"""The only place where weights are read and written: ``model.safetensors`` beside ``config.json`` and a model card.

Never a pickle: a checkpoint is numbers and JSON. ``config.json`` carries the digest of the weights, so that a damaged
file is told apart from a wrong one before anything is drawn from it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError

from matgen_core.core.errors import DamagedCheckpoint, UnknownCheckpoint
from matgen_core.core.installation import ASSETS
from matgen_core.core.messages import Message

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
    digest = _digest(target / "model.safetensors")
    text = json.dumps({**config, "digest": digest}, indent=2, ensure_ascii=False)
    (target / "config.json").write_text(text + "\n", encoding="utf-8")
    return target


def load_checkpoint(name: str, *, folder: Path = FOLDER) -> Checkpoint:
    """Reads a checkpoint and checks its digest.

    Raises:
        UnknownCheckpoint: where there is none of that name.
        DamagedCheckpoint: where its files do not fit together.
    """
    from safetensors.torch import load_file

    source = folder / name
    if not (source / "config.json").is_file():
        known = ", ".join(available(folder)) or Message("none")
        raise UnknownCheckpoint(
            "no checkpoint {name!r}; available: {known}; train it with: matgen train {name}", name=name, known=known
        )
    remedy = "restore it with: git checkout assets/checkpoints"
    try:
        config = json.loads((source / "config.json").read_text(encoding="utf-8"))
        digest = _digest(source / "model.safetensors")
        if digest != config["digest"]:
            raise DamagedCheckpoint(
                "checkpoint {name!r}: the weights do not match their digest; {remedy}", name=name, remedy=remedy
            )
        weights = {key: _full(value) for key, value in load_file(str(source / "model.safetensors")).items()}
    except (OSError, json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, SafetensorError) as error:
        reason = Message("{error}: {error2}", error=type(error).__name__, error2=str(error)[:80])
        raise DamagedCheckpoint(
            "checkpoint {name!r} cannot be read ({reason}); {remedy}", name=name, reason=reason, remedy=remedy
        ) from None
    return Checkpoint(name, config, weights, digest[:12])


def _full(value: Tensor) -> Tensor:
    import torch

    return value.float() if value.dtype == torch.float16 else value


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


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
    target.mkdir(parents=True, exist_ok=True)
    network.half().save_pretrained(target)
    tokenizer.save_pretrained(target)
    # Stored as float16, opened as float32: half the file, and CPUs have no fast half precision.
    settings = json.loads((target / "config.json").read_text(encoding="utf-8"))
    settings["dtype"] = "float32"
    (target / "config.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    extra = {key: value.detach().cpu().half().contiguous() for key, value in conditions.items()}
    save_file(extra, str(target / "conditions.safetensors"))
    text = json.dumps({**config, "digest": _language_digest(target)}, indent=2, ensure_ascii=False)
    (target / "matgen.json").write_text(text + "\n", encoding="utf-8")
    return target


def load_language_model(name: str, *, folder: Path = FOLDER) -> Checkpoint:
    """Reads what :func:`save_language_model` wrote; weights bear the names "gpt.…" and "condition.…".

    Raises:
        UnknownCheckpoint: where there is none of that name.
        DamagedCheckpoint: where its files do not fit together.
    """
    from safetensors.torch import load_file

    source = folder / name
    if not (source / "matgen.json").is_file():
        known = ", ".join(available(folder)) or Message("none")
        raise UnknownCheckpoint(
            "no checkpoint {name!r}; available: {known}; train it with: matgen train {name}", name=name, known=known
        )
    remedy = "restore it with: git checkout assets/checkpoints"
    try:
        config = json.loads((source / "matgen.json").read_text(encoding="utf-8"))
        digest = _language_digest(source)
        if digest != config["digest"]:
            raise DamagedCheckpoint(
                "checkpoint {name!r}: the weights do not match their digest; {remedy}", name=name, remedy=remedy
            )
        files = {"gpt": "model.safetensors", "condition": "conditions.safetensors"}
        weights = {
            f"{part}.{key}": _full(value)
            for part, file in files.items()
            for key, value in load_file(str(source / file)).items()
        }
    except (OSError, json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, SafetensorError) as error:
        reason = Message("{error}: {error2}", error=type(error).__name__, error2=str(error)[:80])
        raise DamagedCheckpoint(
            "checkpoint {name!r} cannot be read ({reason}); {remedy}", name=name, reason=reason, remedy=remedy
        ) from None
    return Checkpoint(name, config, weights, digest[:12])


def _language_digest(folder: Path) -> str:
    both = (folder / "model.safetensors").read_bytes() + (folder / "conditions.safetensors").read_bytes()
    return hashlib.sha256(both).hexdigest()


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
    target.mkdir(parents=True, exist_ok=True)
    network.half().save_pretrained(target)
    tokenizer.save_pretrained(target)
    settings = json.loads((target / "config.json").read_text(encoding="utf-8"))
    settings["dtype"] = "float32"  # as for the language models
    (target / "config.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    text = json.dumps({**config, "digest": _digest(target / "model.safetensors")}, indent=2, ensure_ascii=False)
    (target / "matgen.json").write_text(text + "\n", encoding="utf-8")
    return target


def load_encoder(name: str, *, folder: Path = FOLDER) -> tuple[PreTrainedModel, PreTrainedTokenizerBase, str]:
    """An encoder, its tokenizer and the first digits of its digest.

    Raises:
        UnknownCheckpoint: where there is none of that name.
        DamagedCheckpoint: where its files do not fit together.
    """
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    source = folder / name
    if not (source / "matgen.json").is_file():
        known = ", ".join(available(folder)) or Message("none")
        raise UnknownCheckpoint(
            "no checkpoint {name!r}; available: {known}; train it with: matgen train {name}", name=name, known=known
        )
    remedy = "restore it with: git checkout assets/checkpoints"
    try:
        config = json.loads((source / "matgen.json").read_text(encoding="utf-8"))
        digest = _digest(source / "model.safetensors")
        if digest != config["digest"]:
            raise DamagedCheckpoint(
                "checkpoint {name!r}: the weights do not match their digest; {remedy}", name=name, remedy=remedy
            )
        network = AutoModelForMaskedLM.from_pretrained(source, local_files_only=True).base_model.float()
        return network, AutoTokenizer.from_pretrained(source, local_files_only=True), digest[:12]
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        reason = Message("{error}: {error2}", error=type(error).__name__, error2=str(error)[:80])
        raise DamagedCheckpoint(
            "checkpoint {name!r} cannot be read ({reason}); {remedy}", name=name, reason=reason, remedy=remedy
        ) from None
