"""Says to the browser in which language the page is: for screen readers, and for where a line may break."""

from __future__ import annotations

import streamlit as st

from pages.i18n.language import language

_JS = """export default function ({ data }) {
  document.documentElement.lang = data.lang;
}"""


@st.cache_resource
def _page() -> st.components.v2.types.ComponentRenderer:
    return st.components.v2.component("matgen_page_language", js=_JS)


def state_language() -> None:
    """The page's ``lang``; Streamlit's own is always English."""
    with st.container(key="page-language"):
        _page()(key="page-lang", data={"lang": language()})
