"""Crystals on the pages: their table, plot and structure, and the engine and cell that are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import streamlit as st

from matgen_core.chem.crystals.structure import reduced_formula
from matgen_core.core.goals import Target
from matgen_core.core.records import Candidate, Crystal
from matgen_core.core.settings import CrystalSettings
from matgen_core.kinds.crystals.files.candidate_files import to_cif_zip, to_json
from matgen_core.kinds.crystals.files.first_principles import to_inputs_zip
from matgen_core.kinds.surplus import without_surplus
from matgen_core.workflows.evidence import Repeat
from pages.i18n.formatting import group_markdown, group_symbol, subscript
from pages.i18n.language import N_, _, ngettext
from pages.kinds.crystal_card import show_details, show_picture
from pages.kinds.crystal_controls import LOOP_RULES, RULES, ask_constraints, ask_engine, ask_sampling
from pages.kinds.crystal_examples import show_crystal_examples
from pages.kinds.crystal_table import filter_candidates, show_plot, show_shares, show_table
from pages.kinds.crystal_work import show_in_work
from pages.kinds.diffraction_view import by_match, show_small_diffraction
from pages.kinds.known_crystal import show_crystal_path, show_known_crystal, surviving_place
from pages.kinds.page_kind import Found, PageKind, View
from pages.kinds.structure_view import show_structure
from pages.runs.jobs import load_models
from pages.widgets.found.design_results import show_prospects, show_small_hull
from pages.widgets.found.downloads import File
from pages.widgets.found.facts import short_rows, show_facts
from pages.widgets.found.relaxing import show_relaxing, show_stability
from pages.widgets.found.side_panel import beside
from pages.widgets.from_crystal import ask_from_crystal, offer_from_crystal
from pages.widgets.kept_runs.follow_up import show_elsewhere


class CrystalsPage(PageKind):
    """See :class:`pages.kinds.page_kind.PageKind`."""

    name = N_("crystals")
    title = N_("Crystals from targets")
    label = N_("Crystals")
    loop_label = N_("Inverse design, crystals")
    elements_title = N_("Elements and cell")
    link = RULES
    loop_link = LOOP_RULES
    spaces: ClassVar[Mapping[str, str]] = {
        "crystals": N_("Latent vectors of the crystal autoencoder: composition and structure together.")
    }
    rejects = False
    nothing = N_("The run found no candidate that fits. Loosen the targets, or allow more atoms.")
    nothing_shown = N_("No candidate meets all ticked conditions. Untick one to see the nearest.")
    prepare = staticmethod(load_models)
    ask_constraints = staticmethod(ask_constraints)
    ask_sampling = staticmethod(ask_sampling)
    ask_other = staticmethod(ask_from_crystal)
    invite = staticmethod(show_crystal_examples)
    found = staticmethod(without_surplus)  # rejected ones, too: each has a structure
    show_in_work = staticmethod(show_in_work)
    show_known = staticmethod(show_known_crystal)
    known_place = staticmethod(surviving_place)
    show_path = staticmethod(show_crystal_path)

    def ask_loop_settings(self) -> CrystalSettings:
        """The engine."""
        return CrystalSettings(engine=ask_engine())

    def cancelled(self, count: int) -> str:
        """How many were found before."""
        return ngettext(
            "Cancelled. {count} candidate was found.", "Cancelled. {count} candidates were found.", count
        ).format(count=count)

    def show_shares(self, drawn: Found, found: Found, target: Target, settings: Any) -> None:
        """On target, near the hull, not among the known."""
        show_shares(drawn, target)

    def filter(self, candidates: Found, target: Target, settings: Any) -> Found:
        """Those that pass what the reader ticks, by their match where a measured pattern was uploaded."""
        return by_match(filter_candidates(candidates, target))

    def kept(self, candidates: Found) -> Found:
        """As found, by their match where a measured pattern was uploaded."""
        return by_match(without_surplus(candidates))

    def show_found(self, found: Found, view: View) -> None:
        """Table, plot beside structure, details."""
        picked = view.pick.of(found)
        self._show_list(found, view)
        _show_card(picked, view.repeat())
        _offer_follow_up(picked)

    def show_loop(self, found: Found, view: View) -> None:
        """Table, plot beside structure, cost and hull, details."""
        picked = view.pick.of(found)
        self._show_list(found, view)
        show_prospects(picked, view.target)
        _show_card(picked, view.repeat())

    def show_near(self, candidate: Candidate[Crystal], view: View) -> None:
        """Structure, cost and hull, details."""
        show_picture(candidate)
        show_prospects(candidate, view.target)
        _show_card(candidate, view.repeat())
        _offer_follow_up(candidate)

    def _show_list(self, found: Found, view: View) -> None:
        listed, panel = beside("crystals")
        with listed:
            show_table(found, view.target, view.pick)
            show_plot(found, view.target, view.pick)
        with panel:
            self.show_panel(view.pick.of(found))

    def show_panel(self, candidate: Candidate[Crystal]) -> None:
        """Structure and predictions."""
        show_picture(candidate)
        show_facts(short_rows(candidate))

    def screened_files(self, candidates: Found) -> Sequence[File]:
        """CIFs, JSON, inputs of first-principles programs of the first hundred."""
        candidates = [candidate for candidate in candidates if not candidate.is_draft]
        first = candidates[:100]
        return [
            (_("CIFs (zip)"), partial(to_cif_zip, candidates), "cif.zip"),
            ("JSON + CIF", partial(to_json, candidates), "crystals.json"),
            (_("VASP input"), partial(to_inputs_zip, first, "vasp"), "vasp.zip"),
            (_("Quantum ESPRESSO input"), partial(to_inputs_zip, first, "espresso"), "espresso.zip"),
        ]

    def show_small(self, candidate: Candidate[Crystal]) -> None:
        """Formula, space group, structure."""
        crystal = candidate.material
        st.markdown(f"**{subscript(reduced_formula(crystal))}** · {group_markdown(crystal.space_group)}")
        show_structure(crystal)

    def show_small_more(self, candidate: Candidate[Crystal]) -> None:
        """Diffraction and hull."""
        with st.expander(_("Diffraction and hull"), key=f"diffraction-and-hull-panel-{candidate.id}"):
            show_small_diffraction(candidate)
            show_small_hull(candidate)

    def cells(self, material: Crystal) -> dict[str, object]:
        """The space group."""
        return {"space_group": group_symbol(material.space_group)}


PAGE = CrystalsPage()


def _offer_follow_up(candidate: Candidate[Crystal]) -> None:
    """What is done next with one crystal: relaxed further, looked up in public databases."""
    show_relaxing([candidate])
    show_elsewhere([candidate])


def _show_card(candidate: Candidate[Crystal], repeat: Repeat) -> None:
    """Everything that is known of a candidate, and the check of its stability."""
    with st.container():  # of a draft there is less: what is below stays where it is
        show_details(candidate, repeat)
        if not candidate.is_draft:
            offer_from_crystal(candidate)
            show_stability(candidate)
