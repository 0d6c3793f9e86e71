"""The one reader of formulas: exact amounts of every element that is written, or the reason why not.

Hydrates (CuSO4.5H2O, with a point, · or *), dopants (Pb0.98Na0.02Te), subscripts (Fe₂O₃), blanks (Fe2 O3), brackets and
deuterium (D2O is H2O) are read. Charges, phases, mixtures and unknown amounts are refused, each with its own reason.
Invariant: the elements of the reading are the elements of the text.
"""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm

from matgen_core.core.errors import BadInput, quote

#: Longest text that is looked at.
LONGEST = 120
#: An amount is distinguished from another to one in a million; larger whole amounts are refused.
_FINEST, _LARGEST = 10**6, 10**8
_ISOTOPES = {"D": "H", "T": "H"}
#: What joins the parts of an addition compound; a "*" and a point among them, where they can be nothing else.
_JOINS = str.maketrans(dict.fromkeys("•∙⋅・*×", "·"))
_OPEN, _CLOSE = "([{", ")]}"
_NUMBER = r"\d+(?:\.\d+)?|\.\d+"
_TOKEN = re.compile(rf"([A-Z][a-z]?)|({_NUMBER})|([(\[{{])|([)\]}}])")
_PART = re.compile(rf"(\d+/\d+|{_NUMBER})?(.*)", re.DOTALL)
#: CuSO4.5H2O, CaSO4.0.5H2O, MgCl2.6(H2O): a point before so many waters joins; only after a lone 0 it is decimal.
_WATERS = re.compile(r"(?<=[A-Za-z\d)\]}])(?<!(?<!\d)0)\.((?:\d+/\d+|\d+(?:\.\d+)?)?\(?[HD]2O\)?)(?=$|[·.])")
#: SiO2.Al2O3, and a bracket before the point: no number begins or ends there.
_LETTER = re.compile(r"\.(?=[A-Z(\[{])")
_ADDED = re.compile(r"\d\.\d+\(?(?:NH3|HCl|HF|HBr|CO2|SO2|SO3|CH3OH|C2H5OH|C2H6O|H2O2|H2SO4)\)?(?:$|[·.])")
_SYSTEM = re.compile(r"[A-Z][a-z]?(?:\s*[-−–]\s*[A-Z][a-z]?)+")
_PHASE = re.compile(
    r"\((?:s|l|g|aq|cr|am|c)\)$|^[^A-Z(\[{\d]+[-−–]|^[A-Za-z]*[a-z]{3,}[\s−–-]|[\s(][A-Za-z]*[a-z]{3,}\)?$"
)
_UNKNOWN = re.compile(r"(?:[xzδ]|(?<!D)y)(?![a-z])|(?:(?<=[.·])|^)[a-z](?=H2O)")
_CHARGE = re.compile(r"[+^]|[-−–]\)?\s*$|\d[-−–]")
_SPREADSHEET = re.compile(r"[\d.]+E[+-]?\d+|#[A-Z/\d?!]+", re.IGNORECASE)
_SUBSCRIPT = re.compile(r"\$?_\{?(\d[\d.]*)\}?\$?|<sub>(\d[\d.]*)</sub>", re.IGNORECASE)


@lru_cache(maxsize=200_000)
def _read(text: str) -> tuple[tuple[str, Fraction], ...]:
    plain = _plain(text)
    amounts: dict[str, Fraction] = {}
    for part in plain.split("·"):
        match = _PART.fullmatch(part)
        assert match is not None
        if not match[2]:
            raise BadInput(
                "{text} is not a formula: a part of it is empty; write one such as CuSO4·5H2O", text=quote(text)
            )
        times = _fraction(match[1]) if match[1] else Fraction(1)
        for element, amount in _count(match[2], text).items():
            amounts[element] = amounts.get(element, Fraction(0)) + times * amount
    if any(amount <= 0 for amount in amounts.values()):
        raise BadInput("{text} is not a formula: an amount in it is 0; leave that element out", text=quote(text))
    return tuple(amounts.items())


def read_formula(text: str) -> dict[str, Fraction]:
    """Exact amount of each element in a formula, in the order in which they are first written.

    >>> read_formula("CuSO4·5H2O") == {"Cu": 1, "S": 1, "O": 9, "H": 10}
    True

    Raises:
        BadInput: naming what in it cannot be read.
    """
    return dict(_read(str(text)))


def _plain(text: str) -> str:
    """The formula in ASCII with "·" between its parts; refuses what says more than a formula can."""
    plain = unicodedata.normalize("NFKC", text).strip().translate(_JOINS)
    shown = quote(text)
    if not plain:
        raise BadInput("the formula is empty")
    if len(plain) > LONGEST:
        raise BadInput("{shown} is not a formula: it is longer than {longest} characters", shown=shown, longest=LONGEST)
    plain = _SUBSCRIPT.sub(lambda m: m[1] or m[2], plain).replace("\u2044", "/")
    _refuse_more(plain, shown)
    if re.search(r"\d\s+[\d.]", plain):
        raise BadInput(
            "{shown} is not a formula: there is a space between two numbers; write one such as Fe2O3", shown=shown
        )
    plain = re.sub(r"\s+", "", plain)
    plain = _WATERS.sub(r"·\1", plain)
    plain = _LETTER.sub("·", plain)
    if _ADDED.search(plain):
        raise BadInput("{shown} is ambiguous; write · between its parts, as in CaCl2·6NH3", shown=shown)
    if re.search(r"[A-Za-z)\]}]\.\d", plain):
        raise BadInput("{shown} is ambiguous; write 0.5 for an amount, or · between its parts", shown=shown)
    return plain


