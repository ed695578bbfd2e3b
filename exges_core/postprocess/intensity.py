"""How far gestures go: the expressive part of a motion, scaled about the pose the speaker returns to (ours).

Only the spine, arms and hands take part; legs, head and gaze stay as they are, so feet keep their ground and the look
its target. The pelvis stays, too, unless the speaker is to be still: then its quick turns fade, for they carry hands
that hang.
"""

from __future__ import annotations

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.errors import InputError, message
from exges_core.motion.features import joint_channels
from exges_core.motion.rotations import (
    quat_continuous,
    quat_from_rot6d,
    quat_from_rotvec,
    quat_inverse,
    quat_multiply,
    quat_normalise,
    rot6d_from_quat,
    rotvec_from_quat,
)
from exges_core.motion.skeleton import HANDS, joint_index
from exges_core.motion.smooth import low_pass
from exges_core.signals.filters import gaussian
from exges_core.signals.runs import median_near

INTENSITIES = (0.5, 1.5)
"""The least and the most that is asked for; 1 leaves the motion as it is."""
EXPRESSIVE_JOINTS = (
    *(joint_index(name) for name in ("spine1", "spine2", "spine3")),
    *(joint_index(f"{side}_{name}") for side in ("left", "right") for name in ("collar", "shoulder", "elbow", "wrist")),
    *HANDS,
)
_REST_REACH_S = 10.0
_REST_STEP_FRAMES = 10
_REST_SMOOTH_S = 2.0
_PELVIS_HZ = 0.25
"""A still speaker's pelvis turns no quicker than this."""
_FAR_RAD = 1.2
"""Turns of about this size and more are amplified less and less: joints end somewhere."""


def check_intensity(intensity: float) -> None:
    """Refuse an intensity outside `INTENSITIES`.

    Raises:
        InputError: if it is.
    """
    least, most = INTENSITIES
    if not least <= intensity <= most:
        text = message(
            expected=f"an intensity from {least:g} to {most:g}",
            got=f"{intensity:g}",
            where="intensity",
            do="1 is as the model made it.",
        )
        raise InputError(text)


def scale_gestures(
    features: Float[Array, "frames 337"], intensity: float, rate_hz: float, *, share: float = 1.0
) -> Float[Array, "frames 337"]:
    """Return features whose expressive joints turn `intensity` times as far from their resting pose.

    The resting pose of each joint is the running median of its rotation over 20 s, smoothed: where hands lie between
    gestures, however long a gesture lasts. What amplification adds to a turn fades with its size (`_FAR_RAD`), so that
    a far gesture does not leave the joint's range.

    Args:
        features: not normalised.
        intensity: within `INTENSITIES`; 1 returns the same features.
        rate_hz: frames per second.
        share: of the intensity, 0 to 1: how still a speaker is beside it.

    Raises:
        InputError: if the intensity is outside `INTENSITIES`.
    """
    check_intensity(intensity)
    intensity *= share
    if intensity == 1.0:
        return features
    scaled = features.copy()
    for joint in EXPRESSIVE_JOINTS:
        channels = joint_channels(joint)
        quats = quat_from_rot6d(features[:, channels].astype(np.float64))
        rest = _resting(quats, rate_hz)
        away = rotvec_from_quat(quat_multiply(quat_inverse(rest), quats))
        scaled[:, channels] = rot6d_from_quat(quat_multiply(rest, quat_from_rotvec(away * _gain(away, intensity))))
    if share < 1.0:
        pelvis = joint_channels(joint_index("pelvis"))
        scaled[:, pelvis] = _steadied(features[:, pelvis].astype(np.float64), share, rate_hz)
    return scaled


def _steadied(rot6d: Float[Array, "frames 6"], share: float, rate_hz: float) -> Float[Array, "frames 6"]:
    """Return a rotation whose quick turns are `share` times as far."""
    own = quat_continuous(quat_from_rot6d(rot6d))
    slow = low_pass(own, rate_hz=rate_hz, cutoff_hz=_PELVIS_HZ)
    return rot6d_from_quat(quat_normalise(slow + share * (own - slow)))


def _gain(away: Float[Array, "frames 3"], intensity: float) -> Float[Array, "frames 1"]:
    """Return the factor per frame: the angle grows monotonically with the angle it had."""
    if intensity <= 1.0:
        return np.full((len(away), 1), intensity)
    angle = np.linalg.norm(away, axis=-1, keepdims=True)
    return 1.0 + (intensity - 1.0) / (1.0 + (angle / _FAR_RAD) ** 2)


def _resting(quats: Float[Array, "frames 4"], rate_hz: float) -> Float[Array, "frames 4"]:
    """Return the pose a joint returns to, slowly drifting: running medians about its mean rotation."""
    upright = quats * np.where(quats @ quats[0] < 0, -1.0, 1.0)[:, None]
    centre = quat_normalise(upright.mean(axis=0))
    about = rotvec_from_quat(quat_multiply(quat_inverse(centre), quats))
    coarse = about[::_REST_STEP_FRAMES]
    step_s = _REST_STEP_FRAMES / rate_hz
    medians = median_near(coarse, min(round(_REST_REACH_S / step_s), len(coarse) // 2))
    medians = gaussian(medians, _REST_SMOOTH_S / step_s, edge="nearest")
    at = np.arange(len(quats)) / _REST_STEP_FRAMES
    drift = np.stack([np.interp(at, np.arange(len(coarse)), medians[:, axis]) for axis in range(3)], axis=-1)
    return quat_multiply(centre, quat_from_rotvec(drift))
