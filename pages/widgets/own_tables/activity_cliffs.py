"""Activity cliffs of a table of the user's: its map, and the pairs that are alike and differ much in their value."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from matgen_core.core.errors import MatGenError
from matgen_core.files.saving import for_spreadsheet
from matgen_core.learning.examples import find_numbers, read_header
from matgen_core.viz.series import draw_series
from matgen_core.workflows.activity_cliffs import cliffs_to_csv
from matgen_core.workflows.page_work.series import Series, compare_series
from pages.i18n.language import _, ngettext
from pages.kinds.molecule_view import picture
from pages.runs.jobs import Job, submit
from pages.runs.progress import catch_up, look, run_place
from pages.widgets.asking.refusal import show_refusal
from pages.widgets.charts import plot_config
from pages.widgets.found.number_table import Columns, write_numbers

_JOB, _FOUND = "cliffs-job", "cliffs-found"
#: Pairs that are drawn in the table; the file has all.
_SHOWN = 100


def show_cliffs() -> None:
    """Asks for a table, compares its molecules beside the page, and shows what was found."""
    st.caption(
        _(
            "Pairs of similar molecules with very different values: small changes that matter. Steepness is SALI, the "
            "difference divided by 1 − Tanimoto similarity (Guha and Van Drie 2008). Two molecules with a similarity "
            "of 1.00 differ only in what the fingerprint does not see, such as stereochemistry."
        )
    )
    asked = _ask()
    job: Job | None = st.session_state.get(_JOB)
    seen = None if job is None else look(job)
    busy = seen is not None and seen.busy
    if st.button(_("Find activity cliffs"), type="primary", disabled=asked is None or busy, key="cliffs-go") and asked:
        _begin(*asked)
        st.rerun()
    if job is None or seen is None:
        return
    with run_place(seen, "cliffs-cancel"):
        pass
    if found := st.session_state[_FOUND]:
        _show_found(found[0])
    catch_up(seen)


def _ask() -> tuple[bytes, str, float, float | None] | None:
    """Table, column, least similarity and least difference; None where something is missing."""
    file = st.file_uploader(_("CSV with a column smiles, and one of numbers"), key="cliffs-file")
    if file is None:
        return None
    try:
        columns, likely = read_header(file.getvalue()), find_numbers(file.getvalue())
    except MatGenError as error:
        show_refusal(_(str(error)))
        return None
    left, middle, right = st.columns(3, gap="small")
    column = left.selectbox(_("Column of the numbers"), columns, index=columns.index(likely), key="cliffs-column")
    similarity = middle.slider(_("Least similarity (Tanimoto)"), 0.3, 0.95, 0.55, 0.05, key="cliffs-similarity")
    difference = right.number_input(
        _("Least difference"),
        min_value=0.0,
        value=None,
        key="cliffs-difference",
        placeholder=_("one standard deviation"),
        help=_("In the unit of the column; empty: one standard deviation of its values"),
    )
    return file.getvalue(), column, similarity, difference


def _begin(data: bytes, column: str, similarity: float, difference: float | None) -> None:
    found: list[Series] = []
    st.session_state[_FOUND] = found
    work = partial(compare_series, data=data, column=column, similarity=similarity, difference=difference)
    st.session_state[_JOB] = submit(work, max(1, data.count(b"\n")), "map-cliffs", of_page=True, take=found.append)


def _show_found(series: Series) -> None:
    examples, cliffs = series.examples, series.cliffs
    label = f"{series.column} ({examples.unit})" if examples.unit else series.column
    pairs_text = ngettext("{pairs} pair of {count} molecules.", "{pairs} pairs of {count} molecules.", len(cliffs))
    left = len(examples.refused)
    left_text = ngettext(
        "{count} row cannot be read and is left out.", "{count} rows cannot be read and are left out.", left
    )
    st.markdown(pairs_text.format(pairs=len(cliffs), count=len(examples.texts)))
    if left:
        st.caption(left_text.format(count=left))
    if examples.note:
        st.caption(_(examples.note))
    for row, reason in examples.refused[:5]:
        st.caption(_("Row {n}: {reason}").format(n=row, reason=_(reason)))
    if series.places is not None:
        pairs = [(cliff.first, cliff.second) for cliff in cliffs]
        st.plotly_chart(
            draw_series(series.places, examples.texts, examples.values, pairs, label, translate=_),
            key="cliffs-map",
            config=plot_config("activity-cliffs"),
            alt=_("Map of the molecules; similar ones lie together, lines join activity cliffs"),
        )
    if not cliffs:
        st.info(_("No pair is that similar and that different. Lower the least similarity or the least difference."))
        return
    _show_pairs(series)
    st.download_button(
        _("CSV of the pairs"),
        lambda: for_spreadsheet(cliffs_to_csv(examples, cliffs, series.column)),
        "matgen-cliffs.csv",
        key="cliffs-csv",
        on_click="ignore",
    )


def _show_pairs(series: Series) -> None:
    """The steepest pairs with their drawings."""
    image, number = st.column_config.ImageColumn, st.column_config.NumberColumn
    texts, values = series.examples.texts, series.examples.values
    rows = [
        {
            "low": picture(texts[c.first], 150, 90),
            "low_value": float(values[c.first]),
            "high": picture(texts[c.second], 150, 90),
            "high_value": float(values[c.second]),
            "difference": c.difference,
            "tanimoto": c.similarity,
            "sali": c.index,
        }
        for c in series.cliffs[:_SHOWN]
    ]
    columns: Columns = {
        "low": image(_("Lower"), width=160),
        "low_value": number(series.column, format="%.2f", width=80),
        "high": image(_("Higher"), width=160),
        "high_value": number(f"{series.column} ", format="%.2f", width=80),
        "difference": number(_("Difference"), format="%.2f", width=90),
        "tanimoto": number(_("Tanimoto"), format="%.2f", width=80),
        "sali": number("SALI", format="%.1f", width=70),
    }
    table, shown = write_numbers(pd.DataFrame(rows), columns)
    st.dataframe(
        table,
        column_config=shown,
        hide_index=True,
        row_height=90,
        height=420,
        key="cliffs-table",
        alt=_("Activity cliffs, steepest first"),
    )
    if len(series.cliffs) > _SHOWN:
        st.caption(_("The {n} steepest are shown; the CSV has all.").format(n=_SHOWN))
