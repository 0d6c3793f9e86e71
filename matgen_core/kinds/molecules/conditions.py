"""Goals of a target as conditions of the SMILES generator, and what a user should know of a target first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.molecules.molecule import parse, properties, read_pattern
from matgen_core.core.goals import Goal, Target, check_count, check_goals, write_ends
from matgen_core.core.messages import Message, join
from matgen_core.core.properties import MOLECULE_CONDITIONS, PROPERTIES, WHOLE, asked_of
from matgen_core.core.settings import DOMAINS, MoleculeSettings, check_settings
from matgen_core.kinds.molecules.admet import asked_endpoints, check_available
from matgen_core.kinds.molecules.reference import MoleculeReference
from matgen_core.kinds.molecules.starts import check_start
from matgen_core.learning.checkpoints import check_trained_on

MOST = 100_000
_LOOKED_AT = 300
#: Checkpoint of the generator.
GENERATOR = "smiles-gpt"
#: Values of sampled molecules by property key.
Known = Mapping[str, NDArray[np.float32]]


def check_molecules(target: Target, count: int, settings: MoleculeSettings) -> None:
    """Raises BadTarget or BadInput, naming the input and the remedy, for what cannot be asked for."""
    check_goals(target, asked_of("molecules"), "molecules")
    check_trained_on(GENERATOR, (key for key in target.goals if PROPERTIES[key].learnt))
    if asked_endpoints(target.goals, settings.admet):
        check_available()
    check_count(count, MOST, "molecules")
    check_settings(settings)
    for text, name in ((settings.require, "required SMARTS"), (settings.forbid, "forbidden SMARTS")):
        if text.strip():
            read_pattern(text, name)
    check_start(settings)


def _inside(goals: Mapping[str, Goal], known: Known, slack: float) -> NDArray[np.bool_]:
    """(N,) sampled molecules of a domain within all goals, widened by so many tolerances."""
    inside = np.ones(len(known["weight"]), dtype=bool)
    for key, goal in goals.items():
        if key not in known:  # computed of what is generated
            continue
        low, high = goal.interval(data=PROPERTIES[key].range)
        extra = slack * PROPERTIES[key].tolerance
        inside &= (known[key] >= low - extra) & (known[key] <= high + extra)
    return inside


def draw_molecule_conditions(
    target: Target,
    keys: Sequence[str],
    count: int,
    rng: np.random.Generator,
    reference: MoleculeReference,
    domain: str = DOMAINS[0],
) -> NDArray[np.float32]:
    """(count, K) conditions of ``count`` molecules; NaN for a property that may be anything.

    A value is every molecule's condition. Ranges are sampled from the training molecules of the domain that meet
    all goals, values within two tolerances, so that the conditions of a molecule agree; where no molecule does, each
    range is sampled evenly.

    Args:
        target: goals.
        keys: properties of the network's columns, as its checkpoint names them.
        count: rows.
        rng: of the draw.
        reference: the known molecules.
        domain: whose molecules they are; "any" for all together.
    """
    conditions = np.full((count, len(keys)), np.nan, dtype=np.float32)
    known = reference.sampled(domain)
    pool = np.flatnonzero(_inside({k: g for k, g in target.goals.items() if not g.is_value}, known, 0.0))
    near = np.flatnonzero(_inside(target.goals, known, 0.0) | _joint(target, known))
    pool = near if len(near) else pool
    rows = rng.choice(pool, count) if len(pool) else None
    for j, key in enumerate(keys):
        goal = target.goals.get(key)
        if goal is None:
            continue
        if goal.is_value:
            conditions[:, j] = goal.low
        elif rows is not None:
            conditions[:, j] = known[key][rows]
        else:
            values = rng.uniform(*goal.interval(data=PROPERTIES[key].range), count)
            conditions[:, j] = np.rint(values) if key in WHOLE else values
    return conditions


def _joint(target: Target, known: Known) -> NDArray[np.bool_]:
    """Sampled molecules inside the ranges and within two tolerances of the values."""
    values = {k: g for k, g in target.goals.items() if g.is_value}
    ranges = {k: g for k, g in target.goals.items() if not g.is_value}
    return _inside(ranges, known, 0.0) & _inside(values, known, 2.0)


def likest_domain(smiles: Sequence[str], reference: MoleculeReference) -> str:
    """The domain that most of some molecules are like; the first one where there are none.

    Each molecule counts for the domain whose sampled molecules have its properties the likeliest, by a normal law.
    At most so many molecules are looked at, evenly spread.

    Args:
        smiles: of molecules.
        reference: the known molecules.
    """
    molecules = [parse(text) for text in smiles[:: max(1, len(smiles) // _LOOKED_AT)]]
    found = [properties(molecule) for molecule in molecules if molecule is not None]
    if not found:
        return DOMAINS[0]
    values = np.array([[one[key] for key in MOLECULE_CONDITIONS] for one in found])
    densities = [_log_density(values, reference.sampled(domain)) for domain in DOMAINS[:-1]]
    votes = np.bincount(np.argmax(densities, axis=0), minlength=len(densities))
    return DOMAINS[int(votes.argmax())]


def _log_density(values: NDArray[np.float64], known: Known) -> NDArray[np.float64]:
    """(N,) of rows (N, K) by the normal law of sampled molecules, but for a constant."""
    sample = np.stack([known[key] for key in MOLECULE_CONDITIONS], axis=1).astype(float)
    spread = np.cov(sample, rowvar=False) + 1e-3 * np.eye(sample.shape[1])
    away = values - sample.mean(axis=0)
    squared = np.einsum("ni,ij,nj->n", away, np.linalg.inv(spread), away)
    density: NDArray[np.float64] = -0.5 * (squared + np.linalg.slogdet(spread)[1])
    return density


def outside_chosen(target: Target, reference: MoleculeReference, domain: str) -> str | None:
    """A warning where the chosen domain holds no molecule with one of the goals but another domain does, or None."""
    for key, goal in target.goals.items():
        if _inside({key: goal}, reference.sampled(domain), 1.0).any():
            continue
        others = [name for name in DOMAINS[:-1] if _inside({key: goal}, reference.sampled(name), 1.0).any()]
        if others:
            return Message(
                "{label} {goal}: the domain {domain} contains no such molecule. Expect few or no hits, or choose the "
                "domain {others}.",
                label=PROPERTIES[key].label,
                goal=write_ends(goal, PROPERTIES[key].unit),
                domain=domain,
                others=join(others, " / "),
            )
    return None


def count_known(target: Target, reference: MoleculeReference, domain: str) -> tuple[int | None, int]:
    """Sampled training molecules of a domain that meet all goals, or None where that is not known, and all of them."""
    known = reference.sampled(domain)
    of = len(known["weight"])
    if not target.goals or not known.keys() >= target.goals.keys():
        return None, of
    values = {key: goal for key, goal in target.goals.items() if goal.is_value}
    ranges = {key: goal for key, goal in target.goals.items() if not goal.is_value}
    return int((_inside(values, known, 1.0) & _inside(ranges, known, 0.0)).sum()), of


def contradiction(target: Target, reference: MoleculeReference, domain: str = DOMAINS[0]) -> str | None:
    """A warning where goals that are each common are never met together in the domain, or None.

    log S nearly follows from logP and weight, so that those three contradict each other most easily.
    """
    goals, known = dict(target.goals), reference.sampled(domain)
    if len(goals) < 2 or _inside(goals, known, 1.0).any():
        return None
    if not all(_inside({key: goal}, known, 1.0).any() for key, goal in goals.items()):
        return None  # one of them alone is outside the data, and that is said already
    counted = {"count": len(known["weight"]), "names": join((PROPERTIES[key].label for key in goals), ", ")}
    others = {key: goal for key, goal in goals.items() if key != "solubility"}
    if "solubility" in goals and (inside := _inside(others, known, 1.0)).any():
        values = known["solubility"][inside]
        low, high = np.percentile(values, [5, 95])
        return Message(
            "none of {count:,} sampled training molecules meets all of these targets: {names}. With the other "
            "targets, log S is mostly {low:.1f} to {high:.1f}. Expect few or no hits.",
            low=float(low),
            high=float(high),
            **counted,
        )
    return Message(
        "none of {count:,} sampled training molecules meets all of these targets: {names}. Expect few or no hits.",
        **counted,
    )
