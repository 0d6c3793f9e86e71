"""A genetic search over molecular graphs, the baseline of goals that generators are tuned towards.

    parents    drawn from the population in proportion to their scores
    child      pieces of two parents, cut at a chain or through a ring; sometimes edited by one atom or bond
    survive    the best of parents and children, each molecule once

Sizes are those of Gao et al. (2022), PMO.
Reference: Jensen (2019), graph-based genetic algorithm.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from matgen_core.chem.molecules.crossover import breed
from matgen_core.chem.molecules.molecule import canonical, parse

POPULATION, CHILDREN = 120, 70


def evolve(
    start: Sequence[str],
    score: Callable[[str], float],
    over: Callable[[], bool],
    end_round: Callable[[], None] = lambda: None,
    seed: int = 0,
) -> None:
    """Searches until told that it is over.

    Args:
        start: SMILES of the first population.
        score: of a canonical SMILES; it keeps what it was asked.
        over: asked before each molecule.
        end_round: called after each generation.
        seed: of the draws.
    """
    rng = random.Random(seed)
    population: dict[str, float] = {}
    for text in start:
        molecule = parse(text)
        if over():
            return
        if molecule is not None:
            population[canonical(molecule)] = score(canonical(molecule))
    while not over():
        population |= _children(population, score, over, rng)
        best = sorted(population.items(), key=lambda pair: (-pair[1], pair[0]))
        population = dict(best[:POPULATION])
        end_round()


def _children(
    population: dict[str, float], score: Callable[[str], float], over: Callable[[], bool], rng: random.Random
) -> dict[str, float]:
    """Children of one round with their scores, none of which is in the population."""
    names = list(population)
    weights = [population[name] + 1e-10 for name in names]
    found: dict[str, float] = {}
    for _ in range(20 * CHILDREN):
        if len(found) >= CHILDREN or over():
            break
        child = breed(names, weights, rng)
        if child is not None and child not in found:
            found[child] = score(child)
    return found
