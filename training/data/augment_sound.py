"""Variations of recorded speech: voice, room, noise, microphone, level, codec. Pure functions of samples.

Every one returns float32 of the same length with everything at its time, except tempo, which scales all times alike.
What is random comes from a generator. Built on scipy, soxr and libsndfile; no labels, no motion, no files here.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import soundfile
import soxr
from scipy.fft import next_fast_len
from scipy.signal import firwin2, oaconvolve

from exges_core.arrays import Array, Float, percentile, whole_number


class Codec(NamedTuple):
    """A coding of libsndfile and how it is set."""

    rate_hz: int
    container: str
    coding: str
    compression_level: float | None = None
    bitrate_mode: str | None = None


CODECS = {
    "telephone": Codec(8000, "WAV", "ULAW"),
    "gsm": Codec(8000, "WAV", "GSM610"),
    "mp3": Codec(16_000, "MP3", "MPEG_LAYER_III", 0.95, "VARIABLE"),
    "opus": Codec(16_000, "OGG", "OPUS", 0.98),
    "vorbis": Codec(16_000, "OGG", "VORBIS", 1.0),
}
"""10 to 25 kbit/s, but for the telephone's mu-law. MP3 at a constant rate would come back 69 ms late."""

_OVERLAP_S = 0.015
_SEARCH_S = 0.005
"""How far a piece may slip to fit its neighbour: the error of any label's time, and half the period of 100 Hz."""
_CENTRE_PREFERENCE = 0.1
_SPECTRUM_S = 0.032
_POLES = 18
_LAG_WINDOW_HZ = 40.0
_MOST_GAIN = float(np.log(10.0))
_FRAMES_AT_ONCE = 2048
_ACTIVE_DB = 25.0
_TAPS = 511
_CODEC_BLOCK = 65_536

Samples = Float[Array, "samples"]


