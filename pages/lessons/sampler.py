"""The choice of a sampler and of its steps, as the lessons that draw from noise ask for it."""

from __future__ import annotations

import streamlit as st

from matgen_core.diffusion.samplers import METHODS
from matgen_core.lessons.measured import SAMPLER_NAMES
from pages.i18n.language import _
from pages.widgets.asking.url_settings import URL

STEPS = (5, 10, 20, 50, 100, 1000)


def ask_sampler(key: str, usual: str, steps: int) -> tuple[str, int]:
    """Sampler and denoising steps side by side; both stand in the link.

    Args:
        key: of the two widgets begins with it.
        usual: sampler when the lesson opens.
        steps: when the lesson opens.
    """
    one, other = st.columns(2, gap="small")
    method = one.selectbox(
        _("Sampler"),
        METHODS,
        index=METHODS.index(usual),
        key=f"{key}-sampler",
        format_func=SAMPLER_NAMES.__getitem__,
        bind=URL,
    )
    chosen = other.select_slider(
        _("Denoising steps"), STEPS, steps, key=f"{key}-steps", format_func="{:,}".format, bind=URL
    )
    return method, int(chosen)
