"""The workflow of 4.5 loses candidates box by box; an inverse question has several answers."""

from __future__ import annotations

import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.structure import from_structure
from matgen_core.core.goals import Target
from matgen_core.core.records import Candidate, Origin
from matgen_core.kinds.crystals.judge import assess
from matgen_core.kinds.crystals.placing.geometry_rules import check_distances
from matgen_core.lessons.chapter.inverse_design import simple_synthesizability_checker
from matgen_core.lessons.compositions import gains_most, next_atoms, write_some
from matgen_core.lessons.workflow import TOLERANCE, answers_to, known_gaps, run_workflow


def test_each_box_keeps_a_part() -> None:
    found = run_workflow((0.0, -0.5, 0.0), count=4)
    assert found.generated == 4
    assert found.generated >= found.reached >= found.makeable >= found.stable == len(found.names)


@pytest.mark.parametrize(
    ("elements", "edge", "makeable"),
    [(["Na", "Cl"], 5.69, True), (["Na", "Cl"], 2.5, False), (["Ca", "Cl"], 5.7, False)],
)
def test_the_box_of_makeable_asks_the_rules_that_judge(elements: list[str], edge: float, makeable: bool) -> None:
    salt = Structure.from_spacegroup("Fm-3m", Lattice.cubic(edge), elements, [[0, 0, 0], [0.5, 0.5, 0.5]])
    judged = assess([Candidate("1", from_structure(salt), Origin("test"), {})], Target())[0]
    judged = judged.add_verdicts(check_distances(salt))
    assert simple_synthesizability_checker(judged) is makeable


def test_answers_have_the_gap_that_was_asked_for() -> None:
    formulas, gaps = known_gaps()
    found = answers_to(3.0)
    by_name: dict[str, list[float]] = {}
    for formula, gap in zip(formulas, gaps.tolist(), strict=True):
        by_name.setdefault(formula, []).append(gap)
    assert all(min(abs(gap - 3.0) for gap in by_name[name]) <= TOLERANCE for name in found.examples)
    assert answers_to(30.0).count == 0


def test_matgpt_writes_what_was_begun() -> None:
    options = next_atoms(["Li"], {"band_gap": 3.0}, 90)
    assert sum(chance for _name, chance in options) <= 1.0001
    assert all("Li" in formula for formula in write_some("Li", {"band_gap": 3.0}, 4))


def test_the_atom_that_gains_most_is_likelier_for_the_wider_gap() -> None:
    name, low, high = gains_most(["Li"])
    others = (dict(next_atoms(["Li"], {"band_gap": gap}, 90)) for gap in (0.0, 8.0))
    before, after = others
    assert (before[name], after[name]) == (low, high)
    assert high - low == max(after[each] - before.get(each, 0.0) for each in after) > 0
    assert name not in {"Fe", "Cu", "Al"}, "a wide gap wants no metal beside lithium"
