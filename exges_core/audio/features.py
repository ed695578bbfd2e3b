"""Sound into network channels: 84 per motion frame, pure numpy, each frame centred exactly on its instant.

Frame k looks at the 64 ms around k/30 s. A hop would be 533.33 samples; instead every window is gathered at its own
rounded centre, so nothing drifts over an hour. Channels, each roughly unit-scaled by the fixed constants below:

    0-79   log-mel power          80       energy (dB)        81   log-F0, 0 where unvoiced
    82     voicedness, 0 to 1     83       onset strength

The only thing taken from the whole clip is one gain (`_gain_db`), which makes microphones comparable. No files, no
words, no networks here.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from exges_core.arrays import Array, Bool, Float, Int
from exges_core.audio.pauses import moves_as_speech
from exges_core.audio.waveform import Waveform
from exges_core.signals.mel import mel_bands
from exges_core.timeline import AUDIO_RATE_HZ, MOTION_RATE_HZ, frames_in

MEL_CHANNELS = 80
AUDIO_CHANNELS = 84
ENERGY, LOG_F0, VOICEDNESS, ONSET = range(MEL_CHANNELS, AUDIO_CHANNELS)
"""Where the prosody channels are."""
F0_RANGE_HZ = (60.0, 400.0)

_WINDOW = 1024
_PADDED = 2048
_BLOCK_FRAMES = 512
_TARGET_DB = -20.0
_MAX_GAIN_DB = 50.0
_FLOOR_DB = -100.0
_SILENCE_DB = -60.0
_MEL_CENTRE_DB, _MEL_SCALE_DB = -55.0, 20.0
_ENERGY_CENTRE_DB, _ENERGY_SCALE_DB = -28.0, 15.0
_ONSET_SCALE_DB = 10.0
_F0_REFERENCE_HZ, _F0_SCALE_OCTAVES = 50.0, 2.0
_VOICED_FROM = 0.6
_VOICED_DB = -50.0
_OCTAVE_COST = 0.02
_F0_BAND_HZ = (50.0, 1500.0)


def audio_features(waveform: Waveform) -> Float[Array, "frames 84"]:
    """Compute the audio channels at 30 Hz; ours.

    Log-mel uses Slaney's filters as librosa does; F0 is the autocorrelation of Boersma (1993) on a low-passed power
    spectrum, without path search; onset strength is the mean rise of the log-mel spectrum over one frame.

    >>> audio_features(Waveform(samples=np.zeros(16_000, np.float32))).shape
    (30, 84)

    Returns:
        float32 of `timeline.frames_in(duration)` frames; the same samples always give the same bits.
    """
    frames = frames_in(waveform.duration_s)
    mel_db = np.empty((frames, MEL_CHANNELS), dtype=np.float32)
    energy_db = np.empty(frames, dtype=np.float32)
    f0_hz = np.empty(frames, dtype=np.float32)
    voicedness = np.empty(frames, dtype=np.float32)
    centres = frame_centres(frames)
    for start in range(0, frames, _BLOCK_FRAMES):
        block = slice(start, start + _BLOCK_FRAMES)
        power = _power_spectrum(waveform.samples, centres[block])
        # Contiguous, or the product is not BLAS's and takes thirty times as long.
        mel_db[block] = _decibels(np.ascontiguousarray(power[:, ::2]) @ _mel_filters())
        energy_db[block] = _decibels(power.mean(axis=1))
        f0_hz[block], voicedness[block] = _pitch(power)
    gain_db = _gain_db(energy_db)
    energy_db += gain_db
    mel_db = np.maximum(mel_db + gain_db, _FLOOR_DB)
    is_voiced = _steady((voicedness > _VOICED_FROM) & (energy_db > _VOICED_DB))
    return _assemble(mel_db, energy_db, _unfold_octaves(f0_hz, is_voiced), voicedness, is_voiced)


def onset_times_s(waveform: Waveform) -> Float[Array, "onsets"]:
    """Return the instants of audio onsets (librosa's defaults, as the beat-consistency metric uses them).

    For measuring corpora: librosa is not among what the engine needs.
    """
    import librosa

    times = librosa.onset.onset_detect(y=waveform.samples, sr=AUDIO_RATE_HZ, units="time")
    return np.asarray(times, dtype=np.float64)


def frame_centres(frames: int) -> Int[Array, "frames"]:
    """Return the sample nearest to every frame; exact rational arithmetic, so nothing drifts."""
    return (2 * AUDIO_RATE_HZ * np.arange(frames, dtype=np.int64) + MOTION_RATE_HZ) // (2 * MOTION_RATE_HZ)


def energy_db_of(channel: Float[Array, "frames"]) -> Float[Array, "frames"]:
    """Return the energy channel in dB, as it was before scaling."""
    return channel * _ENERGY_SCALE_DB + _ENERGY_CENTRE_DB


def semitones_of(channel: Float[Array, "frames"]) -> Float[Array, "frames"]:
    """Return the log-F0 channel in semitones over 50 Hz; meaningless where it is 0 (unvoiced)."""
    return channel * (12.0 * _F0_SCALE_OCTAVES)


@lru_cache(maxsize=1)
def _mel_filters() -> Float[Array, "bins mels"]:
    bands = mel_bands(rate_hz=AUDIO_RATE_HZ, window=_WINDOW, count=MEL_CHANNELS)
    return np.ascontiguousarray(bands.T)


@lru_cache(maxsize=1)
def _hann() -> Float[Array, "window"]:
    window = np.hanning(_WINDOW + 1)[:-1]
    return (window / np.sqrt(np.mean(window**2))).astype(np.float32)


@lru_cache(maxsize=1)
def _window_correlation() -> Float[Array, "lags"]:
    correlation = np.fft.irfft(np.abs(np.fft.rfft(_hann(), _PADDED)) ** 2)
    return (correlation / correlation[0])[: _WINDOW // 2].astype(np.float32)


@lru_cache(maxsize=1)
def _pitch_band() -> Float[Array, "bins"]:
    """Pass what carries the pitch: high formants and hiss only disturb the correlation."""
    hz = np.linspace(0, AUDIO_RATE_HZ / 2, _PADDED // 2 + 1)
    low, high = _F0_BAND_HZ
    return (1 / (1 + (hz / high) ** 8) / (1 + (low / np.maximum(hz, 1e-3)) ** 8)).astype(np.float32)


def _decibels(power: Array) -> Array:
    return 10 * np.log10(np.maximum(power, 1e-20))


def _power_spectrum(samples: Array, centres: Array) -> Float[Array, "frames bins"]:
    """Return power per bin; its mean over bins is the mean square of the frame; beyond the ends is silence."""
    start, stop = int(centres[0]) - _WINDOW // 2, int(centres[-1]) + _WINDOW // 2
    missing = (max(0, -start), max(0, stop - samples.shape[0]))
    stretch = np.pad(samples[max(0, start) : stop], missing)
    windows = np.lib.stride_tricks.sliding_window_view(stretch, _WINDOW)[centres - centres[0]]
    spectrum = np.fft.rfft(windows * _hann(), _PADDED)
    return ((spectrum.real**2 + spectrum.imag**2) / _WINDOW).astype(np.float32)


def _pitch(power: Float[Array, "frames bins"]) -> tuple[Float[Array, "frames"], Float[Array, "frames"]]:
    """Return F0 in Hz and voicedness (the correlation at that period, 0 to 1) per frame.

    Boersma (1993): the correlation of the windowed signal over that of the window; a small cost per octave of lag
    prefers the shortest of equal periods.
    """
    correlation = np.fft.irfft(power * _pitch_band())[:, : _WINDOW // 2].astype(np.float32)
    correlation /= np.maximum(correlation[:, :1], 1e-12) * _window_correlation()
    first, last = round(AUDIO_RATE_HZ / F0_RANGE_HZ[1]) - 1, round(AUDIO_RATE_HZ / F0_RANGE_HZ[0]) + 1
    before, here, after = (correlation[:, first + shift : last + 1 + shift] for shift in (-1, 0, 1))
    octaves = np.log2(np.arange(first, last + 1) / first, dtype=np.float32)
    score = np.where((here >= before) & (here > after), here - _OCTAVE_COST * octaves, np.float32(-1))
    best = score.argmax(axis=1)[:, None]
    left, peak, right = (np.take_along_axis(each, best, axis=1)[:, 0] for each in (before, here, after))
    bend = np.where(score.max(axis=1) > 0, left - 2 * peak + right, np.float32(-1))
    shift = np.where(bend < -1e-9, 0.5 * (left - right) / np.minimum(bend, -1e-9), 0)
    voicedness = np.where(score.max(axis=1) > 0, np.clip(peak, 0, 1), 0)
    return AUDIO_RATE_HZ / (first + best[:, 0] + np.clip(shift, -0.5, 0.5)), voicedness


def _gain_db(energy_db: Float[Array, "frames"]) -> float:
    """Return the gain that brings the clip's active frames to `_TARGET_DB`: the one look at the whole clip.

    Active is within 25 dB of the loud frames (99th percentile: a click does not count); silence keeps its level, a
    voice recorded with little gain does not.
    """
    loud_db = float(np.percentile(energy_db, 99))
    if loud_db < _SILENCE_DB and not moves_as_speech(energy_db):
        return 0.0
    active_db = float(np.median(energy_db[energy_db > loud_db - 25]))
    return float(np.clip(_TARGET_DB - active_db, -_MAX_GAIN_DB, _MAX_GAIN_DB))


def _steady(is_voiced: Bool[Array, "frames"]) -> Bool[Array, "frames"]:
    """Drop voiced runs of a single frame: 33 ms of voice is noise."""
    edged = np.pad(is_voiced, 1)
    return is_voiced & (edged[:-2] | edged[2:])


def _unfold_octaves(f0_hz: Float[Array, "frames"], is_voiced: Bool[Array, "frames"]) -> Float[Array, "frames"]:
    """Undo octave errors: fold back a voiced frame 0.7 octaves off the median of its 15 neighbours."""
    voiced = np.log2(f0_hz[is_voiced])
    if voiced.size < 3:
        return f0_hz
    reach = min(7, (voiced.size - 1) // 2)
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(voiced, reach, mode="reflect"), 2 * reach + 1)
    octaves_off = voiced - np.median(windows, axis=1)
    folded = voiced - np.sign(octaves_off) * np.floor(np.abs(octaves_off) + 0.3)
    low, high = np.log2(F0_RANGE_HZ)
    fixed = f0_hz.copy()
    fixed[is_voiced] = np.exp2(np.where((folded >= low) & (folded <= high), folded, voiced))
    return fixed


def _assemble(
    mel_db: Float[Array, "frames 80"],
    energy_db: Float[Array, "frames"],
    f0_hz: Float[Array, "frames"],
    voicedness: Float[Array, "frames"],
    is_voiced: Bool[Array, "frames"],
) -> Float[Array, "frames 84"]:
    features = np.empty((mel_db.shape[0], AUDIO_CHANNELS), dtype=np.float32)
    features[:, :MEL_CHANNELS] = (mel_db - _MEL_CENTRE_DB) / _MEL_SCALE_DB
    features[:, ENERGY] = (np.maximum(energy_db, _FLOOR_DB) - _ENERGY_CENTRE_DB) / _ENERGY_SCALE_DB
    features[:, LOG_F0] = np.where(is_voiced, np.log2(f0_hz / _F0_REFERENCE_HZ) / _F0_SCALE_OCTAVES, 0)
    features[:, VOICEDNESS] = voicedness
    rise_db = np.maximum(np.diff(np.maximum(mel_db, _SILENCE_DB), axis=0), 0)
    features[0, ONSET] = 0
    features[1:, ONSET] = rise_db.mean(axis=1) / _ONSET_SCALE_DB
    return features
