"""Laws of the network that judges the gap of a crystal."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from matgen_core.models.bert import HeadConfig, MatBERTConfig
from matgen_core.models.crystal_gap import CrystalGapConfig, CrystalGapEnsemble, CrystalGapReader

CONFIG = CrystalGapConfig(
    MatBERTConfig(10, 16, 2, 2, dropout=0.0), HeadConfig("band_gap", 2.0, 1.5, True), features=4, seen=8
)
TOKENS, SHARES = torch.tensor([[1, 5, 7, 2]]), torch.tensor([[0.0, 0.4, 0.6, 0.0]])
NONE = torch.full((1, 4), float("nan"))


@pytest.fixture
def reader() -> CrystalGapReader:
    torch.manual_seed(0)
    return CrystalGapReader(CONFIG, None, torch.ones(4), 2 * torch.ones(4)).eval()


def test_polymorphs_differ_and_a_formula_alone_is_read(reader: CrystalGapReader) -> None:
    one, other, alone = (reader(TOKENS, SHARES, f) for f in (torch.zeros(1, 4), torch.full((1, 4), 3.0), NONE))
    assert not torch.allclose(one, other, atol=1e-4)
    assert alone.isfinite().all()
    assert not torch.allclose(one, alone, atol=1e-4)


def test_without_a_structure_its_features_are_unheard_of(reader: CrystalGapReader) -> None:
    partly = torch.tensor([[float("nan"), 9.0, -9.0, 1.0]])
    assert torch.equal(reader(TOKENS, SHARES, NONE), reader(TOKENS, SHARES, partly))


def test_structures_are_dropped_in_training_only(reader: CrystalGapReader) -> None:
    features = torch.full((64, 4), 5.0)
    tokens, shares = TOKENS.expand(64, -1), SHARES.expand(64, -1)
    assert len({round(v, 4) for v in reader(tokens, shares, features)[:, 0].tolist()}) == 1
    alone = reader(TOKENS, SHARES, NONE)[0, 0].item()
    torch.manual_seed(1)
    values = reader.train()(tokens, shares, features)[:, 0].tolist()
    dropped = sum(abs(value - alone) < 1e-4 for value in values)
    assert 3 <= dropped <= 26


def test_a_batch_reads_as_one_by_one_and_order_of_elements_changes_nothing(reader: CrystalGapReader) -> None:
    other = torch.tensor([[1, 7, 5, 2]]), torch.tensor([[0.0, 0.6, 0.4, 0.0]])
    both = reader(torch.cat([TOKENS, other[0]]), torch.cat([SHARES, other[1]]), torch.ones(2, 4))
    assert torch.allclose(both[0], both[1], atol=1e-5)
    assert torch.allclose(both[:1], reader(TOKENS, SHARES, torch.ones(1, 4)), atol=1e-5)


def test_it_learns_that_polymorphs_have_other_gaps() -> None:
    torch.manual_seed(0)
    reader = CrystalGapReader(replace(CONFIG, dropout=0.0))
    tokens, shares = TOKENS.expand(2, -1), SHARES.expand(2, -1)
    features, gaps = torch.tensor([[1.0, 0, 0, 0], [-1.0, 0, 0, 0]]), torch.tensor([3.0, 0.0])
    optimiser = torch.optim.Adam(reader.parameters(), lr=3e-3)
    for _ in range(150):
        optimiser.zero_grad()
        reader.loss(tokens, shares, features, gaps).backward()
        optimiser.step()
    ensemble = CrystalGapEnsemble(CONFIG, 1)
    ensemble.members[0].load_state_dict(reader.state_dict())
    zero, value, spread, _, _ = ensemble.eval().read_law(tokens, shares, features)
    assert zero[0] < 0.2 < 0.8 < zero[1]
    assert value[0].item() == pytest.approx(3.0, abs=0.5)
    assert value[1] == 0.0
    assert (spread > 0).all()
