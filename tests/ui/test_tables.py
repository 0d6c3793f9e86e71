"""Tables of candidates: columns and units of the reader's choice, and details beside the table on every page."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from matgen_core.core.goals import Goal, Target
from matgen_core.core.properties import PROPERTIES, SHOWN_UNITS
from matgen_core.core.records import Candidate, Formula, Molecule, Origin, Prediction, Progress, Verdict
from matgen_core.core.settings import CompositionSettings, CrystalSettings, MoleculeSettings
from matgen_core.viz.crystals import draw_predictions
from matgen_core.viz.screening import draw_front
from matgen_core.workflows.screening.pareto import Objective
from pages.runs.jobs import Job
from pages.widgets.found.remembered import remember
from pages.widgets.screening import source as screening_source

PAGES = Path(__file__).parents[2] / "pages"
TARGET = Target({"formation_energy": Goal.at_most(-1.0)})


def with_run(kind: str, candidates: tuple[Candidate, ...], settings: object, target: Target = TARGET) -> AppTest:
    page = AppTest.from_file(str(PAGES / "design" / f"{kind}.py"), default_timeout=300)
    progress = Progress("done", len(candidates), len(candidates), candidates)
    page.session_state[f"{kind}-job"] = Job(3, begun=0.0, ended=1.0, progress=progress)
    page.session_state[f"{kind}-asked"] = target, settings
    return page.run()


def chooser(page: AppTest, table: str) -> object:
    return next(one for one in page.multiselect if str(one.key).startswith(f"columns-{table}"))


def test_the_reader_chooses_columns_and_they_stay(found: tuple[Candidate, ...]) -> None:
    page = with_run("crystals", found, CrystalSettings())
    assert not page.exception
    choice = chooser(page, "candidates")
    assert {"formula", "space_group", "formation_energy"} <= set(choice.value)  # type: ignore[attr-defined]
    choice.set_value(["formula", "formation_energy"]).run()  # type: ignore[attr-defined]
    shown = page.dataframe[0].proto.column_order
    assert list(shown) == ["formula", "formation_energy"]
    page.run()
    assert list(page.dataframe[0].proto.column_order) == ["formula", "formation_energy"]


def test_another_unit_changes_table_and_axes_and_not_the_candidates(found: tuple[Candidate, ...]) -> None:
    page = with_run("crystals", found, CrystalSettings())
    own = page.dataframe[0].value["formation_energy"]
    page.session_state["shown-units"] = {"eV/atom": "kJ/mol atoms"}
    page.run()
    assert not page.exception
    table = page.dataframe[0].value
    assert table["formation_energy"].tolist() == pytest.approx((own * 96.485332).tolist())
    assert table["formation_energy_spread"].iloc[0] == pytest.approx(2.89, abs=0.01)
    assert found[0].value("formation_energy") == -3.2


def test_axes_bands_and_bars_are_in_the_unit_shown(found: tuple[Candidate, ...]) -> None:
    units = {"e_above_hull": ("meV/atom", 1000.0)}
    figure = draw_predictions(
        found, "e_above_hull", "formation_energy", {"e_above_hull": Goal.at_most(0.1)}, picked=found[0].id, units=units
    )
    (points,) = [trace for trace in figure.data if trace.mode == "markers"]
    assert list(points.x) == [0.0, 200.0, 50.0]
    assert list(points.y) == [-3.2, -2.1, -1.7]
    assert list(points.error_x.array) == [30.0, 0.0, 0.0]
    assert figure.layout.shapes[0].x1 == pytest.approx(100.0)
    assert "(meV/atom)" in figure.layout.xaxis.title.text


def test_a_point_that_is_picked_on_a_front_shows_its_uncertainty(found: tuple[Candidate, ...]) -> None:
    objectives = [Objective(key, "min", None, 1.0, PROPERTIES[key]) for key in ("formation_energy", "e_above_hull")]
    figure = draw_front(
        found, [1, 2, 2], objectives, picked=[found[1].id], units={"e_above_hull": ("meV/atom", 1000.0)}
    )
    bars = [trace for trace in figure.data if trace.error_x.array is not None]
    assert len(bars) == 1
    assert (list(bars[0].x), list(bars[0].y)) == ([-2.1], [200.0])
    assert (list(bars[0].error_x.array), list(bars[0].error_y.array)) == ([0.03], [30.0])


def test_a_point_that_is_picked_in_space_shows_its_uncertainty_along_all_axes(found: tuple[Candidate, ...]) -> None:
    keys = ("formation_energy", "e_above_hull", "band_gap")
    objectives = [Objective(key, "min", None, 1.0, PROPERTIES[key]) for key in keys]
    whole = [c for c in found if all(c.best(key) is not None for key in keys)]
    units = {"e_above_hull": ("meV/atom", 1000.0)}
    figure = draw_front(whole, [1] * len(whole), objectives, picked=[whole[0].id], units=units)
    (bars,) = [trace for trace in figure.data if trace.error_x.array is not None]
    spreads = [whole[0].predictions[key].spread for key in keys]
    assert not bars.error_x.color.startswith("rgba"), "WebGL draws no bars of a transparent colour"
    assert [axis.array[0] for axis in (bars.error_x, bars.error_y, bars.error_z)] == pytest.approx(
        [spread * factor for spread, factor in zip(spreads, (1.0, 1000.0, 1.0), strict=True)]
    )
    assert bars.z[0] == whole[0].best("band_gap")
    bare = draw_front(whole, [1] * len(whole), objectives)
    assert all(trace.error_x.array is None for trace in bare.data), "bars on every point would cover the plot"


def test_every_shown_unit_belongs_to_a_property_and_is_another_unit() -> None:
    units = {record.unit for record in PROPERTIES.values()}
    assert SHOWN_UNITS.keys() <= units
    for unit, others in SHOWN_UNITS.items():
        assert unit not in others
        assert all(factor > 0 for factor in others.values())


def composition(index: int) -> Candidate[Formula]:
    prediction = Prediction("formation_energy", -1.0 - index, 0.1, "eV/atom", "test")
    return Candidate(
        f"0-{index}", Formula(f"NaCl{index + 2}"), Origin("test", index=index), {"formation_energy": prediction}
    )


def molecule(index: int) -> Candidate[Molecule]:
    prediction = Prediction("logp", float(index), None, "", "test")
    verdicts = (Verdict("valid", True), Verdict("duplicate", True), Verdict("novelty", True))
    origin = Origin("test", index=index)
    return Candidate(f"0-{index}", Molecule("C" * (index + 1) + "O"), origin, {"logp": prediction}, verdicts)


def test_details_stand_beside_the_table_of_every_kind(found: tuple[Candidate, ...]) -> None:
    """One layout for all: the place of the list and the place of the panel, by their names in the style sheet."""
    style = (PAGES.parent / "assets" / "style.css").read_text(encoding="utf-8")
    assert "st-key-with-panel-" in style
    assert "st-key-side-panel-" in style
    for kind, candidates, settings, target in (
        ("crystals", found, CrystalSettings(), TARGET),
        ("compositions", (composition(0), composition(1)), CompositionSettings(), TARGET),
        ("molecules", (molecule(0), molecule(1)), MoleculeSettings(), Target()),
    ):
        page = with_run(kind, candidates, settings, target)
        assert not page.exception
        keys = {block.key for block in _blocks(page.main) if getattr(block, "key", None)}
        assert any("with-panel" in str(key) for key in keys), kind


@pytest.mark.parametrize("kind", ["crystals", "compositions", "molecules"])
def test_what_was_asked_for_stands_behind_name_and_score_in_the_table_of_every_kind(
    kind: str, found: tuple[Candidate, ...]
) -> None:
    candidates, settings, target, table, name = {
        "crystals": (found, CrystalSettings(), TARGET, "candidates", "formula"),
        "compositions": ((composition(0), composition(1)), CompositionSettings(), TARGET, "formula-table", "formula"),
        "molecules": (
            (molecule(0), molecule(1)),
            MoleculeSettings(),
            Target({"weight": Goal.at_most(300.0), "logp": Goal.at_least(0.0)}),
            "molecule-table",
            "smiles",
        ),
    }[kind]
    page = with_run(kind, candidates, settings, target)
    assert not page.exception
    order = [str(column) for column in chooser(page, table).value]  # type: ignore[attr-defined]
    first = [column for column in order if not column.endswith(("_spread", "_judge", "_undecided"))]
    assert first[: 2 + len(target.goals)] == [name, "score", *target.goals]
    for key in target.goals:
        behind = [column for column in order if column.startswith(f"{key}_")]
        assert order[order.index(key) : order.index(key) + 1 + len(behind)] == [key, *behind]


def _blocks(block: object) -> list[object]:
    children = list(getattr(block, "children", {}).values())
    return [block, *itertools.chain.from_iterable(map(_blocks, children))]


def test_what_is_remembered_is_made_anew_only_where_something_changed() -> None:
    st.session_state.clear()
    made = itertools.count()
    one, two = composition(0), composition(1)

    def make() -> int:
        return next(made)

    assert remember("x", [one, two], "a", make) == 0
    assert remember("x", [one, two], "a", make) == 0
    assert remember("x", [two, one], "a", make) == 1, "another order"
    assert remember("x", [two, one], "b", make) == 2
    assert remember("x", [two], "b", make) == 3
    assert remember("y", [two], "b", make) == 4


def test_a_long_screening_shows_its_first_rows_until_it_ends() -> None:
    many = [composition(0)] * (screening_source.MOST_BUSY + 5)
    assert screening_source.MOST == 10_000
    assert len(screening_source.shown_so_far(many, busy=True)) == screening_source.MOST_BUSY
    assert screening_source.shown_so_far(many, busy=False) == many
    assert screening_source.shown_so_far(many[:7], busy=True) == many[:7]
