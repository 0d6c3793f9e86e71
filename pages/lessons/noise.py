"""The lesson's way into noise: points, a crystal, and the chapter's descriptors of a molecule."""

from __future__ import annotations

import numpy as np
import streamlit as st

from matgen_core.chem.crystals.structure import reduced_formula
from matgen_core.chem.formulas.composition import check_charges
from matgen_core.core.errors import MatGenError
from matgen_core.lessons import diffusion as lessons
from matgen_core.lessons.captions import CAPTIONS
from matgen_core.lessons.descriptors import Near, find_twins, last_same, load_descriptors, nearest_real, place_of
from matgen_core.lessons.diffusion import SCHEDULES, Frame, dissolve, schedule_of, spiral, takeover
from matgen_core.viz.lessons import draw_cloud, draw_ratio, draw_schedules
from pages.i18n.formatting import group_markdown, number, subscript
from pages.i18n.language import N_, _
from pages.kinds.molecule_view import drawing
from pages.kinds.structure_view import show_structure
from pages.lessons.charts import show_chart
from pages.lessons.notebook import guess_first
from pages.lessons.numbers import digits, percent
from pages.lessons.path import LECTURE
from pages.runs.drawn_alone import drawn_alone
from pages.widgets.asking.refusal import show_error
from pages.widgets.asking.url_settings import URL, OneOf
from pages.widgets.maps.map_view import read_place, space_of

#: What SMACT says of a formula.
CHARGES = {True: N_("SMACT-valid"), False: N_("not SMACT-valid")}
_MOMENTS = (0, 100, 200, 400, 600, 999)
#: Known crystals that the decoder reads back with the little noise of t = 0.
SURVIVE = ("NaCl", "TiO2", "SiO2", "LiFePO4")


#: Settings that a link holds by the words of a language, each with the English words of its options.
SCHEDULE_WORDS = {"schedule": OneOf(SCHEDULES), "described-schedule": OneOf(SCHEDULES)}


@st.cache_data(max_entries=40, show_spinner=False)
def _dissolved(place: int, seed: int) -> list[Frame]:
    return lessons.dissolve_crystal(space_of("crystals"), place, [0, 200, 400, 600, 800, 999], seed)


def show_frames(frames: list[Frame], key: str, begin: int = -1) -> int:
    """A slider over the frames, from ``begin``, and the crystal that the decoder reads in the chosen one; its place."""
    labels = [f"t = {frame.t}" for frame in frames]
    place = labels.index(st.select_slider(_("Step"), labels, labels[begin], key=f"{key}-step", bind=URL))
    chosen = frames[place]
    names = [subscript(reduced_formula(f.crystal)) if f.crystal else "–" for f in frames]
    st.caption(" → ".join(f"**{name}**" if i == place else name for i, name in enumerate(names)))
    said = _("Signal left: ᾱ = {share}").format(share=number(chosen.alpha_bar, 3))
    if chosen.crystal is None:
        st.caption(said)
        st.info(_("The decoder finds no crystal in this vector."))
        return place
    crystal = chosen.crystal
    formula = reduced_formula(crystal)
    judged = check_charges(formula).passed
    verdict = "" if judged is None else f" · {_(CHARGES[judged])}"
    st.markdown(f"**{subscript(formula)}** · {group_markdown(crystal.space_group)} · {said}{verdict}")
    show_structure(crystal)
    return place


def ask_schedule(key: str) -> str:
    """By which schedule noise is added; a choice of ``SCHEDULE_WORDS``."""
    return st.segmented_control(
        _("Schedule"),
        SCHEDULES,
        default="linear",
        key=key,
        required=True,
        format_func=_,
        bind=URL,
        wrap=True,
    )


@drawn_alone
def forward() -> None:
    st.markdown(
        _(
            "Noise is added step by step until nothing of the data is left. Any step can be reached at once, because "
            "normal noise adds up to normal noise:"
        )
    )
    one, every = st.columns(2, gap="medium")
    one.latex(r"q(x_t \mid x_{t-1}) = N\big(\sqrt{1-\beta_t}\,x_{t-1},\ \beta_t I\big)")
    every.latex(r"x_t = \sqrt{\bar\alpha_t}\,x_0 + \sqrt{1-\bar\alpha_t}\,\varepsilon,\quad \varepsilon\sim N(0, I)")
    left, middle, right = st.columns(3, gap="medium")
    curves = {key: schedule_of(key) for key in SCHEDULES}
    with left:
        t = st.slider(_("Step t"), 0, 999, 60, key="forward-t", bind=URL)
        name = ask_schedule("schedule")
        chosen = schedule_of(name)
        alpha = float(chosen.alpha_bar[t])
        st.caption(
            _("ᾱ = {share}, signal to noise {ratio}").format(share=digits(alpha), ratio=digits(alpha / (1 - alpha)))
        )
        st.caption(_(CAPTIONS["forward"]))
        guess_first(
            f"takeover-{name}",
            _("Before you drag t: near which step does noise become the larger part?"),
            ["100", "250", "500", "900"],
            lambda: f"t = {takeover(chosen)}",
        )
    with middle:
        show_chart(draw_cloud(dissolve(spiral(), chosen, t), height=270), "cloud", _("A spiral of points under noise"))
        st.markdown(f"**{_('Signal left at every step')}**")
        show_chart(draw_schedules(curves, t, translate=_), "curves", _("Signal left at every step"))
    with right:
        st.markdown(f"**{_('Signal to noise (dotted: equal parts)')}**")
        show_chart(draw_ratio(curves, t, translate=_), "ratio", _("Signal to noise at every step"))
    _crystal()


