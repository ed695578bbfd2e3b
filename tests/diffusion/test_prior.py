"""The linear prior: exact where the data are Gaussian, and a start no network may fall behind."""

import numpy as np
import pytest
import torch

from exges_core.control.masks import channels_of_groups
from exges_core.diffusion.config import MASK_GROUPS, MOTION_CHANNELS, DenoiserConfig
from exges_core.diffusion.denoiser import Denoiser, channels_of_mask
from exges_core.diffusion.objective import ObjectiveConfig, timestep_weights
from exges_core.diffusion.prior import LinearPrior, cosines
from exges_core.diffusion.schedule import cosine_schedule

FRAMES, CHANNELS, RANK = 16, 5, 3


def test_the_cosine_transform_is_scipys() -> None:
    from scipy.fft import dct

    assert np.allclose(cosines(9).numpy() @ np.eye(9), dct(np.eye(9), axis=0, norm="ortho"), atol=1e-6)


@pytest.fixture(scope="module")
def gaussian() -> tuple[torch.Tensor, LinearPrior]:
    """Windows whose components and frequencies are independent, and the prior fitted to them."""
    generator = torch.Generator().manual_seed(3)
    basis = torch.linalg.qr(torch.randn(CHANNELS, RANK, generator=generator))[0]
    deviation = 4.0 * 0.6 ** torch.arange(FRAMES)[:, None] * torch.tensor([1.0, 0.5, 0.2])
    spectra = torch.randn(20_000, FRAMES, RANK, generator=generator) * deviation
    windows = (cosines(FRAMES).T @ spectra) @ basis.T
    prior = LinearPrior(CHANNELS, RANK, FRAMES, 1000)
    prior.fit(windows)
    return windows, prior


@pytest.mark.parametrize("timestep", [30, 400, 800, 980])
def test_it_is_the_best_estimate_of_gaussian_motion(gaussian: tuple[torch.Tensor, LinearPrior], timestep: int) -> None:
    windows, prior = gaussian
    x0 = windows[:4000].reshape(4000, -1).double()
    covariance = (windows.reshape(len(windows), -1).double().T @ windows.reshape(len(windows), -1).double()) / len(
        windows
    )
    schedule = cosine_schedule(1000)
    alpha, sigma = schedule.alpha(timestep), schedule.sigma(timestep)
    noise = torch.randn(x0.shape, generator=torch.Generator().manual_seed(1)).double()
    x_t = alpha * x0 + sigma * noise
    total = alpha**2 * covariance + sigma**2 * torch.eye(len(covariance)).double()
    exact = x_t @ torch.linalg.solve(total, alpha * covariance)
    nothing = torch.zeros(4000, FRAMES, CHANNELS, dtype=torch.bool)
    at = torch.full((4000,), timestep)
    estimate, left = prior(x_t.float().view(4000, FRAMES, CHANNELS), nothing, at)
    best = (exact - x0).square().mean()
    found = (estimate.reshape(4000, -1) - x0).square().mean()
    assert float(found) == pytest.approx(float(best), rel=0.02)
    assert float(prior.uncertainty()[timestep]) == pytest.approx(float(best), rel=0.03)
    assert float(left.square().mean()) * RANK / CHANNELS == pytest.approx(float(best), rel=0.03)


def test_an_observed_entry_is_taken_as_free_of_noise(gaussian: tuple[torch.Tensor, LinearPrior]) -> None:
    windows, prior = gaussian
    everything = torch.ones(8, FRAMES, CHANNELS, dtype=torch.bool)
    at = torch.full((8,), 500)
    shown = prior(windows[:8], everything, at)[0]
    scaled = prior(cosine_schedule(1000).alpha(500) * windows[:8], ~everything, at)[0]
    assert torch.allclose(shown, scaled, atol=1e-5)


def test_an_untrained_network_answers_as_its_prior_does() -> None:
    config = DenoiserConfig(latent=32, layers=1, heads=2, feed_forward=64, window_frames=32, prior_rank=8)
    network = Denoiser(config)
    assert network.prior is not None
    network.prior.fit(torch.randn(200, 32, MOTION_CHANNELS, generator=torch.Generator().manual_seed(2)))
    x = torch.randn(2, 32, MOTION_CHANNELS)
    shown = torch.zeros(2, 32, MASK_GROUPS)
    shown[:, 5, 3] = 1
    at = torch.tensor([100, 800])
    arguments = (x, shown, torch.zeros(2, 32, 84), at, torch.zeros(2).long(), torch.ones(2).bool())
    is_channel = torch.zeros(2, 32, MOTION_CHANNELS, dtype=torch.bool)
    is_channel[:, 5, 18:24] = True
    assert torch.allclose(network(*arguments), network.prior(x, is_channel, at)[0], atol=1e-6)


def test_timesteps_weigh_more_where_less_is_left() -> None:
    uncertainty = torch.linspace(0.001, 1.0, 1000)
    weights = timestep_weights(uncertainty, ObjectiveConfig(timestep_power=0.5), 1000)
    assert float(weights.mean()) == pytest.approx(1.0, abs=1e-5)
    assert (weights.diff() < 0).all()
    assert (timestep_weights(uncertainty, ObjectiveConfig(), 1000) == 1).all()
    assert (timestep_weights(None, ObjectiveConfig(timestep_power=0.5), 10) == 1).all()


def test_a_mask_spreads_over_channels_as_controls_say() -> None:
    is_group = torch.rand(3, 7, MASK_GROUPS, generator=torch.Generator().manual_seed(4)) < 0.5
    assert np.array_equal(channels_of_mask(is_group).numpy(), channels_of_groups(is_group.numpy()))
