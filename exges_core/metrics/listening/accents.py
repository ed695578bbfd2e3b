"""For one take that nobody labelled: do its own strokes lie on the accents of its sound?"""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.audio.accents import accents_s
from exges_core.metrics.listening.events import REACH_S, Meetings, meetings
from exges_core.metrics.listening.wrists import movement_peaks_s, wrist_speeds_m_per_s
from exges_core.motion.clip import MotionClip


def strokes_on_accents(clip: MotionClip, features: Float[Array, "frames 84"]) -> Meetings:
    """Return how many wrist-speed peaks lie within 0.2 s of an accent of the sound, and by chance; ours.

    Either wrist's peaks count on their own. Every second peak meets an accent by chance, so only `excess` tells
    something: 0 for deaf motion, about 0.12 for the authored corpus; of one take its sd is about 0.05.
    """
    return _on(clip, accents_s(features))


def _on(clip: MotionClip, accents: Float[Array, "accents"]) -> Meetings:
    speeds = wrist_speeds_m_per_s(clip)
    peaks = np.concatenate([movement_peaks_s(speeds[:, side], clip.frame_rate_hz) for side in (0, 1)])
    return meetings(peaks, accents, clip.duration_s)


def accent_report(clip: MotionClip, features: Float[Array, "frames 84"]) -> dict[str, float | int | None]:
    """Return it for JSON: strokes, accents, on_accents (a number of strokes), by_chance (the same), within_s."""
    accents = accents_s(features)
    found = _on(clip, accents)
    return {
        "strokes": found.events,
        "accents": len(accents),
        "on_accents": int(found.met),
        "by_chance": round(found.chance, 2),
        "within_s": REACH_S,
    }
