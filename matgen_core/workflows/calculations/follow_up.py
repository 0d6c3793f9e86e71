"""Input of the next calculations: for first-principles programs, one folder per candidate, the most instructive first.

``manifest.json`` keys every folder by the id of its candidate and keeps what was predicted, so that
:mod:`matgen_core.workflows.calculations.results` can put the results beside the predictions.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from matgen_core.core.errors import BadInput
from matgen_core.core.installation import ASSETS
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate, Crystal
from matgen_core.kinds.crystals.files.candidate_files import formula_text, to_cif
from matgen_core.kinds.crystals.files.first_principles import PROGRAMS, folder_of, write_input

#: Orders of the candidates: by how far the two potentials disagree, or as the run ranked them.
ORDERS = ("disagreement", "score")


def disagreement(candidate: Candidate[Any]) -> float | None:
    """How much a calculation would teach: the largest difference between steering and judging prediction.

    Differences are counted in units of the property's tolerance, so that energies and gaps can be compared.

    Args:
        candidate: predicted and judged.

    Returns:
        None where no second model was asked.
    """
    apart = [
        abs(prediction.value - prediction.judged.value) / PROPERTIES[key].tolerance
        for key, prediction in candidate.predictions.items()
        if prediction.value is not None and prediction.judged is not None and prediction.judged.value is not None
    ]
    return max(apart, default=None)


def choose(candidates: Sequence[Candidate[Crystal]], order: str, count: int) -> list[Candidate[Crystal]]:
    """The first so many in an order; those without a value of it come last.

    Raises:
        BadInput: for an order that is not there.
    """
    if order not in ORDERS:
        raise BadInput("there is no order {order}; use one of {orders}", order=order, orders=", ".join(ORDERS))
    if order == "score":
        return list(candidates[:count])

    def key(candidate: Candidate[Crystal]) -> tuple[bool, float]:
        apart = disagreement(candidate)
        return apart is None, -(apart or 0.0)

    return sorted(candidates, key=key)[:count]


def write_calculations(candidates: Sequence[Candidate[Crystal]], order: str = "disagreement") -> dict[str, str]:
    """Files of a folder that is computed, by their paths within it.

    A candidate that a program's input set cannot take has a file that says why.

    Args:
        candidates: in the order of :func:`choose`.
        order: of them, for the manifest.
    """
    files: dict[str, str] = {}
    for candidate in candidates:
        folder = folder_of(candidate)
        files[f"{folder}/structure.cif"] = to_cif(candidate)
        for program in PROGRAMS:
            inputs = write_input(candidate, program)
            files.update({f"{folder}/{program}/{name}": text for name, text in inputs.items()})
    entries = [_entry(candidate) for candidate in candidates]
    files["manifest.json"] = json.dumps({"order": order, "candidates": entries}, indent=1) + "\n"
    files["flows.py"] = (ASSETS / "follow_up" / "flows.py").read_text(encoding="utf-8")
    return files


def _entry(candidate: Candidate[Crystal]) -> dict[str, object]:
    predicted = {
        key: {"value": p.value, "method": str(p.method), "judge": p.judged and p.judged.value}
        for key, p in candidate.predictions.items()
    }
    return {
        "id": candidate.id,
        "folder": folder_of(candidate),
        "formula": formula_text(candidate.material),
        "disagreement": disagreement(candidate),
        "predicted": predicted,
    }
