"""Pretraining and transfer, live (chapter 4, after 4.7): hide and guess, two views, three ways to teach."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping

import streamlit as st

from matgen_core.core.errors import MatGenError
from matgen_core.evaluation.transfer import RESULTS
from matgen_core.lessons.captions import CAPTIONS, HIDDEN
from matgen_core.lessons.measured import load_measured
from matgen_core.lessons.transfer import (
    chapter_parameters,
    count_parameters,
    guess_masked,
    self_supervision,
    tokens_of,
)
from matgen_core.lessons.views import place_views, view_distance, views_of
from matgen_core.models import adapters
from matgen_core.viz.transfer import draw_guess, draw_parameters, draw_views
from pages.i18n.formatting import number, subscript
from pages.i18n.language import N_, _
from pages.lessons.charts import show_chart
from pages.lessons.notebook import guess, guess_first, show_outcome
from pages.lessons.numbers import percent
from pages.lessons.tables import numbers, show_table, spreads
from pages.lessons.teaching import NAMES
from pages.widgets.asking.url_settings import URL
from pages.widgets.found.number_table import Columns


def hide_and_guess() -> None:
    st.markdown(
        _(
            "Of the atoms of each formula 15 % are hidden, and the network learns to guess them from the others "
            "(Masked Atom Prediction). Nobody has to measure anything for it. It is MatBERT as in the chapter, one "
            "token an atom, small and taught no property."
        )
    )
    offered = [formula for formula, _place in HIDDEN]
    left, right = st.columns([2, 3], gap="medium")
    chosen = left.pills(
        _(CAPTIONS["hidden-offered"]),
        offered,
        default=offered[0],
        key="masked-offered",
        format_func=subscript,
        bind=URL,
        wrap=True,
    )
    typed = left.text_input(_("Or your own formula"), key="masked-formula", max_chars=60, bind=URL)
    formula = typed.strip() or str(chosen or offered[0])
    try:
        atoms = tokens_of(formula)[1:-1]
        names = [f"{i + 1}: {symbol}" for i, symbol in enumerate(atoms)]
        places = left.pills(
            _("Hide"),
            range(len(names)),
            selection_mode="multi",
            default=[dict(HIDDEN).get(formula, min(1, len(names) - 1))],
            format_func=names.__getitem__,
            key=f"places-{formula}",
            bind=URL,
            wrap=True,
        )
        if not places:
            left.info(_("Choose an atom to hide."))
            return
        shown = ["[MASK]" if i in places else symbol for i, symbol in enumerate(atoms)]
        left.code(" ".join(["[CLS]", *shown, "[SEP]"]), language=None, wrap_lines=True)
        with right:
            _show_guesses(formula, sorted(places)[:4])
        _say_measured()
    except MatGenError as error:
        left.error(_(str(error)))


def _show_guesses(formula: str, places: list[int]) -> None:
    for column, found in zip(st.columns(len(places)), guess_masked(formula, places), strict=False):
        column.markdown(
            _("Atom {n}, in truth **{symbol}**: rank {rank} of {all}").format(
                n=found.place + 1, symbol=found.truth, rank=found.rank, all=found.of
            )
        )
        show_chart(draw_guess(found), f"bars-{found.place}", _("What the network guesses, likeliest first"), column)
    st.caption(_(CAPTIONS["hidden"]))


def _say_measured() -> None:
    """How often it was right in formulas that pretraining did not see; once the reader has guessed."""
    measured = load_measured().hidden
    if measured is None:
        return
    guessed = guess(
        "hidden-alone",
        _("Where the hidden atom was the only one of its element, how often is the network right?"),
        [_("nearly always"), _("in half of the formulas"), _("hardly ever")],
    )
    if guessed is None:
        return
    show_outcome(guessed, percent(measured.alone))
    st.caption(
        _(
            "Withheld formulas: of all hidden atoms it finds {share} (the commonest element would be {base}). Where "
            "another atom of the element is left in the formula it finds {repeated}; where none is left, {alone}, and "
            "the median rank of the truth is {rank} of {all}: a formula leaves many elements possible."
        ).format(
            share=percent(measured.found),
            base=percent(measured.commonest),
            repeated=percent(measured.repeated),
            alone=percent(measured.alone),
            rank=number(measured.alone_rank, 0),
            all=measured.of,
        )
    )


def two_views() -> None:
    st.markdown(
        _(
            "Contrastive pretraining makes two views of each formula, its atoms in another order and some element "
            "replaced by one of its group, and asks the network to find the partner among all others "
            "(contrastive learning, InfoNCE, τ = 0.1; 0.07 in the chapter):"
        )
    )
    st.latex(r"L = -\log\frac{\exp(z_i\cdot z_j/\tau)}{\sum_k \exp(z_i\cdot z_k/\tau)}")
    left, right = st.columns([2, 3], gap="medium")
    text = left.text_input(_("Formulas"), "NaCl, Fe2O3, GaAs", key="view-formulas", max_chars=120, bind=URL)
    seed = left.number_input(_("Seed"), 0, 10_000, 0, key="view-seed", bind=URL)
    try:
        formulas = [part.strip() for part in text.replace(";", ",").split(",") if part.strip()][:5]
        if not formulas:
            left.info(_("Write one formula or more, with commas between."))
            return
        found = place_views(formulas, seed=int(seed))
        with left:
            guess_first(
                f"views-{text}"[:60],
                _("Before you look: how far from its formula does a view lie, compared with two known formulas?"),
                [_("about as far"), _("about half as far"), _("a fifth or less")],
                lambda: _("{share} of the distance of two known formulas").format(share=percent(view_distance(found))),
            )
        show_chart(
            draw_views(found, translate=_),
            "views",
            _("Views of the formulas among known formulas on the two main axes of the embedding"),
            right,
        )
        for formula in formulas:
            right.caption(f"{formula}: " + " · ".join(views_of(formula, 3, int(seed))))
    except MatGenError as error:
        left.error(_(str(error)))


def three_ways() -> None:
    st.markdown(
        _(
            "**Full fine-tuning** changes every weight. **Adapters** put a small bottleneck behind each block and "
            "train only that. **LoRA** adds a product of two thin matrices to the query and value weights, with α "
            "= 2r here and without a scale in the chapter. With the last two the backbone stays bit for bit what "
            "it was, so that many tasks share it. Each way also trains a head that predicts the property."
        )
    )
    adapter, lora = st.columns(2, gap="medium")
    adapter.latex(r"h \leftarrow h + W_{up}\,\mathrm{relu}(W_{down}\, \mathrm{LayerNorm}(h))")
    lora.latex(r"W \leftarrow W + \tfrac{\alpha}{r} B A")
    left, right = st.columns(2, gap="small")
    size = left.slider(_("Adapter's bottleneck"), 2, 128, 32, key="adapter-size", bind=URL)
    rank = right.slider(_("Rank of LoRA"), 1, 32, 8, key="lora-rank", bind=URL)
    _show_counts(size, rank)
    _show_measured()
    with st.expander(_("The code that runs"), key="code-panel"):
        st.code(inspect.getsource(adapters.Adapter) + "\n\n" + inspect.getsource(adapters.apply_strategy))


def _show_counts(size: int, rank: int) -> None:
    """Weights of each way, the head apart, for the network here and for the chapter's."""
    counts, whole = count_parameters(size, rank), chapter_parameters(size, rank)
    show_chart(
        draw_parameters({_(NAMES[k]): (c.inside, c.inside + c.frozen) for k, c in counts.items()}, translate=_),
        "parameters",
        _("Weights trained and frozen by each strategy"),
    )
    table = {
        _("Way"): [_(NAMES[key]) for key in counts],
        _("Trained inside the encoder"): [f"{c.inside:,} ({percent(c.share, 1)})" for c in counts.values()],
        _("Head, trained too"): [f"{c.head:,}" for c in counts.values()],
        _("At the chapter's size, 12 layers of width 768"): [
            f"{c.inside:,} ({percent(c.share, 2)})" for c in whole.values()
        ],
    }
    st.dataframe(
        table, hide_index=True, key="counts", alt=_("Weights of each strategy, here and at the chapter's size")
    )


