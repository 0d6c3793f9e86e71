"""What is known comes before what is predicted: elements are zero, the hull is stable, the unknown has no number."""

from __future__ import annotations

from functools import lru_cache

import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.structure import from_structure
from matgen_core.chem.formulas.ground_states import is_ground_state
from matgen_core.core.goals import Target
from matgen_core.core.records import Candidate, Formula, Origin
from matgen_core.core.settings import CompositionSettings
from matgen_core.kinds.compositions.judge import finish_formulas, judge_formulas, rank_formulas
from matgen_core.kinds.compositions.predict import predict_formulas
from matgen_core.kinds.crystals.checks.rank import rank
from matgen_core.kinds.crystals.judge import assess
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.kinds.crystals.predict import predict
from matgen_core.kinds.rules import Rules, judge_compositions, judge_crystals, objections

RULES = Rules(known=True, toxic=True, radioactive=True)
COMPOUNDS = ("GaAs", "GaN", "NiO", "Bi2Te3", "TiO2", "NaCl", "Al2O3", "XeF2", "RaF2", "Pm(SiOs)2")
ELEMENTS = ("Si", "Fe", "W", "C", "F2", "I2", "Xe", "U")


@lru_cache(maxsize=1)
def compositions() -> dict[str, Candidate[Formula]]:
    """Every formula, read and judged, in the order of the ranking."""
    names = (*COMPOUNDS, *ELEMENTS)
    drawn = [Candidate(name, Formula(name), Origin("file", index=i)) for i, name in enumerate(names)]
    settings = CompositionSettings(neutral=False)
    read = predict_formulas(judge_formulas(drawn, Target(), settings, {}))
    judged = judge_compositions(finish_formulas(read, Target()), RULES)
    return {c.id: c for c in rank_formulas(judged, Target())}


def structures() -> dict[str, Structure]:
    graphite = Lattice.hexagonal(2.464, 6.711), [[0, 0, 0.25], [0, 0, 0.75], [1 / 3, 2 / 3, 0.25], [2 / 3, 1 / 3, 0.75]]
    return {
        "Si": Structure.from_spacegroup("Fd-3m", Lattice.cubic(5.43), ["Si"], [[0, 0, 0]]),
        "Fe": Structure.from_spacegroup("Im-3m", Lattice.cubic(2.86), ["Fe"], [[0, 0, 0]]),
        "W": Structure.from_spacegroup("Im-3m", Lattice.cubic(3.165), ["W"], [[0, 0, 0]]),
        "C": Structure(graphite[0], ["C"] * 4, graphite[1]),
        "diamond": Structure.from_spacegroup("Fd-3m", Lattice.cubic(3.567), ["C"], [[0, 0, 0]]),
        "fcc Fe": Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.6), ["Fe"], [[0, 0, 0]]),
        "NaCl": Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]),
        "XeF2": Structure.from_spacegroup(
            "I4/mmm", Lattice.tetragonal(4.32, 6.99), ["Xe", "F"], [[0, 0, 0], [0, 0, 0.285]]
        ),
    }


@lru_cache(maxsize=1)
def crystals() -> dict[str, Candidate]:
    drawn = [Candidate(name, from_structure(s), Origin("file")) for name, s in structures().items()]
    return {c.id: c for c in rank(judge_crystals(assess(predict(drawn), Target()), RULES), Target())}


@pytest.mark.parametrize("name", ELEMENTS)
def test_an_element_is_zero_from_its_formula(name: str) -> None:
    candidate = compositions()[name]
    for key in ("formation_energy", "e_above_hull"):
        prediction = candidate.predictions[key]
        assert (prediction.value, prediction.spread, prediction.method) == (0.0, 0.0, "by definition")
    assert not [v for v in objections(candidate, RULES) if v.rule in ("formation", "hull", "known_phases")]


@pytest.mark.parametrize("name", ["Si", "Fe", "W", "C"])
def test_an_element_is_zero_in_its_ground_state(name: str) -> None:
    assert is_ground_state(structures()[name]) is True
    prediction = crystals()[name].predictions["e_above_hull"]
    assert (prediction.value, prediction.spread) == (0.0, 0.0)
    assert "CHGNet" in prediction.note
    assert not [v for v in objections(crystals()[name], RULES) if v.rule in ("formation", "hull", "known_phases")]


def test_other_forms_of_an_element_are_read_with_the_spread_measured_on_elements() -> None:
    for name in ("diamond", "fcc Fe"):
        assert is_ground_state(structures()[name]) is False
        prediction = crystals()[name].predictions["e_above_hull"]
        assert prediction.value is not None
        assert 0.0 < prediction.value < 0.4
        assert prediction.spread is not None
        assert prediction.spread >= load_reference().spreads["element"] > 0.05


@pytest.mark.parametrize("name", ["GaAs", "GaN", "Bi2Te3", "TiO2", "NaCl", "Al2O3"])
def test_a_phase_of_the_hull_is_stable_whatever_is_predicted(name: str) -> None:
    candidate = compositions()[name]
    above, energy = candidate.predictions["e_above_hull"], candidate.predictions["formation_energy"]
    assert above.known == pytest.approx(0.0, abs=0.002)
    assert energy.known == pytest.approx(load_reference().hull.energy_of(name), abs=0.001)
    assert candidate.verdict("hull").passed is True  # type: ignore[union-attr]
    assert not [v for v in objections(candidate, RULES) if v.rule in ("formation", "hull", "known_phases")]


@pytest.mark.parametrize("name", COMPOUNDS)
def test_nothing_decomposes_to_itself(name: str) -> None:
    note = compositions()[name].predictions["e_above_hull"].note
    assert f"1.00 {name}" not in note


def test_the_table_stands_beside_the_prediction_of_a_phase_above_the_hull() -> None:
    """Of NiO the table knows no phase on the hull, so its own distance is told and not the prediction's."""
    prediction = compositions()["NiO"].predictions["e_above_hull"]
    assert prediction.known is not None
    assert prediction.value is not None
    assert prediction.known < prediction.value
    assert "from the table of known phases" in compositions()["NiO"].verdict("hull").reason  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["XeF2", "RaF2"])
def test_where_nothing_is_known_there_is_no_distance_and_no_first_place(name: str) -> None:
    candidate = compositions()[name]
    above = candidate.predictions["e_above_hull"]
    assert (above.value, above.in_domain) == (None, False)
    assert "no known phase contains F" in above.note
    assert candidate.value("formation_energy") is None
    assert candidate.predictions["formation_energy"].in_domain is False
    order = list(compositions())
    assert order.index(name) > order.index("TiO2")
    assert {"known_phases", "hull"} <= {v.rule for v in objections(candidate, RULES)}


def test_a_crystal_where_nothing_is_known_ranks_behind_one_that_is_known() -> None:
    candidate = crystals()["XeF2"]
    assert candidate.value("e_above_hull") is None
    assert candidate.predictions["formation_energy"].in_domain is False
    assert list(crystals()).index("XeF2") > list(crystals()).index("NaCl")


def test_a_shallow_hull_widens_the_spread_and_lowers_the_rank() -> None:
    shallow = compositions()["Pm(SiOs)2"]
    above, energy = shallow.predictions["e_above_hull"], shallow.predictions["formation_energy"]
    assert above.value is not None
    assert above.value < -0.2, "read as far below the hull"
    assert above.spread is not None
    assert energy.spread is not None
    assert above.spread == pytest.approx((energy.spread**2 + load_reference().depths["3"][0] ** 2) ** 0.5, abs=1e-3)
    assert above.in_domain is False
    order = list(compositions())
    assert order.index("Pm(SiOs)2") > order.index("GaN")
