"""How readily one element takes the place of another in a crystal.

    w(a, b | q) = lambda(a^q, b^q)                     seen in known crystals at charge q
    w(a, b | q) = -1 - |M(a) - M(b)| / 4, at least -5  not seen
    w(a, b)     = max over q of w(a, b | q)            where the charge is not known

lambda are the weights that Hautier et al. (2011, doi:10.1021/ic102031h) fitted to pairs of ions which replace each
other in known compounds; SMACT ships them. M is the Mendeleev number, which orders elements by their chemistry.
pymatgen's SubstitutionProbability reads the same weights and takes 3 s to be made; this table takes 20 ms.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

#: Weight of a pair that was never seen to be exchanged, as Hautier et al. set it.
NEVER = -5.0
#: Weight of an element that stays.
STAYS = 2.0
_NEIGHBOUR, _STEP = -1.0, 4.0


@lru_cache(maxsize=32)
def exchange_weights(symbols: tuple[str, ...], charge: int | None = None) -> NDArray[np.float64]:
    """(E, E) weight of each exchange, the logarithm of how often it is seen; symmetric.

    Args:
        symbols: E elements.
        charge: of the ion whose place is taken; None where it is not known, as in an intermetallic phase.

    >>> w = exchange_weights(("Fe", "Mg", "Al"), 2)
    >>> bool(w[0, 1] > w[0, 2]), float(w[0, 0])
    (True, 2.0)
    """
    from pymatgen.core import Element

    numbers = np.array([Element(symbol).mendeleev_no for symbol in symbols], dtype=float)
    apart = np.abs(numbers[:, None] - numbers[None, :])
    weights: NDArray[np.float64] = np.maximum(NEVER, _NEIGHBOUR - apart / _STEP)
    places = {symbol: place for place, symbol in enumerate(symbols)}
    for one, other, of_both, weight in _seen():
        a, b = places.get(one), places.get(other)
        if a is not None and b is not None and a != b and charge in (None, of_both):
            weights[a, b] = weights[b, a] = max(weights[a, b], weight)
    np.fill_diagonal(weights, STAYS)
    return weights


@lru_cache(maxsize=1)
def _seen() -> tuple[tuple[str, str, int, float], ...]:
    """Pairs of elements with a charge that both have and the weight."""
    from smact import data_directory

    rows = json.loads((Path(data_directory) / "lambda.json").read_text(encoding="utf-8"))
    found = []
    for one, other, weight in rows:
        (a, charge), (b, same) = _read_ion(one), _read_ion(other)
        if charge == same:
            found.append((a, b, charge, float(weight)))
    return tuple(found)


def _read_ion(text: str) -> tuple[str, int]:
    """Element and charge. The file has "D1+", heavy hydrogen, too, which no table of elements here has.

    >>> _read_ion("Fe2+"), _read_ion("Cl-")
    (('Fe', 2), ('Cl', -1))
    """
    symbol = text.rstrip("+-0123456789")
    number = text[len(symbol) : -1]
    return symbol, int(number or 1) * (-1 if text.endswith("-") else 1)
