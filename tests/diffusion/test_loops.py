"""A loop is denoised as a circle: it has no beginning, whatever its length against the window's."""

from collections.abc import Callable

import numpy as np
import pytest

from exges_core.diffusion import loops
from exges_core.diffusion.longform import Sampling
from exges_core.diffusion.loops import generate_loop, windows_around
from exges_core.diffusion.model import LoadedDenoiser
from exges_core.diffusion.noise import noise_on
from exges_core.errors import Cancelled
from exges_core.protocol import Progress

Sound = Callable[[int], np.ndarray]
SAMPLING = Sampling(style="ada", seed=5, steps=4)


@pytest.mark.parametrize(("frames", "count"), [(20, 2), (64, 2), (96, 3), (192, 6)])
def test_turned_noise_and_sound_give_the_same_motion_turned(
    model: LoadedDenoiser, sound: Sound, monkeypatch: pytest.MonkeyPatch, frames: int, count: int
) -> None:
    features, turn = sound(frames), frames // count
    assert len(windows_around(frames, window=64, overlap=32)) == count
    plain = generate_loop(model, features, SAMPLING)

    def turned(length: int, seed: int, timestep: int) -> np.ndarray:
        return np.roll(noise_on(length, seed, timestep), turn, axis=0)

    monkeypatch.setattr(loops, "noise_on", turned)
    found = generate_loop(model, np.roll(features, turn, axis=0), SAMPLING)
    np.testing.assert_allclose(found, np.roll(plain, turn, axis=0), atol=1e-5)
    assert not np.allclose(found, plain, atol=1e-3)


@pytest.mark.parametrize("frames", [1, 37, 63, 65, 200])
def test_windows_go_all_the_way_round(frames: int) -> None:
    windows = windows_around(frames, window=64, overlap=16)
    starts = [each.start for each in windows]
    assert starts[0] == 0
    assert len(windows) >= 2
    assert {len(each) for each in windows} == {64}
    steps = np.diff([*starts, frames])
    assert steps.max() <= 64 - 16
    assert steps.max() - steps.min() <= 1


def test_a_loop_has_a_row_per_frame_and_can_be_cancelled(model: LoadedDenoiser, sound: Sound) -> None:
    told = list[Progress]()
    made = generate_loop(model, sound(50), SAMPLING, score=np.zeros((50, 29), np.float32), on_progress=told.append)
    assert made.shape == (50, 337)
    assert np.isfinite(made).all()
    assert told[-1].fraction == 1.0

    def stop(_step: Progress) -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        generate_loop(model, sound(50), SAMPLING, on_progress=stop)
