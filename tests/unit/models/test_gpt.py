"""The GPT is causal, its cache changes nothing, and its conditions reach every token."""

from __future__ import annotations

import pytest
import torch

from matgen_core.models.conditioning import ConditionConfig
from matgen_core.models.gpt import ConditionalGPT, GPTConfig

ANY = float("nan")


@pytest.fixture(scope="module")
def gpt() -> ConditionalGPT:
    torch.manual_seed(0)
    conditions = ConditionConfig(("a", "b"), (0.0, 1.0), (1.0, 2.0), 24)
    return ConditionalGPT(GPTConfig(30, 12, 24, 2, 3, 0.1, conditions)).eval()


def strings(count: int = 3, length: int = 8) -> torch.Tensor:
    return torch.randint(3, 30, (count, length), generator=torch.Generator().manual_seed(1))


def test_a_later_token_changes_no_earlier_logit(gpt: ConditionalGPT) -> None:
    tokens, conditions = strings(), torch.zeros(3, 2)
    changed = tokens.clone()
    changed[:, 5] = (changed[:, 5] + 1) % 27 + 3
    before, after = gpt(tokens, conditions), gpt(changed, conditions)
    torch.testing.assert_close(before[:, :5], after[:, :5])
    assert not torch.allclose(before[:, 5:], after[:, 5:])


def test_the_cache_gives_the_same_logits(gpt: ConditionalGPT) -> None:
    tokens, conditions = strings(), torch.tensor([[0.5, ANY], [ANY, ANY], [1.0, 2.0]])
    whole = gpt(tokens, conditions)
    cache = gpt.begin(conditions)
    steps = torch.stack([gpt.step(tokens[:, i], cache) for i in range(tokens.shape[1])], dim=1)
    torch.testing.assert_close(steps, whole, atol=1e-5, rtol=1e-4)


def test_each_condition_is_heard_and_any_is_not_zero(gpt: ConditionalGPT) -> None:
    tokens = strings(1).expand(4, -1)
    logits = gpt(tokens, torch.tensor([[ANY, ANY], [0.0, ANY], [ANY, 1.0], [1.0, ANY]]))
    for i in range(4):
        for j in range(i):
            assert not torch.allclose(logits[i], logits[j]), (i, j)


def test_padding_costs_nothing(gpt: ConditionalGPT) -> None:
    tokens, conditions = strings(2), torch.zeros(2, 2)
    padded = torch.cat([tokens, torch.zeros(2, 3, dtype=torch.int64)], dim=1)
    torch.testing.assert_close(gpt.loss(tokens, conditions), gpt.loss(padded, conditions))
