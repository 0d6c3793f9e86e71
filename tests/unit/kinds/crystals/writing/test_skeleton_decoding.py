"""Reading a shared beginning once changes nothing, and every guess fills the slots its skeleton leaves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from matgen_core.chem.crystals.structure import formula_counts
from matgen_core.core.errors import Cancelled
from matgen_core.core.goals import Constraints
from matgen_core.kinds.crystals.writing.grammar import Grammar, Skeleton, without_geometry
from matgen_core.kinds.crystals.writing.proposals import PROPOSAL_TOKENS, PROPOSAL_VOCABULARY, slots
from matgen_core.kinds.crystals.writing.skeleton_decoding import propose, similar_lengths, write_skeletons
from matgen_core.models.conditioning import ConditionConfig
from matgen_core.models.gpt import ConditionalGPT, GPTConfig

RUTILE = Skeleton(136, (("a", "Ti"), ("f", "O")))
SALT = Skeleton(225, (("a", "Na"), ("b", "Cl")))
CORUNDUM = Skeleton(167, (("c", "Al"), ("e", "O")))


@pytest.fixture(scope="module")
def gpt() -> ConditionalGPT:
    torch.manual_seed(0)
    conditions = ConditionConfig(("band_gap",), (0.0,), (1.0,), 24)
    return ConditionalGPT(GPTConfig(PROPOSAL_VOCABULARY, PROPOSAL_TOKENS, 24, 2, 3, 0.0, conditions)).eval()


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(3)


def test_several_guesses_at_once_are_those_of_the_repeated_skeleton(gpt: ConditionalGPT) -> None:
    skeletons, context = [SALT, CORUNDUM, RUTILE], torch.tensor([[0.0], [1.0], [2.0]])
    together = propose(gpt, skeletons, context, 1.0, seeded(), each=4)
    repeated = [s for s in skeletons for _ in range(4)]
    apart = propose(gpt, repeated, context.repeat_interleave(4, dim=0), 1.0, seeded())
    torch.testing.assert_close(together.coordinates, apart.coordinates)
    torch.testing.assert_close(together.cell, apart.cell)
    torch.testing.assert_close(together.likelihood, apart.likelihood, atol=1e-4, rtol=1e-4)


def test_only_what_is_free_is_guessed(gpt: ConditionalGPT) -> None:
    guess = propose(gpt, [SALT, RUTILE], torch.zeros(2, 1), 1.0, seeded(), each=3)
    assert (guess.coordinates[:3] == 0).all(), "rock salt has no free coordinate"
    assert (guess.cell[:3, 1:] == 0).all(), "a cube has one length"
    assert (guess.coordinates[3:, 1, 0] > 0).any()
    assert (guess.likelihood < 0).all()


def test_temperature_zero_is_the_likeliest_and_needs_no_seed(gpt: ConditionalGPT) -> None:
    first = propose(gpt, [CORUNDUM], torch.zeros(1, 1), 0.0, seeded())
    again = propose(gpt, [CORUNDUM], torch.zeros(1, 1), 0.0, torch.Generator().manual_seed(99))
    torch.testing.assert_close(first.coordinates, again.coordinates)


def test_groups_hold_every_skeleton_once() -> None:
    skeletons = [RUTILE, SALT, CORUNDUM] * 5
    groups = list(similar_lengths(skeletons, 4))
    assert sorted(i for group in groups for i in group) == list(range(15))
    lengths = [len(slots(skeletons[i])) for group in groups for i in group]
    assert lengths == sorted(lengths)


def test_a_cancelled_writing_stops_at_the_next_token(gpt: ConditionalGPT) -> None:
    with pytest.raises(Cancelled):
        propose(gpt, [RUTILE], torch.zeros(1, 1), 1.0, seeded(), cancelled=lambda: True)


def test_what_has_no_way_to_go_on_is_no_skeleton(gpt: ConditionalGPT) -> None:
    # 24 sites of one atom each hold no 30 atoms: such a string must not pass for what was asked.
    grammar = Grammar(Constraints(min_atoms=30, max_atoms=40, crystal_system="triclinic"))
    written = write_skeletons(gpt, grammar, torch.zeros(24, 1), 1.0, 1.0, seeded()).skeletons
    assert any(written)
    for skeleton in filter(None, written):
        assert sum(formula_counts(without_geometry(skeleton)).values()) >= 30


def test_whatever_the_network_wants_the_grammar_decides(gpt: ConditionalGPT) -> None:
    grammar = Grammar(Constraints(formula="NaCl", max_atoms=4, crystal_system="cubic"))
    written = write_skeletons(gpt, grammar, torch.zeros(6, 1), 1.5, 1.0, seeded())
    for skeleton in written.skeletons:
        assert skeleton is not None
        assert skeleton.space_group >= 195
        assert {element for _, element in skeleton.sites} == {"Na", "Cl"}


def test_a_string_that_the_grammar_cannot_end_is_no_skeleton(gpt: ConditionalGPT) -> None:
    class Stuck(Grammar):
        """Allows nothing after the second site."""

        def mask(self, tokens: Sequence[int]) -> NDArray[np.bool_]:
            return super().mask(tokens) & (len(tokens) < 6)

    grammar = Stuck(Constraints(formula="AlCo2Ru", crystal_system="triclinic"))
    written = write_skeletons(gpt, grammar, torch.zeros(6, 1), 1.0, 1.0, seeded())
    assert written.skeletons == [None] * 6, "not what it had come to, which is another formula"


def test_importance_weights_correct_the_bias_towards_required_elements(gpt: ConditionalGPT) -> None:
    """E_q[p / q] is the writer's probability of any allowed string, with the bias and without."""
    grammar = Grammar(Constraints(include=frozenset({"Na"}), max_atoms=2, crystal_system="cubic"))
    weights = write_skeletons(gpt, grammar, torch.zeros(6000, 1), 1.0, 1.0, seeded()).log_importance_weight
    unbiased, biased = weights[0::2].exp(), weights[1::2].exp()
    error = (unbiased.var() / 3000 + biased.var() / 3000).sqrt()
    assert abs(float(unbiased.mean() - biased.mean())) < 4 * float(error)
    assert float(biased.mean()) > 4 * float(error), "the test could tell nothing apart"


def test_only_required_elements_are_biased(gpt: ConditionalGPT) -> None:
    grammar = Grammar(Constraints(max_atoms=4))
    assert not grammar.requires
    weights = write_skeletons(gpt, grammar, torch.zeros(4, 1), 1.0, 1.0, seeded()).log_importance_weight
    assert (weights <= 1e-4).all(), "of what is allowed the writer would write no more than all"
