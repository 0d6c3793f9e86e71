"""The screening page without a browser: files and runs in, fronts and shortlist out, bad rows named."""

from __future__ import annotations

import csv
import io
import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from matgen_core.core.records import Candidate, Prediction, Progress
from matgen_core.kinds.crystals.placing.relax import Relaxation
from matgen_core.kinds.rules import Rules
from matgen_core.runs.store import open_store
from matgen_core.workflows.page_work.screening import OfFiles
from matgen_core.workflows.screening.candidate_files import Refused, read_uploads
from matgen_core.workflows.screening.files import screening_to_csv
from matgen_core.workflows.screening.screen import Screener
from pages.runs.jobs import Job
from pages.widgets.found.relaxing import Relaxing
from pages.widgets.screening import source as screening_source
from pages.widgets.screening.source import Screened, Source

APP = str(Path(__file__).parents[2] / "pages" / "design" / "screening.py")
TABLE = b"id,formula\na,Fe2O3\nb,NaCl\nc,GaAs\nd,Xx\na,MgO\ne,\nf,BaTiO3\ng,Al2O3\n"
RULES = Rules(known=True)


def screened(data: bytes, name: str) -> Screened:
    items = list(read_uploads([(name, data)]))
    good = [item for item in items if not isinstance(item, Refused)]
    found = Screener(rules=RULES)(good)
    job = Job(len(good), begun=0.0, ended=1.0, progress=Progress("done", len(good), len(good), found))
    return Screened(name, RULES, job, [item for item in items if isinstance(item, Refused)])


@pytest.fixture(scope="module")
def compositions() -> Screened:
    return screened(TABLE, "mine.csv")


def open_page(
    state: Screened | None = None,
    picked: list[str] | None = None,
    objectives: tuple[str, ...] = ("band_gap:max", "e_above_hull:min"),
) -> AppTest:
    page = AppTest.from_file(APP, default_timeout=300)
    if state is not None:
        page.session_state["screening"] = replace(state, begun=objectives)
    if picked:
        page.session_state["screen-picked"] = picked
    return page.run()


def test_where_a_model_cannot_tell_a_metal_the_table_has_words_and_no_number(compositions: Screened) -> None:
    unsure = Prediction("band_gap", 0.0, 3.6, "eV", "test", zero_chance=0.6, otherwise=3.1)
    first, *others = compositions.job.candidates
    found = (first.add_predictions(unsure), *others)
    job = Job(len(found), begun=0.0, ended=1.0, progress=Progress("done", len(found), len(found), found))
    for objectives in ((), ("band_gap:max", "e_above_hull:min")):
        page = open_page(replace(compositions, job=job), objectives=objectives)
        assert not page.exception
        table = next(frame.value for frame in page.dataframe if "band_gap_undecided" in frame.value)
        row = table[table["id"] == first.id].iloc[0]
        assert row["band_gap"] is None or row["band_gap"] != row["band_gap"]
        assert row["band_gap_undecided"] == "metal, or about 3.1 eV"


def test_it_opens_without_a_word_of_complaint() -> None:
    page = open_page()
    assert not page.exception
    assert page.title[0].value == "Screening"


def test_compositions_stand_on_fronts_with_their_reasons(compositions: Screened) -> None:
    page = open_page(compositions)
    assert not page.exception
    table = page.dataframe[-1].value
    assert set(table["id"]) == {"a", "b", "c", "f", "g", "a (2)"}, "a name that repeats loses no row"
    assert table["front"].min() == 1
    assert any("on the first Pareto front" in c.value for c in page.caption)
    refused = page.dataframe[0].value
    assert len(refused) == 2


def test_it_says_how_a_table_was_read() -> None:
    notes: list[str] = []
    items = list(read_uploads([("mine.csv", b"id;formula;Eg / meV\na;NaCl;8500\nb;MgO;n/a\n")], notes))
    found = Screener(rules=RULES)([item for item in items if not isinstance(item, Refused)])
    job = Job(2, begun=0.0, ended=1.0, progress=Progress("done", 2, 2, found))
    page = open_page(Screened("mine.csv", RULES, job, notes=notes))
    assert not page.exception
    said = " ".join(caption.value for caption in page.caption)
    assert "semicolon" in said
    assert "'Eg / meV' as band_gap in meV" in said
    assert "cells of 'Eg / meV' that are marked as unknown, whose values are predicted: 1" in said
    assert found[0].value("band_gap") == 8.5


