"""A piece of motion on the canonical body: local rotations, where the pelvis is, and the frame rate.

Frame k is the instant k / rate. Numpy alone: Blender's Python imports this. No files in here (npz, bvh do that).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.errors import SkeletonError, message
from exges_core.motion.kinematics import Pose, forward_kinematics, pose_of
from exges_core.motion.rotations import quat_normalise, slerp
from exges_core.motion.skeleton import DEFAULT_SKELETON, JOINTS, Skeleton

MOST_DURATION_S = 3 * 3600.0
"""Of a motion that comes in, as of sound: a few frames at a tiny frame rate would become days at 30."""
_MOST_M = 1e6
UNIT_TOLERANCE = 1e-3
"""How far from length 1 a quaternion may be when it enters; inside, all are at unit length."""


@dataclass(frozen=True, kw_only=True, eq=False)
class MotionClip:
    """Motion of the canonical body.

    Attributes:
        local_quat_wxyz: rotation of each joint against its parent; rest (T-pose) = identity.
        root_position_m: world position of the pelvis joint, Y up.
        frame_rate_hz: frames per second.
    """

    local_quat_wxyz: Float[Array, "frames 55 4"]
    root_position_m: Float[Array, "frames 3"]
    frame_rate_hz: float

    @classmethod
    def checked(
        cls,
        *,
        local_quat_wxyz: Array,
        root_position_m: Array,
        frame_rate_hz: float,
        where: str = "motion",
    ) -> MotionClip:
        """Build a clip from what came from outside: float64, unit quaternions, everything finite.

        Args:
            local_quat_wxyz: frames x 55 x 4, unit to 1e-3.
            root_position_m: frames x 3.
            frame_rate_hz: positive.
            where: file or source, for the message.

        Raises:
            SkeletonError: if shapes do not fit, a value is not finite, a quaternion is not of unit length, there is
                no frame or more than `MOST_DURATION_S` of them, or the rate is not positive.
        """
        quats, roots = np.asarray(local_quat_wxyz), np.asarray(root_position_m)
        problem = _problem(quats, roots, frame_rate_hz)
        if problem is not None:
            expected, got = problem
            raise SkeletonError(
                message(expected=expected, got=got, where=where, do="Repair the motion or export it again.")
            )
        return cls(
            local_quat_wxyz=quat_normalise(quats.astype(np.float64)),
            root_position_m=roots.astype(np.float64),
            frame_rate_hz=float(frame_rate_hz),
        )

    @property
    def frames(self) -> int:
        """Return the number of frames."""
        return len(self.local_quat_wxyz)

    @property
    def duration_s(self) -> float:
        """Return frames / rate: each frame stands for one period."""
        return self.frames / self.frame_rate_hz

    def pose(self, skeleton: Skeleton = DEFAULT_SKELETON) -> Pose:
        """Return world positions and rotations of all joints."""
        return forward_kinematics(self.local_quat_wxyz, self.root_position_m, skeleton)

    def pose_of(self, joints: Sequence[int]) -> Pose:
        """Return world positions and rotations of some joints and what carries them; NaN elsewhere, and much sooner."""
        return pose_of(joints, self.local_quat_wxyz, self.root_position_m)

    def positions_m(self, skeleton: Skeleton = DEFAULT_SKELETON) -> Float[Array, "frames 55 3"]:
        """Return world positions of all joints."""
        return self.pose(skeleton).positions_m

    def cut(self, start: int, stop: int) -> MotionClip:
        """Return frames [start, stop).

        Raises:
            SkeletonError: if that is empty or outside the clip.
        """
        if not 0 <= start < stop <= self.frames:
            raise SkeletonError(
                message(
                    expected=f"0 <= start < stop <= {self.frames}",
                    got=f"[{start}, {stop})",
                    where="cutting a clip",
                    do="Choose frames inside the clip.",
                )
            )
        return MotionClip(
            local_quat_wxyz=self.local_quat_wxyz[start:stop],
            root_position_m=self.root_position_m[start:stop],
            frame_rate_hz=self.frame_rate_hz,
        )

    def at(self, time_s: Float[Array, "times"]) -> MotionClip:
        """Return the poses at given instants: slerp, linear root, held beyond the ends; the rate stays as a label."""
        place = np.clip(np.asarray(time_s, dtype=np.float64) * self.frame_rate_hz, 0, self.frames - 1)
        nearest = np.round(place)
        place = np.where(np.abs(place - nearest) < 1e-9, nearest, place)
        before = np.floor(place).astype(np.int64)
        after = np.minimum(before + 1, self.frames - 1)
        share = place - before
        quats = slerp(self.local_quat_wxyz[before], self.local_quat_wxyz[after], share[:, None])
        roots = (1 - share[:, None]) * self.root_position_m[before] + share[:, None] * self.root_position_m[after]
        return MotionClip(local_quat_wxyz=quats, root_position_m=roots, frame_rate_hz=self.frame_rate_hz)

    def resample(self, rate_hz: float) -> MotionClip:
        """Return the same motion at another rate: every new instant inside the take, none extrapolated.

        Raises:
            SkeletonError: if the rate is not positive.
        """
        if not rate_hz > 0:
            raise SkeletonError(
                message(expected="a positive rate", got=f"{rate_hz}", where="resampling a clip", do="Use 30, for one.")
            )
        if rate_hz == self.frame_rate_hz:
            return self
        last = math.floor((self.frames - 1) * rate_hz / self.frame_rate_hz + 1e-6)
        moved = self.at(np.arange(last + 1) / rate_hz)
        return MotionClip(
            local_quat_wxyz=moved.local_quat_wxyz, root_position_m=moved.root_position_m, frame_rate_hz=float(rate_hz)
        )


def _problem(quats: Array, roots: Array, frame_rate_hz: float) -> tuple[str, str] | None:
    """Return what is wrong as (expected, got), or None."""
    if quats.ndim != 3 or quats.shape[1:] != (JOINTS, 4) or len(quats) < 1:
        return f"rotations of shape (frames, {JOINTS}, 4) with at least one frame", f"{quats.shape}"
    if roots.shape != (len(quats), 3):
        return f"root positions of shape ({len(quats)}, 3)", f"{roots.shape}"
    if not (math.isfinite(frame_rate_hz) and frame_rate_hz > 0):
        return "a positive frame rate", f"{frame_rate_hz}"
    if len(quats) / frame_rate_hz > MOST_DURATION_S:
        return f"at most {MOST_DURATION_S / 3600:g} h", f"{len(quats)} frames at {frame_rate_hz:g} frames per second"
    for name, values in (("rotations", quats), ("root positions", roots)):
        is_bad = ~np.isfinite(values.reshape(len(values), -1)).all(axis=1)
        if is_bad.any():
            return f"finite {name}", f"NaN or infinity in {is_bad.sum()} frames, first in frame {is_bad.argmax()}"
    if not (np.abs(roots) <= _MOST_M).all():
        return "root positions in metres", f"{np.abs(roots).max():.3g} m"
    lengths = np.linalg.norm(quats, axis=-1)
    if np.abs(lengths - 1).max() > UNIT_TOLERANCE:
        frame, joint = divmod(int(np.abs(lengths - 1).argmax()), lengths.shape[1])
        return "unit quaternions", f"length {lengths[frame, joint]:.4f} in frame {frame}, joint {joint}"
    return None


def concatenate(clips: Sequence[MotionClip]) -> MotionClip:
    """Return clips one after another as they are (no blending).

    Raises:
        SkeletonError: if there is none, or their rates differ.
    """
    rates = sorted({clip.frame_rate_hz for clip in clips})
    if len(rates) != 1:
        raise SkeletonError(
            message(
                expected="clips of one frame rate",
                got=f"rates {rates}",
                where="joining clips",
                do="Resample them first.",
            )
        )
    return MotionClip(
        local_quat_wxyz=np.concatenate([clip.local_quat_wxyz for clip in clips]),
        root_position_m=np.concatenate([clip.root_position_m for clip in clips]),
        frame_rate_hz=rates[0],
    )


def unrolled(clip: MotionClip, before: int, after: int) -> MotionClip:
    """Return one turn of a loop with so many frames of the turns before it and of those after it."""
    at = np.arange(-before, clip.frames + after) % clip.frames
    return MotionClip(
        local_quat_wxyz=clip.local_quat_wxyz[at],
        root_position_m=clip.root_position_m[at],
        frame_rate_hz=clip.frame_rate_hz,
    )
