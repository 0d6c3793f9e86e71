"""Writing a SMILES token by token: the probabilities, a choice or a draw, and the molecule so far."""

from __future__ import annotations

import streamlit as st

from matgen_core.core.errors import MatGenError
from matgen_core.kinds.molecules.generate import WritingStep
from matgen_core.lessons.language import draw_token, next_tokens, write_on
from matgen_core.viz.molecules import draw_options
from pages.i18n.language import _
from pages.kinds.molecule_view import drawing
from pages.lessons.charts import show_chart
from pages.lessons.notebook import guess, show_outcome
from pages.runs.drawn_alone import drawn_alone
from pages.widgets.asking.url_settings import URL

_WRITTEN, _LAST = "written", "written-last"


def _append(token: str, guessed: str | None) -> None:
    begun = str(st.session_state.get(_WRITTEN, ""))
    st.session_state[_LAST] = (guessed, token)
    if token == "end":
        st.session_state["written-end"] = begun
    else:
        st.session_state[_WRITTEN] = begun + token


def _clear() -> None:
    st.session_state[_WRITTEN] = ""
    st.session_state.pop("written-end", None)
    st.session_state.pop(_LAST, None)


@drawn_alone
def write_one() -> None:
    st.markdown(
        _(
            "The chapter's loop in generate_smiles: read what stands there, get a probability for each token, "
            "draw one, "
            "append it, and begin again. Here you turn the crank."
        )
    )
    left, right = st.columns([2, 3], gap="medium")
    with left:
        begun = st.text_input(_("Written so far"), "CC(=O)", key=_WRITTEN, max_chars=80, bind=URL).strip()
        one, other = st.columns(2, gap="small")
        temperature = one.slider(_("Temperature"), 0.1, 2.0, 1.0, 0.05, key="writing-temperature", bind=URL)
        seed = other.number_input(_("Seed"), 0, 10_000, 0, key="writing-seed", bind=URL)
        try:
            options = next_tokens(begun, float(temperature), 0)
        except MatGenError as error:
            right.error(_(str(error)))
            return
        top = [name for name, _plain, _shaped in options[:3]]
        guessed = guess(f"token-{begun}"[:60], _("Before you draw: which token comes?"), [f"`{name}`" for name in top])
        drawn = draw_token(options, int(seed or 0) + len(begun))
        with st.container(horizontal=True, gap="small"):
            st.button(_("Draw and append"), type="primary", key="draw-token", on_click=_append, args=(drawn, guessed))
            st.button(_("Take the likeliest"), key="top-token", on_click=_append, args=(top[0], guessed))
            st.button(_("Begin anew"), key="clear-token", on_click=_clear)
        if last := st.session_state.get(_LAST):
            show_outcome(last[0], f"`{last[1]}`")
        if st.session_state.get("written-end") == begun and begun:
            show_outcome(None, _("the network ended the string"))
        whole = write_on(begun)
        if whole is not None:
            st.html(drawing(whole, 260, 170))
        else:
            st.caption(_("Not yet a molecule: a branch or a ring is still open."))
    step = WritingStep(begun, options[0][0], tuple(options))
    show_chart(draw_options(step, translate=_), "writing-next", _("Probabilities of the next token"), right)
