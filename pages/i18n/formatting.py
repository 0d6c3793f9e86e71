"""How numbers, formulas and goals are written for a reader: units beside numbers, real minus signs, subscripts."""

from __future__ import annotations

import re
from typing import Any

from matgen_core.chem.crystals.structure import reduced_formula
from matgen_core.chem.crystals.symmetry import hall_number
from matgen_core.chem.formulas.formula_writing import write_formulas_in, write_subscripts
from matgen_core.chem.formulas.hazards import RADIOACTIVE, TOXIC
from matgen_core.core.goal_probability import round_chance
from matgen_core.core.goals import Goal
from matgen_core.core.messages import Message, join
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import (
    BOTH,
    JUDGING,
    STEERING,
    Candidate,
    Crystal,
    Formula,
    Prediction,
    Verdict,
)
from matgen_core.files.units import METHOD as GIVEN
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.kinds.registry import kind_of, record_of
from matgen_core.kinds.rule_names import rule_name
from pages.i18n.language import N_, _

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
#: What a mark in the column of charges means.
CHARGES = N_(
    "✓ neutral with common oxidation states, or intermetallic; – only with rare states or bonds between anions; ✗ not"
)


def subscript(formula: str) -> str:
    """A formula as chemists write it, with its numbers lowered.

    >>> subscript("Ca(HO)2")
    'Ca(OH)₂'
    """
    return write_subscripts(formula)


def reason_text(verdict: Verdict, material: object = None) -> str:
    """Why a rule says what it says, with formulas as chemists write them; a molecule's SMILES stay as they are."""
    reason = write_minus(_(verdict.reason))
    return write_formulas_in(reason) if material is None or record_of(material).has_formula else reason


def group_symbol(space_group: int) -> str:
    """Hermann–Mauguin symbol with screw axes lowered and inversion axes as "-3", for tables and lists.

    Not with a combining overline: Streamlit's font draws it over the character that follows.

    >>> group_symbol(194), group_symbol(198), group_symbol(162)
    ('P6₃/mmc', 'P2₁3', 'P-31m')
    """
    import spglib

    text = str(spglib.get_spacegroup_type(hall_number(space_group)).international_short)
    return re.sub(r"_(\d)", lambda m: m[1].translate(_SUBSCRIPTS), text)


def group_markdown(space_group: int) -> str:
    """The same with a bar over the digit of an inversion axis, for headings and running text.

    Digits that follow stand within the formula, too: a dollar sign before a digit ends none.

    >>> print(group_markdown(189))
    P$\\overline{\\mathsf{6}}\\mathsf{2}$m
    """
    return re.sub(
        r"-(\d)(\d*)",
        lambda m: rf"$\overline{{\mathsf{{{m[1]}}}}}" + (rf"\mathsf{{{m[2]}}}$" if m[2] else "$"),
        group_symbol(space_group),
    )


def group_html(space_group: int) -> str:
    """The same for HTML."""
    return re.sub(r"-(\d)", r'<span style="text-decoration:overline">\1</span>', group_symbol(space_group))


def number(value: float, places: int = 2) -> str:
    """A number with a real minus sign.

    >>> number(-1.234), number(-0.001)
    ('−1.23', '0.00')
    """
    text = f"{value:.{places}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", "−")


def write_minus(text: str) -> str:
    """A sentence with real minus signs before its numbers; hyphens within names stay.

    >>> write_minus("-1.09 eV/atom; target -1 ± 0.25; mp-30733, P-62m, 0-0001")
    '−1.09 eV/atom; target −1 ± 0.25; mp-30733, P-62m, 0-0001'
    """
    return re.sub(r"(?<![\w)\]@-])-(?=\.?\d)", "−", text)


def price_text(value: float) -> str:
    """A price with the three digits that a price of elements has.

    >>> price_text(2929.3), price_text(12711.9), price_text(1.2345)
    ('2,930', '12,700', '1.23')
    """
    short = float(f"{value:.3g}")
    return f"{short:,.0f}" if abs(short) >= 100 else f"{short:g}"


def plain(value: float) -> str:
    """A number as short as it can be written, with a real minus sign."""
    return f"{value:g}".replace("-", "−")


def goal_message(key: str, goal: Goal) -> Message:
    """What is asked for, with its unit: "2 ± 0.5 eV", "1 to 3 eV", "at least 3 eV"."""
    return write_goal(goal, PROPERTIES[key].unit, PROPERTIES[key].tolerance)


def write_goal(goal: Goal, unit: str = "", tolerance: float | None = None) -> Message:
    """The same of a property with this unit and tolerance."""
    low, high = (None if end is None else f"{plain(end)} {unit}".rstrip() for end in (goal.low, goal.high))
    if low is None:
        return Message("at most {end}", end=high)
    if high is None:
        return Message("at least {end}", end=low)
    if goal.is_value:
        slack = f" ± {tolerance:g}" if tolerance else ""
        return join([f"{plain(goal.low or 0.0)}{slack} {unit}".rstrip()])
    return Message("{low} to {high}", low=plain(goal.low or 0.0), high=high)


