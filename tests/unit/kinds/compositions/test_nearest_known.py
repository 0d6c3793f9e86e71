"""The nearest known formulas are those of the smallest share of atoms that differ."""

from __future__ import annotations

import numpy as np
import pytest

from matgen_core.kinds.compositions.judge import _known, fractions_of_formula, nearest_known


@pytest.mark.parametrize("formula", ["Fe2O3", "LiFePO4", "K2MgSi3O8", "Cs2AgBiBr6", "Au", "Cm2O3"])
def test_nearest_is_the_smallest_share_over_all_known(formula: str) -> None:
    names, table = _known()
    far = np.abs(table.astype(np.float64) - fractions_of_formula(formula)).sum(axis=1) / 2
    others = sorted(share for name, share in zip(names, far, strict=True) if name != formula)
    found = nearest_known(formula, 5)
    assert [share for _name, share in found] == pytest.approx(others[:5], abs=1e-4)
    assert formula not in [name for name, _share in found]
    for name, share in found:
        assert far[names.index(name)] == pytest.approx(share, abs=1e-4)
