"""One vector a molecule: padding changes nothing, and only hidden tokens count in the loss."""

from __future__ import annotations

import pytest
import torch
from transformers import RobertaConfig, RobertaModel

from matgen_core.models.chemberta import POOLINGS, ChemBERTa, EncoderConfig, masked_loss, masked_roberta
from matgen_core.models.masking import IGNORED

CONFIG = EncoderConfig(20, 12, width=16, layers=2, heads=2)


def encoder() -> ChemBERTa:
    torch.manual_seed(0)
    return ChemBERTa(masked_roberta(CONFIG).roberta)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_padding_changes_nothing(pooling: str) -> None:
    network = encoder()
    tokens = torch.tensor([[1, 5, 6, 7, 2]])
    padded = torch.nn.functional.pad(tokens, (0, 4))
    short = network(tokens, torch.ones_like(tokens), pooling)
    long = network(padded, (padded != 0).long(), pooling)
    assert short.shape == (1, CONFIG.width) == (1, network.width)
    torch.testing.assert_close(short, long, atol=1e-5, rtol=1e-5)


def test_the_longest_string_has_places() -> None:
    tokens = torch.full((1, CONFIG.max_tokens), 5)
    assert encoder()(tokens, torch.ones_like(tokens)).isfinite().all()


def test_only_hidden_tokens_count() -> None:
    torch.manual_seed(0)
    network = masked_roberta(CONFIG).eval()
    inputs = torch.tensor([[1, 5, 19, 7, 2]])
    labels = torch.tensor([[IGNORED, IGNORED, 6, IGNORED, IGNORED]])
    logits = network(inputs).logits[0, 2]
    assert masked_loss(network, inputs, labels).item() == pytest.approx(-logits.log_softmax(-1)[6].item(), abs=1e-5)


def test_the_published_size_builds_and_pools_to_its_width() -> None:
    config = RobertaConfig(vocab_size=30, hidden_size=768, num_hidden_layers=1, num_attention_heads=12)
    network = ChemBERTa(RobertaModel(config, add_pooling_layer=False))
    assert network(torch.tensor([[2, 5, 3]] * 2), torch.ones(2, 3, dtype=torch.long)).shape == (2, 768)
