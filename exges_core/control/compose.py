"""Compose: retrieved poses and an animator's keys become one mask (paper 3.2 end and 3.3). Arrays only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exges_core import timeline
from exges_core.arrays import Array, Bool, Int
from exges_core.control.masks import GROUPS, ORIGIN, Observed, channels_of_groups, combine, nothing
from exges_core.errors import ControlError, message
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import MOTION_CHANNELS, ROTATION_CHANNELS
from exges_core.motion.rotations import rot6d_from_quat
from exges_core.motion.skeleton import HANDS, JOINT_NAMES, JOINTS, UPPER_BODY, joint_index
from exges_core.planning.casting import Role
from exges_core.score.records import SIDES, Stroke

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
LEAD_S = 0.1
HOLD_S = 0.4


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
    _check(strength, joints)
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


def show_roles(
    roles: Sequence[Role], keys: Observed | None, frames: int, *, strength: float = 1.0, joints: str = "upper-body"
) -> Observed:
    """Observe cast gestures softly, each along its stroke's phases; keys lie over them. Ours.

    Of a gesture of one hand, the other arm is left alone. Shown is what lies from `LEAD_S` before the stroke to the end
    of its hold (at most `HOLD_S`): how the hand gets there and back again is the denoiser's.

    Raises:
        ControlError: if the strength is outside 0 .. 1 or the joints are none of `GESTURE_JOINTS`.
    """
    _check(strength, joints)
    soft = nothing(frames, anchor=ORIGIN if keys is None else keys.anchor)
    for role in roles if strength else ():
        at, source = _warped(role, frames)
        if not len(at):
            continue
        soft.is_observed[at] |= _channels_of(role.stroke, joints)
        shown = _features(role.motion, source)
        soft.target[at] = np.where(_channels_of(role.stroke, joints), shown, soft.target[at])
        soft.confidence[at] = strength * np.clip(role.confidence, 0.0, 1.0)
    return soft if keys is None else combine(soft, keys)


def _warped(role: Role, frames: int) -> tuple[Int[Array, "shown"], Int[Array, "shown"]]:
    """Return frames of the take and of the gesture's motion that belong together, phase by phase."""
    planned, made = role.stroke, role.source
    hold_s = min(planned.hold_end_s, planned.apex_s + HOLD_S)
    first = max(timeline.frame_at(max(planned.stroke_start_s - LEAD_S, planned.start_s)), 0)
    at = np.arange(first, min(timeline.frame_at(hold_s) + 1, frames))
    own_s = [planned.start_s, planned.stroke_start_s, planned.apex_s, max(planned.hold_end_s, planned.apex_s + 0.05)]
    their_s = [made.start_s, made.stroke_start_s, made.apex_s, max(made.hold_end_s, made.apex_s)]
    # Strictly rising, for phases may be empty.
    rising = np.maximum.accumulate(np.array(own_s) + 1e-6 * np.arange(4))
    source_s = np.interp(at / timeline.MOTION_RATE_HZ, rising, their_s)
    return at, np.clip(np.rint(source_s * timeline.MOTION_RATE_HZ).astype(np.int64), 0, role.motion.frames - 1)


def _channels_of(stroke: Stroke, joints: str) -> Bool[Array, "channels"]:
    is_group = np.zeros(GROUPS, bool)
    is_group[list(GESTURE_JOINTS[joints])] = True
    for side in SIDES:
        if not stroke.uses(side):
            is_group[[joint for joint in range(JOINTS) if JOINT_NAMES[joint].startswith(f"{side}_")]] = False
    return channels_of_groups(is_group)


def _check(strength: float, joints: str) -> None:
    if not 0.0 <= strength <= 1.0:
        raise _wrong("a strength from 0 to 1", f"{strength:g}", "retrieval strength")
    if joints not in GESTURE_JOINTS:
        raise _wrong(f"one of {', '.join(GESTURE_JOINTS)}", repr(joints), "retrieval joints")


def _wrong(expected: str, got: str, where: str) -> ControlError:
    return ControlError(message(expected=expected, got=got, where=where, do="Choose another value."))


def _features(clip: MotionClip, frames: Array) -> Array:
    """Return rotation channels of some frames; root and contacts stay zero, for they are not used."""
    features = np.zeros((len(frames), MOTION_CHANNELS), np.float32)
    features[:, :ROTATION_CHANNELS] = rot6d_from_quat(clip.local_quat_wxyz[frames]).reshape(-1, ROTATION_CHANNELS)
    return features
