"""The lesson's way out of noise: a film, the samplers side by side, and what a condition does."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st

from matgen_core.core.errors import MatGenError
from matgen_core.core.properties import CRYSTAL_CONDITIONS, PROPERTIES
from matgen_core.diffusion.samplers import METHODS
from matgen_core.lessons import diffusion as lessons
from matgen_core.lessons.diffusion import Film
from matgen_core.lessons.sampling import GUIDANCES, TARGETS, load_measured
from matgen_core.viz.lessons import draw_guidance, draw_path, draw_readings, draw_ways
from matgen_core.workflows.explore import Projection, principal_axes
from pages.i18n.formatting import number, subscript
from pages.i18n.language import _
from pages.lessons.noise import show_frames
from pages.widgets.map_view import space_of

STEPS = (5, 10, 20, 50, 100, 1000)


@st.cache_data(max_entries=40, show_spinner=False)
def _film(goals: tuple[tuple[str, float], ...], guidance: float, method: str, steps: int, seed: int) -> Film:
    return lessons.reverse_film(dict(goals), guidance, method, steps, seed=seed)


@st.cache_resource(show_spinner=False)
def _axes() -> Projection:
    return principal_axes(space_of("crystals").vectors)


@st.fragment
def reverse() -> None:
    st.markdown(
        _(
            "A network that has learnt to tell the noise takes it away again. Shown is the clean latent that it "
            "predicts at each step, decoded: first it is vague, then it settles."
        )
    )
    clean, back = st.columns([2, 3], gap="medium")
    clean.latex(r"\hat x_0 = \frac{x_t - \sqrt{1-\bar\alpha_t}\,\varepsilon_\theta(x_t,t)}{\sqrt{\bar\alpha_t}}")
    back.latex(
        r"x_{t-1} = \frac{1}{\sqrt{\alpha_t}}\Big(x_t - \frac{\beta_t}{\sqrt{1-\bar\alpha_t}}\,"
        r"\varepsilon_\theta\Big) + \sigma_t z"
    )
    left, right = st.columns([2, 3], gap="medium")
    with left:
        key = st.selectbox(
            _("Told"),
            ["", *CRYSTAL_CONDITIONS],
            key="told",
            format_func=lambda k: _(PROPERTIES[k].label) if k else _("nothing"),
        )
        goals: tuple[tuple[str, float], ...] = ()
        if key:
            record = PROPERTIES[key]
            value = st.slider(
                f"{_(record.label)} ({record.unit})",
                record.low,
                record.high,
                (record.low + record.high) / 2,
                key="told-value",
            )
            goals = ((key, float(value)),)
        guidance = st.slider(_("Guidance"), 0.0, 6.0, 2.0, 0.5, key="told-guidance", disabled=not key)
        a, b = st.columns(2, gap="small")
        method = a.selectbox(_("Sampler"), METHODS, index=METHODS.index("dpm-solver"), key="film-sampler")
        seed = b.number_input(_("Seed"), 0, 10_000, 0, key="film-seed")
        steps = st.select_slider(_("Denoising steps"), STEPS, 20, key="film-steps")
        film = _film(goals, float(guidance), method, int(steps), int(seed or 0))
        chart = st.empty()
    with right:
        place = film.steps[show_frames(list(film.frames), "film")]
    axes, every = _axes(), space_of("crystals").vectors
    thin = slice(None, None, max(1, len(film.noisy) // 60))
    shown = np.unique([*range(len(film.noisy))[thin], *film.steps])
    chart.plotly_chart(
        draw_path(
            axes.place(every[:: max(1, len(every) // 1500)]),
            axes.place(film.noisy[shown]),
            axes.place(film.clean[shown]),
            int(np.searchsorted(shown, place)),
            translate=_,
        ),
        key="path",
        config={"displayModeBar": False},
        alt=_("The latent's way out of noise on the two main axes of the known crystals"),
    )


@st.fragment
def samplers() -> None:
    st.markdown(
        _(
            "The chapter's loop (DDPM) takes all 1000 steps and adds fresh noise at each. **DDIM** walks the same way "
            "without noise and may skip steps; a **solver of second order** bends with the path and needs the fewest. "
            "The network is the same each time."
        )
    )
    ddim, solver = st.columns(2, gap="medium")
    ddim.latex(r"\text{DDIM: } x_s = \sqrt{\bar\alpha_s}\,\hat x_0 + \sqrt{1-\bar\alpha_s}\,\varepsilon_\theta")
    solver.latex(r"\text{DPM++: } x_s = \tfrac{\sigma_s}{\sigma_t} x_t - \alpha_s(e^{-h}-1)\,D'")
    ways = load_measured().ways
    left, right = st.columns([3, 2], gap="medium")
    table = pd.DataFrame(
        {
            _("Sampler"): [way.method for way in ways],
            _("Denoising steps"): [way.steps for way in ways],
            _("Seconds for 100"): [number(way.seconds, 2) for way in ways],
            _("Distance"): [number(way.distance, 3) for way in ways],
            _("Finished"): [f"{way.finished / way.drawn:.0%}" for way in ways],
            _("No overlap"): [f"{way.apart / max(1, way.finished):.0%}" for way in ways],
            _("SMACT-valid"): [f"{way.charged / max(1, way.finished):.0%}" for way in ways],
            _("Different"): [f"{way.different / max(1, way.finished):.0%}" for way in ways],
        }
    )
    left.dataframe(table, hide_index=True, key="ways", alt=_("Samplers compared by quality and time"))
    left.caption(
        _(
            "Measured beforehand on one CPU core, nothing asked, the same seed: seconds for 100 latents without "
            "decoding; energy distance between the drawn latents and those of known crystals (0 were they alike; 0.01 "
            "comes by chance); and of {n} crystals, decoded with one geometry each, the shares that were finished, "
            "have no overlapping atoms, are SMACT-valid, and differ in formula."
        ).format(n=ways[0].drawn if ways else 0)
    )
    right.plotly_chart(
        draw_ways(ways, translate=_),
        key="ways-chart",
        config={"displayModeBar": False},
        alt=_("Distance from the known latents against time for each sampler"),
    )


@st.fragment
def conditions() -> None:
    st.markdown(
        _(
            "Tell the network a value and see where the readings go; they come from a network that did not steer. "
            "Guidance exaggerates the difference that the condition makes:"
        )
    )
    st.latex(r"\hat\varepsilon = \varepsilon_\varnothing + w\,(\varepsilon_c - \varepsilon_\varnothing)")
    one, two, three = st.columns(3, gap="medium")
    key = one.selectbox(
        _("Property"), list(TARGETS), key="guided-property", format_func=lambda k: _(PROPERTIES[k].label)
    )
    record, values = PROPERTIES[key], TARGETS[key]
    value = two.select_slider(
        f"{_('Target')} ({record.unit})",
        values,
        values[len(values) // 2],
        key=f"guided-{key}",
        format_func=lambda v: number(v, 0),
    )
    weight = three.select_slider(
        _("Guidance w"), GUIDANCES, 2.0, key="guided-weight", format_func=lambda v: number(v, 0)
    )
    measured = load_measured()
    cells = [measured.of(key, value, w) for w in GUIDANCES]
    asked, free = measured.of(key, value, weight), measured.of(key, value, 0.0)
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**{_('Readings')}**")
        st.plotly_chart(
            draw_readings(asked, free, f"{_(record.label)} ({record.unit})", (record.low, record.high), translate=_),
            key="guided-readings",
            config={"displayModeBar": False},
            alt=_("How the readings are spread with the condition and without it"),
        )
    with right:
        st.markdown(f"**{_('What guidance buys and what it costs')}**")
        st.plotly_chart(
            draw_guidance(cells, record.tolerance, weight, translate=_),
            key="guided-price",
            config={"displayModeBar": False},
            alt=_("Share on target and diversity against guidance"),
        )
    st.caption(
        _(
            "Of {n} crystals a setting, drawn and read beforehand. On target: within {tolerance} {unit}. Diversity: "
            "mean share of atoms by which two formulas differ. Too much guidance presses everything into the few "
            "crystals that show the property most: formulas repeat, and beyond a point fewer even reach the target. "
            "Some at this setting: {formulas}"
        ).format(
            n=len(asked.readings),
            tolerance=f"{record.tolerance:g}",
            unit=record.unit,
            formulas=", ".join(map(subscript, asked.formulas)),
        )
    )


def guarded(show: Callable[[], object]) -> None:
    """Shows a tab; what its user or a missing file brings is said in words."""
    try:
        show()
    except MatGenError as error:
        st.error(_(str(error)))
