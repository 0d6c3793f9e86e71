"""Weights of exchanges, against pymatgen's reading of the same table."""

from __future__ import annotations

import numpy as np

from matgen_core.chem.formulas.substitution import NEVER, exchange_weights
from matgen_core.kinds.crystals.known.rows import ELEMENTS


def test_weights_are_those_that_pymatgen_reads() -> None:
    from pymatgen.analysis.structure_prediction.substitution_probability import SubstitutionProbability

    theirs = SubstitutionProbability()
    for one, other, charge in (("Na", "K", 1), ("Fe", "Mg", 2), ("Fe", "Al", 3), ("Cl", "Br", -1), ("O", "S", -2)):
        sign = f"{abs(charge) if abs(charge) > 1 else ''}{'+' if charge > 0 else '-'}"
        pair = exchange_weights((one, other), charge)
        assert pair[0, 1] == theirs.get_lambda(f"{one}{abs(charge)}{sign[-1]}", f"{other}{abs(charge)}{sign[-1]}")


def test_the_table_is_symmetric_and_an_unknown_charge_takes_the_best() -> None:
    whole = exchange_weights(ELEMENTS)
    assert np.array_equal(whole, whole.T)
    assert whole.min() >= NEVER
    for charge in (-2, -1, 1, 2, 3, 4):
        assert (exchange_weights(ELEMENTS, charge) <= whole).all()


def test_a_pair_that_was_never_seen_goes_by_the_periodic_table() -> None:
    """No table has noble metals beside noble gases: the nearer in Mendeleev number, the likelier."""
    ir, rh, xe = (("Ir", "Rh", "Xe").index(e) for e in ("Ir", "Rh", "Xe"))
    weights = exchange_weights(("Ir", "Rh", "Xe"), 9)
    assert weights[ir, rh] > weights[ir, xe]
