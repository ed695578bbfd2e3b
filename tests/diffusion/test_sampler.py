"""Samplers against diffusers' schedulers on a fixed network and against the exact solution for a Gaussian."""

import math
import warnings
from itertools import pairwise

import numpy as np
import pytest
import torch

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from diffusers import DDIMScheduler, DDPMScheduler, DPMSolverMultistepScheduler, SchedulerMixin

from exges_core.diffusion.sampler import SAMPLERS, ddim, ddpm, dpmpp_2m, timesteps_of
from exges_core.diffusion.schedule import cosine_schedule

SCHEDULE = cosine_schedule()
COMMON = {"num_train_timesteps": 1000, "beta_schedule": "squaredcos_cap_v2", "prediction_type": "sample"}


def toy(x: torch.Tensor, timestep: int) -> torch.Tensor:
    weight = torch.linspace(-1, 1, 36, dtype=x.dtype).reshape(6, 6)
    return torch.tanh(x @ weight + math.cos(timestep / 100))


def start() -> torch.Tensor:
    return torch.randn(4, 6, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


def noise_at(timestep: int) -> torch.Tensor:
    return torch.randn(4, 6, generator=torch.Generator().manual_seed(timestep), dtype=torch.float64)


def peer_loop(
    scheduler: SchedulerMixin, timesteps: torch.Tensor, monkeypatch: pytest.MonkeyPatch | None = None
) -> torch.Tensor:
    x = start()
    for t in timesteps:
        if monkeypatch is not None:
            module = f"{type(scheduler).__module__}.randn_tensor"
            monkeypatch.setattr(module, lambda *_a, t=t, **_k: noise_at(int(t)))
        x = scheduler.step(toy(x, int(t)), t, x).prev_sample
    return x


def test_schedule_is_diffusers_cosine() -> None:
    peer = DDPMScheduler(**COMMON)
    np.testing.assert_allclose(SCHEDULE.alpha_bar, peer.alphas_cumprod.double().numpy(), rtol=2e-4, atol=1e-6)


def exact(scheduler: SchedulerMixin) -> SchedulerMixin:
    """Give a peer our float64 schedule: its own is float32, whose rounding is not what we compare."""
    scheduler.alphas_cumprod = torch.tensor(SCHEDULE.alpha_bar)
    return scheduler


def test_ddpm_agrees_with_diffusers(monkeypatch: pytest.MonkeyPatch) -> None:
    peer = exact(DDPMScheduler(**COMMON, clip_sample=False, timestep_spacing="trailing"))
    peer.set_timesteps(50)
    ours = ddpm(toy, start(), schedule=SCHEDULE, timesteps=peer.timesteps.tolist(), noise=noise_at)
    torch.testing.assert_close(ours, peer_loop(peer, peer.timesteps, monkeypatch), atol=1e-5, rtol=0)


def test_ddim_agrees_with_diffusers() -> None:
    peer = exact(DDIMScheduler(**COMMON, clip_sample=False, timestep_spacing="trailing", set_alpha_to_one=True))
    peer.set_timesteps(20)
    ours = ddim(toy, start(), schedule=SCHEDULE, timesteps=SCHEDULE.timesteps(20))
    assert peer.timesteps.tolist() == list(SCHEDULE.timesteps(20))
    torch.testing.assert_close(ours, peer_loop(peer, peer.timesteps), atol=1e-5, rtol=0)


def test_dpmpp_agrees_with_diffusers() -> None:
    peer = DPMSolverMultistepScheduler(
        **COMMON, algorithm_type="dpmsolver++", solver_order=2, timestep_spacing="trailing", final_sigmas_type="zero"
    )
    peer.alphas_cumprod = torch.tensor(SCHEDULE.alpha_bar)
    peer.set_timesteps(12)
    steps = torch.tensor(SCHEDULE.timesteps(12))
    kept = SCHEDULE.alpha_bar[steps.numpy()]
    peer.timesteps = steps
    peer.sigmas = torch.tensor([*np.sqrt((1 - kept) / kept), 0.0])
    ours = dpmpp_2m(toy, start(), schedule=SCHEDULE, timesteps=SCHEDULE.timesteps(12))
    torch.testing.assert_close(ours, peer_loop(peer, steps), atol=1e-5, rtol=0)


@pytest.mark.parametrize(("name", "steps"), [("dpmpp", 40), ("ddim", 1000)])
def test_a_gaussian_is_solved_exactly(name: str, steps: int) -> None:
    """For data N(mean, spread^2) the flow is linear: (x - alpha mean) / sqrt(alpha^2 spread^2 + sigma^2) stays."""
    mean, spread = 0.7, 0.4
    times = SCHEDULE.timesteps(steps)

    def denoise(x: np.ndarray, timestep: int) -> np.ndarray:
        alpha, sigma = SCHEDULE.alpha(timestep), SCHEDULE.sigma(timestep)
        gain = alpha * spread**2 / (alpha**2 * spread**2 + sigma**2)
        return mean + gain * (x - alpha * mean)

    x = np.linspace(-2, 2, 9)
    alpha, sigma = SCHEDULE.alpha(times[0]), SCHEDULE.sigma(times[0])
    truth = mean + spread * (x - alpha * mean) / math.sqrt(alpha**2 * spread**2 + sigma**2)
    found = SAMPLERS[name](denoise, x, schedule=SCHEDULE, timesteps=times, noise=None)
    np.testing.assert_allclose(found, truth, atol=0.02)


def test_ddpm_draws_a_gaussian() -> None:
    mean, spread = 0.7, 0.4
    draws = np.random.default_rng(0)

    def denoise(x: np.ndarray, timestep: int) -> np.ndarray:
        alpha, sigma = SCHEDULE.alpha(timestep), SCHEDULE.sigma(timestep)
        return mean + alpha * spread**2 / (alpha**2 * spread**2 + sigma**2) * (x - alpha * mean)

    found = ddpm(
        denoise,
        draws.standard_normal(20_000),
        schedule=SCHEDULE,
        timesteps=SCHEDULE.timesteps(1000),
        noise=lambda _t: draws.standard_normal(20_000),
    )
    assert abs(found.mean() - mean) < 0.01
    assert abs(found.std() - spread) < 0.01


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize("steps", [1, 2, 10])
def test_a_perfect_denoiser_returns_the_data(name: str, steps: int) -> None:
    data = torch.randn(5, 7, generator=torch.Generator().manual_seed(0))
    found = SAMPLERS[name](
        lambda _x, _t: data,
        torch.ones(5, 7),
        schedule=SCHEDULE,
        timesteps=SCHEDULE.timesteps(steps),
        noise=lambda _t: torch.ones(5, 7),
    )
    torch.testing.assert_close(found, data)


@pytest.mark.parametrize("count", [1, 2, 3, 10, 100, 999, 1000])
def test_log_snr_timesteps_fall_from_pure_noise(count: int) -> None:
    found = SCHEDULE.log_snr_timesteps(count)
    assert len(found) == count
    assert found[0] == 999
    assert found[-1] >= 0
    assert all(first > second for first, second in pairwise(found))


def test_too_many_log_snr_timesteps_are_refused() -> None:
    with pytest.raises(ValueError, match="1 to 1000"):
        SCHEDULE.log_snr_timesteps(1001)


@pytest.mark.parametrize("power", [1.0, 30.0, 1000.0])
def test_ten_steps_in_log_snr_keep_what_lasts_a_window(power: float) -> None:
    """Of Gaussian data of any power the sampler's own output is Gaussian, so its variance says what it loses."""

    def exact(x: float, timestep: int) -> float:
        alpha, sigma = SCHEDULE.alpha(timestep), SCHEDULE.sigma(timestep)
        return alpha * power / (alpha**2 * power + sigma**2) * x

    kept = dpmpp_2m(exact, 1.0, schedule=SCHEDULE, timesteps=timesteps_of("dpmpp", SCHEDULE, 10)) ** 2 / power
    evenly = dpmpp_2m(exact, 1.0, schedule=SCHEDULE, timesteps=SCHEDULE.timesteps(10)) ** 2 / power
    assert kept == pytest.approx(1.0, abs=0.08)
    assert abs(evenly - 1) > abs(kept - 1)


def test_ancestral_sampling_stops_evenly_in_time() -> None:
    assert timesteps_of("ddpm", SCHEDULE, 1000) == tuple(range(999, -1, -1))
