"""Libraries that the pages share, imported once for the process before any page is drawn."""

from __future__ import annotations

import streamlit as st


@st.cache_resource(show_spinner=False)
def import_libraries() -> None:
    """Imports pymatgen, transformers and every network.

    Both libraries import their parts when these are first asked for. Two pages that ask at the same time find half a
    module and fail; Streamlit lets one thread through here and the others wait.
    """
    import transformers

    import matgen_core.learning.networks
    import matgen_core.models.chemberta  # noqa: F401

    for name in ("AutoModel", "AutoModelForMaskedLM", "AutoTokenizer", "PreTrainedTokenizerFast"):
        getattr(transformers, name)
