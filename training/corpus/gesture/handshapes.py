"""Hand shapes as joint angles, and the angles as local rotations of the 15 finger joints of a hand.

A shape is 20 numbers in degrees: for index, middle, ring, pinky the flexion of MCP, PIP, DIP and the abduction
(spreading away from the middle finger); for the thumb opposition (under the palm), adduction (towards the index), and
flexion of its two outer joints. Ours.
"""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.motion.rotations import quat_from_rotvec, quat_multiply

CHANNELS = 20
"""Four angles for each of four fingers, then four for the thumb."""
_FINGERS = ("index", "middle", "pinky", "ring")
"""Joint order of SMPL-X within a hand; the thumb follows."""
_TABLE_ORDER = ("index", "middle", "ring", "pinky")
_THUMB_FLEXION_AXIS = np.array((0.55, 0.80, -0.24)) / np.linalg.norm((0.55, 0.80, -0.24))


def _shape(
    index: tuple[float, ...],
    middle: tuple[float, ...],
    ring: tuple[float, ...],
    pinky: tuple[float, ...],
    thumb: tuple[float, ...],
) -> Float[Array, "20"]:
    return np.array(index + middle + ring + pinky + thumb, dtype=np.float64)


_CURLED_RING = (70.0, 80.0, 45.0, 0.0)
_CURLED_PINKY = (68.0, 76.0, 42.0, 2.0)
_UP = (4.0, 8.0, 4.0)

SHAPES: dict[str, Float[Array, "20"]] = {
    "relaxed": _shape((16, 24, 12, 3), (22, 28, 14, 0), (26, 31, 15, 2), (28, 30, 14, 5), (14, 4, 10, 12)),
    "hang": _shape((20, 30, 16, 1), (27, 34, 17, 0), (32, 37, 18, 1), (36, 35, 17, 3), (20, 10, 12, 15)),
    "loose": _shape((28, 36, 18, 2), (34, 42, 20, 0), (40, 44, 22, 1), (42, 42, 20, 4), (20, 8, 14, 18)),
    "open": _shape((6, 12, 6, 6), (9, 14, 7, 0), (11, 17, 8, 4), (12, 19, 9, 11), (2, -10, 4, 4)),
    "flat": _shape((3, 6, 4, 1), (5, 6, 4, 0), (6, 8, 5, 1), (7, 10, 6, 3), (8, 4, 4, 4)),
    "spread": _shape((-4, 10, 6, 13), (0, 9, 5, 0), (2, 12, 6, 9), (2, 14, 8, 19), (-2, -20, -2, 0)),
    "curved": _shape((26, 30, 16, 7), (27, 32, 17, 0), (28, 34, 18, 4), (27, 33, 17, 10), (14, -10, 8, 14)),
    "cupped": _shape((24, 26, 12, 2), (26, 28, 13, 0), (29, 30, 14, 1), (31, 32, 15, 3), (16, 6, 8, 10)),
    "fist": _shape((74, 86, 50, 1), (78, 90, 52, 0), (80, 90, 52, 1), (78, 86, 48, 3), (36, 16, 26, 34)),
    "loose_fist": _shape((54, 66, 36, 2), (60, 72, 38, 0), (64, 74, 40, 1), (64, 70, 36, 4), (28, 12, 20, 24)),
    "index": _shape((5, 8, 4, 2), (58, 72, 40, 0), (68, 80, 44, 0), (68, 76, 40, 2), (30, 14, 22, 26)),
    "two": _shape((4, 8, 4, 9), (6, 8, 4, 5), _CURLED_RING, _CURLED_PINKY, (34, 16, 26, 32)),
    "bent_v": _shape((30, 62, 38, 7), (34, 64, 38, 4), _CURLED_RING, _CURLED_PINKY, (34, 16, 26, 32)),
    "three": _shape((*_UP, 9.0), (5, 8, 4, 0), (8, 10, 6, 7), (62, 74, 40, 2), (34, 18, 26, 34)),
    "four": _shape((*_UP, 7.0), (5, 8, 4, 0), (6, 9, 5, 5), (7, 11, 6, 11), (36, 20, 24, 34)),
    "five": _shape((0, 8, 4, 12), (2, 8, 4, 0), (3, 10, 5, 9), (3, 12, 6, 18), (-2, -20, -2, 0)),
    "pinch": _shape((44, 52, 26, 2), (30, 34, 16, 0), (22, 28, 13, 4), (17, 24, 11, 10), (34, 8, 16, 22)),
    "gap": _shape((40, 38, 16, 2), (60, 70, 38, 0), (66, 76, 40, 1), (66, 72, 38, 3), (26, -4, 8, 14)),
    "gap_wide": _shape((18, 24, 12, 3), (54, 62, 34, 0), (60, 70, 36, 1), (60, 66, 34, 3), (14, -16, 2, 6)),
    "clasp": _shape((42, 48, 22, 2), (46, 50, 24, 0), (48, 52, 25, 1), (46, 48, 23, 3), (18, 2, 12, 14)),
}
"""Degrees; `relaxed` is where hands are between shapes."""

