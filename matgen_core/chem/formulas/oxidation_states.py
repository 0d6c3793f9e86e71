"""Known oxidation states, and the ways in which the atoms of one element can have them.

How often a state occurs is counted in the ICSD (SMACT's table of 2024), and for metals beside each anion in Davies et
al., Faraday Discuss. 211, 553 (2018); both are shipped with SMACT. pymatgen adds its list of common states.
"""

from __future__ import annotations

import json
import math
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import combinations
from pathlib import Path

#: A state is common above the first share of its element's reported states, and not known below the second.
_COMMON_SHARE, _RARE_SHARE = 0.05, 0.004
#: A metal's state beside an anion is not known below this share of the metal's compounds with it.
_BESIDE_SHARE = 0.004
#: Cost of a second state of one element, of a usual group of anions, and of other chains; others are -log of a share.
_TWO_STATES, _BONDED, _CHAINED = 1.5, 2.0, 4.0
#: Elements whose two states differ by two electrons: Pb +2 and +4. Elsewhere the two states are neighbours.
_LONE_PAIR = frozenset({"In", "Tl", "Sn", "Pb", "Sb", "Bi", "Ag", "Au", "Pd", "Pt"})
#: How much more electronegative a positive metal, or a positive non-metal, may be than what is negative beside it.
_METAL_SLACK, _SLACK = 0.30, 0.03
#: Their atoms form chains and pairs, so that a smaller charge than usual is explained: usual charge of the anion.
_ANIONS = (
    dict.fromkeys(("F", "Cl", "Br", "I", "H"), -1)
    | dict.fromkeys(("O", "S", "Se", "Te"), -2)
    | dict.fromkeys(("N", "P", "As", "Sb", "Bi", "B"), -3)
    | dict.fromkeys(("C", "Si", "Ge", "Sn"), -4)
)
#: Not fluorine and hydrogen: F2 and H2 are molecules, and no anions.
CHAINS = ("O", "S", "Se", "Te", "N", "P", "As", "Sb", "C", "Si", "Ge", "I", "Br", "Cl", "B")
#: Charge of an atom in the groups that only a formula may have: peroxide, superoxide, disulfide, azide, acetylide, I3.
_GROUPS: Mapping[str, tuple[tuple[int, int], ...]] = (
    {"O": ((-1, 1), (-1, 2)), "N": ((-1, 3),), "I": ((-1, 3),)}
    | dict.fromkeys(("S", "Se", "Te", "C"), ((-1, 1),))
    | dict.fromkeys(("P", "As", "Sb", "Si", "Ge"), ((-1, 1), (-2, 1)))
)


