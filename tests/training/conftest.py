"""Small made-up takes: smooth rotations about rest that follow a made-up sound."""

from collections.abc import Callable

import numpy as np
import pytest

from exges_core.motion.features import MOTION_CHANNELS, ROOT_CHANNELS, ROTATION_CHANNELS
from exges_core.motion.rotations import quat_from_rotvec, rot6d_from_quat
from training.data.takes import TakeArrays


def make_take(name: str, frames: int, *, generator: np.random.Generator, speaker: str = "ada") -> TakeArrays:
    times = np.arange(frames)[:, None, None] / 30
    rates = generator.uniform(0.5, 2.0, (1, 55, 3))
    rotvec = 0.4 * np.sin(2 * np.pi * rates * times + generator.uniform(0, 6, (1, 55, 3)))
    motion = np.zeros((frames, MOTION_CHANNELS))
    motion[:, :ROTATION_CHANNELS] = rot6d_from_quat(quat_from_rotvec(rotvec)).reshape(frames, -1)
    motion[:, ROOT_CHANNELS] = [0, 0.9, 0] + 0.05 * np.sin(times[:, 0])
    audio = np.concatenate([rotvec.reshape(frames, -1)[:, :80], rotvec[:, :4, 0]], axis=1)
    return TakeArrays(
        id=f"1_{speaker}_0_{name}_{name}",
        speaker=speaker,
        split="train",
        motion=motion.astype(np.float16),
        audio=audio.astype(np.float16),
    )


@pytest.fixture(name="make_take")
def make_take_fixture() -> Callable[..., TakeArrays]:
    """Return the maker of made-up takes."""
    return make_take
