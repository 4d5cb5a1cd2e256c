"""Rounding the weights of a product so that what it says of real inputs is kept."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="make test-torch installs the torch extra")

from training.rounding import rounded  # noqa: E402


def correlated(rows: int, width: int) -> torch.Tensor:
    """Inputs as an encoder's are: a few directions carry most of what there is."""
    torch.manual_seed(3)
    return torch.randn(rows, width // 8) @ torch.randn(width // 8, width) + 0.3 * torch.randn(rows, width)


@pytest.fixture(scope="module")
def inputs() -> torch.Tensor:
    return correlated(4_000, 192)


@pytest.fixture(scope="module")
def weight() -> torch.Tensor:
    torch.manual_seed(4)
    return torch.randn(64, 192)


@pytest.mark.parametrize("step", [0.125, 0.25, 0.5])
def test_every_weight_stands_on_the_grid_of_its_output(inputs: torch.Tensor, weight: torch.Tensor, step: float) -> None:
    found, scale = rounded(weight, inputs.T @ inputs, step)
    whole = found / scale[:, None]
    assert torch.allclose(whole, whole.round(), atol=1e-3)
    assert whole.abs().max() <= 127
    assert torch.allclose(scale, step * weight.std(1, unbiased=False))


@pytest.mark.parametrize("step", [0.125, 0.25, 0.5])
def test_less_than_half_of_the_error_on_new_inputs_is_left(weight: torch.Tensor, step: float) -> None:
    seen, new = correlated(8_000, 192).split(4_000)
    found, scale = rounded(weight, seen.T @ seen, step)
    nearest = (weight / scale[:, None]).round() * scale[:, None]
    left, plain = ((new @ (other - weight).T).square().mean() for other in (found, nearest))
    assert left < 0.5 * plain


def test_a_product_whose_input_is_always_zero_is_rounded_all_the_same(weight: torch.Tensor) -> None:
    inputs = correlated(1_000, 192)
    inputs[:, 5] = 0
    found, scale = rounded(weight, inputs.T @ inputs, 0.25)
    assert torch.isfinite(found).all()
    assert (found - weight).abs().max() < 40 * scale.max()