def signed(state: float) -> str:
    """A state as chemists write it: "+2", "−1/2"."""
    number = Fraction(state).limit_denominator(12)
    return f"{'−' if number < 0 else '+'}{abs(number)}"


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to give an element's atoms their states.

    Args:
        cost: lower is likelier.
        states: with how many atoms have each.
        rare: those that are rare, as words.
        bonded: whether bonds between these atoms are needed.
    """

    cost: float
    states: tuple[tuple[float, int], ...]
    rare: tuple[str, ...] = ()
    bonded: bool = False


@lru_cache(maxsize=1)
def _tables() -> tuple[dict[str, dict[int, float]], dict[tuple[str, str], dict[int, float]]]:
    """Shares of an element's states that are not 0, and of a metal's states beside an anion."""
    import smact

    folder = Path(smact.__file__).parent / "data"
    counts: dict[str, dict[int, float]] = {}
    for row in json.loads((folder / "oxidation_states_icsd24_counts.json").read_text(encoding="utf-8")):
        if row["oxidation_state"] and row["results_count"]:
            counts.setdefault(row["element"], {})[int(row["oxidation_state"])] = float(row["results_count"])
    for states in counts.values():
        total = sum(states.values())
        for state in states:
            states[state] /= total
    beside: dict[tuple[str, str], dict[int, float]] = {}
    for anion, metal, share in json.loads(
        (folder / "oxidation_state_probability_table.json").read_text(encoding="utf-8")
    ):
        name, state = metal.rstrip("0123456789"), metal.lstrip(string.ascii_letters)
        beside.setdefault((name, anion.rstrip("-0123456789")), {})[int(state)] = float(share)
    return counts, beside


@lru_cache(maxsize=256)
def _shares(element: str) -> tuple[dict[int, float], frozenset[int]]:
    """Share of each state that an element is known with, and which of them are common."""
    from pymatgen.core import Element

    listed = {int(s) for s in Element(element).common_oxidation_states if s}
    counted = _tables()[0].get(element, {})
    common = frozenset({s for s, share in counted.items() if share >= _COMMON_SHARE} | listed)
    shares = {s: share for s, share in counted.items() if share >= _RARE_SHARE or s in listed}
    for state in listed - set(shares):
        shares[state] = _RARE_SHARE
    return shares, common


@lru_cache(maxsize=256)
def facts(element: str) -> tuple[float, bool]:
    """Electronegativity (Pauling; 0 where there is none) and whether it is a metal."""
    import warnings

    from pymatgen.core import Element

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # noble gases have none
        record = Element(element)
        value = float(record.X)
    return (value if value == value else 0.0), bool(record.is_metal)


def may_be(positive: str, negative: str) -> bool:
    """Whether electronegativities let one be the cation of the other."""
    (own, metal), (other, other_metal) = facts(positive), facts(negative)
    slack = _METAL_SLACK if metal and not other_metal else _SLACK
    return own <= other + slack


@lru_cache(maxsize=20_000)
def cations(element: str, count: int, anion: str, common: bool) -> dict[int, Choice]:
    """Charges that the atoms of a positive element can have together, each in the cheapest way."""
    shares, usual = _shares(element)
    beside = _tables()[1].get((element, anion))
    states = {}
    for state, share in shares.items():
        if state <= 0 or (common and state not in usual):
            continue
        # A common state that the compounds with this anion do not have is rare there: Ag +2 beside Te.
        if beside is not None and sum(beside.values()) > 0 and beside.get(state, 0.0) < _BESIDE_SHARE:
            continue
        states[state] = -math.log(share)
    step = 2 if element in _LONE_PAIR else 1
    found = _share_out(states, usual, count)
    if facts(element)[1] or element in _LONE_PAIR:
        for low, high in combinations(sorted(states), 2):
            if not common or high - low == step:
                _mix(found, count, (low, states[low]), (high, states[high]), usual, high - low == step)
    return found


@lru_cache(maxsize=20_000)
def anions(element: str, count: int, common: bool, bonded: bool | None) -> dict[int, Choice]:
    """The same for a negative element; ``bonded``: whether its atoms are bonded to one another, None if not known."""
    shares, usual = _shares(element)
    least = _ANIONS.get(element)
    # States between the usual charge and 0 are not counted as states: only bonds explain them.
    states = {s: -math.log(p) for s, p in shares.items() if s < 0 and (least is None or s <= least)}
    if common:
        states = {s: cost for s, cost in states.items() if s in usual}
    found = _share_out(states, usual, count)
    if element not in CHAINS or least is None or (bonded is None and common) or bonded is False:
        return found
    groups = _group_charges(element, count)
    for charge in range(least * count + 1, 0) if bonded else groups:
        if charge not in found:
            cost = _BONDED if charge in groups else _CHAINED
            found[charge] = Choice(cost, ((charge / count, count),), (), True)
    return found


def _group_charges(element: str, count: int) -> list[int]:
    return [count * n // d for n, d in _GROUPS.get(element, ()) if count % d == 0]


def _share_out(states: Mapping[int, float], usual: Iterable[int], count: int) -> dict[int, Choice]:
    """All atoms in one state."""
    usual = frozenset(usual)
    return {
        s * count: Choice(cost, ((float(s), count),), () if s in usual else (signed(s),)) for s, cost in states.items()
    }


def _mix(
    found: dict[int, Choice],
    count: int,
    low: tuple[int, float],
    high: tuple[int, float],
    usual: Iterable[int],
    ordinary: bool,
) -> None:
    """Adds the charges of some atoms in one state (with its cost) and the others in a higher one."""
    (a, first), (b, second) = low, high
    cost = first + second + _TWO_STATES
    rare = tuple(signed(s) for s in (a, b) if s not in frozenset(usual))
    if not ordinary:
        rare = (f"{signed(a)} beside {signed(b)}",)
    for k in range(1, count):
        charge = a * k + b * (count - k)
        if charge not in found or cost < found[charge].cost:
            found[charge] = Choice(cost, ((float(a), k), (float(b), count - k)), rare)
