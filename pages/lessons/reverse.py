"""The lesson's way out of noise: a film, and the samplers side by side."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
import streamlit as st

from matgen_core.core.properties import CRYSTAL_CONDITIONS, PROPERTIES
from matgen_core.lessons import diffusion as lessons
from matgen_core.lessons.captions import CAPTIONS
from matgen_core.lessons.diffusion import Film, settled_from
from matgen_core.lessons.measured import (
    SAMPLER_NAMES,
    Way,
    load_measured,
)
from matgen_core.viz.lessons import draw_path, draw_ways
from matgen_core.workflows.spaces.explore import Projection, principal_axes
from pages.i18n.language import N_, _
from pages.lessons.charts import show_chart
from pages.lessons.noise import show_frames
from pages.lessons.notebook import guess, guess_first, show_outcome
from pages.lessons.sampler import ask_sampler
from pages.lessons.tables import numbers, shares, show_table, spreads
from pages.runs.drawn_alone import drawn_alone
from pages.widgets.asking.url_settings import URL, OneOf
from pages.widgets.maps.map_view import space_of

_MOST_FILMS = 40
#: Ends in a known intermetallic compound, with the settings with which the film opens.
FILM_SEED = 59
#: When a film reads the formula with which it ends.
SETTLES = (N_("from the first frame on"), N_("on the way"), N_("in the last frame only"))
#: Settings that a link holds by the words of a language, each with the English words of its options.
FILM_WORDS = {"film-condition": OneOf((N_("nothing"), *(PROPERTIES[key].label for key in CRYSTAL_CONDITIONS)))}


@st.cache_resource(show_spinner=False)
def _films() -> OrderedDict[tuple[object, ...], Film]:
    return OrderedDict()


def _film(goals: tuple[tuple[str, float], ...], guidance: float, method: str, steps: int, seed: int) -> Film:
    """A film, computed once for all readers; while it is computed a bar shows how far it is."""
    kept, key = _films(), (goals, guidance, method, steps, seed)
    bar = st.empty()  # its place is there for a kept film, too: what is below stays where it is
    if key not in kept:
        bar.progress(0.0, _("Denoising …"))
        kept[key] = lessons.reverse_film(dict(goals), guidance, method, steps, seed=seed, on_share=bar.progress)
        bar.empty()
        while len(kept) > _MOST_FILMS:
            kept.popitem(last=False)
    return kept[key]


@st.cache_resource(show_spinner=False)
def _axes() -> Projection:
    return principal_axes(space_of("crystals").vectors)


@drawn_alone
def reverse() -> None:
    st.markdown(
        _(
            "A network that has learnt to predict the noise takes it away again, p(xₜ₋₁ | xₜ). The chapter's "
            "step is below, with z fresh noise and σₜ² = βₜ. The film runs the app's own network (it answers v, cosine "
            "schedule): shown is the clean latent that it predicts at each step, decoded; first it is vague, then it "
            "settles."
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
            _("Condition"),
            ["", *CRYSTAL_CONDITIONS],
            key="film-condition",
            format_func=lambda k: _(PROPERTIES[k].label) if k else _("nothing"),
            bind=URL,
        )
        goals: tuple[tuple[str, float], ...] = ()
        if key:
            record = PROPERTIES[key]
            value = st.slider(
                f"{_(record.label)} ({record.unit})",
                record.low,
                record.high,
                (record.low + record.high) / 2,
                key=f"film-{key}",
                bind=URL,
            )
            goals = ((key, float(value)),)
        a, b = st.columns(2, gap="small")
        guidance = a.slider(_("Guidance"), 0.0, 6.0, 2.0, 0.5, key="film-guidance", disabled=not key, bind=URL)
        seed = b.number_input(_("Seed"), 0, 10_000, FILM_SEED, key="film-seed", bind=URL)
        method, steps = ask_sampler("film", "dpm-solver", 20)
        film = _film(goals, float(guidance), method, steps, int(seed or 0))
        guess_first(
            "settles",
            _("Before you drag the film: when does it read the crystal that it ends in?"),
            [_(when) for when in SETTLES],
            lambda: _("{when}, at t = {t}").format(when=_(SETTLES[_settles(film)[0]]), t=_settles(film)[1]),
        )
        chart = st.empty()
    with right:
        place = film.steps[show_frames(list(film.frames), "film")]
    axes, every = _axes(), space_of("crystals").vectors
    thin = slice(None, None, max(1, len(film.noisy) // 60))
    shown = np.unique([*range(len(film.noisy))[thin], *film.steps])
    show_chart(
        draw_path(
            axes.place(every[:: max(1, len(every) // 1500)]),
            axes.place(film.noisy[shown]),
            axes.place(film.clean[shown]),
            int(np.searchsorted(shown, place)),
            translate=_,
        ),
        "path",
        _("The latent's way out of noise on the two main axes of the known crystals"),
        chart,
    )


def _settles(film: Film) -> tuple[int, int]:
    """The place in SETTLES that is right for a film, and the step from which its crystal is read."""
    place = settled_from(film.frames)
    last = len(film.frames) - 1
    return (0 if place == 0 else 2 if place == last else 1), film.frames[place].t


@drawn_alone
def samplers() -> None:
    st.markdown(
        _(
            "The chapter's loop (DDPM) takes all 1,000 steps and adds fresh noise at each. **DDIM** walks the same way "
            "without noise and may skip steps; a **solver of second order** bends with the path. The network is "
            "the same "
            "each time; D is the clean sample that it predicts, D′ the same carried forward from the step before."
        )
    )
    ddim, solver = st.columns(2, gap="medium")
    ddim.latex(r"\text{DDIM: } x_s = \sqrt{\bar\alpha_s}\,D + \sqrt{1-\bar\alpha_s}\,\varepsilon_\theta")
    solver.latex(
        r"\text{DPM++: } x_s = \sqrt{\tfrac{1-\bar\alpha_s}{1-\bar\alpha_t}}\, x_t - \sqrt{\bar\alpha_s}(e^{-h}-1)\,D'"
    )
    solver.latex(r"h = \tfrac12 \ln\tfrac{\bar\alpha_s (1-\bar\alpha_t)}{(1-\bar\alpha_s)\bar\alpha_t}")
    ways = load_measured().ways
    left, right = st.columns(2, gap="medium")
    with left:
        guessed = guess(
            "samplers",
            _("Before you look: which ends nearest to the known latents?"),
            [_("DDPM with 1,000 steps"), _("DDIM with 20 steps"), _("the solver with 20 steps")],
        )
        if not st.toggle(_("Show what was measured"), key="ways-shown", bind=URL):
            return
        show_outcome(guessed, _("DDIM with 20 steps"))
        st.markdown(_(CAPTIONS["samplers-steps"]))
        st.caption(_(CAPTIONS["samplers"]))
    with right:
        show_chart(
            draw_ways(ways, translate=_),
            "ways-chart",
            _("Distance from the known latents against time for each sampler"),
        )
        st.caption(_(CAPTIONS["samplers-scatter"]))
    _show_ways(ways)
    first = ways[0]
    st.caption(
        _(
            "Measured beforehand on one CPU core, without a target, {seeds} seeds with {n} crystals in all: "
            "seconds for 100 latents without decoding; energy distance between the drawn latents and those of "
            "known crystals (0 were they alike); shares without overlapping atoms and SMACT-valid. Each crystal is "
            "decoded with one geometry; the design page tries several and relaxes them, so that far fewer overlap "
            "there."
        ).format(n=first.decoded.drawn, seeds=len(first.distances))
    )


def _show_ways(ways: Sequence[Way]) -> None:
    decoded = [way.decoded for way in ways]
    show_table(
        {
            "sampler": [SAMPLER_NAMES[way.method] for way in ways],
            "steps": [way.steps for way in ways],
            "seconds": [way.seconds for way in ways],
            "distance": [way.distance for way in ways],
            "error": [way.error if np.isfinite(way.error) else None for way in ways],
            "apart": [some.apart / max(1, some.finished) for some in decoded],
            "charged": [some.charged / max(1, some.finished) for some in decoded],
        },
        {
            "sampler": _("Sampler"),
            "steps": _("Denoising steps"),
            "seconds": numbers(_("Seconds for 100"), 2),
            "distance": numbers(_("Distance"), 3),
            "error": spreads(3, _("One standard error over the seeds")),
            "apart": shares(_("No overlap")),
            "charged": shares(_("SMACT-valid")),
        },
        "ways",
        _("Samplers compared by quality and time"),
    )
