"""The lesson's own training: the chapter's networks learn, draw, and show their code."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import numpy as np
import streamlit as st

from matgen_core.chem.crystals.structure import reduced_formula
from matgen_core.diffusion import process, samplers
from matgen_core.diffusion.process import Prediction
from matgen_core.diffusion.samplers import METHODS
from matgen_core.diffusion.schedules import linear_schedule
from matgen_core.kinds.crystals.writing.embed import decode_latents
from matgen_core.lessons.descriptors import load_descriptors, nearest_real
from matgen_core.lessons.diffusion import schedule_of
from matgen_core.lessons.laws import LAWS
from matgen_core.lessons.training import DATA, MILESTONES, PREDICTIONS, USUAL, Pupil, pupil_of
from matgen_core.models import denoiser
from matgen_core.viz.lessons import draw_cloud, draw_losses
from matgen_core.workflows.spaces.explore import principal_axes
from matgen_core.workflows.spaces.space import load_crystal_space
from pages.i18n.formatting import number, subscript
from pages.i18n.language import N_, _
from pages.lessons.charts import show_chart
from pages.lessons.noise import show_counts, show_near
from pages.lessons.notebook import guess, show_outcome
from pages.lessons.reverse import STEPS
from pages.widgets.asking.url_settings import URL

_PUPIL = "pupil"
_NAMES = {
    "spiral": N_("a spiral"),
    "latents": N_("latents of the known crystals"),
    "descriptors": N_("128 descriptors"),
}
_ANSWERS = {"eps": "ε", "v": "v"}
_CONDITIONS = {
    "spiral": (N_("How far out"),),
    "latents": (N_("band gap"), N_("formation energy")),
    "descriptors": (N_("molecular weight"),),
}
#: The question before a training, its options, and the spreads between which samples lie like the data.
SPREAD_ASKED = N_("Before you press: how far will the drawn points spread?")
SPREADS = (N_("as far as the data"), N_("less far"), N_("much too far"))
NARROW, WIDE = 0.75, 1.35


@st.fragment
def train() -> None:
    st.markdown(
        _(
            "The chapter's network learns before your eyes. Press Train again to go on, begin from a network that has "
            "learnt longer, or choose other data. Steps are counted, not seconds: the curve is the same on every "
            "machine."
        )
    )
    left, right = st.columns([2, 3], gap="medium")
    with left:
        pupil, steps = _choose()
        sure = guess(
            f"spread-{pupil.data.shape[1]}-{pupil.predicts}",
            _(SPREAD_ASKED),
            [_(each) for each in SPREADS],
        )
        pressed = st.button(_("Train"), type="primary", key="train")
    with right:
        bar, chart = st.empty(), st.empty()
        if pressed:
            for i, share in enumerate(pupil.learn(steps, max(50, steps // 20))):
                bar.progress(share, _("Step {n}").format(n=f"{pupil.steps:,}"))
                show_chart(draw_losses(pupil.losses, translate=_), f"losses-{i}", _("Loss"), chart)
            bar.empty()
        if not pupil.steps:
            st.info(_("Not trained yet."))
            return
        if pupil.losses:
            show_chart(draw_losses(pupil.losses, translate=_), "losses", _("Loss"), chart)
    _draw(pupil, left, right, sure)


def _choose() -> tuple[Pupil, int]:
    """The network that the controls ask for, and the steps that a press trains."""
    data = st.segmented_control(
        _("Data"), DATA, default="spiral", key="pupil-data", required=True, format_func=lambda k: _(_NAMES[k]), bind=URL
    )
    a, b = st.columns(2, gap="small")
    conditional = a.toggle(
        _("Conditional"),
        False,
        key="conditional",
        bind=URL,
        help=_("Spiral: how far out. Crystals: band gap and formation energy. Molecules: weight."),
    )
    predicts: Prediction = b.segmented_control(
        _("The network answers"),
        PREDICTIONS,
        default=USUAL[data],
        key=f"predicts-{data}",
        required=True,
        format_func=_ANSWERS.__getitem__,
        bind=URL,
    )
    begins = (0,) if conditional else (0, *MILESTONES)
    begun_at = st.select_slider(
        _("Steps that it has learnt before"),
        begins if len(begins) > 1 else (0, 0),
        key=f"begun-{conditional}",
        format_func=lambda n: f"{n:,}",
        disabled=bool(conditional),
        bind=URL,
    )
    steps = st.select_slider(
        _("Steps of training"),
        (100, 500, 1000, 2000, 5000),
        1000,
        key="train-steps",
        format_func=lambda n: f"{n:,}",
        bind=URL,
    )
    kind = (data, bool(conditional), predicts, int(begun_at))
    kept: tuple[object, Pupil] | None = st.session_state.get(_PUPIL)
    if kept is None or kept[0] != kind:
        kept = st.session_state[_PUPIL] = (kind, pupil_of(*kind))
    return kept[1], int(steps)


def _draw(
    pupil: Pupil,
    controls: st.delta_generator.DeltaGenerator,
    results: st.delta_generator.DeltaGenerator,
    guessed: str | None,
) -> None:
    """Samples of what was trained, over the data."""
    kind = st.session_state[_PUPIL][0][0]
    with controls:
        a, b = st.columns(2, gap="small")
        method = a.selectbox(_("Sampler"), METHODS, index=METHODS.index("ddim"), key="pupil-sampler", bind=URL)
        steps = b.select_slider(_("Denoising steps"), STEPS, 50, key="pupil-steps", bind=URL)
        condition = None
        if pupil.conditions is not None:
            condition = [
                st.slider(
                    _("{name}, in standard deviations").format(name=_(name)), -2.0, 2.0, 0.0, 0.1, key=f"c-{kind}-{i}"
                )
                for i, name in enumerate(_CONDITIONS[kind])
            ]
    with results:
        bar = st.empty()
        found = pupil.draw(500, method, int(steps), condition=condition, on_step=_progress(bar, int(steps)))
        bar.empty()
        places, drawn = _in_the_plane(pupil, found)
        show_chart(
            draw_cloud(places[:, :2], drawn[:, :2], names=(_("data"), _("drawn"))),
            "drawn",
            _("What the network draws over the data"),
        )
        _say_spread(pupil, found, guessed)
        if kind == "latents":
            _read_crystals(found[:8])
    if kind == "descriptors":
        _read_molecules(pupil, method, int(steps))


def _progress(bar: st.delta_generator.DeltaGenerator, steps: int) -> Callable[[int, object, object], None] | None:
    """Shows how far a long sampling is; a short one is over before it could be read."""
    if steps < 100:
        return None

    def show(step: int, _x: object, _clean: object) -> None:
        if step % (steps // 20) == 0:
            bar.progress(step / steps, _("Denoising step {n} of {all}").format(n=step, all=steps))

    return show


def _in_the_plane(pupil: Pupil, found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Data and samples as points of a plane: as they are, or on the data's two main axes."""
    data = pupil.data.numpy()[:2000]
    if data.shape[1] == 2:
        return data, found
    axes = principal_axes(data)
    places, drawn = axes.place(data), axes.place(found)
    scale = np.maximum(np.abs(places).max(axis=0) / 3.0, 1e-6)
    return places / scale, drawn / scale


