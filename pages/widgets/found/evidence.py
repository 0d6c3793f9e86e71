"""One page of evidence a candidate, for a colleague (HTML that prints) or a program (JSON with a published schema)."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from matgen_core.core.messages import Text
from matgen_core.core.records import Candidate
from matgen_core.viz.evidence import write_evidence_page
from matgen_core.workflows.evidence import Repeat, to_evidence_json
from pages.i18n.language import _, language, translate


def offer_evidence(candidate: Candidate[Any], repeat: Repeat, stem: str) -> None:
    """Both files of one candidate, written when they are asked for.

    Args:
        candidate: the candidate.
        repeat: what its run was asked for.
        stem: of their names.
    """
    code = language()

    def write_page() -> str:  # runs beside the page, where no session says the language
        def said(text: Text) -> str:
            return text if code == "en" else translate(text, code)

        return write_evidence_page(candidate, repeat, translate=said, language=code)

    help_text = _(
        "Picture, predictions with uncertainty, both models and their roles, checks, nearest known, cost, "
        "hazards, and how to repeat it"
    )
    with st.container(horizontal=True, gap="small"):
        for label, write, ending in (
            (_("Evidence (HTML)"), write_page, "html"),
            (_("Evidence (JSON)"), partial(to_evidence_json, candidate, repeat), "evidence.json"),
        ):
            st.download_button(label, write, f"{stem}.{ending}", key=f"one-{ending}", on_click="ignore", help=help_text)
