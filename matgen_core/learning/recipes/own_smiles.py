"""The SMILES generator trained further on a user's own molecules, from the shipped weights.

The result is kept under a name beside the user's tuned generators, so that pages and commands can generate with it. The
state lies in a folder of the name and of the rows: the same molecules under the same name go on where they stopped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import torch

from matgen_core.core.environment import data_path
from matgen_core.core.errors import BadInput
from matgen_core.core.messages import Message
from matgen_core.core.records import Progress
from matgen_core.kinds.molecules.generate import load_writer
from matgen_core.kinds.molecules.rows import MoleculeRows, label
from matgen_core.kinds.molecules.wide import add_rows, read_table
from matgen_core.learning.checkpoints import load_checkpoint
from matgen_core.learning.networks import build_smiles
from matgen_core.learning.recipes.smiles import NAME, build_trainer
from matgen_core.learning.trainer import TrainingConfig
from matgen_core.workflows.own_properties.own_folder import check_place
from matgen_core.workflows.own_properties.own_store import save_trained

#: Fewest molecules to train on: 4 % of them are withheld.
LEAST = 100
#: Epochs where nothing else is said: few molecules are soon known by heart.
EPOCHS = 10


@dataclass(frozen=True)
class OwnRows:
    """A user's molecules as training rows.

    Args:
        rows: those that can be learnt from.
        said: how many were kept or left out, by "kept" or the reason.
    """

    rows: MoleculeRows
    said: Counter[str]

    @property
    def digest(self) -> str:
        """Tells these rows from others."""
        return blake2b(self.rows.tokens.tobytes(), digest_size=6).hexdigest()


def read_own(source: Path, domain: str = "drug-like") -> OwnRows:
    """Reads a CSV with a column smiles, or one SMILES per line; salts lose their counter-ions.

    Args:
        source: the file; may be compressed (.gz).
        domain: what the network is told that the molecules are like.

    Raises:
        BadInput: where it cannot be read, or too few molecules are left.
    """
    rows, said = add_rows(label(()), read_table(source, domain))
    plain = Counter[str]()
    for reason, count in said.items():
        plain[reason.rpartition(": ")[2]] += count
    if len(rows) < LEAST:
        most = ", ".join(f"{reason} {count}" for reason, count in plain.most_common(3))
        raise BadInput(
            "{count} usable molecules are too few to train on; give {least} or more ({reasons})",
            count=len(rows),
            least=LEAST,
            reasons=most or Message("the file is empty"),
        )
    return OwnRows(rows, plain)


def train_own_smiles(
    name: str,
    own: OwnRows,
    *,
    epochs: int = EPOCHS,
    folder: Path | None = None,
    start: Path | None = None,
    on_epoch: Callable[[int, dict[str, float]], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Path:
    """Trains the shipped generator further, or goes on where it stopped, and keeps it under a name.

    The weights of the epoch with the lowest loss on the withheld molecules are kept.

    Args:
        name: letters, digits, dash and underscore.
        own: the molecules.
        epochs: passes over them.
        folder: of the training's state; None for one in the user's data folder.
        start: folder of checkpoints to begin from; None for the shipped ones.
        on_epoch: called after each epoch with its number and its figures.
        cancelled: asked at every step.

    Returns:
        The folder of what is kept.

    Raises:
        BadInput: for a name that cannot be a folder's, or too few molecules.
        Cancelled: where ``cancelled`` said so; the same call goes on from there.
    """
    check_place(name)
    state = folder or data_path("training") / f"{name}-{own.digest}"
    begun = load_checkpoint(NAME) if start is None else load_checkpoint(NAME, folder=start)
    training = TrainingConfig(epochs=epochs)
    trainer, _config = build_trainer(own.rows, state, training, start=begun)
    weights = trainer.run(on_epoch, cancelled)
    best = state / "best.pt"
    if best.is_file():
        weights = torch.load(best, weights_only=True)
    network = build_smiles(begun)
    network.load_state_dict(weights)
    figures = trainer.summary()
    trained = {"molecules": len(own.rows), "epochs": trainer.epoch, "loss": float(trainer.best)}
    trained["seconds"] = figures.get("seconds", 0.0)
    return save_trained(name, "molecules", load_writer()[1], network, trained)


def train_uploaded(
    report: Callable[..., None],
    stopped: Callable[[], bool],
    *,
    data: bytes,
    ending: str,
    name: str,
    domain: str,
    epochs: int,
) -> Sequence[tuple[str, int]]:
    """The same for a page, of the bytes of a file; returns how many rows were kept or left out, by reason."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"uploaded{ending}"
        path.write_bytes(data)
        own = read_own(path, domain)

    def tell(epoch: int, _figures: dict[str, float]) -> None:
        report(Progress("train", epoch, epochs))

    report(Progress("train", 0, epochs))
    train_own_smiles(name, own, epochs=epochs, on_epoch=tell, cancelled=stopped)
    return tuple(own.said.most_common())
