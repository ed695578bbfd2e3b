"""Are hands and head calmer where nobody speaks? Speakers' are: they rest, hold, or prepare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from exges_core.arrays import Array, Bool, Float
from exges_core.audio.pauses import pauses
from exges_core.audio.waveform import Waveform
from exges_core.metrics.listening.wrists import wrist_speeds_m_per_s
from exges_core.motion.clip import MotionClip
from exges_core.motion.kinematics import angular_speed_rad_per_s
from exges_core.motion.skeleton import joint_index

PAUSE_S = 0.3
"""A shorter silence is a closure inside a word, or no time to rest."""
_STILL = 1e-5
"""A mean speed below this is rounding."""


class Calm(NamedTuple):
    """Sums of one take, so that takes add up.

    Attributes:
        speech, pause: sum of the speed over frames with and without voice.
        speech_frames, pause_frames: how many there are.
    """

    speech: float
    pause: float
    speech_frames: int
    pause_frames: int

    @property
    def ratio(self) -> float:
        """Return mean speed in speech over that in pauses: 1 by chance, people 1.15 to 2.3; NaN without either."""
        is_still = self.speech + self.pause <= _STILL * (self.speech_frames + self.pause_frames)
        if not self.speech_frames or not self.pause_frames or is_still:
            return float("nan")
        if self.pause == 0.0:
            return float("inf")
        return (self.speech / self.speech_frames) / (self.pause / self.pause_frames)

    @staticmethod
    def total(parts: Sequence[Calm]) -> Calm:
        """Return several takes as one."""
        return Calm(
            speech=sum(part.speech for part in parts),
            pause=sum(part.pause for part in parts),
            speech_frames=sum(part.speech_frames for part in parts),
            pause_frames=sum(part.pause_frames for part in parts),
        )


def is_pause(waveform: Waveform, frames: int, rate_hz: float) -> Bool[Array, "frames"]:
    """Return the frames inside silences of at least `PAUSE_S` (True)."""
    found = np.zeros(frames, bool)
    for span in pauses(waveform, at_least_s=PAUSE_S):
        found[int(np.ceil(span.start_s * rate_hz)) : int(np.ceil(span.end_s * rate_hz))] = True
    return found


def calm_of(speed: Float[Array, "frames"], in_pause: Bool[Array, "frames"]) -> Calm:
    """Return the sums of a speed (any unit) over speech and pauses."""
    voiced = ~in_pause
    return Calm(float(speed[voiced].sum()), float(speed[in_pause].sum()), int(voiced.sum()), int(in_pause.sum()))


def arms_in_pauses(clip: MotionClip, waveform: Waveform) -> Calm:
    """Return how much both wrists move (m/s about the pelvis) in speech and in pauses; ours."""
    return calm_of(wrist_speeds_m_per_s(clip).sum(axis=1), is_pause(waveform, clip.frames, clip.frame_rate_hz))


def head_in_pauses(clip: MotionClip, waveform: Waveform) -> Calm:
    """Return how fast the head turns in the world (rad/s) in speech and in pauses; ours."""
    head = clip.pose().world_quat_wxyz[:, [joint_index("head")]]
    turning = np.append(angular_speed_rad_per_s(head, clip.frame_rate_hz)[:, 0], 0.0)[: clip.frames]
    return calm_of(turning, is_pause(waveform, clip.frames, clip.frame_rate_hz))
