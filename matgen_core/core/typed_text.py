"""Text as people type it, on a Japanese keyboard or copied from a paper, in the characters that readers expect."""

from __future__ import annotations

import unicodedata

#: Minus signs and dashes, the long vowel that a Japanese keyboard types for "-", and the Japanese comma.
_SIGNS = str.maketrans({**dict.fromkeys("−–‐‑ー", "-"), "、": ","})


def plain_text(text: str) -> str:
    """The text in ASCII as far as it has another character for the same: full-width letters, digits and signs.

    >>> plain_text("Ｆｅ３＋、Ｏ２−")
    'Fe3+,O2-'
    """
    return text if text.isascii() else unicodedata.normalize("NFKC", text).translate(_SIGNS)
