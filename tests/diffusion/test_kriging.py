"""Kriging: the conditional mean of a Gaussian process, where two neighbours are all there is to know."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from exges_core.diffusion.config import MASK_GROUPS, MOTION_CHANNELS, DenoiserConfig
from exges_core.diffusion.denoiser import Denoiser
from exges_core.diffusion.kriging import NUGGET, krige
from exges_core.diffusion.prior import LinearPrior, cosines

FRAMES, JOINTS = 24, 2
CHANNELS = 6 * JOINTS + 3 + 1  # contacts: one channel that no group has
LAGS = torch.arange(FRAMES)[:, None]
OF_GROUPS: dict[str, Callable[[Tensor], Tensor]] = {
    "ornstein-uhlenbeck": lambda lag: torch.exp(-lag / torch.tensor([3.0, 8.0, 20.0])),
    "smooth": lambda lag: torch.exp(-((lag / torch.tensor([3.0, 8.0, 12.0])) ** 2)),
}


def window(seed: int = 0) -> Tensor:
    return torch.randn(2, FRAMES, CHANNELS, generator=torch.Generator().manual_seed(seed))


def channels_of(group: int) -> slice:
    return slice(6 * group, 6 * group + (6 if group < JOINTS else 3))


@pytest.mark.parametrize("kind", OF_GROUPS)
@pytest.mark.parametrize("keys", [(5,), (0, 23), (4, 15)])
def test_with_one_or_two_keys_it_is_the_gaussian_process_conditional_mean(kind: str, keys: tuple[int, ...]) -> None:
    correlation = OF_GROUPS[kind](LAGS)
    x = window()
    is_observed = torch.zeros(2, FRAMES, JOINTS + 1, dtype=torch.bool)
    is_observed[:, list(keys)] = True
    found = krige(x, is_observed, correlation)
    # Beyond the outermost of several keys only that one counts, which is not all there is to know.
    last = FRAMES if len(keys) == 1 else keys[-1] + 1
    free = [frame for frame in range(0 if len(keys) == 1 else keys[0], last) if frame not in keys]
    for group in range(JOINTS + 1):
        covariance = correlation[(LAGS - LAGS.T).abs(), group]
        between_keys = covariance[list(keys)][:, list(keys)] + NUGGET * torch.eye(len(keys))
        expected = covariance[free][:, list(keys)] @ torch.linalg.solve(
            between_keys, x[:, list(keys), channels_of(group)]
        )
        torch.testing.assert_close(found[:, free, channels_of(group)], expected, atol=1e-5, rtol=1e-5)


def test_for_a_markov_process_farther_keys_add_nothing() -> None:
    correlation = OF_GROUPS["ornstein-uhlenbeck"](LAGS)
    x, keys = window(1), [2, 7, 8, 19]
    is_observed = torch.zeros(2, FRAMES, JOINTS + 1, dtype=torch.bool)
    is_observed[:, keys] = True
    found = krige(x, is_observed, correlation)
    covariance = correlation[(LAGS - LAGS.T).abs(), 1]
    weights = covariance[:, keys] @ torch.linalg.inv(covariance[keys][:, keys])
    # The nugget, without which neighbouring frames' equations cannot be solved, is all that differs.
    torch.testing.assert_close(found[..., 6:12], weights @ x[:, keys, 6:12], atol=0.05, rtol=0.0)


def test_observed_entries_stay_and_a_group_without_any_is_the_mean() -> None:
    x = window(2)
    is_observed = torch.rand(2, FRAMES, JOINTS + 1, generator=torch.Generator().manual_seed(0)) < 0.3
    is_observed[0, :, 1] = False
    found = krige(x, is_observed, OF_GROUPS["smooth"](LAGS))
    for group in range(JOINTS + 1):
        shown = is_observed[..., group]
        assert torch.equal(found[..., channels_of(group)][shown], x[..., channels_of(group)][shown])
    assert not found[0, :, 6:12].any()
    assert not found[..., -1].any()
    assert torch.isfinite(found).all()


def test_what_is_not_observed_does_not_matter() -> None:
    is_observed = torch.zeros(2, FRAMES, JOINTS + 1, dtype=torch.bool)
    is_observed[:, 9, 0] = is_observed[:, 3:6, 2] = True
    x = window(3)
    other = torch.full_like(x, 1e6)
    other[:, 9, :6], other[:, 3:6, 12:15] = x[:, 9, :6], x[:, 3:6, 12:15]
    found = krige(other, is_observed, OF_GROUPS["smooth"](LAGS))
    torch.testing.assert_close(found[..., :6], krige(x, is_observed, OF_GROUPS["smooth"](LAGS))[..., :6])


def test_the_prior_learns_how_a_group_correlates_over_time() -> None:
    generator = torch.Generator().manual_seed(5)
    power = torch.rand(FRAMES, 4, generator=generator) / (1 + torch.arange(FRAMES)[:, None])
    spectra = torch.randn(30_000, FRAMES, 4, generator=generator) * power.sqrt()
    basis = torch.linalg.qr(torch.randn(9, 4, generator=generator))[0]
    windows = (cosines(FRAMES).T @ spectra) @ basis.T
    prior = LinearPrior(9, 4, FRAMES, 1000, groups=(6, 3))
    prior.fit(windows)
    for lag in (1, 5, 12):
        products = windows[:, lag:] * windows[:, : FRAMES - lag]
        measured = torch.stack([part.mean() for part in products.split([6, 3], dim=-1)])
        variance = torch.stack([part.mean() for part in windows.square().split([6, 3], dim=-1)])
        torch.testing.assert_close(prior.correlation[lag], measured / variance, atol=0.02, rtol=0.0)


def small(*, is_told: bool) -> Denoiser:
    torch.manual_seed(0)
    config = DenoiserConfig(
        latent=32, layers=1, heads=2, feed_forward=64, frames_per_token=4, window_frames=16, prior_rank=12,
        has_kriging=is_told, has_mask_input=is_told,
    )  # fmt: skip
    network = Denoiser(config)
    assert network.prior is not None
    smooth = torch.randn(64, 16, MOTION_CHANNELS).cumsum(dim=1)
    network.prior.fit(smooth - smooth.mean(dim=(0, 1)))
    return network.eval()


@torch.no_grad()
@pytest.mark.parametrize("is_told", [True, False])
def test_an_untrained_network_carries_a_key_through_noise_if_it_is_told_of_it(is_told: bool) -> None:
    network = small(is_told=is_told)
    x = torch.randn(1, 16, MOTION_CHANNELS)
    shown = torch.zeros(1, 16, MASK_GROUPS)
    shown[:, 8] = 1.0
    x[:, 8] = 3.0
    nobody = torch.zeros(1, dtype=torch.long)
    found = network(x, shown, torch.zeros(1, 16, 84), nobody + 999, nobody, nobody.bool())
    assert bool(found[0, 9, :333].mean() > 2.0) is is_told


@torch.no_grad()
def test_without_anything_observed_kriging_changes_no_bit() -> None:
    network = small(is_told=True)
    x, nobody = torch.randn(2, 16, MOTION_CHANNELS), torch.zeros(2, dtype=torch.long)
    nothing = torch.zeros(2, 16, MASK_GROUPS)
    one = nothing.clone()
    one[1, 3] = 1.0
    asked = [network(x, shown, torch.zeros(2, 16, 84), nobody + 500, nobody, nobody.bool()) for shown in (nothing, one)]
    assert torch.equal(asked[0][0], asked[1][0])
    assert not torch.equal(asked[0][1], asked[1][1])


def test_kriging_needs_a_prior() -> None:
    with pytest.raises(ValueError, match="kriging needs a prior"):
        DenoiserConfig(has_kriging=True)
