"""Powder diffraction of a crystal on the page, against a measured pattern where the reader has uploaded one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from matgen_core.chem.crystals.diffraction import (
    LONGEST,
    SHORTEST,
    WAVELENGTHS,
    WIDTH,
    Comparison,
    Lines,
    Match,
    Measured,
    simulate,
)
from matgen_core.core.errors import BadInput
from matgen_core.core.records import Candidate, Crystal
from matgen_core.files.patterns import read_pattern
from matgen_core.kinds.crystals.files.candidate_files import file_name, write_table
from matgen_core.viz.diffraction import Profile, draw_pattern, profile_points, scale_cell
from matgen_core.workflows.pattern_match import LINE_HEADER, line_rows
from pages.i18n.formatting import number
from pages.i18n.language import _
from pages.widgets.asking.refusal import show_error
from pages.widgets.charts import plot_config

if TYPE_CHECKING:
    from streamlit.elements.lib.column_types import ColumnConfig

_SETTINGS, _MEASURED = "xrd-settings", "xrd-measured"
_OWN = "own"
#: Share of the Lorentzian of each shape of profile; None draws lines alone.
_SHAPES = {"gaussian": 0.0, "pseudo-voigt": 0.5, "lines": None}
#: Crystals of a table that are compared, so that a page of thousands does not wait for minutes.
MOST_COMPARED = 500


@dataclass(frozen=True)
class XrdSettings:
    """How patterns are simulated and drawn.

    Args:
        radiation: a name of ``WAVELENGTHS``, or "own".
        own: wavelength in Å where it is the reader's own.
        shape: of a peak: "gaussian", "pseudo-voigt" or "lines".
        width: full width at half maximum, degrees.
    """

    radiation: str = "Cu Kα"
    own: float = 1.0
    shape: str = "gaussian"
    width: float = WIDTH

    @property
    def wavelength(self) -> float:
        """In Å."""
        return WAVELENGTHS.get(self.radiation, self.own)

    @property
    def profile(self) -> Profile | None:
        """How peaks are drawn; None for lines alone."""
        mixing = _SHAPES[self.shape]
        return None if mixing is None else Profile(self.width, mixing)


def settings() -> XrdSettings:
    """As the reader has set them in this session."""
    kept = st.session_state.get(_SETTINGS)
    return kept if isinstance(kept, XrdSettings) else XrdSettings()


def measured_pattern() -> Measured | None:
    """What the reader has uploaded in this session."""
    return st.session_state.get(_MEASURED)


def show_diffraction(candidate: Candidate) -> None:
    """Controls, figure and files of one crystal."""
    asked = _ask_settings()
    try:
        lines = _lines(candidate.material, asked.wavelength)
    except BadInput as error:
        st.info(_(error.message))
        return
    measured = measured_pattern()
    match = None if measured is None else match_of(candidate.material)
    drawn = lines if match is None else scale_cell(lines, match.scale)
    if not len(drawn.angles):
        st.info(_("No reflection lies below 90° at this wavelength. Choose a shorter one."))
        return
    chart = draw_pattern(drawn, asked.profile, measured, translate=_)
    name = file_name(candidate, "xrd")
    st.plotly_chart(chart, key="pattern", config=plot_config(name), alt=_("Simulated powder diffraction"))
    if match is not None:
        text = _("Match {score}, with the lengths of the cell times {scale}; the simulated pattern is drawn so.")
        st.markdown(text.format(score=f"**{match.score:.2f}**", scale=f"{match.scale:.4g}"), help=_match_help())
    _offer(candidate, lines, asked)
    _ask_measured()


def show_small_diffraction(candidate: Candidate) -> None:
    """The figure alone, for one beside others."""
    asked = settings()
    try:
        lines = _lines(candidate.material, asked.wavelength)
    except BadInput as error:
        st.info(_(error.message))
        return
    st.plotly_chart(
        draw_pattern(lines, asked.profile, translate=_, height=260),
        key=f"xrd-{candidate.id}",
        config=plot_config(file_name(candidate, "xrd"), tools=False),
        alt=_("Simulated powder diffraction"),
    )


def _match_help() -> str:
    return _(
        "Similarity S of de Gelder, Wehrens & Hageman (J. Comput. Chem. 22, 273, 2001): the cross-correlation of "
        "both patterns, weighted by a triangle of ±0.5°, divided by the root of the product of their "
        "autocorrelations; 1 is the same pattern, 0 has no peak in common. The background is removed (SNIP), and the "
        "cell is scaled by up to ±3 % for the best S."
    )


def _ask_settings() -> XrdSettings:
    """The controls, which begin as they were left: a tab that is closed forgets its own."""
    kept = settings()
    radiations = [*WAVELENGTHS, _OWN]
    names = {name: f"{name} ({length:g} Å)" for name, length in WAVELENGTHS.items()} | {_OWN: _("own wavelength")}
    shapes = {"gaussian": _("Gaussian"), "pseudo-voigt": _("pseudo-Voigt"), "lines": _("lines only")}
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        radiation = st.selectbox(
            _("Radiation"),
            radiations,
            radiations.index(kept.radiation),
            format_func=names.__getitem__,
            key="xrd-radiation",
            width=190,
        )
        own = kept.own
        if radiation == _OWN:
            own = st.number_input(_("Wavelength (Å)"), SHORTEST, LONGEST, own, 0.01, "%.5f", key="xrd-own", width=140)
        shape = st.selectbox(
            _("Profile"),
            list(shapes),
            list(shapes).index(kept.shape),
            format_func=shapes.__getitem__,
            key="xrd-shape",
            width=150,
        )
        width = kept.width
        if shape != "lines":
            width = st.number_input(
                _("Peak width (°)"),
                0.02,
                2.0,
                width,
                0.05,
                "%.2f",
                key="xrd-width",
                width=140,
                help=_("Full width at half maximum in 2θ"),
            )
    asked = XrdSettings(radiation, float(own), shape, float(width))
    st.session_state[_SETTINGS] = asked
    if asked != kept and measured_pattern() is not None:
        st.rerun()  # the table's column of matches, too
    return asked


def _ask_measured() -> None:
    """A field for a measured pattern, or the one that is there with a button that takes it away."""
    measured = measured_pattern()
    if measured is not None:
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            text = _("Measured: {name}, {low}° to {high}°, {n} points. The table ranks the crystals by their match.")
            st.caption(
                text.format(
                    name=measured.name.replace("[", "").replace("`", ""),
                    low=number(measured.angles[0], 1),
                    high=number(measured.angles[-1], 1),
                    n=f"{len(measured.angles):,}",
                )
            )
            if st.button(_("Remove"), key="xrd-remove"):
                del st.session_state[_MEASURED]
                st.rerun()
        for note in measured.notes:
            st.caption(_(note))
        return
    file = st.file_uploader(
        _("Compare with a measured pattern"),
        type=["xy", "xye", "csv", "txt", "dat"],
        key="xrd-upload",
        help=_("Two columns: 2θ in degrees, intensity. A third (error) and a header may be there."),
    )
    if file is None:
        return
    try:
        st.session_state[_MEASURED] = read_pattern(file.name, file.getvalue())
    except BadInput as error:
        show_error(_(error.message))
        return
    st.rerun()


def _offer(candidate: Candidate, lines: Lines, asked: XrdSettings) -> None:
    files = [(_("Reflections (CSV)"), write_table(LINE_HEADER, line_rows(lines)), "hkl.csv")]
    if asked.profile is not None:
        rows = zip(*(map(float, part) for part in profile_points(lines, asked.profile)), strict=True)
        files.append(
            (_("Profile (CSV)"), write_table(("two_theta_deg", "intensity_percent"), list(rows)), "profile.csv")
        )
    with st.container(horizontal=True, gap="small"):
        for label, text, ending in files:
            st.download_button(label, text, file_name(candidate, ending), key=f"xrd-{ending}", on_click="ignore")


# ---------------------------------------------------------------------------------------------------------- matches


@st.cache_data(max_entries=500, show_spinner=False, hash_funcs={Crystal: repr})
def _lines(crystal: Crystal, wavelength: float) -> Lines:
    return simulate(crystal, wavelength)


def _digest(measured: Measured) -> str:
    return hashlib.sha256(measured.angles.tobytes() + measured.counts.tobytes()).hexdigest()


@st.cache_resource(max_entries=10, show_spinner=False, hash_funcs={Measured: _digest})
def _comparison(measured: Measured, wavelength: float, width: float) -> Comparison:
    return Comparison(measured, wavelength, width)


@st.cache_data(max_entries=5000, show_spinner=False, hash_funcs={Crystal: repr, Measured: _digest})
def _match(crystal: Crystal, measured: Measured, wavelength: float, width: float) -> Match | None:
    try:
        return _comparison(measured, wavelength, width).match(crystal)
    except BadInput:
        return None


def match_of(crystal: Crystal) -> Match | None:
    """How well a crystal explains the uploaded pattern; None without one, and where it cannot be compared."""
    measured, asked = measured_pattern(), settings()
    return None if measured is None else _match(crystal, measured, asked.wavelength, asked.width)


def by_match(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates by their match with the uploaded pattern, best first; as they are without one."""
    if measured_pattern() is None:
        return list(candidates)
    scores = {c.id: _score(c) for c in candidates[:MOST_COMPARED]}
    return sorted(candidates, key=lambda c: scores.get(c.id, -1.0), reverse=True)


def _score(candidate: Candidate) -> float:
    match = None if candidate.is_draft else match_of(candidate.material)
    return -1.0 if match is None else match.score


def match_cells(candidates: Sequence[Candidate]) -> list[float | None] | None:
    """A match for each row of a table; None without a measured pattern."""
    if measured_pattern() is None:
        return None
    found = [None if c.is_draft else match_of(c.material) for c in candidates[:MOST_COMPARED]]
    return [None if m is None else m.score for m in found] + [None] * (len(candidates) - len(found))


def match_column() -> ColumnConfig:
    """The column of matches."""
    return st.column_config.NumberColumn(_("XRD match"), format="%.2f", width=85, help=_match_help())
