"""Which candidate of a run is shown in full: picked in the table, the plot or the drawings, and the same in all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st
from plotly.graph_objects import Figure

from matgen_core.core.records import Candidate, M
from pages.widgets.charts import plot_config
from pages.widgets.found.number_table import Columns, write_numbers
from pages.widgets.found.table_columns import choose_columns

if TYPE_CHECKING:
    from streamlit.elements.arrow import DataframeStateInput


@dataclass
class Pick:
    """The choice among one run's candidates.

    Args:
        run: whose candidates they are; a choice ends with its run.
        turn: number of the table: what a reader marked in a table cannot be changed from here, so a choice made
            elsewhere takes a new one. So does another order: a click names a row, and is made in the table that the
            browser shows, which may be one drawing behind.
        chosen: id that the reader picked; None before.
        shown: id of the one in full.
        ids: in the order of the table.
        row: marked in the table.
    """

    run: object
    turn: int = 0
    chosen: str | None = None
    shown: str = ""
    ids: tuple[str, ...] = ()
    row: int | None = None

    def settle(self, ids: Sequence[str], running: bool) -> None:
        """Shows what the reader picked, or else the first.

        While a run goes on the one shown stays although better ones come: a picture must not change under the hands
        that turn it, and to draw a new one keeps a browser busy for a second.
        """
        if self.chosen in ids:
            self.shown = str(self.chosen)
        elif not (running and self.shown in ids):
            self.shown = ids[0]
        row = ids.index(self.shown)
        reordered = tuple(ids[: len(self.ids)]) != self.ids  # more rows below leave the others where they are
        if reordered or self.row not in (None, row):
            self.turn += 1
        self.ids, self.row = tuple(ids), row

    def of(self, candidates: Sequence[Candidate[M]]) -> Candidate[M]:
        """The one of the candidates that is shown."""
        return next(c for c in candidates if c.id == self.shown)

    def choose(self, which: str) -> None:
        """The reader's choice."""
        self.chosen = self.shown = which

    def show_table(self, table: pd.DataFrame, key: str, height: int, columns: Columns, alt: str) -> None:
        """A row for each candidate; a click on one picks it.

        Args:
            table: in the order of the candidates.
            key: of the element.
            height: at most, pixels.
            columns: as ``st.dataframe`` takes them.
            alt: what it is, for those who cannot see it.
        """
        selected: DataframeStateInput = {"selection": {"rows": [] if self.row is None else [self.row]}}
        order = choose_columns(key, table, columns)
        key, ids = f"{key}-{self.turn}", self.ids
        written, config = write_numbers(table[order], columns)
        st.dataframe(
            written,
            hide_index=True,
            key=key,
            on_select=lambda: self._choose_row(key, ids),
            placeholder="–",
            selection_mode="single-row-required",
            height=min(35 * (len(table) + 1) + 3, height),
            column_config=config,
            column_order=order,
            selection_default=selected,
            alt=alt,
        )

    def show_plot(self, chart: Figure, key: str, alt: str) -> None:
        """The chart, whose points carry the candidates' ids; a click on one picks it."""
        st.plotly_chart(
            chart,
            key=key,
            on_select=lambda: self._choose_point(key),
            selection_mode="points",
            config=plot_config(key, tools=False),
            alt=alt,
        )

    def _choose_row(self, key: str, ids: tuple[str, ...]) -> None:
        """A click on a row of the table whose rows were these.

        A table that was just drawn tells of the row that it marks by itself; that is no choice of the reader's.
        """
        rows = st.session_state[key]["selection"]["rows"]
        if rows and rows[0] < len(ids) and ids[rows[0]] != self.shown:
            self.row = rows[0]  # the table has marked it already
            self.choose(ids[rows[0]])

    def _choose_point(self, key: str) -> None:
        if ids := selected_ids(key):
            self.choose(ids[0])


def selected_ids(key: str) -> list[str]:
    """Ids of the candidates whose points are selected on a plot; the points carry them first."""
    points = st.session_state[key]["selection"]["points"]
    data = [point["customdata"] for point in points if point.get("customdata")]
    return [str(entry[0] if isinstance(entry, list | tuple) else entry) for entry in data]


def follow_pick(page: str, run: object, candidates: Sequence[Candidate[Any]], running: bool = False) -> Pick:
    """What is picked of a run on a page; called once each time the page is drawn.

    Args:
        page: where the choice is kept.
        run: a choice made in another is forgotten.
        candidates: at least one, in the order in which they are shown.
        running: whether more may come.
    """
    key = f"{page}-pick"
    pick = st.session_state.get(key)
    if pick is None or pick.run != run:
        pick = st.session_state[key] = Pick(run, turn=0 if pick is None else pick.turn + 1)
    pick.settle([c.id for c in candidates], running)
    return pick
