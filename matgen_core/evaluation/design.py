"""Yield of the loop, beside random generation and substitution: ``matgen evaluate design``.

For each target, candidates that pass every stage per minute of this machine and the share of what was drawn that does:
by the loop; by (a) the same engine without a target, judged by the same rules; by (b) ionic substitution into known
crystals that meet the target themselves (an element swapped for another of its group, the cell scaled to the radii),
predicted and checked the same way. (b) is conditioned on the target by its choice of known crystals.

A candidate counts where it passes every stage by CHGNet's energies and by SevenNet's, too: SevenNet steered nothing. It
judges after the clock has stopped, what passed by CHGNet; the figures by CHGNet alone stand beside.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import Any

import numpy as np

from matgen_core.chem.crystals.scene import covalent_radius
from matgen_core.chem.crystals.structure import formula_counts
from matgen_core.chem.formulas.hazards import RADIOACTIVE, TOXIC
from matgen_core.core.goals import Goal, Target, meets
from matgen_core.core.records import Candidate, Crystal, Origin, Site
from matgen_core.core.settings import CrystalSettings
from matgen_core.evaluation.crystals import share
from matgen_core.kinds.crystals.checks.energy_judge import judge_energies
from matgen_core.kinds.crystals.generate import generate
from matgen_core.kinds.crystals.judge import assess
from matgen_core.kinds.crystals.known.rows import ELEMENTS, CrystalRows
from matgen_core.kinds.crystals.placing.relax_drawn import relax_drawn
from matgen_core.kinds.crystals.predict import predict
from matgen_core.kinds.protocol import Brief
from matgen_core.kinds.registry import load_kind
from matgen_core.kinds.rules import Rules, allowed, count_stages, judge_crystals, listed
from matgen_core.workflows.design import design_until
from matgen_core.workflows.loop import Budget

#: The chapter's three, and six more: single goals, a window for solar cells, an oxide, a magnet.
TARGETS: tuple[Target, ...] = (
    *(
        Target({"band_gap": Goal.at(gap), "formation_energy": Goal.at(energy), "magnetic_moment": Goal.at(moment)})
        for gap, energy, moment in ((2.0, -0.5, 0.0), (2.5, -0.8, 0.0), (3.5, -1.0, 0.2))
    ),
    Target({"band_gap": Goal.at(2.0)}),
    Target({"band_gap": Goal.between(1.1, 1.7), "formation_energy": Goal.at_most(-0.5)}),
    Target({"band_gap": Goal.at_least(4.0)}),
    Target({"formation_energy": Goal.at(-2.0)}),
    Target({"magnetic_moment": Goal.at_least(1.0)}),
    Target({"magnetic_moment": Goal.at(0.5), "formation_energy": Goal.at_most(-1.0)}),
)
_RULES = Rules()


def measure_design(
    rows: CrystalRows,
    seconds: float,
    seed: int,
    say: Callable[[str], object],
    targets: Sequence[Target] = TARGETS,
    workers: int = 1,
) -> dict[str, Any]:
    """All targets by the three ways, each for so many seconds.

    Args:
        rows: known crystals with their properties, for (b).
        seconds: for each way and target; (a) is drawn once for all targets, three times as long.
        seed: of every draw.
        say: called with a line of what goes on.
        targets: what is asked for.
        workers: processes, each with one thread and its own clock; 1 runs here, with the threads that torch has.
    """
    tasks = [_Task(rows, seconds, seed, None), *(_Task(rows, seconds, seed, target) for target in targets)]
    if workers == 1:
        found = [_measure(task) for task in tasks]
    else:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_one_thread) as executor:
            found = list(executor.map(_measure, tasks))
    random, random_seconds = found[0]["random"]
    say(f"random: {len(random)} in {random_seconds:.0f} s")
    entries = []
    for target, ways in zip(targets, found[1:], strict=True):
        entry: dict[str, Any] = {"target": {key: [goal.low, goal.high] for key, goal in target.goals.items()}}
        for name, (candidates, spent) in {**ways, "random": (_judged(random, target), random_seconds)}.items():
            entry[name] = _figures(candidates, target, spent)
        say(str({key: value if key == "target" else value["a_minute"] for key, value in entry.items()}))
        entries.append(entry)
    return {"seconds": seconds, "seed": seed, "workers": workers, "targets": entries}


@dataclass(frozen=True)
class _Task:
    """What one process measures: random generation, or a target by the loop and by substitution."""

    rows: CrystalRows
    seconds: float
    seed: int
    target: Target | None


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _measure(task: _Task) -> dict[str, tuple[Sequence[Candidate], float]]:
    """Candidates and seconds by way."""
    load_kind("crystals").prepare()
    if task.target is None:
        return {"random": draw_random(3 * task.seconds, task.seed)}
    budget = Budget(want=1000, seconds=task.seconds, draws=20_000)
    run = design_until("crystals", task.target, budget, rules=_RULES, seed=task.seed)
    known, seconds = draw_substituted(task.rows, task.target, task.seconds, task.seed)
    return {"loop": (run.candidates, run.seconds), "substitution": (_judged(known, task.target), seconds)}


def _figures(candidates: Sequence[Candidate], target: Target, seconds: float) -> dict[str, Any]:
    passed = listed(candidates, _RULES)
    both = sum(_confirmed(passed, target))
    return {
        "drawn": len(candidates),
        "seconds": round(seconds, 1),
        "funnel": dict(count_stages(candidates, _RULES).counts),
        "a_minute": round(60 * both / seconds, 2) if seconds else None,
        "a_minute_chgnet": round(60 * len(passed) / seconds, 2) if seconds else None,
        "confirmed": share(both, len(candidates)),
        "agreed": share(both, len(passed)),
    }


def _confirmed(passed: Sequence[Candidate], target: Target) -> list[bool]:
    """Whether SevenNet, too, finds each below the limit of the rules and on the energy that is asked for."""
    goal, found = target.goals.get("formation_energy"), list[bool]()
    for judged in judge_energies([candidate.material for candidate in passed]):
        above, energy = judged.e_above_hull, judged.formation_energy
        stable = above is not None and above <= _RULES.max_e_above_hull
        on_target = goal is None or meets("formation_energy", goal, energy) is True
        found.append(stable and on_target and energy is not None and energy < 0)
    return found


def _judged(candidates: Sequence[Candidate], target: Target) -> tuple[Candidate, ...]:
    return judge_crystals(assess(candidates, target), _RULES)


def draw_random(seconds: float, seed: int) -> tuple[list[Candidate], float]:
    """Crystals without a target, read, and the time it took; what the rules exclude is left out as in the loop."""
    begun, found = time.monotonic(), list[Candidate]()
    target = allowed(Target(), _RULES)
    brief = Brief(target, target, seed, CrystalSettings())
    while time.monotonic() - begun < seconds:
        batch = generate(brief, load_kind("crystals").batches.most, len(found))
        found += predict(relax_drawn(batch, CrystalSettings().relax))
        _judged(found[-len(batch) :], target)  # so that judging costs here what it costs the loop
    return found, time.monotonic() - begun


# ------------------------------------------------------------------------------------------------------ substitution


def draw_substituted(rows: CrystalRows, target: Target, seconds: float, seed: int) -> tuple[list[Candidate], float]:
    """Known crystals that meet the target, with elements swapped within their groups, read, and the time it took."""
    begun, found = time.monotonic(), list[Candidate]()
    source = substitutions(rows, target, np.random.default_rng(seed))
    while time.monotonic() - begun < seconds:
        batch = [
            Candidate(f"s-{len(found) + i}", crystal, Origin("substitution", "", seed, len(found) + i))
            for i, crystal in zip(range(load_kind("crystals").batches.most), source, strict=False)
        ]
        if not batch:
            break
        found += predict(batch)
        _judged(found[-len(batch) :], target)
    return found, time.monotonic() - begun


def substitutions(rows: CrystalRows, target: Target, rng: np.random.Generator) -> Iterator[Crystal]:
    """One crystal after another: a known one that meets the target, one or more of its elements replaced.

    An element goes to another of its group of the periodic table (lanthanides count as one) that the rules allow; the
    cell is scaled by the cube root of the ratio of covalent volumes.
    """
    fits = np.ones(len(rows), dtype=bool)
    for key, goal in target.goals.items():
        fits &= np.array([meets(key, goal, None if np.isnan(v) else float(v)) is True for v in rows.column(key)])
    sources = np.flatnonzero(fits)
    banned = set(TOXIC) | RADIOACTIVE
    for _ in range(100 * len(sources)):
        crystal = rows.crystals[int(rng.choice(sources))]
        elements = sorted({site.element for site in crystal.sites})
        swaps = {e: str(rng.choice(_kin(e))) if rng.random() < 0.6 else e for e in elements}
        if sum(formula_counts(crystal).values()) > 20 or swaps == {e: e for e in elements}:
            continue
        if len(set(swaps.values())) == len(elements) and not banned & set(swaps.values()):
            yield _swapped(crystal, swaps)


def _kin(element: str) -> list[str]:
    from pymatgen.core import Element

    one = Element(element)
    return [
        e
        for e in ELEMENTS
        if e != element
        and (
            Element(e).is_lanthanoid
            if one.is_lanthanoid
            else Element(e).group == one.group and not Element(e).is_lanthanoid and not Element(e).is_actinoid
        )
    ] or [element]


def _swapped(crystal: Crystal, swaps: dict[str, str]) -> Crystal:
    counts = formula_counts(crystal)
    before = sum(n * covalent_radius(e) ** 3 for e, n in counts.items())
    after = sum(n * covalent_radius(swaps[e]) ** 3 for e, n in counts.items())
    scale = (after / before) ** (1 / 3)
    a, b, c, alpha, beta, gamma = crystal.lattice
    sites = tuple(Site(s.letter, swaps[s.element], s.coordinates) for s in crystal.sites)
    return replace(crystal, sites=sites, lattice=(a * scale, b * scale, c * scale, alpha, beta, gamma))
