"""MatGen in the browser: the frame and the way to the pages. Start it with ``make app``."""

from __future__ import annotations

import logging
from pathlib import Path

import streamlit as st

from matgen_core.core.errors import MatGenError
from matgen_core.learning.trainer import best_device
from pages.i18n.language import _, choose_language
from pages.runs.jobs import leave_other_pages

st.set_page_config(page_title="MatGen", page_icon="💎", layout="wide")
st.html(Path(__file__).parent / "assets" / "style.css")
pages = [
    st.Page("pages/design/crystals.py", title=_("Crystals"), default=True, url_path="start"),
    st.Page("pages/design/compositions.py", title=_("Compositions")),
    st.Page("pages/design/molecules.py", title=_("Molecules")),
    st.Page("pages/design/inverse_design.py", title=_("Inverse design")),
    st.Page("pages/design/own_property.py", title=_("Own property")),
    st.Page("pages/design/screening.py", title=_("Screening")),
]
explore = [
    st.Page("pages/explore/embeddings.py", title=_("Embeddings")),
    st.Page("pages/explore/runs.py", title=_("Runs")),
    st.Page("pages/explore/predictions.py", title=_("Predictions")),
    st.Page("pages/explore/models.py", title=_("Models")),
]
learn = [
    st.Page("pages/learn/inverse_problem.py", title=_("Inverse problem")),
    st.Page("pages/learn/diffusion.py", title=_("Diffusion")),
    st.Page("pages/learn/language_models.py", title=_("Language models")),
    st.Page("pages/learn/encoders.py", title=_("Transformers")),
    st.Page("pages/learn/transfer.py", title=_("Transfer")),
    st.Page("pages/learn/exercises.py", title=_("Exercises")),
    st.Page("pages/learn/notes.py", title=_("Notes")),
    st.Page("pages/learn/chapter.py", title=_("The chapter's code")),
]
# The first page stands at the bare address of the app; its own name leads there, too.
named = st.Page("pages/design/crystals.py", title=_("Crystals"), url_path="crystals", visibility="hidden")
page = st.navigation({_("Design"): [*pages, named], _("Explore"): explore, _("Learn"): learn}, position="top")
if page is named:
    st.switch_page(pages[0], query_params={key: st.query_params.get_all(key) for key in st.query_params})
leave_other_pages()
with st.container(key="head"):
    choose_language()
try:
    page.run()
except MatGenError as error:  # its text names the input and the remedy
    st.error(_(str(error)))
except Exception:
    logging.getLogger("matgen").exception("the page failed")
    st.error(_("Sorry, something went wrong on this page. Reload it; the server's log says what happened."))
device = {"cpu": "CPU", "cuda": "GPU", "mps": "GPU"}[best_device().type]
with st.container(key="foot", horizontal=True, vertical_alignment="center"):
    st.badge(device, color="gray", help=_("Everything is computed on this machine"))
    st.caption(
        _(
            "MatGen · predictions to verify, not measurements · trained on Materials Project (CC BY 4.0), MOSES (MIT), "
            "QM9, MoleculeNet and non-fullerene acceptors"
        )
    )