def _say_spread(pupil: Pupil, found: np.ndarray, guessed: str | None) -> None:
    """How far the samples spread, and why."""
    spread = pupil.spread(found)
    wide, narrow = spread > WIDE, spread < NARROW
    show_outcome(guessed, _(name_spread(spread)))
    st.markdown(
        _("Spread of what is drawn, in units of the data's: **{spread}** after {steps} steps.").format(
            spread=number(spread, 2), steps=f"{pupil.steps:,}"
        )
    )
    if not wide and not narrow:
        st.caption(_(LAWS["training"].caption))
    if wide and pupil.predicts == "eps":
        st.warning(_(LAWS["noise-prediction"].caption))
    elif pupil.data.shape[1] > 2 and pupil.predicts == "v":
        st.caption(_("Second step: let the network answer ε, as in the chapter, and draw again."))


def name_spread(spread: float) -> str:
    """The option of SPREADS that a spread, in units of the data's, makes right."""
    return SPREADS[2] if spread > WIDE else SPREADS[1] if spread < NARROW else SPREADS[0]


def _read_crystals(drawn: np.ndarray) -> None:
    """What the decoder reads in some of the drawn latents."""
    known = load_crystal_space().vectors  # the network saw them standardised
    crystals = decode_latents((drawn * np.maximum(known.std(axis=0), 1e-6) + known.mean(axis=0)).astype(np.float32))
    names = [subscript(reduced_formula(crystal)) if crystal else "–" for crystal in crystals]
    st.caption(_("The first of them, decoded: {formulas}").format(formulas=" · ".join(names)))
    alone = sum(len({site.element for site in crystal.sites}) == 1 for crystal in crystals if crystal)
    if alone > len(names) / 2:
        st.caption(
            _("{n} of {all} are bare elements: these points lie outside the data.").format(n=alone, all=len(names))
        )


