"""Structure types: a space group and the positions that each element takes, whatever the elements are.

The key "227|16.0;32.1;8.0" is Fd-3m with three elements: one on a 16-fold position without a free coordinate, one on a
32-fold position with one, one on an 8-fold position without. The names are those of pymatgen's AFLOW library of
prototypes: that key is "Spinel (H1_1)". A name may have several keys, and a key that several prototypes share, which
only geometry would tell apart, has all their names.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from itertools import permutations
from math import gcd
from pathlib import Path
from typing import TypeVar

from matgen_core.chem.crystals.structure import from_structure
from matgen_core.chem.crystals.symmetry import centring, wyckoff_positions
from matgen_core.chem.formulas.formula_type import FormulaType
from matgen_core.core.errors import BadTarget, MissingReference, quote
from matgen_core.core.installation import ASSETS
from matgen_core.core.messages import join
from matgen_core.core.records import Crystal

H = TypeVar("H", bound=Hashable)
FOLDER = ASSETS / "reference"
FILE = "prototypes.json"
#: Between the names of prototypes that share a key.
_OR = " or "


@dataclass(frozen=True, slots=True)
class StructureType:
    """One structure type.

    Args:
        key: as in the table of names.
    """

    key: str

    @property
    def space_group(self) -> int:
        """1 to 230."""
        return int(self.key.split("|")[0])

    @property
    def roles(self) -> tuple[tuple[str, ...], ...]:
        """Positions of each element, as "multiplicity.free coordinates" in the conventional cell."""
        return tuple(tuple(role.split(",")) for role in self.key.split("|")[1].split(";"))

    @property
    def amounts(self) -> tuple[int, ...]:
        """Atoms of each element in the primitive cell."""
        points = centring(self.space_group)
        return tuple(sum(int(place.split(".")[0]) for place in role) // points for role in self.roles)

    @property
    def sites(self) -> int:
        """Positions that are taken."""
        return sum(map(len, self.roles))

    @property
    def formula(self) -> str:
        """Its type of formula, the elements by their amounts: "AB2C4".

        >>> StructureType("227|16.0;32.1;8.0").formula
        'AB2C4'
        """
        whole = gcd(*self.amounts)
        return "".join(
            f"{letter}{n if n > 1 else ''}"
            for letter, n in zip("ABCDEF", sorted(n // whole for n in self.amounts), strict=False)
        )

    def fits(self, pattern: FormulaType) -> bool:
        """Whether the amounts of its elements are those of a formula, or of a type of formula."""
        units, rest = divmod(sum(self.amounts), pattern.atoms)
        return not rest and sorted(self.amounts) == sorted(units * n for n in pattern.amounts)


def anonymous_type(crystal: Crystal) -> str:
    """Key of a structure type whatever its elements: space group and what positions each element takes."""
    table = wyckoff_positions(crystal.space_group)
    taken: dict[str, list[str]] = defaultdict(list)
    for site in crystal.sites:
        position = table[site.letter]
        taken[site.element].append(f"{position.multiplicity}.{position.degrees_of_freedom}")
    return f"{crystal.space_group}|{';'.join(sorted(','.join(sorted(places)) for places in taken.values()))}"


# ------------------------------------------------------------------------------------------------------------ names


def save_prototypes(folder: Path = FOLDER) -> Path:
    """Writes the names by key. The library takes seconds to load, so its names are kept beside the reference."""
    from pymatgen.analysis.prototypes import AFLOW_PROTOTYPE_LIBRARY

    found = defaultdict(set)
    for entry in AFLOW_PROTOTYPE_LIBRARY:
        key = anonymous_type(from_structure(entry["snl"].structure))
        mineral, symbol = (str(entry["tags"][tag]) for tag in ("mineral", "strukturbericht"))
        parts = [mineral, f"({symbol})" if mineral and symbol != "None" else symbol.replace("None", "")]
        name = " ".join(part for part in parts if part).strip()
        found[key].add(name.replace("$\\mu$", "μ").replace("\\'{c}", "ć").replace("\\'", "'"))
    names = {key: _OR.join(sorted(name)) for key, name in sorted(found.items()) if all(name)}
    (folder / FILE).write_text(json.dumps(names, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
    return folder / FILE


@lru_cache(maxsize=2)
def _names(folder: Path = FOLDER) -> Mapping[str, str]:
    try:
        names: dict[str, str] = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return names
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
    name = _names().get(anonymous_type(crystal))
    return None if name is None or _OR in name else name


def prototype_names(most_sites: int = 24) -> tuple[str, ...]:
    """Names that can be asked for, sorted; those of types with more sites than a generator writes are left out.

    Raises:
        MissingReference: where the table is absent or damaged.
    """
    names = {name for key, name in _names().items() if StructureType(key).sites <= most_sites}
    return tuple(sorted(names, key=str.casefold))


def types_named(text: str) -> tuple[StructureType, ...]:
    """The structure types of a name: "Spinel (H1_1)", or one part of it, "spinel" or "H1_1".

    Raises:
        BadTarget: for a name that is none, with those like it; for a part that several names have.
        MissingReference: where the table is absent or damaged.
    """
    return _types(text.strip().casefold())


@lru_cache(maxsize=500)
def _types(wanted: str) -> tuple[StructureType, ...]:
    by_name: dict[str, list[StructureType]] = defaultdict(list)
    for key, name in _names().items():
        by_name[name].append(StructureType(key))
    whole = {name.casefold(): name for name in by_name}
    if wanted in whole:
        return tuple(by_name[whole[wanted]])
    having = sorted({name for name in by_name if wanted in _parts(name)})
    if len(having) == 1:
        return tuple(by_name[having[0]])
    if having:
        raise BadTarget(
            "{text} is the name of several structure types; write one of: {names}",
            text=quote(wanted),
            names=join(having, "; "),
        )
    parts = {part: name for name in by_name for part in (name.casefold(), *_parts(name))}
    near = dict.fromkeys(parts[part] for part in get_close_matches(wanted, parts, 3, 0.5))
    raise BadTarget(
        "no structure type is called {text}; names like it: {names}",
        text=quote(wanted),
        names=join(list(near) or ["Spinel (H1_1)", "Halite, Rock Salt (B1)"], "; "),
    )


def _parts(name: str) -> set[str]:
    """The minerals and the symbol of a name: "halite", "rock salt" and "b1" of "Halite, Rock Salt (B1)"."""
    found = set()
    for one in name.casefold().split(_OR):
        mineral, _bracket, symbol = one.removesuffix(")").rpartition(" (")
        found |= {mineral, symbol, *(part.strip() for part in mineral.split(","))} if mineral else {one}
    return found - {""}


# --------------------------------------------------------------------------------------------------------- elements


def can_fill(
    amounts: Sequence[int],
    pools: Sequence[AbstractSet[str]],
    required: AbstractSet[str],
    pattern: FormulaType | None = None,
) -> bool:
    """Whether every element of a structure type can be chosen, all different.

    Args:
        amounts: atoms of each.
        pools: what each may be.
        required: elements that must be among them.
        pattern: the formula, or type of formula, that they must make.
    """
    if pattern is None:
        return _covers(pools, required)
    return any(_covers(narrowed, required) for narrowed in _as_pattern(amounts, pools, pattern))


def _as_pattern(
    amounts: Sequence[int], pools: Sequence[AbstractSet[str]], pattern: FormulaType
) -> Iterator[list[AbstractSet[str]]]:
    """The pools for each way in which the elements can take the places of a formula."""
    units, rest = divmod(sum(amounts), pattern.atoms)
    if rest or len(amounts) != len(pattern.amounts):
        return
    for way in permutations(range(len(amounts))):
        if all(n == units * pattern.amounts[place] for n, place in zip(amounts, way, strict=True)):
            named = [pattern.elements[place] for place in way]
            yield [
                pool - pattern.named if element is None else pool & {element}
                for pool, element in zip(pools, named, strict=True)
            ]


def _covers(pools: Sequence[AbstractSet[str]], required: AbstractSet[str]) -> bool:
    """Whether each pool can give an element of its own, and the required elements are all given.

    A matching that serves all pools and one that serves all required elements can be joined (Mendelsohn and Dulmage
    1958), so each is asked for alone.
    """
    hosts = [{place for place, pool in enumerate(pools) if element in pool} for element in sorted(required)]
    return _matches(pools) and _matches(hosts)


def _matches(choices: Sequence[AbstractSet[H]]) -> bool:
    """Whether each can have one of its choices that no other has (augmenting paths)."""
    owner: dict[H, int] = {}

    def give(number: int, tried: set[H]) -> bool:
        for choice in choices[number]:
            if choice not in tried:
                tried.add(choice)
                if choice not in owner or give(owner[choice], tried):
                    owner[choice] = number
                    return True
        return False

    return all(give(number, set()) for number in range(len(choices)))