def change_tempo(samples: Samples, rate_hz: int, tempo: float) -> Float[Array, "changed"]:
    """Return speech `tempo` times as fast at the same pitch, n / tempo samples long: time t moves to t / tempo.

    Waveform-similarity overlap-add (Verhelst and Roelands 1993): pieces are taken where they fit their neighbour best,
    at most 5 ms from where they should be, so no time is off by more; unlike in a phase vocoder, clicks stay sharp.
    """
    if tempo == 1.0:
        return samples.copy()
    hop, reach = round(_OVERLAP_S * rate_hz), round(_SEARCH_S * rate_hz)
    length = max(1, round(len(samples) / tempo))
    pieces = -(-length // hop) + 1
    nominal = np.round(np.arange(pieces) * hop * tempo).astype(np.int64)
    # Position p of the padded signal starts the piece whose middle is sample p - reach of the original.
    padded = np.pad(samples, (hop + reach, max(0, int(nominal[-1]) - len(samples)) + 2 * hop + 2 * reach))
    energy = np.concatenate([[0.0], np.cumsum(np.square(padded, dtype=np.float64))])
    preference = 1 - _CENTRE_PREFERENCE * np.abs(np.arange(-reach, reach + 1)) / max(reach, 1)
    starts = nominal + reach
    for piece in range(1, pieces):
        before, first = starts[piece - 1] + hop, nominal[piece]
        wanted = padded[before : before + hop]
        likeness = np.correlate(padded[first : first + hop + 2 * reach], wanted, "valid")
        power = energy[first + hop : first + hop + 2 * reach + 1] - energy[first : first + 2 * reach + 1]
        score = likeness / np.sqrt(np.maximum(power, 1e-9))
        best = int((np.maximum(score, 0) * preference).argmax())
        starts[piece] = first + (best if score[best] > 1e-6 else reach)
    window = np.hanning(2 * hop + 1)[:-1].astype(np.float32)
    cut = padded[starts[:, None] + np.arange(2 * hop)] * window
    # Piece k covers [(k - 1) hop, (k + 1) hop) of the result: its second half overlaps the next one's first.
    joined = np.concatenate([cut[:-1, hop:] + cut[1:, :hop], cut[-1:, hop:]]).reshape(-1)
    return np.ascontiguousarray(joined[:length], np.float32)


def change_formants(samples: Samples, rate_hz: int, ratio: float) -> Samples:
    """Return speech whose spectral envelope is stretched by `ratio` along frequency; its pitch stays.

    The envelope is that of linear prediction; each frame's spectrum is multiplied by envelope(f / ratio) over
    envelope(f), by at most 20 dB.
    """
    if ratio == 1.0:
        return samples.copy()
    size = round(_SPECTRUM_S * rate_hz / 4) * 4
    hop = size // 4
    frames = -(-len(samples) // hop) + 3
    padded = np.pad(samples, (size - hop, frames * hop + size - len(samples)))
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    bins = np.arange(size // 2 + 1)
    source = np.minimum(bins / ratio, bins[-1])
    below = np.minimum(source.astype(np.int64), bins[-1] - 1)
    share = source - below
    result = np.zeros(len(padded), np.float32)
    for first in range(0, frames, _FRAMES_AT_ONCE):
        numbers = np.arange(first, min(first + _FRAMES_AT_ONCE, frames))
        spectrum = np.fft.rfft(padded[numbers[:, None] * hop + np.arange(size)] * window)
        envelope = _log_envelope(spectrum, rate_hz)
        moved = envelope[:, below] * (1 - share) + envelope[:, below + 1] * share
        gain = np.exp(np.clip(moved - envelope, -_MOST_GAIN, _MOST_GAIN))
        pieces = np.fft.irfft(spectrum * gain, size).astype(np.float32) * window / 1.5
        for number, piece in zip(numbers.tolist(), pieces, strict=True):
            result[number * hop : number * hop + size] += piece
    return np.ascontiguousarray(result[size - hop :][: len(samples)])


def change_voice(
    samples: Samples, rate_hz: int, *, pitch: float = 1.0, formants: float = 1.0, tempo: float = 1.0
) -> Float[Array, "changed"]:
    """Return speech of another pitch, vocal tract and tempo, n / tempo samples long: as the three, in fewer passes.

    Resampling by `pitch` moves everything; tempo and formants are then brought to where they shall be.
    """
    moved = samples if pitch == 1.0 else soxr.resample(samples, rate_hz * pitch, rate_hz).astype(np.float32)
    changed = change_formants(change_tempo(moved, rate_hz, tempo / pitch), rate_hz, formants / pitch)
    return _fitted(changed, max(1, round(len(samples) / tempo)))


def reverberate(
    samples: Samples, rate_hz: int, *, rt60_s: float, direct_db: float, generator: np.random.Generator
) -> Samples:
    """Return speech in a room that falls by 60 dB in `rt60_s`; the direct sound comes first and undelayed.

    The made-up room answers with six early reflections within 40 ms and noise that decays, duller the later; all of it
    together lies `direct_db` below the direct sound.
    """
    length = max(round(rt60_s * rate_hz), round(0.05 * rate_hz))
    time_s = np.arange(length) / rate_hz
    late = generator.standard_normal(length)
    dull = np.convolve(late, [0.25, 0.5, 0.25], "same")
    late += (dull - late) * np.minimum(time_s / rt60_s, 1.0)
    late *= np.minimum(time_s / 0.02, 1.0)
    early = generator.uniform(0.002, 0.04, 6)
    late[np.round(early * rate_hz).astype(np.int64)] += generator.choice([-1.0, 1.0], 6) * 3.0
    late *= 10.0 ** (-3.0 * time_s / rt60_s)
    late[0] = 0.0
    late *= 10.0 ** (-direct_db / 20) / np.sqrt(np.sum(late**2))
    late[0] = 1.0
    return _convolved(samples, late)[: len(samples)]


def add_noise(
    samples: Samples, rate_hz: int, *, snr_db: float, exponent: float, generator: np.random.Generator
) -> Samples:
    """Return speech in steady noise whose power falls with frequency to the power of `exponent` (0 white, 2 brown)."""
    length = next_fast_len(len(samples), real=True)
    spectrum = np.fft.rfft(generator.standard_normal(length))
    hz = np.fft.rfftfreq(length, 1 / rate_hz)
    noise = np.fft.irfft(spectrum * np.maximum(hz, 40.0) ** (-exponent / 2), length)[: len(samples)]
    return mix(samples, noise.astype(np.float32), rate_hz, snr_db=snr_db)


def add_babble(
    samples: Samples,
    rate_hz: int,
    voices: Sequence[Float[Array, "_"]],
    *,
    snr_db: float,
    generator: np.random.Generator,
) -> Samples:
    """Return speech with other voices behind it, each from a random place in its own recording and repeated."""
    behind = np.zeros(len(samples), np.float32)
    for voice in voices:
        turned = np.roll(voice, -whole_number(generator, 0, len(voice)))
        behind += np.resize(turned, len(samples)) / np.sqrt(active_power(voice, rate_hz) + 1e-12)
    return mix(samples, behind, rate_hz, snr_db=snr_db)


def mix(samples: Samples, behind: Samples, rate_hz: int, *, snr_db: float) -> Samples:
    """Return speech with a sound behind it, `snr_db` below; both levels are those of their active parts."""
    found = active_power(behind, rate_hz)
    if found <= 0.0:
        return samples.copy()
    gain = np.sqrt(active_power(samples, rate_hz) / found) * 10.0 ** (-snr_db / 20)
    return (samples + np.float32(gain) * behind).astype(np.float32)


def active_power(samples: Float[Array, "_"], rate_hz: int) -> float:
    """Return the mean square of the frames within 25 dB of the loud ones (99th percentile): pauses do not count."""
    size = min(max(1, round(_SPECTRUM_S * rate_hz)), len(samples))
    count = len(samples) // size
    powers = np.square(samples[: count * size], dtype=np.float64).reshape(count, size).mean(axis=1)
    loud = float(percentile(powers, 99))
    return float(powers[powers >= loud * 10.0 ** (-_ACTIVE_DB / 10)].mean())


def equalise(
    samples: Samples,
    rate_hz: int,
    *,
    tilt_db_per_octave: float = 0.0,
    bumps: Sequence[tuple[float, float]] = (),
    band_hz: tuple[float, float] | None = None,
) -> Samples:
    """Return speech through a microphone: a tilt about 1 kHz, octave-wide bumps (Hz, dB) and limits 12 dB per octave.

    A filter of linear phase whose delay is taken out.
    """
    hz = np.linspace(0, rate_hz / 2, 513)
    octave = np.log2(np.maximum(hz, 40.0) / 1000.0)
    gain_db = tilt_db_per_octave * octave
    for centre_hz, height_db in bumps:
        gain_db += height_db * np.exp(-0.5 * ((octave - np.log2(centre_hz / 1000.0)) / 0.5) ** 2)
    if band_hz is not None:
        low, high = (np.log2(edge / 1000.0) for edge in band_hz)
        gain_db -= 12.0 * (np.maximum(low - octave, 0) + np.maximum(octave - high, 0))
    taps = np.asarray(firwin2(_TAPS, hz, 10.0 ** (gain_db / 20), fs=rate_hz))
    return _convolved(samples, taps)[_TAPS // 2 :][: len(samples)]


def change_level(samples: Samples, gain_db: float) -> Samples:
    """Return speech louder by `gain_db`; what exceeds full scale is cut off, as a converter does."""
    return np.clip(samples * 10.0 ** (gain_db / 20), -1.0, 1.0).astype(np.float32)


def transcode(samples: Samples, rate_hz: int, codec: str) -> Samples:
    """Return speech as it comes out of a codec of `CODECS`.

    Raises:
        KeyError: if there is no codec of that name.
    """
    how = CODECS[codec]
    sent = np.clip(samples, -1.0, 1.0)
    if how.rate_hz != rate_hz:
        sent = np.clip(soxr.resample(sent, rate_hz, how.rate_hz), -1.0, 1.0)
    stream = io.BytesIO()
    with soundfile.SoundFile(
        stream,
        "w",
        samplerate=how.rate_hz,
        channels=1,
        format=how.container,
        subtype=how.coding,
        compression_level=how.compression_level,
        bitrate_mode=how.bitrate_mode,
    ) as file:
        for start in range(0, len(sent), _CODEC_BLOCK):  # libsndfile keeps a whole call on its stack
            file.write(sent[start : start + _CODEC_BLOCK])
    stream.seek(0)
    received = soundfile.read(stream, dtype="float32")[0]
    if how.rate_hz != rate_hz:
        received = soxr.resample(received, how.rate_hz, rate_hz)
    return np.clip(_fitted(received, len(samples)), -1.0, 1.0).astype(np.float32)


def _log_envelope(spectrum: Array, rate_hz: int) -> Float[Array, "frames bins"]:
    """Return the logarithm of the magnitude that linear prediction sees, all poles, fine enough for single formants.

    Autocorrelation method after pre-emphasis, with a lag window (harmonics are not formants); Levinson's recursion for
    all frames at once.
    """
    bins = spectrum.shape[1]
    emphasis = np.abs(1 - 0.95 * np.exp(-1j * np.pi * np.arange(bins) / (bins - 1))) ** 2
    lags = np.fft.irfft(np.abs(spectrum) ** 2 * emphasis)[:, : _POLES + 1]
    lags = lags * np.exp(-0.5 * (2 * np.pi * _LAG_WINDOW_HZ / rate_hz * np.arange(_POLES + 1)) ** 2)
    lags[:, 0] = lags[:, 0] * (1 + 1e-5) + 1e-9
    polynomial = np.zeros((len(lags), _POLES + 1))
    polynomial[:, 0] = 1.0
    error = lags[:, 0].copy()
    for order in range(1, _POLES + 1):
        reflection = -np.sum(polynomial[:, :order] * lags[:, order:0:-1], axis=1) / error
        polynomial[:, 1 : order + 1] += reflection[:, None] * polynomial[:, order - 1 :: -1][:, :order]
        error *= 1 - reflection**2
    response = np.abs(np.fft.rfft(polynomial, 2 * (bins - 1)))
    return 0.5 * np.log(error[:, None] / emphasis) - np.log(response)


def _convolved(samples: Samples, response: Float[Array, "taps"]) -> Float[Array, "longer"]:
    return np.asarray(oaconvolve(samples, response.astype(np.float32)), np.float32)


def _fitted(samples: Float[Array, "found"], length: int) -> Float[Array, "wanted"]:
    """Return `length` samples: a few are cut or silence added."""
    return np.pad(samples[:length], (0, max(0, length - len(samples)))).astype(np.float32)