def goal_text(key: str, goal: Goal) -> str:
    """The same in the reader's language."""
    return _(goal_message(key, goal))


def label_text(key: str) -> str:
    """The name of a property for a reader; of one that a user's own predictor predicts, the predictor's."""
    return _(PROPERTIES[key].label) if key in PROPERTIES else key.partition(".")[2] or key


def is_open(zero_chance: float | None) -> bool:
    """Whether the model cannot tell zero (a metal, a non-magnet) from another value."""
    return zero_chance is not None and 0.2 < zero_chance < 0.8


def open_text(otherwise: float, unit: str) -> str:
    """What is said where the model cannot tell: "metal, or about 3.1 eV"."""
    named = _("metal, or about {value}") if unit == "eV" else _("non-magnetic, or about {value}")
    return named.format(value=f"{number(otherwise, 1)} {unit}")


def metal_chance(candidate: Candidate[Any]) -> float | None:
    """Probability that it is a metal, in two digits; None where the model of its gap does not tell."""
    prediction = candidate.predictions.get("band_gap")
    return None if prediction is None else round_chance(prediction.zero_chance)


def given_text(candidate: Candidate[Any]) -> str:
    """The properties whose values the user brought."""
    return ", ".join(label_text(key) for key, prediction in candidate.predictions.items() if prediction.method == GIVEN)


def source_text(prediction: Prediction) -> str:
    """Which model says it, or that it is from the user's file; then the note."""
    method = _(prediction.method)
    if prediction.role:
        method = _("{model}: {role}").format(model=method, role=role_text(prediction.role))
    parts = (method, write_formulas_in(write_minus(_(prediction.note))))
    return "; ".join(part for part in parts if part and part != "none")


def role_text(role: str) -> str:
    """The role of a model in a run for a reader."""
    return {STEERING: _("steers"), JUDGING: _("judges"), BOTH: _("steers and judges")}.get(role, role)


def judged_text(prediction: Prediction) -> str:
    """What the second model says, with its spread, its name and its role; empty where none was asked."""
    judged = prediction.judged
    if judged is None:
        return _("{model} only").format(model=_(prediction.method)) if prediction.role == STEERING else ""
    who = _("{model}: {role}").format(model=_(judged.method), role=role_text(judged.role))
    if judged.value is None:
        return f"– {who}; {_(judged.note)}"
    spread = "" if judged.spread is None else f" ± {number(judged.spread, 3)}"
    return f"{number(judged.value, 3)}{spread} {prediction.unit} · {who}"


def prediction_text(prediction: Prediction | None) -> str:
    """A prediction with spread and unit; a dash where there is none."""
    if prediction is None or prediction.value is None:
        return "–"
    places = 3 if prediction.unit.startswith("eV/") else 2
    if is_open(prediction.zero_chance) and prediction.otherwise is not None:
        return open_text(prediction.otherwise, prediction.unit)
    spread = f" ± {number(prediction.spread, places)}" if prediction.spread else ""  # 0 of what is counted or measured
    text = f"{number(prediction.value, places)}{spread} {prediction.unit}".rstrip()
    if prediction.method == GIVEN:
        return _("{value} (your value)").format(value=text)
    if prediction.known is None or prediction.spread == 0:
        return text
    return _("{predicted}; table of known phases: {known}").format(
        predicted=text, known=number(prediction.known, places)
    )


def cautions(candidate: Candidate[Crystal] | Candidate[Formula]) -> str:
    """What a reader must know of a candidate before its numbers: radioactive, toxic, too little known of its hull."""
    elements = kind_of(candidate.material).elements(candidate.material)
    found = {
        _("radioactive"): bool(elements & RADIOACTIVE),
        _("toxic"): bool(elements & set(TOXIC)),
        _("few known phases"): candidate.failed("known_phases"),
    }
    return ", ".join(word for word, holds in found.items() if holds)


def novelty_text(candidate: Candidate) -> str:
    """What is known of it in two words; the verdict's reason has the sentence."""
    verdict = candidate.verdict("novelty")
    if verdict is None:
        return "–"
    if verdict.passed is None:
        return _("not compared")
    if not verdict.passed:
        return _("known structure")
    listed = not load_reference().is_new_formula(reduced_formula(candidate.material))
    return _("unlisted structure") if listed else _("unlisted formula")


def charge_verdict(candidate: Candidate[Any]) -> Verdict | None:
    """The verdict on charges; of a run of an older version the one that it had."""
    return candidate.verdict("oxidation") or candidate.verdict("charge_balance")


def mark(verdict: Verdict | None) -> str:
    """✓, ✗ or a dash."""
    return {True: "✓", False: "✗", None: "–"}[None if verdict is None else verdict.passed]


def duration_text(seconds: float) -> str:
    """A time in words: seconds up to a minute and a half, else minutes."""
    if seconds < 90:
        return _("{seconds:.0f} s").format(seconds=max(1.0, seconds))
    return _("{n} min").format(n=f"{seconds / 60:.0f}")


def rule_text(rule: str) -> str:
    """The name of a rule for a reader."""
    if rule.startswith("target:"):
        return label_text(rule.removeprefix("target:"))
    return _(rule_name(rule))
