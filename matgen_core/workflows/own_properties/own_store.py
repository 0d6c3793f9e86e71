"""Store of what users made, by name: own properties and tuned generators, in the folder of their predictors.

NAME/target.json                        rows, values, halves and kernel of an own property
NAME/tuned.json, tuned.safetensors      a tuned copy of a generator, and on which weights it stands
"""

from __future__ import annotations

import copy as copying
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from matgen_core.core.errors import BadTarget, DamagedCheckpoint, UnknownCheckpoint, quote
from matgen_core.core.goals import Target
from matgen_core.core.messages import Message, Verbatim, from_record, is_record, join, to_record
from matgen_core.kinds.protocol import Brief
from matgen_core.kinds.registry import load_kind
from matgen_core.learning.gaussian_process import GaussianProcess, rebuild_kernel
from matgen_core.models.adapters import load_trained
from matgen_core.workflows.own_properties.own_folder import check_place, predictors_folder, unwritable
from matgen_core.workflows.own_properties.own_targets import OwnPredictor, OwnTarget, Validation, views_of
from matgen_core.workflows.own_properties.training_examples import Examples
from matgen_core.workflows.tuning.tuner import Tuning

_TARGET, _TUNED, _WEIGHTS = "target.json", "tuned.json", "tuned.safetensors"


def list_targets() -> tuple[str, ...]:
    """Names of the own properties that are kept."""
    return _names(_TARGET)


def list_copies() -> tuple[str, ...]:
    """Names of the tuned generators that are kept."""
    return _names(_TUNED)


