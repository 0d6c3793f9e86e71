"""One candidate in full: picture, numbers, diffraction, CIF."""

from __future__ import annotations

import streamlit as st

from matgen_core.chem.structure import to_structure
from matgen_core.chem.symmetry import crystal_system, symbol, wyckoff_positions
from matgen_core.data.exports import file_name, to_cif, to_poscar, to_xyz
from matgen_core.properties import PROPERTIES
from matgen_core.types import Candidate
from matgen_core.viz import draw_diffraction
from pages.ui.candidate_table import pretty_formula
from pages.ui.language import _
from pages.ui.structure_view import show_structure


def show_candidate(candidate: Candidate) -> None:
    """Everything that is known of the candidate."""
    crystal = candidate.material
    st.subheader(f"{pretty_formula(candidate)} · {symbol(crystal.space_group)}", anchor=False)
    left, right = st.columns([3, 2])
    with left:
        show_structure(crystal, "structure")
    with right:
        _show_readings(candidate)
        _show_cell(candidate)
    readings, pattern, cif = st.tabs([_("Verdicts"), _("Diffraction"), "CIF"])
    with readings:
        for verdict in candidate.verdicts:
            mark = {True: "✓", False: "✗", None: "–"}[verdict.passed]
            st.markdown(f"{mark} **{_(verdict.rule.replace('_', ' '))}**: {verdict.reason or _('yes')}")
        st.caption(f"{candidate.origin.engine} · {candidate.origin.checkpoint} · {_('seed')} {candidate.origin.seed}")
    with pattern:
        st.plotly_chart(_pattern(candidate), key="pattern")
    with cif:
        st.code(to_cif(candidate), language=None, height=300)
    one, two, three = st.columns(3)
    one.download_button("CIF", to_cif(candidate), file_name(candidate, "cif"), key="one-cif", width="stretch")
    two.download_button("POSCAR", to_poscar(candidate), file_name(candidate, "vasp"), key="poscar", width="stretch")
    three.download_button("XYZ", to_xyz(candidate), file_name(candidate, "xyz"), key="xyz", width="stretch")


@st.cache_data(max_entries=100, show_spinner=False, hash_funcs={Candidate: lambda c: repr(c.material)})
def _pattern(candidate: Candidate) -> object:
    return draw_diffraction(candidate.material)


def _show_readings(candidate: Candidate) -> None:
    for key, prediction in candidate.predictions.items():
        record = PROPERTIES[key]
        if prediction.value is None:
            text = _("not read")
        else:
            spread = "" if prediction.spread is None else f" ± {prediction.spread:.2g}"
            text = f"{prediction.value:.3f}{spread} {prediction.unit}"
        warning = " ⚠" if prediction.in_domain is False else ""
        st.markdown(f"**{_(record.label)}** {text}{warning}", help=f"{prediction.method}. {prediction.note}")


def _show_cell(candidate: Candidate) -> None:
    crystal = candidate.material
    structure = to_structure(crystal, primitive=False)
    a, b, c, alpha, beta, gamma = crystal.lattice
    table = wyckoff_positions(crystal.space_group)
    sites = ", ".join(f"{s.element} {table[s.letter].multiplicity}{s.letter}" for s in crystal.sites)
    st.markdown(
        f"*{_('Cell')}* {a:.3f}, {b:.3f}, {c:.3f} Å; {alpha:.1f}, {beta:.1f}, {gamma:.1f}°  \n"
        f"*{_('Symmetry')}* {symbol(crystal.space_group)} ({crystal.space_group}), "
        f"{_(crystal_system(crystal.space_group))}  \n"
        f"*{_('Density')}* {structure.density:.2f} g/cm³; {structure.volume:.1f} Å³  \n"
        f"*{_('Sites')}* {sites}"
    )
