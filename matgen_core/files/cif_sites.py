"""The atom sites of a CIF block: which element, where, and whether the site is full."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from matgen_core.core.errors import BadInput, quote
from matgen_core.files.cif_syntax import MISSING, Block, number_of

#: Labels that stand for an atom with hydrogens, which have no place of their own in the file.
_WITH_HYDROGEN = ("OH", "OW", "WAT", "HOH", "H2O", "NH")
#: An occupancy this near 1 is 1, also where no uncertainty is given.
_FULL_SLACK = 0.002


@dataclass(frozen=True, slots=True)
class AtomSite:
    """One fully occupied site.

    Args:
        label: as the file calls it.
        element: symbol; D and T are H.
        isotope: "D" or "T", else "".
        position: (3,) fractional.
    """

    label: str
    element: str
    isotope: str
    position: tuple[float, float, float]


def read_sites(block: Block, formula: Iterable[str]) -> list[AtomSite]:
    """The sites of a block.

    Args:
        block: the data block.
        formula: elements of the file's formula sum, which tell what a label such as CO1 is; empty where unknown.

    Raises:
        BadInput: for a site that names no element, has no place, or is not full.
    """
    labels, types = block.column("_atom_site_label"), block.column("_atom_site_type_symbol")
    labels = labels or types
    axes = [block.column(f"_atom_site_fract_{axis}") for axis in "xyz"]
    if not all(axes) or not labels:
        raise _why_no_sites(block)
    occupancies = block.column("_atom_site_occupancy") or ["1"] * len(labels)
    flags = block.column("_atom_site_calc_flag") or [""] * len(labels)
    hydrogens = block.column("_atom_site_attached_hydrogens") or ["0"] * len(labels)
    known, sites = frozenset(formula), []
    for i, label in enumerate(labels):
        if flags[i].lower().startswith("dum") or not _occupied(label, occupancies[i]):
            continue
        symbol = _element_of(label, types[i] if types else "", known)
        if hydrogens[i] not in MISSING and number_of(hydrogens[i])[0] > 0:
            raise BadInput(
                "{label} has attached hydrogens without a position; give the position of H", label=quote(label)
            )
        position = tuple(_coordinate(label, axis[i]) for axis in axes)
        isotope = symbol if symbol in ("D", "T") else ""
        sites.append(AtomSite(label, "H" if isotope else symbol, isotope, (position[0], position[1], position[2])))
    if not types and (not known or "H" in known):
        _check_hydrogens(sites)
    return sites


def _why_no_sites(block: Block) -> BadInput:
    if any(tag.startswith(("_atom_site_cartn", "_atom_site_group_pdb")) for tag in block.values):
        return BadInput(
            "the CIF gives Cartesian coordinates, as mmCIF of the Protein Data Bank does; give fractional ones "
            "(_atom_site_fract_x, _y, _z)"
        )
    return BadInput(
        "the CIF cannot be read: it has no atom sites with fractional coordinates (_atom_site_fract_x, _y, _z)"
    )


def _occupied(label: str, text: str) -> bool:
    """True for a full site, False for an empty one. An occupancy that is not given is 1 (CIF core dictionary)."""
    if text in MISSING or not text:
        return True
    value, uncertainty = number_of(text)
    if value == 0:
        return False
    if abs(value - 1) <= max(_FULL_SLACK, uncertainty):
        return True
    if value > 1 or value < 0:
        raise BadInput("the occupancy of {label} is {value:g}; it runs from 0 to 1", label=quote(label), value=value)
    raise BadInput(
        "the structure is disordered: the occupancy of {label} is {value:g}; give an ordered "
        "structure (one element on each site)",
        label=quote(label),
        value=value,
    )


def _coordinate(label: str, text: str) -> float:
    if text in MISSING:
        raise BadInput(
            "{label} has no position in the file ({text} as a coordinate); give one",
            label=quote(label),
            text=quote(text),
        )
    value, uncertainty = number_of(text)
    return value if uncertainty else snap(value, text)


def snap(value: float, text: str) -> float:
    """Thirds, sixths and twelfths that were cut to a few digits, made exact; others as they are.

    >>> [round(snap(float(text), text), 5) for text in ("0.333", "0.6667", "-0.17", "0.3331", "0.3")]
    [0.33333, 0.66667, -0.16667, 0.3331, 0.3]
    """
    digits = len(re.sub(r"[eE(].*", "", text).partition(".")[2])
    if not 2 <= digits <= 6:
        return value
    near = round(value * 12) / 12
    unit = 0.5 if digits == 2 else 1.0  # 0.6666 is two thirds, cut and not rounded
    return near if round(near * 12) % 3 and abs(value - near) <= unit * 10.0**-digits + 1e-12 else value


# ---------------------------------------------------------------------------------------------------------- elements


@lru_cache(maxsize=1)
def _symbols() -> frozenset[str]:
    from pymatgen.core import Element

    return frozenset(element.symbol for element in Element) | {"D", "T"}


def _element_of(label: str, type_symbol: str, formula: frozenset[str]) -> str:
    """The element of a site: by its type symbol, else by its label; the formula decides where several are possible."""
    by_type = bool(type_symbol) and type_symbol not in MISSING
    text = type_symbol if by_type else label
    found = re.match(r"[A-Za-z]+", text)
    letters = found[0] if found else ""
    possible = _possible(letters, whole=by_type)
    fitting = [symbol for symbol in possible if not formula or symbol in formula or _as_hydrogen(symbol) in formula]
    if not possible or (not by_type and letters.upper().startswith("WAT")):
        raise BadInput(
            "{text} of site {label} is not an element; give _atom_site_type_symbol (one atom per site)",
            text=quote(text),
            label=quote(label),
        )
    if not fitting:
        raise BadInput(
            "site {label} reads as {possible}, which is not in the formula sum of the file; give "
            "_atom_site_type_symbol",
            label=quote(label),
            possible=possible[0],
        )
    if len(fitting) > 1 and letters[1:2].isupper():
        raise BadInput(
            "the label {label} may be {fitting} or {fitting2}; give _atom_site_type_symbol",
            label=quote(label),
            fitting=fitting[0],
            fitting2=fitting[1],
        )
    return fitting[0]


def _possible(letters: str, whole: bool) -> list[str]:
    """Elements that the letters may stand for, the likeliest first; ``whole``: nothing but the symbol is written."""
    two, one = letters[:2].capitalize(), letters[:1].upper()
    if whole:
        return [symbol for symbol in [letters.capitalize()] if symbol in _symbols()]
    return [symbol for symbol in dict.fromkeys((two, one)) if symbol in _symbols()]


def _as_hydrogen(symbol: str) -> str:
    return "H" if symbol in ("D", "T") else symbol


def _check_hydrogens(sites: list[AtomSite]) -> None:
    """Raises BadInput for labels such as OW and OH where no hydrogen is listed."""
    if any(site.element == "H" for site in sites):
        return
    for site in sites:
        letters = re.match(r"[A-Za-z]+[0-9]?[A-Za-z]?", site.label)
        if site.element in "ON" and letters and letters[0].upper().startswith(_WITH_HYDROGEN):
            raise BadInput(
                "site {label} stands for atoms with hydrogen, and H has no position; give it",
                label=quote(site.label),
            )
