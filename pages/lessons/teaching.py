"""Teaching a predictor on the page: the table, the strategy, the curve, and a name for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from matgen_core.core.errors import MatGenError
from matgen_core.learning.examples import find_numbers, read_columns, read_header
from matgen_core.lessons.transfer import demo_table
from matgen_core.models.adapters import STRATEGIES
from matgen_core.viz.transfer import draw_teaching
from matgen_core.workflows.own_properties.finetune import FinetuneConfig, Tuned, beginnings_for
from matgen_core.workflows.own_properties.predictors import save_predictor
from matgen_core.workflows.page_work import training
from pages.i18n.language import N_, _
from pages.lessons.charts import show_chart
from pages.lessons.notebook import guess, show_outcome
from pages.lessons.numbers import percent
from pages.runs.jobs import Job, submit
from pages.runs.progress import catch_up, look, run_place
from pages.widgets.asking.refusal import show_error
from pages.widgets.asking.url_settings import URL, OneOf

JOB, TAUGHT = "transfer-job", "transfer-taught"
NAMES = {"full": N_("full fine-tuning"), "adapter": N_("adapters"), "lora": N_("LoRA")}
_DEMO = ("volume", "formation_energy", "band_gap", "max_site_moment")
_COLUMNS = {
    "volume": N_("volume per atom (Å³)"),
    "formation_energy": N_("formation energy (eV/atom)"),
    "band_gap": N_("band gap (eV)"),
    "max_site_moment": N_("largest site moment (µB)"),
}
_UNITS = {"volume": "Å³", "formation_energy": "eV/atom", "band_gap": "eV", "max_site_moment": "µB"}
#: From what a lesson may begin; the keys are those of the table of the three ways.
BEGINNINGS = {
    "nothing": N_("nothing: random weights"),
    "formulas": N_("formulas alone: hidden elements, two views"),
    "properties": N_("gap, energy and moment of 83,791 formulas"),
}
#: Settings that a link holds by the words of a language, each with the English words of its options.
WORDS = {
    "teach-demo": OneOf(tuple(_COLUMNS.values())),
    "strategy": OneOf(tuple(NAMES.values())),
    **{f"beginning-{n}": OneOf(tuple(BEGINNINGS.values())) for n in (2, 3)},
}


@dataclass
class Taught:
    """A predictor that this session teaches, or has taught.

    Args:
        column: that it learns.
        curve: (epoch, training loss, error on the withheld rows) so far.
        refused: number and reason of the rows that were left out.
        tuned: the predictor, once it has ended.
        guessed: what the reader expected of the error.
    """

    column: str
    curve: Sequence[tuple[int, float, float]] = ()
    refused: Sequence[tuple[int, str]] = ()
    tuned: Tuned | None = None
    guessed: str | None = None

    def take(self, news: training.TaughtSoFar | Tuned) -> None:
        """How far it is, or the predictor."""
        if isinstance(news, Tuned):
            self.tuned, self.curve = news, news.curve
        else:
            self.curve, self.refused = news.curve, news.refused


def ask_table() -> tuple[list[str], Sequence[object], str, str] | None:
    """Texts, values, kind and name of the column, from the user's file or the known crystals."""
    file = st.file_uploader(_("CSV of formulas or SMILES with a number each"), ["csv", "tsv"], key="teach-file")
    if file is None:
        names = {key: _(_COLUMNS[key]) for key in _DEMO}
        column = st.selectbox(
            _("Or learn from 400 known crystals"), _DEMO, format_func=names.__getitem__, key="teach-demo", bind=URL
        )
        texts, values = demo_table(column)
        return texts, [str(v) for v in values], "formula", column
    try:
        names_of = list(read_header(file.getvalue()))
        likely = names_of.index(find_numbers(file.getvalue()))
        left, middle, right = st.columns(3)
        text = left.selectbox(_("Column of materials"), names_of, key="teach-text")
        column = middle.selectbox(_("Column of numbers"), names_of, index=likely, key="teach-column")
        kind = right.selectbox(_("The materials are"), [N_("formula"), "SMILES"], format_func=_, key="teach-kind")
        texts, written, kind = read_columns(file.getvalue(), column, text, kind.lower())
        return texts, written, kind, column
    except MatGenError as error:
        show_error(_(str(error)))
        return None