_LOW = np.array([-18, -4, -4, -14] * 4 + [-20, -28, -12, -12], dtype=np.float64)
_HIGH = np.array([92, 104, 68, 24] * 4 + [48, 26, 52, 66], dtype=np.float64)


def limited(angles_deg: Float[Array, "frames 20"]) -> Float[Array, "frames 20"]:
    """Keep the angles in the range of joints, bending softly into the limits; ours."""
    middle, half = (_HIGH + _LOW) / 2, (_HIGH - _LOW) / 2
    relative = (angles_deg - middle) / half
    return middle + half * np.where(
        np.abs(relative) < 0.8, relative, np.sign(relative) * (0.8 + 0.2 * np.tanh((np.abs(relative) - 0.8) / 0.2))
    )


def finger_quats(angles_deg: Float[Array, "frames 20"], *, is_left: bool) -> Float[Array, "frames 15 4"]:
    """Turn shape angles into local quaternions of a hand's 15 joints in SMPL-X order.

    In the rest pose the left hand points along +X with the palm down and the thumb towards +Z: flexion turns about -Z,
    abduction of the index about -Y. The right hand is the mirror image.
    """
    radians = np.deg2rad(angles_deg)
    frames = len(radians)
    quats = np.zeros((frames, 15, 4))
    for place, finger in enumerate(_FINGERS):
        column = 4 * _TABLE_ORDER.index(finger)
        away = -1.0 if finger in ("index", "middle") else 1.0
        zero = np.zeros(frames)
        spread = quat_from_rotvec(np.stack((zero, away * radians[:, column + 3], zero), axis=-1))
        bend = quat_from_rotvec(np.stack((zero, zero, -radians[:, column]), axis=-1))
        quats[:, 3 * place] = quat_multiply(spread, bend)
        for joint in (1, 2):
            quats[:, 3 * place + joint] = quat_from_rotvec(np.stack((zero, zero, -radians[:, column + joint]), axis=-1))
    quats[:, 12:15] = _thumb(radians[:, 16:20])
    return quats if is_left else quats * np.array((1.0, 1.0, -1.0, -1.0))


def _thumb(radians: Float[Array, "frames 4"]) -> Float[Array, "frames 3 4"]:
    x_axis, y_axis = np.array((1.0, 0.0, 0.0)), np.array((0.0, 1.0, 0.0))
    base = quat_multiply(quat_from_rotvec(radians[:, 0:1] * x_axis), quat_from_rotvec(radians[:, 1:2] * y_axis))
    outer = [quat_from_rotvec(radians[:, column : column + 1] * _THUMB_FLEXION_AXIS) for column in (2, 3)]
    return np.stack((base, *outer), axis=1)
