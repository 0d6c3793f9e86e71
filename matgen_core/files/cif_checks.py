"""Statements of a CIF about its own structure, against which the structure as read is checked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matgen_core.core.errors import BadInput
from matgen_core.core.messages import join
from matgen_core.files.cif_syntax import Block

#: Shares by which volume and density may differ: both are rounded, density also for the atomic masses.
_VOLUME_SLACK, _DENSITY_SLACK, _COUNT_SLACK = 0.01, 0.05, 0.01
#: g/mol and Å³ to g/cm³.
_GRAMS = 1.66053907


@dataclass(frozen=True, slots=True)
class Facts:
    """Formula sum, Z, volume and density as the file states them; None or empty where it does not.

    Args:
        formula: atoms of each element in one formula unit, D and T as H.
        units: formula units in the cell (Z).
        volume: Å³.
        density: g/cm³, calculated by the authors from the cell content.
    """

    formula: dict[str, float]
    units: float | None
    volume: float | None
    density: float | None

    @property
    def elements(self) -> frozenset[str]:
        """Elements of the formula sum."""
        return frozenset(self.formula)

    @property
    def units_are_known(self) -> bool:
        """Whether the number of atoms in the cell is stated, so that the structure read can be checked by it."""
        return bool(self.formula) and bool(self.units)

    def is_whole_cell(self, counts: Counter[str]) -> bool:
        """Whether the formula sum is the content of the cell itself, atom by atom."""
        return {e: float(n) for e, n in counts.items()} == self.formula

    def check_volume(self, volume: float) -> None:
        """Raises BadInput where the cell has another volume (Å³) than the file says."""
        if self.volume and abs(volume - self.volume) > _VOLUME_SLACK * self.volume:
            raise BadInput(
                "the lengths and angles of the cell give {volume:.4g} Å³, the file says {volume2:g} Å³; check them",
                volume=volume,
                volume2=self.volume,
            )

    def check(self, elements: Sequence[str], isotopes: Sequence[str], lattice: NDArray[np.float64]) -> None:
        """Raises BadInput, naming the difference, where the atoms of the cell are not those that the file states."""
        counts = Counter(elements)
        if self.formula:
            self._check_elements(counts)
            self._check_units(counts)
        if self.density:
            read = _mass(elements, isotopes) * _GRAMS / float(abs(np.linalg.det(lattice)))
            if abs(read - self.density) > _DENSITY_SLACK * self.density:
                raise BadInput(
                    "the density of the cell as read ({write}) is {read:.2f} g/cm³, the file says {density:g}; "
                    "an atom or the setting is wrong",
                    write=_write(counts),
                    read=read,
                    density=self.density,
                )

    def _check_elements(self, counts: Counter[str]) -> None:
        missing, extra = sorted(self.elements - set(counts)), sorted(set(counts) - self.elements)
        if missing:
            raise BadInput(
                "{missing} of the formula sum {write} is missing from the atom sites ({write2} was read); give "
                "all atoms",
                missing=join(missing, ", "),
                write=_write(self.formula),
                write2=_write(counts),
            )
        if extra:
            raise BadInput(
                "{extra} was read, but is not in the formula sum {write}",
                extra=join(extra, ", "),
                write=_write(self.formula),
            )

    def _check_units(self, counts: Counter[str]) -> None:
        ratios = {element: counts[element] / amount for element, amount in self.formula.items()}
        low, high = min(ratios.values()), max(ratios.values())
        if high - low > _COUNT_SLACK * high:
            raise BadInput(
                "{write} was read, the formula sum of the file is {write2}",
                write=_write(counts),
                write2=_write(self.formula),
            )
        units = sum(ratios.values()) / len(ratios)
        whole = round(units)
        stated = self.units
        if whole < 1 or abs(units - whole) > _COUNT_SLACK * units:
            raise BadInput(
                "{write} was read, which is {units:.3g} times the formula sum {write2}; an atom or the setting "
                "is wrong",
                write=_write(counts),
                units=units,
                write2=_write(self.formula),
            )
        # pymatgen writes the content of the cell as the formula sum, and Z as units of the reduced formula.
        # One atom of an element that pymatgen counts in pairs (O, H, N) gets Z = 0, which states nothing.
        if stated and whole != stated and not (whole == 1 and stated == _reduced_units(counts)):
            raise BadInput(
                "{write} was read, which is {whole} times the formula sum {write2}; the file says Z = {stated:g}",
                write=_write(counts),
                whole=whole,
                write2=_write(self.formula),
                stated=stated,
            )


def read_facts(block: Block) -> Facts:
    """What the block states.

    Raises:
        BadInput: where a value is not a number.
    """
    return Facts(
        _formula(block.text("_chemical_formula_sum")),
        block.number("_cell_formula_units_z"),
        block.number("_cell_volume"),
        block.number("_exptl_crystal_density_diffrn"),
    )


def _formula(text: str) -> dict[str, float]:
    """Amounts of each element; empty where the formula has variables or parts that cannot be read."""
    plain = text.replace("'", " ").replace(",", " ").strip()
    if not re.fullmatch(r"(?:[A-Z][a-z]?\s*(?:\d+\.?\d*|\.\d+)?\s*)+(?:\d?[+-])?", plain):
        return {}
    counts: Counter[str] = Counter()
    for symbol, amount in re.findall(r"([A-Z][a-z]?)\s*(\d+\.?\d*|\.\d+)?", plain):
        counts["H" if symbol in ("D", "T") else symbol] += float(amount or 1)  # type: ignore[assignment]
    return {symbol: float(amount) for symbol, amount in counts.items() if amount > 0}


def _mass(elements: Sequence[str], isotopes: Sequence[str]) -> float:
    from pymatgen.core import Element

    heavy = {"D": 2.014, "T": 3.016}
    return sum(heavy.get(i) or float(Element(e).atomic_mass) for e, i in zip(elements, isotopes, strict=True))


def _reduced_units(counts: Counter[str]) -> float:
    from pymatgen.core import Composition

    return float(Composition(dict(counts)).get_reduced_formula_and_factor()[1])


def _write(counts: Counter[str] | dict[str, float]) -> str:
    return " ".join(f"{element}{amount:g}" if amount != 1 else element for element, amount in sorted(counts.items()))
