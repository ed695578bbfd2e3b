"""Hand shapes as joint angles, and the angles as local rotations of the 15 finger joints of a hand.

A shape is 20 numbers in degrees: for index, middle, ring, pinky the flexion of MCP, PIP, DIP and the abduction
(spreading away from the middle finger); for the thumb opposition (under the palm), adduction (towards the index), and
flexion of its two outer joints. Ours.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.motion.rotations import quat_from_rotvec, quat_multiply
from training.corpus.tables import read_table

TABLES = Path(__file__).with_name("tables")
CHANNELS = 20
"""Four angles for each of four fingers, then four for the thumb."""
_FINGERS = ("index", "middle", "pinky", "ring")
"""Joint order of SMPL-X within a hand; the thumb follows."""
_TABLE_ORDER = ("index", "middle", "ring", "pinky")
_Angles = tuple[float, float, float, float]
_THUMB_FLEXION_AXIS = np.array((0.55, 0.80, -0.24)) / np.linalg.norm((0.55, 0.80, -0.24))


@dataclass(frozen=True, kw_only=True)
class _HandShape:
    index: _Angles
    middle: _Angles
    ring: _Angles
    pinky: _Angles
    thumb: _Angles


@functools.cache
def hand_shapes() -> dict[str, Float[Array, "20"]]:
    """Return the hand shapes by name, in degrees; `relaxed` is where hands are between shapes.

    Raises:
        InputError: if the table is wrong.
    """
    table = read_table(TABLES / "handshapes.toml", dict[str, _HandShape])
    return {
        name: np.array(shape.index + shape.middle + shape.ring + shape.pinky + shape.thumb, dtype=np.float64)
        for name, shape in table.items()
    }


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
