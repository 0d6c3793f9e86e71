"""The lesson on conditions: where the predictions go, what guidance buys and what it costs."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from matgen_core.core.properties import PROPERTIES, Property
from matgen_core.lessons.captions import CAPTIONS
from matgen_core.lessons.measured import (
    GUIDANCES,
    OPENING,
    TARGETS,
    Guided,
    best_by_strongest,
    guidance_trades,
    load_measured,
    share_of,
)
from matgen_core.viz.lessons import draw_guidance, draw_predictions
from pages.i18n.formatting import number, subscript
from pages.i18n.language import _
from pages.lessons.charts import show_chart, show_title
from pages.lessons.notebook import guess_first
from pages.lessons.numbers import share_text
from pages.runs.drawn_alone import drawn_alone
from pages.widgets.asking.url_settings import URL, OneOf

#: Settings that a link holds by the words of a language, each with the English words of its options.
CONDITION_WORDS = {"guided-property": OneOf(tuple(PROPERTIES[key].label for key in TARGETS))}


@drawn_alone
def conditions() -> None:
    st.markdown(
        _(
            "Give the network a value as its condition and see where the predictions go; they come from a network that "
            "did not steer. Guidance exaggerates the difference that the condition makes:"
        )
    )
    st.latex(r"\hat\varepsilon = \varepsilon_\varnothing + w\,(\varepsilon_c - \varepsilon_\varnothing)")
    one, two, three = st.columns(3, gap="medium")
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
    left, right = st.columns([2, 3], gap="medium")
    with left:
        show_title(_("Predicted values"))
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
            lecture=205,
        )
    with right:
        show_title(_("What guidance buys and what it costs"))
        show_chart(
            draw_guidance(cells, record.tolerance, weight, translate=_),
            "guided-price",
            _("Share on target and diversity against guidance"),
            lecture=205,
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
    said = _("On target without guidance {unguided}; most at w = {weight}: {best}; at w = {strongest}: {last}.")
    if best == len(cells) - 1:
        said = _("On target without guidance {unguided}; most at the strongest, w = {weight}: {best}.")
    st.markdown(
        said.format(
            unguided=share_text(met[0]),
            weight=number(cells[best].guidance, 0),
            best=share_text(met[best]),
            strongest=number(cells[-1].guidance, 0),
            last=share_text(met[-1]),
        )
    )
    if guidance_trades(asked.key, asked.value):
        st.caption(_(CAPTIONS["guidance"]))
    st.caption(
        _(
            "Of {n} crystals per setting, generated and predicted beforehand; in brackets the 95 % interval. On "
            "target: within {tolerance} {unit}. Diversity: mean share of atoms by which two formulas differ. Some "
            "at this setting: {formulas}"
        ).format(
            n=len(asked.predictions),
            tolerance=f"{record.tolerance:g}",
            unit=record.unit,
            formulas=", ".join(map(subscript, asked.formulas)),
        )
    )
