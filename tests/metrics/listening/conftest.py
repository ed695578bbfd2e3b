"""Made-up takes whose strokes are known to the frame: an arm that swings at given instants, a voice."""

from collections.abc import Callable

import numpy as np
import pytest

from exges_core.audio.waveform import Waveform
from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import quat_from_rotvec
from exges_core.motion.skeleton import JOINTS, joint_index

RATE_HZ = 30.0


def swinging(
    times_s: np.ndarray, duration_s: float, *, hand: str = "right", width_s: float = 0.15, size: float = 0.5
) -> MotionClip:
    """Turn one shoulder to and fro, fastest at `times_s`."""
    frames = round(duration_s * RATE_HZ)
    at = np.arange(frames) / RATE_HZ
    way = (-1.0) ** np.arange(len(times_s))
    turn = (way * (1 + np.tanh((at[:, None] - times_s) / (0.5 * width_s))) / 2).sum(axis=1) * size
    rotvec = np.zeros((frames, JOINTS, 3))
    rotvec[:, joint_index(f"{hand}_shoulder"), 1] = turn
    return MotionClip(
        local_quat_wxyz=quat_from_rotvec(rotvec),
        root_position_m=np.tile([0.0, 0.95, 0.0], (frames, 1)),
        frame_rate_hz=RATE_HZ,
    )


def voice(times_s: np.ndarray, duration_s: float, *, pauses_s: tuple[tuple[float, float], ...] = ()) -> Waveform:
    """Hum at 120 Hz, louder and higher for 0.15 s about `times_s`, silent in the pauses."""
    at = np.arange(round(duration_s * 16_000)) / 16_000
    accent = np.exp(-(((at[:, None] - times_s) / 0.06) ** 2)).sum(axis=1) if len(times_s) else np.zeros(len(at))
    phase = 2 * np.pi * np.cumsum(120.0 * 2.0 ** (0.4 * accent)) / 16_000
    samples = (0.1 + 0.3 * accent) * sum(np.sin(k * phase) / k for k in range(1, 6))
    for start_s, end_s in pauses_s:
        samples[(at >= start_s) & (at < end_s)] = 0.0
    return Waveform(samples=samples.astype(np.float32))


@pytest.fixture(scope="session")
def instants() -> Callable[[int, float], np.ndarray]:
    """Return a maker of instants, irregular and at least 0.7 s apart: (seed, duration) -> seconds."""

    def made(seed: int, duration_s: float) -> np.ndarray:
        gaps = 0.7 + np.random.default_rng(seed).gamma(2.0, 0.5, int(duration_s))
        found = np.cumsum(gaps)
        return found[found < duration_s - 0.7]

    return made


@pytest.fixture(name="swinging", scope="session")
def swinging_fixture() -> Callable[..., MotionClip]:
    return swinging


@pytest.fixture(name="voice", scope="session")
def voice_fixture() -> Callable[..., Waveform]:
    return voice