def generators_of(kind: str) -> tuple[str, ...]:
    """Names of the tuned or trained generators of a kind; one whose record cannot be read is left out."""
    found = []
    for name in list_copies():
        try:
            record = json.loads((predictors_folder() / name / _TUNED).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if record.get("kind") == kind:
            found.append(name)
    return tuple(found)


def _names(file: str) -> tuple[str, ...]:
    folder = predictors_folder()
    return tuple(sorted(p.parent.name for p in folder.glob(f"*/{file}"))) if folder.is_dir() else ()


# -------------------------------------------------------------------------------------------------- own properties


def save_target(own: OwnTarget) -> Path:
    """Writes an own property under its name; one of the same name is replaced.

    Raises:
        BadInput: for a name that cannot be a folder's, or a folder that cannot be written.
    """
    check = own.validation
    record = {
        "label": own.label[:80],
        "unit": own.unit[:20],
        "kind": own.examples.kind,
        "texts": list(own.examples.texts),
        "values": own.examples.values.tolist(),
        "steers": own.steers.tolist(),
        "seed": own.seed,
        "kernel": own.steering.process.kernel.numbers(),
        "scale": own.steering.scale,
        "domain": own.steering.domain,
        "predicted": check.predicted.tolist(),
        "guessed": check.guessed.tolist(),
        "inside": list(check.inside),
        "groups": check.groups,
        "notes": [to_record(note) if isinstance(note, Message) else note for note in own.notes],
    }
    return _write(own.name, _TARGET, record)


def load_target(name: str) -> OwnTarget:
    """An own property by its name, trained again on its rows, which takes a second for a thousand rows.

    Raises:
        UnknownCheckpoint: where there is none of that name.
        DamagedCheckpoint: where its file cannot be read.
    """
    if name not in list_targets():
        raise UnknownCheckpoint(
            "no property of your own is called {name}; there are: {known}; make one with: matgen own train FILE",
            name=quote(name),
            known=join(map(Verbatim, list_targets()), ", ") or Message("none"),
        )
    file = predictors_folder() / name / _TARGET
    return _load_target(name, file, file.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _load_target(name: str, file: Path, _changed: int) -> OwnTarget:
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        examples = Examples(record["kind"], tuple(record["texts"]), np.array(record["values"], dtype=np.float32))
        steers = np.array(record["steers"], dtype=bool)
        views = views_of(examples.kind, examples.texts)
        kernel = rebuild_kernel(views, record["kernel"])
        halves = []
        for half in (steers, ~steers):
            rows = np.flatnonzero(half)
            process = GaussianProcess([v.rows(rows) for v in views], examples.values[rows], kernel=kernel)
            halves.append(OwnPredictor(process, len(rows), float(record["scale"]), float(record["domain"])))
        predicted, guessed = (np.array(record[key], dtype=np.float32) for key in ("predicted", "guessed"))
        one, two = record["inside"]
        validation = Validation(examples.values, predicted, guessed, (one, two), int(record["groups"]))
        notes = tuple(from_record(note) if is_record(note) else str(note) for note in record["notes"])
        label, unit, seed = str(record["label"]), str(record["unit"]), int(record["seed"])
        return OwnTarget(name, label, unit, examples, steers, halves[0], halves[1], validation, notes, seed)
    except (OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        reason = Message("{error}: {error2}", error=type(error).__name__, error2=str(error)[:80])
        raise DamagedCheckpoint(
            "your property {name} cannot be read ({reason}); train it again", name=quote(name), reason=reason
        ) from None


# ------------------------------------------------------------------------------------------------ tuned generators


@dataclass(frozen=True, eq=False)
class TunedCopy:
    """A tuned generator that was kept.

    Args:
        name: of it.
        kind: of the materials that it writes.
        network: the copy.
        prior: checkpoint that it was tuned from.
        record: goals, settings and curve as JSON has them, or on what it was trained.
    """

    name: str
    kind: str
    network: nn.Module
    prior: str
    record: Mapping[str, Any]

    @property
    def drawing(self) -> tuple[nn.Module, str]:
        """The copy and what candidates say of it: its name and the checkpoint that it was tuned or trained from."""
        how = "trained" if "trained" in self.record else "tuned"
        return self.network, f"{self.name} ({how} from {self.prior})"


def save_copy(name: str, kind: str, prior: str, tuning: Tuning, goals: Mapping[str, str]) -> Path:
    """Writes a tuned generator; one of the same name is replaced.

    Args:
        name: letters, digits, dash and underscore.
        kind: of its materials.
        prior: checkpoint that it was tuned from.
        tuning: the copy and its curve.
        goals: by property, as texts.

    Raises:
        BadInput: for a name that cannot be a folder's, or a folder that cannot be written.
    """
    record = {
        "kind": kind,
        "prior": prior,
        "goals": dict(goals),
        "settings": asdict(tuning.settings),
        "ended": tuning.ended,
        "step": tuning.step,
        "curve": [asdict(step) for step in tuning.curve],
    }
    return _write_network(name, record, tuning.network)


def save_trained(name: str, kind: str, prior: str, network: nn.Module, trained: Mapping[str, float]) -> Path:
    """Writes a generator that was trained further on the user's own materials; one of the same name is replaced.

    Args:
        name: letters, digits, dash and underscore.
        kind: of its materials.
        prior: checkpoint that the training began from.
        network: as trained.
        trained: rows, epochs, seconds and loss.

    Raises:
        BadInput: for a name that cannot be a folder's, or a folder that cannot be written.
    """
    return _write_network(name, {"kind": kind, "prior": prior, "goals": {}, "trained": dict(trained)}, network)


def _write_network(name: str, record: Mapping[str, Any], network: nn.Module) -> Path:
    folder = _write(name, _TUNED, record)
    try:
        save_file(
            {key: value.detach().cpu().contiguous().clone() for key, value in network.named_parameters()},
            str(folder / _WEIGHTS),
        )
    except (OSError, SafetensorError) as error:
        raise unwritable(folder, error) from None
    return folder


def drawing_of(kind: str, settings: object) -> tuple[nn.Module, str] | None:
    """The generator of the user's that settings name, and what candidates say of it; None for the shipped one.

    Raises:
        BadTarget: where it generates another kind of material.
        UnknownCheckpoint, DamagedCheckpoint: where it is not there or not whole.
    """
    name = getattr(settings, "generator", "").strip()
    if not name:
        return None
    kept = load_copy(name)
    if kept.kind != kind:
        raise BadTarget("{by} generates {kind}; choose another, or tune one", by=quote(name), kind=kept.kind)
    return kept.drawing


def load_copy(name: str) -> TunedCopy:
    """A tuned generator by its name.

    Raises:
        UnknownCheckpoint: where there is none of that name.
        DamagedCheckpoint: where its files do not fit, or the generator that it was tuned from is another one by now.
    """
    if name not in list_copies():
        raise UnknownCheckpoint(
            "no generator of yours is called {name}; there are: {known}; make one with: matgen train or matgen tune",
            name=quote(name),
            known=join(map(Verbatim, list_copies()), ", ") or Message("none"),
        )
    folder = predictors_folder() / name
    try:
        record = json.loads((folder / _TUNED).read_text(encoding="utf-8"))
        made = load_kind(record["kind"])
        tunable = made.tunable(Brief(Target(), Target(), 0, made.settings()))
        if tunable.checkpoint != record["prior"]:
            raise DamagedCheckpoint(
                "the generator {name} was tuned from {record}, but {checkpoint} is here; tune it again",
                name=quote(name),
                record=record["prior"],
                checkpoint=tunable.checkpoint,
            )
        network = copying.deepcopy(tunable.prior)
        load_trained(network, load_file(str(folder / _WEIGHTS)))
        return TunedCopy(name, record["kind"], network.eval(), record["prior"], record)
    except (OSError, KeyError, TypeError, RuntimeError, json.JSONDecodeError, SafetensorError) as error:
        reason = Message("{error}: {error2}", error=type(error).__name__, error2=str(error)[:80])
        raise DamagedCheckpoint(
            "the generator {name} cannot be read ({reason}); tune it again", name=quote(name), reason=reason
        ) from None


# ------------------------------------------------------------------------------------------------ export, deletion


def export(name: str) -> bytes:
    """Everything that is kept under a name, as a zip.

    Raises:
        UnknownCheckpoint: where nothing is.
    """
    folder, buffer = _folder(name), io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, f"{name}/{file.name}")
    return buffer.getvalue()


def delete(name: str) -> None:
    """Takes away everything that is kept under a name: predictor, own property, tuned generator.

    Raises:
        UnknownCheckpoint: where nothing is.
        BadInput: where it cannot be taken away.
    """
    folder = _folder(name)
    try:
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
    except OSError as error:
        raise unwritable(folder, error) from None


def _folder(name: str) -> Path:
    folder = predictors_folder() / name
    if not name or "/" in name or "\\" in name or name.startswith(".") or not folder.is_dir():
        raise UnknownCheckpoint("nothing is saved under the name {name}", name=quote(name))
    return folder


def _write(name: str, file: str, record: Mapping[str, Any]) -> Path:
    folder = check_place(name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    except OSError as error:
        raise unwritable(folder, error) from None
    return folder
