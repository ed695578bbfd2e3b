"""A seed and a speech are one performance: on every machine, and no other speech's."""

from pathlib import Path

import numpy as np
import pytest

from exges_core import assets
from exges_core.audio.fingerprint import fingerprint, performance_seed
from exges_core.audio.waveform import Waveform, read_waveform, write_waveform
from exges_core.timeline import AUDIO_RATE_HZ


@pytest.fixture(scope="module")
def demo() -> Waveform:
    return read_waveform(assets.DEMO_SPEECH)


def test_the_last_bits_of_samples_do_not_count(demo: Waveform, generator: np.random.Generator) -> None:
    noise = 1e-6 * generator.standard_normal(demo.samples.shape)
    near = Waveform(samples=(demo.samples + noise).astype(np.float32))
    assert not np.array_equal(near.samples, demo.samples)
    assert fingerprint(near) == fingerprint(demo)


def test_another_file_of_the_same_sound_is_the_same_performance(demo: Waveform, tmp_path: Path) -> None:
    for name in ("a.wav", "a.flac"):
        write_waveform(tmp_path / name, demo)
        assert performance_seed(3, fingerprint(read_waveform(tmp_path / name))) == performance_seed(
            3, fingerprint(demo)
        )


def test_other_speeches_and_other_seeds_are_other_performances(demo: Waveform) -> None:
    parts = [demo.cut(start_s, start_s + 4.0) for start_s in np.arange(0.0, 17.0, 0.5)]
    assert len({fingerprint(part) for part in parts}) == len(parts)
    assert len({performance_seed(seed, fingerprint(demo)) for seed in range(100)}) == 100


def test_silence_and_the_shortest_sound_have_one() -> None:
    for samples in (np.zeros(AUDIO_RATE_HZ), np.ones(5)):
        sound = Waveform(samples=samples.astype(np.float32))
        assert fingerprint(sound) == fingerprint(sound)
