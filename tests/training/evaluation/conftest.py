"""Tiny networks with random weights and made-up takes, so that every table can be made in seconds."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from exges_core.audio.features import audio_features
from exges_core.audio.waveform import Waveform
from exges_core.diffusion.denoiser import Denoiser, DenoiserConfig
from exges_core.diffusion.model import LoadedDenoiser
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import MOTION_CHANNELS, ROTATION_CHANNELS, FeatureStatistics
from exges_core.motion.rotations import quat_from_rotvec
from exges_core.speech.segments import segment
from exges_core.speech.words import Word
from training.evaluation.material import KnownTake


def tiny_denoiser(seed: int = 1, **config: object) -> LoadedDenoiser:
    """Return an untrained network whose answers depend on everything it is given."""
    sizes = DenoiserConfig(
        latent=32, layers=1, heads=2, feed_forward=32, window_frames=64, styles=2, frames_per_token=4, **config
    )  # type: ignore[arg-type]
    network = Denoiser(sizes).eval().requires_grad_(False)
    generator = torch.Generator().manual_seed(seed)
    for each in network.parameters():
        each.copy_(torch.randn(each.shape, generator=generator) * 0.08)
    mean = np.zeros(MOTION_CHANNELS, np.float32)
    mean[:ROTATION_CHANNELS] = np.tile([1, 0, 0, 0, 1, 0], 55)
    mean[ROTATION_CHANNELS + 1] = 0.9
    return LoadedDenoiser(
        config=sizes,
        stats=FeatureStatistics(mean=mean, std=np.full(MOTION_CHANNELS, 0.1, np.float32)),
        styles=("ada", "bob"),
        name="tiny",
        sha256="0" * 64,
        provenance={},
        device=torch.device("cpu"),
        network=network,
        is_bf16=False,
    )


def known_take(name: str, seconds: float, *, seed: int, speaker: str = "ada") -> KnownTake:
    """Return a take of smooth turns with a sound of clicks and three words a second."""
    drawn = np.random.default_rng(seed)
    frames = round(30 * seconds)
    times = np.arange(frames)[:, None, None] / 30
    rotvec = 0.3 * np.sin(2 * np.pi * drawn.uniform(0.3, 1.0, (1, 55, 3)) * times + drawn.uniform(0, 6, (1, 55, 3)))
    rotvec[:, :3] *= 0.1
    clip = MotionClip(
        local_quat_wxyz=quat_from_rotvec(rotvec),
        root_position_m=np.tile([0.0, 0.95, 0.0], (frames, 1)),
        frame_rate_hz=30.0,
    )
    samples = 0.01 * drawn.standard_normal(round(16_000 * seconds))
    for start in range(4_000, len(samples) - 2_000, 9_000):
        samples[start : start + 2_000] += 0.5 * np.sin(np.arange(2_000) * 0.08) * np.linspace(1, 0, 2_000)
    waveform = Waveform(samples=samples.astype(np.float32))
    words = tuple(
        Word(text=("this", "is", "how", "we", "speak")[place % 5], start_s=place / 3, end_s=(place + 0.9) / 3)
        for place in range(int(3 * seconds) - 1)
    )
    return KnownTake(
        id=f"1_{speaker}_0_{name}_{name}",
        speaker=speaker,
        truth=clip,
        waveform=waveform,
        audio=audio_features(waveform)[:frames],
        segments=segment(words, waveform),
    )


@pytest.fixture(scope="session")
def denoiser() -> LoadedDenoiser:
    return tiny_denoiser()


@pytest.fixture(scope="session")
def takes() -> list[KnownTake]:
    return [known_take("1", 7.0, seed=1), known_take("2", 7.4, seed=2, speaker="bob"), known_take("3", 7.2, seed=3)]


@pytest.fixture(scope="session")
def make_denoiser() -> Callable[..., LoadedDenoiser]:
    return tiny_denoiser
