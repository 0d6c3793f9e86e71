"""How the lessons write numbers: three significant digits, and shares with their intervals."""

from __future__ import annotations

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


def share_text(share: tuple[float, float, float]) -> str:
    """A share with the ends of its interval.

    >>> share_text((0.125, 0.064, 0.227))
    '12 % (6–23 %)'
    """
    middle, low, high = (f"{value * 100:.0f}" for value in share)
    return f"{middle} % ({low}–{high} %)"
