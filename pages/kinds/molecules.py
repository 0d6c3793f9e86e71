"""Molecules on the pages: their drawings, table and histograms, and the parts to grow from that are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import ClassVar

import streamlit as st

from matgen_core.chem.molecules.alerts import say_contained, say_lacking
from matgen_core.core.goals import Constraints, Target
from matgen_core.core.messages import join
from matgen_core.core.properties import asked_of
from matgen_core.core.records import Candidate, Molecule
from matgen_core.core.settings import MoleculeSettings
from matgen_core.kinds.molecules.files import to_sdf, to_sdf_3d, to_smiles
from matgen_core.workflows.spaces.space import Space
from pages.i18n.language import N_, _, ngettext
from pages.kinds.molecule_card import show_molecule
from pages.kinds.molecule_controls import RULES, ask_molecule_sampling, chosen_domain, show_domain
from pages.kinds.molecule_examples import show_molecule_examples
from pages.kinds.molecule_order import BY, DOWN, GRID_PAGE
from pages.kinds.molecule_results import (
    filter_molecules,
    keep_molecules,
    show_grid,
    show_histograms,
    show_molecule_table,
    show_shares,
)
from pages.kinds.molecule_view import drawing, picture
from pages.kinds.page_kind import Found, PageKind, View
from pages.widgets.asking.goal_controls import goal_rules
from pages.widgets.found.downloads import File
from pages.widgets.found.side_panel import beside
from pages.widgets.tabs import show_tabs


def _in_panel(view: View) -> Callable[[Candidate[Molecule]], None]:
    """What shows the picked one beside the others."""
    run, repeat = view.run, view.repeat()
    return partial(show_molecule, target=view.target, settings=view.now, run=run, narrow=True, repeat=repeat)


class MoleculesPage(PageKind):
    """See :class:`pages.kinds.page_kind.PageKind`."""

    name = N_("molecules")
    title = N_("Molecules from targets")
    label = N_("Molecules")
    loop_label = N_("Inverse design, molecules")
    key_label = N_("SMILES")
    stable = N_("stable (not predicted)")
    typed_label = N_("SMILES")
    typed_example = "CC(=O)Nc1ccc(O)cc1\nc1ccccc1O\nCCO"
    link = RULES
    loop_link = goal_rules(asked_of("molecules"))
    search_label = N_("Search by SMILES")
    example = "CC(=O)Nc1ccccc1"
    spaces: ClassVar[Mapping[str, str]] = {
        "molecules": N_("Morgan fingerprints: the substructures that a molecule contains."),
        N_("encoded molecules"): N_("Vectors of SMILES-BERT, an encoder trained to predict masked tokens."),
    }
    drawn_in_tables = True
    has_endpoints = True
    reset = (BY, DOWN, GRID_PAGE, "molecules-only")
    nothing = N_(
        "The run found no molecule that fits. Loosen the targets and what is required; where most are repeats, raise "
        "the temperature or top-k, and where most are invalid, lower the temperature."
    )
    nothing_kept = N_("No string of this run is a valid molecule.")
    nothing_shown = N_("No molecule meets all ticked conditions. Untick one to see the nearest.")
    asked_domain = staticmethod(chosen_domain)
    ask_sampling = staticmethod(ask_molecule_sampling)
    invite = staticmethod(show_molecule_examples)
    found = kept = staticmethod(keep_molecules)
    filter = staticmethod(filter_molecules)

    def ask_constraints(self, hazards: bool = True) -> Constraints:
        """None; says which elements the generator knows."""
        show_domain()
        return Constraints()

    def structure_asked(self, settings: MoleculeSettings) -> str:
        """The molecule, the fragments, the scaffold, or the prefix; and what must be there, and what must not."""
        begun = settings.near or settings.fragments or settings.scaffold or settings.prefix
        there = say_contained(settings.require) if settings.require else ""
        return join([begun, there, say_lacking(settings.forbid) if settings.forbid else ""], " · ")

    def cancelled(self, count: int) -> str:
        """How many were found before."""
        return ngettext("Cancelled. {n} molecule was found.", "Cancelled. {n} molecules were found.", count).format(
            n=count
        )

    def show_shares(self, drawn: Found, found: Found, target: Target, settings: MoleculeSettings) -> None:
        """Validity, uniqueness, novelty, diversity, goals."""
        show_shares(drawn, target, settings)

    def show_found(self, found: Found, view: View) -> None:
        """Drawings, table or histograms; the picked one beside the drawings, or below."""
        target, pick = view.target, view.pick
        names = [N_("Drawings"), N_("Table"), N_("Against known")]
        grid, table, spread = show_tabs(names, "molecule-tabs")
        in_panel = _in_panel(view)
        with grid:
            show_grid(found, target, view.settings, pick, in_panel if grid.open else None)
        with table:
            listed, panel = beside("molecules")
            with listed:
                show_molecule_table(found, target, pick)
            if table.open:
                with panel:
                    in_panel(pick.of(found))
        with spread:
            show_histograms(found, target, view.settings.domain)
        if spread.open:
            show_molecule(pick.of(found), target, view.now, view.run, repeat=view.repeat())

    def show_loop(self, found: Found, view: View) -> None:
        """Drawings, the picked one beside them."""
        show_grid(found, view.target, view.settings, view.pick, _in_panel(view))

    def show_near(self, candidate: Candidate[Molecule], view: View) -> None:
        """The molecule in full."""
        show_molecule(candidate, view.target, MoleculeSettings(), view.run, repeat=view.repeat())

    def show_kept(self, found: Found, view: View) -> None:
        """Drawings, one in full."""
        self.show_loop(found, view)

    def screened_files(self, candidates: Found) -> Sequence[File]:
        """SDF, flat and in 3D, SMILES."""
        return [
            ("SDF", partial(to_sdf, candidates), "sdf"),
            (_("SDF, 3D"), partial(to_sdf_3d, candidates), "3d.sdf"),
            ("SMILES", partial(to_smiles, candidates), "smi"),
        ]

    def picture(self, material: Molecule) -> str:
        """Its drawing."""
        return picture(material.smiles, 120, 70)

    def show_small(self, candidate: Candidate[Molecule]) -> None:
        """Drawing and SMILES."""
        smiles = candidate.material.smiles
        st.html(drawing(smiles, 300, 190))
        st.caption(f"`{smiles}`")

    def key_text(self, key: str) -> str:
        """SMILES as it is."""
        return key

    def show_known(self, space: Space, place: int) -> None:
        """Its drawing and SMILES."""
        name = space.names[place]
        st.html(drawing(name, 320, 220))
        st.code(name, language=None)

    def path_ends(self, space: Space) -> tuple[str, str]:
        """The first two."""
        return space.names[0], space.names[1]

    def show_steps(self, space: Space, path: Sequence[tuple[int, float]]) -> None:
        """Drawings with their distances."""
        with st.container(horizontal=True):
            for place, distance in path:
                st.html(f"{drawing(space.names[place], 190, 130)}<small>{distance:.1f}</small>")


PAGE = MoleculesPage()
