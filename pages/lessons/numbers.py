"""How the lessons write numbers: three significant digits, and shares with their intervals."""

from __future__ import annotations

import re

from pages.i18n.language import _

_POWERS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def digits(value: float) -> str:
    """A positive number with three significant digits, small ones by their power of ten.

    >>> digits(22.9931), digits(0.00004036), digits(0.9583)
    ('23.0', '4.04·10⁻⁵', '0.958')
    """
    if value and abs(value) < 1e-3:
        mantissa, power = f"{value:.2e}".split("e")
        return f"{mantissa}·10{str(int(power)).translate(_POWERS)}"
    return f"{value:#.3g}".rstrip(".")


def percent(share: float, places: int = 0) -> str:
    """A share in percent, with the space that the texts write.

    >>> percent(0.6249), percent(0.0034, 2)
    ('62 %', '0.34 %')
    """
    return f"{share * 100:.{places}f} %"


def share_text(share: tuple[float, float, float]) -> str:
    """A share with the ends of its interval.

    >>> share_text((0.125, 0.064, 0.227))
    '12 % (6 to 23 %)'
    """
    middle, low, high = (f"{value * 100:.0f}" for value in share)
    return _("{middle} % ({low} to {high} %)").format(middle=middle, low=low, high=high)


def option_text(option: str) -> str:
    """An option of a question as its reader writes it; a range is written "0–2" in the code.

    >>> option_text("0–2")
    '0 to 2'
    """
    ends = re.fullmatch(r"(\d+)–(\d+)", option)
    return _("{low} to {high}").format(low=ends[1], high=ends[2]) if ends else _(option)
