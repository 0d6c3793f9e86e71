from __future__ import annotations

import pytest
import torch
from torch import Tensor

from matgen_core.models.conditioning import ConditionConfig, ConditionEmbedding, drop_conditions

NAN = float("nan")
CONFIG = ConditionConfig(("band_gap", "formation_energy", "magnetic_moment"), (1.0, -1.0, 0.2), (1.5, 1.0, 0.4), 16)


@pytest.fixture
def embedding() -> ConditionEmbedding:
    torch.manual_seed(0)
    return ConditionEmbedding(CONFIG)


def test_tokens_are_one_a_property_and_sum_to_the_embedding(embedding: ConditionEmbedding) -> None:
    values = torch.tensor([[2.0, -1.0, NAN], [NAN, NAN, NAN]])
    tokens = embedding.tokens(values)
    assert tokens.shape == (2, 3, 16)
    torch.testing.assert_close(embedding(values), tokens.sum(dim=1))


def test_a_null_property_is_its_own_vector_whatever_else_is_asked(embedding: ConditionEmbedding) -> None:
    values = torch.randn(50, 3, generator=torch.Generator().manual_seed(0)) * 3
    values[:, 1] = NAN
    tokens = embedding.tokens(values)
    assert (tokens[:, 1] == embedding.null[1]).all()
    assert torch.equal(embedding.tokens(torch.full((1, 3), NAN))[0], embedding.null)
    assert len(embedding.null.unique(dim=0)) == 3


@pytest.mark.parametrize("column", [0, 1, 2])
def test_a_property_changes_only_its_own_token(embedding: ConditionEmbedding, column: int) -> None:
    values = torch.tensor([[2.0, -1.0, 0.5]])
    other = values.clone()
    other[0, column] += 0.7
    same = (embedding.tokens(values) == embedding.tokens(other)).all(dim=-1)[0]
    assert same.tolist() == [k != column for k in range(3)]


def test_any_differs_from_the_mean(embedding: ConditionEmbedding) -> None:
    mean, null = torch.tensor([CONFIG.means]), torch.full((1, 3), NAN)
    assert not torch.isclose(embedding.tokens(mean), embedding.tokens(null)).all(dim=-1).any()


def test_near_zero_is_a_kind_of_its_own(embedding: ConditionEmbedding) -> None:
    def band_gap(value: float) -> Tensor:
        return embedding.tokens(torch.tensor([[value, NAN, NAN]]))[0, 0]

    across = (band_gap(0.051) - band_gap(0.049)).norm()
    beside = (band_gap(0.053) - band_gap(0.051)).norm()
    assert across > 10 * beside


def test_gradients_stay_finite_with_nulls(embedding: ConditionEmbedding) -> None:
    values = torch.tensor([[NAN, -1.0, 0.0], [NAN, NAN, NAN], [1e9, -1e9, 0.1]], requires_grad=True)
    embedding(values).square().sum().backward()
    assert values.grad is not None
    assert (values.grad[values.isnan()] == 0).all()
    for name, parameter in embedding.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


def test_means_and_deviations_travel_with_the_weights(embedding: ConditionEmbedding) -> None:
    blank = ConditionEmbedding(ConditionConfig(CONFIG.keys, (0.0,) * 3, (1.0,) * 3, 16))
    blank.load_state_dict(embedding.state_dict())
    values = torch.tensor([[2.0, -1.0, NAN]])
    assert torch.equal(blank(values), embedding(values))


# ------------------------------------------------------------------------------------------------------- dropping


def test_drop_rates() -> None:
    dropped = drop_conditions(torch.zeros(200_000, 3), torch.Generator().manual_seed(0)).isnan()
    all_three = float(dropped.all(dim=1).float().mean())
    assert all_three == pytest.approx(0.10 + 0.90 * 0.15**3, abs=0.004)
    alone = (dropped & (dropped.sum(dim=1, keepdim=True) == 1)).float().mean(dim=0)
    torch.testing.assert_close(alone, torch.full((3,), 0.90 * 0.15 * 0.85**2), atol=0.004, rtol=0)


def test_dropping_keeps_what_it_does_not_drop_and_its_argument() -> None:
    values = torch.arange(300.0).view(100, 3)
    values[0, 0] = NAN
    before = values.clone()
    dropped = drop_conditions(values, torch.Generator().manual_seed(0))
    kept = ~dropped.isnan()
    assert torch.equal(dropped[kept], values[kept])
    assert dropped[0, 0].isnan()
    torch.testing.assert_close(values, before, equal_nan=True)


def test_dropping_repeats_with_its_generator_and_can_be_turned_off() -> None:
    values = torch.zeros(100, 3)
    first, second = (drop_conditions(values, torch.Generator().manual_seed(1)) for _ in range(2))
    torch.testing.assert_close(first, second, equal_nan=True)
    assert torch.equal(drop_conditions(values, all_rate=0.0, each_rate=0.0), values)
    assert drop_conditions(values, all_rate=1.0).isnan().all()


def test_one_property_alone_is_told_as_often_as_asked_for_and_is_one_that_is_known() -> None:
    values = torch.zeros(100_000, 3)
    values[:, 0] = NAN
    dropped = drop_conditions(
        values, torch.Generator().manual_seed(0), all_rate=0.3, each_rate=0.0, only_rate=0.3
    ).isnan()
    told = (~dropped).sum(dim=1)
    shares = torch.stack([(told == count).float().mean() for count in range(3)])
    torch.testing.assert_close(shares, torch.tensor([0.3, 0.3, 0.4]), atol=0.005, rtol=0)
    alone = (~dropped)[told == 1].float().mean(dim=0)
    torch.testing.assert_close(alone, torch.tensor([0.0, 0.5, 0.5]), atol=0.01, rtol=0)
