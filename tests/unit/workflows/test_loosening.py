"""What was rejected comes nearest first, and the setting that is named lets the candidate pass that rule."""

from __future__ import annotations

import pytest

from matgen_core.core.goals import Goal, Target
from matgen_core.core.records import (
    Candidate,
    Formula,
    Molecule,
    Origin,
    Prediction,
)
from matgen_core.core.settings import CompositionSettings, MoleculeSettings
from matgen_core.kinds.compositions.judge import finish_formulas, judge_formulas
from matgen_core.kinds.molecules.judge import Judge
from matgen_core.kinds.molecules.reference import load_molecule_reference
from matgen_core.kinds.rules import Rules, judge_compositions, objections
from matgen_core.workflows.loosening import judge_again, loosen, nearest_rejected

STRICT = Rules(max_sa=1.5)
TARGET = Target({"band_gap": Goal.at(2.5), "formation_energy": Goal.at_most(-0.8)})


def compositions() -> tuple[Candidate[Formula], ...]:
    drawn = []
    for i, (formula, gap, energy, above) in enumerate(
        [("ZnI2", 2.56, -0.74, 0.126), ("PbI2", 2.3, -0.9, 0.02), ("UO2", 1.0, -3.5, 0.7), ("K2NaRb3ScCl9", 2.5, -1, 0)]
    ):
        values = {"band_gap": (gap, "eV"), "formation_energy": (energy, "eV/atom"), "e_above_hull": (above, "eV/atom")}
        predictions = {k: Prediction(k, v, None, unit, "test") for k, (v, unit) in values.items()}
        drawn.append(Candidate(f"0-{i}", Formula(formula), Origin("test", "", 0, i), predictions))
    judged = judge_formulas(drawn, TARGET, CompositionSettings(neutral=False), {})
    return judge_again(judge_compositions(finish_formulas(judged, TARGET), Rules()), Rules(), TARGET)


def molecules() -> tuple[Candidate[Molecule], ...]:
    strings = ["CC(=O)Nc1ccc(OC)cc1", "O=C(O)c1ccccc1Br", "c1cc", "O=Nc1ccc(C(=O)O)cc1"]
    target, settings = Target({"logp": Goal.at(4.0)}), MoleculeSettings(filters=STRICT.filters, max_sa=STRICT.max_sa)
    drawn = [Candidate(f"0-{i}", Molecule(s), Origin("test", "", 0, i)) for i, s in enumerate(strings)]
    return judge_again(Judge(target, settings, load_molecule_reference())(drawn), STRICT, target)


def test_the_nearest_fails_fewest_rules() -> None:
    near = nearest_rejected(compositions(), Rules())
    failed = [len(objections(candidate, Rules())) for candidate in near]
    assert failed == sorted(failed)
    assert all(failed)


@pytest.mark.parametrize("kind", ["compositions", "molecules"])
def test_a_rule_that_is_loosened_is_no_longer_failed(kind: str) -> None:
    found = compositions() if kind == "compositions" else molecules()
    rules, target = (Rules(), TARGET) if kind == "compositions" else (STRICT, Target({"logp": Goal.at(4.0)}))
    loosened = set()
    for candidate in nearest_rejected(found, rules):
        for verdict in objections(candidate, rules):
            looser = loosen(candidate, verdict.rule, rules, target)
            if looser is None:
                continue
            again = next(c for c in judge_again(found, *looser) if c.id == candidate.id)
            still = {v.rule for v in objections(again, looser[0])}
            assert verdict.rule not in still, f"{candidate.material}: {verdict.rule}"
            assert still <= {v.rule for v in objections(candidate, rules)}, "nothing else is failed for it"
            loosened.add(verdict.rule)
    expected = {"hull", "hazards", "novelty", "target:band_gap", "target:formation_energy"}
    assert loosened >= (expected if kind == "compositions" else {"sa_score", "target:logp"})


def test_what_no_setting_loosens_is_left() -> None:
    candidate = compositions()[0]
    for rule in ("oxidation", "bonds", "packing", "duplicate", "formation", "constraints", "valid"):
        assert loosen(candidate, rule, Rules(), TARGET) is None
    far = next(c for c in compositions() if c.material.reduced == "UO2")
    assert loosen(far, "hull", Rules(), TARGET) is None, "0.7 eV/atom above the hull is no near miss"


def test_the_same_rules_judge_the_same() -> None:
    found = compositions()
    assert judge_again(found, Rules(), TARGET) == found
