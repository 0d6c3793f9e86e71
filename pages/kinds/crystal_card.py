"""One candidate in full: numbers, verdicts, cell, diffraction, CIF."""

from __future__ import annotations

from functools import partial
from html import escape

import pandas as pd
import streamlit as st

from matgen_core.chem.crystals.structure import reduced_formula, to_structure
from matgen_core.chem.crystals.symmetry import crystal_system, wyckoff_positions
from matgen_core.core.records import Candidate, Crystal
from matgen_core.kinds.crystals.files.candidate_files import file_name, to_cif, to_json, to_poscar, to_xyz
from matgen_core.kinds.crystals.files.first_principles import to_inputs_zip
from matgen_core.workflows.evidence import Repeat
from pages.i18n.formatting import (
    group_html,
    group_markdown,
    number,
    subscript,
)
from pages.i18n.language import N_, _
from pages.kinds.diffraction_view import show_diffraction
from pages.kinds.structure_view import show_structure
from pages.runs.drawn_alone import drawn_alone
from pages.widgets.found.evidence import offer_evidence
from pages.widgets.found.facts import prediction_rows, show_facts, show_origin, verdict_row
from pages.widgets.tabs import show_tabs

_TABS = (N_("Properties and checks"), N_("Cell and sites"), N_("Diffraction"), N_("CIF and files"))


def show_picture(candidate: Candidate) -> None:
    """Name and structure."""
    crystal = candidate.material
    title = f"{subscript(reduced_formula(crystal))} · {group_markdown(crystal.space_group)}"
    with st.container(key="picked-title"):
        st.subheader(title, anchor=False)
    if candidate.is_draft:
        st.info(_("A draft: its elements have sites, but its atoms have no coordinates yet."))
    else:
        show_structure(crystal)


@drawn_alone
def show_details(candidate: Candidate, repeat: Repeat) -> None:
    """Everything else that is known of the candidate, and its files; only what is open is drawn.

    Args:
        candidate: the candidate.
        repeat: what its run was asked for.
    """
    if candidate.is_draft:
        _show_found(candidate)
        return
    predictions, cell, pattern, files = show_tabs(_TABS, "details")
    with predictions:
        if predictions.open:
            _show_found(candidate)
    with cell:
        if cell.open:
            _show_cell(candidate.material)
    with pattern:
        if pattern.open:
            show_diffraction(candidate)
    with files:
        if files.open:
            _offer_files(candidate)
            offer_evidence(candidate, repeat, file_name(candidate, "").rstrip("."))
            st.code(to_cif(candidate), language=None, height=300)


def _show_found(candidate: Candidate) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        show_facts(prediction_rows(candidate))
    with right:
        show_facts(map(verdict_row, candidate.verdicts))
    show_origin(candidate)


def _offer_files(candidate: Candidate) -> None:
    with st.container(horizontal=True, gap="small"):
        for label, text, extension in (
            ("CIF", to_cif(candidate), "cif"),
            ("POSCAR", to_poscar(candidate), "vasp"),
            ("XYZ", to_xyz(candidate), "xyz"),
            ("JSON", to_json([candidate]), "json"),
        ):
            name = file_name(candidate, extension)
            st.download_button(label, text, name, key=f"one-{extension}", on_click="ignore")
        for label, program in ((_("VASP input"), "vasp"), (_("Quantum ESPRESSO input"), "espresso")):
            name = file_name(candidate, f"{program}.zip")
            inputs = partial(to_inputs_zip, [candidate], program)
            st.download_button(label, inputs, name, key=f"one-{program}-input", on_click="ignore")


def _show_cell(crystal: Crystal) -> None:
    structure = to_structure(crystal, primitive=False)
    a, b, c, alpha, beta, gamma = crystal.lattice
    facts = {
        _("Lattice"): f"a {number(a, 3)}, b {number(b, 3)}, c {number(c, 3)} Å; "
        f"α {number(alpha, 1)}, β {number(beta, 1)}, γ {number(gamma, 1)}°",
        _("Symmetry"): f"({_('No.')} {crystal.space_group}), {_(crystal_system(crystal.space_group))}",
        _("Density"): f"{number(structure.density)} g/cm³",
        _("Volume"): _("{volume} Å³, {atoms} atoms in the conventional cell").format(
            volume=number(structure.volume, 1), atoms=len(structure)
        ),
    }
    before = {_("Symmetry"): f"{group_html(crystal.space_group)} "}
    show_facts(
        [f"<tr><th>{escape(n)}</th><td>{before.get(n, '')}{escape(text)}</td></tr>" for n, text in facts.items()]
    )
    table = wyckoff_positions(crystal.space_group)
    rows = []
    for site in crystal.sites:
        position = table[site.letter]
        x, y, z = (round(float(v), 4) for v in position.orbit(site.coordinates)[0])
        rows.append(
            {_("Element"): site.element, _("Site"): f"{position.multiplicity}{site.letter}", "x": x, "y": y, "z": z}
        )
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, height="content", key="sites", alt=_("Occupied Wyckoff positions")
    )
