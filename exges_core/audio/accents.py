"""Where a voice puts its accents: syllables that are louder and higher than what is around them, words unknown.

What gestures lean on and what a listener hears, language aside. Only sound features in here, no motion.
"""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Bool, Float
from exges_core.audio.features import (
    AUDIO_CHANNELS,
    ENERGY,
    LOG_F0,
    energy_db_of,
    semitones_of,
)
from exges_core.signals.filters import gaussian
from exges_core.signals.peaks import peaks_of
from exges_core.timeline import MOTION_RATE_HZ

_AROUND_S = 1.0
_SYLLABLE_S = 1 / 15
_LOUD_DB, _HIGH_SEMITONES = 5.0, 2.0
"""A rise of so much over what is around counts as 1."""
_HEIGHT, _PROMINENCE, _APART_S = 0.6, 0.3, 0.25
_SPEECH_DB = 30.0


def prominence(features: Float[Array, "frames 84"]) -> Float[Array, "frames"]:
    """Return how much energy and pitch stand out from the second around; 0 = as usual, 1 = clearly; ours.

    Energy in steps of 5 dB and pitch in steps of 2 semitones over their means under a Gaussian of 1 s (where there is
    speech, and voice), added and smoothed over a syllable. On the authored corpus (test voice) 70 % of the words that
    its prosody accents have a peak within 0.1 s of their stress, 21 % would by chance.
    """
    assert features.shape[1] == AUDIO_CHANNELS
    energy_db = energy_db_of(features[:, ENERGY])
    is_speech = energy_db > np.percentile(energy_db, 95) - _SPEECH_DB
    louder = _over_surroundings(energy_db, is_speech) / _LOUD_DB
    pitch = features[:, LOG_F0]
    return louder + _over_surroundings(semitones_of(pitch), pitch > 0) / _HIGH_SEMITONES


def accents_s(features: Float[Array, "frames 84"]) -> Float[Array, "accents"]:
    """Return the instants of accents, seconds, at least 0.25 s apart: about one a second of speech; none in silence."""
    if len(features) < 3:
        return np.zeros(0)
    course = prominence(features)
    apart = max(1, round(_APART_S * MOTION_RATE_HZ))
    return peaks_of(course, height=_HEIGHT, prominence=_PROMINENCE, apart=apart) / MOTION_RATE_HZ


def _over_surroundings(values: Float[Array, "frames"], is_in: Bool[Array, "frames"]) -> Array:
    """Return values less their local mean over the frames that count, smoothed; 0 elsewhere."""
    wide = _AROUND_S * MOTION_RATE_HZ
    weight = gaussian(is_in.astype(np.float64), wide)
    mean = gaussian(np.where(is_in, values, 0.0).astype(np.float64), wide) / np.maximum(weight, 1e-3)
    return gaussian(np.where(is_in, values - mean, 0.0), _SYLLABLE_S * MOTION_RATE_HZ)
