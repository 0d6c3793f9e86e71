"""Why cells of a table are empty, in a column of their own: a cell of the browser's table has no tooltip."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

from matgen_core.core.records import Candidate
from pages.i18n.formatting import write_minus
from pages.i18n.language import _

if TYPE_CHECKING:
    from streamlit.elements.lib.column_types import ColumnConfig

#: Key of the column.
EMPTY = "empty"

#: Says why a candidate has nothing in a column.
Reason = Callable[[Candidate[Any], str], str]


def no_prediction(candidate: Candidate[Any], key: str) -> str:
    """Why there is no value of a property."""
    valid = candidate.verdict("valid")
    if valid is not None and valid.passed is False:
        return _(valid.reason)
    prediction = candidate.predictions.get(key)
    return (_(prediction.note) if prediction is not None else "") or _("not predicted")


def add_reasons(
    table: pd.DataFrame,
    candidates: Sequence[Candidate[Any]],
    names: Mapping[str, str],
    reason: Reason = no_prediction,
) -> ColumnConfig | None:
    """Adds the column, and returns how it is shown; None, which hides it, where no cell is empty.

    Args:
        table: a row for each candidate; a column beside it named ``KEY_undecided`` may hold words instead of a value.
        candidates: of the rows.
        names: of the columns that are shown, by their keys.
        reason: says why a cell is empty.
    """
    said: list[str | None] = [None] * len(candidates)
    empty = {key: table[key].isna() for key in names if key in table}
    for key in empty:
        if f"{key}_undecided" in table:
            empty[key] &= table[f"{key}_undecided"].isna()
    lacking_any = pd.DataFrame(empty).any(axis=1) if empty else pd.Series(dtype=bool)
    for row in np.flatnonzero(lacking_any.to_numpy()).tolist():
        candidate = candidates[row]
        reasons: dict[str, list[str]] = {}
        for key, lacking in empty.items():
            if lacking.iloc[row]:
                reasons.setdefault(write_minus(reason(candidate, key)), []).append(names[key])
        said[row] = "; ".join(f"{', '.join(keys)}: {why}" for why, keys in reasons.items()) or None
    table[EMPTY] = pd.Series(said, index=table.index, dtype=object)
    if not any(said):
        return None
    return st.column_config.TextColumn(_("Why empty"), width=260, help=_("Why the cells with a dash have no value"))
