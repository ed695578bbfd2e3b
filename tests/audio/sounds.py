"""Sounds that tests make: something that moves like a voice, and files with other bytes than they should have."""

from pathlib import Path

import numpy as np
import soundfile

RATE_HZ = 48_000


def voice(duration_s: float = 2.0, rate_hz: int = RATE_HZ, seed: int = 1) -> np.ndarray:
    """Make harmonics in four syllables a second with pauses between phrases, float32, peak 0.5."""
    draw = np.random.default_rng(seed)
    times_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    phase = 2 * np.pi * np.cumsum(110 + 60 * draw.random() + 20 * np.sin(2 * np.pi * (0.7 + draw.random()) * times_s))
    harmonics = sum(np.sin(k * phase / rate_hz + 6 * draw.random()) / k for k in range(1, 18))
    syllables = np.clip(np.sin(2 * np.pi * 4 * times_s + 6 * draw.random()), 0, 1) ** 0.5
    is_spoken = (times_s * 1.1 + draw.random()) % 1 < 0.75
    signal = harmonics * syllables * is_spoken
    return (0.5 * signal / np.abs(signal).max()).astype(np.float32)


def write(path: Path, *channels: np.ndarray, subtype: str = "PCM_16", rate_hz: int = RATE_HZ, **options: str) -> Path:
    """Write channels side by side; the suffix says the format."""
    soundfile.write(path, np.stack(channels, axis=1), rate_hz, subtype=subtype, **options)
    return path


def alike(found: np.ndarray, expected: np.ndarray) -> float:
    """Return the correlation of two sounds over the length of the shorter one, either way up."""
    size = min(found.shape[0], expected.shape[0])
    return abs(float(np.corrcoef(found[:size], expected[:size])[0, 1]))


def level_db(samples: np.ndarray) -> float:
    """Return the mean level, dB re full scale."""
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64))))
