"""Every string that a reader sees passes through here, so that a catalogue can answer for it."""

from __future__ import annotations

import gettext

_CATALOGUE = gettext.NullTranslations()


def _(text: str) -> str:
    """The text in the reader's language."""
    return _CATALOGUE.gettext(text) if text else ""


def ngettext(one: str, many: str, count: int) -> str:
    """The form that fits the count."""
    return _CATALOGUE.ngettext(one, many, count)


def N_(text: str) -> str:
    """Marks a text for the catalogue where it stands; ``_`` turns it into the reader's language where it is shown."""
    return text
