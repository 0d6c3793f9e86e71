"""The skeleton critic chooses among drafts: the probability that a skeleton meets every goal, and is near the hull.

    log P(s) = log mean_m  product_k  P_m(low_k <= property k <= high_k | s)  ·  P_m(distance to the hull <= NEAR | s)

over the members m of the ensemble and the goals k. A property without a goal has no factor; a goal for the distance to
the hull replaces the last one. The critic steers, so that it judges nothing: its networks share no weights with the
predictors that judge.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from math import inf

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from matgen_core.chem.crystals.symmetry import LETTERS, position_starts
from matgen_core.core.goals import Goal, Target
from matgen_core.core.messages import Message
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Prediction
from matgen_core.kinds.compositions.rows import count_atoms, reduce_formula
from matgen_core.kinds.crystals.known.rows import ELEMENTS
from matgen_core.kinds.crystals.writing.grammar import Skeleton
from matgen_core.kinds.crystals.writing.site_counting import positions
from matgen_core.learning.checkpoints import load_checkpoint
from matgen_core.learning.networks import build_critic
from matgen_core.models.skeleton_critic import Bins, Sites, SkeletonCritic

CHECKPOINT = "skeleton-critic"
#: Distance to the hull, eV/atom, that counts as near where the target asks for none.
NEAR_HULL = 0.05
#: Least probability of a goal: a draft that fails one goal surely is still distinguished from one that fails two.
_LEAST = 1e-6
#: Skeletons in one pass; those of similar size go together.
_BATCH = 512
#: What a skeleton's log-probability loses for each doubling of drafts of its formula, or of its structure type.
SAME_FORMULA, SAME_TYPE = 1.5, 0.5


# ------------------------------------------------------------------------------------------------------- encoding


@cache
def _element(symbol: str) -> int:
    return ELEMENTS.index(symbol) + 1


@cache
def _letter(letter: str) -> int:
    return LETTERS.index(letter)


def atoms_of(skeleton: Skeleton) -> Counter[str]:
    """Atoms of each element in the primitive cell of a skeleton."""
    table, counts = positions(skeleton.space_group), Counter[str]()
    for letter, element in skeleton.sites:
        counts[element] += table[_letter(letter)][0]
    return counts


def encode_amounts(material: Skeleton | str) -> tuple[list[int], list[int], list[int]]:
    """Element, Wyckoff position and atoms of each site of a skeleton, or of each element of a reduced formula.

    Elements and positions are numbered from 1; a formula has position 0.
    """
    if isinstance(material, str):
        counts = count_atoms(material)
        return [_element(symbol) for symbol in counts], [0] * len(counts), list(counts.values())
    table, start = positions(material.space_group), position_starts()[material.space_group - 1] + 1
    letters = [_letter(letter) for letter, _ in material.sites]
    elements = [_element(symbol) for _, symbol in material.sites]
    return elements, [start + letter for letter in letters], [table[letter][0] for letter in letters]


def encode_sites(materials: Sequence[Skeleton | str]) -> Sites:
    """Skeletons, and reduced formulas where there is no structure, as the critic takes them."""
    widest = max((_size(material) for material in materials), default=1)
    element, position, amount = np.zeros((3, len(materials), widest), dtype=np.int64)
    group = np.zeros(len(materials), dtype=np.int64)
    for i, material in enumerate(materials):
        for array, found in zip((element, position, amount), encode_amounts(material), strict=True):
            array[i, : len(found)] = found
        group[i] = 0 if isinstance(material, str) else material.space_group
    total = amount.sum(axis=1)
    share = (amount / total[:, None]).astype(np.float32)
    atoms = np.where(group > 0, total, 0)
    return Sites(*(torch.from_numpy(array) for array in (element, position, share, group, atoms)))


def _size(material: Skeleton | str) -> int:
    return len(count_atoms(material)) if isinstance(material, str) else len(material.sites)


# -------------------------------------------------------------------------------------------------------- reading


@dataclass(frozen=True)
class Critic:
    """The ensemble.

    Args:
        network: of it.
        name: checkpoint and digest.
    """

    network: SkeletonCritic
    name: str

    def distributions(self, materials: Sequence[Skeleton | str]) -> dict[str, Tensor]:
        """Probabilities (members, N, bins) by property of skeletons or reduced formulas."""
        order = sorted(range(len(materials)), key=lambda i: _size(materials[i]))
        parts = [
            self.network.distributions(encode_sites([materials[i] for i in order[first : first + _BATCH]]))
            for first in range(0, len(order), _BATCH)
        ]
        back = torch.tensor(np.argsort(order), dtype=torch.int64)
        members = self.network.config.members
        return {
            bins.key: torch.cat([part[bins.key] for part in parts], dim=1)[:, back]
            if parts
            else torch.zeros(members, 0, len(bins))
            for bins in self.network.config.bins
        }


@lru_cache(maxsize=1)
def load_critic() -> Critic:
    """The shipped critic, loaded once.

    Raises:
        UnknownCheckpoint, DamagedCheckpoint: where its weights are not there or not whole.
    """
    checkpoint = load_checkpoint(CHECKPOINT)
    return Critic(build_critic(checkpoint), f"{checkpoint.name}@{checkpoint.digest}")


def score(
    materials: Sequence[Skeleton | str],
    target: Target,
    near_hull: float | None = NEAR_HULL,
    critic: Critic | None = None,
) -> Tensor:
    """(N,) log-probability that each draft meets every goal and is near the hull.

    Args:
        materials: skeletons; reduced formulas where there is no structure yet.
        target: its goals; its constraints are the grammar's.
        near_hull: largest distance to the hull, eV/atom, without a goal for it; None: how stable a draft is has no
            part in its score.
        critic: the ensemble; the shipped one if None.
    """
    critic = critic or load_critic()
    found = critic.distributions(materials)
    total = torch.zeros(critic.network.config.members, len(materials))
    for bins in critic.network.config.bins:
        ends = _ends(bins, target.goals, near_hull)
        if ends is not None:
            total += (found[bins.key] @ bins.inside(*ends)).clamp(min=_LEAST).log()
    # No member has a say in a draft beyond its share: the mean is of probabilities.
    return total.logsumexp(dim=0) - float(np.log(len(total)))


def _ends(bins: Bins, goals: Mapping[str, Goal], near_hull: float | None) -> tuple[float, float] | None:
    """What the property must lie between; None where it may be anything."""
    goal = goals.get(bins.key)
    if goal is not None:
        return goal.interval(PROPERTIES[bins.key].tolerance)
    return (-inf, near_hull) if bins.key == "e_above_hull" and near_hull is not None else None


def predict_drafts(materials: Sequence[Skeleton | str], critic: Critic | None = None) -> list[list[Prediction]]:
    """What the critic expects of each draft: median and spread of every property, to show beside the judges' values."""
    critic = critic or load_critic()
    found = {key: each.mean(dim=0) for key, each in critic.distributions(materials).items()}
    predictions: list[list[Prediction]] = [[] for _ in materials]
    for bins in critic.network.config.bins:
        each = found[bins.key]
        value, low, high = (bins.quantile(each, share) for share in (0.5, 0.1587, 0.8413))
        for row, mid, spread, zero in zip(
            predictions, value.tolist(), ((high - low) / 2).tolist(), each[:, 0].tolist(), strict=True
        ):
            with_zero = bins.zero and bins.key != "e_above_hull"
            row.append(
                Prediction(
                    bins.key,
                    round(mid, 4),
                    round(max(spread, 1e-4), 4),
                    PROPERTIES[bins.key].unit,
                    Message("{critic}, steering", critic=critic.name),
                    zero_chance=round(zero, 4) if with_zero else None,
                )
            )
    return predictions


