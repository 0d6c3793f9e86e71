"""Two potentials on one energy: both values stay, the judge decides, and no model both steers and judges it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.structure import from_structure
from matgen_core.core.goal_probability import chance
from matgen_core.core.goals import Goal, Target
from matgen_core.core.records import BOTH, JUDGING, STEERING, Candidate, Judgement, Origin, Prediction
from matgen_core.core.settings import Rules
from matgen_core.kinds.crystals.checks import agreement, energy_judge
from matgen_core.kinds.crystals.checks.agreement import RULE, add_agreement, agree
from matgen_core.kinds.crystals.files.candidate_files import to_csv, to_json
from matgen_core.kinds.crystals.placing.relax import relax_candidates
from matgen_core.kinds.crystals.predict import predict
from matgen_core.kinds.known_phases import is_near_hull
from matgen_core.kinds.rules import check_energies
from matgen_core.runs.records import from_record, to_record


def rocksalt(first: str, second: str, length: float, engine: str = "symmetry-first") -> Candidate:
    structure = Structure.from_spacegroup("Fm-3m", Lattice.cubic(length), [first, second], [[0, 0, 0], [0.5, 0.5, 0.5]])
    return Candidate(f"{first}{second}", from_structure(structure), Origin(engine))


def told(value: float | None, judged: float | None, role: str = STEERING, known: float | None = None) -> Candidate:
    """A crystal of which CHGNet and, where ``judged`` is a number, SevenNet say so much."""
    second = None if judged is None else Judgement(judged, 0.01, "SevenNet-l3i5")
    found = [
        Prediction(key, value, 0.05, "eV/atom", "CHGNet 0.3.0", known=known, role=role, judged=second)
        for key in ("formation_energy", "e_above_hull")
    ]
    return rocksalt("Ca", "N", 5.0).add_predictions(*found)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (0.01, 0.09, True),
        (0.01, 0.11, False),
        (0.01, 0.05, True),
        (0.40, 0.44, True),
        (0.40, 0.46, False),
        (-0.5, 0.02, True),
        (None, 0.1, None),
        (0.1, None, None),
    ],
)
def test_they_agree_below_the_limit_or_near_each_other(
    first: float | None, second: float | None, expected: bool | None
) -> None:
    assert agree(first, second) is expected
    assert agree(second, first) is expected


def test_a_generated_crystal_has_both_values_with_their_roles() -> None:
    (found,) = predict([rocksalt("Mg", "O", 4.25)], judge=True)
    for key in ("formation_energy", "e_above_hull"):
        prediction = found.predictions[key]
        assert prediction.role == STEERING
        assert prediction.judged is not None
        assert prediction.judged.role == JUDGING
        assert prediction.judged.method != prediction.method
        assert prediction.judged.value == pytest.approx(prediction.value, abs=0.1)
    assert found.predictions["magnetic_moment"].role == BOTH
    verdict = found.verdict(RULE)
    assert verdict is not None
    assert verdict.passed is True
    assert "CHGNet 0.3.0 (steers)" in verdict.reason
    assert "SevenNet-l3i5 (judges)" in verdict.reason
    assert from_record(to_record(found)) == found


def test_no_model_steers_and_judges_an_energy() -> None:
    drawn = predict([rocksalt("Mg", "O", 4.25), rocksalt("Ca", "N", 5.0)], judge=True)
    relaxed = relax_candidates([rocksalt("Mg", "O", 4.3, "file")], steps=2)
    after = relaxed[0].after
    assert after is not None
    for candidate in (*drawn, after):
        for key in ("formation_energy", "e_above_hull"):
            prediction = candidate.predictions[key]
            assert prediction.role == STEERING
            assert prediction.judged is None or "CHGNet" not in prediction.judged.method


def test_without_a_judge_it_is_chgnet_alone_and_not_stable() -> None:
    (found,) = predict([rocksalt("Ca", "N", 5.0)])
    verdict = found.verdict(RULE)
    assert verdict is not None
    assert verdict.passed is None
    assert verdict.reason.startswith("CHGNet 0.3.0 only")
    assert not is_near_hull(add_agreement(told(0.01, None)), 0.1)
    hull = check_energies(told(0.01, None), Rules())[1]
    assert "CHGNet 0.3.0 only" in hull.reason


def test_stable_is_what_the_judge_says() -> None:
    assert is_near_hull(told(0.3, 0.02), 0.1)
    assert not is_near_hull(told(0.02, 0.3), 0.1)
    assert is_near_hull(told(0.3, 0.3, known=0.0), 0.1)
    assert check_energies(told(0.02, 0.3), Rules())[1].passed is False
    assert "SevenNet-l3i5" in check_energies(told(0.02, 0.3), Rules())[1].reason


def test_goals_are_met_by_the_judge_with_its_spread() -> None:
    target = Target({"e_above_hull": Goal.between(0.0, 0.1)})
    sure, missed = chance(told(0.3, 0.05), target), chance(told(0.05, 0.3), target)
    assert sure == pytest.approx(math.erf(0.05 / 0.01 / math.sqrt(2)), abs=1e-3)
    assert missed == pytest.approx(0.0, abs=1e-6)
    assert told(0.3, 0.05).best("e_above_hull") == 0.05
    assert told(0.3, 0.05).value("e_above_hull") == 0.3


def test_a_crystal_from_a_file_was_steered_by_nothing() -> None:
    (read,) = predict([rocksalt("Mg", "O", 4.25, "file")])
    assert {prediction.role for prediction in read.predictions.values()} == {""}
    assert read.verdict(RULE) is None


def test_what_lies_far_above_the_hull_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement, "judge_energies", lambda crystals, **_: [] if not crystals else pytest.fail("asked"))
    (found,) = predict([rocksalt("Mg", "O", 3.4)], judge=True)
    above = found.value("e_above_hull")
    assert above is not None
    assert above > agreement.FAR
    verdict = found.verdict(RULE)
    assert verdict is not None
    assert "only: not judged" in verdict.reason


def test_a_judge_that_is_missing_gives_the_remedy_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    from matgen_core.core.errors import MissingReference

    def missing() -> None:
        raise MissingReference("{path} cannot be read; make it with: matgen data judge", path="energy_judge.json")

    monkeypatch.setattr(energy_judge, "load_judge", missing)
    (found,) = predict([rocksalt("Mg", "O", 4.25)], judge=True)
    assert found.value("formation_energy") is not None
    verdict = found.verdict(RULE)
    assert verdict is not None
    assert "matgen data judge" in verdict.reason


def test_files_hold_both_values_roles_and_the_verdict() -> None:
    candidate = add_agreement(told(0.02, 0.3))
    header, row = to_csv([candidate]).splitlines()[:2]
    cells = dict(zip(header.split(","), row.split(","), strict=False))
    assert cells["e_above_hull"] == "0.02"
    assert cells["e_above_hull_role"] == "steering"
    assert cells["e_above_hull_judge"] == "0.3"
    assert cells["e_above_hull_judge_method"] == "SevenNet-l3i5"
    assert cells["agreement"] == "False"
    text = to_json([candidate])
    assert '"role": "judging"' in text
    assert '"role": "steering"' in text
    bare = to_csv([replace(candidate, predictions={}, verdicts=())])
    assert "_judge" not in bare
