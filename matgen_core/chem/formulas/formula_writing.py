"""Formulas as chemists write them: cations by charge, then the anion; hydroxides, oxoanions and organic molecules.

pymatgen's reduced formula sorts by electronegativity and brackets what has a common factor, so it gives Pm(SiOs)2 and
Ca(HO)2. It stays the key under which formulas are compared; what a reader sees is written here. The rules are those of
IUPAC's Red Book (2005, IR-4.4 and IR-5) where they agree with use, and Hill's for organic molecules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

_GROUP_1 = ("Fr", "Cs", "Rb", "K", "Na", "Li")
_GROUP_2 = ("Ra", "Ba", "Sr", "Ca", "Mg", "Be")
_ACTINIDES = ("Ac", "Th", "Pa", "U", "Np", "Pu", "Am", "Cm")
_RARE_EARTHS = ("La", "Ce", "Pr", "Nd", "Pm", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Y", "Sc")
#: Beside anions: by usual charge from +1 to +7, within a charge the larger ion first (BiFeO3, NiTiO3, Al2TiO5).
_IN_SALTS = tuple(
    ("Ag Cu Tl Hg Pb Bi Cd Zn Ni Co Mn Fe Cr In Ga Al Sn Zr Hf Ti Ru Os Ir Rh Pd Pt Au V Nb Ta Mo W Tc Re").split()
)
#: In alloys: by the groups of the periodic table.
_IN_ALLOYS = tuple(
    ("Ti Zr Hf V Nb Ta Cr Mo W Mn Tc Re Fe Ru Os Co Rh Ir Ni Pd Pt Cu Ag Au Zn Cd Hg Al Ga In Tl Sn Pb Bi").split()
)
#: From metalloids to fluorine, as the Red Book orders them.
_TAIL = ("B", "Ge", "Si", "C", "Sb", "As", "P", "N", "Po", "H", "Te", "Se", "S", "At", "O", "I", "Br", "Cl", "F")
_NOBLE = ("Rn", "Xe", "Kr", "Ar", "Ne", "He")
_FIRST = (*_NOBLE, *_GROUP_1, *_GROUP_2, *_ACTINIDES, *_RARE_EARTHS)
_HALOGENS = ("F", "Cl", "Br", "I")
_ANIONS = frozenset(("N", "O", "S", "Se", "Te", *_HALOGENS))
_TRANSITION = frozenset(_IN_ALLOYS[: _IN_ALLOYS.index("Zn")])
#: Of fixed charge, to tell a chlorate from an oxide chloride.
_CHARGE = {
    **dict.fromkeys((*_GROUP_1, "Ag", "Tl", "H"), 1),
    **dict.fromkeys((*_GROUP_2, "Zn", "Cd", "Pb", "Hg", "Cu", "Ni", "Co", "Mn", "Fe"), 2),
    **dict.fromkeys((*_RARE_EARTHS, "Al", "Ga", "In", "Bi"), 3),
}
#: Central atom, outer atom and how many of them: bracketed where there are several beside a cation.
_POLYANIONS = frozenset(
    (centre, outer, int(count))
    for centre, outer, counts in (
        *(("N", "O", "23"), ("C", "O", "3"), ("S", "O", "34"), ("Se", "O", "34"), ("P", "O", "34"), ("As", "O", "4")),
        *(("Si", "O", "4"), ("Ge", "O", "4"), ("B", "O", "3"), ("Cl", "O", "34"), ("Br", "O", "3"), ("I", "O", "3")),
        *(("V", "O", "4"), ("Cr", "O", "4"), ("Mo", "O", "4"), ("W", "O", "4"), ("C", "N", "1")),
        *(("B", "F", "4"), ("B", "H", "4"), ("Al", "H", "4"), ("P", "F", "6"), ("As", "F", "6"), ("Sb", "F", "6")),
    )
    for count in counts
)
#: Cations of several atoms, the first of a formula where they hold all of its C, N and H.
_MOLECULAR_CATIONS = (
    ("CH3NH3", {"C": 1, "N": 1, "H": 6}),
    ("CH(NH2)2", {"C": 1, "N": 2, "H": 5}),
    ("NH4", {"N": 1, "H": 4}),
)
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
#: Symbols with numbers, in brackets where a number follows these; not within a word, a path, a name or quotes.
_IN_TEXT = re.compile(r"(?<![\w./'\"\-])(?:[A-Z][a-z]?\d*|\((?:[A-Z][a-z]?\d*)+\)\d+)+(?![A-Za-z0-9_/'\"\-])", re.ASCII)


@lru_cache(maxsize=100_000)
def write_formula(formula: str) -> str:
    """A formula in conventional order and brackets; a text that is no formula comes back as it is.

    >>> write_formula("Pm(SiOs)2"), write_formula("Ca(HO)2"), write_formula("TiPbO3"), write_formula("MnAlFe2")
    ('PmOs2Si2', 'Ca(OH)2', 'PbTiO3', 'Fe2MnAl')
    """
    from pymatgen.core import Composition

    try:
        composition = Composition(formula)
        counts = {str(element): float(amount) for element, amount in composition.items()}
    except Exception:  # pymatgen raises many kinds
        return formula
    known = {*_FIRST, *_IN_SALTS, *_TAIL}
    if not counts or not set(counts) <= known or any(amount != int(amount) for amount in counts.values()):
        return formula
    return _write({element: int(amount) for element, amount in counts.items()})


def write_subscripts(formula: str) -> str:
    """The same with its numbers lowered.

    >>> write_subscripts("Ca(HO)2")
    'Ca(OH)₂'
    """
    return write_formula(formula).translate(_LOWERED)


def write_formulas_in(text: str) -> str:
    """A sentence with its formulas in conventional order and their numbers lowered.

    A formula is known by two elements and a number, so that neither a space group (C2/c, I4) nor a word is taken for
    one. What is quoted stays as it was written.

    >>> write_formulas_in("decomposes into 0.50 TiPbO3 + 0.50 Ca(HO)2, in P6_3/mmc (mp-2657); 'Fe2O3' was written")
    "decomposes into 0.50 PbTiO₃ + 0.50 Ca(OH)₂, in P6_3/mmc (mp-2657); 'Fe2O3' was written"
    """
    return _IN_TEXT.sub(lambda found: write_subscripts(found[0]) if _is_formula(found[0]) else found[0], text)


def _is_formula(text: str) -> bool:
    elements = set(re.findall(r"[A-Z][a-z]?", text))
    return len(elements) > 1 and any(map(str.isdigit, text)) and elements <= {*_FIRST, *_IN_SALTS, *_TAIL, *_ANIONS}


def _write(counts: dict[str, int]) -> str:
    elements = set(counts)
    if {"C", "H"} <= elements <= set(_TAIL):
        return _join(sorted(counts, key=lambda e: (e != "C", e != "H", e)), counts)
    if counts == {"N": 2, "H": 4, "O": 3}:
        return "NH4NO3"
    if not elements & _ANIONS:
        return _join(_order_alloy(counts), counts)
    for text, atoms in _MOLECULAR_CATIONS:
        share = counts.get("N", 0) // atoms["N"]
        own = {"C", "N", "H"} & elements
        if share and own == set(atoms) != elements and all(counts[e] == share * atoms[e] for e in own):
            rest = {e: n for e, n in counts.items() if e not in own}
            return _bracket(text, share) + _write_salt(rest, cation=True)
    return _write_salt(counts)


def _order_alloy(counts: Mapping[str, int]) -> list[str]:
    """By group; in a Heusler compound X2YZ the transition metal that is there twice stands first."""
    order = sorted(counts, key=[*_FIRST, *_IN_ALLOYS, *_TAIL].index)
    twice = [e for e in order if counts[e] == 2 and e in _TRANSITION]
    if sorted(counts.values()) == [1, 1, 2] and twice and len(_TRANSITION & set(counts)) >= 2:
        order.sort(key=lambda e: e != twice[0])
    return order


def _write_salt(counts: Mapping[str, int], cation: bool = False) -> str:
    """Cations by charge, acid hydrogen, the central atom of an oxoanion, anions; ``cation``: one stands before."""
    order = sorted(counts, key=[*_FIRST, *_IN_SALTS, *_TAIL].index)
    metals = [e for e in order if e not in _TAIL]
    oxygen, hydrogen = counts.get("O", 0), counts.get("H", 0)
    centre = _find_centre(counts, metals, cation)
    if (
        centre is None
        and metals
        and 0 < hydrogen <= oxygen
        and set(counts) <= {*metals, "B", "O", "H", *_HALOGENS}
        and (
            hydrogen <= 4 * sum(counts[e] for e in (*metals, "B") if e in counts)  # more is water
        )
    ):
        rest = {e: n for e, n in counts.items() if e not in "OH"}
        if oxygen > hydrogen:
            rest["O"] = oxygen - hydrogen
        body = _join(sorted(rest, key=[*order].index), rest)
        return body + (_bracket("OH", hydrogen) if hydrogen > 1 else "(OH)" if "O" in rest else "OH")
    if centre is None:
        return _join(_place_anions(order, counts, metals), counts)
    inner, outer = centre
    ahead = [e for e in order if e not in (inner, outer, "H")]
    behind = [e for e in ahead if e in _HALOGENS]  # a halide beside the oxoanion, as in apatite
    ahead = [e for e in ahead if e not in behind]
    times, per = counts[inner], counts[outer] // counts[inner]
    shared = hydrogen if outer != "H" else 0
    exact = counts[outer] % times == 0 and (inner, outer, per) in _POLYANIONS
    if times > 1 and exact and shared % times == 0 and (metals or cation):
        acid = _join(["H"], {"H": shared // times}) if shared else ""
        body = _bracket(acid + inner + _join([outer], {outer: per}), times)
    else:
        body = _join([*(["H"] if shared else []), inner, outer], counts)
    return _join(ahead, counts) + body + _join(behind, counts)


def _find_centre(counts: Mapping[str, int], metals: list[str], cation: bool) -> tuple[str, str] | None:
    """Central and outer atom of the one polyanion, where there is a cation, or hydrogen as in an acid."""
    if not metals and not cation and "H" not in counts:
        return None
    found = []
    for inner, outer, per in sorted(_POLYANIONS):
        if counts.get(outer, 0) != per * counts.get(inner, 0) or inner not in counts:
            continue
        if inner in metals and (counts[inner] < 2 or metals == [inner]):
            continue
        # Where the charges say so a chlorate, iodate or nitrite: not Sr2FeO3Cl, not LaTiO2N.
        charge = sum(_CHARGE.get(e, 99) * n for e, n in counts.items() if e not in (inner, outer))
        if (inner in _HALOGENS or (inner, per) == ("N", 2)) and charge != counts[inner]:
            continue
        others = set(counts) - {*metals, inner, outer, "H", *_HALOGENS}
        if not others:
            found.append((inner, outer))
    if found:
        # Of VO4 and PO4 in one formula the nonmetal's is the anion.
        return min(found, key=lambda pair: (pair[0] in metals, pair))
    acids = [e for e in ("C", "N", "P", "As", "S", "Se", "Te") if e in counts]
    if len(acids) == 1 and "O" in counts and "H" in counts and set(counts) <= {*metals, *acids, "H", "O"}:
        return (acids[0], "O") if counts["O"] >= 2 * counts[acids[0]] else None
    return None


def _place_anions(order: list[str], counts: Mapping[str, int], metals: list[str]) -> list[str]:
    """Oxygen before the nitrogen or sulfur that is an anion beside it (TaON, La2O2S); SCN in its own order."""
    oxygen = counts.get("O", 0)
    if "O" not in counts and counts.get("S") == counts.get("C", 0) == counts.get("N", 0):
        return [*(e for e in order if e not in "SCN"), "S", "C", "N"]  # a thiocyanate
    for other, most in (("N", 3.0), ("Te", 2.0), ("Se", 2.0), ("S", 2.0)):
        heavy = [e for e in metals if e not in (*_GROUP_1, *_GROUP_2)]
        if oxygen and other in counts and heavy and oxygen <= most * counts[other] - (other == "N"):
            order = [e for e in order if e != "O"]
            order.insert(order.index(other), "O")
            break
    return order


def _join(order: list[str], counts: Mapping[str, int]) -> str:
    return "".join(f"{e}{counts[e] if counts[e] > 1 else ''}" for e in order)


def _bracket(group: str, times: int) -> str:
    return f"({group}){times}" if times > 1 else group
