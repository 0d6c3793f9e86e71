"""The molecules' page without a browser: what the controls say is what is asked, and every bad input gets its words."""

from __future__ import annotations

import base64
import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from matgen_core.core.environment import variable
from matgen_core.core.goals import Goal, Target
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate, Molecule, Origin, Progress
from matgen_core.core.settings import MoleculeSettings
from matgen_core.kinds.molecules.admet import available
from matgen_core.kinds.molecules.judge import Judge, rank_molecules
from matgen_core.kinds.molecules.reference import load_molecule_reference
from pages.kinds import molecule_generator  # before a test puts another submit in its place
from pages.runs.jobs import Job
from pages.widgets.asking import sketcher

APP = str(Path(__file__).parents[2] / "pages" / "design" / "molecules.py")
GOALS = Target({"logp": Goal.at(2.0), "donors": Goal.at_most(1)})
SETTINGS = MoleculeSettings(filters=("BRENK",), require="c")
STRINGS = ("CC(=O)Nc1ccc(OC)cc1", "COc1ccc(NC(C)=O)cc1", "c1cc", "CCN(CC)C(=O)c1cccnc1", "O=C(O)c1ccccc1Br")


def open_page(**link: str | list[str]) -> AppTest:
    page = AppTest.from_file(APP, default_timeout=300)
    for key, value in link.items():
        page.query_params[key] = value
    return page.run()


def judged(target: Target = GOALS, settings: MoleculeSettings = SETTINGS) -> tuple[Candidate[Molecule], ...]:
    drawn = [Candidate(f"0-{i}", Molecule(s), Origin("smiles-gpt", "test", 0, i)) for i, s in enumerate(STRINGS)]
    return rank_molecules(Judge(target, settings, load_molecule_reference())(drawn), target)


def with_run(found: tuple[Candidate[Molecule], ...], message: str = "", **job: Any) -> AppTest:
    page = AppTest.from_file(APP, default_timeout=300)
    progress = Progress("done", len(found), 5, found, message)
    page.session_state["molecules-job"] = Job(5, begun=0.0, ended=1.0, progress=progress, **job)
    page.session_state["molecules-asked"] = GOALS, SETTINGS
    return page.run()


# --------------------------------------------------------------------------------------------------------- asking


def test_it_opens_without_a_word_of_complaint() -> None:
    page = open_page()
    assert not page.exception
    assert not page.error
    assert not page.warning
    assert page.title[0].value == "Molecules from targets"
    assert any("50 to 700 g/mol" in c.value for c in page.caption)


def test_what_the_link_says_is_what_is_asked(asked: list[Any]) -> None:
    page = open_page(
        logp_ask="value",
        logp_value="2.5",
        weight_ask="range",
        weight_low="300",
        weight_high="340",
        donors_ask="value",
        donors_value="2",
        molecules="7",
        molecule_seed="42",
        temperature="0.8",
        top_k="10",
        top_p="0.9",
        prefix="CC",
        require="C(=O)N",
        forbid="Br",
        filters=["PAINS", "BRENK"],
        max_sa="3.5",
        until="novel",
        cap="20",
        heed="1.5",
        domain="conjugated",
        grammar="false",
    )
    page.button(key="go").click().run()
    assert not page.exception
    ((target, count, seed, settings),) = asked
    assert target.goals == {"logp": Goal.at(2.5), "weight": Goal.between(300, 340), "donors": Goal.at(2)}
    assert (count, seed) == (7, 42)
    assert settings == MoleculeSettings(
        0.8, 10, 0.9, "CC", "", "C(=O)N", "Br", ("PAINS", "BRENK"), 3.5, "novel", 20, False, 1.5, "conjugated"
    )


def test_an_example_sets_the_controls_and_runs(asked: list[Any]) -> None:
    page = open_page()
    page.button(key="run-indole").click().run()
    assert not page.exception
    assert asked[0][3].scaffold == "c1ccc2[nH]ccc2c1"
    assert asked[0][3].max_sa == 3.0
    assert asked[0][0].goals == {"donors": Goal.at_most(1)}


