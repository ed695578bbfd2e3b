"""Compose: retrieved poses and an animator's keys become one mask (paper 3.2 end and 3.3). Arrays only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exges_core import timeline
from exges_core.control.masks import GROUPS, ORIGIN, Observed, channels_of_groups, combine, nothing
from exges_core.errors import ControlError, message
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import MOTION_CHANNELS, ROTATION_CHANNELS
from exges_core.motion.rotations import rot6d_from_quat
from exges_core.motion.skeleton import HANDS, UPPER_BODY, joint_index

GESTURE_JOINTS: dict[str, tuple[int, ...]] = {
    "upper-body": (*UPPER_BODY, *HANDS),
    "arms": (
        *(joint_index(f"{side}_{name}") for side in ("left", "right") for name in ("collar", "shoulder", "elbow")),
        *(joint_index(f"{side}_wrist") for side in ("left", "right")),
        *HANDS,
    ),
    "hands": (joint_index("left_wrist"), joint_index("right_wrist"), *HANDS),
}
"""What a retrieved pose may control. Stance, legs and gaze are never among it: they stay the speaker's own (ours)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class RetrievedPose:
    """A keyframe that retrieval found, and where in the speech it belongs.

    Attributes:
        clip: the source motion, at 30 fps.
        key_time_s: of the keyframe inside `clip`.
        query_time_s: its place in the speech.
        confidence: 0 to 1; the matching probability.
    """

    clip: MotionClip
    key_time_s: float
    query_time_s: float
    confidence: float


def compose(
    retrieved: Sequence[RetrievedPose],
    keys: Observed | None,
    frames: int,
    *,
    frames_per_pose: int = 1,
    strength: float = 1.0,
    joints: str = "upper-body",
) -> Observed:
    """Observe retrieved poses softly around their keyframes; keys lie over them.

    The paper inserts one frame per gesture. Poses outside the take are left out; where two meet, the more confident
    one stays.

    Args:
        retrieved: what was found, and where it belongs.
        keys: an animator's, or None.
        frames: of the take.
        frames_per_pose: consecutive frames around each keyframe (paper Table 2 uses 1 to 3), as far as the clip has
            them.
        strength: scales how long poses are observed while denoising: 1 = as their confidence says, 0 = not at all,
            which is the motion without retrieval, exactly.
        joints: one of `GESTURE_JOINTS`.

    Raises:
        ControlError: if the strength is outside 0 .. 1 or the joints are none of `GESTURE_JOINTS`.
    """
    if not 0.0 <= strength <= 1.0:
        raise _wrong("a strength from 0 to 1", f"{strength:g}", "retrieval strength")
    if joints not in GESTURE_JOINTS:
        raise _wrong(f"one of {', '.join(GESTURE_JOINTS)}", repr(joints), "retrieval joints")
    soft = nothing(frames, anchor=ORIGIN if keys is None else keys.anchor)
    is_group = np.zeros(GROUPS, bool)
    is_group[list(GESTURE_JOINTS[joints])] = True
    is_channel = channels_of_groups(is_group)
    for pose in sorted(retrieved if strength else (), key=lambda each: each.confidence):
        offsets = np.arange(frames_per_pose) - frames_per_pose // 2
        at = timeline.frame_at(pose.query_time_s) + offsets
        key = min(timeline.frame_at(pose.key_time_s), pose.clip.frames - 1)
        source = key + offsets
        is_inside = (at >= 0) & (at < frames) & (source >= 0) & (source < pose.clip.frames)
        at, source = at[is_inside], source[is_inside]
        soft.is_observed[at] = is_channel
        soft.target[at] = _features(pose.clip, source)
        soft.confidence[at] = strength * np.clip(pose.confidence, 0.0, 1.0)
    return soft if keys is None else combine(soft, keys)


def _wrong(expected: str, got: str, where: str) -> ControlError:
    return ControlError(message(expected=expected, got=got, where=where, do="Choose another value."))


def _features(clip: MotionClip, frames: np.ndarray) -> np.ndarray:
    """Return rotation channels of some frames; root and contacts stay zero, for they are not used."""
    features = np.zeros((len(frames), MOTION_CHANNELS), np.float32)
    features[:, :ROTATION_CHANNELS] = rot6d_from_quat(clip.local_quat_wxyz[frames]).reshape(-1, ROTATION_CHANNELS)
    return features