def _show_measured() -> None:
    """What each beginning and each way brought on measured gaps."""
    if not RESULTS.is_file():
        return
    found = json.loads(RESULTS.read_text(encoding="utf-8"))
    st.markdown(
        _("Error on measured band gaps: {rows} rows to learn from, {held} rows to measure on, {seeds} seeds.").format(
            rows=f"{found['rows']:,}", held=found["held"], seeds=found["seeds"]
        )
    )
    cells = {(way["beginning"], way["strategy"]): way for way in found["ways"]}
    guessed = guess(
        "self-supervision",
        _("Before you look: what will pretraining on formulas alone bring, compared with nothing?"),
        [_("half the error"), _("a little or nothing"), _("a larger error")],
    )
    if not st.toggle(_("Show what was measured"), key="transfer-shown", bind=URL):
        return
    _show_errors(cells)
    show_outcome(guessed, _(self_supervision(found)))
    st.caption(
        _(
            "Guessing the median would give {median} eV. All rows use MatBERT with amounts and no positions, not the "
            "form of the first two lessons. The last row was taught computed gaps and energies of many of the same "
            "formulas: that knowledge of labels is not what self-supervision brings."
        ).format(median=number(found["mae_of_median"], 2))
    )


def _show_errors(ways: Mapping[tuple[str, str], Mapping[str, float]]) -> None:
    """Mean error and its spread over the seeds, by beginning and strategy."""
    table: dict[str, list[object]] = {"begun": [_(BEGUN[beginning]) for beginning in BEGUN]}
    columns: Columns = {"begun": _("What it had learnt before")}
    for strategy in NAMES:
        here = [ways[beginning, strategy] for beginning in BEGUN]
        table |= {strategy: [way["mae"] for way in here], f"{strategy}-spread": [way["std"] for way in here]}
        columns[strategy] = numbers(f"{_(NAMES[strategy])} (eV)", 3)
        columns[f"{strategy}-spread"] = spreads(3, _("One standard deviation over the seeds"))
    show_table(table, columns, "transfer-table", _("Ways of transfer compared"))


#: What an encoder had learnt before it was taught gaps.
BEGUN = {
    "nothing": N_("nothing"),
    "formulas": N_("hidden elements and two views of formulas"),
    "properties": N_("the same, and computed gaps and energies"),
}
