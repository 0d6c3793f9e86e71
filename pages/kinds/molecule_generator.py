"""The generator of molecules: the shipped one, or one that was trained further on the user's own molecules."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

from matgen_core.core.errors import MatGenError
from matgen_core.core.settings import DOMAINS
from matgen_core.learning.recipes.own_smiles import EPOCHS, train_uploaded
from matgen_core.workflows.own_properties.own_folder import check_place
from matgen_core.workflows.own_properties.own_store import generators_of
from pages.i18n.language import _
from pages.runs.jobs import Job, submit
from pages.runs.progress import catch_up, look, run_place
from pages.widgets.asking.refusal import show_refusal
from pages.widgets.asking.url_settings import URL

_JOB, _SAID = "own-generator-job", "own-generator-said"


def ask_generator() -> str:
    """The name of the generator; empty for the shipped one. Offers to train another on the user's own molecules."""
    with st.expander(_("Generator"), key="generator-panel"):
        kept = generators_of("molecules")
        chosen = ""
        with st.container():  # its place is there before the first is trained: the fields below stay where they are
            if kept or st.query_params.get("generator"):
                shipped = _("included generator")
                chosen = st.selectbox(
                    _("Generate with"), ["", *kept], key="generator", bind=URL, format_func=lambda name: name or shipped
                )
        _offer_training()
    return chosen or ""


def _offer_training() -> None:
    """A file of molecules, on which the included generator is trained further."""
    file = st.file_uploader(
        _("Your molecules: a CSV with a column smiles, or one SMILES per line"), key="own-smiles-file"
    )
    job: Job | None = st.session_state.get(_JOB)
    seen = None if job is None else look(job)
    busy = seen is not None and seen.busy
    if file is not None:
        left, right = st.columns(2, gap="small", wrap=False)
        usual = "".join(c if c.isalnum() and c.isascii() else "-" for c in Path(file.name).stem).strip("-") or "mine"
        name = left.text_input(_("Name"), usual[:40], max_chars=40, key=f"own-smiles-name-{usual}")
        epochs = int(right.number_input(_("Passes over them"), 1, 100, EPOCHS, key="own-smiles-epochs"))
        domain = st.selectbox(
            _("Domain that they belong to"), DOMAINS[:-1], index=2, key="own-smiles-domain", format_func=_
        )
        if st.button(_("Train a generator"), key="own-smiles-train", disabled=busy):
            _begin(file.name, file.getvalue(), name, str(domain), epochs)
            st.rerun()
        st.caption(
            _("Training begins from the included weights and keeps them. Cancelled, it goes on when it is begun again.")
        )
    if seen is None:
        return
    with run_place(seen, "own-smiles-cancel"):
        if not seen.error and not busy and (said := st.session_state[_SAID]):
            rows = ", ".join(f"{_(reason)} {count}" for reason, count in said[0])
            st.success(_("The generator is trained; choose it above. Rows: {rows}.").format(rows=rows))
    catch_up(seen)


def _begin(file: str, data: bytes, name: str, domain: str, epochs: int) -> None:
    try:
        check_place(name)
    except MatGenError as error:
        show_refusal(_(str(error)))
        return
    said: list[tuple[tuple[str, int], ...]] = []
    st.session_state[_SAID] = said
    ending = "".join(Path(file).suffixes[-2:]) if file.endswith(".gz") else Path(file).suffix
    work = partial(train_uploaded, data=data, ending=ending, name=name, domain=domain, epochs=epochs)
    st.session_state[_JOB] = submit(work, epochs, "molecule-training", of_page=True, take=said.append)
