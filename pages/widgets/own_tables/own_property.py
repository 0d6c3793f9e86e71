"""A property of the user's own on the page: its table, its training beside the page, and how well it is predicted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import streamlit as st

from matgen_core.core.errors import MatGenError
from matgen_core.core.goals import Goal
from matgen_core.core.row_ids import name_of_column
from matgen_core.kinds.registry import KINDS
from matgen_core.learning.examples import find_numbers, read_header
from matgen_core.viz.tuning import draw_own
from matgen_core.workflows.own_properties.own_folder import check_place
from matgen_core.workflows.own_properties.own_store import list_targets, load_target
from matgen_core.workflows.own_properties.own_targets import OwnTarget
from matgen_core.workflows.page_work.training import train_own
from pages.i18n.formatting import label_text
from pages.i18n.language import _
from pages.runs.jobs import Job, submit
from pages.runs.progress import look, run_place
from pages.widgets.asking.refusal import show_refusal
from pages.widgets.charts import plot_config

_JOB, _REFUSED = "own-training", "own-refused"
#: Rows that were left out and are named one by one; the others are counted.
_NAMED = 5
_WAYS = ("at least", "at most", "value", "range")


def ask_table(kind: str) -> None:
    """A table with a column of the user's own; trains two predictors of it and keeps them."""
    file = st.file_uploader(_("CSV with a column smiles, formula or cif, and one of numbers"), key="own-file")
    if file is None:
        return
    try:
        columns, likely = read_header(file.getvalue()), find_numbers(file.getvalue())
        column = st.selectbox(_("Column of the numbers"), columns, index=columns.index(likely), key="own-column")
        left, right = st.columns(2, gap="small", wrap=False)
        name = left.text_input(_("Name"), name_of_column(column), max_chars=40, key=f"own-name-{column}")
        unit = right.text_input(_("Unit"), "", max_chars=20, key="own-unit")
        check_place(name)
    except MatGenError as error:
        show_refusal(_(str(error)))
        return
    job: Job | None = st.session_state.get(_JOB)
    busy = job is not None and job.busy
    if st.button(_("Train predictors"), key="own-train", disabled=busy):
        _begin(file.getvalue(), column, name, unit)
        st.rerun()
    refused = st.session_state.get(_REFUSED, ())
    for row, reason in refused[:_NAMED]:
        st.caption(_("Row {n}: {reason}").format(n=row, reason=_(reason)))
    if len(refused) > _NAMED:
        st.caption(_("… and {n} more rows that were left out").format(n=len(refused) - _NAMED))


def show_training() -> None:
    """How the training of predictors goes: beside the results, since the button to go on lies on the table."""
    job: Job | None = st.session_state.get(_JOB)
    with run_place(None if job is None else look(job), "own-cancel"):
        pass


def _begin(data: bytes, column: str, name: str, unit: str) -> None:
    refused: list[tuple[int, str]] = []
    st.session_state[_REFUSED] = refused
    work = partial(train_own, data=data, column=column, name=name, unit=unit)
    st.session_state[_JOB] = submit(work, None, "own-training", of_page=True, take=refused.extend)


def ask_own_goals(kind: str) -> list[tuple[OwnTarget, Goal]]:
    """Properties of the user's own that the kind can be aimed at, each with its goal."""
    fitting = [name for name in list_targets() if load_target(name).examples.kind == KINDS[kind].key_is]
    if not fitting:
        st.info(_("No property of your own yet. Bring a table below and train predictors of a column."))
        return []
    chosen = st.multiselect(_("Your properties"), fitting, default=fitting[:1], key=f"own-chosen-{kind}")
    return [(own, _ask_goal(own)) for own in map(load_target, chosen)]


def _ask_goal(own: OwnTarget) -> Goal:
    values = sorted(own.examples.values.tolist())
    low, high = (float(f"{values[n]:.3g}") for n in (len(values) // 2, int(0.9 * (len(values) - 1))))
    step = 10.0 ** math.floor(math.log10(values[-1] - values[0] or 1.0)) / 10
    ask = partial(st.number_input, step=step, format="%.6g")  # two decimals would write 0.00 of a small value
    head = f"**{own.label}**" + (f" ({own.unit})" if own.unit else "")
    way = st.segmented_control(head, _WAYS, default=_WAYS[0], key=f"{own.key}-way", format_func=_, required=True)
    left, right = st.columns(2, gap="small", wrap=False)
    if way == "range":
        with left:
            begin = ask(_("from"), value=low, key=f"{own.key}-low")
        with right:
            end = ask(_("to"), value=high, key=f"{own.key}-high")
        return Goal.between(min(begin, end), max(begin, end))
    with left:
        number = ask(_("Value"), value=low if way == "at most" else high, key=f"{own.key}-{way}")
    return {"at most": Goal.at_most, "value": Goal.at}.get(way or "", Goal.at_least)(number)


def ask_weights(own: Sequence[OwnTarget], built_in: Sequence[str]) -> dict[str, float]:
    """How much each of several goals counts beside the others; nothing is asked where there are fewer than two."""
    names = {one.key: one.label for one in own} | {key: label_text(key) for key in built_in}
    if len(names) < 2:
        return {}
    with st.expander(_("Weight of each target"), key="importance-panel"):
        return {
            key: st.number_input(name, 0.1, 100.0, 1.0, 0.5, key=f"weight-{key}", format="%g")
            for key, name in names.items()
        }


def show_own(own: OwnTarget) -> None:
    """Histogram, withheld rows, error beside the baseline, calibration, and what the user must know."""
    check = own.validation
    unit = f" {own.unit}" if own.unit else ""
    st.plotly_chart(
        draw_own(own, translate=_),
        key=f"own-figure-{own.name}",
        config=plot_config(f"own-{own.name}", tools=False),
        alt=_("Values of the table, and withheld rows predicted against measured"),
    )
    st.caption(
        _(
            "{rows} rows in {groups} groups (scaffolds, or sets of elements). Error on withheld groups "
            "{error:.3g}{unit}; guessing the mean {baseline:.3g}{unit}; R² {explained:.2f}. Within one spread "
            "{one:.0%} (68% expected), within two {two:.0%} (95%). {steering} rows steer, {judging} other rows judge."
        ).format(
            rows=len(own.examples.texts), groups=check.groups, error=check.error, baseline=check.baseline, unit=unit,
            explained=check.explained, one=check.inside[0], two=check.inside[1], steering=own.steering.rows,
            judging=own.judging.rows,
        )
    )  # fmt: skip
    for note in own.notes:
        st.warning(_(note))