def test_thresholds_narrow_and_directions_turn_the_front(compositions: Screened) -> None:
    page = open_page(compositions)
    first = set(page.dataframe[-1].value.query("front == 1")["id"])
    page.selectbox(key="direction-band_gap").select("min").run()
    assert not page.exception
    assert set(page.dataframe[-1].value.query("front == 1")["id"]) != first
    slider = next(s for s in page.slider if s.key.startswith("threshold-band_gap"))
    slider.set_range(slider.min, slider.min + 0.01).run()
    assert not page.exception
    assert len(page.dataframe[-1].value) < 5


def test_several_are_compared_and_a_diverse_few_are_ticked(compositions: Screened) -> None:
    page = open_page(compositions, ["a", "b"])
    assert not page.exception
    assert any(s.value == "Side by side" for s in page.subheader)
    page.number_input(key="few").set_value(3).run()
    page.button(key="few-go").click().run()
    assert not page.exception
    assert len(page.session_state["screen-picked"]) == 3


def test_molecules_are_screened_too() -> None:
    page = open_page(screened(b"CCO ethanol\nc1ccccc1 benzene\nC( bad\nCC(=O)Nc1ccccc1 amide\n", "mine.smi"))
    assert not page.exception
    table = page.dataframe[-1].value
    assert {"logp", "sa_score"} <= set(table.columns)
    assert list(table["name"]) == ["ethanol", "benzene", "amide"]
    assert table["drawing"].str.startswith("data:image/svg+xml").all()


def test_without_an_objective_all_is_listed_as_it_came_with_its_values_and_columns() -> None:
    smiles = "CC(=O)Oc1ccccc1C(=O)OCCN1C=NC2=C1C(=O)N(C(=O)N2C)C"
    table = f'name,smiles,supplier,"in stock"\nlong one,{smiles},A & B,3\nethanol,CCO,C,\n'.encode()
    page = open_page(screened(table, "mine.csv"), objectives=())
    assert not page.exception
    assert page.multiselect[0].value == [], "nobody asked to maximise logP"
    rows = page.dataframe[-1].value
    assert list(rows["name"]) == ["long one", "ethanol"], "in the order of the file"
    assert len(rows["material"][0]) > 40
    assert list(rows["yours:supplier"]) == ["A & B", "C"]
    assert list(rows["yours:in stock"]) == ["3", ""]
    assert rows["logp"].notna().all()
    assert {"front", "merit"}.isdisjoint(rows.columns)
    labels = {button.label for button in page.get("download_button")}
    assert {"CSV", "SDF", "SMILES"} <= labels


def test_a_run_with_targets_is_screened_for_these() -> None:
    store = open_store()
    settings = {
        "logp_ask": ["value"],
        "logp_value": ["2.5"],
        "weight_ask": ["範囲"],
        "weight_low": ["310"],
        "seed": ["3"],
        "donors_ask": ["any"],
        "acceptors_ask": ["value"],
        "acceptors_value": ["many"],
    }
    run = store.begin("molecules", settings, 0, name="mine")
    store.add(run, screened(b"CCO ethanol\nCC(=O)Nc1ccccc1 amide\n", "mine.smi").job.candidates)
    store.end(run, "finished")
    page = open_page()
    page.button(key="go").click().run()
    while page.session_state["screening"].job.busy:  # the screening beside the page
        threading.Event().wait(0.1)
    page.run()
    assert not page.exception
    assert page.multiselect[0].value == ["logp", "weight"]
    assert page.selectbox(key="direction-logp").value == "goal"
    assert (page.number_input(key="from-logp").value, page.number_input(key="to-logp").value) == (2.5, 2.5)
    assert (page.number_input(key="from-weight").value, page.number_input(key="to-weight").value) == (310.0, 340.0)
    assert page.query_params["objective"] == ["logp=2.5", "weight=310:340"]
    assert page.query_params["run"] in (run, [run])


def test_the_settings_are_in_the_address(compositions: Screened) -> None:
    page = open_page(compositions)
    page.selectbox(key="direction-band_gap").select("min").run()
    page.slider(key="weight-band_gap").set_value(2.0).run()
    page.multiselect[0].set_value(["band_gap", "formation_energy"]).run()
    assert not page.exception
    assert page.query_params["objective"] == ["band_gap:min*2", "formation_energy:min"]


