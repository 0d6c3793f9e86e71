"""The lesson's own training: the chapter's networks learn, draw, and show their code."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from matgen_core.chem.crystals.structure import reduced_formula
from matgen_core.diffusion.process import Prediction
from matgen_core.kinds.crystals.writing.embed import decode_latents
from matgen_core.lessons.captions import CAPTIONS
from matgen_core.lessons.descriptors import load_descriptors, nearest_real
from matgen_core.lessons.training import DATA, MILESTONES, PREDICTIONS, USUAL, Pupil, pupil_of, scales_of
from matgen_core.viz.lessons import draw_cloud, draw_losses
from matgen_core.workflows.spaces.explore import principal_axes
from matgen_core.workflows.spaces.space import load_crystal_space
from pages.i18n.formatting import number, plain, subscript
from pages.i18n.language import N_, _
from pages.lessons.charts import show_chart
from pages.lessons.noise import show_counts, show_near
from pages.lessons.notebook import guess, show_outcome
from pages.lessons.sampler import ask_sampler
from pages.runs.drawn_alone import drawn_alone
from pages.widgets.asking.url_settings import URL, OneOf

_PUPIL = "pupil"
_NAMES = {
    "spiral": N_("a spiral"),
    "latents": N_("latents of the known crystals"),
    "descriptors": N_("128 descriptors"),
}
#: Settings that a link holds by the words of a language, each with the English words of its options.
DATA_WORDS = {"pupil-data": OneOf(tuple(_NAMES.values()))}
_ANSWERS = {"eps": "ε", "v": "v"}
_CONDITIONS = {
    "spiral": (N_("How far out"),),
    "latents": (N_("band gap"), N_("formation energy")),
    "descriptors": (N_("molecular weight"),),
}
#: The chapter's band gap (eV) and formation energy (eV/atom).
CHAPTER = (2.0, -0.5)
#: The question before a training, its options, and the spreads between which samples lie like the data.
SPREAD_ASKED = N_("Before you press: how far will the drawn points spread?")
SPREADS = (N_("as far as the data"), N_("less far"), N_("much too far"))
NARROW, WIDE = 0.75, 1.35


@drawn_alone
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
        _("Data"),
        DATA,
        default="spiral",
        key="pupil-data",
        required=True,
        format_func=lambda k: _(_NAMES[k]),
        bind=URL,
        wrap=True,
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
        wrap=True,
    )
    begins = (0,) if conditional else (0, *MILESTONES)
    begun_at = st.select_slider(
        _("Steps that it has learnt before"),
        begins if len(begins) > 1 else (0, 0),
        key=f"begun-{conditional}",
        format_func="{:,}".format,
        disabled=bool(conditional),
        bind=URL,
    )
    steps = st.select_slider(
        _("Steps of training"),
        (100, 500, 1000, 2000, 5000),
        1000,
        key="train-steps",
        format_func="{:,}".format,
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
        method, steps = ask_sampler("pupil", "ddim", 50)
        condition = None
        if pupil.conditions is not None:
            condition = _ask_condition(kind)
    with results:
        bar = st.empty()
        found = pupil.draw(500, method, steps, condition=condition, on_step=_progress(bar, steps))
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
        _read_molecules(pupil, method, steps)


def _ask_condition(kind: str) -> list[float]:
    """The condition in standard deviations, with what that is in its unit, and the chapter's value as a button."""
    scales = scales_of(kind)
    if kind == "latents":
        values = ", ".join(plain(value) for value in CHAPTER)
        st.button(_("The chapter's [{values}]").format(values=values), key="c-chapter", on_click=_take_chapters)
    found = [
        st.slider(
            _("{name}, in standard deviations").format(name=_(name)),
            -2.0,
            2.0,
            0.0,
            0.05,
            key=f"c-{kind}-{i}",
            bind=URL,
        )
        for i, name in enumerate(_CONDITIONS[kind])
    ]
    shown = [
        f"{_(name)} {number(scale.mean + value * scale.deviation, 1)} {scale.unit}"
        for name, value, scale in zip(_CONDITIONS[kind], found, scales, strict=False)
    ]
    if shown:
        st.caption(_("That is: {values}").format(values=", ".join(shown)))
    return found


def _take_chapters() -> None:
    """Sets the condition of the crystals to the chapter's gap and formation energy, as near as the sliders reach."""
    for i, (value, scale) in enumerate(zip(CHAPTER, scales_of("latents"), strict=True)):
        place = round(round((value - scale.mean) / scale.deviation / 0.05) * 0.05, 2)
        st.session_state[f"c-latents-{i}"] = float(np.clip(place, -2.0, 2.0))


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
        _("Spread of the generated points, in units of the data's: **{spread}** after {steps} steps.").format(
            spread=number(spread, 2), steps=f"{pupil.steps:,}"
        )
    )
    if not wide and not narrow:
        st.caption(_(CAPTIONS["training"]))
    if wide and pupil.predicts == "eps":
        st.warning(_(CAPTIONS["noise-prediction"]))
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
