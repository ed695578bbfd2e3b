"""A small untrained network with random weights, ready for inference."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from exges_core.diffusion.config import DenoiserConfig
from exges_core.diffusion.denoiser import Denoiser
from exges_core.diffusion.model import LoadedDenoiser
from exges_core.motion.features import MOTION_CHANNELS, ROTATION_CHANNELS, FeatureStatistics


@pytest.fixture(scope="session")
def model() -> LoadedDenoiser:
    config = DenoiserConfig(latent=32, layers=2, heads=2, feed_forward=64, window_frames=64, styles=2)
    generator = torch.Generator().manual_seed(1)
    network = Denoiser(config).eval().requires_grad_(False)
    for each in network.parameters():
        each.copy_(torch.randn(each.shape, generator=generator) * 0.08)
    mean = np.zeros(MOTION_CHANNELS, np.float32)
    mean[:ROTATION_CHANNELS] = np.tile([1, 0, 0, 0, 1, 0], 55)
    return LoadedDenoiser(
        config=config,
        stats=FeatureStatistics(mean=mean, std=np.full(MOTION_CHANNELS, 0.1, np.float32)),
        styles=("ada", "bob"),
        name="tiny",
        sha256="0" * 64,
        provenance={},
        device=torch.device("cpu"),
        network=network,
        is_bf16=False,
    )


@pytest.fixture
def sound(generator: np.random.Generator) -> Callable[[int], np.ndarray]:
    return lambda frames: generator.standard_normal((frames, 84)).astype(np.float32)
