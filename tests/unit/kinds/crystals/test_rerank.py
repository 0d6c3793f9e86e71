"""A skeleton's chance of what was asked is Bayes' rule over the writer's own likelihood, and chooses among drafts."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from matgen_core.core.errors import Cancelled
from matgen_core.core.properties import CRYSTAL_CONDITIONS
from matgen_core.kinds.crystals.engines.symmetry_first import SymmetryFirst
from matgen_core.kinds.crystals.generate import load_engine
from matgen_core.kinds.crystals.grammar import Skeleton
from matgen_core.kinds.crystals.reference import load_reference
from matgen_core.kinds.crystals.rerank import SCORED, compare, count_scored, score_skeletons
from matgen_core.models.gpt import ConditionalGPT

SALT = Skeleton(225, (("a", "Na"), ("b", "Cl")))
OXIDE = Skeleton(225, (("a", "Mg"), ("b", "O")))
IRON = Skeleton(229, (("a", "Fe"),))
KNOWN = {key: load_reference().column(key) for key in SCORED}


@pytest.fixture(scope="module")
def gpt() -> ConditionalGPT:
    engine = load_engine("symmetry-first")
    assert isinstance(engine, SymmetryFirst)
    return engine.gpt


def asked(count: int, **goals: float) -> torch.Tensor:
    row = [goals.get(key, float("nan")) for key in CRYSTAL_CONDITIONS]
    return torch.tensor([row] * count)


def test_compared_values_stand_for_every_known_crystal_once() -> None:
    known = np.array([0.0, 0.0, 0.9, 1.2, 1.6, 2.4, 5.0], dtype=np.float32)
    values, shares = compare(1.0, 0.25, known)
    assert values[0] == 1.0
    assert shares.sum() == pytest.approx(1.0)
    assert shares[0] == pytest.approx(2 / 7)
    assert (np.abs(values[1:] - 1.0) > 0.25).all()


def test_a_value_beyond_all_that_is_known_can_be_compared() -> None:
    values, shares = compare(40.0, 0.5, np.array([0.0, 1.0, 2.0], dtype=np.float32))
    assert np.isfinite(values).all()
    assert shares[0] > 0


def test_salt_has_a_gap_and_iron_none(gpt: ConditionalGPT) -> None:
    wide = score_skeletons(gpt, [SALT, IRON], asked(2, band_gap=5.0), KNOWN)
    assert wide[0] > wide[1] + 1.0
    none = score_skeletons(gpt, [SALT, IRON], asked(2, band_gap=0.0), KNOWN)
    assert none[1] > none[0] + 1.0
    assert (torch.cat([wide, none]) <= 0).all()


def test_overshooting_costs(gpt: ConditionalGPT) -> None:
    """Magnesia lies at -3 eV/atom: a likelier answer to -3 than to -1, though both ask for less than the mean."""
    deep, shallow = (score_skeletons(gpt, [OXIDE], asked(1, formation_energy=e), KNOWN) for e in (-3.0, -1.0))
    assert deep > shallow + 1.0


def test_each_is_scored_as_if_alone_and_goals_add_up(gpt: ConditionalGPT) -> None:
    conditions = torch.cat([asked(1, band_gap=5.0), asked(1, formation_energy=-3.0), asked(1)])
    together = score_skeletons(gpt, [SALT, OXIDE, IRON], conditions, KNOWN)
    alone = [score_skeletons(gpt, [s], conditions[i : i + 1], KNOWN) for i, s in enumerate((SALT, OXIDE, IRON))]
    torch.testing.assert_close(together, torch.cat(alone), atol=1e-3, rtol=1e-3)
    assert together[2] == 0.0


def test_only_what_a_skeleton_tells_is_scored(gpt: ConditionalGPT) -> None:
    assert not count_scored(asked(2, e_above_hull=0.0, magnetic_moment=1.0), CRYSTAL_CONDITIONS)
    assert count_scored(asked(2, e_above_hull=0.0, band_gap=1.0), CRYSTAL_CONDITIONS) == 1
    assert count_scored(asked(2, formation_energy=-1.0, band_gap=1.0), CRYSTAL_CONDITIONS) == 2
    assert score_skeletons(gpt, [IRON], asked(1, e_above_hull=0.0), KNOWN).item() == 0.0


def test_it_can_be_cancelled(gpt: ConditionalGPT) -> None:
    with pytest.raises(Cancelled):
        score_skeletons(gpt, [IRON], asked(1, band_gap=0.0), KNOWN, lambda: True)
