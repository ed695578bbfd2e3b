# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of a layer, written as what they add to a pose, and back. Numpy alone.

Blender adds quaternions by multiplication: below * layer. Multiplying all keys of a rotation from the left is linear,
so keys and handles are turned alike, and what lies between them is exact, too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from exges_core.arrays import Array, einsum
from exges_core.motion.rotations import quat_inverse, quat_multiply

from ..scene.tracks import Keys

_WITH_VALUES = ("co", "handle_left", "handle_right")


def turned(keys: Sequence[Keys], turn_wxyz: Array) -> list[Keys]:
    """Return the keys of a quaternion's four channels, which lie on the same frames, multiplied from the left."""
    by = quat_multiply(np.broadcast_to(turn_wxyz, (4, 4)), np.eye(4)).T
    floats = [{name: each.copy() for name, each in channel.floats.items()} for channel in keys]
    for name in _WITH_VALUES:
        rows = np.stack([channel.floats[name][:, 1] for channel in keys]).astype(np.float64)
        for channel, row in zip(floats, einsum("ij,jk->ik", by, rows), strict=True):
            channel[name][:, 1] = row.astype(np.float32)
    return [Keys(floats=each, ints=channel.ints) for each, channel in zip(floats, keys, strict=True)]


def moved(keys: Keys, *, factor: float = 1.0, by: float = 0.0) -> Keys:
    """Return the keys of a channel with values, and their handles, scaled and then moved."""
    floats = {name: each.copy() for name, each in keys.floats.items()}
    for name in _WITH_VALUES:
        floats[name][:, 1] = (keys.floats[name][:, 1].astype(np.float64) * factor + by).astype(np.float32)
    return Keys(floats=floats, ints=keys.ints)


def standing_turn(turns_wxyz: Array) -> Array:
    """Return the rotation that a bone begins with, as a unit quaternion: takes begin as the character stands.

    Its sign is such that most of what is added to it turns by less than half a turn: Blender fades the other way round.

    Args:
        turns_wxyz: frames x 4, one after the other.
    """
    first: Array = turns_wxyz[0] / np.linalg.norm(turns_wxyz[0])
    added = quat_multiply(np.broadcast_to(quat_inverse(first), turns_wxyz.shape), turns_wxyz)
    return -first if float(added[:, 0].sum()) < 0.0 else first


def share_frames(keys: Sequence[Keys]) -> bool:
    """Say whether channels have their keys on the same frames."""
    return all(np.array_equal(each.frames, keys[0].frames) for each in keys)


def same(one: Keys, other: Keys) -> bool:
    """Say whether two curves' keys and handles are where the other's are, bit for bit."""
    return all(np.array_equal(one.floats[name], other.floats[name]) for name in _WITH_VALUES)


def equal(one: Keys, other: Keys) -> bool:
    """Say whether two curves' keys are each other's in every attribute, bit for bit."""
    return all(
        np.array_equal(mine[name], theirs[name])
        for mine, theirs in ((one.floats, other.floats), (one.ints, other.ints))
        for name in mine
    )