def _read_molecules(pupil: Pupil, method: str, steps: int) -> None:
    """The nearest real molecule at each step of one sample, and the counts that it claims."""
    space = load_descriptors()
    reel = pupil.film(method, steps)
    vectors = reel.clean[:, 0]
    labels = [f"t = {t}" for t in reel.moments]
    st.markdown(f"**{_('One sample on its way: the real molecule nearest to what the network predicts')}**")
    show_near(nearest_real(vectors, space), labels)
    show_counts([space.counts(vector) for vector in vectors], [f"{label} " for label in labels])


def code() -> None:
    st.markdown(_("This is the code that runs on this page, read from the package."))
    for name, thing, equation in _CODE:
        with st.expander(f"`{name}`", expanded=name == "diffusion_loss"):
            st.latex(equation)
            st.code(inspect.getsource(thing), language="python", wrap_lines=True)
    whole, short = float(schedule_of("linear").alpha_bar[-1]), float(linear_schedule(100).alpha_bar[-1])
    st.markdown(
        _(
            "A note to the chapter: with 1000 steps its betas leave {whole} of the signal's variance at the end, with "
            "100 steps {short}. Sampling that begins from pure noise then begins where training never was, so the "
            "betas are scaled by 1000 / T here."
        ).format(whole=number(whole, 5), short=number(short, 2))
    )


#: Equation beside code, in the order in which they are used.
_CODE = (
    (
        "add_noise",
        process.add_noise,
        r"q(x_t \mid x_0):\quad x_t = \sqrt{\bar\alpha_t}\,x_0 + "
        r"\sqrt{1-\bar\alpha_t}\,\varepsilon",
    ),
    (
        "diffusion_loss",
        process.diffusion_loss,
        r"L = E_{x_0,\varepsilon,t}\,\lVert \varepsilon - "
        r"\varepsilon_\theta(x_t, t)\rVert^2",
    ),
    (
        "SimpleDiffusionModel",
        denoiser.SimpleDiffusionModel,
        r"\varepsilon_\theta(x_t, t) = "
        r"\mathrm{MLP}\big([x_t,\ t/T]\big)",
    ),
    (
        "ConditionalDiffusionModel",
        denoiser.ConditionalDiffusionModel,
        r"\varepsilon_\theta(x_t, t, c) = "
        r"\mathrm{MLP}\big([x_t,\ e(c),\ t/T]\big)",
    ),
    (
        "linear_schedule",
        linear_schedule,
        r"\beta_t = 10^{-4} + \tfrac{t}{T-1}\,(0.02 - 10^{-4}),\qquad "
        r"\bar\alpha_t = \prod_{s\le t}(1-\beta_s)",
    ),
    ("sample", samplers.sample, r"p_\theta(x_{t-1} \mid x_t):\quad x_T \sim N(0, I),\quad t = T, \dots, 1"),
    (
        "guide",
        samplers.guide,
        r"\hat\varepsilon = \varepsilon_\varnothing + w\,(\varepsilon_c - "
        r"\varepsilon_\varnothing)",
    ),
)
