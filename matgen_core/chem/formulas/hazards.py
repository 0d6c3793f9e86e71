"""Cost, supply and hazards of a composition: prices, concentration of production, toxic and radioactive elements.

Toxic: elements restricted by the EU's RoHS directive 2011/65/EU (Pb, Cd, Hg; Cr only as Cr(VI)), or whose compounds
are IARC group 1 carcinogens (As, Be, Cd, Cr(VI), Ni), or acutely toxic in category 1 or 2 under the CLP regulation (Tl,
Os as OsO4). What holds for one oxidation state or compound only is a caution, not a rejection: a reading of the
composition cannot tell it. Radioactive: elements without a stable isotope (CIAAW); bismuth, whose half-life is 2e19
years, is not among them. Recyclability is not shown: no sourced indicator by composition is at hand.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from matgen_core.core.messages import Message, join
from matgen_core.core.records import Verdict

if TYPE_CHECKING:
    from pymatgen.core import Composition

#: Element: why it is rejected where toxic elements are.
TOXIC = {
    "Pb": "restricted by RoHS, toxic to reproduction",
    "Cd": "restricted by RoHS, IARC group 1",
    "Hg": "restricted by RoHS, acutely toxic",
    "As": "compounds IARC group 1",
    "Be": "IARC group 1",
    "Tl": "acutely toxic",
}
#: Element: what to watch for, without a rejection.
CAUTION = {
    "Cr": "Cr(VI) is restricted by RoHS and IARC group 1",
    "Ni": "nickel compounds are IARC group 1 when inhaled",
    "Co": "cobalt salts are IARC group 2A",
    "Os": "OsO4 is acutely toxic",
    "Sb": "Sb(III) is IARC group 2A",
    "Se": "toxic at small doses",
}
RADIOACTIVE = frozenset({"Tc", "Pm", "Po", "At", "Rn", "Fr", "Ra", "Ac", "Th", "Pa", "U", "Np", "Pu"})


#: Sc, Y and the lanthanides (IUPAC).
RARE_EARTHS = frozenset(
    {"Sc", "Y", "La", "Ce", "Pr", "Nd", "Pm", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu"}
)
#: mg per kg of Earth's crust; elements that are scarcer (In, Te, Ag, Au, Pt, …) are not called abundant.
ABUNDANT = 1.0


def check_hazards(elements: Iterable[str], *, toxic: bool = False, radioactive: bool = False) -> Verdict:
    """Verdict "hazards": whether what is toxic or radioactive is in it.

    Args:
        elements: of the composition.
        toxic: whether toxic elements are allowed.
        radioactive: whether radioactive elements are allowed.
    """
    found = sorted(set(elements))
    bad = [Message("{element}: {why}", element=e, why=TOXIC[e]) for e in found if e in TOXIC]
    hot = [Message("{element}: no stable isotope", element=e) for e in found if e in RADIOACTIVE]
    notes = [Message("caution, {element}: {why}", element=e, why=CAUTION[e]) for e in found if e in CAUTION]
    rejected = bool((bad and not toxic) or (hot and not radioactive))
    reason = join([*bad, *hot, *notes]) or Message("no toxic or radioactive element")
    return Verdict("hazards", not rejected, reason)


def groups_left_out(
    elements: Iterable[str],
    asked: Collection[str],
    *,
    toxic: bool = False,
    radioactive: bool = False,
    rare_earths: bool = False,
    scarce: bool = False,
) -> frozenset[str]:
    """Elements to leave out; what is asked for by name stays.

    Args:
        elements: those that there are.
        asked: elements that are asked for by name.
        toxic: whether to leave out toxic elements.
        radioactive: whether to leave out radioactive elements.
        rare_earths: whether to leave out rare earths.
        scarce: whether to leave out those with less than ABUNDANT in Earth's crust.
    """
    out = frozenset(TOXIC if toxic else ()) | (RADIOACTIVE if radioactive else frozenset())
    out |= RARE_EARTHS if rare_earths else frozenset()
    out |= frozenset(filter(is_scarce, elements)) if scarce else frozenset()
    return (out & frozenset(elements)) - frozenset(asked)


@lru_cache(maxsize=200)
def is_scarce(element: str) -> bool:
    """Whether Earth's crust has less of it than ABUNDANT, or nobody knows how much.

    >>> is_scarce("In"), is_scarce("Zn")
    (True, False)
    """
    scarcest = _scarcest([element])
    return scarcest is None or scarcest[1] < ABUNDANT


@dataclass(frozen=True, slots=True)
class Supply:
    """What a composition takes from the market and the crust.

    Args:
        price: USD/kg of the elements, the cheapest mixture of what is sold; None where one of them has no price.
        production: Herfindahl-Hirschman index of production, by mass; above 2,500 a few countries hold it.
        reserve: the same of reserves.
        scarcest: the element of which the crust holds least, and how much (mg/kg); None where that is not known.
    """

    price: float | None
    production: float | None
    reserve: float | None
    scarcest: tuple[str, float] | None


@lru_cache(maxsize=20_000)
def read_supply(formula: str) -> Supply:
    """Price (pymatgen's table), HHI (Gaultois et al. 2013) and crustal abundance (SMACT's table) of a formula."""
    from pymatgen.core import Composition

    composition = Composition(formula)
    return Supply(_price(composition), *_hhi(composition), _scarcest([str(e) for e in composition]))


@lru_cache(maxsize=20_000)
def explain_supply(formula: str) -> dict[str, Message]:
    """Why a number of :func:`read_supply` is None, by the field: the elements of which the tables know nothing.

    >>> str(explain_supply("TcO2")["production"]), explain_supply("NaCl")
    ('the HHI of Tc is not known', {})
    """
    from pymatgen.core import Composition

    found, elements = read_supply(formula), [str(e) for e in Composition(formula)]
    single = {element: read_supply(element) for element in elements}

    def lacking(field: str) -> str:
        return ", ".join(e for e in elements if getattr(single[e], field) is None) or formula

    reasons = {
        "price": Message("the price of {elements} is not known", elements=lacking("price")),
        "production": Message("the HHI of {elements} is not known", elements=lacking("production")),
        "reserve": Message("the HHI of the reserves of {elements} is not known", elements=lacking("reserve")),
        "scarcest": Message("the crustal abundance of {elements} is not known", elements=lacking("scarcest")),
    }
    return {field: reason for field, reason in reasons.items() if getattr(found, field) is None}


def _price(composition: Composition) -> float | None:
    """Of its elements, by mass; what pymatgen's CostAnalyzer finds among elements, without its phase diagrams."""
    prices = _prices()
    if any(str(element) not in prices for element in composition):
        return None
    return float(sum(composition.get_wt_fraction(element) * prices[str(element)] for element in composition))


@lru_cache(maxsize=1)
def _prices() -> dict[str, float]:
    """USD/kg by element: the table of pymatgen's CostDBElements, whose module would load matplotlib."""
    table = files("pymatgen.analysis").joinpath("costdb_elements.csv").read_text(encoding="utf-8")
    return {row[0]: float(row[1]) for row in csv.reader(table.splitlines(), quotechar="|")}


def _hhi(composition: object) -> tuple[float | None, float | None]:
    from pymatgen.analysis.hhi import HHIModel

    production, reserve = HHIModel().get_hhi(composition)
    return (None if production is None else float(production)), (None if reserve is None else float(reserve))


def _scarcest(elements: list[str]) -> tuple[str, float] | None:
    import smact

    amounts: dict[str, float] = {}
    for element in elements:
        try:
            amount = smact.Element(element).crustal_abundance
        except NameError:
            return None
        if amount is None:
            return None
        amounts[element] = float(amount)
    scarcest = min(amounts, key=lambda element: amounts[element])
    return scarcest, amounts[scarcest]
