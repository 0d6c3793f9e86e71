"""Predictors that users trained, by name: on disk lies only what was trained, and which backbone it stands on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from matgen_core.core.errors import BadInput, DamagedCheckpoint, UnknownCheckpoint, quote
from matgen_core.core.messages import Message, Verbatim, join
from matgen_core.core.records import Prediction
from matgen_core.models.adapters import apply_strategy, load_trained, merge, trained_weights
from matgen_core.models.bert import Head, HeadConfig
from matgen_core.workflows.own_properties.finetune import FinetuneConfig, Tuned, open_backbone
from matgen_core.workflows.own_properties.own_folder import check_place, list_predictors, predictors_folder, unwritable
from matgen_core.workflows.own_properties.training_examples import clean


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
