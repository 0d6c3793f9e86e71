"""A user's own text within a message: quoted, short, on one line."""

from __future__ import annotations


def quote(text: object, most: int = 40) -> str:
    r"""The text in quotes, at most so many characters of it, and nothing that would break or turn round the line.

    >>> quote(" C1CC\n"), quote("A" * 50, 5)
    ("'C1CC'", "'AAAAA…'")
    """
    plain = "".join(c if c.isprintable() else "·" for c in str(text).strip()[: most + 1])
    return "'" + (plain if len(plain) <= most else f"{plain[:most]}…") + "'"
