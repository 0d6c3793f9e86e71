"""What stands below a running computation stays in its place when the computation ends.

Streamlit draws anew what has moved: a table loses the order that its reader gave it, and a field what is being typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block, Element

from matgen_core.core.goals import Goal, Target
from matgen_core.core.records import Candidate, Formula, Molecule, Origin, Prediction, Progress, Verdict
from matgen_core.core.settings import CompositionSettings, CrystalSettings, MoleculeSettings
from matgen_core.kinds.crystals.placing.relax import Relaxation
from matgen_core.kinds.rules import Rules
from matgen_core.workflows.page_work.series import compare_series
from matgen_core.workflows.predict_table import Report
from matgen_core.workflows.screening.candidate_files import Refused
from matgen_core.workflows.tuning.aims import Aims
from pages.lessons.teaching import Taught
from pages.runs.jobs import Job
from pages.widgets.design_run import Loop
from pages.widgets.found.relaxing import Checking, Relaxing
from pages.widgets.own_tables.tuning_run import TuningRun
from pages.widgets.screening.source import Screened

PAGES = Path(__file__).parents[2] / "pages"
#: What a reader changes on a page, and the browser alone knows until it is sent.
OF_READERS = ("dataframe", "text_input", "text_area", "number_input", "file_uploader", "multiselect", "slider")


def places(test: AppTest) -> dict[tuple[str, str], tuple[int, ...]]:
    """Where each table and each field stands in the page's tree, by its type and its id or, of a table, its words."""

    def walk(block: Block, at: tuple[int, ...]) -> Iterator[tuple[tuple[str, str], tuple[int, ...]]]:
        for index, child in block.children.items():
            if isinstance(child, Block):
                yield from walk(child, (*at, index))
            elif isinstance(child, Element) and child.type in OF_READERS:
                yield (child.type, child.proto.id or child.proto.alt), (*at, index)

    return dict(walk(test.main, ()))


def formulas(*names: str) -> tuple[Candidate[Any], ...]:
    predictions = {"band_gap": Prediction("band_gap", 2.0, 0.3, "eV", "test")}
    rules = (Verdict("charge_balance", True), Verdict("novelty", True), Verdict("duplicate", True))
    return tuple(
        Candidate(f"0-{n}", Formula(name), Origin("test", "", 0, n), predictions, rules, float(n))
        for n, name in enumerate(names)
    )


def molecules(*smiles: str) -> tuple[Candidate[Any], ...]:
    rules = (Verdict("valid", True), Verdict("duplicate", True), Verdict("novelty", True))
    predictions = {"logp": Prediction("logp", 1.0, None, "", "test")}
    return tuple(
        Candidate(f"0-{n}", Molecule(text), Origin("test", "", 0, n), predictions, rules, float(n))
        for n, text in enumerate(smiles)
    )


def running(found: tuple[Candidate[Any], ...] = ()) -> Job:
    return Job(9, begun=0.0, progress=Progress("assess", max(1, len(found)), 9, found))


def cliffs() -> Any:
    pairs = ["C[C@@H](N)c1ccccc1,5.0", "C[C@H](N)c1ccccc1,8.0", *(f"{'C' * n}O,6.0" for n in range(3, 9))]
    data = "\n".join(["smiles,pIC50", *pairs]).encode()
    return compare_series(lambda *_: None, lambda: False, data=data, column="pIC50", similarity=0.5, difference=None)


def two_tables(crystals: tuple[Candidate[Any], ...]) -> dict[str, Any]:
    """A relaxation and a check of stability in work, below a run that has ended."""
    relaxed = tuple(Relaxation(c, c, 9, "relaxed") for c in crystals)
    job = Job(3, begun=0.0, ended=1.0, progress=Progress("done", 3, 3, crystals))
    return {
        "crystals-job": job,
        "crystals-asked": (Target(), CrystalSettings()),
        "relaxing": Relaxing((), running(), relaxed),
        "stability": Checking(crystals[0].material, running()),
    }


def laid_over(_: tuple[Candidate[Any], ...]) -> dict[str, Any]:
    """The last run, which is being encoded for the map."""
    last = Job(1, begun=0.0, ended=1.0, progress=Progress("done", 1, 1, formulas("NaCl")))
    return {"compositions-job": last, "run-vectors-compositions": (f"last {id(last)}", running(), [])}


