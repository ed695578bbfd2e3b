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


def test_a_short_take_is_padded_with_its_last_frame(takes: list[TakeArrays]) -> None:
    source = WindowSource(takes, window=32, styles=styles_of(takes))
    found = source.gather(np.array([1]), np.array([0]))
    np.testing.assert_array_equal(found.motion[0, 20:], np.repeat(takes[1].motion[-1:], 12, axis=0))


def test_every_window_covers_the_takes(takes: list[TakeArrays]) -> None:
    take, start = WindowSource(takes, window=32, styles=()).every(32)
    assert take.tolist() == [0, 0, 0, 1, 2]
    assert start.tolist() == [0, 32, 64, 0, 0]
