"""Motion and sound on their way into a base: equal length, the right rate, somebody speaking."""

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from retrieval.conftest import random_clip

from exges_core import assets
from exges_core.audio.waveform import Waveform, read_waveform
from exges_core.errors import LibraryError
from exges_core.motion.clip import MotionClip
from exges_core.retrieval.sources import source_take


@pytest.fixture(scope="module")
def sound() -> Waveform:
    """Return 6 s of speech."""
    return read_waveform(assets.DEMO_SPEECH).cut(0.0, 6.0)


def clip_of(seconds: float, generator: np.random.Generator, rate_hz: float = 30.0) -> MotionClip:
    return replace(random_clip(round(seconds * rate_hz), generator), frame_rate_hz=rate_hz)


@pytest.mark.parametrize(("seconds", "longer"), [(5.2, "sound"), (6.9, "motion")])
def test_up_to_a_second_is_trimmed_and_said(
    sound: Waveform, generator: np.random.Generator, caplog: pytest.LogCaptureFixture, seconds: float, longer: str
) -> None:
    with caplog.at_level(logging.WARNING):
        take = source_take("mine", clip_of(seconds, generator), sound, None)
    assert f"mine: the {longer} is 0." in caplog.text
    assert take.audio is not None
    assert len(take.audio) == take.clip.frames == min(round(30 * seconds), 180)
    assert all(take.frames_of(segment)[1] <= take.clip.frames for segment in take.segments)


@pytest.mark.parametrize("seconds", [4.4, 7.4])
def test_more_is_refused(sound: Waveform, generator: np.random.Generator, seconds: float) -> None:
    with pytest.raises(LibraryError, match=r"mine: expected motion and sound of equal length.*Cut both"):
        source_take("mine", clip_of(seconds, generator), sound, None)


@pytest.mark.parametrize(("true_hz", "written_hz"), [(60.0, 30.0), (120.0, 60.0), (30.0, 120.0)])
def test_a_wrong_frame_rate_is_named(
    sound: Waveform, generator: np.random.Generator, true_hz: float, written_hz: float
) -> None:
    clip = replace(clip_of(6.0, generator, true_hz), frame_rate_hz=written_hz)
    with pytest.raises(LibraryError, match=rf"says {written_hz:g} frames per second; at {true_hz:g} they would fit"):
        source_take("mine", clip, sound, None)


def test_another_rate_is_brought_to_30(sound: Waveform, generator: np.random.Generator) -> None:
    take = source_take("mine", clip_of(6.0, generator, 120.0), sound, None)
    assert take.clip.frame_rate_hz == 30.0
    assert abs(take.clip.frames - 180) <= 1


def test_silence_is_refused(generator: np.random.Generator, tmp_path: Path) -> None:
    path = tmp_path / "silence.wav"
    soundfile.write(path, np.zeros(32_000), 16_000)
    with pytest.raises(LibraryError, match="no segment in it"):
        source_take("mine", clip_of(2.0, generator), read_waveform(path), None)
