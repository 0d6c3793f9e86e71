"""Diffusion, live (chapter 4.2, 4.3): dissolve, bring back, train."""

from __future__ import annotations

import inspect

import numpy as np
import streamlit as st

from matgen_core import lessons
from matgen_core.chem.structure import reduced_formula
from matgen_core.diffusion import process
from matgen_core.diffusion.samplers import METHODS
from matgen_core.embeddings import principal_axes
from matgen_core.lessons import DATA, SCHEDULES, Frame, Pupil, dissolve, pupil_of, schedule_of, spiral
from matgen_core.models import denoiser
from matgen_core.properties import CRYSTAL_CONDITIONS, PROPERTIES
from matgen_core.types import BadInput, MatGenError
from matgen_core.viz_lessons import draw_cloud, draw_losses, draw_schedules
from pages.ui.language import N_, _
from pages.ui.map_view import read_place, space_of
from pages.ui.structure_view import show_structure
from pages.ui.wording import group_symbol, number, subscript

_PUPIL = "pupil"
_NAMES = {"spiral": N_("a spiral"), "crystals": N_("latents of the known crystals")}


@st.cache_data(max_entries=40, show_spinner=False)
def dissolved(place: int, seed: int) -> list[Frame]:
    return lessons.dissolve_crystal(space_of("crystals"), place, [0, 200, 400, 600, 800, 999], seed)


@st.cache_data(max_entries=40, show_spinner=False)
def film(goals: tuple[tuple[str, float], ...], guidance: float, method: str, steps: int, seed: int) -> list[Frame]:
    return lessons.reverse_film(dict(goals), guidance, method, steps, seed=seed)


def show_frames(frames: list[Frame], key: str, begin: int = -1) -> None:
    """A slider over the frames, from ``begin``, and the crystal that the decoder reads in the chosen one."""
    labels = [f"t = {frame.t}" for frame in frames]
    chosen = frames[labels.index(st.select_slider(_("Step"), labels, labels[begin], key=f"{key}-step"))]
    st.caption(_("Signal left: ᾱ = {share}").format(share=number(chosen.alpha_bar, 3)))
    if chosen.crystal is None:
        st.info(_("The decoder finds no crystal in this vector."))
        return
    crystal = chosen.crystal
    st.markdown(f"**{subscript(reduced_formula(crystal))}** · {group_symbol(crystal.space_group)}")
    show_structure(crystal, key)
    names = [subscript(reduced_formula(f.crystal)) if f.crystal else "–" for f in frames]
    st.caption(" → ".join(names))


def forward() -> None:
    st.markdown(
        _(
            "Noise is added step by step until nothing of the data is left. Any step can be reached at once, because "
            "normal noise adds up to normal noise:"
        )
    )
    st.latex(r"x_t = \sqrt{\bar\alpha_t}\,x_0 + \sqrt{1-\bar\alpha_t}\,\varepsilon,\qquad \varepsilon\sim N(0, I)")
    left, right = st.columns(2, gap="medium")
    with left:
        t = st.slider("t", 0, 999, 60, key="forward-t")
        name = st.segmented_control(
            _("Schedule"), SCHEDULES, default="linear", key="schedule", required=True, format_func=_
        )
        chosen = schedule_of(name)
        alpha = float(chosen.alpha_bar[t])
        st.caption(
            _("ᾱ = {share}, signal to noise {ratio}").format(
                share=number(alpha, 4), ratio=number(alpha / (1 - alpha), 4)
            )
        )
        curves = {key: schedule_of(key) for key in SCHEDULES}
        st.plotly_chart(draw_schedules(curves, t, translate=_), key="curves", alt=_("Signal left at every step"))
    with right:
        cloud = dissolve(spiral(), chosen, t)
        st.plotly_chart(draw_cloud(cloud), key="cloud", alt=_("A spiral of points under noise"))
    st.markdown(f"**{_('A crystal dissolves')}**")
    st.caption(
        _(
            "Its latent vector gets the noise, and the decoder of engine A says each time what it still reads in it. "
            "Where even the first is another crystal, the autoencoder itself errs: it is small, and its card says how "
            "often."
        )
    )
    text = st.text_input(_("Known crystal"), "NaCl", key="dissolve", max_chars=60)
    try:
        show_frames(dissolved(read_place(space_of("crystals"), text), 0), "dissolved", 0)
    except MatGenError as error:
        st.error(_(str(error)))