def test_the_address_sets_the_rules(compositions: Screened) -> None:
    page = AppTest.from_file(APP, default_timeout=300)
    page.session_state["screening"] = compositions
    for key, word in (("allow_toxic", "true"), ("hull_at_most", "0.2"), ("only", "true"), ("list_known", "false")):
        page.query_params[key] = word
    page.run()
    assert not page.exception
    assert page.toggle(key="allow_toxic").value
    assert not page.toggle(key="list_known").value
    assert page.slider(key="hull_at_most").value == 0.2
    assert page.toggle(key="only").value


def test_a_link_that_asks_for_what_cannot_be_says_so_and_goes_on(compositions: Screened) -> None:
    page = AppTest.from_file(APP, default_timeout=300)
    page.session_state["screening"] = replace(compositions, begun=("band_gap=3:1", "nonsense", "logp:max", "band_gap"))
    page.query_params["hull_at_most"] = "7"
    page.run()
    assert not page.exception
    assert page.multiselect[0].value == ["band_gap"]
    assert any("hull_at_most" in w.value for w in page.warning)


def test_a_file_of_nothing_says_so() -> None:
    page = open_page(screened(b"a,b\n1,2\n", "mine.csv"))
    assert not page.exception
    assert any("No row of it could be used" in i.value for i in page.info)
    assert "no column cif, formula or smiles" in page.dataframe[0].value["Reason"][0]
    assert not any("refused" in e.label for e in page.expander), "where there is nothing else, the reasons stand open"


def test_a_file_of_which_no_row_can_be_read_leaves_no_run() -> None:
    """Its energies are in kJ/mol, which nobody can say per atom; each row says so, and Runs stays empty."""
    data = (Path(__file__).parents[1] / "cases" / "24-csv-dialects" / "units.csv").read_bytes()
    page = AppTest.from_file(APP, default_timeout=300)
    page.session_state["from"] = "Files"
    page.run()
    page.file_uploader(key="screen-files").set_value(("units.csv", data, "text/csv")).run()
    page.button(key="go").click().run()
    while page.session_state["screening"].job.busy:  # the screening beside the page
        threading.Event().wait(0.1)
    page.run()
    assert not page.exception
    assert any("No row of it could be used" in i.value for i in page.info)
    reasons = page.dataframe[0].value["Reason"]
    assert len(reasons) == data.count(b"\n") - 1
    assert all("kJ/mol" in reason for reason in reasons)
    assert open_store().list() == []


def test_only_what_passes_can_be_shown(compositions: Screened) -> None:
    page = open_page(compositions)
    page.toggle(key="only").set_value(True).run()
    assert not page.exception


def test_a_stored_run_is_offered(compositions: Screened) -> None:
    store = open_store()
    run = store.begin("compositions", {}, 0, name="mine")
    candidates: tuple[Candidate[Any], ...] = compositions.job.candidates
    store.add(run, candidates)
    store.end(run, "finished")
    page = open_page()
    assert not page.exception
    assert page.selectbox(key="screen-run").options == ["mine · 6"]


def test_a_range_is_an_objective_with_its_chance(compositions: Screened) -> None:
    page = open_page(compositions)
    page.selectbox(key="direction-band_gap").select("goal").run()
    page.number_input(key="from-band_gap").set_value(1.0)
    page.number_input(key="to-band_gap").set_value(4.0).run()
    assert not page.exception
    table = page.dataframe[-1].value
    assert table["chance"].between(0.0, 1.0).all()
    page.number_input(key="to-band_gap").set_value(0.5).run()
    assert "reversed" in page.error[0].value
    assert not page.exception


def test_what_diversity_costs_is_drawn(compositions: Screened) -> None:
    page = open_page(compositions)
    assert any(e.label == "Desirability against diversity" for e in page.expander)


