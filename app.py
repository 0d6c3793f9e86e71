"""MatGen in the browser: the frame and the way to the pages. Start it with ``make app``."""

from __future__ import annotations

import logging
from pathlib import Path

import streamlit as st

from matgen_core.core.errors import MatGenError
from matgen_core.learning.trainer import best_device
from pages.i18n.language import _, choose_language
from pages.i18n.page_language import state_language
from pages.runs.jobs import leave_other_pages
from pages.runs.notices import tell_of_ended_runs
from pages.runs.page_loading import load_page
from pages.runs.run_recorder import OF_EVERY_PAGE
from pages.widgets.asking.refusal import show_error
from pages.widgets.charts import choose_format

st.set_page_config(page_title="MatGen", page_icon="💎", layout="wide")
st.html(Path(__file__).parent / "assets" / "style.css")
# The first page stands at the bare address of the app; its own name leads there, too.
home = st.Page("pages/explore/home.py", title=_("Home"), default=True, url_path="start")
named = st.Page("pages/explore/home.py", title=_("Home"), url_path="home", visibility="hidden")
pages = [
    st.Page("pages/design/crystals.py", title=_("Crystals")),
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
sections = {"": [home, named], _("Design"): pages, _("Explore"): explore, _("Learn"): learn}
page = st.navigation(sections, position="top")
link = {key: st.query_params.get_all(key) for key in st.query_params}
if page is home and link.keys() - OF_EVERY_PAGE:  # of a time when crystals stood there
    st.switch_page(pages[0], query_params=link)
if page is named:
    st.switch_page(home, query_params=link)
leave_other_pages()
tell_of_ended_runs()
with st.container(key="head"):
    choose_language()
state_language()
try:
    load_page(page.url_path, page.title)
    page.run()
except MatGenError as error:  # its text names the input and the remedy
    show_error(_(str(error)))
except Exception:
    logging.getLogger("matgen").exception("the page failed")
    st.error(_("Sorry, something went wrong on this page. Reload it; the server's log says what happened."))
device = {"cpu": "CPU", "cuda": "GPU", "mps": "GPU"}[best_device().type]
with st.container(key="foot", horizontal=True, vertical_alignment="center"):
    choose_format()
    st.badge(device, color="gray", help=_("Everything is computed on this machine"))
    st.caption(
        _(
            "MatGen · predictions to verify, not measurements · trained on Materials Project (CC BY 4.0), MOSES (MIT), "
            "QM9, MoleculeNet and non-fullerene acceptors"
        )
    )