ASKED = Target({"band_gap": Goal.at(2.0)})
#: A page by its script and link, with what a session holds of a run in work, and how many tables and fields it has.
CASES: Mapping[str, tuple[str, Mapping[str, str], Callable[[tuple[Candidate[Any], ...]], dict[str, Any]], int]] = {
    "crystals": (
        "design/crystals",
        {},
        lambda found: {"crystals-job": running(found), "crystals-asked": (ASKED, CrystalSettings())},
        8,
    ),
    "relaxing": ("design/crystals", {}, two_tables, 8),
    "compositions": (
        "design/compositions",
        {},
        lambda _: {
            "compositions-job": running(formulas("BaTiO3", "Fe2O3", "NaCl")),
            "compositions-asked": (ASKED, CompositionSettings()),
        },
        5,
    ),
    "molecules": (
        "design/molecules",
        {},
        lambda _: {
            "molecules-job": running(molecules("CCO", "CC(=O)Nc1ccccc1", "c1ccccc1O")),
            "molecules-asked": (Target(), MoleculeSettings()),
        },
        8,
    ),
    "generator": (
        "design/molecules",
        {},
        lambda _: {"own-generator-job": running(), "own-generator-said": [(("too long", 2),)]},
        8,
    ),
    "loop": (
        "design/inverse_design",
        {"what": "compositions"},
        lambda _: {"loop": Loop("compositions", Target(), Rules(known=False), running(formulas("BaTiO3", "NaCl")))},
        5,
    ),
    "screening": (
        "design/screening",
        {},
        lambda _: {
            "screening": Screened(
                "x", Rules(), running(formulas("BaTiO3", "Fe2O3", "NaCl")), [Refused("row 2", "no formula")]
            )
        },
        3,
    ),
    "tuning": (
        "design/own_property",
        {},
        lambda _: {
            "own-kind": "compositions",
            "tuning": TuningRun("compositions", Aims(ASKED, ()), running(formulas("BaTiO3", "Fe2O3"))),
        },
        3,
    ),
    "predictions": (
        "explore/predictions",
        {},
        lambda _: {
            "predict-job": running(),
            "predict-done": {"report": Report("formula", Path("x.csv"), 1), "text": "formula,gap\nNaCl,5\n"},
        },
        3,
    ),
    "teaching": (
        "learn/transfer",
        {"lesson": "Teach it yourself"},
        lambda _: {
            "transfer-job": running(),
            "transfer-taught": Taught("volume", [(1, 1.0, 1.0), (2, 0.5, 0.5)]),
        },
        2,
    ),
    "map": ("explore/embeddings", {"space": "compositions"}, laid_over, 5),
    "activity cliffs": (
        "explore/embeddings",
        {"space": "molecules"},
        lambda _: {"cliffs-job": running(), "cliffs-found": [cliffs()]},
        4,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_nothing_moves_when_a_run_ends(case: str, found: tuple[Candidate[Any], ...]) -> None:
    script, link, held, least = CASES[case]
    test = AppTest.from_file(str(PAGES / f"{script}.py"), default_timeout=300)
    test.query_params.update(link)
    state = held(found)
    for key, value in state.items():
        test.session_state[key] = value
    test.run()
    assert not test.exception, test.exception
    assert any("cancel" in str(button.key) for button in test.button), "no run is shown as in work"
    during = places(test)
    parts = [part for value in state.values() for part in (value if isinstance(value, tuple) else (value,))]
    jobs = [part if isinstance(part, Job) else getattr(part, "job", None) for part in parts]
    going = [job for job in jobs if job is not None and job.busy]
    for problem in (None, "The network is not there"):  # a refusal of a run is said where its bar was
        for job in going:
            job.error, job.ended = problem, 1.0
        test.run()
        assert not test.exception, test.exception
        assert not any("cancel" in str(button.key) for button in test.button)
        assert [one.value for one in test.error] == ([problem] * len(going) if problem else [])
        after = places(test)
        both = during.keys() & after.keys()
        assert len(both) >= least, sorted(both)
        assert {key: during[key] for key in both} == {key: after[key] for key in both}
