"""Names of structure types, with the compounds that are known by them: "Spinel (H1_1)", of MgAl2O4.

Most are those of pymatgen's AFLOW library of prototypes. A name may have several keys, and a key that several
prototypes share, which only geometry would tell apart, has all their names.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from matgen_core.chem.crystals.structure import from_structure
from matgen_core.chem.crystals.structure_types import StructureType, anonymous_type
from matgen_core.chem.formulas.formula import whole_amounts
from matgen_core.chem.formulas.formula_writing import write_formula
from matgen_core.core.errors import BadInput, BadTarget, MissingReference, quote
from matgen_core.core.installation import ASSETS
from matgen_core.core.messages import join
from matgen_core.core.records import Crystal
from matgen_core.core.typed_text import plain_text

FOLDER = ASSETS / "reference"
FILE = "prototypes.json"
#: Between the names of prototypes that share a key.
_OR = " or "
#: Prototypes of the library that it gives neither a mineral nor a symbol, by formula and space group.
_UNNAMED = {
    ("MoSi2", 139): "C11_b",
    ("ReSi2", 139): "C11_b",
    ("CaCO3", 167): "Calcite (G0_1)",
    ("LiNbO3", 167): "Calcite (G0_1)",
    ("LiNbO3", 161): "Lithium niobate",
    ("MoS2", 194): "Molybdenite (C7)",
    ("CaIn2", 194): "Molybdenite (C7)",
    ("CaCuO2", 123): "Infinite-layer cuprate",
    ("HoCoGa5", 123): "HoCoGa5",
}
#: Prototypes that the library does not have: name, space group, cell (a, c in Å), element and place of each site.
_FURTHER = (
    ("ThCr2Si2", "I4/mmm", (4.04, 10.58), (("Th", (0, 0, 0)), ("Cr", (0, 0.5, 0.25)), ("Si", (0, 0, 0.374)))),
    (
        "Elpasolite, Double Perovskite",
        "Fm-3m",
        (8.12,),
        (("K", (0.25, 0.25, 0.25)), ("Na", (0.5, 0.5, 0.5)), ("Al", (0, 0, 0)), ("F", (0.22, 0, 0))),
    ),
    ("K2PtCl6 (J1_1)", "Fm-3m", (9.74,), (("K", (0.25, 0.25, 0.25)), ("Pt", (0, 0, 0)), ("Cl", (0.24, 0, 0)))),
    (
        "Scheelite (H0_4)",
        "I4_1/a",
        (5.24, 11.38),
        (("Ca", (0, 0, 0.5)), ("W", (0, 0, 0)), ("O", (0.24, 0.15, 0.081))),
    ),
)
#: Further compounds, and other names, by which a type is known.
_KNOWN_AS = {
    "(Cubic) Perovskite (E2_1)": ("SrTiO3",),
    "Orthorhombic Perovskite": ("GdFeO3",),
    "Halite, Rock Salt (B1)": ("MgO",),
    "Zincblende, Sphalerite (B3)": ("GaAs",),
    "B12 or Wurtzite (B4)": ("GaN",),
    "Caswellsilverite (F5_1)": ("LiCoO2", "CuFeO2", "delafossite"),
    "half-Heusler (C1_b)": ("TiNiSn",),
    "H-Phase": ("MAX phase 211",),
    "MAX Phase": ("MAX phase 413",),
    "hexagonal omega structure (C32)": ("MgB2",),
    "Parent of FeAs superconductors": ("LaFeAsO",),
    "(La,Ba)CuO4": ("K2NiF4", "La2NiO4", "Ruddlesden-Popper"),
    "Elpasolite, Double Perovskite": ("Cs2AgBiCl6",),
}


@dataclass(frozen=True, slots=True)
class Prototype:
    """A named structure type.

    Args:
        name: of the mineral, or the symbol of the Strukturbericht, or both.
        known_as: compounds that have it, the prototype itself first, and other names.
    """

    name: str
    known_as: tuple[str, ...]


def save_prototypes(folder: Path = FOLDER) -> Path:
    """Writes names and compounds by key. The library takes seconds to load, so they are kept beside the reference."""
    found: defaultdict[str, tuple[set[str], dict[str, None]]] = defaultdict(lambda: (set(), {}))
    for key, name, formula in (*_library(), *_further()):
        found[key][0].add(name)
        found[key][1].setdefault(formula)
    table = {}
    for key, (every, formulas) in sorted(found.items()):
        if all(every):
            name = _OR.join(sorted(every))
            table[key] = [name, *dict.fromkeys((*formulas, *_KNOWN_AS.get(name, ())))]
    text = ",\n".join(f"{json.dumps(key)}: {json.dumps(row, ensure_ascii=False)}" for key, row in table.items())
    (folder / FILE).write_text(f"{{\n{text}\n}}\n", encoding="utf-8")
    return folder / FILE


def _library() -> Iterator[tuple[str, str, str]]:
    """Key, name and formula of each entry of the library; the name is empty where it gives none."""
    from pymatgen.analysis.prototypes import AFLOW_PROTOTYPE_LIBRARY

    for entry in AFLOW_PROTOTYPE_LIBRARY:
        structure = entry["snl"].structure
        formula = write_formula(structure.composition.reduced_formula)
        mineral, symbol = (str(entry["tags"][tag]) for tag in ("mineral", "strukturbericht"))
        parts = [mineral, f"({symbol})" if mineral and symbol != "None" else symbol.replace("None", "")]
        name = " ".join(part for part in parts if part).strip()
        name = name.replace("$\\mu$", "μ").replace("\\'{c}", "ć").replace("\\'", "'")
        crystal = from_structure(structure)
        yield anonymous_type(crystal), name or _UNNAMED.get((formula, crystal.space_group), ""), formula


def _further() -> Iterator[tuple[str, str, str]]:
    from pymatgen.core import Lattice, Structure

    for name, group, cell, sites in _FURTHER:
        lattice = Lattice.cubic(*cell) if len(cell) == 1 else Lattice.tetragonal(*cell)
        structure = Structure.from_spacegroup(group, lattice, *zip(*sites, strict=True))
        yield anonymous_type(from_structure(structure)), name, write_formula(structure.composition.reduced_formula)


@lru_cache(maxsize=2)
def _prototypes(folder: Path = FOLDER) -> Mapping[str, Prototype]:
    try:
        table: dict[str, list[str]] = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return {key: Prototype(name, tuple(known_as)) for key, (name, *known_as) in table.items()}
    except (OSError, ValueError) as error:
        raise MissingReference(
            "{folder} cannot be read ({error}); restore it with: git checkout assets/reference, or "
            "write it with: matgen data coordination",
            folder=folder / FILE,
            error=type(error).__name__,
        ) from None


def name_prototype(crystal: Crystal) -> str | None:
    """Name of a crystal's structure type; None where the library does not know it, or knows several.

    Raises:
        MissingReference: where the table is absent or damaged.
    """
    found = _prototypes().get(anonymous_type(crystal))
    return None if found is None or _OR in found.name else found.name


def prototype_names(most_sites: int = 24) -> tuple[str, ...]:
    """Names that can be asked for, sorted; those of types with more sites than a generator writes are left out.

    Raises:
        MissingReference: where the table is absent or damaged.
    """
    names = {one.name for key, one in _prototypes().items() if StructureType(key).sites <= most_sites}
    return tuple(sorted(names, key=str.casefold))


def known_as(name: str) -> str:
    """A name with what else the type is known by.

    >>> known_as("B2"), known_as("Spinel (H1_1)")
    ('B2 · CsCl', 'Spinel (H1_1) · MgAl2O4')

    Raises:
        MissingReference: where the table is absent or damaged.
    """
    words = dict.fromkeys(word for _type, one in _index().named.get(name, ()) for word in one.known_as)
    return f"{name} · {', '.join(words)}" if words else name


@dataclass(frozen=True, slots=True)
class _Index:
    """The table by name and by word.

    Args:
        named: the types of each name.
        words: the names that each word may mean, squeezed as by :func:`_squeeze`.
    """

    named: Mapping[str, Sequence[tuple[StructureType, Prototype]]]
    words: Mapping[str, Mapping[str, None]]


@lru_cache(maxsize=1)
def _index() -> _Index:
    named: dict[str, list[tuple[StructureType, Prototype]]] = defaultdict(list)
    words: dict[str, dict[str, None]] = defaultdict(dict)
    for key, one in _prototypes().items():
        named[one.name].append((StructureType(key), one))
        for word in (one.name, *_parts(one.name), *one.known_as):
            words[_squeeze(word)].setdefault(one.name)
    return _Index(dict(named), dict(words))


def types_named(text: str) -> tuple[StructureType, ...]:
    """The structure types of a name: "Spinel (H1_1)", one part of it, "spinel" or "H1_1", or a compound: "MgAl2O4".

    Raises:
        BadTarget: for a name that is none, with those like it; for a part that several names have.
        MissingReference: where the table is absent or damaged.
    """
    return _types(plain_text(text).strip())


@lru_cache(maxsize=500)
def _types(wanted: str) -> tuple[StructureType, ...]:
    named, words = _index().named, _index().words
    whole = [name for name in named if name.casefold() == wanted.casefold()]
    having = whole or sorted(words.get(_squeeze(wanted)) or words.get(_squeeze(_as_compound(wanted))) or ())
    if len(having) == 1:
        return tuple(one for one, _prototype in named[having[0]])
    if having:
        raise BadTarget(
            "{text} is the name of several structure types; write one of: {names}",
            text=quote(wanted),
            names=join(having, "; "),
        )
    near = dict.fromkeys(name for word in get_close_matches(_squeeze(wanted), words, 3, 0.5) for name in words[word])
    raise BadTarget(
        "no structure type is called {text}; names like it: {names}",
        text=quote(wanted),
        names=join(list(near)[:4] or ["Spinel (H1_1)", "Halite, Rock Salt (B1)"], "; "),
    )


def _parts(name: str) -> set[str]:
    """Parts of a name that are names: "Halite", "Rock Salt" and "B1"; "Perovskite" of "(Cubic) Perovskite (E2_1)"."""
    found = set()
    for one in name.split(_OR):
        mineral, _bracket, symbol = one.removesuffix(")").rpartition(" (")
        minerals = [part.strip() for part in (mineral or one).split(",")]
        found |= {one, symbol, mineral, *minerals, *(part.split()[-1] for part in minerals if part)}
    return found - {""}


def _squeeze(word: str) -> str:
    """A name however it is written: "rocksalt" for "Rock Salt", "l12" for "L1_2"."""
    return re.sub(r"[\s-]+|_(?=\d)", "", word.casefold())


def _as_compound(text: str) -> str:
    """A formula as the table has it: "NaCl" for "ClNa"; the text itself where it is none."""
    try:
        counts = whole_amounts(text)
    except BadInput:
        return text
    from pymatgen.core import Composition

    return write_formula(str(Composition(counts).reduced_formula))
