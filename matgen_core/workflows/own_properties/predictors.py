"""Predictors that users trained, by name: on disk lies only what was trained, and which backbone it stands on."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from matgen_core.core.environment import data_path, read_environment, variable
from matgen_core.core.errors import BadInput, DamagedCheckpoint, UnknownCheckpoint, quote
from matgen_core.core.messages import Message, Verbatim, join
from matgen_core.core.records import Prediction
from matgen_core.models.adapters import apply_strategy, load_trained, merge, trained_weights
from matgen_core.models.bert import Head, HeadConfig
from matgen_core.workflows.own_properties.finetune import FinetuneConfig, Tuned, open_backbone
from matgen_core.workflows.own_properties.training_examples import clean

#: Where named predictors lie, if not in the user's data folder.
VARIABLE = variable("predictors")


def predictors_folder() -> Path:
    """``MATGEN_PREDICTORS``, or a folder in the user's data folder."""
    return read_environment().predictors or data_path("predictors")


def list_predictors() -> tuple[str, ...]:
    """Names of those that were saved."""
    folder = predictors_folder()
    return tuple(sorted(p.parent.name for p in folder.glob("*/predictor.json"))) if folder.is_dir() else ()


def save_predictor(tuned: Tuned, name: str, label: str, unit: str = "") -> Path:
    """Writes what was trained, and nothing else.

    Args:
        tuned: the predictor.
        name: letters, digits, dash and underscore; one of the same name is replaced.
        label: of the property, for a reader.
        unit: likewise.

    Raises:
        BadInput: for a name that cannot be a folder's, or a folder that cannot be written.
    """
    folder = check_place(name)
    if tuned.config.strategy == "full":  # also what lies around the encoder
        weights = {f"own.{k}": v.detach().clone() for k, v in tuned.backbone.network.named_parameters()}
    else:
        weights = {f"encoder.{k}": v for k, v in trained_weights(tuned.backbone.encoder).items()}
    weights |= {f"head.{k}": v.detach().clone() for k, v in tuned.head.state_dict().items()}
    record = {
        "kind": tuned.backbone.kind,
        "backbone": tuned.backbone.name,
        "config": asdict(tuned.config),
        "head": asdict(tuned.head.config),
        "scale": tuned.scale,
        "report": tuned.report,
        "label": label[:80],
        "unit": unit[:20],
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        save_file({k: v.contiguous() for k, v in weights.items()}, str(folder / "weights.safetensors"))
        (folder / "predictor.json").write_text(json.dumps(record, indent=1), encoding="utf-8")
    except OSError as error:
        raise unwritable(folder, error) from None
    load_predictor.cache_clear()
    return folder


def check_place(name: str) -> Path:
    """The folder of a predictor of this name; asked before the teaching, which takes its time.

    Raises:
        BadInput: for a name that cannot be a folder's, or a folder that cannot be written.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}", name):
        raise BadInput("{name} cannot be a name here; use letters, digits, - and _", name=quote(name))
    folder = predictors_folder() / name
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder.parent).close()
    except OSError as error:
        raise unwritable(folder, error) from None
    return folder


def unwritable(folder: Path, error: Exception) -> BadInput:
    """Why nothing can be kept there, and what to do."""
    return BadInput(
        "{folder} cannot be written ({error}); set {variable} to another folder",
        folder=folder,
        error=getattr(error, "strerror", None) or error,
        variable=VARIABLE,
    )


@lru_cache(maxsize=4)
def load_predictor(name: str) -> tuple[Tuned, str, str]:
    """A named predictor with its label and unit; LoRA is merged, so that it reads as fast as its backbone.

    Raises:
        UnknownCheckpoint: where there is none of that name.
        DamagedCheckpoint: where its files do not fit together, or its backbone is another one by now.
    """
    folder = predictors_folder() / name
    if name not in list_predictors():
        raise UnknownCheckpoint(
            "no predictor {name}; there are: {known}; make one with: matgen finetune FILE",
            name=quote(name),
            known=join(map(Verbatim, list_predictors()), ", ") or Message("none"),
        )
    try:
        record = json.loads((folder / "predictor.json").read_text(encoding="utf-8"))
        weights = load_file(str(folder / "weights.safetensors"))
        config = FinetuneConfig(**record["config"])
        backbone = open_backbone(str(record["kind"]), config.taught)
        if backbone.name != record["backbone"] and config.strategy != "full":
            raise DamagedCheckpoint(
                "predictor {name!r} was trained on {record}, but {backbone} is installed; train it again",
                name=name,
                record=record["backbone"],
                backbone=backbone.name,
            )
        head = Head(HeadConfig(**record["head"]), backbone.width)
        head.load_state_dict({k.removeprefix("head."): v for k, v in weights.items() if k.startswith("head.")})
        if config.strategy == "full":
            own = {k.removeprefix("own."): v for k, v in weights.items() if k.startswith("own.")}
            load_trained(backbone.network, own)
        else:
            apply_strategy(backbone.encoder, config.strategy, size=config.size, rank=config.rank)
            inner = {k.removeprefix("encoder."): v for k, v in weights.items() if k.startswith("encoder.")}
            load_trained(backbone.encoder, inner)
            if config.strategy == "lora":
                merge(backbone.encoder)
        tuned = Tuned(backbone, head, config, float(record["scale"]), dict(record["report"]))
        return tuned, str(record["label"]), str(record["unit"])
    except (OSError, KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        reason = Message("{error}: {error2}", error=type(error).__name__, error2=str(error)[:80])
        raise DamagedCheckpoint(
            "predictor {name!r} cannot be read ({reason}); train it again", name=name, reason=reason
        ) from None


def predict_with(name: str, texts: Sequence[str], column: str = "") -> list[Prediction | str]:
    """Predictions by a named predictor; a reason where a text cannot be read.

    Args:
        name: of the predictor.
        texts: of the materials.
        column: what they are: "formula", "smiles" or "cif", of which the formula is read; what it was trained on where
            empty.
    """
    tuned, label, unit = load_predictor(name)
    cleaned: list[str | None] = []
    found: list[Prediction | str] = []
    for text in texts:
        try:
            cleaned.append(clean(text, column or tuned.backbone.kind))
            found.append("")
        except BadInput as error:
            cleaned.append(None)
            found.append(str(error))
    good = [i for i, text in enumerate(cleaned) if text]
    if good:
        values, spreads = tuned.read([str(cleaned[i]) for i in good])
        method = Message(
            "{name} ({strategy} on {backbone})", name=name, strategy=tuned.config.strategy, backbone=tuned.backbone.name
        )
        for i, value, spread in zip(good, values, spreads, strict=True):
            found[i] = Prediction(label, round(float(value), 5), round(float(spread), 5), unit, method)
    return found
