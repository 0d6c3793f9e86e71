"""Cost of a screening: seconds and peak memory for several counts; ``matgen bench screening`` writes it as JSON.

Every count runs in a process of its own, so that the peak is its own; what is written is a folder, as by the command.
"""

from __future__ import annotations

import csv
import multiprocessing
import resource
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from matgen_core.core.errors import BadInput
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.kinds.crystals.known.row_building import read_table
from matgen_core.kinds.molecules.reference import load_molecule_reference
from matgen_core.workflows.screening.candidate_files import read_files
from matgen_core.workflows.screening.folder import screen_to_folder
from matgen_core.workflows.screening.pareto import parse_objective

#: What is optimised while it is measured.
OBJECTIVES = {
    "cif": ("band_gap:max", "e_above_hull:min"),
    "formula": ("band_gap:max", "e_above_hull:min"),
    "smiles": ("logp=1:3", "sa_score:min"),
}


def time_screening(
    source: Path, counts: Sequence[int], seed: int = 0, on_progress: Callable[[str], None] = print
) -> dict[str, Any]:
    """Seconds and peak memory of screening crystals, compositions and molecules.

    Args:
        source: CSV with a ``cif`` column, from which crystals are drawn.
        counts: how many of each kind, one run each.
        seed: of the choice.
        on_progress: called with each result.

    Raises:
        BadInput: where the table has fewer rows than are asked for.
    """
    tables = {"cif": read_table(source)["cif"].to_numpy(), "formula": _formulas(), "smiles": _molecules()}
    found: dict[str, Any] = {}
    for kind, texts in tables.items():
        found[kind] = []
        for count in counts:
            if count > len(texts):
                raise BadInput(f"{count:,} rows of {kind} are asked for, {len(texts):,} are there; ask for fewer")
            rows = np.random.default_rng(seed).permutation(len(texts))[:count]
            result = measure_apart(kind, [str(texts[i]) for i in rows])
            found[kind].append(result)
            on_progress(f"{kind}: {result}")
    return found


def _formulas() -> Any:
    return np.unique(np.asarray(load_reference().hull.formulas()))


def _molecules() -> Any:
    """The reference's sample, and the same strings with a carbon before them, of which most are molecules."""
    sample = load_molecule_reference().smiles
    return np.array([*sample, *(f"C{smiles}" for smiles in sample)])


def measure_apart(kind: str, texts: Sequence[str]) -> dict[str, Any]:
    """Screens texts of one kind in a process of its own.

    Raises:
        BadInput: where that process ended without an answer, as when memory ran out.
    """
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "rows.csv"
        pd.DataFrame({"id": [f"r{i}" for i in range(len(texts))], kind: texts}).to_csv(
            table, index=False, quoting=csv.QUOTE_MINIMAL
        )
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_screen, args=(str(table), kind, theirs))
        process.start()
        theirs.close()
        try:
            answer: dict[str, Any] = ours.recv()
        except EOFError:
            raise BadInput(f"screening {len(texts):,} rows of {kind} ended early; see above why") from None
        finally:
            process.join()
    return answer


def _screen(table: str, kind: str, answer: Any) -> None:
    import warnings

    warnings.simplefilter("ignore")  # pymatgen warns of every rounded coordinate
    path = Path(table)
    objectives = [parse_objective(text) for text in OBJECTIVES[kind]]
    outcome = screen_to_folder(read_files([path]), objectives, path.parent / "out")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
    answer.send(
        {
            "rows": len(outcome.ids) + outcome.refused.total(),
            "screened": len(outcome.ids),
            "refused": outcome.refused.total(),
            "seconds": round(outcome.seconds, 1),
            "peak_mb": round(peak),
            "passed": outcome.funnel.counts[-1][1],
            "first_front": sum(f == 1 for f in outcome.fronts),
        }
    )
