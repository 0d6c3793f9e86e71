"""Training rows from what was drawn: near the hull, unlike what is known and unlike one another, no drift of elements.

A generator that learns from its own samples drifts to what its steering potential likes: lanthanides, and chemical
systems of which few phases are known, where the hull says little. Their shares are held at those of the known rows.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence

import numpy as np

from matgen_core.chem.crystals.structure import reduced_formula
from matgen_core.core.records import Candidate
from matgen_core.evaluation.sampling import Sample
from matgen_core.kinds.compositions.rows import count_atoms
from matgen_core.kinds.crystals.checks.duplicates import SeenStructures
from matgen_core.kinds.crystals.files.candidate_files import to_cif
from matgen_core.kinds.crystals.known.reference import load_reference, structure_type

#: eV/atom above the hull by the steering potential, at most.
NEAR = 0.05
#: Known formulas of the very elements below which the hull says little.
_FEW = 3
LANTHANIDES = frozenset("La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu".split())


def keep_drawn(samples: Sequence[Sample], near: float = NEAR) -> list[Sample]:
    """Samples that may become training rows, in their order; the judge has no part in it.

    Args:
        samples: drawn; the steering potential's distance to the hull decides.
        near: eV/atom.
    """
    reference, seen, kept = load_reference(), SeenStructures(), list[Sample]()
    for sample in samples:
        crystal, above = sample.candidate.material, sample.candidate.value("e_above_hull")
        if above is None or above > near or reference.has_type(structure_type(crystal)):
            continue
        if seen.add(sample.candidate.id, crystal) is None:
            kept.append(sample)
    kept = limit_share(kept, _has_lanthanide, _share_known(_has_lanthanide))
    return limit_share(kept, _is_sparse, _share_known(_is_sparse))


def limit_share(samples: Sequence[Sample], is_one: Callable[[str], bool], share: float) -> list[Sample]:
    """The samples with those of one sort limited to a share of all; the first of them stay.

    Args:
        samples: in order.
        is_one: whether a reduced formula is of the sort.
        share: of all that are kept, at most.
    """
    sort = [is_one(reduced_formula(sample.candidate.material)) for sample in samples]
    others = len(sort) - sum(sort)
    most = len(sort) if share >= 1 else int(share / (1 - share) * others)
    kept, count = [], 0
    for sample, of_sort in zip(samples, sort, strict=True):
        count += of_sort
        if not of_sort or count <= most:
            kept.append(sample)
    return kept


def _has_lanthanide(formula: str) -> bool:
    return bool(LANTHANIDES & count_atoms(formula).keys())


def _is_sparse(formula: str) -> bool:
    return load_reference().hull.count_known(count_atoms(formula)) < _FEW


def _share_known(is_one: Callable[[str], bool]) -> float:
    """The share of the known rows that is of a sort."""
    formulas = load_reference().structures.formulas.tolist()
    return float(np.mean([is_one(formula) for formula in formulas]))


def rows_as_csv(samples: Sequence[Sample]) -> str:
    """A table that ``matgen data build`` reads: CIF, energies and moment by CHGNet, gap by its predictor."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(
        ["material_id", "cif", "split", "band_gap", "formation_energy_per_atom", "e_above_hull", "magmom_per_atom"]
    )
    for sample in samples:
        one: Candidate = sample.candidate
        values = [one.value(key) for key in ("band_gap", "formation_energy", "e_above_hull", "magnetic_moment")]
        cells = ["" if value is None else f"{value:.5g}" for value in values]
        writer.writerow([f"drawn-{one.id}", to_cif(one), "train", *cells])
    return buffer.getvalue()
