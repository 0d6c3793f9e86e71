"""Laws of the skeleton critic's network and of its bins."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest
import torch

from matgen_core.models.skeleton_critic import Bins, CriticConfig, CriticMember, Sites, SkeletonCritic

GAP = Bins("band_gap", (0.0, 0.05, 1.0, 2.0, 4.0), True)
ENERGY = Bins("formation_energy", (-4.0, -2.0, -1.0, 0.0, 2.0), False)
CONFIG = CriticConfig(elements=5, positions=7, bins=(GAP, ENERGY), width=16, layers=2, heads=2, features=3, members=2)


def law(bins: Bins, *shares: float) -> torch.Tensor:
    assert sum(shares) == pytest.approx(1.0)
    assert len(shares) == len(bins)
    return torch.tensor([shares])


@pytest.mark.parametrize(("bins", "cut"), [(GAP, 1.4), (GAP, 0.05), (ENERGY, -1.5), (ENERGY, 0.0), (ENERGY, 9.0)])
def test_two_ranges_that_adjoin_add_up_to_the_whole(bins: Bins, cut: float) -> None:
    assert torch.allclose(bins.inside(-inf, inf), torch.ones(len(bins)))
    assert torch.allclose(bins.inside(-inf, cut) + bins.inside(cut, inf), torch.ones(len(bins)))


def test_a_range_takes_its_part_of_each_bin() -> None:
    assert GAP.inside(1.5, 3.0).tolist() == pytest.approx([0.0, 0.0, 0.5, 0.5])
    assert ENERGY.inside(-inf, -3.0).tolist() == pytest.approx([0.5, 0.0, 0.0, 0.0])
    assert ENERGY.inside(-1.0, -1.0).tolist() == [0.0] * 4


def test_zero_is_a_value_of_its_own() -> None:
    assert GAP.inside(0.0, 0.0).tolist() == [1.0, 0.0, 0.0, 0.0]
    assert GAP.inside(0.01, 0.5)[0] == 0.0
    assert GAP.inside(-1.0, -0.5)[0] == 0.0


def test_targets_are_laws_around_the_value_and_a_zero_is_sure() -> None:
    targets = GAP.targets(torch.tensor([0.0, 0.02, 1.5, 3.0, 99.0]))
    assert torch.allclose(targets.sum(dim=1), torch.ones(5))
    assert targets[:2].tolist() == [[1.0, 0.0, 0.0, 0.0]] * 2
    assert targets[2:, 0].tolist() == [0.0] * 3
    assert targets[2:].argmax(dim=1).tolist() == [2, 3, 3]


def test_quantiles_are_found_within_the_bins() -> None:
    assert ENERGY.median(law(ENERGY, 0.25, 0.25, 0.25, 0.25)).item() == pytest.approx(-1.0)
    assert ENERGY.quantile(law(ENERGY, 0.5, 0.5, 0.0, 0.0), 0.25).item() == pytest.approx(-3.0)
    assert GAP.median(law(GAP, 0.6, 0.0, 0.0, 0.4)).item() == 0.0
    assert GAP.quantile(law(GAP, 0.6, 0.0, 0.0, 0.4), 0.8).item() == pytest.approx(3.0)


@pytest.fixture
def network() -> SkeletonCritic:
    torch.manual_seed(0)
    return SkeletonCritic(CONFIG, torch.randn(6, 3)).eval()


def sites(order: list[int], padding: int = 0) -> Sites:
    element, position, share = torch.tensor([1, 4, 2]), torch.tensor([3, 1, 7]), torch.tensor([0.5, 0.25, 0.25])
    blank = torch.zeros(1, padding, dtype=torch.int64)
    return Sites(
        torch.cat([element[order][None], blank], dim=1),
        torch.cat([position[order][None], blank], dim=1),
        torch.cat([share[order][None], blank.float()], dim=1),
        torch.tensor([12]),
        torch.tensor([8]),
    )


def test_order_and_padding_change_nothing(network: SkeletonCritic) -> None:
    plain = network.distributions(sites([0, 1, 2]))
    other = network.distributions(sites([2, 0, 1], padding=3))
    for key, each in plain.items():
        assert torch.allclose(each, other[key], atol=1e-5)
        assert torch.allclose(each.sum(dim=2), torch.ones(2, 1))


def test_every_part_of_a_skeleton_counts(network: SkeletonCritic) -> None:
    plain = sites([0, 1, 2])
    before = network.distributions(plain)["band_gap"]
    for changed in (
        replace(plain, element=torch.tensor([[1, 4, 3]])),
        replace(plain, position=torch.tensor([[3, 1, 6]])),
        replace(plain, share=torch.tensor([[0.4, 0.3, 0.3]])),
        replace(plain, group=torch.tensor([13])),
        replace(plain, atoms=torch.tensor([16])),
    ):
        assert not torch.allclose(before, network.distributions(changed)["band_gap"], atol=1e-6)


def test_an_unknown_value_teaches_nothing() -> None:
    torch.manual_seed(0)
    member = CriticMember(CONFIG)
    one, nan = member.eval(), float("nan")
    assert one.loss(sites([0, 1, 2]), torch.tensor([[nan, nan]])).item() == 0.0
    gap = one.loss(sites([0, 1, 2]), torch.tensor([[1.5, nan]]))
    energy = one.loss(sites([0, 1, 2]), torch.tensor([[nan, -1.5]]))
    both = one.loss(sites([0, 1, 2]), torch.tensor([[1.5, -1.5]]))
    assert both.item() == pytest.approx(gap.item() + energy.item(), rel=1e-5)


def test_it_learns_which_skeleton_has_a_gap() -> None:
    torch.manual_seed(0)
    member = CriticMember(replace(CONFIG, dropout=0.0))
    metal, other = sites([0, 1, 2]), replace(sites([0, 1, 2]), element=torch.tensor([[2, 3, 5]]))
    both = Sites(*(torch.cat([getattr(metal, k), getattr(other, k)]) for k in vars(metal)))
    values = torch.tensor([[0.0, -0.5], [3.0, -3.0]])
    optimiser = torch.optim.Adam(member.parameters(), lr=3e-3)
    for _ in range(80):
        optimiser.zero_grad()
        member.loss(both, values).backward()
        optimiser.step()
    chance = member.eval()(both).split([4, 4], dim=1)[0].softmax(dim=1)
    assert chance[0, 0] > 0.9
    assert chance[1, 0] < 0.1
