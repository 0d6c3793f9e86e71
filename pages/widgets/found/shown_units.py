"""Units of the reader's choice for tables and axes; files, targets and links keep the unit of the property."""

from __future__ import annotations

import math
from collections.abc import Iterable

import streamlit as st

from matgen_core.core.properties import PROPERTIES, SHOWN_UNITS
from pages.i18n.language import _

#: The unit shown, by the property's own unit; kept for the session.
_KEPT = "shown-units"


def shown_unit(unit: str) -> tuple[str, float]:
    """The unit that the reader chose in place of a property's own, and how many of it are one of that."""
    chosen = st.session_state.get(_KEPT, {}).get(unit, unit)
    return chosen, SHOWN_UNITS.get(unit, {}).get(chosen, 1.0)


def unit_of(key: str) -> tuple[str, float]:
    """The same of a property by its key; a user's own property has none but its own."""
    return shown_unit(PROPERTIES[key].unit) if key in PROPERTIES else ("", 1.0)


def in_shown_unit(key: str, value: float | None) -> float | None:
    """A value of a property in the unit that is shown."""
    return None if value is None else value * unit_of(key)[1]


def shown_places(key: str, places: int) -> int:
    """Decimal places that say as much in the unit that is shown."""
    return max(0, places - round(math.log10(unit_of(key)[1])))


def ask_units(keys: Iterable[str]) -> None:
    """A choice for each unit of these properties that can be shown as another."""
    for unit in dict.fromkeys(PROPERTIES[key].unit for key in keys if key in PROPERTIES):
        if unit not in SHOWN_UNITS:
            continue
        options, key = [unit, *SHOWN_UNITS[unit]], f"unit-{unit}"
        st.segmented_control(
            _("Unit of {unit}").format(unit=unit),
            options,
            default=shown_unit(unit)[0],
            key=key,
            required=True,
            on_change=_keep,
            args=(unit, key),
        )


def _keep(unit: str, key: str) -> None:
    st.session_state[_KEPT] = {**st.session_state.get(_KEPT, {}), unit: st.session_state[key] or unit}
