"""A cell without a value says why, in the tables of the three kinds and of screening."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from matgen_core.core.goals import Target
from matgen_core.core.messages import Message
from matgen_core.core.records import Candidate, Formula, Molecule, Origin, Prediction, Verdict
from matgen_core.kinds.rules import Rules
from pages.kinds.composition_results import show_formula_table
from pages.kinds.crystal_table import show_table
from pages.kinds.molecule_results import show_molecule_table
from pages.widgets.found.empty_cells import EMPTY
from pages.widgets.found.selection import Pick
from pages.widgets.screening.table import show_screen_table


class Shown(Pick):
    """Keeps what the page would show."""

    def show_table(self, table: pd.DataFrame, key: str, height: int, columns: Any, alt: str) -> None:
        object.__setattr__(self, "seen", (table, columns))


def shown(show: Any, candidates: list[Candidate[Any]]) -> tuple[list[str | None], bool]:
    """The reasons of the rows, and whether their column is shown."""
    pick = Shown("run")
    pick.settle([c.id for c in candidates], running=False)
    show(candidates, Target(), pick)
    table, columns = pick.seen  # type: ignore[attr-defined]
    return [reason if isinstance(reason, str) else None for reason in table[EMPTY]], columns[EMPTY] is not None


def formula(text: str, **notes: str) -> Candidate[Formula]:
    keys = {"band_gap": "eV", "formation_energy": "eV/atom", "magnetic_moment": "µB/atom", "e_above_hull": "eV/atom"}
    predictions = {
        key: Prediction(key, None if key in notes else 1.0, None, unit, "test", note=notes.get(key, ""))
        for key, unit in keys.items()
    }
    return Candidate(text, Formula(text), Origin("test"), predictions)


def test_a_composition_without_a_price_names_the_element() -> None:
    assert shown(show_formula_table, [formula("RaF2"), formula("NaCl")]) == (
        ["USD/kg: the price of Ra is not known; HHI: the HHI of Ra is not known", None],
        True,
    )
    assert shown(show_formula_table, [formula("NaCl")]) == ([None], False)


def test_a_composition_without_a_hull_or_a_prediction_says_so() -> None:
    unknown = formula("NaCl", e_above_hull=Message("no phase holds {element} with the others", element="Na"))
    assert shown(show_formula_table, [unknown])[0] == ["E hull: no phase holds Na with the others"]
    bare = replace(unknown, predictions={})
    (reason,) = shown(show_formula_table, [bare])[0]
    assert reason is not None
    assert reason.endswith("E hull: not predicted")


def test_words_beside_a_value_need_no_reason() -> None:
    """Where the model cannot tell a metal, the next column says so."""
    one = formula("NaCl")
    unsure = Prediction("band_gap", 0.0, 3.6, "eV", "test", zero_chance=0.6, otherwise=3.1)
    assert shown(show_formula_table, [replace(one, predictions={**one.predictions, "band_gap": unsure})])[0] == [None]


def test_a_crystal_without_a_judge_or_a_gap_says_so(found: tuple[Candidate[Any], ...]) -> None:
    rutile, salt, zincite = found
    judged = Prediction("e_above_hull", 0.0, 0.03, "eV/atom", "SevenNet")
    hull = replace(rutile.predictions["e_above_hull"], judged=judged)
    rutile = replace(rutile, predictions={**rutile.predictions, "e_above_hull": hull})
    reasons, visible = shown(show_table, [rutile, salt, zincite])
    assert visible
    assert reasons[0] is None
    assert reasons[1] is not None
    assert "by SevenNet: not judged: CHGNet alone" in reasons[1]
    assert reasons[2] is not None
    assert reasons[2].startswith("Gap: <b>note</b>")


def test_what_is_no_molecule_says_why() -> None:
    keys = {"logp": 1.0, "solubility": -2.0, "weight": 78.0, "donors": 0.0, "acceptors": 0.0, "sa_score": 1.0}
    keys |= {"tpsa": 0.0, "rotatable": 0.0}
    whole = {key: Prediction(key, value, None, "", "RDKit") for key, value in keys.items()}
    good = Candidate("a", Molecule("c1ccccc1"), Origin("t"), whole, (Verdict("valid", True),))
    bad = Candidate("b", Molecule("C("), Origin("t"), {}, (Verdict("valid", False, "an open bracket"),))
    (none, reason), visible = shown(show_molecule_table, [good, bad])
    assert visible
    assert none is None
    assert reason is not None
    assert reason.endswith(": an open bracket")


def test_screening_says_what_was_not_predicted(monkeypatch: pytest.MonkeyPatch) -> None:
    import streamlit as st

    tables: list[Any] = []
    monkeypatch.setattr(st, "dataframe", lambda table, **_options: tables.append(table))
    rows = [(formula("NaCl"), 1, 1.0), (replace(formula("KCl"), predictions={}), 0, None)]
    show_screen_table(rows, [], Rules())
    (table,) = tables
    first, second = (table.data if hasattr(table, "data") else table)[EMPTY]
    assert first is None
    assert second.endswith(": not predicted")
