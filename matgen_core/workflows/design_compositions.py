"""Compositions for a target, from the conditions to the ranked list: what the command and the page both call."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from matgen_core.chem.composition import check_constraints
from matgen_core.chem.formula_type import read_type
from matgen_core.core.batching import split_on_oom
from matgen_core.core.errors import BadInput, BadTarget, Cancelled, quote
from matgen_core.core.goals import Target
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate, Formula, Origin, Progress
from matgen_core.core.settings import CompositionSettings
from matgen_core.kinds.compositions.generate import AtomRules, atom_rules, load_composer, write_formulas
from matgen_core.kinds.compositions.judge import counts_as_found, finish_formulas, judge_formulas, rank_formulas
from matgen_core.kinds.compositions.predict import predict_formulas
from matgen_core.kinds.compositions.rows import FORMULA_PROPERTIES, MAX_ATOMS, decode_atoms, reduce_formula
from matgen_core.kinds.crystals.reference import load_reference

MOST, MOST_CAP = 20_000, 100
_BATCH = 256


def design_compositions(
    target: Target,
    count: int = 50,
    *,
    seed: int = 0,
    settings: CompositionSettings | None = None,
    on_progress: Callable[[Progress[Formula]], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Candidate[Formula], ...]:
    """Draws formulas for a target until there are enough different ones that pass, and reads their properties.

    Every formula that was drawn comes back, duplicates and rejected ones too, each with its verdicts; properties are
    read of those that count.

    Args:
        target: goals (any of FORMULA_PROPERTIES) and constraints; atoms are those of the reduced formula.
        count: formulas asked for: different, and neutral or new where ``settings`` say so.
        seed: the same seed, settings, count and versions give the same formulas.
        settings: temperature, top-k, prompt, filters and the cap.
        on_progress: called after each batch with everything drawn so far.
        cancelled: asked at every atom; once it says yes, what was found is returned.

    Raises:
        BadTarget, BadInput: for what cannot be asked for.
    """
    settings = settings or CompositionSettings()
    rules = check_compositions(target, count, settings)
    report = on_progress or (lambda progress: None)
    drawn: list[Candidate[Formula]] = []
    seen: dict[str, str] = {}
    found, most = 0, count * settings.cap
    report(Progress("generate", 0, count))

    def draw(first: int, size: int) -> list[Candidate[Formula]]:
        return draw_formulas(target, size, rules, settings, seed=seed, first=first, cancelled=cancelled)

    while found < count and len(drawn) < most:
        share = max(0.05, found / len(drawn)) if drawn else 1.0
        size = max(8, min(_BATCH, most - len(drawn), round((count - found) / share)))
        try:
            batch = split_on_oom(draw, len(drawn), size)
        except Cancelled:
            break
        judged = judge_formulas(batch, target, settings, seen)
        good = [c for c in judged if counts_as_found(c)][: count - found]
        read = {c.id: c for c in finish_formulas(predict_formulas(good), target)}
        drawn += [read.get(c.id, c) for c in judged]
        found += len(good)
        report(Progress("assess", min(count, found), count, rank_formulas(drawn, target)))
    ranked = rank_formulas(drawn, target)
    short = (
        "" if found >= count else f"{found} of {count} found in {len(drawn)} formulas; raise the cap or ask for less"
    )
    report(Progress("done", min(count, found), count, ranked, short))
    return ranked


def draw_formulas(
    target: Target,
    size: int,
    rules: AtomRules,
    settings: CompositionSettings,
    *,
    seed: int,
    first: int = 0,
    cancelled: Callable[[], bool] | None = None,
) -> list[Candidate[Formula]]:
    """So many formulas for a target, as they come; ``first`` counts those that the run drew before.

    Raises:
        Cancelled: where ``cancelled`` said so before one was finished.
    """
    network, checkpoint = load_composer()
    conditions = torch.from_numpy(draw_formula_conditions(target, size, np.random.default_rng((seed, first))))
    strings = write_formulas(
        network, conditions.to(next(network.parameters()).device), rules,
        torch.Generator().manual_seed(seed * 100_003 + first), temperature=settings.temperature,
        top_k=settings.top_k, cancelled=cancelled,
    )  # fmt: skip
    return [
        Candidate(f"{seed}-{first + i:05d}", Formula(_reduced(tokens)), Origin("matgpt", checkpoint, seed, first + i))
        for i, tokens in enumerate(strings)
    ]


def _reduced(tokens: Sequence[int]) -> str:
    return reduce_formula("".join(f"{e}{n}" for e, n in decode_atoms(tokens).items()))


def listed_compositions(candidates: Sequence[Candidate[Formula]]) -> tuple[Candidate[Formula], ...]:
    """Those that were asked for: different, within the rules, and read."""
    return tuple(c for c in candidates if counts_as_found(c) and c.predictions)


def check_compositions(target: Target, count: int, settings: CompositionSettings) -> AtomRules:
    """The rules of what may be written.

    Raises:
        BadTarget, BadInput: naming the input and the remedy, for what cannot be asked for.
    """
    for key in target.goals:
        if key not in FORMULA_PROPERTIES:
            raise BadTarget(f"compositions cannot be asked for {key!r}; choose from: {', '.join(FORMULA_PROPERTIES)}")
    constraints = target.constraints
    check_constraints(constraints)
    if constraints.crystal_system is not None:
        raise BadTarget("compositions have no crystal system; ask crystals for it")
    if constraints.formula is not None and read_type(constraints.formula) is None:
        raise BadTarget(
            f"{quote(constraints.formula)} is one formula already; write a type such as ABX3, or ask crystals for it"
        )
    if constraints.max_atoms > MAX_ATOMS:
        raise BadTarget(f"{constraints.max_atoms} atoms are too many; formulas have at most {MAX_ATOMS}")
    if not 1 <= count <= MOST:
        raise BadTarget(f"{count} compositions cannot be drawn; ask for 1 to {MOST:,}")
    if not 0.1 <= settings.temperature <= 2.0:
        raise BadInput(f"temperature {settings.temperature:g} is out of range; use 0.1 to 2")
    if not 0 <= settings.top_k <= 100_000:
        raise BadInput(f"top-k {settings.top_k} is out of range; use 0 for all elements, or how many may come")
    if not 1 <= settings.cap <= MOST_CAP:
        raise BadInput(f"cap {settings.cap} is out of range; use 1 to {MOST_CAP} formulas for each one wanted")
    return atom_rules(constraints, settings.prompt)


def draw_formula_conditions(target: Target, count: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """(count, K) what MatGPT is told, NaN for "any".

    Values stand as they are; ranges are drawn from known crystals that meet all of them, so that properties that go
    together stay together, and evenly where there are none.
    """
    conditions = np.full((count, len(FORMULA_PROPERTIES)), np.nan, dtype=np.float32)
    known = load_reference().known
    inside = np.ones(len(known["formula"]), dtype=bool)
    ranges = {key: goal for key, goal in target.goals.items() if not goal.is_value}
    for key, wanted in ranges.items():
        values = np.asarray(known[key], dtype=np.float32)
        inside &= np.array([np.isfinite(v) and wanted.distance(float(v)) == 0 for v in values])
    rows = rng.choice(np.flatnonzero(inside), count) if ranges and inside.any() else None
    for column, key in enumerate(FORMULA_PROPERTIES):
        goal = target.goals.get(key)
        if goal is None:
            continue
        if goal.is_value:
            conditions[:, column] = goal.low
        elif rows is not None:
            conditions[:, column] = np.asarray(known[key], dtype=np.float32)[rows]
        else:
            conditions[:, column] = rng.uniform(*goal.interval(data=PROPERTIES[key].range), count)
    return conditions


def summarise_compositions(candidates: Sequence[Candidate[Formula]]) -> dict[str, int]:
    """How many were drawn, and how many of them each rule let pass."""

    def passed(rule: str) -> int:
        return sum(c.passed(rule) for c in candidates)

    return {
        "drawn": len(candidates),
        "different": passed("duplicate"),
        "charges balance": passed("oxidation"),
        "new": passed("newness"),
        "listed": len(listed_compositions(candidates)),
    }
