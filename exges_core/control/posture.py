"""The posture that keys show, where it is none that the network knows (ours).

A network has seen the postures of its own speakers. Keys of another character (a hunched back, arms that rest wider, a
rig whose rest differs) lie where it has never been, and what it makes between them falls back to its own speakers or
worse. So what keys differ by from the mean of all motion, where that is more than speakers differ by, is taken off
them, and put back on the motion that the network makes of the rest: it gestures about the posture that is keyed.

Measured on 48 windows of the authored validation split, with a constant turn added to every joint of a take (standard
deviation 18 degrees for arms, 6 for the trunk, 15 for fingers), MPJPE over the window with 1 and 3 whole poses given:
241 and 171 mm without this, 209 and 134 mm with it (untouched windows: 173 and 110 mm without, 174 and 110 mm with it).

It is a matter of each joint and of the seconds about its keys: who keys a hand on a hip from 5 to 7 s wants it to come
down again. Keys that disagree show no posture: only what is left of their mean beyond their deviation counts.
"""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Bool, Float
from exges_core.control.masks import Observed, groups_of_channels
from exges_core.motion.features import MOTION_CHANNELS, ROTATION_CHANNELS, FeatureStatistics, joint_channels
from exges_core.motion.skeleton import JOINTS
from exges_core.signals.filters import convolved

REACH_FRAMES = 30.0
"""Standard deviation of the bell with which a key counts for the frames about it: one second. On the windows above 1.5
and 2 s are the same to a millimetre."""
FOREIGN_FROM, FOREIGN_TO = 2.0, 3.0
"""Distance from the mean, in standard deviations of all motion (root mean square of a joint's channels), from where a
posture starts to count as foreign, and where it wholly does. Of the authored speakers' arms 99 in 100 are within 3."""
_CERTAINTY = 3.0
"""One key is 1 - exp(-3) = 95 % of what makes a frame certain; smooth, where a maximum over keys would have corners."""
_TRUNCATED = 5.0


def foreign_posture(observed: Observed, stats: FeatureStatistics) -> Float[Array, "frames 337"] | None:
    """Return what to take off observed targets and to add to the motion made of them; None = nothing is foreign.

    Hard entries alone count, and turns alone: neither the pelvis, whose heading and place follow from where the body
    stands, nor contacts.

    Args:
        observed: of the whole take.
        stats: of the network's training motion.

    Returns:
        Not normalised, to be added to and subtracted from features; zero far from foreign keys.
    """
    is_key = groups_of_channels(observed.is_observed & observed.is_hard)[:, :JOINTS]
    rows = np.flatnonzero(is_key.any(axis=1))
    if not len(rows):
        return None
    keyed = stats.normalise(observed.target[rows])[:, :ROTATION_CHANNELS].reshape(len(rows), JOINTS, 6)
    is_far = is_key[rows] & (np.sqrt(np.square(keyed).mean(axis=-1)) > FOREIGN_FROM)
    joints = [joint for joint in np.flatnonzero(is_far.any(axis=0)).tolist() if joint]
    if not joints:
        return None
    posture = np.zeros((observed.frames, MOTION_CHANNELS), np.float32)
    for joint in joints:
        values = np.zeros((observed.frames, 6))
        values[rows] = keyed[:, joint] * is_key[rows, joint, None]
        channels = joint_channels(joint)
        posture[:, channels] = _about_keys(values, is_key[:, joint]) * stats.std[channels]
    return posture


def _about_keys(keyed: Float[Array, "frames 6"], is_key: Bool[Array, "frames"]) -> Float[Array, "frames 6"]:
    """Return a joint's foreign posture about its keys, normalised; `keyed` is zero where there is none."""
    count, total, squares = np.split(_spread(np.hstack([is_key[:, None], keyed, np.square(keyed)])), [1, 7], axis=1)
    known = np.maximum(count, np.finfo(np.float32).tiny)
    mean = total / known
    deviation = np.sqrt(np.maximum(squares / known - np.square(mean), 0.0))
    agreed = np.maximum(np.abs(mean) - deviation, 0.0)
    distance = np.sqrt(np.square(agreed).mean(axis=1, keepdims=True))
    share = np.clip((distance - FOREIGN_FROM) / (FOREIGN_TO - FOREIGN_FROM), 0.0, 1.0)
    return mean * share * -np.expm1(-_CERTAINTY * count)


def _spread(values: Float[Array, "frames columns"]) -> Float[Array, "frames columns"]:
    """Return a bell about every frame, of height 1, summed; what rounding leaves far from all of them is cut off."""
    reach = int(_TRUNCATED * REACH_FRAMES)
    bell = np.exp(-0.5 * np.square(np.arange(-reach, reach + 1) / REACH_FRAMES))
    spread = convolved(values, bell)
    is_near = spread[:, :1] > 0.5 * bell[0]
    return np.where(is_near, spread, 0.0)
