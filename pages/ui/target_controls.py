"""Controls for what is asked: properties, elements, cell, sampling. Their values live in the URL."""

from __future__ import annotations

import streamlit as st

from matgen_core.chem.composition import parse_elements
from matgen_core.chem.symmetry import CRYSTAL_SYSTEMS
from matgen_core.data.crystals import ELEMENTS
from matgen_core.data.reference import load_reference
from matgen_core.diffusion.samplers import METHODS
from matgen_core.properties import PROPERTIES
from matgen_core.stages.generate import ENGINES
from matgen_core.types import Constraints, Goal, SamplingSettings
from matgen_core.viz import draw_histogram
from pages.ui.element_picker import pick_elements
from pages.ui.language import _

URL = "query-params"
_STEPS = {"band_gap": 0.1, "formation_energy": 0.05, "magnetic_moment": 0.05, "e_above_hull": 0.01}


def ask_property(key: str) -> Goal | None:
    """Any, a value or a range of one property, over how the known crystals are spread."""
    record = PROPERTIES[key]
    label = f"**{_(record.label)}** ({record.unit})"
    kind = st.segmented_control(
        label, ["any", "value", "range"], default="any", key=f"{key}_ask", bind=URL, format_func=_, required=True,
        help=_(record.note) if record.note else None,
    )  # fmt: skip
    goal = None
    if kind == "value":
        middle = min(max(0.0, record.low), record.high) if key != "formation_energy" else -1.0
        value = st.slider(
            label, record.low, record.high, middle, _STEPS[key], key=f"{key}_value", bind=URL,
            label_visibility="collapsed",
        )  # fmt: skip
        goal = Goal.at(float(value))
    elif kind == "range":
        low, high = st.slider(
            label, record.low, record.high, (record.low, record.high), _STEPS[key], key=f"{key}_range", bind=URL,
            label_visibility="collapsed",
        )  # fmt: skip
        goal = Goal.between(float(low), float(high))
    if kind != "any":
        chart = draw_histogram(load_reference(), key, goal, height=60)
        st.plotly_chart(chart, key=f"{key}_histogram", config={"displayModeBar": False, "staticPlot": True})
    return goal


def ask_constraints() -> Constraints:
    """Elements, formula, cell. Raises BadTarget for what cannot be read."""
    include, exclude = pick_elements(ELEMENTS)
    with st.expander(_("Formula, cell and symmetry")):
        formula = st.text_input(_("Formula"), key="formula", bind=URL, placeholder="Fe3O4", max_chars=60).strip()
        system = st.text_input(
            _("Chemical system"), key="system", bind=URL, placeholder="Li-Fe-O", max_chars=60,
            help=_("Exactly these elements"),
        ).strip()  # fmt: skip
        low, high = st.slider(_("Atoms in the primitive cell"), 1, 40, (1, 20), key="atoms", bind=URL)
        crystal_system = st.selectbox(
            _("Crystal system"), ["any", *CRYSTAL_SYSTEMS], key="crystal_system", bind=URL, format_func=_
        )
    return Constraints(
        include=frozenset(include),
        exclude=frozenset(exclude),
        chemical_system=parse_elements(system, ELEMENTS) if system else None,
        formula=formula or None,
        min_atoms=int(low),
        max_atoms=int(high),
        crystal_system=None if crystal_system == "any" else crystal_system,
    )


def ask_sampling() -> tuple[int, int, SamplingSettings]:
    """How many, which seed, and how."""
    left, right = st.columns(2)
    count = left.number_input(_("Candidates"), 1, 1000, 16, key="count", bind=URL)
    seed = right.number_input(
        _("Seed"), 0, 2**31 - 1, 0, key="seed", bind=URL, help=_("The same seed gives the same candidates")
    )
    with st.expander(_("Engine and sampling")):
        engine = st.selectbox(_("Engine"), ENGINES, key="engine", bind=URL)
        guidance = st.slider(
            _("Guidance"), 0.0, 4.0, SamplingSettings().guidance, 0.1, key="guidance", bind=URL,
            help=_("1 is plain conditional sampling; more presses harder on the targets and costs diversity"),
        )  # fmt: skip
        sampler = st.selectbox(_("Sampler"), METHODS, index=METHODS.index("dpm-solver"), key="sampler", bind=URL)
        steps = st.slider(_("Denoising steps"), 5, 200, SamplingSettings().steps, key="steps", bind=URL)
        geometries = st.slider(
            _("Geometries tried for each"), 1, 16, SamplingSettings().geometries, key="geometries", bind=URL
        )
        stable = st.toggle(_("Prefer stable"), True, key="stable", bind=URL)
    settings = SamplingSettings(
        engine=engine, guidance=float(guidance), sampler=sampler, steps=int(steps), geometries=int(geometries),
        prefer_stable=bool(stable),
    )  # fmt: skip
    return int(count), int(seed), settings
