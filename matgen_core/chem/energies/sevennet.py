"""Energies of structures by SevenNet-l3i5 (Park et al. 2024), the potential that judges. Nothing else wraps it.

The network is equivariant (degree 3, five layers, cutoff 5 Å) and was trained on uncorrected PBE and PBE+U energies of
MPtrj. Only the energy is computed: the module of forces and stress is removed, so no gradient is needed. Each structure
is one pass. On CPUs a pass of several takes as long, and its sums would depend on the company.
"""

from __future__ import annotations

import hashlib
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from matgen_core.chem.energies.chgnet import DENSEST, PredictedEnergy
from matgen_core.core.errors import Cancelled, DamagedCheckpoint, MatGenError, UnknownCheckpoint
from matgen_core.core.messages import Message

if TYPE_CHECKING:
    from pymatgen.core import Structure

METHOD = "SevenNet-l3i5"
#: Å; neighbours within it exchange messages.
CUTOFF = 5.0
#: Pairs of neighbours in one pass (about 1,000 atoms); a pair takes 0.35 ms on one thread.
_MOST_PAIRS = 40_000
#: Energies kept in memory, by structure.
_KEPT = 20_000
#: SHA-256 of the checkpoint in the wheel of sevenn 0.13.0: other weights would need other references.
_DIGEST = "a7ff190d41efe5b8317a03d20a468e4036a1a3e64e0b14fdbab64ac3f4bfc09d"
_REMEDY = Message("restore it with: pip install --force-reinstall --no-deps sevenn==0.13.0")

_energies: OrderedDict[bytes, PredictedEnergy] = OrderedDict()
_lock, _loading = threading.Lock(), threading.Lock()
_loaded: list[Any] = []


def weights_file() -> Path:
    """The checkpoint that the wheel of sevenn carries.

    Raises:
        UnknownCheckpoint: where the package or its checkpoint is missing. Nothing is ever downloaded.
    """
    from importlib.util import find_spec

    spec = find_spec("sevenn")
    if spec is None or spec.origin is None:
        raise UnknownCheckpoint("{model}: the package sevenn is not installed; {remedy}", model=METHOD, remedy=_REMEDY)
    path = Path(spec.origin).parent / "pretrained_potentials" / "SevenNet_l3i5" / "checkpoint_l3i5.pth"
    if not path.is_file():
        raise UnknownCheckpoint(
            "{model}: its checkpoint {file} is missing from the package sevenn; {remedy}",
            model=METHOD,
            file=path.name,
            remedy=_REMEDY,
        )
    return path


def check_weights() -> Path:
    """The checkpoint, with its digest compared; the network is not loaded.

    Raises:
        UnknownCheckpoint: where it is missing.
        DamagedCheckpoint: where it is another than the one whose references are shipped.
    """
    path = weights_file()
    if hashlib.sha256(path.read_bytes()).hexdigest() != _DIGEST:
        raise DamagedCheckpoint(
            "{model}: {file} is not the file of sevenn 0.13.0; {remedy}", model=METHOD, file=path.name, remedy=_REMEDY
        )
    return path


def load_sevennet() -> Any:
    """The network on the CPU without its module of forces, loaded once (about 7 s), also where threads ask at once.

    Raises:
        UnknownCheckpoint: where its weights are missing or cannot be read.
        DamagedCheckpoint: where they are others.
    """
    with _loading:
        if not _loaded:
            _loaded.append(_load())
        return _loaded[0]


def _load() -> Any:
    path = check_weights()
    # The layers draw initial weights before they are loaded: the caller's random numbers stay as they were.
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from sevenn.checkpoint import SevenNetCheckpoint

            model = SevenNetCheckpoint(str(path)).build_model()
        except Exception as error:  # torch, pickle and sevenn each raise their own kinds
            reason = f"{type(error).__name__}: {str(error)[:80]}"
            raise UnknownCheckpoint(
                "{model}: {file} cannot be read ({reason}); {remedy}",
                model=METHOD,
                file=path.name,
                reason=reason,
                remedy=_REMEDY,
            ) from None
    # Its last layer computes forces and stress by a gradient, which takes longer than the energy.
    model.delete_module_by_key("force_output")
    model.key_grad = None
    model.set_is_batch_data(True)
    return model.eval()


