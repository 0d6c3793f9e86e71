"""The funnel shows its counts; the hull shows the candidate among the known phases of its elements."""

from __future__ import annotations

import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.structure import from_structure
from matgen_core.core.records import Candidate, Formula, Origin, Prediction
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.kinds.rules import Funnel
from matgen_core.viz.design import draw_funnel, draw_hull, list_phases


def candidate(elements: list[str], energy: float | None) -> Candidate:
    places = [[0.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, 0.5, 0.0]][: len(elements)]
    structure = Structure(Lattice.cubic(4.0), elements, places)
    prediction = Prediction("formation_energy", energy, None, "eV/atom", "test")
    return Candidate("1-0001", from_structure(structure), Origin("test"), {"formation_energy": prediction})


def test_the_funnel_shows_its_counts() -> None:
    figure = draw_funnel(Funnel((("generated", 9), ("reached", 4)), ()), {"reached": "on target"})
    assert list(figure.data[0].x) == [9, 4]
    assert list(figure.data[0].y) == ["generated", "on target"]


@pytest.mark.parametrize("elements", [["Na", "Cl"], ["Sr", "Ti", "O"]])
def test_the_candidate_stands_among_the_known_phases(elements: list[str]) -> None:
    found = candidate(elements, -0.5)
    figure = draw_hull(found, load_reference().hull)
    assert figure is not None
    words = " ".join(f"{trace.text} {trace.hovertext}" for trace in figure.data)
    assert "1-0001" in words
    marks = [symbol for trace in figure.data if trace.hovertext for symbol in trace.marker.symbol]
    assert marks.count("diamond") == 1, "the candidate stands out, and nothing else does"
    assert "NaCl" in words or "SrTiO₃" in words


def test_formulas_of_the_hull_are_written_as_on_the_page() -> None:
    gap = Prediction("formation_energy", -2.0, None, "eV/atom", "test")
    found = Candidate("x", Formula("TiPbO3"), Origin("test"), {"formation_energy": gap})
    figure = draw_hull(found, load_reference().hull)
    assert figure is not None
    words = " ".join(f"{trace.name} {trace.text} {trace.hovertext}" for trace in figure.data)
    assert "PbTiO₃ (x)" in words
    assert "TiPbO" not in words
    assert "<sub>" not in words


def test_the_axes_of_two_elements_are_said_in_the_readers_language() -> None:
    figure = draw_hull(candidate(["Na", "Cl"], -0.5), load_reference().hull, translate=lambda text: f"«{text}»")
    assert figure is not None
    assert figure.layout.xaxis.title.text == "«Share of Cl»"
    assert figure.layout.yaxis.title.text == "«Formation energy» (eV/atom)"


def test_without_energy_or_with_one_element_there_is_none() -> None:
    hull = load_reference().hull
    assert draw_hull(candidate(["Na", "Cl"], None), hull) is None
    assert draw_hull(candidate(["Na"], -0.1), hull) is None


def test_four_elements_have_a_list_of_phases_instead_of_a_diagram() -> None:
    hull = load_reference().hull
    gap = Prediction("formation_energy", 0.2, None, "eV/atom", "test")
    found = Candidate("x", Formula("LiFePO4"), Origin("test"), {"formation_energy": gap})
    assert draw_hull(found, hull) is None
    phases = list_phases(found, hull)
    formulas = [phase.formula for phase in phases]
    assert set(formulas[:2]) == {"Fe3(PO4)2", "Li3PO4"}
    assert {"Li2O", "LiFeO2", "FeP"} <= set(formulas)
    assert len(set(formulas)) == len(formulas)
    assert sum(phase.share for phase in phases) == pytest.approx(1.0, abs=1e-6)
    first = sum(phase.share > 0 for phase in phases)
    assert all(phase.share == 0 for phase in phases[first:]), "those it would decompose into come first"
    energies = [phase.energy for phase in phases[first:]]
    assert energies == sorted(energies)
    assert all(phase.energy == pytest.approx(hull.energy_of(phase.formula)) for phase in phases)
    assert list_phases(Candidate("x", Formula("LiFePO4"), Origin("test")), hull) == []
