"""MatBERT: padding and order change nothing, predictions are laws, the chapter's size builds."""

from __future__ import annotations

import pytest
import torch

from matgen_core.models.bert import (
    CompositionReader,
    Head,
    HeadConfig,
    MatBERT,
    MatBERTConfig,
    ReaderEnsemble,
    contrast,
)

SMALL = MatBERTConfig(20, 32, 2, 2, 12, 0.0)
ATOMS = MatBERTConfig(20, 32, 2, 2, 12, 0.0, amounts=False)
HEADS = (HeadConfig("gap", 2.0, 1.0, True), HeadConfig("energy", -1.0, 0.5, False))
TOKENS = torch.tensor([[1, 7, 9, 2], [1, 5, 2, 0]])
FRACTIONS = torch.tensor([[0.0, 0.4, 0.6, 0.0], [0.0, 1.0, 0.0, 0.0]])


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def test_the_order_of_elements_changes_nothing() -> None:
    network = MatBERT(SMALL).eval()
    one = network.pool(network(TOKENS[:1], FRACTIONS[:1]), TOKENS[:1], FRACTIONS[:1])
    tokens, fractions = TOKENS[:1, [0, 2, 1, 3]], FRACTIONS[:1, [0, 2, 1, 3]]
    assert torch.allclose(one, network.pool(network(tokens, fractions), tokens, fractions), atol=1e-6)


@pytest.mark.parametrize("config", [SMALL, ATOMS])
def test_padding_changes_nothing(config: MatBERTConfig) -> None:
    network = MatBERT(config).eval()
    fractions = FRACTIONS if config.amounts else None
    wide = (
        torch.nn.functional.pad(TOKENS, (0, 4)),
        None if fractions is None else torch.nn.functional.pad(FRACTIONS, (0, 4)),
    )
    one = network.pool(network(TOKENS, fractions), TOKENS, fractions)
    assert torch.allclose(one, network.pool(network(*wide), *wide), atol=1e-5)


def test_amounts_are_read() -> None:
    network = MatBERT(SMALL).eval()
    other = FRACTIONS.clone()
    other[0, 1:3] = torch.tensor([0.5, 0.5])
    assert not torch.allclose(network(TOKENS, FRACTIONS)[0], network(TOKENS, other)[0], atol=1e-3)


def test_the_chapters_size_builds() -> None:
    with torch.device("meta"):
        network = MatBERT(MatBERTConfig(120, 768, 12, 12, amounts=False))
    assert sum(p.numel() for p in network.bert.parameters()) > 80e6


def test_pairs_that_agree_lose_least() -> None:
    x = torch.eye(6)
    assert contrast(x, x) < 0.01 < contrast(x, x.roll(1, 0))


def test_a_heads_law_recovers_the_median_and_the_kind() -> None:
    head = Head(HEADS[0], 8)
    pooled = torch.ones(400, 16)
    values = torch.where(torch.arange(400) % 4 == 0, torch.tensor(0.0), torch.tensor(3.0))  # a quarter metals
    optimizer = torch.optim.Adam(head.parameters(), 0.02)
    for _ in range(300):
        loss = head.loss(head(pooled), values)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    zero, value, variance = head.read(head(pooled)[None].detach())
    assert zero[0] == pytest.approx(0.25, abs=0.03)
    assert value[0] == pytest.approx(3.0, abs=0.15)
    assert variance[0].sqrt() == pytest.approx(1.3, abs=0.2)  # of a law with a quarter at 0 and the rest at 3


def test_an_unknown_value_teaches_nothing() -> None:
    network = CompositionReader(SMALL, HEADS)
    nothing = torch.full((2, 2), float("nan"))
    network.loss(TOKENS, FRACTIONS, nothing).backward()
    assert all(p.grad is None or not p.grad.any() for p in network.parameters())


def test_members_that_disagree_are_less_sure() -> None:
    ensemble = ReaderEnsemble(SMALL, HEADS, 2).eval()
    apart = ensemble.read(TOKENS, FRACTIONS)["energy"][2]
    ensemble.members[1].load_state_dict(ensemble.members[0].state_dict())
    assert (ensemble.read(TOKENS, FRACTIONS)["energy"][2] <= apart + 0.3).all()
    raw = torch.zeros(2, 1, 3)
    raw[1, 0, 1] = 4.0
    head = Head(HEADS[1], 8)
    assert head.read(raw)[2] > head.read(raw[:1])[2]
