"""How well molecules are found for a goal within a number of calls: the tuned generator beside a genetic search.

    AUC top-10 = area under the mean of the ten best over the calls, divided by the calls that were allowed

A call is one molecule that was not scored before. A search whose hundred best have not changed for some rounds has
ended; what it had then counts for the calls that are left. Seconds are of one core's work.
Reference: Gao et al. (2022), PMO.
"""

from __future__ import annotations

import time
from bisect import insort
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from matgen_core.chem.molecules.molecule import canonical, parse
from matgen_core.core.errors import BadInput, Cancelled, quote
from matgen_core.core.goals import Target
from matgen_core.core.messages import join
from matgen_core.core.records import Molecule
from matgen_core.core.settings import MoleculeSettings, TuneSettings
from matgen_core.evaluation.genetic import POPULATION, evolve
from matgen_core.evaluation.guacamol import PUBLISHED, GuacaMolGoal, guacamol_goals
from matgen_core.kinds.molecules.reference import load_molecule_reference
from matgen_core.kinds.protocol import Brief
from matgen_core.kinds.registry import load_kind
from matgen_core.workflows.screening.screen import name_of
from matgen_core.workflows.tuning.tuner import Tuner

#: How many of the best the area is of, and calls between two points of its curve.
_COUNT, EVERY = 10, 100
#: A search has ended when its best of so many did not change for so many rounds, after so many calls.
_BEST, _ROUNDS, _AFTER = 100, 10, 1000
#: From so much on a score counts as 1.
_FULL = 1.0 - 1e-9
#: Whether to stop.
Asked = Callable[[], bool] | None


@dataclass
class Oracle:
    """A goal that may be asked so many times.

    Args:
        goal: scores a molecule.
        calls: different molecules at most.
        scores: by SMILES, in the order in which they were asked.
    """

    goal: Callable[[Any], float]
    calls: int
    scores: dict[str, float] = field(default_factory=dict)
    _best: list[float] = field(default_factory=list)  # lowest first
    _before: list[float] = field(default_factory=list)
    _idle: int = 0

    def __call__(self, smiles: str) -> float:
        """The score of a molecule in canonical writing; 0 once the calls are spent."""
        if smiles not in self.scores:
            if len(self.scores) >= self.calls:
                return 0.0
            molecule = parse(smiles)
            score = 0.0 if molecule is None else self.goal(molecule)
            self.scores[smiles] = score
            insort(self._best, score)
            del self._best[:-_BEST]
        return self.scores[smiles]

    def end_round(self) -> None:
        """Takes note of whether the best have changed since the last round."""
        unchanged = self._best == self._before and len(self.scores) > _AFTER
        self._before, self._idle = list(self._best), self._idle + 1 if unchanged else 0

    @property
    def over(self) -> bool:
        """Whether nothing more can come: calls spent, no change for long, or ten full scores."""
        full = len(self._best) >= _COUNT and self._best[-_COUNT] >= _FULL
        return full or len(self.scores) >= self.calls or self._idle >= _ROUNDS


def area_of_top(scores: Sequence[float], calls: int) -> float:
    """Area under the mean of the ten best, by trapezia every hundred calls from 0 on, as PMO takes it.

    >>> area_of_top([1.0] * 200, 1000), area_of_top([0.0] * 1000, 1000)
    (0.95, 0.0)

    Args:
        scores: in the order of the calls.
        calls: that were allowed; what is left counts with the last mean.
    """
    scores = scores[:calls]
    if not scores:
        return 0.0
    area = before = 0.0
    place = 0
    for end in [*range(EVERY, len(scores), EVERY), len(scores)]:
        mean = mean_of_top(scores[:end])
        area += (end - place) * (mean + before) / 2
        before, place = mean, end
    return (area + (calls - len(scores)) * before) / calls


def mean_of_top(scores: Sequence[float]) -> float:
    """Mean of the ten best; 0 of none."""
    best = sorted(scores, reverse=True)[:_COUNT]
    return sum(best) / max(1, len(best))


# --------------------------------------------------------------------------------------------------------- searches

#: The distance is wide: a goal such as rediscovery lies far from what the shipped generator writes.
TUNING = TuneSettings(
    batch=32, steps=2000, seconds=86_400, distance=200.0, bucket=25, patience=1000, replayed=32, crossed=128
)
#: MOSES' molecules, as others begin with ZINC's: the drugs that are asked for lie in another domain.
DOMAIN = "lead-like"


