"""The lessons on ChemBERTa, MatBERT and MatGPT."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from matgen_core.core.errors import MatGenError
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Prediction
from matgen_core.kinds.compositions.predict import predict_texts
from matgen_core.lessons.captions import CAPTIONS
from matgen_core.lessons.compositions import gains_most, next_atoms, write_some
from matgen_core.lessons.molecules import MOLECULES, Likeness, compare_molecules
from matgen_core.lessons.transfer import reorder, same_reading, tokens_of
from matgen_core.viz.language import draw_chances
from pages.i18n.formatting import subscript
from pages.i18n.language import N_, _
from pages.kinds.molecule_view import drawing
from pages.lessons.charts import show_chart
from pages.lessons.notebook import guess, guess_first, notebook, show_outcome
from pages.lessons.numbers import percent
from pages.lessons.tables import numbers, show_table, spreads
from pages.widgets.asking.refusal import show_error
from pages.widgets.asking.url_settings import URL, OneOf

#: Molecules of the chapter.
NAMES = {
    "ibuprofen": N_("ibuprofen"),
    "caffeine": N_("caffeine"),
    "ethanol": N_("ethanol"),
    "benzene": N_("benzene"),
    "aspirin": N_("aspirin"),
}

#: Settings that a link holds by the words of a language, each with the English words of its options.
WORDS = {"chemberta-known": OneOf(tuple(NAMES.values()))}


def chemberta() -> None:
    st.markdown(
        _(
            "ChemBERTa is a RoBERTa over the tokens of a SMILES: some are hidden, it guesses them, and what it has "
            "learnt stands in one vector a molecule. The included one has width 192, the published one 768."
        )
    )
    vectors, cosine = st.columns(2, gap="medium")
    vectors.latex(r"\text{SMILES} \to h_{[CLS]}, h_1, \dots, h_T \in \mathbb{R}^{D}")
    cosine.latex(r"\cos(u, v) = \frac{u \cdot v}{|u||v|}")
    left, right = st.columns([2, 3], gap="medium")
    chosen = left.pills(
        _("Molecules of the chapter"),
        list(MOLECULES),
        selection_mode="multi",
        default=["ibuprofen", "caffeine", "aspirin"],
        format_func=lambda name: _(NAMES[name]),
        key="chemberta-known",
        bind=URL,
        wrap=True,
    )
    typed = left.text_input(_("And your own (SMILES)"), key="chemberta-own", max_chars=200, bind=URL).strip()
    smiles = [MOLECULES[name] for name in chosen] + ([typed] if typed else [])
    names = [_(NAMES[name]) for name in chosen] + ([f"`{typed}`"] if typed else [])
    if len(smiles) < 2:
        left.info(_("Choose two molecules or more."))
        return
    with left:
        guessed = guess(
            "chemberta",
            _("Before you look: are ibuprofen and aspirin more alike than ibuprofen and caffeine?"),
            [_("yes"), _("no")],
        )
    try:
        found = compare_molecules(smiles, "mean")
    except MatGenError as error:
        left.error(_(str(error)))
        return
    with right:
        _show_likeness(found, names)
        if guessed is not None:
            show_outcome(guessed, _("yes"))
        st.caption(_(CAPTIONS["chemberta"]))
        st.caption(_("Vectors of {n} numbers, the mean over the tokens.").format(n=found.vectors.shape[1]))
    with st.container(horizontal=True, gap="small"):
        for name, text in zip(names, smiles, strict=True):
            with st.container(border=True, width=200, gap=None):
                st.caption(name)
                st.html(drawing(text, 166, 120))


def _show_likeness(found: Likeness, names: Sequence[str]) -> None:
    pairs = [(i, j) for i in range(len(names)) for j in range(i)]
    show_table(
        {
            "pair": [f"{names[j]} – {names[i]}".replace("`", "") for i, j in pairs],
            "cosine": [float(found.cosine[i, j]) for i, j in pairs],
            "tanimoto": [float(found.tanimoto[i, j]) for i, j in pairs],
        },
        {
            "pair": _("Pair"),
            "cosine": numbers(_("Cosine of the vectors"), 2, 100),
            "tanimoto": numbers(_("Tanimoto of fingerprints"), 2, 100),
        },
        "likeness",
        _("How alike the molecules are, pair by pair"),
    )


def matbert() -> None:
    st.markdown(
        _(
            "MatBERT is a BERT over the atoms of a formula. MatBERTForBandgap puts a head on it: here three heads, "
            "for gap, energy and moment, each with a spread. It sees no structure. The energy above the hull "
            "follows from the formation energy; the experimental gap is predicted by networks of its own."
        )
    )
    left, right = st.columns([2, 3], gap="medium")
    formula = left.text_input(_("Formula"), "Fe2O3", key="matbert-formula", max_chars=60, bind=URL)
    try:
        left.code("  ".join(tokens_of(formula)), language=None, wrap_lines=True)
        read = [p for p in predict_texts([formula])[0] if p.property in PROPERTIES]
    except MatGenError as error:
        left.error(_(str(error)))
        return
    with right:
        _show_read(read)
    other = reorder(formula)
    with left:
        guess_first(
            "order",
            _("Before you type the elements in another order, such as O3Fe2: will the prediction be the same?"),
            [_("yes, to the last digit"), _("nearly"), _("no")],
            lambda: (
                _("{formula} has the same predictions").format(formula=other)
                if same_reading(formula, other)
                else _("{formula} has other predictions").format(formula=other)
            ),
        )
        if notebook().get("order") is not None:
            st.caption(_(CAPTIONS["matbert"]))


def _show_read(read: Sequence[Prediction]) -> None:
    show_table(
        {
            "property": [_(PROPERTIES[p.property].label) for p in read],
            "value": [p.value for p in read],
            "spread": [p.spread for p in read],
            "unit": [p.unit for p in read],
        },
        {
            "property": _("Property"),
            "value": numbers(_("Value"), 2),
            "spread": spreads(2, _("One standard deviation")),
            "unit": _("Unit"),
        },
        "matbert-read",
        _("What MatBERT predicts from the formula"),
    )


def matgpt() -> None:
    st.markdown(
        _(
            "MatGPT is a GPT-2 over the atoms of a formula. ConditionalMatGPT puts embedded properties in front, each "
            "with a value or any."
        )
    )
    left, right = st.columns([2, 3], gap="medium")
    with left:
        begun = st.text_input(_("Written so far"), "Li", key="matgpt-begun", max_chars=60, bind=URL)
        conditional = st.toggle(_("Condition on a band gap"), True, key="matgpt-conditional", bind=URL)
        record = PROPERTIES["band_gap"]
        gap = st.slider(
            f"{_(record.label)} ({record.unit})",
            0.0,
            8.0,
            2.5,
            0.1,
            key="matgpt-gap",
            disabled=not conditional,
            bind=URL,
        )
        seed = st.number_input(_("Seed"), 0, 10_000, 0, key="matgpt-seed", bind=URL)
        guess_first(
            f"gains-{begun}"[:60],
            _("Before you move the gap from 0 to 8 eV: which atom becomes likelier most?"),
            [_("a halogen or oxygen"), _("another non-metal"), _("a metal"), _("none: the string ends")],
            lambda: _gain(begun),
        )
    conditions = {"band_gap": float(gap)} if conditional else {}
    try:
        options = next_atoms(begun.split(), conditions)
        show_chart(draw_chances(options, translate=_), "next-atom", _("Which atom may come next"), right)
        written = write_some(begun, conditions, 12, int(seed or 0))
    except MatGenError as error:
        show_error(_(str(error)))
        return
    with right:
        st.markdown(_("It writes: {formulas}").format(formulas=", ".join(map(subscript, written)) or "–"))
        st.caption(_(CAPTIONS["matgpt"]))
        st.caption(_("The bare network, without rules; the page Compositions balances charges and leaves repeats out."))


def _gain(begun: str) -> str:
    """The token whose probability grows most from a gap of 0 to one of 8 eV, with both probabilities."""
    name, low, high = gains_most(begun.split())
    shown = _("end") if name == "end" else name
    return _("{atom}, from {low} to {high}").format(atom=shown, low=percent(low), high=percent(high))
