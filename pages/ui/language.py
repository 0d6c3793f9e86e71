"""Every string that a reader sees passes through here, so that a catalogue can answer for it."""

from __future__ import annotations

import gettext

_CATALOGUE = gettext.NullTranslations()


def _(text: str) -> str:
    """The text in the reader's language."""
    return _CATALOGUE.gettext(text)
