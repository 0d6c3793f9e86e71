"""Drawings of molecules are sorted by any property that they show."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from matgen_core.core.goals import Goal, Target
from matgen_core.core.records import Candidate, Molecule, Origin, Prediction, Progress, Verdict
from matgen_core.core.settings import MoleculeSettings
from pages.kinds.molecule_order import RANK, sort_molecules
from pages.runs.jobs import Job

PAGE = str(Path(__file__).parents[2] / "pages" / "design" / "molecules.py")
VALUES = (2.0, None, -1.0, 5.0, 0.5)


def molecule(index: int, value: float | None) -> Candidate[Molecule]:
    predictions = {} if value is None else {"logp": Prediction("logp", value, None, "", "test")}
    verdicts = tuple(Verdict(rule, True) for rule in ("valid", "duplicate", "novelty"))
    return Candidate(
        f"0-{index}", Molecule("C" * (index + 1) + "O"), Origin("test", index=index), predictions, verdicts
    )


MOLECULES = tuple(molecule(index % 5, VALUES[index % 5]) for index in range(5))


def places(found: list[Candidate[Molecule]]) -> list[int]:
    return [candidate.origin.index for candidate in found]


def test_missing_values_come_last_both_ways_and_the_rank_leaves_all_where_it_is() -> None:
    assert places(sort_molecules(MOLECULES, "logp", down=False)) == [2, 4, 0, 3, 1]
    assert places(sort_molecules(MOLECULES, "logp", down=True)) == [3, 0, 4, 2, 1]
    assert places(sort_molecules(MOLECULES, RANK, down=False)) == [0, 1, 2, 3, 4]
    twice = sort_molecules((molecule(0, 1.0), molecule(1, 1.0)), "logp", down=True)
    assert places(twice) == [0, 1], "equal ones keep their order"


def test_the_grid_shows_them_in_the_order_asked_for_from_its_first_page() -> None:
    many = tuple(molecule(index, float((7 * index) % 15)) for index in range(15))
    page = AppTest.from_file(PAGE, default_timeout=300)
    page.session_state["molecules-job"] = Job(15, begun=0.0, ended=1.0, progress=Progress("done", 15, 15, many))
    page.session_state["molecules-asked"] = Target({"logp": Goal.at_least(0.0)}), MoleculeSettings()
    page.run()
    assert not page.exception

    def shown() -> list[str]:
        return [str(button.key).removeprefix("pick-") for button in page.button if str(button.key).startswith("pick-")]

    assert shown() == [f"0-{index}" for index in range(12)]
    page.number_input(key="grid-page").set_value(2).run()
    page.selectbox(key="grid-by").set_value("logp").run()
    assert page.number_input(key="grid-page").value == 1
    values = {candidate.id: candidate.value("logp") for candidate in many}
    assert [values[i] for i in shown()] == sorted(values.values())[:12]
    page.toggle(key="grid-down").set_value(True).run()
    assert [values[i] for i in shown()] == sorted(values.values(), reverse=True)[:12]
    assert not page.exception
