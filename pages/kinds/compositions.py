"""Compositions on the pages: their table and plot, and the atoms and prompt that are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import streamlit as st

from matgen_core.core.goals import Target
from matgen_core.core.records import Candidate, Formula
from matgen_core.core.settings import CompositionSettings
from matgen_core.kinds.compositions.judge import listed_compositions
from matgen_core.workflows.spaces.space import Space
from pages.i18n.formatting import subscript
from pages.i18n.language import N_, _, ngettext
from pages.kinds.composition_controls import LOOP_RULES, RULES, ask_composition, ask_formula_sampling
from pages.kinds.composition_results import show_formula, show_formula_plot, show_formula_shares, show_formula_table
from pages.kinds.page_kind import Found, PageKind, View
from pages.widgets.found.design_results import show_among_known, show_small_hull
from pages.widgets.found.side_panel import beside
from pages.widgets.hand_over import hand_over
from pages.widgets.tabs import show_tabs


class CompositionsPage(PageKind):
    """See :class:`pages.kinds.page_kind.PageKind`."""

    name = N_("compositions")
    title = N_("Compositions from targets")
    label = N_("Compositions")
    loop_label = N_("Inverse design, compositions")
    elements_title = N_("Elements and atoms")
    typed_label = N_("formulas")
    typed_example = "Fe2O3\nGaAs\nLiFePO4"
    link = RULES
    loop_link = LOOP_RULES
    spaces: ClassVar[Mapping[str, str]] = {
        "compositions": N_("MatBERT's vectors of the known crystals' formulas; structures are not used.")
    }
    nothing = N_("No formula meets the requirements. Raise the temperature, allow more atoms, or loosen the targets.")
    ask_constraints = staticmethod(ask_composition)
    ask_sampling = staticmethod(ask_formula_sampling)
    found = staticmethod(listed_compositions)

    def structure_asked(self, settings: CompositionSettings) -> str:
        """The prompt."""
        return settings.prompt

    def invite(self) -> None:
        """What comes with a formula."""
        st.markdown(
            _(
                "Set targets and press **Generate**. Each formula comes with its band gap, formation energy and "
                "moment, predicted with uncertainty from the composition only; whether its charges can balance; "
                "whether it is known; and the price of its elements. Then generate structures for the formulas "
                "you like."
            )
        )

    def cancelled(self, count: int) -> str:
        """How many were found before."""
        return ngettext(
            "Cancelled. {n} composition was found.", "Cancelled. {n} compositions were found.", count
        ).format(n=count)

    def show_shares(self, drawn: Found, found: Found, target: Target, settings: Any) -> None:
        """Listed of generated, on target, not known."""
        show_formula_shares(drawn, found, target)

    def show_found(self, found: Found, view: View) -> None:
        """Table or plot, and one in full beside them."""
        listed, panel = beside("compositions")
        with listed:
            table, plot = show_tabs([N_("Table"), N_("Plot")], "composition-tabs")
        with table:
            show_formula_table(found, view.target, view.pick)
        with plot:
            show_formula_plot(found, view.target, view.pick)
        with panel:
            show_formula(view.pick.of(found), view.repeat())

    def show_loop(self, found: Found, view: View) -> None:
        """Table, plot, one in full beside them, and among the known phases."""
        self.show_kept(found, view)
        show_among_known(view.pick.of(found))

    def show_near(self, candidate: Candidate[Formula], view: View) -> None:
        """The composition in full, and the known phases of its elements."""
        show_formula(candidate, view.repeat())
        show_among_known(candidate)

    def show_kept(self, found: Found, view: View) -> None:
        """Table, one in full beside it."""
        listed, panel = beside("compositions")
        with listed:
            show_formula_table(found, view.target, view.pick)
            show_formula_plot(found, view.target, view.pick)
        with panel:
            show_formula(view.pick.of(found), view.repeat())

    def show_small(self, candidate: Candidate[Formula]) -> None:
        """Formula."""
        st.markdown(f"**{subscript(candidate.material.reduced)}**")

    def show_small_more(self, candidate: Candidate[Formula]) -> None:
        """Hull."""
        with st.expander(_("Hull"), key=f"hull-panel-{candidate.id}"):
            show_small_hull(candidate)

    def show_known(self, space: Space, place: int) -> None:
        """The formula, and the way to structures of it."""
        name = space.names[place]
        st.subheader(subscript(name), anchor=False)
        if st.button(_("Generate structures of this formula"), key="find-structures"):
            hand_over(name)


PAGE = CompositionsPage()