# -------------------------------------------------------------------------------------------------------- choosing


def choose(
    skeletons: Sequence[Skeleton],
    scores: Tensor,
    count: int,
    same_formula: float = SAME_FORMULA,
    same_type: float = SAME_TYPE,
) -> list[int]:
    """Numbers of ``count`` drafts with the highest scores, spread over formulas and structure types; the best first.

    A draft loses ``same_formula`` · log2(1 + n), with n drafts of its formula that were chosen before it, and
    likewise for its structure type (space group, positions, and which of them hold the same element).

    Args:
        skeletons: N of them.
        scores: (N,) log-probabilities.
        count: how many; all where there are fewer.
        same_formula: weight of the first loss; 0 for none.
        same_type: weight of the second.
    """
    formulas = _numbered([reduced_formula_of(skeleton) for skeleton in skeletons])
    types = _numbered([anonymous_type(skeleton) for skeleton in skeletons])
    left, chosen = scores.double().numpy().copy(), list[int]()
    taken: list[Counter[int]] = [Counter(), Counter()]
    for _ in range(min(count, len(skeletons))):
        best = int(left.argmax())
        chosen.append(best)
        for numbers, counts, weight in zip((formulas, types), taken, (same_formula, same_type), strict=True):
            n = counts[int(numbers[best])]
            counts[int(numbers[best])] += 1
            left[numbers == numbers[best]] -= weight * (np.log2(n + 2) - np.log2(n + 1))
        left[best] = -inf
    return chosen


def _numbered(names: Sequence[object]) -> NDArray[np.int64]:
    numbers: dict[object, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)


def reduced_formula_of(skeleton: Skeleton) -> str:
    """Reduced formula of a skeleton, as pymatgen writes it."""
    return reduce_formula("".join(f"{element}{n}" for element, n in sorted(atoms_of(skeleton).items())))


def anonymous_type(skeleton: Skeleton) -> tuple[int, tuple[tuple[str, int], ...]]:
    """Space group and positions of a skeleton, elements numbered as they come first."""
    numbers: dict[str, int] = {}
    sites = tuple((letter, numbers.setdefault(element, len(numbers))) for letter, element in skeleton.sites)
    return skeleton.space_group, sites