def _crystal() -> None:
    st.subheader(_("A crystal sinks into noise"), anchor=False)
    left, right = st.columns([2, 3], gap="medium")
    known = left.pills(
        _("Crystals that survive t = 0"),
        SURVIVE,
        default="NaCl",
        key="dissolve-known",
        format_func=subscript,
        bind=URL,
        wrap=True,
    )
    text = left.text_input(_("Or another known crystal"), key="dissolve", max_chars=60, bind=URL) or str(
        known or "NaCl"
    )
    left.caption(
        _(
            "Its latent vector of 128 numbers gets noise by the cosine schedule, and the decoder of the latent "
            "diffusion reads it at each step. The autoencoder errs, too: of withheld crystals it gives the formula "
            "of 24 % and the structure of 11 % back, so that even t = 0 may read as another crystal. At t = 999 "
            "nothing of the crystal is left; what is read there is what the noise happens to spell."
        )
    )
    with right:
        try:
            show_frames(_dissolved(read_place(space_of("crystals"), text), 0), "dissolved", 0)
        except MatGenError as error:
            show_error(_(str(error)))


@st.cache_data(max_entries=40, show_spinner=False)
def _noised(smiles: str, schedule: str, seed: int) -> tuple[list[Near], list[dict[str, float]]]:
    """The nearest real molecule at each moment, and the counts that the noised vector claims."""
    space = load_descriptors()
    vector = place_of(smiles, space)[None]
    noised = np.concatenate([dissolve(vector, schedule_of(schedule), t, seed) for t in _MOMENTS])
    return nearest_real(noised, space), [space.counts(row) for row in noised]


def show_near(near: list[Near], labels: list[str]) -> None:
    """Drawings of the nearest real molecules side by side, in a lecture six in a row."""
    card, wide, high = (126, 92, 80) if st.session_state.get(LECTURE) else (186, 152, 114)
    with st.container(horizontal=True, gap="xsmall" if card < 150 else "small"):
        for one, label in zip(near, labels, strict=True):
            with st.container(border=True, width=card, gap=None):
                st.caption(label)
                st.html(drawing(one.smiles, wide, high))
                st.caption(_("{distance} away").format(distance=number(one.distance, 2)))


def show_counts(counts: list[dict[str, float]], labels: list[str]) -> None:
    """What the vectors say of whole numbers."""
    names = {
        "HeavyAtomCount": _("Heavy atoms"),
        "NumHDonors": _("H-bond donors"),
        "NumHAcceptors": _("H-bond acceptors"),
        "NumRotatableBonds": _("Rotatable bonds"),
        "RingCount": _("Rings"),
        "NumAromaticRings": _("Aromatic rings"),
    }
    table = {_("The vector says"): labels} | {
        label: [number(row[key], 2) for row in counts] for key, label in names.items() if key in counts[0]
    }
    st.dataframe(table, hide_index=True, key=f"counts-{labels[0]}", alt=_("Counts that each vector claims"))


@drawn_alone
def descriptors() -> None:
    st.markdown(
        _(
            "The chapter's own example: a molecule as **128 numbers** (RDKit descriptors such as weight, ring count "
            "and surface areas, standardised over 2,000 molecules of MOSES). They get "
            "noise like any vector; each card shows the known molecule that is nearest to the noisy vector."
        )
    )
    left, right = st.columns([3, 2], gap="medium")
    smiles = left.text_input(
        _("Molecule (SMILES)"), load_descriptors().smiles[0], key="described", max_chars=200, bind=URL
    )
    with right:
        name = ask_schedule("described-schedule")
    try:
        near, counts = _noised(smiles.strip(), str(name), 0)
    except MatGenError as error:
        show_error(_(str(error)))
        return
    labels = [f"t = {t}" for t in _MOMENTS]
    guess_first(
        "itself",
        _("Before you look: up to which step is the nearest real molecule the one of t = 0?"),
        labels[1:],
        lambda: labels[last_same([one.smiles for one in near])],
    )
    show_near(near, labels)
    st.caption(_("Distances are in standard deviations a descriptor; 0 would be the molecule itself."))
    st.markdown(
        _(
            "**Why no molecule comes back.** A vector between molecules is not a molecule: it claims fractions of "
            "atoms and rings, and nothing says how to build a graph that has these 128 values at once; they say how "
            "much there is of everything, not which atom is bound to which."
        )
    )
    show_counts(counts, labels)
    twins = find_twins()
    a, b = st.columns([2, 3], gap="medium", vertical_alignment="center")
    with a, st.container(horizontal=True, gap="small"):
        for one in twins.smiles:
            st.html(drawing(one, 190, 130))
    b.caption(
        _(
            "The two of the 2,000 that these descriptors hardly tell apart: {distance} between them, where the "
            "nearest is usually {usual} away; yet their fingerprints agree to {likeness} only. So MatGen's crystals "
            "are drawn as latents of an autoencoder, which has a decoder, and its molecules are written as SMILES."
        ).format(distance=number(twins.distance, 3), usual=number(twins.usual, 2), likeness=percent(twins.likeness))
    )
