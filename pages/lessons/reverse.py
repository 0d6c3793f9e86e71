"""The lesson's way out of noise: a film, the samplers side by side, and what a condition does."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from matgen_core.core.properties import CRYSTAL_CONDITIONS, PROPERTIES, Property
from matgen_core.diffusion.samplers import METHODS
from matgen_core.lessons import diffusion as lessons
from matgen_core.lessons.diffusion import Film, settled_from
from matgen_core.lessons.laws import LAWS, holds
from matgen_core.lessons.measured import (
    GUIDANCES,
    OPENING,
    SAMPLER_NAMES,
    TARGETS,
    Guided,
    best_by_strongest,
    load_measured,
    share_of,
)
from matgen_core.viz.lessons import draw_guidance, draw_path, draw_predictions, draw_ways
from matgen_core.workflows.spaces.explore import Projection, principal_axes
from pages.i18n.formatting import number, subscript
from pages.i18n.language import N_, _
from pages.lessons.charts import show_chart
from pages.lessons.noise import show_frames
from pages.lessons.notebook import guess, guess_first, show_outcome
from pages.lessons.numbers import percent, share_text
from pages.widgets.asking.url_settings import URL, OneOf, localise_link
from pages.widgets.maps.map_view import space_of

_MOST_FILMS = 40
STEPS = (5, 10, 20, 50, 100, 1000)
#: Ends in a known intermetallic compound, with the settings with which the film opens.
FILM_SEED = 59
#: When a film reads the formula with which it ends.
SETTLES = (N_("from the first frame on"), N_("on the way"), N_("in the last frame only"))


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


@st.fragment
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
        )
        goals: tuple[tuple[str, float], ...] = ()
        if key:
            record = PROPERTIES[key]
            value = st.slider(
                f"{_(record.label)} ({record.unit})",
                record.low,
                record.high,
                (record.low + record.high) / 2,
                key="film-value",
            )
            goals = ((key, float(value)),)
        guidance = st.slider(_("Guidance"), 0.0, 6.0, 2.0, 0.5, key="film-guidance", disabled=not key)
        a, b = st.columns(2, gap="small")
        method = a.selectbox(
            _("Sampler"),
            METHODS,
            index=METHODS.index("dpm-solver"),
            key="film-sampler",
            format_func=SAMPLER_NAMES.__getitem__,
        )
        seed = b.number_input(_("Seed"), 0, 10_000, FILM_SEED, key="film-seed")
        steps = st.select_slider(_("Denoising steps"), STEPS, 20, key="film-steps", format_func="{:,}".format)
        film = _film(goals, float(guidance), method, int(steps), int(seed or 0))
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


@st.fragment
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
        r"\text{DPM++: } x_s = \sqrt{\tfrac{1-\bar\alpha_s}{1-\bar\alpha_t}}\, x_t - \sqrt{\bar\alpha_s}(e^{-h}-1)\,D',"
        r"\quad h = \tfrac12 \ln\tfrac{\bar\alpha_s (1-\bar\alpha_t)}{(1-\bar\alpha_s)\bar\alpha_t}"
    )
    ways = load_measured().ways
    left, right = st.columns([3, 2], gap="medium")
    with left:
        guessed = guess(
            "samplers",
            _("Before you look: which ends nearest to the known latents?"),
            [_("DDPM with 1,000 steps"), _("DDIM with 20 steps"), _("the solver with 20 steps")],
        )
        if not st.toggle(_("Show what was measured"), key="ways-shown", bind=URL):
            return
        table = pd.DataFrame(
            {
                _("Sampler"): [SAMPLER_NAMES[way.method] for way in ways],
                _("Denoising steps"): [way.steps for way in ways],
                _("Seconds for 100"): [number(way.seconds, 2) for way in ways],
                _("Distance"): [f"{number(way.distance, 3)} ± {number(way.error, 3)}" for way in ways],
                _("No overlap"): [_share(way.decoded.apart, way.decoded.finished) for way in ways],
                _("SMACT-valid"): [_share(way.decoded.charged, way.decoded.finished) for way in ways],
            }
        )
        st.dataframe(table, hide_index=True, key="ways", alt=_("Samplers compared by quality and time"))
        show_outcome(guessed, _("DDIM with 20 steps"))
        st.markdown(_(LAWS["samplers-steps"].caption))
        st.caption(_(LAWS["samplers"].caption))
    with right:
        show_chart(
            draw_ways(ways, translate=_),
            "ways-chart",
            _("Distance from the known latents against time for each sampler"),
        )
        st.caption(_(LAWS["samplers-scatter"].caption))
    first = ways[0]
    st.caption(
        _(
            "Measured beforehand on one CPU core, nothing asked, {seeds} seeds with {n} crystals in all: seconds for "
            "100 latents without decoding; energy distance between the drawn latents and those of known crystals (0 "
            "were they alike); shares without overlapping atoms and SMACT-valid. Each crystal is decoded with one "
            "geometry; the design page tries several and relaxes them, so that far fewer overlap there."
        ).format(n=first.decoded.drawn, seeds=len(first.distances))
    )


def _share(some: int, every: int) -> str:
    return percent(some / max(1, every))


@st.fragment
def conditions() -> None:
    st.markdown(
        _(
            "Give the network a value as its condition and see where the predictions go; they come from a network that "
            "did not steer. Guidance exaggerates the difference that the condition makes:"
        )
    )
    st.latex(r"\hat\varepsilon = \varepsilon_\varnothing + w\,(\varepsilon_c - \varepsilon_\varnothing)")
    one, two, three = st.columns(3, gap="medium")
    localise_link({"guided-property": OneOf([PROPERTIES[key].label for key in TARGETS])})
    key = one.selectbox(
        _("Property"), list(TARGETS), key="guided-property", format_func=lambda k: _(PROPERTIES[k].label), bind=URL
    )
    record, values = PROPERTIES[key], TARGETS[key]
    value = two.select_slider(
        f"{_('Target')} ({record.unit})",
        values,
        OPENING[key],
        key=f"guided-{key}",
        format_func=lambda v: number(v, 0),
        bind=URL,
    )
    weight = three.select_slider(
        _("Guidance w"), GUIDANCES, 2.0, key="guided-weight", format_func=lambda v: number(v, 0), bind=URL
    )
    measured = load_measured()
    cells = [measured.of(key, value, w) for w in GUIDANCES]
    asked, unconditional = measured.of(key, value, weight), measured.of(key, value, 0.0)
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**{_('Predictions')}**")
        show_chart(
            draw_predictions(
                asked,
                unconditional,
                f"{_(record.label)} ({record.unit})",
                (record.low, record.high),
                translate=_,
            ),
            "guided-predictions",
            _("How the predictions are spread with the condition and without it"),
        )
    with right:
        st.markdown(f"**{_('What guidance buys and what it costs')}**")
        show_chart(
            draw_guidance(cells, record.tolerance, weight, translate=_),
            "guided-price",
            _("Share on target and diversity against guidance"),
        )
    _say_guidance(cells, asked, record)
    guess_first(
        f"strongest-{key}",
        _("Before you move the target: for how many of its {n} values is the strongest guidance the best?").format(
            n=len(values)
        ),
        [_("for all of them"), _("for some"), _("for none")],
        lambda: _("for {n} of {all}").format(n=len(best_by_strongest(key)), all=len(values)),
    )


def _say_guidance(cells: Sequence[Guided], asked: Guided, record: Property) -> None:
    """What the figure shows at this target, in numbers, and the law of it."""
    met = [share_of(cell.on_target(record.tolerance), len(cell.predictions)) for cell in cells]
    best = max(range(len(cells)), key=lambda i: met[i][0])
    st.markdown(
        _("On target without guidance {unguided}; most at w = {weight}: {best}; at w = {strongest}: {last}.").format(
            unguided=share_text(met[0]),
            weight=number(cells[best].guidance, 0),
            best=share_text(met[best]),
            strongest=number(cells[-1].guidance, 0),
            last=share_text(met[-1]),
        )
    )
    if holds("guidance", key=asked.key, value=asked.value):
        st.caption(_(LAWS["guidance"].caption))
    st.caption(
        _(
            "Of {n} crystals a setting, drawn and read beforehand; in brackets the 95 % interval. On target: within "
            "{tolerance} {unit}. Diversity: mean share of atoms by which two formulas differ. Some at this setting: "
            "{formulas}"
        ).format(
            n=len(asked.predictions),
            tolerance=f"{record.tolerance:g}",
            unit=record.unit,
            formulas=", ".join(map(subscript, asked.formulas)),
        )
    )
