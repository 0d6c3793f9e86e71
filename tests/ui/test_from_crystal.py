"""Structures of a formula and variants of a crystal, asked for beside the targets and on a card: real runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from matgen_core.chem.crystals.structure import reduced_formula
from matgen_core.chem.crystals.structure_types import anonymous_type
from matgen_core.core.records import Candidate, Origin, Site
from matgen_core.kinds.crystals.files.candidate_files import to_cif
from matgen_core.runs.store import VARIABLE, open_store
from tests.unit.chem.known_cells import salt

APP = str(Path(__file__).parents[2] / "pages" / "design" / "crystals.py")
JOB = "crystals-job"
SALT = Candidate("salt", salt(5.64), Origin("file"))


@pytest.fixture
def page() -> AppTest:
    assert os.environ[VARIABLE]
    return AppTest.from_file(APP, default_timeout=600).run()


def follow(page: AppTest) -> list[Candidate]:
    """Draws the page anew until its run has ended; what it found."""
    while page.session_state[JOB].busy:
        page.run()
    page.run()
    assert not page.exception
    return list(page.session_state[JOB].candidates)


def test_structures_of_a_formula_stand_in_the_table_of_the_page(page: AppTest) -> None:
    page.text_input(key="structures-of").set_value("NaCl").run()
    page.number_input(key="structures-count").set_value(1).run()
    page.button(key="list-structures").click().run()
    found = follow(page)
    assert {reduced_formula(candidate.material) for candidate in found} == {"NaCl"}
    assert found[0].origin.engine == "known"
    table = page.dataframe[0].value
    assert list(table["id"]) == [candidate.id for candidate in found]
    (run,) = open_store().list()
    assert (str(run.name), run.count) == ("Structures of NaCl", len(found))


def test_a_card_leads_to_variants_of_its_crystal() -> None:
    page = AppTest.from_file(str(Path(APP).parents[2] / "app.py"), default_timeout=600)  # the card changes pages
    page._page_hash = calc_hash("crystals")  # AppTest opens the first page of a navigation, and no other by its name
    page.run()
    page.text_input(key="structures-of").set_value("NaCl").run()
    page.number_input(key="structures-count").set_value(1).run()
    page.button(key="list-structures").click().run()
    first = follow(page)[0]
    page.button(key="card-variants").click().run()
    variants = follow(page)
    assert variants
    assert {anonymous_type(variant.material) for variant in variants} == {anonymous_type(first.material)}


@pytest.mark.parametrize(
    ("formula", "said"),
    [("ABO3", "give one with elements"), ("Xx2", "Xx"), ("C60H62N4O8", "at most 40")],
)
def test_what_is_no_formula_is_said_on_the_page(page: AppTest, formula: str, said: str) -> None:
    page.text_input(key="structures-of").set_value(formula).run()
    page.button(key="list-structures").click().run()
    assert any(said in error.value for error in page.error)
    assert JOB not in page.session_state


def test_an_uploaded_crystal_is_varied_within_its_type(page: AppTest) -> None:
    page.number_input(key="structures-count").set_value(2).run()
    page.file_uploader(key="vary-file").set_value(("salt.cif", to_cif(SALT).encode(), "chemical/x-cif")).run()
    page.button(key="vary-uploaded").click().run()
    found = follow(page)
    assert 0 < len(found) <= 2
    assert all(anonymous_type(candidate.material) == anonymous_type(SALT.material) for candidate in found)


def disordered() -> str:
    return to_cif(SALT).replace(" 1\n", " 0.5\n")


def large() -> str:
    places = [(0.09 * (i % 5), 0.09 * (i // 5 % 10), 0.09 * (i // 50)) for i in range(250)]
    sites = tuple(Site("i", "O", (0.02 + x, 0.03 + y, 0.04 + z)) for x, y, z in places)
    crystal = type(SALT.material)(2, sites, (30.0, 30.0, 30.0, 90.0, 90.0, 90.0))
    return to_cif(Candidate("cage", crystal, Origin("file")))


@pytest.mark.parametrize(
    ("text", "said"),
    [(disordered(), "cannot be varied"), (large(), "at most 300"), ("nothing", "cannot be varied")],
    ids=["disordered", "500 atoms", "no CIF"],
)
def test_a_file_that_cannot_be_varied_is_said_on_the_page(page: AppTest, text: str, said: str) -> None:
    page.file_uploader(key="vary-file").set_value(("mine.cif", text.encode(), "chemical/x-cif")).run()
    page.button(key="vary-uploaded").click().run()
    assert any(said in error.value for error in page.error), [error.value for error in page.error]
    assert JOB not in page.session_state
