"""Language models, live (chapter 4.4): tokens, the next one, attention, temperature, conditions."""

from __future__ import annotations

import base64

import numpy as np
import streamlit as st

from matgen_core.chem.molecules.drawing import draw_weights
from matgen_core.core.errors import MatGenError
from matgen_core.core.properties import MOLECULE_CONDITIONS, PROPERTIES
from matgen_core.kinds.molecules.generate import WritingStep
from matgen_core.lessons.captions import CAPTIONS
from matgen_core.lessons.language import (
    Attention,
    Sampled,
    atom_tokens,
    attend,
    count_heads,
    draw_some,
    heads_on_atoms,
    measure_temperatures,
    next_tokens,
)
from matgen_core.lessons.molecules import MOLECULES
from matgen_core.lessons.transfer import formula_tokens
from matgen_core.viz.language import draw_attention, draw_conditions, draw_temperatures
from matgen_core.viz.molecules import draw_options
from pages.i18n.formatting import number
from pages.i18n.language import _
from pages.lessons.charts import show_chart
from pages.lessons.encoders import NAMES
from pages.lessons.notebook import guess_first
from pages.lessons.numbers import percent
from pages.widgets.asking.refusal import show_error
from pages.widgets.asking.url_settings import URL, OneOf

_INKS = {"light": "#2b2f2e", "dark": "#e4e8e7"}


@st.cache_data(max_entries=50, show_spinner=False)
def attention(smiles: str, layer: int, head: int) -> Attention:
    return attend(smiles, layer, head)


@st.cache_data(max_entries=50, show_spinner=False)
def sampled(temperature: float, key: str, value: float | None, seed: int) -> Sampled:
    return draw_some(32, temperature, None if value is None else {key: value}, key, seed)


@st.cache_data(max_entries=20, show_spinner=False)
def temperatures(seed: int) -> list[tuple[float, Sampled]]:
    return measure_temperatures(24, seed)


#: Settings that a link holds by the words of a language, each with the English words of its options.
WORDS = {"conditions-property": OneOf(tuple(PROPERTIES[key].label for key in MOLECULE_CONDITIONS))}


def tokens() -> None:
    st.markdown(
        _(
            "A language model reads pieces, not characters: of a molecule atoms, bonds, branches and ring numbers; "
            "of a formula its atoms. What is not in the vocabulary cannot be written."
        )
    )
    with st.container(horizontal=True, gap="small"):
        for name in ("ethanol", "benzene", "aspirin"):
            text = MOLECULES[name]
            st.button(_(NAMES[name]), key=f"token-{name}", on_click=_write_smiles, args=(text,), help=f"`{text}`")
    left, right = st.columns(2, gap="medium")
    smiles = left.text_input("SMILES", "CC(=O)Nc1ccc(Br)cc1", key="token-smiles", max_chars=120, bind=URL)
    formula = right.text_input(_("Formula"), "LiFePO4", key="token-formula", max_chars=60, bind=URL)
    for column, text, read in ((left, smiles, atom_tokens), (right, formula, formula_tokens)):
        try:
            found = read(text)
            column.code("  ".join(token for token, _place in found), language=None, wrap_lines=True)
            places = " ".join(str(place) for _token, place in found)
            said = _("{n} tokens; their numbers in the vocabulary: {places}")
            column.caption(said.format(n=len(found), places=places))
        except MatGenError as error:
            column.error(_(str(error)))


def _write_smiles(text: str) -> None:
    st.session_state["token-smiles"] = text


def next_one() -> None:
    st.latex(r"p(t_i \mid t_{<i}) = \mathrm{softmax}(z_i / T)")
    left, right = st.columns([2, 3], gap="medium")
    with left:
        begun = st.text_input(_("Written so far"), "CC(=O)N", key="begun", max_chars=80, bind=URL)
        temperature = st.slider(_("Temperature"), 0.1, 2.0, 0.7, 0.05, key="lesson-temperature", bind=URL)
        top_k = st.slider(
            _("Top-k"),
            0,
            20,
            5,
            key="lesson-top-k",
            help=_("Only the k most likely tokens are sampled; 0: all"),
            bind=URL,
        )
        st.caption(_(CAPTIONS["temperature"]))
    try:
        options = tuple(next_tokens(begun.strip(), float(temperature), int(top_k)))
        with left:
            _guess_heat(begun.strip())
        step = WritingStep(begun, options[0][0], options)
        show_chart(
            draw_options(step, translate=_),
            "next",
            _("Probabilities of the next token before and after temperature, top-k and top-p"),
            right,
        )
    except MatGenError as error:
        right.error(_(str(error)))


def _guess_heat(begun: str) -> None:
    """What becomes of the likeliest token when the temperature rises from 0.5 to 2, without top-k."""

    def outcome() -> str:
        cold, hot = (next_tokens(begun, temperature, 0)[0] for temperature in (0.5, 2.0))
        return _("from {cold} to {hot}").format(cold=percent(cold[2]), hot=percent(hot[2]))

    guess_first(
        "heat",
        _("Before you move T from 0.5 to 2, with top-k 0: what becomes of the probability of the likeliest token?"),
        [_("it grows"), _("it falls by less than half"), _("it falls by half or more")],
        outcome,
    )


