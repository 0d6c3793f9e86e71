"""A list that the reader orders by dragging, or by arrow buttons."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from pages.i18n.language import _

_HERE = Path(__file__).parent


@st.cache_resource
def _list() -> st.components.v2.types.ComponentRenderer:
    css, js = ((_HERE / f"ranking.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    return st.components.v2.component("matgen_ranking", css=css, js=js)


def rank(names: Mapping[str, str], label: str, key: str) -> list[str]:
    """The keys in the order that the reader gave them.

    Args:
        names: what is ordered, by key, in the order in which it stands at first.
        label: of the list, for who does not see it.
        key: of the element.
    """
    kept = st.session_state.get(f"{key}-kept", list(names))
    data = {
        "label": label,
        "up": _("Move up"),
        "down": _("Move down"),
        "items": [{"key": each, "name": names[each]} for each in kept],
    }

    def take() -> None:
        order = st.session_state[key].get("order") or []
        if sorted(order) == sorted(names):
            st.session_state[f"{key}-kept"] = list(order)

    _list()(key=key, data=data, on_order_change=take)
    return list(st.session_state.get(f"{key}-kept", list(names)))
