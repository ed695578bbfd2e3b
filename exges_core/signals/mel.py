"""Bands as wide as the ear hears them: from a power spectrum to mel channels."""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Float

_LINEAR_HZ = 200.0 / 3.0
"""Of one mel below 1000 Hz."""
_BREAK_HZ, _BREAK_MEL = 1000.0, 15.0
_LOG_STEP = float(np.log(6.4)) / 27.0
"""Of one mel above, in natural logarithms of the frequency."""


def mel_bands(*, rate_hz: float, window: int, count: int) -> Float[Array, "count bins"]:
    """Return each band's weights over a spectrum's bins, float32: `librosa.filters.mel`.

    Triangles of equal area (Slaney 1998, "Auditory Toolbox"), evenly apart in mel from 0 to half the rate.

    Args:
        rate_hz: of the sound.
        window: samples of a spectrum; it has window / 2 + 1 bins.
        count: of bands.
    """
    edges = _hz(np.linspace(0.0, _mel(0.5 * rate_hz), count + 2))
    bins = np.fft.rfftfreq(window, 1.0 / rate_hz)
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    bands = np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)
    bands *= (2.0 / (edges[2:] - edges[:-2]))[:, None]
    return bands


def _mel(hz: float) -> float:
    if hz < _BREAK_HZ:
        return hz / _LINEAR_HZ
    return _BREAK_MEL + float(np.log(hz / _BREAK_HZ)) / _LOG_STEP


def _hz(mel: Float[Array, "edges"]) -> Float[Array, "edges"]:
    above = _BREAK_HZ * np.exp(_LOG_STEP * (mel - _BREAK_MEL))
    return np.where(mel < _BREAK_MEL, _LINEAR_HZ * mel, above)
