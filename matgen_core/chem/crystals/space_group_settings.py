"""Settings of the space groups: from a name, a Hall symbol or a number to the symmetry operations.

One group has several settings: axes, unique axis, cell choice, origin choice 1 or 2, hexagonal or rhombohedral axes.
The 752 of them come from the table that pymatgen carries (Crystallography Open Database, after cctbx).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.crystals.symmetry import hall_number
from matgen_core.core.errors import BadInput, quote

Array = NDArray[np.float64]

#: ICSD writes S for origin choice 1, Z for 2 (at the inversion centre), HR for hexagonal axes.
_CHOICES = {"S": "1", "Z": "2", "1": "1", "2": "2", "H": "H", "R": "R", "HR": "H", "HH": "H"}
#: Group 67 by the names of 1992 and after; the table has those before. Of group 68 it has one name for each origin.
_NEWER_NAMES = {"Cmme": "Cmma", "Aemm": "Abmm", "Bmem": "Bmcm"}
_TWO_NAMES = (("Ccce", "Ccca"), ("Aeaa", "Abaa"), ("Bbeb", "Bbcb"))
_AXES = {1: "bc", 2: "ac", 3: "ab"}
#: How far the cell may be from what the operations ask of it, as a share of the products of its lengths.
_CELL_SLACK = 0.02


@dataclass(frozen=True, eq=False)
class Setting:
    """One setting of one space group.

    Args:
        name: Hermann–Mauguin symbol with its choice, as "F d -3 m :2".
        number: 1–230; 0 where it is not known.
        choice: "1", "2" (origin), "H", "R" (axes) or "".
        operations: as "x, y, z".
    """

    name: str
    number: int
    choice: str
    operations: tuple[str, ...]

    @property
    def matrices(self) -> tuple[Array, Array]:
        """(M, 3, 3) rotations and (M, 3) translations, fractional."""
        return parse_operations(self.operations)


def parse_operation(text: str) -> tuple[list[list[int]], list[float]]:
    """Rotation and translation of one operation.

    >>> parse_operation("-y, x-y, z+1/3")
    ([[0, -1, 0], [1, -1, 0], [0, 0, 1]], [0.0, 0.0, 0.3333333333333333])

    Raises:
        BadInput: where it is none.
    """
    rotation, translation = [], []
    parts = text.replace(" ", "").lower().split(",")
    for part in parts[:3]:
        row, shift = [0, 0, 0], 0.0
        terms = re.findall(r"([+-]?)(?:([xyz])|(\d+/\d+|\d+\.?\d*|\.\d+))", part)
        if not terms or "".join("".join(term) for term in terms) != part:
            break
        for sign, axis, number in terms:
            factor = -1 if sign == "-" else 1
            if axis:
                row["xyz".index(axis)] += factor
            else:
                shift += factor * _fraction(number)
        rotation.append(row)
        translation.append(shift % 1.0)
    if len(parts) < 3 or len(rotation) < 3 or abs(round(float(np.linalg.det(rotation)))) != 1:
        raise BadInput("the symmetry operation {text} cannot be read; write it as 'x, y, z+1/2'", text=quote(text))
    return rotation, translation


def _fraction(text: str) -> float:
    """Translations are twenty-fourths, also where they are written 0.333."""
    if "/" in text:
        above, below = text.split("/")
        return float(Fraction(int(above), int(below))) if int(below) else float("nan")
    value = float(text)
    near = round(value * 24) / 24
    return near if abs(value - near) < 0.002 else value


@lru_cache(maxsize=2048)
def parse_operations(texts: tuple[str, ...]) -> tuple[Array, Array]:
    """(M, 3, 3) rotations and (M, 3) translations of a whole group, each operation once.

    Raises:
        BadInput: where one cannot be read, or where they are no group (one is missing or mistyped).
    """
    pairs = [parse_operation(text) for text in texts]
    rotations = np.array([rotation for rotation, _ in pairs], dtype=int)
    translations = np.array([translation for _, translation in pairs], dtype=float)
    if not np.isfinite(translations).all():
        raise BadInput("a symmetry operation divides by 0; write translations as 1/2")
    keys = _keys(rotations, translations)
    _, first = np.unique(keys, return_index=True)
    rotations, translations, keys = rotations[np.sort(first)], translations[np.sort(first)], keys[np.sort(first)]
    products = np.einsum("aij,bjk->abik", rotations, rotations).reshape(-1, 3, 3)
    shifts = (np.einsum("aij,bj->abi", rotations, translations) + translations[:, None]).reshape(-1, 3)
    if not np.isin(_keys(products, shifts), keys).all():
        raise BadInput(
            "the {n_keys} symmetry operations do not form a group: one is missing or mistyped; give all of them",
            n_keys=len(keys),
        )
    return rotations.astype(float), translations


def _keys(rotations: NDArray[np.int_], translations: Array) -> NDArray[np.int_]:
    """One whole number for each operation, translations to the nearest 1/720 of a cell."""
    weights = 3 ** np.arange(9)
    linear = ((rotations.reshape(len(rotations), 9) + 1) * weights).sum(axis=1)
    steps = np.round(translations * 720).astype(int) % 720
    return np.asarray(linear * 720**3 + (steps * [720**2, 720, 1]).sum(axis=1))


@lru_cache(maxsize=2048)
def group_number(texts: tuple[str, ...]) -> int:
    """Number of the space group that has these operations; 0 where spglib knows none."""
    import spglib

    rotations, translations = parse_operations(texts)
    try:
        found = spglib.get_spacegroup_type_from_symmetry(rotations.astype(np.int32), translations)
    except Exception:  # newer versions of spglib raise where older ones return None
        return 0
    return int(found.number) if found else 0


def fits_cell(rotations: Array, lattice: Array) -> bool:
    """Whether the operations keep the lengths and angles of this cell (rows are vectors, Å)."""
    metric = lattice @ lattice.T
    size = np.sqrt(np.outer(np.diag(metric), np.diag(metric)))
    kept = np.einsum("aji,jk,akl->ail", rotations, metric, rotations)
    return bool((np.abs(kept - metric) <= _CELL_SLACK * size).all())


def settings_by_name(name: str, choice: str = "") -> tuple[Setting, ...]:
    """Settings that bear this Hermann–Mauguin symbol, short, full or old; several where it does not say which.

    Args:
        name: as files write it: "P 1 21/n 1", "P2_1/n", "R -3 m :R", "F d -3 m Z", "Fd3m".
        choice: where the file has it in a place of its own ("1", "2", "h", "r").

    >>> [s.name for s in settings_by_name("P21/n")], [s.name for s in settings_by_name("F d -3 m S")]
    (['P 1 21/n 1', 'P 1 1 21/n', 'P 21/n 1 1'], ['F d -3 m :1'])
    """
    plain, own = _split_choice(name)
    found = _table().get(plain, ())
    wanted = own or _CHOICES.get(choice.strip().upper(), "")
    return tuple(s for s in found if not wanted or not s.choice or s.choice == wanted)


def settings_by_hall(symbol: str) -> tuple[Setting, ...]:
    """The setting of this Hall symbol, as "-P 2ybc"; none where the table lacks it."""
    found = _by_hall().get(_plain_hall(symbol))
    return (found,) if found else ()


def standard_settings(number: int) -> tuple[Setting, ...]:
    """The standard axes and cell choice of a group, with every origin choice, and both kinds of axes where it has two.

    >>> [s.name for s in standard_settings(227)], [s.name for s in standard_settings(14)]
    (['F d -3 m :1', 'F d -3 m :2'], ['P 1 21/c 1'])
    """
    import spglib

    if not 1 <= number <= 230:
        return ()
    symbol = spglib.get_spacegroup_type(hall_number(number)).hall_symbol
    standard = _by_hall()[_plain_hall(symbol)]
    return _table()[_split_choice(standard.name.split(":")[0])[0]]


def _split_choice(name: str) -> tuple[str, str]:
    """The symbol without blanks, and the choice that it ends with."""
    text = re.sub(r"origin\s*choice\s*", ":", name.strip(), flags=re.IGNORECASE)
    text = re.sub(r"[\s_()'\"]", "", re.sub(r"\sO([12])$", r":\1", text))
    found = re.fullmatch(r"(.+?)(?::([12SZHR]{1,2}|[hr])|(HR|HH|[SZHR]))", text)
    if found is None:
        return text[:1].upper() + text[1:].lower(), ""
    return found[1][:1].upper() + found[1][1:].lower(), _CHOICES.get((found[2] or found[3]).upper(), "")


def _plain_hall(symbol: str) -> str:
    """Blanks have a meaning here: "P 32" is P3₂ (145), "P 3 2" is P312 (149)."""
    return " ".join(symbol.replace("_", " ").split()).lower().replace("=", '"')


@lru_cache(maxsize=1)
def _all_settings() -> tuple[tuple[Setting, str], ...]:
    """Every setting of the table with its Hall symbol."""
    text = (resources.files("pymatgen.symmetry") / "symm_ops.json").read_text(encoding="utf-8")
    settings = []
    for entry in json.loads(text):
        name = " ".join(entry["universal_h_m"].split())
        choice = name.split(":")[1].strip() if ":" in name else ""
        settings.append((Setting(name, int(entry["number"]), choice, tuple(entry["symops"])), entry["hall"]))
    return tuple(settings)


@lru_cache(maxsize=1)
def _by_hall() -> dict[str, Setting]:
    return {_plain_hall(hall): setting for setting, hall in reversed(_all_settings())}


@lru_cache(maxsize=1)
def _table() -> dict[str, tuple[Setting, ...]]:
    """Every name under which a setting goes, without blanks."""
    table: dict[str, list[Setting]] = {}
    for setting, _hall in _all_settings():
        symbol = setting.name.split(":")[0].strip()
        table.setdefault(_split_choice(symbol)[0], []).append(setting)
    exact = dict(table)
    for names, settings in list(exact.items()):
        for alias in _aliases(settings[0], names):
            if alias not in exact:
                table.setdefault(alias, []).extend(s for s in settings if s not in table.get(alias, []))
    _add_full_names(table)
    for newer, older in _NEWER_NAMES.items():
        table.setdefault(newer, exact[older])
    for first, second in _TWO_NAMES:
        table[first] = table[second] = [*exact[first], *exact[second]]
    return {name: tuple(settings) for name, settings in table.items()}


def _aliases(setting: Setting, name: str) -> list[str]:
    """Short names of monoclinic groups, old names of cubic ones (Fd3m), a or b for the double glide plane e."""
    tokens = setting.name.split(":")[0].split()
    aliases = []
    if 3 <= setting.number <= 15 and "(" not in setting.name:
        aliases.append("".join(token for token in tokens if token != "1"))
    if setting.number >= 195 and "-3" in tokens:
        aliases.append(name.replace("-3", "3"))
    places = [place for place, token in enumerate(tokens) if token == "e"]
    if places:
        aliases += ["".join([*tokens[: places[0]], axis, *tokens[places[0] + 1 :]]) for axis in _AXES[places[0]]]
    return aliases


def _add_full_names(table: dict[str, list[Setting]]) -> None:
    """Full symbols, as "F 4/m -3 2/m", from spglib's table, where both tables have the same Hall symbol."""
    import spglib

    by_hall = _by_hall()
    known = set(table)
    for number in range(1, 531):
        entry = spglib.get_spacegroup_type(number)
        setting = by_hall.get(_plain_hall(entry.hall_symbol))
        name = _split_choice(entry.international_full)[0]
        if setting and name not in known:
            table.setdefault(name, []).append(setting)
