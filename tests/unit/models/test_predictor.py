"""The reading of the gap depends on what is in a compound, not on how it is written down."""

from __future__ import annotations

import pytest
import torch

from matgen_core.models.predictor import GapPredictor, PredictorConfig


@pytest.fixture(scope="module")
def network() -> GapPredictor:
    torch.manual_seed(0)
    return GapPredictor(PredictorConfig(94, width=32, layers=2)).eval()


ELEMENTS, FRACTIONS = torch.tensor([[11, 17, 8], [26, 8, 0]]), torch.tensor([[0.2, 0.2, 0.6], [0.4, 0.6, 0.0]])


def test_the_order_of_elements_does_not_matter(network: GapPredictor) -> None:
    order = [2, 0, 1]
    torch.testing.assert_close(network(ELEMENTS, FRACTIONS), network(ELEMENTS[:, order], FRACTIONS[:, order]))


def test_padding_does_not_matter(network: GapPredictor) -> None:
    wider = torch.nn.functional.pad(ELEMENTS, (0, 3)), torch.nn.functional.pad(FRACTIONS, (0, 3))
    torch.testing.assert_close(network(ELEMENTS, FRACTIONS), network(*wider))


def test_a_reading_is_a_probability_a_gap_and_a_spread(network: GapPredictor) -> None:
    metal, gap, spread = network.read(ELEMENTS, FRACTIONS)
    assert ((metal >= 0) & (metal <= 1)).all()
    assert (gap >= 0).all()
    assert (gap[metal > 0.5] == 0).all()
    assert (spread > 0).all()


def test_metals_teach_nothing_about_the_width(network: GapPredictor) -> None:
    metals = torch.zeros(2)
    network.zero_grad()
    network.loss(ELEMENTS, FRACTIONS, metals).backward()
    last = network.members[0].answer[-1].weight.grad
    assert last[0].abs().sum() > 0, "the metal call learns"
    assert last[1:].abs().sum() == 0, "gap and spread do not"
