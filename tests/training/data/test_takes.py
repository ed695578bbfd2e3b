"""Windows drawn from takes are the takes' own frames."""

from collections.abc import Callable

import numpy as np
import pytest

from training.data.takes import TakeArrays, WindowSource, styles_of

MakeTake = Callable[..., TakeArrays]


@pytest.fixture
def takes(make_take: MakeTake, generator: np.random.Generator) -> list[TakeArrays]:
    return [
        make_take("1", 100, generator=generator),
        make_take("2", 20, generator=generator, speaker="bob"),
        make_take("3", 33, generator=generator, speaker=""),
    ]


def test_a_window_is_a_stretch_of_one_take(takes: list[TakeArrays], generator: np.random.Generator) -> None:
    source = WindowSource(takes, window=32, styles=styles_of(takes))
    found = source.draw(1000, generator=generator)
    assert styles_of(takes) == ("ada", "bob")
    seen = set()
    for motion, audio, style, valid in zip(found.motion, found.audio, found.style, found.valid_frames, strict=True):
        take = {1: takes[0], 2: takes[1], 0: takes[2]}[int(style)]
        start = int(np.argmin(np.abs(take.motion.astype(np.float32) - motion[0]).sum(axis=1)))
        np.testing.assert_array_equal(motion[:valid], take.motion[start : start + valid])
        np.testing.assert_array_equal(audio[:valid], take.audio[start : start + valid])
        assert valid == min(32, take.frames)
        seen.add((int(style), start))
    assert {(2, 0), (0, 0), (0, 1)} <= seen
    assert {start for style, start in seen if style == 1} == set(range(69))


def test_spread_windows_cover_the_takes_and_short_ones_repeat_their_last_frame(takes: list[TakeArrays]) -> None:
    source = WindowSource(takes, window=32, styles=styles_of(takes))
    found = source.spread(100)
    first = [(takes[0], 0), (takes[0], 32), (takes[0], 64), (takes[1], 0), (takes[2], 0)]
    assert len(found.motion) == len(first)
    for motion, (take, start) in zip(found.motion, first, strict=True):
        np.testing.assert_array_equal(motion[0], take.motion[start])
    np.testing.assert_array_equal(found.motion[3, 20:], np.repeat(takes[1].motion[-1:], 12, axis=0))
    np.testing.assert_array_equal(source.spread(3).motion, found.motion[[0, 2, 4]])