def search_by_tuning(
    oracle: Oracle, over: Callable[[], bool], seed: int, settings: TuneSettings = TUNING, domain: str = DOMAIN
) -> None:
    """A copy of the SMILES generator, tuned towards the goal until it is over.

    The diversity filter counts molecules instead of scaffolds: a rediscovery wants many of one scaffold, and one that
    is written again and again costs no call and brings nothing.
    """
    kind, plain = load_kind("molecules"), MoleculeSettings(domain=domain)
    tunable = kind.tunable(Brief(Target(), Target(), seed, plain))
    tuner = Tuner(
        tunable,
        lambda candidates: [oracle(name_of(candidate)) for candidate in candidates],
        name_of,
        name_of,
        replace(settings, seed=seed),
    )
    tuner.run(lambda _tuning: oracle.end_round(), cancelled=over)


def search_by_genes(oracle: Oracle, over: Callable[[], bool], seed: int) -> None:
    """A genetic search that begins with random molecules of MOSES."""
    known = load_molecule_reference().smiles
    start = np.random.default_rng(seed).choice(len(known), POPULATION, replace=False)
    evolve([known[i] for i in start], oracle, over, oracle.end_round, seed)


SEARCHES: dict[str, Callable[[Oracle, Callable[[], bool], int], None]] = {
    "tuned": search_by_tuning,
    "genetic": search_by_genes,
}


# -------------------------------------------------------------------------------------------------------- measuring


def measure_search(goal: GuacaMolGoal, method: str, calls: int, seed: int, cancelled: Asked = None) -> dict[str, Any]:
    """One search, as a row of ``benchmarks/guacamol.json``.

    Raises:
        Cancelled: where ``cancelled`` said so; a part of a search is no measurement.
    """
    oracle, begun = Oracle(goal, calls), time.process_time()

    def over() -> bool:
        return oracle.over or (cancelled is not None and cancelled())

    SEARCHES[method](oracle, over, seed)
    if not oracle.over and cancelled is not None and cancelled():
        raise Cancelled
    seconds, scores = time.process_time() - begun, list(oracle.scores.values())
    best = sorted(oracle.scores.items(), key=lambda pair: -pair[1])[:3]
    return {
        "task": goal.name,
        "method": method,
        "calls": calls,
        "seed": seed,
        "used": len(scores),
        "auc_top10": round(area_of_top(scores, calls), 4),
        "best": round(max(scores, default=0.0), 4),
        "top10": round(mean_of_top(scores), 4),
        "seconds": round(seconds, 1),
        "curve": [round(mean_of_top(scores[: calls * tenth // 10]), 4) for tenth in range(1, 11)],
        "found": [[smiles, round(score, 4)] for smiles, score in best],
        "published": list(PUBLISHED.get(goal.name, ())),
        "target_in_training": any(map(is_training_molecule, goal.targets)),
    }


def is_training_molecule(smiles: str) -> bool:
    """Whether the shipped generator was trained on it."""
    molecule = parse(smiles)
    return molecule is not None and load_molecule_reference().contains(Molecule(canonical(molecule)))


def measure_guacamol(
    names: Sequence[str],
    methods: Sequence[str],
    calls: int,
    seed: int = 0,
    rows: Sequence[dict[str, Any]] = (),
    keep: Callable[[list[dict[str, Any]]], None] = lambda _rows: None,
    say: Callable[[str], None] = print,
    cancelled: Asked = None,
) -> list[dict[str, Any]]:
    """Searches for goals, one after the other; those that are among the rows already are left as they are.

    Args:
        names: of goals; none for all.
        methods: of SEARCHES.
        calls: each.
        seed: of the draws.
        rows: measured before.
        keep: called with all rows after each search.
        say: called with what each brought.
        cancelled: asked often; once it says yes, what was measured before comes back.

    Raises:
        BadInput: for a goal or a method that there is not.
    """
    goals, done = guacamol_goals(), list(rows)
    names = list(names) or list(goals)
    check_known(names, goals)
    check_known(methods, SEARCHES)
    for name in names:
        for method in methods:
            asked = {"task": name, "method": method, "calls": calls, "seed": seed}
            if any(asked.items() <= row.items() for row in done):
                continue
            try:
                row = measure_search(goals[name], method, calls, seed, cancelled)
            except Cancelled:
                return done
            done.append(row)
            keep(done)
            say(f"{name}, {method}: AUC top-10 {row['auc_top10']:.3f}, best {row['best']:.3f}, {row['seconds']:.0f} s")
    return done


def check_known(words: Sequence[str], known: Mapping[str, object]) -> None:
    """Raises BadInput for a word that is not known."""
    for word in words:
        if word not in known:
            raise BadInput("{word} is unknown; choose from: {known}", word=quote(word), known=join(known, ", "))
