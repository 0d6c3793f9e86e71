"""The embedding explorer without a browser: both spaces open, what is typed is found, what is wrong is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from matgen_core.chem.crystals.structure import reduced_formula
from matgen_core.core.records import Candidate, Formula, Origin
from matgen_core.kinds.crystals.writing.embed import decode_latents
from matgen_core.runs.store import open_store
from matgen_core.workflows.spaces.sources import open_space
from pages.i18n.formatting import subscript
from pages.runs.jobs import queue_of

APP = str(Path(__file__).parents[2] / "pages" / "explore" / "embeddings.py")


def open_page(space: str) -> AppTest:
    page = AppTest.from_file(APP, default_timeout=300)
    page.query_params["space"] = space
    page.run()
    assert not page.exception
    return page


@pytest.mark.parametrize("space", ["crystals", "compositions", "molecules", "encoded molecules"])
def test_every_space_opens_without_complaint(space: str) -> None:
    page = open_page(space)
    assert not page.error
    assert page.title[0].value == "Embeddings"
    assert any("known materials" in caption.value for caption in page.caption)


def test_a_search_lists_the_most_alike_first() -> None:
    page = open_page("crystals")
    page.text_input(key="search-crystals").set_value("Ti2Sr2O6").run()
    assert not page.error
    tables = [frame.value for frame in page.dataframe if "Vector distance" in frame.value]
    assert tables[0]["Name"].iloc[0] == "SrTiO₃"
    assert tables[0]["Vector distance"].iloc[0] == 0.0


@pytest.mark.parametrize(
    ("space", "text"),
    [
        ("crystals", "Xx2"),
        ("crystals", "<script>"),
        ("compositions", "Xx2"),
        ("molecules", "c1cc"),
        ("molecules", "=cmd()"),
        ("encoded molecules", "C("),
    ],
)
def test_what_cannot_be_searched_is_said(space: str, text: str) -> None:
    page = open_page(space)
    page.text_input(key=f"search-{space}").set_value(text).run()
    assert not page.exception
    assert page.error


def test_the_way_leads_from_one_crystal_to_another_and_names_what_is_unknown() -> None:
    page = open_page("crystals")
    steps = page.radio(key="step").options
    assert len(steps) == page.slider(key="steps").value
    page.text_input(key="from-crystals").set_value("Zz9").run()
    assert any("Zz9" in error.value for error in page.error)


def test_groups_colour_the_map() -> None:
    page = open_page("molecules")
    page.selectbox(key="colour-molecules").set_value("group").run()
    assert not page.exception
    assert page.slider(key="groups").value == 6


def test_a_run_that_was_kept_can_be_laid_over() -> None:
    store = open_store()
    run = store.begin("compositions", {}, 0)
    store.add(
        run, [Candidate("0-0", Formula("NaCl"), Origin("test")), Candidate("0-1", Formula("MgO"), Origin("test"))]
    )
    store.end(run, "finished")
    page = open_page("compositions")
    page.selectbox(key="over-compositions").set_value(run).run()
    assert not page.exception
    which, job, vectors = page.session_state["run-vectors-compositions"]
    assert (which, queue_of(job.kind)) == (run, "map"), "encoded beside the page"
    while job.busy:  # the page follows the job
        page.run()
    page.run()
    assert not page.exception
    assert not page.error
    assert sum(map(len, vectors)) == 2
    assert page.session_state["run-vectors-compositions"][1] is job, "once"
    page.selectbox(key="over-compositions").set_value(None).run()
    assert not page.exception


@pytest.mark.parametrize("space", ["crystals", "compositions", "molecules", "encoded molecules"])
def test_the_maps_of_neighbours_are_shipped_and_nobody_waits_for_them(space: str) -> None:
    page = open_page(space)
    page.segmented_control(key="map").set_value("neighbours").run()
    assert not page.exception
    assert not page.error
    assert f"map-job-{space}" not in page.session_state
    assert not [button for button in page.button if button.key == "cancel"]


def test_a_crystal_is_titled_by_what_is_drawn() -> None:
    page = open_page("crystals")
    lost = open_space("crystals").find("SrTiO3")[0]  # the decoder forgets its titanium
    page.session_state["place-crystals"] = lost
    page.run()
    titles = [title.value for title in page.subheader]
    assert any(title.startswith("SrTiO₃ ·") for title in titles), titles
    page.segmented_control(key="embedded-way").set_value("rebuilt").run()
    titles, drawn = [title.value for title in page.subheader], decode_latents(open_space("crystals").vectors[[lost]])[0]
    assert drawn is not None
    assert reduced_formula(drawn) != "SrTiO3"
    assert any(title.startswith(f"{subscript(reduced_formula(drawn))} ·") for title in titles), titles
    assert not any(title.startswith("SrTiO₃") for title in titles)
    assert any("SrTiO₃ is decoded from its latent as" in caption.value for caption in page.caption)


def test_the_usual_way_begins_and_ends_with_crystals_that_come_back() -> None:
    page = open_page("crystals")
    steps = page.radio(key="step").options
    assert steps[0].startswith("1. NaCl ·")
    assert steps[-1].startswith(f"{len(steps)}. SrTiO₃ ·")
    said = " ".join(caption.value for caption in page.caption)
    assert "NaCl is decoded from its latent correctly." in said
    assert "SrTiO₃ is decoded from its latent correctly." in said
    assert "Of 1,000 known crystals chosen at random" in said


def test_a_table_of_ones_own_is_placed_in_the_line_of_maps_and_says_why_a_row_is_left_out() -> None:
    page = open_page("compositions")
    data = b"formula\nNaCl\nXx2\nMgO\n"
    page.file_uploader(key="file-compositions").set_value(("mine.csv", data, "text/csv")).run()
    _id, job, read = page.session_state["table-compositions"]
    assert queue_of(job.kind) == "map"
    while job.busy:  # the page follows the job
        page.run()
    page.run()
    assert not page.exception
    assert not page.error
    assert len(read[0].vectors) == 2
    (table,) = [frame.value for frame in page.dataframe if "Reason" in frame.value]
    assert table["Row"].tolist() == [2]
    assert "Xx" in table["Reason"].iloc[0]
    assert any("1 row cannot be read" in warning.value for warning in page.warning)


def test_activity_cliffs_of_a_table_are_listed_steepest_first_and_bad_rows_are_named() -> None:
    pairs = ["C[C@@H](N)c1ccccc1,5.0", "C[C@H](N)c1ccccc1,8.0", "CCOC(=O)c1ccccc1,4.0", "CCCOC(=O)c1ccccc1,7.5"]
    others = [f"{'C' * n}O,6.0" for n in range(3, 9)]
    data = "\n".join(["smiles,pIC50", *pairs, *others, "C1CC,5.0", "CCO,high"]).encode()
    page = open_page("molecules")
    assert page.button(key="cliffs-go").disabled
    page.file_uploader(key="cliffs-file").set_value(("mine.csv", data, "text/csv")).run()
    page.button(key="cliffs-go").click().run()
    wait_for(page, "cliffs-job")
    assert not page.exception
    (table,) = (frame.value for frame in page.dataframe if "sali" in frame.value)
    assert list(table["sali"]) == sorted(table["sali"], reverse=True)
    assert (table["low_value"][0], table["high_value"][0], table["tanimoto"][0]) == (5.0, 8.0, 1.0)
    assert len(table) == 2
    assert any("2 rows cannot be read" in caption.value for caption in page.caption)
    assert any("Row 11" in c.value for c in page.caption)


def test_a_table_of_formulas_has_no_activity_cliffs() -> None:
    page = open_page("molecules")
    data = "\n".join(["formula,gap", *(f"LiO{n},{n}.5" for n in range(1, 30))]).encode()
    page.file_uploader(key="cliffs-file").set_value(("mine.csv", data, "text/csv")).run()
    page.button(key="cliffs-go").click().run()
    wait_for(page, "cliffs-job")
    assert any("column smiles" in e.value for e in page.error)


def wait_for(page: AppTest, job: str) -> None:
    """Until a job of the page has ended and is shown."""
    while page.session_state[job].busy:
        page.run()
    page.run()