def attention_of_a_head() -> None:
    st.latex(r"\mathrm{Attention}(Q,K,V) = \mathrm{softmax}\!\left(QK^\top/\sqrt{d}\right)V")
    layers, heads = count_heads()
    left, right = st.columns([2, 3], gap="medium")
    with left:
        smiles = st.text_input(
            _("Molecule (SMILES)"), "CC(=O)Nc1ccc(O)cc1", key="attention-smiles", max_chars=120, bind=URL
        )
        one, other = st.columns(2, gap="small")
        layer = one.slider(_("Layer"), 1, layers, 1, key="attention-layer", bind=URL)
        head = other.slider(_("Head"), 1, heads, 1, key="attention-head", bind=URL)
        try:
            found = attention(smiles.strip(), layer - 1, head - 1)
        except MatGenError as error:
            show_error(_(str(error)))
            return
        last = len(found.tokens) - 1
        token = st.slider(_("Query token"), 1, last, last, key=f"token-{len(found.tokens)}", bind=URL)
        share = found.share_on_atoms(token)
        st.markdown(
            _(
                "At **{symbol}**: {share} of its attention lies on atoms, {rest} on <bos>, bonds and other marks."
            ).format(symbol=f"`{found.tokens[token]}`", share=percent(share), rest=percent(1 - share))
        )
        st.caption(_(CAPTIONS["attention"]))
        guess_first(
            f"heads-{layer}",
            _("Before you move the head: of this layer's {n} heads, how many give atoms more than half?").format(
                n=heads
            ),
            [_("fewer than a third"), _("about half"), _("more than two thirds")],
            lambda: _("{n} of {all}").format(n=heads_on_atoms(smiles.strip(), layer - 1), all=heads),
        )
        st.caption(
            _(
                "Many heads rest on the first token, <bos>: a head that has nothing to say must put its whole 1 "
                "somewhere."
            )
        )
    with right:
        ink = _INKS.get(st.context.theme.type or "light", _INKS["light"])
        svg = draw_weights(smiles.strip(), found.on_atoms(token), ink=ink)
        if svg:
            data = base64.b64encode(svg.encode()).decode()
            alt = _("The molecule with a disc on each atom, the fuller the more it is attended to")
            st.html(f'<img class="attended" alt="{alt}" src="data:image/svg+xml;base64,{data}">')
        alt = _("Attention of this head over the tokens")
        show_chart(draw_attention(found, token), "attention", alt, lecture=235)


def hot_and_cold() -> None:
    st.markdown(_(CAPTIONS["heat"]))
    left, right = st.columns([2, 3], gap="medium")
    with left:
        seed = st.number_input(_("Seed"), 0, 10_000, 0, key="hot-seed", bind=URL)
        found = temperatures(int(seed))
        guess_first(
            "hot",
            _("Before you look: from the lowest temperature to the highest, what becomes of the share of molecules?"),
            [_("it rises"), _("it stays within 10 %"), _("it falls by more")],
            lambda: _("from {cold} to {hot}").format(cold=percent(found[0][1].valid), hot=percent(found[-1][1].valid)),
        )
    show_chart(draw_temperatures(found, translate=_), "hot", _("Validity and diversity against temperature"), right)
    for temperature, some in found:
        st.caption(f"T = {temperature:g}: " + " · ".join(f"`{s}`" for s in some.examples[:3]))


def conditions() -> None:
    st.markdown(
        _(
            "The same network without a condition, or with a property as its condition: each condition has an "
            "embedding of its own for a value and one for any."
        )
    )
    keys = {key: f"{_(PROPERTIES[key].label)} {PROPERTIES[key].unit}".strip() for key in MOLECULE_CONDITIONS}
    left, right = st.columns([2, 3], gap="medium")
    with left:
        key = st.selectbox(
            _("Property"),
            list(keys),
            format_func=lambda k: _(PROPERTIES[k].label),
            key="conditions-property",
            bind=URL,
        )
        record = PROPERTIES[key]
        span = record.high - record.low
        step = 1.0 if key in ("donors", "acceptors", "weight") else 0.1
        low = st.slider(
            _("First condition"),
            record.low,
            record.high,
            record.low + round(span * 0.3),
            step,
            key=f"low-{key}",
            bind=URL,
        )
        high = st.slider(
            _("Second condition"),
            record.low,
            record.high,
            record.low + round(span * 0.7),
            step,
            key=f"high-{key}",
            bind=URL,
        )
        seed = st.number_input(_("Seed"), 0, 10_000, 0, key="conditions-seed", bind=URL)
        guess_first(
            f"reach-{key}",
            _("Before you move the second condition to its end: how far will the median follow?"),
            [_("less than a third of the way"), _("about half of it"), _("more than two thirds")],
            lambda: _reach(key, int(seed)),
        )
    found = {
        _("nothing"): sampled(1.0, key, None, int(seed)),
        f"{low:g}": sampled(1.0, key, float(low), int(seed)),
        f"{high:g} ": sampled(1.0, key, float(high), int(seed)),
    }
    show_chart(
        draw_conditions(found, keys[key], translate=_),
        "conditions-chart",
        _("The property of what was drawn, by condition"),
        right,
    )


def _reach(key: str, seed: int) -> str:
    """How far the median follows a condition at the end of its range, in parts of the way that is asked for."""
    record = PROPERTIES[key]
    begins, ends = (np.median(sampled(1.0, key, value, seed).values) for value in (None, float(record.high)))
    share = float((ends - begins) / (record.high - begins))
    return _("{share} of the way, from {begins} to {ends}").format(
        share=percent(share), begins=number(float(begins), 1), ends=number(float(ends), 1)
    )
