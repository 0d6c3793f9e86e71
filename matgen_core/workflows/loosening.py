"""Near misses: what was rejected, nearest first, and which setting would let one of them pass."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from matgen_core.chem.formulas.hazards import RADIOACTIVE, TOXIC, check_hazards
from matgen_core.core.goals import Goal, Target
from matgen_core.core.properties import PROPERTIES, WHOLE
from matgen_core.core.records import Candidate, M, Verdict
from matgen_core.core.settings import FILTERS
from matgen_core.kinds.crystals.judge import check_goals
from matgen_core.kinds.molecules.judge import check_accessibility
from matgen_core.kinds.registry import kind_of
from matgen_core.kinds.rules import Rules, check_energies, elements_of, objections

#: Largest distance to the hull that is still worth listing, eV/atom.
MOST_ABOVE_HULL = 0.5
#: Rules whose failure leaves nothing to look at: the same again, or no material at all.
_NOTHING = ("duplicate", "valid", "constraints")


def nearest_rejected(candidates: Sequence[Candidate[M]], rules: Rules) -> list[Candidate[M]]:
    """Those that some rule stops: fewest failed rules first, among these the best ranked; repeats come last."""
    failed = [(candidate, objections(candidate, rules)) for candidate in candidates]
    near = [(c, verdicts) for c, verdicts in failed if verdicts]

    def distance(entry: tuple[Candidate[M], list[Verdict]]) -> tuple[bool, int, float, str]:
        candidate, verdicts = entry
        score = math.inf if candidate.score is None else candidate.score
        return any(v.rule in _NOTHING for v in verdicts), len(verdicts), score, candidate.id

    return [candidate for candidate, _ in sorted(near, key=distance)]


def loosen(candidate: Candidate[M], rule: str, rules: Rules, target: Target) -> tuple[Rules, Target] | None:
    """Rules and target by which a rejected candidate no longer fails ``rule``; None where no setting loosens it.

    >>> from matgen_core.core.records import Formula, Origin, Prediction
    >>> hull = Prediction("e_above_hull", 0.126, None, "eV/atom", "test")
    >>> near = Candidate("0", Formula("ZnI2"), Origin("test"), {"e_above_hull": hull})
    >>> loosen(near, "hull", Rules(), Target())[0].max_e_above_hull
    0.13
    """
    if rule.startswith("target:"):
        return _widen(candidate, rule.removeprefix("target:"), rules, target)
    looser: Rules | None = None
    if rule == "novelty":
        looser = replace(rules, known=True)
    elif rule == "solid_state":
        looser = replace(rules, solid_state=False)
    elif rule == "known_phases":
        looser = replace(rules, shallow=True)
    elif rule in rules.filters:
        looser = replace(rules, filters=tuple(name for name in rules.filters if name != rule))
    elif rule == "hazards":
        elements = elements_of(candidate)
        looser = replace(
            rules,
            toxic=rules.toxic or bool(elements & set(TOXIC)),
            radioactive=rules.radioactive or bool(elements & RADIOACTIVE),
        )
    elif rule == "hull" and (above := candidate.best("e_above_hull")) is not None and above <= MOST_ABOVE_HULL:
        looser = replace(rules, max_e_above_hull=_up(above, 100))
    elif rule == "sa_score" and (score := candidate.value("sa_score")) is not None:
        looser = replace(rules, max_sa=_up(score, 10))
    return None if looser is None else (looser, target)


def _up(value: float, parts: int) -> float:
    """The next larger hundredth, or tenth."""
    return math.ceil(value * parts - 1e-9) / parts


def _widen(candidate: Candidate[M], key: str, rules: Rules, target: Target) -> tuple[Rules, Target] | None:
    value, goal = candidate.value(key), target.goals.get(key)
    if value is None or goal is None:
        return None
    parts = 1 if key in WHOLE else 100
    low, high = goal.interval(PROPERTIES[key].tolerance)  # a value is met within its tolerance, which the range keeps
    looser = Goal(
        None if goal.low is None else min(low, -_up(-value, parts)),
        None if goal.high is None else max(high, _up(value, parts)),
    )
    return rules, replace(target, goals={**target.goals, key: looser})


def judge_again(candidates: Sequence[Candidate[Any]], rules: Rules, target: Target) -> tuple[Candidate[Any], ...]:
    """What was generated, checked by other rules and goals and ranked anew; nothing is generated or predicted."""
    judged = [_judge(candidate, rules, target) for candidate in candidates]
    return kind_of(judged[0].material).rank(judged, target) if judged else ()


def _judge(candidate: Candidate[Any], rules: Rules, target: Target) -> Candidate[Any]:
    if candidate.stage:  # not finished: there is nothing to judge
        return candidate
    had = {verdict.rule for verdict in candidate.verdicts}
    gone = {rule for rule in FILTERS if rule not in rules.filters}
    gone |= {rule for rule in had if rule.startswith("target:")} | (set() if rules.solid_state else {"solid_state"})
    kept = replace(candidate, verdicts=tuple(v for v in candidate.verdicts if v.rule not in gone))
    fresh: list[Verdict] = []
    if candidate.predictions:
        fresh += check_goals(kept, target)
    if "hazards" in had:
        fresh.append(check_hazards(elements_of(kept), toxic=rules.toxic, radioactive=rules.radioactive))
    if "hull" in had:
        fresh += check_energies(kept, rules)
    if "sa_score" in had:
        fresh += check_accessibility(kept.value("sa_score") or 0.0, rules.max_sa)
    return kept.add_verdicts(*fresh)
