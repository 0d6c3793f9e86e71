"""Energies and magnetic moments of structures by CHGNet (Deng et al. 2023), read in batches. Nothing else wraps it.

CHGNet's energy minus fitted elemental references is the formation energy in the Materials Project's MP2020 scheme:
``e_form = e_chgnet - sum_i x_i mu_i``.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from matgen_core.core.errors import Cancelled

if TYPE_CHECKING:
    from pymatgen.core import Structure

METHOD = "CHGNet 0.3.0"
#: Å³ an atom. The densest training row has 5.7. Neighbours grow with density: at 0.2 one atom took 8 s and 0.7 GB.
DENSEST = 3.0
#: Angles in one pass: a pass of dense cells must fit in a laptop's memory (2.4 kB an angle).
_MOST_ANGLES = 300_000


@dataclass(frozen=True, slots=True)
class PredictedEnergy:
    """What CHGNet says of one structure.

    Args:
        energy: eV/atom, None where it failed.
        magnetic_moment: mean absolute site moment, µB/atom.
        max_site_moment: largest absolute site moment, µB.
        note: why it failed.
        features: 64 numbers of the structure: the mean over the atoms of CHGNet's last layer. None where it failed.
    """

    energy: float | None
    magnetic_moment: float | None
    max_site_moment: float | None
    note: str = ""
    features: tuple[float, ...] | None = field(default=None, repr=False)


@lru_cache(maxsize=1)
def load_chgnet() -> Any:
    """CHGNet on the CPU, loaded once (Deng et al. 2023; weights from its wheel)."""
    with contextlib.redirect_stdout(io.StringIO()):  # it announces itself at every load
        from chgnet.model import CHGNet

        model = CHGNet.load(use_device="cpu", verbose=False)
    model.graph_converter.set_isolated_atom_response("ignore")
    return model.eval()


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Computes on one thread: several round sums in another order, and a repeat would not be the same."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def predict_energies(
    structures: Sequence[Structure],
    batch_size: int = 32,
    on_progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[PredictedEnergy]:
    """Reads every structure; one that cannot be read says why and stops no other.

    Args:
        structures: any cells; the prediction does not depend on their order.
        batch_size: structures in one pass; those of similar size go together.
        on_progress: called with structures read and structures in all.
        cancelled: asked before each batch.

    Raises:
        Cancelled: where ``cancelled`` said so.
    """
    found: list[PredictedEnergy | None] = [None] * len(structures)
    order = sorted(range(len(structures)), key=lambda i: len(structures[i]))
    for start in range(0, len(order), batch_size):
        if cancelled and cancelled():
            raise Cancelled
        numbers = order[start : start + batch_size]
        for i, prediction in zip(numbers, _read_batch([structures[i] for i in numbers]), strict=True):
            found[i] = prediction
        if on_progress:
            on_progress(min(start + batch_size, len(order)), len(order))
    return [prediction if prediction is not None else _failed("not read") for prediction in found]


def _failed(reason: str) -> PredictedEnergy:
    return PredictedEnergy(None, None, None, reason)


def _read_batch(structures: Sequence[Structure]) -> list[PredictedEnergy]:
    model = load_chgnet()
    predictions: list[PredictedEnergy | None] = [None] * len(structures)
    graphs = []
    for i, structure in enumerate(structures):
        # Written so that a volume of NaN is refused as well.
        if not structure.volume >= DENSEST * len(structure):
            predictions[i] = _failed(f"too dense for CHGNet ({structure.volume / len(structure):.2g} Å³ an atom)")
            continue
        try:
            graph = model.graph_converter(structure)
        except Exception as error:  # chgnet raises bare kinds for cells it cannot turn into a graph
            predictions[i] = _failed(f"no CHGNet graph ({str(error)[:80]})")
            continue
        if graph is None or len(graph.atom_graph) == 0:
            predictions[i] = _failed("atoms are too far apart for CHGNet")
        else:
            graphs.append((i, graph))
    for (i, _), prediction in zip(graphs, _predict([graph for _, graph in graphs]), strict=True):
        predictions[i] = prediction
    return [prediction if prediction is not None else _failed("not read") for prediction in predictions]


def _predict(graphs: list[Any]) -> list[PredictedEnergy]:
    if not graphs:
        return []
    half = len(graphs) // 2
    if half and sum(len(graph.bond_graph) for graph in graphs) > _MOST_ANGLES:
        return _predict(graphs[:half]) + _predict(graphs[half:])
    try:
        # No forces are asked for, so no gradient is needed; chgnet warns of turning a tensor into a number.
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            output = load_chgnet().predict_graph(graphs, task="em", return_crystal_feas=True, batch_size=len(graphs))
    except (MemoryError, RuntimeError) as error:
        if not half:
            return [_failed(f"CHGNet failed ({str(error)[:80]})")]
        # Too much at once, or one that poisons the rest: halves find out.
        return _predict(graphs[:half]) + _predict(graphs[half:])
    if isinstance(output, dict):
        output = [output]
    return [_prediction(entry) for entry in output]


def _prediction(entry: Mapping[str, Any]) -> PredictedEnergy:
    energy, moments = float(entry["e"]), np.abs(np.asarray(entry["m"], dtype=float))
    if not np.isfinite(energy):
        return _failed("CHGNet gave no finite energy")
    features = tuple(np.asarray(entry["crystal_fea"], dtype=float).tolist())
    return PredictedEnergy(energy, float(moments.mean()), float(moments.max()), features=features)


# ------------------------------------------------------------------------------------------------------ references


def fit_references(
    compositions: Sequence[Mapping[str, float]], energies: NDArray[np.float64], formation: NDArray[np.float64]
) -> dict[str, float]:
    """Energy of each element, eV/atom, that best turns CHGNet energies into formation energies.

    A robust linear fit (iteratively reweighted, Huber's weights at 0.05 eV/atom).

    Args:
        compositions: N mappings from element to amount.
        energies: (N,) CHGNet energies, eV/atom.
        formation: (N,) formation energies, eV/atom.
    """
    elements = sorted({element for composition in compositions for element in composition})
    column = {element: j for j, element in enumerate(elements)}
    fractions = np.zeros((len(compositions), len(elements)))
    for i, composition in enumerate(compositions):
        total = sum(composition.values())
        for element, amount in composition.items():
            fractions[i, column[element]] = amount / total
    target = energies - formation
    weight: NDArray[np.float64] = np.ones(len(energies))
    solution: NDArray[np.float64] = np.zeros(len(elements))
    for _ in range(20):
        root = np.sqrt(weight)[:, None]
        solution = np.asarray(np.linalg.lstsq(fractions * root, target * root[:, 0], rcond=None)[0])
        residual = np.abs(target - fractions @ solution)
        weight = np.asarray(np.minimum(1.0, 0.05 / np.maximum(residual, 1e-9)))
    return {element: round(float(value), 5) for element, value in zip(elements, solution, strict=True)}


def formation_energy(energy: float, composition: Mapping[str, float], references: Mapping[str, float]) -> float | None:
    """Formation energy in eV/atom from CHGNet's energy in eV/atom; None where an element has no reference."""
    if any(element not in references for element in composition):
        return None
    total = sum(composition.values())
    return energy - sum(amount * references[element] for element, amount in composition.items()) / total
