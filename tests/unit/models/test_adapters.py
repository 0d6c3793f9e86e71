"""Transfer: nothing changes before training, the backbone never does, and what was trained comes back alone."""

from __future__ import annotations

import copy

import pytest
import torch
from transformers import BertConfig, BertModel

from matgen_core.models.adapters import STRATEGIES, apply_strategy, load_trained, merge, strip, trained_weights

TOKENS = torch.tensor([[1, 5, 6, 2], [1, 7, 2, 0]])


def encoder() -> BertModel:
    torch.manual_seed(0)
    sizes = BertConfig(
        vocab_size=12,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=8,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    return BertModel(sizes, add_pooling_layer=False).eval()


def read(network: BertModel) -> torch.Tensor:
    return network(input_ids=TOKENS, attention_mask=(TOKENS != 0).long()).last_hidden_state.detach()


def teach(network: BertModel, steps: int = 5, seed: int = 1) -> None:
    target = torch.randn(2, 4, 16, generator=torch.Generator().manual_seed(seed))
    optimizer = torch.optim.SGD([p for p in network.parameters() if p.requires_grad], 0.5)
    for _ in range(steps):
        loss = ((network(input_ids=TOKENS).last_hidden_state - target) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_before_training_nothing_has_changed(strategy: str) -> None:
    network = encoder()
    before = read(network)
    apply_strategy(network, strategy, size=4, rank=2)
    assert torch.equal(read(network), before)


@pytest.mark.parametrize("strategy", ["adapter", "lora"])
def test_the_backbone_is_bit_identical_afterwards(strategy: str) -> None:
    network = encoder()
    before, own = read(network), copy.deepcopy(network.state_dict())
    apply_strategy(network, strategy, size=4, rank=2)
    teach(network)
    assert not torch.equal(read(network), before)
    strip(network)
    assert torch.equal(read(network), before)
    assert all(torch.equal(value, own[name]) for name, value in network.state_dict().items())


@pytest.mark.parametrize("strategy", ["adapter", "lora"])
def test_several_swap_on_one_backbone(strategy: str) -> None:
    network, found = encoder(), []
    for seed in (1, 2):
        apply_strategy(network, strategy, size=4, rank=2)
        teach(network, seed=seed)
        found.append((trained_weights(network), read(network)))
        strip(network)
    for weights, wanted in (*found, found[0]):
        apply_strategy(network, strategy, size=4, rank=2)
        load_trained(network, weights)
        assert torch.equal(read(network), wanted)
        strip(network)
    assert not torch.allclose(found[0][1], found[1][1])


def test_what_is_trained_is_small_and_alone() -> None:
    sizes = {}
    for strategy in STRATEGIES:
        network = encoder()
        every = sum(p.numel() for p in network.parameters())
        apply_strategy(network, strategy, size=4, rank=2)
        sizes[strategy] = sum(value.numel() for value in trained_weights(network).values())
    assert sizes["full"] == every
    assert sizes["adapter"] == 2 * (2 * 16 + 16 * 4 + 4 + 4 * 16 + 16)
    assert sizes["lora"] == 2 * 2 * 2 * (16 * 2)


def test_merged_lora_reads_the_same() -> None:
    network = encoder()
    apply_strategy(network, "lora", rank=2)
    teach(network)
    wanted = read(network)
    merge(network)
    assert torch.allclose(read(network), wanted, atol=1e-6)
    assert not any("lora" in name for name, _ in network.named_parameters())


def test_an_unknown_strategy_is_named() -> None:
    with pytest.raises(ValueError, match=r"'prompt'.*full, adapter, lora"):
        apply_strategy(encoder(), "prompt")
