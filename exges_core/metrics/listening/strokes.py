"""Do hands stroke where the labels of the speech's gestures say they should?

Labels are those of a performance of the same speech: of the truth, of the same speech acted anew, or of a planned one
(`strokes_of` a score). Even a right performance meets another one's labels only in part (the authored corpus acted
anew: 0.15 of 0.33).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter1d

from exges_core.arrays import Array, Float
from exges_core.metrics.listening.events import Meetings, meetings
from exges_core.metrics.listening.wrists import movement_peaks_s, wrist_speeds_m_per_s
from exges_core.motion.clip import MotionClip
from exges_core.score.records import Score

Hand = Literal["left", "right", "both"]
ENVELOPE_FRAMES = 5.0
"""Standard deviation of a stroke in the envelope."""


@dataclass(frozen=True, kw_only=True)
class Stroke:
    """A labelled stroke, seconds from the take's start: Kendon's stroke phase, neither preparation nor hold."""

    start_s: float
    end_s: float
    hand: Hand

    @property
    def middle_s(self) -> float:
        """Return the instant half-way."""
        return (self.start_s + self.end_s) / 2


def strokes_of(score: Score) -> tuple[Stroke, ...]:
    """Return the stroke phases of a score: measured against these, motion is held to the plan it was made by."""
    return tuple(Stroke(start_s=each.stroke_start_s, end_s=each.apex_s, hand=each.hand) for each in score.strokes)


class Course(NamedTuple):
    """The stroke envelope and the wrists' speed of one take, frame by frame."""

    envelope: Float[Array, "frames"]
    speed_m_per_s: Float[Array, "frames"]

    @property
    def correlation(self) -> float:
        """Return Pearson's r: 0 by chance (sd 0.06 for a minute), NaN where either never changes."""
        envelope, speed = self.envelope, self.speed_m_per_s
        if not len(envelope) or np.ptp(envelope) < 1e-12 or np.ptp(speed) < 1e-9:
            return float("nan")
        return float(np.corrcoef(envelope, speed)[0, 1])


def stroke_hits(clip: MotionClip, strokes: Sequence[Stroke]) -> Meetings:
    """Return how many strokes have a peak of their wrist's speed within 0.2 s of their middle, and by chance; ours.

    A stroke of both hands is met by either. Chance: the strokes shifted round the take. `excess` is the measure:
    0 for a motion that does not know the speech, about 0.35 for the authored corpus against its own labels.
    """
    speeds = wrist_speeds_m_per_s(clip)
    left, right = (movement_peaks_s(speeds[:, side], clip.frame_rate_hz) for side in (0, 1))
    peaks = {"left": left, "right": right, "both": np.concatenate([left, right])}
    found = [
        meetings(
            np.array([each.middle_s for each in strokes if each.hand == hand and each.middle_s < clip.duration_s]),
            of_hand,
            clip.duration_s,
        )
        for hand, of_hand in peaks.items()
    ]
    return Meetings.total(found)


def stroke_course(clip: MotionClip, strokes: Sequence[Stroke]) -> Course:
    """Return impulses at the strokes' middles under a Gaussian of `ENVELOPE_FRAMES`, beside both wrists' summed speed.

    `correlation` is the measure (ours): 0 by chance, about 0.4 for the authored corpus against its own labels.
    """
    impulses = np.zeros(clip.frames)
    for each in strokes:
        frame = round(each.middle_s * clip.frame_rate_hz)
        if 0 <= frame < clip.frames:
            impulses[frame] += 1.0
    envelope = gaussian_filter1d(impulses, ENVELOPE_FRAMES * clip.frame_rate_hz / 30.0)
    return Course(envelope, wrist_speeds_m_per_s(clip).sum(axis=1))