def reverse() -> None:
    st.markdown(
        _(
            "A network that has learnt to tell the noise takes it away again. Shown is the clean latent that it "
            "predicts at each step, decoded: first it is vague, then it settles."
        )
    )
    left, right = st.columns([2, 3], gap="medium")
    with left:
        key = st.selectbox(
            _("Told"), ["", *CRYSTAL_CONDITIONS], key="told",
            format_func=lambda k: _(PROPERTIES[k].label) if k else _("nothing"),
        )  # fmt: skip
        goals: tuple[tuple[str, float], ...] = ()
        if key:
            record = PROPERTIES[key]
            value = st.slider(
                f"{_(record.label)} ({record.unit})", record.low, record.high, (record.low + record.high) / 2,
                key="told-value",
            )  # fmt: skip
            goals = ((key, float(value)),)
        guidance = st.slider(_("Guidance"), 0.0, 6.0, 2.0, 0.5, key="told-guidance", disabled=not key)
        method = st.selectbox(_("Sampler"), METHODS, index=METHODS.index("dpm-solver"), key="film-sampler")
        steps = st.select_slider(_("Denoising steps"), [5, 10, 20, 50, 100, 1000], 20, key="film-steps")
        seed = st.number_input(_("Seed"), 0, 10_000, 0, key="film-seed")
    with right:
        show_frames(film(goals, float(guidance), method, int(steps), int(seed or 0)), "film")


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
            _("Conditional"), False, key="conditional",
            help=_("Spiral: how far out. Crystals: band gap and formation energy."),
        )  # fmt: skip
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
    draw(pupil, left, right)


def draw(pupil: Pupil, controls: st.delta_generator.DeltaGenerator, results: st.delta_generator.DeltaGenerator) -> None:
    """Samples of what was trained, over the data."""
    with controls:
        method = st.selectbox(_("Sampler"), METHODS, index=METHODS.index("ddim"), key="pupil-sampler")
        steps = st.select_slider(_("Denoising steps"), [5, 10, 20, 50, 100, 1000], 50, key="pupil-steps")
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
        data, found = axes.place(data), axes.place(found)
        scale = np.maximum(np.abs(data).max(axis=0) / 3.0, 1e-6)
        data, found = data / scale, found / scale
    results.plotly_chart(
        draw_cloud(data[:, :2], found[:, :2], names=(_("data"), _("drawn"))), key="drawn",
        alt=_("What the network draws over the data"),
    )  # fmt: skip


def code() -> None:
    st.markdown(_("This is the code that runs on this page, read from the package."))
    for name, thing in (
        ("SimpleDiffusionModel", denoiser.SimpleDiffusionModel), ("diffusion_loss", process.diffusion_loss),
        ("ConditionalDiffusionModel", denoiser.ConditionalDiffusionModel), ("add_noise", process.add_noise),
    ):  # fmt: skip
        with st.expander(name, expanded=name == "SimpleDiffusionModel"):
            st.code(inspect.getsource(thing), language="python")
    st.latex(r"L = E_{x_0,\varepsilon,t}\,\lVert \varepsilon - \varepsilon_\theta(x_t, t)\rVert^2")
    whole, short = schedule_of("linear"), process_end()
    st.markdown(
        _(
            "A note to the chapter: with 1000 steps its betas leave {whole} of the signal's variance at the end, with "
            "100 steps {short}. Sampling that begins from pure noise then begins where training never was, so the "
            "betas are scaled by 1000 / T here."
        ).format(whole=number(float(whole.alpha_bar[-1]), 5), short=number(short, 2))
    )


def process_end() -> float:
    """Signal left by the chapter's betas after 100 steps."""
    from matgen_core.diffusion.schedules import linear_schedule

    return float(linear_schedule(100).alpha_bar[-1])


st.title(_("Diffusion, live"), anchor=False)
st.caption(_("With chapter 4.2 and 4.3 of the textbook by Y. Hashimoto (CC BY 4.0). All of it runs on this machine."))
names = (_("Noise"), _("From noise"), _("Train it"), _("Code"))
for tab, show in zip(st.tabs(names, key="lesson"), (forward, reverse, train, code), strict=True):
    with tab:
        try:
            show()
        except BadInput as error:
            st.error(_(str(error)))
