"""Known numbers of the chemical elements, as networks take them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

#: Columns of :func:`element_features` that are plain numbers of pymatgen's table.
_NUMBERS = (
    "X",
    "atomic_radius",
    "atomic_mass",
    "row",
    "group",
    "mendeleev_no",
    "ionization_energy",
    "electron_affinity",
)
_BLOCKS = ("s", "p", "d", "f")


@lru_cache(maxsize=4)
def element_features(symbols: tuple[str, ...]) -> NDArray[np.float32]:
    """(E, 17) electronegativity, radius, mass, place in the table, energies, block, valence electrons, kind of element.

    Each column has mean 0 and standard deviation 1 over the elements; what is not tabulated is 0. Source: pymatgen's
    periodic table.
    """
    from pymatgen.core import Element

    rows = []
    for symbol in symbols:
        element = Element(symbol)
        numbers = [_number(element, name) for name in _NUMBERS]
        block = [float(element.block == name) for name in _BLOCKS]
        kinds = [float(element.is_transition_metal), float(element.is_metal), float(element.is_rare_earth)]
        rows.append([*numbers, *block, *_outer_electrons(element), *kinds])
    table = np.array(rows, dtype=float)
    mean, std = np.nanmean(table, axis=0), np.nanstd(table, axis=0)
    features: NDArray[np.float32] = np.nan_to_num((table - mean) / np.maximum(std, 1e-6)).astype(np.float32)
    return features


def _number(element: object, name: str) -> float:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # noble gases have no electronegativity; it is taken as unknown
        value = getattr(element, name, None)
    return float("nan") if value is None else float(value)


def _outer_electrons(element: object) -> list[float]:
    """Electrons in the outermost s and p shells."""
    structure = getattr(element, "full_electronic_structure", [])
    outer = max(shell for shell, _, _ in structure)
    return [float(sum(n for shell, kind, n in structure if shell == outer and kind == block)) for block in ("s", "p")]


#: Groups within which one element may stand for another (the chapter's augmentation): same column of the table, with
#: lanthanides and actinides groups of their own.
@lru_cache(maxsize=4)
def substitutes(symbols: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
    """For each symbol the numbers of the others of its group, itself left out."""
    from pymatgen.core import Element

    groups = []
    for symbol in symbols:
        element = Element(symbol)
        rare = "lanthanide" if element.is_lanthanoid else "actinide" if element.is_actinoid else str(element.group)
        groups.append("H" if symbol == "H" else rare)
    return tuple(
        tuple(j for j, other in enumerate(groups) if other == group and j != i) for i, group in enumerate(groups)
    )
