"""Files of what was found and of everything drawn, written when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import streamlit as st

from matgen_core.files.saving import for_spreadsheet
from matgen_core.kinds.registry import load_kind
from pages.i18n.language import _

#: Label, writer of its content, ending of its name.
File = tuple[str, Callable[[], str | bytes], str]


def offer_files(found: Sequence[Any], kind: str, drawn: Sequence[Any] | None = None, key: str = "loop") -> None:
    """A button for each file that the kind writes, as CSV, CIFs, SDF.

    Args:
        found: what the files hold.
        kind: of all of them.
        drawn: with what was rejected, for a CSV of everything; None where ``found`` is everything.
        key: of the page, before the ending.
    """
    names = {"csv": "CSV", "zip": _("CIFs (zip)"), "json": "JSON", "sdf": "SDF", "smi": "SMILES"}
    names["3d.sdf"] = _("SDF, 3D")
    writers = load_kind(kind).writers()
    files: list[File] = [(names[ending], partial(write, found), ending) for ending, write in writers.items()]
    empty = set() if found else {ending for _label, _write, ending in files}
    if drawn is not None:
        files.append((_("CSV of all candidates"), partial(writers["csv"], drawn), "all.csv"))
    offer(files, f"matgen-{kind}-{datetime.now():%Y%m%d-%H%M}", key, empty)


def offer(files: Sequence[File], stem: str, key: str, empty: Sequence[str] | set[str] = ()) -> None:
    """A button for each file.

    Args:
        files: to be written when they are asked for.
        stem: of their names.
        key: of the page, before the ending.
        empty: endings of files that would hold nothing, which cannot be had.
    """
    with st.container(horizontal=True, gap="small", width="content"):
        for label, write, ending in files:
            # "ignore": a rerun after a click would lose the next click that comes while it lasts.
            content = partial(_spread, write) if ending.endswith("csv") else write
            st.download_button(
                label, content, f"{stem}.{ending}", key=f"{key}-{ending}", on_click="ignore", disabled=ending in empty
            )


def _spread(write: Callable[[], str | bytes]) -> bytes:
    """A CSV as a spreadsheet reads it."""
    text = write()
    return for_spreadsheet(text) if isinstance(text, str) else text
