"""Laws of tuning: the prior stays bit for bit what it was, the distance keeps its limit, the seed repeats, it ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch

from matgen_core.core.goals import Goal, Target
from matgen_core.core.records import Candidate
from matgen_core.core.settings import CompositionSettings, TuneSettings
from matgen_core.kinds.molecules.smiles import decode
from matgen_core.kinds.protocol import Brief, Tunable
from matgen_core.kinds.registry import NAMES, load_kind
from matgen_core.models.likelihood_tuning import distance
from matgen_core.workflows.screening.screen import name_of
from matgen_core.workflows.tuning.tuner import Tuner, Tuning


def tunable(kind: str = "compositions", seed: int = 0) -> Tunable[Any]:
    made = load_kind(kind)
    return made.tunable(Brief(Target(), Target(), seed, made.settings()))


def oxides(candidates: Sequence[Candidate[Any]]) -> list[float]:
    """A score that a formula alone tells: whether there is oxygen in it."""
    return [1.0 if "O" in load_kind("compositions").elements(c.material) else 0.1 for c in candidates]


def run(settings: TuneSettings, seed: int = 0, cancelled: Any = None) -> tuple[Tuner, Tuning]:
    tuner = Tuner(tunable(seed=seed), oxides, lambda c: load_kind("compositions").group(name_of(c)), name_of, settings)
    return tuner, tuner.run(cancelled=cancelled)


def test_the_prior_stays_bit_for_bit_and_the_copy_does_not() -> None:
    prior = tunable().prior
    before = {name: value.clone() for name, value in prior.state_dict().items()}
    _tuner, tuning = run(TuneSettings(batch=32, steps=3, learning_rate=1e-3))
    assert all(torch.equal(before[name], value) for name, value in prior.state_dict().items())
    assert tuning.step > 0
    assert any(not torch.equal(before[name], value) for name, value in tuning.network.state_dict().items())


def test_the_copy_that_is_kept_was_measured_within_the_limit() -> None:
    limit = 2.0
    tuner, tuning = run(TuneSettings(batch=32, steps=8, distance=limit, learning_rate=5e-3))
    assert any(step.refused for step in tuning.curve), "so large a rate must meet the limit"
    assert all(step.distance > limit for step in tuning.curve if step.refused)
    kept = tuning.curve[tuning.step]
    assert not kept.refused
    assert kept.distance <= limit
    written = tuner.tunable.write(tuning.network, 128, 10**6)
    with torch.no_grad():
        away = distance(*(tuner.tunable.log_likelihood(n, written) for n in (tuning.network, tuner.tunable.prior)))
    assert away <= 1.5 * limit, "fresh strings lie no further, but for chance"


def test_the_seed_repeats() -> None:
    settings = TuneSettings(batch=16, steps=2, seed=7)
    one, two = (run(settings, seed=7)[1] for _ in range(2))
    assert [(s.score, s.distance) for s in one.curve] == [(s.score, s.distance) for s in two.curve]
    assert all(torch.equal(a, b) for a, b in zip(one.network.parameters(), two.network.parameters(), strict=True))


def test_it_ends_by_the_users_word_and_without_a_gain() -> None:
    asked = iter([False] * 3 + [True] * 10_000)
    _tuner, tuning = run(TuneSettings(batch=16, steps=50), cancelled=lambda: next(asked))
    assert tuning.ended == "cancelled"
    assert len(tuning.curve) <= 1
    _tuner, tuning = run(TuneSettings(batch=8, steps=50, patience=2, learning_rate=1e-6))
    assert tuning.ended == "gain"
    assert len(tuning.curve) < 20


@pytest.mark.parametrize("kind", NAMES)
def test_what_a_generator_writes_it_finds_likely(kind: str) -> None:
    made = tunable(kind)
    written = made.write(made.prior, 8, 0)
    with torch.no_grad():
        own = made.log_likelihood(made.prior, written)
        shuffled = written.rows(range(8))
        body = shuffled.strings[:, 1:].flip(dims=(1,)).clone()
        shuffled.strings[:, 1:] = body
        other = made.log_likelihood(made.prior, shuffled)
    assert own.shape == (8,)
    assert bool((own < 0).all())
    assert float(own.mean()) > float(other.mean())
    good = [c for c in written.candidates if c is not None]
    assert len(made.assess(good)) == len(good)
    assert sum(c is not None for c in written.candidates) >= 4


def test_a_goal_that_the_generator_is_told_of_conditions_what_it_writes() -> None:
    kind = load_kind("compositions")
    target = Target({"band_gap": Goal.at(4.0)})
    told = kind.tunable(Brief(target, target, 0, CompositionSettings()))
    assert float(told.write(told.prior, 8, 0).conditions.nan_to_num(-1.0).max()) == 4.0


def rings(candidates: Sequence[Candidate[Any]]) -> list[float]:
    return [min(1.0, 0.1 + c.material.smiles.count("1") / 6) for c in candidates]


def test_children_of_the_best_are_scored_and_learnt_from_and_measure_nothing() -> None:
    made, settings = tunable("molecules"), TuneSettings(batch=8, steps=1, crossed=12, replayed=16)
    tuner = Tuner(made, rings, name_of, name_of, settings)
    tuning = tuner.run()
    children = {key for key, (_score, c) in tuner.found.items() if c.origin.engine == "crossover"}
    assert 12 <= len(children) <= 2 * 12
    assert len(tuner.found) - len(children) <= 2 * 8
    assert all(0.0 <= step.valid <= 1.0 for step in tuning.curve)
    drawn = tuner._best.draw(100, torch.Generator().manual_seed(0))
    assert drawn is not None
    again, scores, prior = drawn
    with torch.no_grad():
        assert torch.allclose(made.log_likelihood(made.prior, again), prior, atol=1e-2)
    written = {decode(row[row > 0].tolist()) for row in again.strings}
    assert children & written, "some children are good enough to be learnt from"
    assert float(scores.max()) == pytest.approx(max(score for score, _c in tuner.found.values()))


def test_what_has_no_children_is_tuned_as_before() -> None:
    one, other = (run(TuneSettings(batch=16, steps=2, crossed=crossed))[1] for crossed in (0, 32))
    assert [step.score for step in one.curve] == [step.score for step in other.curve]


ROWS = {
    "molecules": ("CC(=O)Oc1ccccc1C(=O)O", "CC(C)Cc1ccc(C(C)C(=O)O)cc1", "Cn1c(=O)c2c(ncn2C)n(C)c1=O"),
    "compositions": ("BaTiO3", "LiFePO4", "MgAl2O4"),
}


@pytest.mark.parametrize("kind", ROWS)
def test_given_materials_become_strings_and_what_has_no_tokens_is_left_out(kind: str) -> None:
    made = tunable(kind)
    conditions = made.write(made.prior, 2, 0).conditions
    strange = {"molecules": "[U]", "compositions": "Ba30Ti30O90"}[kind]
    read = made.read([*ROWS[kind], strange], conditions)
    assert read is not None
    assert tuple(name_of(c) for c in read.candidates if c is not None) == ROWS[kind]
    with torch.no_grad():
        likely = made.log_likelihood(made.prior, read)
        one_by_one = [made.read([name], conditions[i % 2 :]) for i, name in enumerate(ROWS[kind])]
        alone = torch.cat([made.log_likelihood(made.prior, one) for one in one_by_one if one is not None])
    assert torch.allclose(likely, alone, atol=1e-2), "padding and neighbours change nothing"
    assert made.read([strange], conditions) is None


def test_the_copy_comes_to_find_the_rows_of_the_user_likelier() -> None:
    """Inception (REINVENT 4): what many rings are rewarded with is learnt from the rows, too."""
    rows = ("c1ccc2cc3ccccc3cc2c1", "c1ccc(-c2ccc(-c3ccccc3)cc2)cc1", "C1CC2CCC1C2")

    def cycles(found: Sequence[Candidate[Any]]) -> list[float]:
        return [min(1.0, 0.05 + sum(map(str.isdigit, c.material.smiles)) / 6) for c in found]

    gains = []
    for given in ((), rows):
        made = tunable("molecules")
        tuner = Tuner(made, cycles, name_of, name_of, TuneSettings(batch=12, steps=6, replayed=12), given)
        network = tuner.run().network
        assert set(given) <= set(tuner.found)
        read = made.read(rows, made.write(made.prior, 3, 0).conditions)
        assert read is not None
        with torch.no_grad():
            gains.append(float((made.log_likelihood(network, read) - made.log_likelihood(made.prior, read)).mean()))
    assert gains[1] > gains[0]