def test_offline_is_a_clear_line_and_nothing_is_asked_before(
    compositions: Screened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATGEN_OPTIMADE", "mine=http://127.0.0.1:9")
    page = open_page(compositions, ["a"])
    assert "elsewhere" not in page.session_state
    page.button(key="ask-elsewhere").click().run()
    assert not page.exception
    assert any("mine cannot be reached" in c.value and "offline" in c.value for c in page.caption)
    assert len(page.session_state["elsewhere"]) == 1, "only what is ticked is sent"


def test_relaxation_shows_before_and_after(monkeypatch: pytest.MonkeyPatch, found: tuple[Candidate[Any], ...]) -> None:
    done = [Relaxation(c, c, 7, "7 steps, largest force 0.040 eV/Å, volume +1.0%") for c in found[:1]]
    done.append(Relaxation(found[1], None, 3, "the cell grew to 3 times its volume"))
    job = Job(2, begun=0.0, ended=1.0)
    relaxing = Relaxing(tuple(c.id for c in found), job, tuple(done))
    state = Screened("mine", RULES, Job(3, begun=0.0, ended=1.0, progress=Progress("done", 3, 3, found)))
    page = AppTest.from_file(APP, default_timeout=300)
    page.session_state["screening"], page.session_state["relaxing"] = state, relaxing
    page.run()
    assert not page.exception
    table = next(f.value for f in page.dataframe if "result" in f.value.columns)
    assert list(table["before:formation_energy"]) == [-3.2, -2.1]
    assert list(table["before:formation_energy_spread"]) == [0.03, 0.03]
    assert table["after:formation_energy"][0] == -3.2
    assert pd.isna(table["after:formation_energy"][1])
    assert page.button(key="relax-crystals").label == "Relax 3"


def test_a_cancel_keeps_what_was_read_and_the_screening_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    works: list[Any] = []

    def submit(work: Any, total: int, kind: str, first: Any, recorder: Any, take: Any) -> Job:
        works.append(work)
        return Job(total, recorder=recorder, take=take)

    monkeypatch.setattr(screening_source, "submit", submit)
    monkeypatch.setattr(screening_source.st, "session_state", {})
    files = (("one.csv", TABLE), ("two.csv", b"id,formula\na,CaO\nz,SrO\n"))
    screening_source.start(Source("mine", OfFiles(files)), RULES, [])
    screened = screening_source.st.session_state["screening"]
    screened.job.run(works[0])
    whole = ["a", "b", "c", "a (2)", "f", "g", "a (3)", "z"]
    assert [c.id for c in screened.job.candidates] == whole, "across files, too"
    assert len(screened.refused) == 2
    stopped = Job(1, gone=lambda: True)
    stopped.run(works[0])
    assert stopped.candidates == ()
    assert open_store().list()[0].kind == "screening"


def test_the_axes_of_the_plot_are_any_two_of_the_objectives(compositions: Screened) -> None:
    page = open_page(compositions, objectives=("band_gap:max", "e_above_hull:min", "formation_energy:min"))
    assert not page.exception
    across, up = (next(s for s in page.selectbox if str(s.key).startswith(name)) for name in ("across-", "up-"))
    assert (across.value, up.value) == ("band_gap", "e_above_hull")
    across.select("formation_energy").run()
    assert not page.exception
    spec = json.loads(page.get("plotly_chart")[1].proto.spec)
    assert "Formation energy" in spec["layout"]["xaxis"]["title"]["text"]
    assert "Band gap" in spec["layout"]["yaxis"]["title"]["text"]


def test_objectives_stand_behind_name_and_desirability_with_their_uncertainty(compositions: Screened) -> None:
    page = open_page(compositions, objectives=("e_above_hull:min", "band_gap:max"))
    (choice,) = [one for one in page.multiselect if str(one.key).startswith("columns-screening")]
    shown = [str(column) for column in choice.value if not str(column).endswith(("_undecided", "_judge"))]
    first = shown.index("merit")
    assert set(shown[:first]) <= {"name", "material"}
    values = ["e_above_hull", "e_above_hull_spread", "band_gap", "band_gap_spread"]
    there = [column for column in values if column in shown]  # a spread that no row has is hidden
    assert {"e_above_hull", "band_gap", "band_gap_spread"} <= set(there)
    assert shown[first + 1 : first + 1 + len(there)] == there


def test_a_single_ticked_row_has_its_card(compositions: Screened) -> None:
    page = open_page(compositions, ["a"])
    assert not page.exception
    assert not any(s.value == "Side by side" for s in page.subheader)
    assert any(m.value == "**Fe₂O₃**" for m in page.markdown)


def test_a_known_value_stands_in_the_table_and_in_the_file(compositions: Screened) -> None:
    known = {
        c.id: p.known for c in compositions.job.candidates if (p := c.predictions["e_above_hull"]).known is not None
    }
    assert known, "common phases are in the table"
    page = open_page(compositions)
    table = page.dataframe[-1].value.set_index("id")
    assert {i: table["e_above_hull"][i] for i in known} == known
    spreads = table.reindex(columns=["e_above_hull_spread"])  # the column is hidden where no row has a spread
    assert spreads["e_above_hull_spread"][list(known)].isna().all()
    assert any("table of known phases" in caption.value for caption in page.caption)
    ranked = [(c, 1, None) for c in compositions.job.candidates]
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(screening_to_csv(ranked, [])))}
    assert {i: float(rows[i]["e_above_hull_known"]) for i in known} == known
