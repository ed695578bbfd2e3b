"""The level of a recording, and what brings an odd one to where everything behind expects it. Ours."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.audio.clipping import FLOATS
from exges_core.timeline import AUDIO_RATE_HZ

SILENCE_DB = -60.0
"""Sound whose loudest 1/30 s stays below this level (dB re full scale) is silent."""
_BLOCK = 8 * AUDIO_RATE_HZ
_HOP = AUDIO_RATE_HZ // 30
_OFFSET = 0.005
"""A mean beyond this (-46 dB) is the microphone's or the sound card's, not the voice's."""
_LOWEST_SPEECH_DB = {"PCM_24": -115.0, "PCM_32": -115.0, "FLOAT": -115.0, "DOUBLE": -115.0}
_LOWEST_IN_16_BITS_DB = -85.0
"""Below, the steps of 16 bits are all there is."""
_DIGITAL_SILENCE = 1e-17
_SPEECH_CONTRAST_DB = 15.0
"""Speech moves at least this far between its loud parts and its pauses; hiss and hum do not."""
_RAISED_TO_DB = -20.0


def decibels(power: float) -> float:
    """Return a mean square in dB re full scale, -200 for nothing."""
    return float(10 * np.log10(max(power, 1e-20)))


def blocks_with_power(
    samples: Float[Array, "samples"],
) -> Iterator[tuple[Float[Array, "block"], Float[Array, "hops"]]]:
    """Yield the samples in float64, 8 s at a time, with the mean square of every 1/30 s."""
    for start in range(0, samples.shape[0], _BLOCK):
        block = samples[start : start + _BLOCK].astype(np.float64)
        edges = np.arange(0, block.shape[0], _HOP)
        yield block, np.add.reduceat(np.square(block), edges) / np.diff(np.append(edges, block.shape[0]))


def level_out(samples: Float[Array, "samples"], *, source_peak: float, subtype: str) -> tuple[str, ...]:
    """Take out a constant offset, turn down what goes beyond full scale, raise whispers; in place.

    Args:
        samples: the recording at 16 kHz.
        source_peak: greatest magnitude in the file; floats and lossy codecs go beyond 1, and nothing is lost there.
        subtype: the file's sample format.

    Returns:
        What was done, in plain words; a lossy codec's overshoot is nothing to speak of.
    """
    notes: list[str] = []
    offset = float(samples.mean(dtype=np.float64))
    if abs(offset) > _OFFSET:
        samples -= np.float32(offset)
        notes.append(f"a constant offset of {offset:.1%} of full scale is taken out")
    peak = peak_of(samples)
    if source_peak > 1 and peak > 1:
        samples /= np.float32(peak)
        if subtype in FLOATS:
            notes.append(f"the sound goes {decibels(peak**2):.1f} dB beyond full scale: turned down, nothing is lost")
    gain_db = _missing_db(samples, _LOWEST_SPEECH_DB.get(subtype, _LOWEST_IN_16_BITS_DB))
    if gain_db > 0:
        samples *= np.float32(10 ** (gain_db / 20))
        notes.append(f"the recording is very quiet: raised by {gain_db:.0f} dB, its noise with it")
    return tuple(notes)


def peak_of(samples: Float[Array, "samples"]) -> float:
    """Return the greatest magnitude, without a copy; 0 of nothing."""
    return float(max(samples.max(initial=0.0), -samples.min(initial=0.0)))


def _missing_db(samples: Array, lowest_db: float) -> float:
    """Return by how much to raise a recording that would count as silent but moves like speech; else 0."""
    powers = np.concatenate([np.zeros(0), *(each for _, each in blocks_with_power(samples))])
    loudest_db = decibels(float(powers.max(initial=0.0)))
    if loudest_db >= SILENCE_DB or loudest_db < lowest_db:
        return 0.0
    # Where a gate has cut to nothing, there is nothing to compare with.
    loud_db, pause_db = (decibels(float(each)) for each in np.percentile(powers[powers > _DIGITAL_SILENCE], (95, 10)))
    if loud_db < lowest_db or loud_db - pause_db < _SPEECH_CONTRAST_DB:
        return 0.0
    return min(_RAISED_TO_DB - loudest_db, -decibels(peak_of(samples) ** 2))
