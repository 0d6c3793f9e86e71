"""The hull is a property of the phases: not of their order, nor of how a composition is written."""

from __future__ import annotations

import numpy as np
import pytest

from matgen_core.chem.formulas.stability import FEW, Hull, find_vertices, measure_depths

PHASES = {"Fe2O3": -1.7, "FeO": -1.45, "Li2O": -2.0, "LiFeO2": -1.9, "Fe4O5": -0.2}


def hull_of(phases: dict[str, float], known: dict[str, int] | None = None) -> Hull:
    return Hull(np.array(list(phases)), np.array(list(phases.values())), known)


def test_a_phase_lies_on_its_own_hull_and_decomposes_to_itself() -> None:
    prediction = hull_of(PHASES).read({"Fe": 4, "O": 6}, -1.7)
    assert prediction.e_above_hull == pytest.approx(0.0, abs=1e-9)
    assert prediction.products == (("Fe2O3", pytest.approx(1.0)),)


def test_below_the_hull_is_negative() -> None:
    assert hull_of(PHASES).read({"Fe": 2, "O": 3}, -1.8).e_above_hull == pytest.approx(-0.1)


def test_elements_alone_are_the_zero_of_energy() -> None:
    assert hull_of({}).read({"Fe": 3}, 0.25).e_above_hull == pytest.approx(0.25)
    energy, products = hull_of({}).ground_state({"Fe": 0.25, "O": 0.75})
    assert energy == pytest.approx(0.0)
    assert dict(products) == pytest.approx({"Fe": 0.25, "O": 0.75})


def test_where_no_phase_holds_an_element_with_another_the_distance_is_unknown() -> None:
    prediction = hull_of(PHASES).read({"Xe": 1, "O": 2}, -2.7)
    assert prediction.e_above_hull is None
    assert prediction.apart == ("O", "Xe")
    assert "no known phase contains O, Xe together" in prediction.describe()
    mixed = hull_of(PHASES).read({"Xe": 1, "Fe": 1, "O": 2}, -2.7)
    assert mixed.apart == ("Xe",), "iron and oxygen are known together"


def test_nothing_decomposes_to_itself_nor_while_below_the_hull() -> None:
    hull = hull_of(PHASES, {"Fe-O": 3})
    above = hull.read({"Fe": 2, "O": 3}, -1.5)
    assert above.own == "Fe2O3"
    assert "decomposes" not in above.describe()
    assert "Fe2O3 lies on the known hull" in above.describe()
    assert "decomposes" not in hull.read({"Fe": 3, "O": 4}, -1.9).describe()
    assert hull.read({"Fe": 3, "O": 4}, -0.2).describe().startswith("decomposes into")


def test_what_one_more_phase_would_change_is_measured() -> None:
    """Left out, FeO lies below the line from Fe to Fe2O3 by what the hull was too shallow without it."""
    depths = measure_depths(hull_of({"Fe2O3": -1.7, "FeO": -1.45}), {"Fe-O": 2}, largest=2)
    # Fe2O3 left out: 0.8 FeO and oxygen, -1.16; FeO left out: 5/6 Fe2O3 and iron, -1.4167.
    expected = np.quantile([1.7 - 0.8 * 1.45, 1.45 - 1.7 * 5 / 6], 0.95) / 2
    assert depths["2"] == [0.0, pytest.approx(expected, abs=1e-3), 0.0, 0.0]


def test_neither_the_order_of_phases_nor_of_elements_nor_the_cell_matters() -> None:
    backwards = hull_of(dict(reversed(PHASES.items())))
    first = hull_of(PHASES).read({"Li": 1, "Fe": 3, "O": 4}, -1.0)
    second = backwards.read({"O": 8, "Fe": 6, "Li": 2}, -1.0)
    assert first.e_above_hull == pytest.approx(second.e_above_hull, abs=1e-9)
    assert dict(first.products) == pytest.approx(dict(second.products))


def test_products_conserve_every_element() -> None:
    from matgen_core.chem.formulas.stability import fractions_of

    prediction = hull_of(PHASES).read({"Li": 1, "Fe": 3, "O": 4}, -1.0)
    for element, share in {"Li": 1 / 8, "Fe": 3 / 8, "O": 4 / 8}.items():
        assert sum(w * fractions_of(f).get(element, 0.0) for f, w in prediction.products) == pytest.approx(share)


def test_what_is_above_the_hull_can_be_left_out() -> None:
    names, energies = np.array(list(PHASES)), np.array(list(PHASES.values()))
    stable = find_vertices(names, energies)
    assert set(names[~stable]) == {"Fe4O5"}
    full, thin = Hull(names, energies), Hull(names[stable], energies[stable])
    for composition in ({"Fe": 4, "O": 5}, {"Li": 1, "O": 1}, {"Li": 2, "Fe": 1, "O": 5}):
        assert full.read(composition, -1.0).e_above_hull == pytest.approx(thin.read(composition, -1.0).e_above_hull)


def test_systems_with_few_known_phases_are_flagged() -> None:
    hull = hull_of(PHASES, {"Fe-O": FEW[2], "Li-O": FEW[2] - 1, "Fe-Li-O": 1})
    assert not hull.read({"O": 1, "Fe": 1}, -1.0).few_known
    assert hull.read({"Li": 1, "O": 1}, -1.0).few_known
    assert not hull.read({"Li": 1, "Fe": 2, "O": 1}, -1.0).few_known, "of three elements one formula is enough"
    assert hull.read({"Xe": 1, "Ac": 1}, -1.0).known == 0


def test_a_further_phase_deepens_the_hull_by_what_it_lies_below_it() -> None:
    """Without it FeO competes with the line from Fe (0) to Fe2O3 (-1.7 at 0.6 O), which is at 0.5 O."""
    hull = hull_of({"Fe2O3": -1.7}, {"Fe-O": 2})
    line = -1.7 * 0.5 / 0.6
    assert hull.read({"Fe": 1, "O": 1}, -1.0).e_above_hull == pytest.approx(-1.0 - line)
    more = hull.with_phases({"FeO": -1.5, "Fe": -0.3}, new=["FeO"])
    assert more.read({"Fe": 1, "O": 1}, -1.0).e_above_hull == pytest.approx(0.5)
    assert more.count_known(["Fe", "O"]) == 3
    assert hull.read({"Fe": 1, "O": 1}, -1.0).e_above_hull == pytest.approx(-1.0 - line), "the first is as it was"
    assert more.read({"Fe": 1}, 0.1).e_above_hull == pytest.approx(0.1), "elements stay the zero of energy"


def test_a_further_phase_above_the_hull_changes_no_distance() -> None:
    hull = hull_of({"Fe2O3": -1.7})
    more = hull.with_phases({"FeO": -1.0, "Fe2O3": -1.6})
    assert sorted(more.formulas()) == ["Fe2O3"]
    assert more.energy_of("Fe2O3") == -1.7
    assert hull.with_phases({"Fe2O3": -1.9}).energy_of("Fe2O3") == -1.9
