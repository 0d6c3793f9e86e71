"""Runs that begin with a formula or a crystal: the structures of the formula, variants of the crystal.

Both are asked for beside the targets, of a typed formula or an uploaded file, and on the card of every crystal; what
they find stands where the page of crystals shows its runs.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from matgen_core.chem.crystals.structure import reduced_formula
from matgen_core.core.errors import BadInput, MatGenError
from matgen_core.core.goals import Target
from matgen_core.core.messages import Message
from matgen_core.core.records import Candidate, Crystal
from matgen_core.core.settings import CrystalSettings
from matgen_core.kinds.registry import record_of
from matgen_core.workflows.evidence import Repeat
from matgen_core.workflows.page_work.generation import structures, variants
from matgen_core.workflows.screening.candidate_files import read_uploads
from matgen_core.workflows.structures import check_source, only_crystal, target_of
from pages.i18n.formatting import subscript
from pages.i18n.language import _
from pages.kinds.page_kind import OtherWork
from pages.widgets.asking.refusal import show_error

#: Where a card leaves what it was asked for, until the page of crystals begins with it.
_ASKED = "from-crystal"
_PAGE = "pages/design/crystals.py"
_USUAL, _MOST = 8, 64


def ask_from_crystal(busy: bool) -> OtherWork | None:
    """What was asked for on a card, or here: of a typed formula, or of the one crystal of a file.

    Args:
        busy: whether a run of the page goes on, which must end first.
    """
    waiting: OtherWork | None = st.session_state.pop(_ASKED, None)
    with st.container():
        if waiting is not None and busy:
            st.info(_("A run is in progress: wait until it ends, or press Cancel."))
    with st.expander(_("From a formula or a crystal"), key="from-crystal-panel"):
        formula = st.text_input(
            _("Structures of this formula"),
            key="structures-of",
            placeholder="BaTiO3",
            max_chars=60,
            help=_("Its known structures first, then others that it may have, each by its distance to the hull"),
        )
        count = st.number_input(_("How many beside the known"), 1, _MOST, _USUAL, key="structures-count")
        listing = st.button(_("List structures"), key="list-structures", disabled=busy or not formula.strip())
        file = st.file_uploader(
            _("A crystal to vary (CIF, POSCAR, XYZ)"),
            key="vary-file",
            help=_("Variants have its structure type and other elements"),
        )
        varying = st.button(_("Variants"), key="vary-uploaded", disabled=busy or file is None)
        try:
            if listing:
                return structures_of(formula.strip(), int(count or _USUAL))
            if varying and file is not None:
                return variants_of(
                    only_crystal(read_uploads([(file.name, file.getvalue())]), file.name), int(count or _USUAL)
                )
        except MatGenError as error:
            show_error(_(error.message))
    return None if busy else waiting


def offer_from_crystal(candidate: Candidate[Crystal]) -> None:
    """On the card of a crystal: the buttons for the structures of its formula and for its variants."""
    formula = reduced_formula(candidate.material)
    with st.container(horizontal=True, gap="small", key="from-crystal"):
        asked = {
            "card-structures": (_("Structures of {formula}"), partial(structures_of, formula)),
            "card-variants": (_("Variants of this crystal"), partial(variants_of, candidate)),
        }
        for key, (label, ask) in asked.items():
            if st.button(label.format(formula=subscript(formula)), key=key):
                _hand_over(ask)


def offer_for_one(picked: Sequence[Candidate[Any]]) -> None:
    """The same where one is picked, and it is a crystal."""
    if len(picked) == 1 and record_of(picked[0].material).has_geometry:
        offer_from_crystal(picked[0])


def _hand_over(ask: Callable[[], OtherWork]) -> None:
    """Has the page of crystals begin with it; what cannot be is said here."""
    try:
        st.session_state[_ASKED] = ask()
    except MatGenError as error:
        show_error(_(error.message))
        return
    st.switch_page(_PAGE)


def structures_of(formula: str, count: int = _USUAL) -> OtherWork:
    """The structures of a formula as work.

    Raises:
        BadTarget: for what is no formula, or too large.
    """
    target = target_of(formula)
    name = Message("Structures of {formula}", formula=subscript(formula))
    work = partial(structures, formula=formula, count=count)
    command = shlex.join(["matgen", "structures", formula, "--count", str(count)])
    repeat = Repeat(settings=CrystalSettings(), command=command)
    return OtherWork(work, count, name, target, CrystalSettings(), repeat)


def variants_of(candidate: Candidate[Crystal], count: int = _USUAL) -> OtherWork:
    """Variants of a crystal as work.

    Raises:
        BadInput: for a crystal that cannot be varied.
    """
    if candidate.is_draft:
        raise BadInput("{name} is a draft without a geometry; choose one that was placed", name=candidate.id)
    constraints = check_source(candidate)
    name = Message("Variants of {formula}", formula=subscript(reduced_formula(candidate.material)))
    work = partial(variants, candidate=candidate, count=count)
    return OtherWork(work, count, name, Target({}, constraints), CrystalSettings(), Repeat(settings=CrystalSettings()))
