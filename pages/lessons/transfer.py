"""Pretraining and transfer, live (chapter 4.4): hide and guess, two views, three ways to teach."""

from __future__ import annotations

import inspect
import json

import pandas as pd
import streamlit as st

from matgen_core.core.errors import MatGenError
from matgen_core.evaluation.transfer import RESULTS
from matgen_core.lessons.transfer import count_parameters, guess_masked, place_views, tokens_of, views_of
from matgen_core.models import adapters
from matgen_core.viz.transfer import draw_guess, draw_parameters, draw_views
from pages.i18n.language import _
from pages.lessons.teaching import NAMES


def hide_and_guess() -> None:
    st.markdown(
        _(
            "Of the atoms of each formula 15 % are hidden, and the network learns to guess them from the others. "
            "Nobody has to measure anything for it: the formulas alone teach it which elements go together."
        )
    )
    formula = st.text_input(_("Formula"), "LiFePO4", key="masked-formula", max_chars=60)
    try:
        atoms = tokens_of(formula)[1:-1]
        names = [f"{i + 1}: {symbol}" for i, symbol in enumerate(atoms)]
        places = st.pills(
            _("Hide"),
            range(len(names)),
            selection_mode="multi",
            default=[min(1, len(names) - 1)],
            format_func=names.__getitem__,
            key=f"places-{len(names)}",
        )
        if not places:
            st.info(_("Choose an atom to hide."))
            return
        shown = ["[MASK]" if i in places else symbol for i, symbol in enumerate(atoms)]
        st.code(" ".join(["[CLS]", *shown, "[SEP]"]), language=None, wrap_lines=True)
        for column, guess in zip(
            st.columns(max(2, min(4, len(places)))), guess_masked(formula, places[:4]), strict=False
        ):
            column.markdown(_("Atom {n}, in truth **{symbol}**").format(n=guess.place + 1, symbol=guess.truth))
            column.plotly_chart(
                draw_guess(guess),
                key=f"guess-{guess.place}",
                alt=_("What the network guesses, likeliest first"),
                config={"displayModeBar": False},
            )
    except MatGenError as error:
        st.error(_(str(error)))


def two_views() -> None:
    st.markdown(
        _(
            "Contrastive pretraining makes two views of each formula, its atoms in another order and some element "
            "replaced by one of its group, and asks the network to find the partner among all others (InfoNCE):"
        )
    )
    st.latex(r"L = -\log\frac{\exp(z_i\cdot z_j/\tau)}{\sum_k \exp(z_i\cdot z_k/\tau)}")
    text = st.text_input(_("Formulas"), "NaCl, Fe2O3, GaAs", key="view-formulas", max_chars=120)
    seed = st.number_input(_("Seed"), 0, 10_000, 0, key="view-seed")
    try:
        formulas = [part.strip() for part in text.replace(";", ",").split(",") if part.strip()][:5]
        if not formulas:
            st.info(_("Write one formula or more, with commas between."))
            return
        st.plotly_chart(
            draw_views(place_views(formulas, seed=int(seed)), translate=_),
            key="views",
            alt=_("Views of the formulas among known formulas on the two main axes of the embedding"),
        )
        for formula in formulas:
            st.caption(f"{formula}: " + " · ".join(views_of(formula, 3, int(seed))))
    except MatGenError as error:
        st.error(_(str(error)))


def three_ways() -> None:
    st.markdown(
        _(
            "**Full fine-tuning** changes every weight. **Adapters** put a small bottleneck behind each block and "
            "train only that. **LoRA** adds a product of two thin matrices to the query and value weights. The "
            "backbone stays bit for bit what it was with the last two, so that many tasks share it."
        )
    )
    st.latex(r"h \leftarrow h + W_{up}\,\mathrm{relu}(W_{down} h), \qquad W \leftarrow W + \tfrac{\alpha}{r} B A")
    left, right = st.columns(2, gap="small")
    size = left.slider(_("Adapter's bottleneck"), 2, 128, 32, key="adapter-size")
    rank = right.slider(_("Rank of LoRA"), 1, 32, 8, key="lora-rank")
    st.plotly_chart(
        draw_parameters({_(NAMES[k]): v for k, v in count_parameters(size, rank).items()}, translate=_),
        key="parameters",
        alt=_("Weights trained and frozen by each strategy"),
    )
    if RESULTS.is_file():
        found = json.loads(RESULTS.read_text(encoding="utf-8"))
        st.markdown(
            _("Measured on {rows} measured band gaps, {held} withheld, {seeds} seeds:").format(
                rows=found["rows"], held=found["held"], seeds=found["seeds"]
            )
        )
        table = pd.DataFrame(
            {
                _("Way"): [way["strategy"] for way in found["ways"]],
                _("Error (eV)"): [f"{way['mae']:.3f} ± {way['std']:.3f}" for way in found["ways"]],
                _("Weights trained"): [f"{way['trained_parameters']:,} ({way['share']:.1%})" for way in found["ways"]],
                _("Seconds"): [way["seconds"] for way in found["ways"]],
            }
        )
        st.dataframe(table, hide_index=True, key="transfer-table", alt=_("Ways of transfer compared"))
    with st.expander(_("The code that runs")):
        st.code(inspect.getsource(adapters.Adapter) + "\n\n" + inspect.getsource(adapters.apply_strategy))
