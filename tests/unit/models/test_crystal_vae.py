"""The autoencoder obeys its laws before it has learnt anything, and its latent is heard once it has."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from matgen_core.models.crystal_vae import CrystalVAE, VAEConfig

NAN = float("nan")


def network(**changes: object) -> CrystalVAE:
    torch.manual_seed(0)
    sizes = {"width": 32, "encoder_layers": 1, "decoder_layers": 2, "heads": 2, "latent": 16, "memory": 2}
    config = VAEConfig(40, 20, ("gap", "energy"), (1.0, -2.0), (0.5, 2.0), **(sizes | changes))  # type: ignore[arg-type]
    return CrystalVAE(config).eval()


def strings(count: int = 6, length: int = 9) -> Tensor:
    tokens = torch.randint(3, 40, (count, length), generator=torch.Generator().manual_seed(1))
    tokens[:, 0] = 1
    return tokens


def test_a_later_token_cannot_change_an_earlier_logit() -> None:
    model, tokens, z = network(), strings(), torch.randn(6, 16)
    changed = tokens.clone()
    changed[:, 5:] = 7
    before, after = model(tokens, z), model(changed, z)
    assert torch.equal(before[:, :5], after[:, :5])
    assert not torch.allclose(before[:, 5:], after[:, 5:])


def test_the_latent_reaches_the_logits_of_every_place() -> None:
    model, tokens = network(), strings()
    z = torch.randn(6, 16, requires_grad=True)
    for place in range(tokens.shape[1]):
        (gradient,) = torch.autograd.grad(model(tokens, z)[:, place].square().sum(), z)
        assert (gradient.abs().sum(dim=1) > 0).all()


def test_writing_token_by_token_gives_the_same_logits() -> None:
    model, tokens, z = network(), strings(), torch.randn(6, 16)
    whole, cache = model(tokens, z), model.begin(z)
    for place in range(tokens.shape[1]):
        assert torch.allclose(model.step(tokens[:, place], cache), whole[:, place], atol=1e-5)


def test_rows_that_leave_the_batch_do_not_change_the_others() -> None:
    model, tokens, z = network(), strings(), torch.randn(6, 16)
    cache, rows = model.begin(z), torch.tensor([0, 3, 4])
    model.step(tokens[:, 0], cache)
    cache.batch_select_indices(rows)
    assert torch.allclose(model.step(tokens[rows, 1], cache), model(tokens, z)[rows, 1], atol=1e-5)


def test_padding_does_not_change_the_latent() -> None:
    model, tokens = network(), strings()
    padded = torch.cat([tokens, torch.zeros(6, 4, dtype=torch.int64)], dim=1)
    for short, long in zip(model.encode(tokens), model.encode(padded), strict=True):
        assert torch.allclose(short, long, atol=1e-5)


@pytest.mark.parametrize("missing", [(NAN, 3.0), (1.0, NAN), (NAN, NAN)])
def test_the_property_head_ignores_what_is_missing(missing: tuple[float, float]) -> None:
    model, tokens = network(), strings()
    counted, properties = tokens > 0, torch.tensor([missing]).repeat(6, 1).requires_grad_()
    error = model.losses(tokens, counted, properties).properties
    known = ~properties.isnan()
    z = model.encode(tokens)[0]
    expected = torch.where(known, (model.read(z) - properties) / model.stds, 0.0).square().sum(dim=1)
    assert error.isfinite().all()
    assert torch.allclose(error, expected, atol=1e-4)


def test_tokens_that_do_not_count_cost_nothing() -> None:
    model, tokens = network(), strings()
    some = tokens > 0
    some[:, 4:] = False
    z, properties = model.encode(tokens)[0], torch.full((6, 2), NAN)
    nats = -model(tokens, z).log_softmax(dim=-1)[:, :3].gather(2, tokens[:, 1:4, None]).sum(dim=(1, 2))
    assert torch.allclose(model.losses(tokens, some, properties).string, nats, atol=1e-4)


def test_the_posterior_mean_is_repeatable_and_training_draws_from_around_it() -> None:
    model, tokens, properties = network(dropout=0.0, hidden=0.0), strings(), torch.full((6, 2), NAN)

    def cost() -> Tensor:
        return model.losses(tokens, tokens > 0, properties).string

    assert torch.equal(cost(), cost())
    model.train()
    torch.manual_seed(3)
    first, second = cost(), cost()
    torch.manual_seed(3)
    assert torch.equal(first, cost())
    assert not torch.equal(first, second)


def test_a_trained_decoder_listens_to_its_latent() -> None:
    model, tokens = network().train(), strings(8)
    properties = torch.randn(8, 2, generator=torch.Generator().manual_seed(2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(150):
        paid = model.losses(tokens, tokens > 0, properties)
        optimizer.zero_grad()
        (paid.string + 0.2 * paid.bag + 0.04 * paid.kl + paid.properties).mean().backward()
        optimizer.step()
    model.eval()
    z = model.encode(tokens)[0].detach()

    def right(z: Tensor) -> float:
        return float((model(tokens, z).argmax(dim=-1)[:, :-1] == tokens[:, 1:]).float().mean())

    assert right(z) > 0.9
    assert right(z.roll(1, dims=0)) < 0.5
    assert torch.allclose(model.read(z), properties, atol=0.5)
