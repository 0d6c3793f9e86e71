"""Laws of the SMILES generators."""

from __future__ import annotations

import pytest
import torch
from transformers import modeling_utils

from matgen_core.models.conditioning import ConditionConfig
from matgen_core.models.smiles import ConditionalSMILESGenerator, SmilesConfig, SMILESGenerator

KEYS = ("a", "b", "c")


@pytest.fixture
def network() -> ConditionalSMILESGenerator:
    torch.manual_seed(0)
    conditions = ConditionConfig(KEYS, (0.0,) * 3, (1.0,) * 3, 32)
    return ConditionalSMILESGenerator(SmilesConfig(12, 16, 32, 2, 4, 0.0, conditions)).eval()


@pytest.fixture
def tokens() -> torch.Tensor:
    return torch.randint(3, 12, (4, 9), generator=torch.Generator().manual_seed(1))


def test_later_tokens_cannot_change_earlier_logits(network: ConditionalSMILESGenerator, tokens: torch.Tensor) -> None:
    conditions = torch.randn(4, 3)
    changed = tokens.clone()
    changed[:, 5:] = (changed[:, 5:] - 2) % 9 + 3
    before, after = network(tokens, conditions), network(changed, conditions)
    assert torch.equal(before[:, :5], after[:, :5])
    assert not torch.equal(before[:, 5:], after[:, 5:])


def test_all_any_is_the_unconditional_generator(network: ConditionalSMILESGenerator, tokens: torch.Tensor) -> None:
    free = torch.full((4, 3), torch.nan)
    assert torch.count_nonzero(network.shift(free)) == 0
    assert torch.allclose(network(tokens, free), SMILESGenerator.forward(network, tokens), atol=1e-6)


def test_each_condition_is_heard_alone(network: ConditionalSMILESGenerator, tokens: torch.Tensor) -> None:
    free = torch.full((4, 3), torch.nan)
    for column in range(3):
        asked = free.clone()
        asked[:, column] = 1.0
        assert not torch.allclose(network(tokens, asked), network(tokens, free), atol=1e-4)


def test_the_memory_gives_the_same_logits(network: ConditionalSMILESGenerator, tokens: torch.Tensor) -> None:
    conditions = torch.randn(4, 3)
    whole = network(tokens, conditions)
    cache = network.begin(conditions)
    steps = [network.advance(tokens[:, :3], cache)]
    steps += [network.advance(tokens[:, i : i + 1], cache) for i in range(3, 9)]
    assert torch.allclose(torch.stack(steps, dim=1), whole[:, 2:], atol=1e-5)


def test_rows_that_leave_do_not_disturb_the_rest(network: ConditionalSMILESGenerator, tokens: torch.Tensor) -> None:
    conditions = torch.randn(4, 3)
    cache = network.begin(conditions)
    network.advance(tokens[:, :4], cache)
    kept = torch.tensor([True, False, True, False])
    logits = network.advance(tokens[kept, 4:5], cache.keep(kept))
    assert torch.allclose(logits, network(tokens[:, :5], conditions)[kept, -1], atol=1e-5)


def test_padding_does_not_count(network: ConditionalSMILESGenerator, tokens: torch.Tensor) -> None:
    padded = torch.cat([tokens, torch.zeros(4, 3, dtype=torch.long)], dim=1)
    assert torch.allclose(network.loss(tokens), network.loss(padded), atol=1e-4)


def test_the_chapters_loop_ends_and_repeats(network: ConditionalSMILESGenerator) -> None:
    one, two = (network.generate_smiles(16, generator=torch.Generator().manual_seed(3)) for _ in range(2))
    assert one == two
    assert one[0] == 1
    assert len(one) <= 16


def test_padding_behind_a_string_changes_nothing_and_no_mask_is_asked_for(
    network: ConditionalSMILESGenerator, tokens: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(modeling_utils.logger, "warning_once", said.append)
    padded = torch.cat([tokens, torch.zeros(4, 3, dtype=torch.long)], dim=1)
    padded[:, 0] = 1
    tokens = tokens.clone()
    tokens[:, 0] = 1
    assert torch.allclose(network(padded)[:, : tokens.shape[1]], network(tokens), atol=1e-5)
    assert said == []
