"""The lesson's own training: the chapter's networks learn, draw, and show their code."""

from __future__ import annotations

import inspect

import numpy as np
import streamlit as st

from matgen_core.chem.structure import reduced_formula
from matgen_core.diffusion import process
from matgen_core.diffusion.samplers import METHODS
from matgen_core.diffusion.schedules import linear_schedule
from matgen_core.kinds.crystals.embed import decode_latents
from matgen_core.lessons.descriptors import load_descriptors, nearest_real
from matgen_core.lessons.diffusion import DATA, Pupil, pupil_of, schedule_of
from matgen_core.models import denoiser
from matgen_core.viz.lessons import draw_cloud, draw_losses
from matgen_core.workflows.explore import principal_axes
from matgen_core.workflows.spaces import load_crystal_space
from pages.i18n.formatting import number, subscript
from pages.i18n.language import N_, _
from pages.lessons.noise import show_counts, show_near
from pages.lessons.reverse import STEPS

_PUPIL = "pupil"
_NAMES = {
    "spiral": N_("a spiral"),
    "latents": N_("latents of the known crystals"),
    "descriptors": N_("128 descriptors of molecules"),
}


@st.fragment
def train() -> None:
    st.markdown(
        _(
            "The chapter's network learns while you watch. Press Train again to go on, or choose other data to begin "
            "anew."
        )
    )
    left, right = st.columns([2, 3], gap="medium")
    with left:
        data = st.segmented_control(
            _("Data"), DATA, default="spiral", key="pupil-data", required=True, format_func=lambda k: _(_NAMES[k])
        )
        conditional = st.toggle(
            _("Conditional"),
            False,
            key="conditional",
            help=_("Spiral: how far out. Crystals: band gap and formation energy. Molecules: weight."),
        )
        seconds = st.slider(_("Seconds of training"), 2, 60, 8, key="train-seconds")
        pressed = st.button(_("Train"), type="primary", key="train")
    kind = (data, bool(conditional))
    kept: tuple[object, Pupil] | None = st.session_state.get(_PUPIL)
    if kept is None or kept[0] != kind:
        kept = st.session_state[_PUPIL] = (kind, pupil_of(*kind))
    pupil = kept[1]
    with right:
        bar, chart = st.empty(), st.empty()
        if pressed:
            for i, share in enumerate(pupil.learn(float(seconds))):
                bar.progress(share, _("Step {n}").format(n=f"{len(pupil.losses):,}"))
                chart.plotly_chart(draw_losses(pupil.losses, translate=_), key=f"losses-{i}", alt=_("Loss"))
            bar.empty()
        if not pupil.losses:
            st.info(_("Not trained yet."))
            return
        chart.plotly_chart(draw_losses(pupil.losses, translate=_), key="losses", alt=_("Loss"))
    _draw(pupil, str(data), left, right)


def _draw(
    pupil: Pupil, kind: str, controls: st.delta_generator.DeltaGenerator, results: st.delta_generator.DeltaGenerator
) -> None:
    """Samples of what was trained, over the data."""
    with controls:
        method = st.selectbox(_("Sampler"), METHODS, index=METHODS.index("ddim"), key="pupil-sampler")
        steps = st.select_slider(_("Denoising steps"), STEPS, 50, key="pupil-steps")
        condition = None
        if pupil.conditions is not None:
            condition = [
                st.slider(_("Condition {n}, in standard deviations").format(n=i + 1), -2.0, 2.0, 0.0, 0.1, key=f"c-{i}")
                for i in range(pupil.conditions.shape[1])
            ]
        st.caption(
            _("{steps} steps in {seconds} s").format(steps=f"{len(pupil.losses):,}", seconds=number(pupil.seconds, 0))
        )
    found = pupil.draw(500, method, int(steps), condition=condition)
    data = pupil.data.numpy()[:2000]
    if data.shape[1] > 2:
        axes = principal_axes(data)
        places, drawn = axes.place(data), axes.place(found)
        scale = np.maximum(np.abs(places).max(axis=0) / 3.0, 1e-6)
        places, drawn = places / scale, drawn / scale
    else:
        places, drawn = data, found
    with results:
        st.plotly_chart(
            draw_cloud(places[:, :2], drawn[:, :2], names=(_("data"), _("drawn"))),
            key="drawn",
            alt=_("What the network draws over the data"),
        )
        if kind == "latents":
            _read_crystals(found[:8])
    if kind == "descriptors":
        _read_molecules(pupil, method, int(steps))


def _read_crystals(drawn: np.ndarray) -> None:
    """What the decoder reads in some of the drawn latents."""
    known = load_crystal_space().vectors  # the network saw them standardised
    crystals = decode_latents((drawn * np.maximum(known.std(axis=0), 1e-6) + known.mean(axis=0)).astype(np.float32))
    names = [subscript(reduced_formula(crystal)) if crystal else "–" for crystal in crystals]
    st.caption(_("The first of them, decoded: {formulas}").format(formulas=" · ".join(names)))


def _read_molecules(pupil: Pupil, method: str, steps: int) -> None:
    """The nearest real molecule at each step of one sample, and the counts that it claims."""
    space = load_descriptors()
    moments, vectors = pupil.film(method, steps)
    labels = [f"t = {t}" for t in moments]
    st.markdown(f"**{_('One sample on its way: the real molecule nearest to what the network predicts')}**")
    show_near(nearest_real(vectors, space), labels)
    show_counts([space.counts(vector) for vector in vectors], [f"{label} " for label in labels])


def code() -> None:
    st.markdown(_("This is the code that runs on this page, read from the package."))
    for thing, equation in (
        (process.add_noise, r"x_t = \sqrt{\bar\alpha_t}\,x_0 + \sqrt{1-\bar\alpha_t}\,\varepsilon"),
        (process.diffusion_loss, r"L = E_{x_0,\varepsilon,t}\,\lVert \varepsilon - \varepsilon_\theta(x_t, t)\rVert^2"),
        (denoiser.SimpleDiffusionModel, r"\varepsilon_\theta(x_t, t) = \mathrm{MLP}\big([x_t,\ t/T]\big)"),
        (
            denoiser.ConditionalDiffusionModel,
            r"\varepsilon_\theta(x_t, t, c) = \mathrm{MLP}\big([x_t,\ e(c),\ t/T]\big)",
        ),
        (
            linear_schedule,
            r"\beta_t = 10^{-4} + \frac{t}{T-1}\,(0.02 - 10^{-4}),\qquad \bar\alpha_t = \prod_{s\le t}(1-\beta_s)",
        ),
    ):
        name = thing.__name__
        with st.expander(f"`{name}`", expanded=name == "diffusion_loss"):
            left, right = st.columns([3, 2], gap="medium", vertical_alignment="center")
            left.code(inspect.getsource(thing), language="python")
            right.latex(equation)
    whole, short = float(schedule_of("linear").alpha_bar[-1]), float(linear_schedule(100).alpha_bar[-1])
    st.markdown(
        _(
            "A note to the chapter: with 1000 steps its betas leave {whole} of the signal's variance at the end, with "
            "100 steps {short}. Sampling that begins from pure noise then begins where training never was, so the "
            "betas are scaled by 1000 / T here."
        ).format(whole=number(whole, 5), short=number(short, 2))
    )