def test_what_is_started_from_is_what_is_asked(asked: list[Any]) -> None:
    page = open_page(near="CC(=O)Nc1ccc(O)cc1", similarity="0.55", replace="[OH]", domain="drug-like")
    page.button(key="go").click().run()
    assert not page.exception
    settings = asked[0][3]
    assert (settings.near, settings.similarity, settings.replace) == ("CC(=O)Nc1ccc(O)cc1", 0.55, "[OH]")
    page = open_page(fragments="c1ccccc1*.*N1CCOCC1")
    page.button(key="go").click().run()
    assert asked[1][3].fragments == "c1ccccc1*.*N1CCOCC1"


def test_the_drawing_board_is_offered_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sketcher, "is_there", lambda: False)
    assert not [t for t in open_page().toggle if t.key == "sketch"]
    monkeypatch.setattr(sketcher, "is_there", lambda: True)
    assert [t for t in open_page().toggle if t.key == "sketch"]


@pytest.mark.parametrize(
    ("drawn", "smiles"),
    [("[R1]Cc1ccc(C[R2])cc1", "*Cc1ccc(C*)cc1"), ("CC[R]", "CC*"), ("*CC", "*CC"), ("C[N+](=O)[O-]", "C[N+](=O)[O-]")],
)
def test_an_open_place_of_a_drawing_is_a_star(drawn: str, smiles: str) -> None:
    assert sketcher.smiles_of(drawn) == smiles


def test_a_board_begins_with_the_text_of_its_field() -> None:
    block = sketcher.block_of("[*:1]Cc1ccc(C*)cc1")
    assert sum(line[31:34] == "R  " for line in block.split("\n")) == 2
    assert "M  RGP" not in block
    assert sketcher.block_of("c1cc") == sketcher.block_of("") == ""


def test_the_histogram_is_of_the_domain_that_is_asked_for() -> None:
    lead, drug = (
        json.loads(open_page(weight_ask="value", domain=domain).get("plotly_chart")[0].proto.spec)
        for domain in ("lead-like", "drug-like")
    )
    reference = load_molecule_reference()
    low, high = PROPERTIES["weight"].range
    for spec, domain in ((lead, "lead-like"), (drug, "drug-like")):
        known = np.histogram(np.clip(reference.sampled(domain)["weight"], low, high), 60, (low, high))[0]
        assert np.square(values_of(spec["data"][0]["y"])) == pytest.approx(known, rel=1e-6)


def values_of(array: Any) -> np.ndarray:
    """An array of a figure, which may be packed."""
    if isinstance(array, list):
        return np.array(array)
    return np.frombuffer(base64.b64decode(array["bdata"]), dtype=array["dtype"])


