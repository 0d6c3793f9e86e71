"""Files of what was found and of everything drawn, written when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import streamlit as st

from matgen_core.kinds.compositions import files as formula_exports
from matgen_core.kinds.crystals import files as exports
from matgen_core.kinds.molecules import files as molecule_exports
from pages.i18n.language import _


def offer_files(found: Sequence[Any], drawn: Sequence[Any], kind: str) -> None:
    """Buttons for crystals (CSV, CIFs, JSON), molecules (CSV, SDF, SMILES) or compositions (CSV)."""
    stamp = f"matgen-{kind}-{datetime.now():%Y%m%d-%H%M}"
    writers: list[tuple[str, Callable[..., str | bytes], Sequence[Any], str]]
    if kind == "molecules":
        writers = [
            ("CSV", molecule_exports.to_csv, found, "csv"), ("SDF", molecule_exports.to_sdf, found, "sdf"),
            ("SMILES", molecule_exports.to_smiles, found, "smi"),
            (_("CSV of everything"), molecule_exports.to_csv, drawn, "all.csv"),
        ]  # fmt: skip
    elif kind == "compositions":
        writers = [
            ("CSV", formula_exports.formulas_to_csv, found, "csv"),
            (_("CSV of everything"), formula_exports.formulas_to_csv, drawn, "all.csv"),
        ]
    else:
        writers = [
            ("CSV", exports.to_csv, found, "csv"), (_("CIFs (zip)"), exports.to_cif_zip, found, "zip"),
            ("JSON", exports.to_json, found, "json"), (_("CSV of everything"), exports.to_csv, drawn, "all.csv"),
        ]  # fmt: skip
    with st.container(horizontal=True, gap="small"):
        for label, write, which, extension in writers:
            # "ignore": a rerun after a click would lose the next click that comes while it lasts.
            st.download_button(
                label, partial(write, which), f"{stamp}.{extension}", key=f"loop-{extension}", on_click="ignore",
                disabled=not which,
            )  # fmt: skip
