"""Motion as a rig's channels, and the path over the ground that one of them carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.motion.clip import MotionClip

_PATH_S = 2.0
"""The path over the ground is the pelvis' way after a Hann mean of this length: sway stays in the hips."""


@dataclass(frozen=True, kw_only=True, eq=False)
class RigPose:
    """Motion as a rig's channels: each driven bone's own rotation, and the location of one bone.

    Attributes:
        bones: names, parents first.
        basis_quat_wxyz: against the bone's rest (Blender's matrix_basis), signs continuous over frames.
        location_bone: the bone that carries the location.
        location: in its own rest axes and the rig's unit.
        beside: root bones beside that one -> their locations, likewise: nothing else carries them along with it.
        frame_rate_hz: frames per second.
        root_bone: the bone that follows the path, '' unless the options say 'root'.
        root_location: of that bone in its own rest axes; zero without one.
        object_shift: of the whole object, in the rig's axes and unit; zero unless the options say 'object'.
    """

    bones: tuple[str, ...]
    basis_quat_wxyz: Float[Array, "frames bones 4"]
    location_bone: str
    location: Float[Array, "frames 3"]
    frame_rate_hz: float
    root_bone: str
    root_location: Float[Array, "frames 3"]
    object_shift: Float[Array, "frames 3"]
    beside: Mapping[str, Float[Array, "frames 3"]] = field(default_factory=dict[str, Array])


def path_m(clip: MotionClip, origin_m: Array) -> Float[Array, "frames 3"]:
    """Return the way over the ground from `origin_m`, without sway."""
    reach = max(1, round(0.5 * _PATH_S * clip.frame_rate_hz))
    window = np.hanning(2 * reach + 3)[1:-1]
    way = (clip.root_position_m - origin_m) * np.array([1.0, 0.0, 1.0])
    padded = np.pad(way, ((reach, reach), (0, 0)), mode="edge")
    smooth: list[Array] = [np.convolve(padded[:, axis], window / window.sum(), mode="valid") for axis in range(3)]
    return np.stack(smooth, axis=-1)
