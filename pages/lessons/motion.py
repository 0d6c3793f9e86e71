"""The lesson's film: one noise by three samplers, on the spiral or on what the reader draws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st

from matgen_core.core.errors import MatGenError
from matgen_core.lessons.captions import CAPTIONS
from matgen_core.lessons.motion import FEWEST_POINTS, Motion, move, pupil_of_points, spiral_pupil
from matgen_core.lessons.training import Pupil
from matgen_core.viz.motion import draw_motion
from pages.i18n.formatting import number
from pages.i18n.language import N_, _
from pages.lessons.charts import show_chart
from pages.lessons.notebook import guess, show_outcome
from pages.lessons.training import SPREAD_ASKED, SPREADS, name_spread
from pages.runs.drawn_alone import drawn_alone
from pages.widgets.asking.url_settings import URL, OneOf

_DATA = (N_("the spiral"), N_("my own drawing"))
#: Settings that a link holds by the words of a language, each with the English words of its options.
MOTION_WORDS = {"motion-data": OneOf(_DATA)}
_STEPS = 1_500
_PUPIL = "drawn-pupil"


@st.cache_resource
def _pad() -> st.components.v2.types.ComponentRenderer:
    js = Path(__file__).with_name("drawing_pad.js").read_text(encoding="utf-8")
    return st.components.v2.component("matgen_drawing_pad", js=js)


@st.cache_resource
def _film_keys() -> st.components.v2.types.ComponentRenderer:
    js = Path(__file__).with_name("film_keys.js").read_text(encoding="utf-8")
    return st.components.v2.component("matgen_film_keys", js=js)


@st.cache_data(max_entries=20, show_spinner=False)
def _spiral(seed: int) -> tuple[np.ndarray, list[Motion]]:
    pupil = spiral_pupil()
    return pupil.data.numpy(), move(pupil, seed=seed)


@drawn_alone
def motion() -> None:
    """The film, its data, and a guess before it."""
    st.markdown(
        _(
            "The same noise by three samplers, each with the number of steps that stands above it. Lines are the paths "
            "of twelve points. DDPM shakes at every step, the others go straight; play it, or drag the slider."
        )
    )
    left, right = st.columns([1, 3], gap="medium")
    with left:
        data = st.segmented_control(
            _("Data"), _DATA, default=_DATA[0], key="motion-data", required=True, format_func=_, bind=URL, wrap=True
        )
        seed = int(st.number_input(_("Seed"), 0, 10_000, 0, key="motion-seed", bind=URL) or 0)
        guessed = guess(
            "motion",
            _("Before you play: whose points end in the same places when noise and data are the same?"),
            [_("DDPM and DDIM"), _("DDIM and the solver"), _("all three")],
        )
        pupil, spread = (None, None) if data == _DATA[0] else _draw_and_learn()
    with right:
        if data == _DATA[0]:
            points, motions = _spiral(seed)
        elif pupil is None:
            return
        else:
            points, motions = pupil.data.numpy(), move(pupil, seed=seed)
        show_chart(
            draw_motion(points, motions, translate=_),
            "motion",
            _("The same noise by three samplers, from noise to data"),
            lecture=370,
        )
        moments = min(len(one.points) for one in motions)
        _film_keys()(key="film-keys", data={"film": "motion", "moments": moments, "label": _("Moment of the film")})
        if pupil is not None:
            show_outcome(spread, _(name_spread(pupil.spread(motions[1].points[-1]))))
        _say_ends(motions, guessed)


def _draw_and_learn() -> tuple[Pupil | None, str | None]:
    """The drawing, the network that learnt it, None before, and the guess of how far its points will spread."""
    drawn = _pad()(
        key="pad",
        data={"label": _("Draw your data here; arrow keys and Enter put points, too"), "clear": _("Clear")},
        on_points_change=lambda: None,
    )
    points = drawn.get("points") or []
    st.caption(_("{n} points; at least {least}").format(n=len(points), least=FEWEST_POINTS))
    spread = guess("spread-drawing", _(SPREAD_ASKED), [_(each) for each in SPREADS])
    pressed = st.button(
        _("Learn my drawing"), type="primary", key="learn-drawing", disabled=len(points) < FEWEST_POINTS
    )
    bar = st.empty()  # its place is there before and after, too: what is below stays where it is
    if pressed:
        try:
            pupil = pupil_of_points(points)
        except MatGenError as error:
            bar.error(_(str(error)))
            return None, spread
        for share in pupil.learn(_STEPS, 50):
            bar.progress(share, _("Step {n}").format(n=f"{pupil.steps:,}"))
        bar.empty()
        st.session_state[_PUPIL] = pupil
    kept: Pupil | None = st.session_state.get(_PUPIL)
    return kept, spread


def _say_ends(motions: list[Motion], guessed: str | None) -> None:
    """How far the ends of the samplers lie from one another, sample by sample; once the reader has guessed."""
    ddpm, ddim, solver = (one.points[-1] for one in motions)

    def apart(one: np.ndarray, other: np.ndarray) -> float:
        return float(np.median(np.linalg.norm(one - other, axis=1)))

    if guessed is None:
        return
    show_outcome(guessed, _("DDIM and the solver"))
    st.caption(_(CAPTIONS["motion"]))
    st.caption(
        _(
            "The ends of DDIM and of the solver lie {near} apart, those of DDPM and DDIM {far}: medians, in standard "
            "deviations of the data."
        ).format(near=number(apart(ddim, solver), 2), far=number(apart(ddpm, ddim), 2))
    )
