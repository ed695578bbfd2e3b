"""Locked channels: the nearest rotation that a bone's free Euler channels can reach; ours."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.motion.euler import quat_from_euler


@dataclass(frozen=True, kw_only=True)
class Lock:
    """Euler channels of a bone that must not move.

    Attributes:
        order: axes of the turns as multiplied, first the outermost: 'ZXY' is Rz Rx Ry (Blender's 'YXZ').
        is_locked: for each turn of `order`, True = it stays.
        held_rad: the angles it stays at; free ones are ignored.
    """

    order: str
    is_locked: tuple[bool, bool, bool]
    held_rad: tuple[float, float, float]


def nearest_allowed(quat_wxyz: Float[Array, "frames 4"], lock: Lock) -> Float[Array, "frames 4"]:
    """Return the turns nearest to the wanted ones (smallest angle) whose locked Euler angles are the held ones.

    Exact: a turn's quaternion is linear in the cosine and sine of half of each of its Euler angles, so its product with
    the wanted one, the cosine of half the angle between them, is u' M v in the two free ones; the first singular
    vectors of M maximise it (ours).
    """
    free = [place for place, is_locked in enumerate(lock.is_locked) if not is_locked]
    if len(free) == len(lock.is_locked):
        return quat_wxyz
    angles = np.where(lock.is_locked, lock.held_rad, 0.0) + np.zeros((len(quat_wxyz), 1))
    if free:
        corners = np.repeat(angles[:1], 2 ** len(free), axis=0)
        corners[:, free] = list(product((0.0, np.pi), repeat=len(free)))
        likeness = (quat_wxyz @ quat_from_euler(corners, lock.order).T).reshape(len(quat_wxyz), 2, -1)
        left, _, right = np.linalg.svd(likeness)
        for place, half in zip(free, (left[:, :, 0], right[:, 0]), strict=False):
            angles[:, place] = 2.0 * np.arctan2(half[:, 1], half[:, 0])
    return quat_from_euler(angles, lock.order)