def test_a_generator_of_ones_own_is_trained_on_a_file_and_chosen(
    asked: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable("predictors"), str(tmp_path / "kept"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    page = open_page()
    assert not [box for box in page.selectbox if box.key == "generator"]
    few = b"CCO\nCCN\nC1CC\n"
    page.file_uploader(key="own-smiles-file").set_value(("few.smi", few, "text/plain")).run()
    page.button(key="own-smiles-train").click().run()
    wait_for_training(page)
    assert any("usable molecules are too few" in e.value for e in page.error)
    mine = "\n".join(load_molecule_reference().smiles[:110]).encode()
    page.file_uploader(key="own-smiles-file").set_value(("mine.smi", mine, "text/plain")).run()
    page.number_input(key="own-smiles-epochs").set_value(1).run()
    page.button(key="own-smiles-train").click().run()
    wait_for_training(page)
    assert not page.exception
    assert any("The generator is trained" in s.value for s in page.success)
    page.run()
    page.selectbox(key="generator").set_value("mine").run()
    page.button(key="go").click().run()
    assert asked[0][3].generator == "mine"


def wait_for_training(page: AppTest) -> None:
    while page.session_state[molecule_generator._JOB].busy:
        page.run()
    page.run()


# ------------------------------------------------------------------------------------------------------- bad input


def test_a_target_outside_the_data_is_flagged_and_allowed() -> None:
    page = open_page(weight_ask="value", weight_value="900")
    assert any("outside the training data" in w.value for w in page.warning)
    page = open_page(weight_ask="value", weight_value="180")
    assert any("180 g/mol: the domain lead-like contains no such molecule" in w.value for w in page.warning)
    page = open_page(weight_ask="value", weight_value="180", domain="drug-like")
    assert not any("contains no such molecule" in w.value for w in page.warning), "that it is often missed is another"
    assert not page.button(key="go").disabled


def test_targets_that_contradict_are_flagged() -> None:
    page = open_page(logp_ask="value", logp_value="4.5", solubility_ask="value", solubility_value="-1.5")
    assert any("log S is" in w.value for w in page.warning)


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ({"prefix": "C[Na]"}, "[Na]"),
        ({"prefix": "<script>"}, "which is not SMILES"),
        ({"scaffold": "c1cc"}, "not a molecule"),
        ({"require": "(("}, "required SMARTS"),
        ({"forbid": "C("}, "forbidden SMARTS"),
        ({"prefix": "C", "scaffold": "CC"}, "together"),
        ({"scaffold": "FC(F)(F)F"}, "has no open place"),
        ({"fragments": "c1ccccc1*"}, r"write two with a dot between them and one \* each, such as c1ccccc1\*"),
        ({"fragments": "C=*.*C"}, "does not hang on one atom by a single bond"),
        ({"near": "CC(=O)[O-].[Na+]"}, "like a salt or a solvate; the models take one molecule, so give one part"),
        ({"near": "CCCCO", "replace": "[Br]"}, "does not occur"),
        ({"logp_ask": "range", "logp_low": "3", "logp_high": "1"}, "reversed"),
    ],
)
def test_what_cannot_be_asked_is_said_and_not_run(link: dict[str, Any], said: str) -> None:
    page = open_page(**link)
    assert any(said in e.value for e in page.error)
    assert page.button(key="go").disabled
    assert not page.exception


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("molecules", "0"),
        ("molecules", "1e9"),
        ("temperature", "9"),
        ("top_k", "-1"),
        ("top_p", "nan"),
        ("until", "`x`"),
        ("filters", "NIH"),
        ("logp_ask", "<script>"),
        ("cap", "0"),
    ],
)
def test_a_bad_setting_in_the_link_is_named(key: str, text: str) -> None:
    page = open_page(**{key: text})
    assert any(f"`{key}`" in w.value for w in page.warning)
    assert not page.exception


# --------------------------------------------------------------------------------------------------------- results


def test_shares_drawings_table_and_the_picked_molecule() -> None:
    page = with_run(judged())
    assert not page.exception
    shown = {m.label: m.value for m in page.metric}
    assert (shown["Valid"], shown["Unique"]) == ("4 / 5", "3 / 4")
    assert "Internal diversity" in shown
    assert shown["logP 2 ± 0.5"].endswith("/ 3")
    assert len(page.dataframe[0].value) >= 1
    assert any("Valid 1" in c.value for c in page.caption)
    assert any("Tanimoto" in c.value for c in page.caption)


def test_picking_a_drawing_shows_it() -> None:
    page = with_run(judged())
    ids = list(page.dataframe[0].value["id"])
    page.button(key=f"pick-{ids[-1]}").click().run()
    assert not page.exception
    assert page.session_state["molecules-pick"].shown == ids[-1]
    assert any(c.value.startswith(ids[-1]) for c in page.caption)


def test_unticking_the_filters_shows_what_they_reject() -> None:
    page = with_run(judged())
    page.pills(key="molecules-only").set_value([]).run()
    assert len(page.dataframe[0].value) == 3


def test_the_lesson_follows_the_token_and_names_what_it_cannot_read() -> None:
    page = with_run(judged())
    assert page.slider(key="writing-token").value == 1
    page.slider(key="writing-token").set_value(5).run()
    assert not page.exception
    name = next(t.key for t in page.text_input if t.key and t.key.startswith("writing-"))
    page.text_input(key=name).set_value("CCO").run()
    assert any("outside the generator's domain" in w.value for w in page.warning)
    page.text_input(key=name).set_value("C[Na]").run()
    assert any("[Na]" in e.value for e in page.error)
    assert not page.exception


