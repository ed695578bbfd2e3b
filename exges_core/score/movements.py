"""Both wrists' courses and the single movements that they are made of: what strokes are looked for in.

Places are seen by the body, not the world: in arm lengths about the pelvis, outward to the hand's own side, up and
forward, so that left and right, turned and moved bodies look alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Float, Int, einsum
from exges_core.errors import SkeletonError, message
from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import quat_rotate
from exges_core.motion.skeleton import joint_index
from exges_core.motion.smooth import low_pass
from exges_core.score.records import SIDES
from exges_core.signals.peaks import peaks_of
from exges_core.timeline import MOTION_RATE_HZ

CUTOFF_HZ = 6.0
"""Gestures live below."""
_FACING_HZ = 1.0
FEWEST_FRAMES = 12
"""Less than 0.4 s holds no gesture that could be told from a twitch."""
LEAST_M_PER_S = 0.06
"""A slower movement is breath, sway or drift."""
_PROMINENCE_M_PER_S = 0.04
_AT_REST = 0.15
"""A movement lasts from where it passes this share of its top speed to where it falls below it."""
_STILL_M_PER_S = 0.03
_NEAR = 0.12
_SLOW_PERCENTILE = 40
_MOST_PLACES = 300
_USUAL_PERCENTILE = 90
_WRISTS = [joint_index(f"{side}_wrist") for side in SIDES]
_ACROSS = [joint_index(f"{side}_{name}") for name in ("hip", "shoulder") for side in SIDES]
_OUTWARD = np.array([[1.0, 1.0, 1.0], [-1.0, 1.0, 1.0]])
_PALM_AND_FINGERS = np.array([[(0.0, -1.0, 0.0), (1.0, 0.0, 0.0)], [(0.0, -1.0, 0.0), (-1.0, 0.0, 0.0)]])
"""At rest, in T-pose: of the left hand, of the right hand."""
_ARM = [joint_index("left_shoulder"), joint_index("left_elbow"), joint_index("left_wrist")]


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """How both wrists (left, right) go, at 30 Hz.

    Attributes:
        places: about the pelvis, arm lengths, axes outward, up, forward.
        velocity: arm lengths a second, the same axes.
        speed: its length.
        attitude: where the palm looks and the fingers point, unit vectors along the same axes.
        arm_m: length of an arm.
        usual: 90th percentile of the faster hand's speed: the take's own range, arm lengths a second.
    """

    places: Float[Array, "frames 2 3"]
    velocity: Float[Array, "frames 2 3"]
    speed: Float[Array, "frames 2"]
    attitude: Float[Array, "frames 2 6"]
    arm_m: float
    usual: float

    @property
    def frames(self) -> int:
        """Return the number of frames."""
        return len(self.speed)


def course_of(clip: MotionClip) -> Course | None:
    """Return the wrists' course; None for a clip of less than `FEWEST_FRAMES` frames at 30 Hz.

    Raises:
        SkeletonError: if the motion is not finite.
    """
    is_finite = np.isfinite(clip.local_quat_wxyz).all(axis=(1, 2)) & np.isfinite(clip.root_position_m).all(axis=1)
    if not is_finite.all():
        got = f"NaN or infinity in {int((~is_finite).sum())} frames, first in frame {int(np.argmin(is_finite))}"
        do = "Repair the motion or export it again."
        raise SkeletonError(message(expected="finite motion", got=got, where="looking for strokes", do=do))
    pose = clip.resample(MOTION_RATE_HZ).pose()
    positions = pose.positions_m
    if len(positions) < FEWEST_FRAMES:
        return None
    axes = _body_axes(positions)
    arm_m = float(np.linalg.norm(np.diff(positions[0, _ARM], axis=0), axis=-1).sum())
    places = _seen(positions[:, _WRISTS] - positions[:, :1], axes) / arm_m
    looks = quat_rotate(pose.world_quat_wxyz[:, _WRISTS, None], _PALM_AND_FINGERS)
    attitude = np.concatenate([_seen(looks[:, :, each], axes) for each in (0, 1)], axis=-1)
    return course_along(places, attitude, arm_m)


def course_along(places: Float[Array, "frames 2 3"], attitude: Float[Array, "frames 2 6"], arm_m: float) -> Course:
    """Return the course through places and attitudes at 30 Hz, low-passed at `CUTOFF_HZ`."""
    places = low_pass(places, rate_hz=MOTION_RATE_HZ, cutoff_hz=CUTOFF_HZ)
    velocity = np.gradient(places, axis=0) * MOTION_RATE_HZ
    speed = np.linalg.norm(velocity, axis=-1)
    return Course(
        places=places,
        velocity=velocity,
        speed=speed,
        attitude=low_pass(attitude, rate_hz=MOTION_RATE_HZ, cutoff_hz=CUTOFF_HZ),
        arm_m=arm_m,
        usual=float(np.percentile(speed, _USUAL_PERCENTILE, axis=0).max()),
    )


def _body_axes(positions: Float[Array, "frames joints 3"]) -> Float[Array, "frames 3 3"]:
    """Return the body's own left, up and forward; where it looks is smoothed."""
    hips, shoulders = positions[:, _ACROSS[:2]], positions[:, _ACROSS[2:]]
    across = hips[:, 0] - hips[:, 1] + shoulders[:, 0] - shoulders[:, 1]
    across[:, 1] = 0.0
    across = low_pass(across, rate_hz=MOTION_RATE_HZ, cutoff_hz=_FACING_HZ)
    across /= np.maximum(np.linalg.norm(across, axis=-1, keepdims=True), 1e-6)
    up = np.broadcast_to((0.0, 1.0, 0.0), across.shape)
    return np.stack([across, up, np.cross(across, up)], axis=1)


def _seen(vectors: Float[Array, "frames 2 3"], axes: Array) -> Float[Array, "frames 2 3"]:
    """Return vectors of the left and the right hand along outward, up and forward."""
    return einsum("tsk,tak->tsa", vectors, axes) * _OUTWARD


def movements_of(course: Course, side: int) -> Int[Array, "movements 3"]:
    """Return start, fastest and end frame of every movement of one hand, in order."""
    speed = course.speed[:, side] * course.arm_m
    peaks = peaks_of(speed, height=LEAST_M_PER_S, prominence=_PROMINENCE_M_PER_S)
    bounds = np.concatenate([[0], peaks, [len(speed) - 1]])
    found = np.empty((len(peaks), 3), dtype=np.int64)
    for number, peak in enumerate(peaks):
        slow = max(_AT_REST * float(speed[peak]), _STILL_M_PER_S)
        before, after = speed[bounds[number] : peak + 1], speed[peak : bounds[number + 2] + 1]
        stopped, stops = np.flatnonzero(before <= slow), np.flatnonzero(after <= slow)
        start = bounds[number] + (stopped[-1] if len(stopped) else before.argmin())
        found[number] = start, peak, peak + (stops[0] if len(stops) else after.argmin())
    return found


def rest_of(course: Course, side: int) -> Float[Array, "3"]:
    """Return where one hand is most often while it is slow: its place of rest in this take, whatever its height."""
    speed = course.speed[:, side]
    slow = course.places[speed <= np.percentile(speed, _SLOW_PERCENTILE), side]
    some = slow[:: max(1, len(slow) // _MOST_PLACES)]
    near = (np.linalg.norm(some[:, None] - some[None], axis=-1) < _NEAR).sum(axis=1)
    return some[int(near.argmax())]
