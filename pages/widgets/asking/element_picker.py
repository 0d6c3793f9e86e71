"""Elements on a periodic table: a click adds to, or takes from, what must be there, must not, or is all there is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from matgen_core.chem.formulas.composition import formula_elements, split_formula
from matgen_core.chem.formulas.hazards import RADIOACTIVE, TOXIC, groups_left_out
from matgen_core.chem.formulas.oxidation import read_states
from matgen_core.core.errors import BadTarget
from matgen_core.core.goals import Constraints
from matgen_core.core.settings import ConstraintTexts
from pages.i18n.language import _
from pages.widgets.asking.setting_controls import ask_setting, rule_of
from pages.widgets.asking.url_settings import OneOf, Rule

HERE = Path(__file__).parent
#: What a link may say of elements beside the lists and the formula.
RULES: dict[str, Rule] = {
    **{key: rule_of(ConstraintTexts, key) for key in ("subsets", "oxidation")},
    **{key: OneOf(("true", "false")) for key in ("no_toxic", "no_radioactive", "no_rare_earths", "abundant")},
}
#: The three lists; each is the key of a widget and a setting in the URL.
LISTS = ("include", "exclude", "system")


def pick_elements(elements: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    """(included, excluded, exactly these) symbols; empty where nothing was picked."""
    names = {"include": _("include"), "exclude": _("exclude"), "system": _("only these")}
    st.segmented_control(
        f"**{_('Elements')}**",
        LISTS,
        default="include",
        key="pen",
        format_func=names.__getitem__,
        required=True,
        help=_("Choose what a click does, then click elements. Click again to undo."),
    )
    with st.container(key="periodic-table"):
        _table()(
            key="table",
            data=_drawn(tuple(elements)),
            on_clicked_change=_toggle,
        )
    labels = {
        "include": (_("Must contain"), _("any")),
        "exclude": (_("Must not contain"), _("none")),
        "system": (_("Only these, all of them"), _("not set")),
    }
    picked = [
        st.multiselect(label, elements, key=key, bind="query-params", placeholder=hint)
        for key, (label, hint) in labels.items()
    ]
    return picked[0], picked[1], picked[2]


def ask_of_elements() -> tuple[str, bool]:
    """Oxidation states, as written, and whether some elements of a chemical system are enough."""
    subsets = ask_setting(ConstraintTexts, "subsets", "subsets")
    return ask_setting(ConstraintTexts, "oxidation", "oxidation", placeholder=_("any; Fe3+, Mn4+")), subsets


def ask_groups(asked: frozenset[str], elements: Sequence[str], hazards: bool) -> frozenset[str]:
    """Groups of elements to leave out, as the reader chooses; what is asked for by name stays.

    Args:
        asked: elements that the reader asks for.
        elements: those that there are.
        hazards: whether toxic and radioactive elements are asked about here.
    """
    left, right = st.columns(2, gap="small")

    def ask(where: Any, label: str, key: str, about: str) -> bool:
        stays = _("Elements that you include stay allowed.")
        return bool(where.toggle(label, key=key, bind="query-params", help=f"{about}. {stays}"))

    toxic = radioactive = False
    if hazards:
        toxic = ask(left, _("No toxic elements"), "no_toxic", ", ".join(TOXIC))
        hot = ", ".join(e for e in elements if e in RADIOACTIVE)
        radioactive = ask(right, _("No radioactive elements"), "no_radioactive", hot)
    rare = ask(left, _("No rare earths"), "no_rare_earths", _("Sc, Y and the lanthanides are left out"))
    scarce = ask(
        right,
        _("Earth-abundant only"),
        "abundant",
        _("Elements with less than 1 mg per kg of Earth's crust are left out (In, Te, Ag, Pt, …)"),
    )
    return groups_left_out(elements, asked, toxic=toxic, radioactive=radioactive, rare_earths=rare, scarce=scarce)


@st.cache_resource
def _table() -> st.components.v2.types.ComponentRenderer:
    css, js = ((HERE / f"periodic_table.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    return st.components.v2.component("matgen_periodic_table", css=css, js=js)


def _toggle() -> None:
    symbol, pen = st.session_state["table"].get("clicked"), st.session_state["pen"]
    if not symbol:
        return
    for key in LISTS:
        chosen = [s for s in st.session_state.get(key, []) if s != symbol]
        if key == pen and symbol not in st.session_state.get(key, []):
            chosen.append(symbol)
        st.session_state[key] = chosen


def _drawn(elements: tuple[str, ...]) -> dict[str, object]:
    lists = {key: st.session_state.get(key) or _linked(key, elements) for key in LISTS}
    words = {"include": _("included"), "exclude": _("excluded"), "system": _("one of 'only these'")}
    cells = []
    for symbol, name, row, column in _places(elements):
        state = next((key for key in LISTS if symbol in lists[key]), "off" if lists["system"] else "")
        title = f"{name} ({words[state]})" if state in words else name
        cells.append({"symbol": symbol, "row": row, "column": column, "state": state, "title": title})
    return {"label": _("Periodic table"), "elements": cells}


def _linked(key: str, elements: tuple[str, ...]) -> list[str]:
    """What the link asks for, before the lists below the table have read it themselves."""
    return [s for s in st.query_params.get_all(key) if s in elements] if key not in st.session_state else []


@lru_cache(maxsize=1)
def _places(elements: tuple[str, ...]) -> list[tuple[str, str, int, int]]:
    """Symbol, name, row and column of each; the f block stands below the rest, after an empty row."""
    from pymatgen.core import Element

    places = []
    for symbol in elements:
        element = Element(symbol)
        row, column = int(element.row), int(element.group)
        if element.is_lanthanoid or element.is_actinoid:
            row, column = (9, element.Z - 57 + 3) if element.is_lanthanoid else (10, element.Z - 89 + 3)
        places.append((symbol, str(element.long_name), row, column))
    return places


def gather(
    picked: tuple[Sequence[str], Sequence[str], Sequence[str]],
    written: str,
    hazards: bool,
    elements: Sequence[str],
    states: str = "",
    subsets: bool = False,
) -> Constraints:
    """Constraints on the elements from the lists and from what stands in the field of the formula.

    Args:
        picked: included, excluded, exactly these.
        written: a formula, its type or a chemical system; what is none of them is left for the check to name.
        hazards: whether the page asks here about toxic and radioactive elements.
        elements: those that there are.
        states: oxidation states as they were written.
        subsets: whether some elements of a chemical system are enough.

    Raises:
        BadTarget: for what is no oxidation state.
    """
    include, exclude, system = (frozenset(symbols) for symbols in picked)
    try:
        formula, exactly = split_formula(written, system or None)
        named = formula_elements(formula) if formula else frozenset[str]()
    except BadTarget:
        formula, exactly, named = written.strip(), system or None, frozenset[str]()
    oxidation: tuple[tuple[str, int], ...] = ()
    wrong: BadTarget | None = None
    try:
        oxidation = read_states(states)
    except BadTarget as error:  # said once every control is drawn
        wrong = error
    asked = include | named | (exactly or frozenset()) | {element for element, _state in oxidation}
    exclude |= ask_groups(asked, elements, hazards)
    if wrong is not None:
        raise wrong
    return Constraints(include, exclude, exactly, formula, subsets=subsets, oxidation=oxidation)
