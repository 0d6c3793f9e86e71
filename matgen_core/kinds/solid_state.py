"""A strict tier for oxides: can they be made from powders, in air, in a box furnace? By the package ``matsyngate``.

Its hard rules (charge, air-accessible valence, volatility, precursors that balance, family of the target) were checked
by their author against the 58 targets of A-Lab (Szymanski et al. 2023). They know conventional ceramic synthesis of
oxides only, so this tier is off unless asked for; whatever it does not evaluate it says.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import Any

from matgen_core.chem.formulas.formula_writing import write_formula
from matgen_core.core.errors import BadInput
from matgen_core.core.messages import Message
from matgen_core.core.records import Verdict

#: Under which its rules hold.
CONDITIONS = "solid-state reaction of powders in air, box furnace, from 600 °C up"
#: Rules judged elsewhere already (geometry, charges, toxic elements, hull), or of how many elements there may be.
_ELSEWHERE = ("G1", "G2", "G3", "G4", "G9")
#: What it says where its own charge rule G2 found nothing; charges are the rule "oxidation".
_UNDECIDED = "oxidation states undecidable"


def available() -> bool:
    """Whether ``matsyngate`` is installed."""
    from importlib.util import find_spec

    return find_spec("matsyngate") is not None


def check_available() -> None:
    """Raises BadInput, with the remedy, where the tier is asked for and its package is not installed."""
    if not available():
        raise BadInput(
            "the strict solid-state rules need matsyngate; install it with: .venv/bin/pip install matsyngate"
        )


@lru_cache(maxsize=50_000)
def check_solid_state(formula: str) -> Verdict:
    """Verdict "solid_state" of a reduced formula.

    Raises:
        BadInput: where ``matsyngate`` is not installed.
    """
    check_available()
    try:
        report = _judge(formula)
    except Exception as error:  # a young package: whatever it raises is no verdict
        logging.getLogger("matgen").warning("matsyngate failed on %s: %s", formula, error)
        return Verdict(
            "solid_state",
            None,
            Message(
                "matsyngate cannot check {formula} ({error})",
                formula=write_formula(formula),
                error=type(error).__name__,
            ),
        )
    bad = [
        f"{name}: {verdict.reason}"
        for name, verdict in report.verdicts.items()
        if verdict.status.name in ("FAIL", "FAILED") and name not in _ELSEWHERE and verdict.reason != _UNDECIDED
    ]
    if bad:
        return Verdict(
            "solid_state", False, Message("{bad} ({conditions})", bad="; ".join(bad)[:400], conditions=CONDITIONS)
        )
    if any(verdict.reason == _UNDECIDED for verdict in report.verdicts.values()):
        return Verdict(
            "solid_state",
            None,
            Message(
                "matsyngate finds no oxidation states for {formula} and cannot check it", formula=write_formula(formula)
            ),
        )
    return Verdict("solid_state", True, Message("no rule is violated ({conditions})", conditions=CONDITIONS))


def _judge(formula: str) -> Any:
    import warnings

    from matsyngate import SolidStateConfig, screen  # type: ignore[import-not-found, import-untyped, unused-ignore]
    from pymatgen.core import Composition

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        settings = SolidStateConfig.alab(n_min=2)
        return screen([Composition(formula)], config=settings, n_jobs=1, mode="diagnose")[0]
