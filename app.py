"""MatGen in the browser: the frame and the way to the pages. Start it with ``make app``."""

from __future__ import annotations

import streamlit as st

from matgen_core.training import best_device
from pages.ui.language import _

st.set_page_config(page_title="MatGen", page_icon="💎", layout="wide")
pages = [st.Page("pages/design/crystals.py", title=_("Crystals"), default=True)]
page = st.navigation({_("Design"): pages}, position="top")
page.run()
device = {"cpu": "CPU", "cuda": "GPU", "mps": "GPU"}[best_device().type]
st.caption(_("MatGen · runs on this machine's {device} · Materials Project data, CC BY 4.0").format(device=device))