def teach() -> None:
    """Teaches a predictor on the page, by any strategy, from any table."""
    table = ask_table()
    column = table[3] if table and st.session_state.get("teach-file") is None else ""
    beginning = _ask_beginning(column, "formula" if table is None else table[2])
    left, middle, right = st.columns(3, gap="small")
    strategy = left.selectbox(
        _("Strategy"), STRATEGIES, index=2, format_func=lambda k: _(NAMES[k]), key="strategy", bind=URL
    )
    epochs = middle.slider(_("Epochs"), 1, 60, 10, key="teach-epochs", bind=URL)
    seed = right.number_input(_("Seed"), 0, 10_000, 0, key="teach-seed", bind=URL)
    guessed = guess(
        f"teach-{column}-{beginning}-{strategy}"[:60],
        _("Before you press: the error, compared with guessing the median?"),
        [_("about the same"), _("half of it"), _("a fifth or less")],
    )
    job: Job | None = st.session_state.get(JOB)
    seen = None if job is None else look(job)
    busy = seen is not None and seen.busy
    if st.button(_("Teach"), type="primary", disabled=table is None or busy, key="teach") and table:
        config = FinetuneConfig(
            strategy,
            int(epochs),
            batch=32,
            seed=int(seed),
            pretrained=beginning != "nothing",
            taught=beginning == "properties",
        )
        begin(table, config, guessed)
        st.rerun()
    if job is None or seen is None:
        return
    with run_place(seen):
        pass
    taught: Taught | None = st.session_state.get(TAUGHT)
    if taught is not None and taught.curve:
        show_taught(taught, busy)
    catch_up(seen)


def _ask_beginning(column: str, kind: str) -> str:
    """What the encoder has learnt before; one that was taught the column itself is not offered."""
    offered = beginnings_for(column, kind)
    chosen = st.segmented_control(
        _("The encoder has learnt before"),
        offered,
        default="formulas",
        key=f"beginning-{len(offered)}",
        required=True,
        format_func=lambda key: _(BEGINNINGS[key]),
        bind=URL,
        wrap=True,
    )
    if "properties" not in offered:
        st.caption(
            _(
                "The usual encoder was taught this very property of these very crystals: what it says of withheld rows "
                "would be memory. It is offered where the property is new to it, such as the volume."
            )
        )
    return str(chosen)


def begin(
    table: tuple[list[str], Sequence[object], str, str], config: FinetuneConfig, guessed: str | None = None
) -> None:
    texts, values, kind, column = table
    taught = st.session_state[TAUGHT] = Taught(column, guessed=guessed)
    work = partial(training.teach, texts=texts, values=values, kind=kind, config=config)
    st.session_state[JOB] = submit(work, config.epochs, f"teach-{config.strategy}", take=taught.take)


def show_taught(taught: Taught, busy: bool) -> None:
    """Curve, error, what was left out, and a name for it."""
    label, tuned = _("Error on withheld rows"), taught.tuned
    show_chart(draw_teaching(list(taught.curve), label=label, translate=_), "teaching", label)
    if tuned is None or not tuned.report or busy:
        return
    text = _(
        "Error **{mae:.3g}** {unit} on {held} withheld rows; guessing the median would give {mae_of_median:.3g}. "
        "{trained_parameters:,} of {parameters:,} weights were trained in {seconds:.0f} s."
    )
    st.markdown(text.format(**tuned.report, unit=_UNITS.get(taught.column, "")))
    share = float(tuned.report["mae"]) / max(1e-9, float(tuned.report["mae_of_median"]))
    show_outcome(taught.guessed, _("{share} of it").format(share=percent(share)))
    if tuned.doubt:
        st.warning(_(tuned.doubt))
    if refused := taught.refused:
        with st.expander(_("Rows that were left out: {n}").format(n=len(refused)), key="left-out-panel"):
            rows = pd.DataFrame([(row, _(why)) for row, why in refused[:1000]], columns=[_("Row"), _("Reason")])
            st.dataframe(rows, hide_index=True, key="refused", alt=_("Rows that were left out"))
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    name = left.text_input(_("Save it under the name"), key="predictor-name", max_chars=60, placeholder="my-gap")
    if right.button(_("Save"), key="keep-predictor", disabled=not name):
        try:
            save_predictor(tuned, name, taught.column)
            st.success(_("Saved. Predict a table with it: matgen predict FILE --using {name}").format(name=name))
        except MatGenError as error:
            show_error(_(str(error)))
