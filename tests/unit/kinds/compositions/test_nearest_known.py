"""The nearest known formulas are those of which the smallest share of atoms differs."""

from __future__ import annotations

import pytest

from matgen_core.kinds.compositions.judge import _known, nearest_known
from matgen_core.kinds.compositions.rows import count_atoms


def _differs(one: str, other: str) -> float:
    left, right = count_atoms(one), count_atoms(other)
    return 1.0 - sum(
        min(left[element] / sum(left.values()), right.get(element, 0) / sum(right.values())) for element in left
    )


@pytest.mark.parametrize("formula", ["Fe2O3", "K2MgSi3O8", "Cs2AgBiBr6", "Au", "LiFePO4"])
def test_nearest_is_the_smallest_share_over_all_known(formula: str) -> None:
    names, _table = _known()
    smallest = sorted(_differs(formula, name) for name in names if name != formula)[:5]
    found = nearest_known(formula, 5)
    assert [share for _name, share in found] == pytest.approx(smallest, abs=1e-4)
    assert [_differs(formula, name) for name, _share in found] == pytest.approx(smallest, abs=1e-4)
    assert formula not in [name for name, _share in found]
