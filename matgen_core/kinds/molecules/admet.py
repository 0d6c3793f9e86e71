"""ADMET predictions by the optional package ``admet-ai``: two ensembles of five Chemprop networks, with weights.

    SMILES -> molecular graph -> five networks -> their mean     31 probabilities of classes
                                 five others  -> their mean      10 numbers

A molecule is read once: its graph is made once for the ten networks, and its predictions are kept for when it comes
again. The package states no spread, so there is none.
Reference: Swanson et al., Bioinformatics 40, btae416 (2024).
"""

from __future__ import annotations

import logging
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.molecules.molecule import canonical, parse
from matgen_core.core.admet import BY_KEY, ENDPOINTS, INSTALL, KEYS
from matgen_core.core.errors import BadInput, Cancelled
from matgen_core.core.messages import Message, Text
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate, Molecule, Prediction

_PACKAGE = "admet_ai"
#: Molecules in one pass, and molecules whose predictions are kept.
_BATCH, _KEPT = 64, 50_000
#: The predictions of one molecule in the order of ENDPOINTS, or why there are none.
Read = NDArray[np.float32] | Text

_known: OrderedDict[str, Read] = OrderedDict()
_lock = threading.Lock()


def available() -> bool:
    """Whether ``admet-ai`` is installed; it is not loaded."""
    return find_spec(_PACKAGE) is not None


def check_available() -> None:
    """Raises BadInput, with the remedy, where it is not installed."""
    if not available():
        raise BadInput("ADMET predictions need admet-ai, which is not installed; get it with: {how}", how=INSTALL)


def asked_endpoints(keys: Iterable[str], everything: bool = False) -> tuple[str, ...]:
    """Those of the properties that are endpoints; all endpoints where everything is asked for."""
    asked = set(keys)
    return tuple(key for key in KEYS if everything or key in asked)


def predict_admet(
    candidates: Sequence[Candidate[Molecule]], cancelled: Callable[[], bool] | None = None
) -> list[list[Prediction]]:
    """All endpoints of each molecule; none of a string that is no molecule.

    Args:
        candidates: to be read.
        cancelled: asked before each pass.

    Raises:
        BadInput: where ``admet-ai`` is not installed.
        Cancelled: where ``cancelled`` said so.
    """
    strings = [_canonical(candidate.material.smiles) for candidate in candidates]
    read = read_endpoints([text for text in strings if text], cancelled=cancelled)
    return [_predictions(read[text]) if text else [] for text in strings]


def add_admet(
    candidates: Sequence[Candidate[Molecule]],
    keys: Sequence[str] = KEYS,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Candidate[Molecule], ...]:
    """The same candidates with predictions of these endpoints; those that have them keep them."""
    open_ = [c for c in candidates if not all(key in c.predictions for key in keys)]
    found = {c.id: read for c, read in zip(open_, predict_admet(open_, cancelled=cancelled), strict=True)}
    return tuple(
        c.add_predictions(*(p for p in found.get(c.id, ()) if p.property in keys and p.property not in c.predictions))
        for c in candidates
    )


def read_endpoints(
    smiles: Sequence[str],
    on_progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> dict[str, Read]:
    """Predictions of molecules by their SMILES, (41,) in the order of ENDPOINTS; a reason where there are none.

    Args:
        smiles: canonical, of molecules.
        on_progress: called with molecules read and molecules in all.
        cancelled: asked before each pass.

    Raises:
        BadInput: where ``admet-ai`` is not installed.
        Cancelled: where ``cancelled`` said so.
    """
    check_available()
    with _lock:
        found = {text: _known[text] for text in smiles if text in _known}
    left = [text for text in dict.fromkeys(smiles) if text not in found]
    for first in range(0, len(left), _BATCH):
        if cancelled and cancelled():
            raise Cancelled
        part = left[first : first + _BATCH]
        found |= zip(part, _read_part(part), strict=True)
        if on_progress:
            on_progress(len(found), len(set(smiles)))
    with _lock:
        _known.update((text, found[text]) for text in left)
        while len(_known) > _KEPT:
            _known.popitem(last=False)
    return found


def _read_part(smiles: Sequence[str]) -> list[Read]:
    """One pass; where it fails each molecule alone, so that one that cannot be read does not stop the others."""
    try:
        return list(_networks()(smiles))
    except (RuntimeError, ValueError, IndexError, TypeError, AttributeError) as error:
        if len(smiles) > 1:
            return [one for text in smiles for one in _read_part([text])]
        logging.getLogger("matgen").warning("admet-ai failed on %s: %s", smiles[0], error)
        return [Message("admet-ai cannot read this molecule ({error})", error=type(error).__name__)]


class _Networks:
    """The ensembles, opened once."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of packages that it stands on
            from admet_ai import ADMETModel
            from chemprop.data import BatchMolGraph
            from chemprop.featurizers import SimpleMoleculeMolGraphFeaturizer

            opened = ADMETModel(include_physchem=False, drugbank_path=None, num_workers=0)
        self._ensembles = [[network.eval() for network in networks] for networks in opened.model_lists]
        names = [name for tasks in opened.task_lists for name in tasks]
        self._columns = [names.index(endpoint.name) for endpoint in ENDPOINTS]
        self._batch, self._graph = BatchMolGraph, SimpleMoleculeMolGraphFeaturizer()

    def __call__(self, smiles: Sequence[str]) -> NDArray[np.float32]:
        """(N, 41) means over the networks of each ensemble."""
        import torch

        graphs = [self._graph(parse(text)) for text in smiles]
        with torch.inference_mode():
            # Each network works on a batch of its own: some write into it.
            means = [
                torch.stack([network(self._batch(graphs), None, None) for network in networks]).mean(dim=0)
                for networks in self._ensembles
            ]
            whole: NDArray[np.float32] = torch.cat(means, dim=1).cpu().numpy()
        return whole[:, self._columns]


@lru_cache(maxsize=1)
def _networks() -> _Networks:
    return _Networks()


def _canonical(smiles: str) -> str:
    molecule = parse(smiles)
    return "" if molecule is None else canonical(molecule)


def _predictions(read: Read) -> list[Prediction]:
    method = Message("admet-ai {version}", version=version(_PACKAGE))
    found = []
    for i, (key, endpoint) in enumerate(BY_KEY.items()):
        unit = PROPERTIES[key].unit
        if isinstance(read, str):
            found.append(Prediction(key, None, None, unit, method, note=read))
            continue
        value = round(float(read[i]), 4)
        possible = endpoint.least <= value <= endpoint.most  # nor is NaN
        note = (
            ""
            if possible
            else Message("admet-ai predicts {value:.3g} {unit}, which is not possible", value=value, unit=unit)
        )
        found.append(Prediction(key, value if possible else None, None, unit, method, note=note))
    return found


@lru_cache(maxsize=1)
def _approved() -> dict[str, NDArray[np.float32]]:
    import pandas as pd

    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        return {}
    path = Path(spec.origin).parent / "resources" / "data" / "drugbank_approved.csv"
    table = pd.read_csv(path, usecols=[endpoint.name for endpoint in ENDPOINTS])
    return {key: table[endpoint.name].to_numpy(np.float32) for key, endpoint in BY_KEY.items()}


def approved_drugs(key: str) -> NDArray[np.float32]:
    """An endpoint of approved drugs, as the package's table of them has it, (N,); empty where it is not installed."""
    return _approved().get(key, np.zeros(0, dtype=np.float32))