def test_a_run_that_fell_short_or_was_cancelled_says_so() -> None:
    assert any("raise the cap" in i.value for i in with_run(judged(), "2 of 5 found; raise the cap").info)
    stop = threading.Event()
    stop.set()
    page = with_run(judged(), stop=stop)
    assert any(i.value == "Cancelled. 3 molecules were found." for i in page.info)


def test_without_a_molecule_the_page_says_so() -> None:
    page = with_run(())
    assert any("found no molecule" in i.value for i in page.info)


def test_of_molecules_that_were_all_rejected_the_page_says_once_why_and_blames_no_filter() -> None:
    drawn = judged(settings=MoleculeSettings(require="[Fe]"))
    page = with_run(drawn, "none fits")
    assert [i.value for i in page.info][:1] == ["none fits"]
    assert not any("ticked" in i.value for i in page.info), "nothing is ticked"
    assert any("found no molecule" in i.value for i in page.info)
    said = [c.value for c in page.caption if "ejected" in c.value]
    assert len(said) == 1, "two counts of the same would differ: one counts a molecule once, the other for each rule"
    assert said[0].startswith("0 kept of 5 generated")
    assert "CSV of all candidates" in said[0]


# -------------------------------------------------------------------------------------------- what the page promises


@pytest.mark.parametrize(("grammar", "said"), [(True, "by the grammar"), (False, "100%")])
def test_a_validity_that_the_grammar_forces_is_said_to_be_by_construction(grammar: bool, said: str) -> None:
    settings = MoleculeSettings(grammar=grammar)
    drawn = [
        Candidate(f"0-{i}", Molecule(s), Origin("smiles-gpt", "test", 0, i))
        for i, s in enumerate(STRINGS)
        if s != "c1cc"
    ]
    found = rank_molecules(Judge(GOALS, settings, load_molecule_reference())(drawn), GOALS)
    page = AppTest.from_file(APP, default_timeout=120)
    page.session_state["molecules-job"] = Job(4, begun=0.0, ended=1.0, progress=Progress("done", 4, 4, found))
    page.session_state["molecules-asked"] = GOALS, settings
    valid = next(m for m in page.run().metric if m.label == "Valid")
    assert (valid.value, valid.delta) == ("4 / 4", said)


def test_a_validity_below_all_is_a_share_even_with_the_grammar() -> None:
    valid = next(m for m in with_run(judged()).metric if m.label == "Valid")
    assert (valid.value, valid.delta) == ("4 / 5", "80%")


def test_the_table_is_in_the_order_of_its_scores() -> None:
    page = with_run(judged())
    page.pills(key="molecules-only").set_value([]).run()
    scores = list(page.dataframe[0].value["score"])
    assert len(scores) == 3
    assert scores == sorted(scores)


def test_a_disabled_button_says_that_a_run_goes_on() -> None:
    page = AppTest.from_file(APP, default_timeout=120)
    page.session_state["molecules-job"] = Job(5)
    page.session_state["molecules-asked"] = GOALS, SETTINGS
    page.run()
    assert page.button(key="go").disabled
    assert any("A run is in progress" in c.value for c in page.caption)
    assert not any("A run is in progress" in c.value for c in with_run(judged()).caption)


def test_a_target_of_admet_in_a_link_is_asked_or_the_package_that_it_needs_is_named() -> None:
    page = open_page(admet_herg_ask="range", admet_herg_low="0", admet_herg_high="0.3", admet_skin_ask="value")
    shown = {control.key for control in page.get("button_group")}
    assert {"admet_herg_ask", "admet_skin_ask"} <= shown
    assert ("admet_ames_ask" in shown) == available()
    said = [error.value for error in page.error]
    assert any("get it with: .venv/bin/pip install admet-ai" in text for text in said) != available()
    assert page.button(key="go").disabled != available()
    assert not page.exception
