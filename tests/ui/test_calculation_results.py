"""Results of calculations on the page of kept runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from matgen_core.core.records import Candidate, Origin, Prediction
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.runs.own_phases import VARIABLE as PHASES
from matgen_core.runs.own_phases import list_phases
from matgen_core.runs.store import Store, open_store
from tests.unit.chem.known_cells import salt

APP = str(Path(__file__).parents[2] / "pages" / "explore" / "runs.py")


@pytest.fixture
def store() -> Store:
    return open_store()


def test_an_upload_is_set_beside_the_predictions_and_kept(store: Store) -> None:
    run = store.begin("crystals", {}, 0)
    gap = {"band_gap": Prediction("band_gap", 4.0, 0.3, "eV", "crystal-gap")}
    store.add(run, [Candidate("a", salt(), Origin("t"), gap)])
    store.end(run, "finished")
    page = AppTest.from_file(APP, default_timeout=300)
    page.session_state["runs-open"] = [run]
    page.run()
    table = ("done.csv", b"id,band_gap\na,5.2\nsomebody,1\n", "text/csv")
    page.file_uploader(key=f"results-{run}").set_value([table]).run()
    page.button(key="read-results").click().run()
    assert not page.exception
    assert store.candidates(run)[0].computed["band_gap"].value == pytest.approx(5.2)
    assert any("1.200 eV" in str(text.value) for text in page.markdown)
    assert any("somebody" in str(text.value) for text in page.warning)


def test_computed_phases_join_the_hull_and_can_be_taken_out(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PHASES, str(tmp_path / "phases.json"))
    run = store.begin("crystals", {}, 0)
    store.add(run, [Candidate("a", salt(), Origin("t"))])
    store.end(run, "finished")
    page = AppTest.from_file(APP, default_timeout=300)
    page.session_state["runs-open"] = [run]
    page.run()
    table = ("done.csv", b"id,formation_energy\na,-2.5\n", "text/csv")
    page.file_uploader(key=f"results-{run}").set_value([table]).run()
    page.button(key="read-results").click().run()
    assert not page.exception
    assert load_reference().energy_of("NaCl") == -2.5
    (shown,) = [frame.value for frame in page.dataframe if "Phase" in frame.value]
    assert shown["Formation energy (eV/atom)"].tolist() == [-2.5]
    assert shown["Energy above hull (eV/atom)"].tolist() == pytest.approx([0.0])
    page.multiselect(key="phases-gone").set_value([f"{run}/a"]).run()
    page.button(key="remove-phases").click().run()
    assert not page.exception
    assert list_phases() == ()
    assert load_reference().energy_of("NaCl") != -2.5
    assert store.candidates(run)[0].computed["formation_energy"].value == -2.5, "the run keeps its value"