def _refuse_more(plain: str, shown: str) -> None:
    """Raises BadInput for what is no formula at all, for phases, unknown amounts, charges and mixtures."""
    if _SPREADSHEET.fullmatch(plain):
        raise BadInput(
            "{shown} is not a formula: a spreadsheet has converted it; format its cells as text", shown=shown
        )
    if odd := re.search(r"[^\w\s.,:/+^()\[\]{}·−–-]|_", plain):
        raise BadInput(
            "{shown} is not a formula: {odd} cannot be part of one; write one such as Fe2O3",
            shown=shown,
            odd=quote(odd[0]),
        )
    if not re.search(r"[A-Z]", plain):
        raise BadInput(
            "{shown} is not a formula: symbols of elements begin with a capital letter, as in NaCl", shown=shown
        )
    if _SYSTEM.fullmatch(plain):
        raise BadInput("{shown} is not a formula but a list of elements; write amounts, such as Li3PS4", shown=shown)
    if _PHASE.search(plain):
        raise BadInput("{shown} contains the name of a phase; write only the formula, as in Fe2O3", shown=shown)
    if (unknown := _UNKNOWN.search(plain)) and not _is_symbol(plain[: unknown.end()]):
        raise BadInput("{shown} has an amount that is not a number; write it out, as in La0.7Sr0.3MnO3", shown=shown)
    if _CHARGE.search(plain):
        raise BadInput(
            "{shown} has a charge, but a material is neutral; write the whole compound, as in K4Fe(CN)6", shown=shown
        )
    if ":" in plain:
        raise BadInput("{shown} names a dopant without its amount; write it out, as in Al1.99Cr0.01O3", shown=shown)
    if re.search(r"/(?!\d)|(?<!\d)/", plain):
        raise BadInput("{shown} is a mixture of several materials; give each in a row of its own", shown=shown)
    if re.search(r"[A-Za-z]\s*,", plain):
        raise BadInput(
            "{shown} does not give the amount of each element; write them out, as in Mg1.8Fe0.2SiO4", shown=shown
        )
    if re.search(r"\d,\d", plain):
        raise BadInput("{shown} is not a formula: write its amounts with a point, as in La0.7Sr0.3MnO3", shown=shown)


def _is_symbol(begun: str) -> bool:
    """Whether a letter that may stand for an amount ends the symbol of no element instead, as in Xx2: X is none."""
    return begun[-2:-1].isupper() and begun[-2:-1] not in _symbols()


def _fraction(text: str) -> Fraction:
    try:
        exact = Fraction(text)
    except ZeroDivisionError:
        raise BadInput("{text} is not an amount: it divides by 0", text=quote(text)) from None
    near = exact.limit_denominator(_FINEST)
    # Digits that only floating point made: 1.9955999999999998 is 1.9956.
    return near if len(text) > 12 and exact and abs(near / exact - 1) < Fraction(1, 10**9) else exact


def _count(part: str, text: str) -> dict[str, Fraction]:
    """Amounts in one part, brackets and all."""
    shown, stack, closed, place = quote(text), [dict[str, Fraction]()], "", 0
    while place < len(part):
        match = _TOKEN.match(part, place)
        if match is None:
            odd = quote(part[place])
            raise BadInput(
                "{shown} is not a formula: {odd} cannot be part of one; write one such as Fe2O3", shown=shown, odd=odd
            )
        place = match.end()
        symbol, number, opens, closes = match.groups()
        if opens:
            stack.append({})
            closed += _CLOSE[_OPEN.index(opens)]
            continue
        if number or (closes and not closed.endswith(closes)) or (closes and not stack[-1]):
            odd = quote(match[0])
            raise BadInput(
                "{shown} is not a formula: {odd} is in the wrong place; write one such as Fe2O3", shown=shown, odd=odd
            )
        if closes:
            inner, closed = stack.pop(), closed[:-1]
        else:
            inner = {_element(symbol, shown): Fraction(1)}
        times = re.compile(_NUMBER).match(part, place)
        amount = _fraction(times[0]) if times else Fraction(1)
        place = times.end() if times else place
        for element, count in inner.items():
            stack[-1][element] = stack[-1].get(element, Fraction(0)) + amount * count
    if closed:
        raise BadInput("{shown} is not a formula: a bracket is not closed; write one such as Fe2O3", shown=shown)
    return stack[0]


def _element(symbol: str, shown: str) -> str:
    symbol = _ISOTOPES.get(symbol, symbol)
    if symbol not in _symbols():
        raise BadInput(
            "{shown} is not a formula: {symbol} is not an element; symbols are written as in NaCl, not NACL",
            shown=shown,
            symbol=symbol,
        )
    return symbol


@lru_cache(maxsize=1)
def _symbols() -> frozenset[str]:
    from pymatgen.core import Element

    return frozenset(element.symbol for element in Element if element.symbol not in _ISOTOPES)


def whole_amounts(text: str) -> dict[str, int]:
    """The smallest whole amounts of the elements of a formula, in exactly its ratios.

    >>> whole_amounts("Pb0.98Na0.02Te")
    {'Pb': 49, 'Na': 1, 'Te': 50}

    Raises:
        BadInput: naming what cannot be read, or where only amounts beyond a hundred million would keep the ratios.
    """
    amounts = read_formula(text)
    scale = lcm(*(amount.denominator for amount in amounts.values()))
    whole = {element: int(amount * scale) for element, amount in amounts.items()}
    common = gcd(*whole.values())
    whole = {element: amount // common for element, amount in whole.items()}
    if max(whole.values()) > _LARGEST:
        raise BadInput(
            "{text} has amounts that differ by too much or have too many digits; round them", text=quote(text)
        )
    return whole