def predict_energies(
    structures: Sequence[Structure],
    *,
    executor: Executor | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[PredictedEnergy]:
    """Reads every structure; one that cannot be read says why and stops no other.

    Args:
        structures: any cells. The energy of one depends neither on the others nor on the executor.
        executor: threads or processes that share the structures; None computes here.
        on_progress: called with structures read and structures in all.
        cancelled: asked before each structure.

    Raises:
        Cancelled: where ``cancelled`` said so.
    """
    keys = [_key(structure) for structure in structures]
    with _lock:
        found = {key: _energies[key] for key in keys if key in _energies}
    todo = {key: structure for key, structure in zip(keys, structures, strict=True) if key not in found}
    waiting: Iterable[PredictedEnergy]
    waiting = map(predict_energy, todo.values()) if executor is None else executor.map(predict_energy, todo.values())
    predictions = iter(waiting)
    for key in todo:
        if cancelled and cancelled():
            raise Cancelled
        found[key] = next(predictions)
        if on_progress:
            on_progress(len(found), len(set(keys)))
    _keep({key: found[key] for key in todo})
    return [found[key] for key in keys]


def predict_energy(structure: Structure) -> PredictedEnergy:
    """One structure; where it cannot be read, the note says why."""
    numbers = [site.specie.Z for site in structure]
    # Written so that a volume of NaN is refused as well.
    if not structure.volume >= DENSEST * len(structure):
        volume = structure.volume / len(structure)
        return _failed(Message("too dense for {model} ({volume:.2g} Å³ per atom)", model=METHOD, volume=volume))
    try:
        model = load_sevennet()
    except MatGenError as error:
        return _failed(error.message)
    if unknown := sorted({site.specie.symbol for site in structure if site.specie.Z not in model.type_map}):
        return _failed(Message("{model} was not trained on {elements}", model=METHOD, elements=", ".join(unknown)))
    try:
        first, second, images, _distances = structure.get_neighbor_list(CUTOFF)
        if len(first) == 0:
            return _failed(Message("atoms are too far apart for {model}", model=METHOD))
        if len(first) > _MOST_PAIRS:
            return _failed(
                Message(
                    "too large for {model} ({pairs:,} pairs of neighbours, at most {most:,})",
                    model=METHOD,
                    pairs=len(first),
                    most=_MOST_PAIRS,
                )
            )
        places = structure.cart_coords
        vectors = places[second] + images @ structure.lattice.matrix - places[first]
        energy = _predict(model, numbers, np.stack([first, second]), vectors) / len(numbers)
    except (MemoryError, RuntimeError, ValueError) as error:
        return _failed(Message("{model} failed ({reason})", model=METHOD, reason=str(error)[:80]))
    if not np.isfinite(energy):
        return _failed(Message("{model} gave no finite energy", model=METHOD))
    return PredictedEnergy(energy, None, None)


def _predict(model: Any, numbers: Sequence[int], pairs: np.ndarray[Any, Any], vectors: np.ndarray[Any, Any]) -> float:
    """Energy of one cell, eV.

    Args:
        model: from :func:`load_sevennet`.
        numbers: atomic numbers of N atoms.
        pairs: (2, P) atom and neighbour.
        vectors: (P, 3) from atom to neighbour, Å.
    """
    import sevenn._keys as keys

    atoms = torch.tensor(numbers)
    data = {
        keys.ATOMIC_NUMBERS: atoms,
        keys.NODE_FEATURE: atoms,
        keys.EDGE_IDX: torch.from_numpy(pairs.astype(np.int64)),
        keys.EDGE_VEC: torch.from_numpy(vectors).float(),
        keys.BATCH: torch.zeros(len(numbers), dtype=torch.long),
        keys.NUM_ATOMS: torch.tensor([len(numbers)]),
    }
    with torch.no_grad():
        return float(model(data)[keys.PRED_TOTAL_ENERGY])


def _failed(reason: Message) -> PredictedEnergy:
    return PredictedEnergy(None, None, None, reason)


def _key(structure: Structure) -> bytes:
    """Hash of cell, elements and places: the same structure gives the same."""
    digest = hashlib.blake2b(np.ascontiguousarray(structure.lattice.matrix).tobytes(), digest_size=16)
    digest.update(np.ascontiguousarray(structure.frac_coords).tobytes())
    digest.update(" ".join(str(site.specie) for site in structure).encode())
    return digest.digest()


def _keep(predictions: dict[bytes, PredictedEnergy]) -> None:
    """Keeps what was read; failures are not kept, since a remedy may follow."""
    with _lock:
        _energies.update((key, prediction) for key, prediction in predictions.items() if prediction.energy is not None)
        while len(_energies) > _KEPT:
            _energies.popitem(last=False)
