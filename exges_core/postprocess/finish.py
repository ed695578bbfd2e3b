"""From the network's features to a clip that stands on the ground, its keys exact: the physical finish (ours).

In this order: a low-pass, arms that come to rest, joint limits, the posture that is asked for, height above the ground,
keys with a smooth way to them, planted feet. Each can be switched off; the keys cannot.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Bool, Float
from exges_core.control.edits import Kept
from exges_core.control.masks import ROOT_GROUP, Observed, groups_of_channels
from exges_core.control.standing import Posture
from exges_core.errors import InputError, message
from exges_core.metrics.contact import jerk_m_per_s3
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import (
    ROOT_CHANNELS,
    ROTATION_CHANNELS,
    clip_from_features,
    contacts_from_features,
    features_from_clip,
)
from exges_core.motion.footlock import Held, floor_m, lock_feet, stand
from exges_core.motion.kinematics import forward_kinematics
from exges_core.motion.planting import FootLockConfig
from exges_core.motion.rotations import quat_from_rot6d
from exges_core.motion.skeleton import JOINTS, LEFT_ARM, LEFT_LEG, RIGHT_ARM, RIGHT_LEG, TORSO, joint_index
from exges_core.motion.smooth import smooth_clip
from exges_core.postprocess.footsteps import walk
from exges_core.postprocess.limits import keep_in_range
from exges_core.postprocess.posture import made_up_for, moved_onto
from exges_core.postprocess.residual import (
    FREE_CUTOFF_HZ,
    LONGEST_REACH_FRAMES,
    REACH_FRAMES,
    ease_about,
    run_ends,
    spread_residual,
    steady_trunk,
)
from exges_core.postprocess.settling import hold_arms, rest_arms, settle_arms
from exges_core.score.rests import Calm
from exges_core.settings import FINISH_PARTS
from exges_core.signals.runs import frames_to, highest_near
from exges_core.timeline import MOTION_RATE_HZ

EASED = ((3.5, 24), (3.0, 24), (2.5, 24), (2.0, 24), (1.6, 24), (1.3, 24), (1.3, 36))
"""Cut-offs (Hz) beside a key and how many frames smoothing reaches, tried in turn until wrists no longer hurry."""
JERK_REACH_FRAMES = 5
_ABOUT_FRAMES = 300
"""How many frames of motion that is kept the finish looks at, to either side of what is new: twice its longest reach,
and enough to know how the take moves."""
_ROUNDS = 2
"""Of asking legs for as much more as planting the feet takes off a posture."""
_CARRIERS = [*TORSO, *LEFT_ARM, *RIGHT_ARM]
_WRISTS = [joint_index("left_wrist"), joint_index("right_wrist")]


@dataclass(frozen=True, kw_only=True)
class FinishConfig:
    """What is done after denoising.

    Attributes:
        cutoff_hz: of the zero-phase low-pass that takes tremor out; 0 = none. At 7 Hz wrists jerked by 47 m/s3 where
            the truth has 34, and tremor passed for strokes; at 5 Hz they have 33, as fast as before (six test takes).
        is_settled: smooth arms more where they hardly move, see `settle.settle_arms`.
        is_eased: smooth the way to hard keys where wrists would hurry, see `residual.ease_about`.
        has_limits: no hyperextension of shoulders, elbows, fingers.
        has_ground: planted soles are brought to the ground's height.
        is_foot_lock: pin planted feet by leg IK.
    """

    cutoff_hz: float = 5.0
    is_settled: bool = True
    is_eased: bool = True
    has_limits: bool = True
    has_ground: bool = True
    is_foot_lock: bool = True


def without(parts: Collection[str], *, cutoff_hz: float = 5.0) -> FinishConfig:
    """Return the finish without some of `FINISH_PARTS`; without all of them only the keys are left.

    Raises:
        InputError: if a part or the cut-off is none.
    """
    if set(parts) - set(FINISH_PARTS) or not 0.0 < cutoff_hz < MOTION_RATE_HZ / 2:
        expected = f"parts of {', '.join(FINISH_PARTS)}, and a cut-off between 0 and {MOTION_RATE_HZ / 2:g} Hz"
        got = f"{', '.join(parts) or 'no parts'}, and {cutoff_hz:g} Hz"
        raise InputError(message(expected=expected, got=got, where="finish", do="Choose among these."))
    has_smoothing = "smoothing" not in parts
    return FinishConfig(
        cutoff_hz=cutoff_hz if has_smoothing else 0.0,
        is_settled=has_smoothing,
        is_eased=has_smoothing,
        has_limits="limits" not in parts,
        has_ground="ground" not in parts,
        is_foot_lock="feet" not in parts,
    )


def finish(
    features: Float[Array, "frames 337"],
    observed: Observed,
    config: FinishConfig | None = None,
    kept: Kept | None = None,
    calm: Calm | None = None,
    posture: Posture | None = None,
) -> MotionClip:
    """Return the motion as a clip at 30 fps, in the world, whose hard observed entries are exact.

    Args:
        features: the network's, relative to the anchor of `observed`.
        observed: the take's mask.
        config: what is done; None = everything.
        kept: frames whose very numbers are put back at the end.
        calm: where hands rest or hold: there they are settled; None = not known.
        posture: what the take gestures about; None = as it was made.

    Returns:
        The clip. Hard entries equal their targets to float32 rounding, kept frames bit for bit.
    """
    config = config or FinishConfig()
    if kept is None:
        return _finished(features, observed, config, FootLockConfig(), calm, posture)
    # Motion that is kept has a floor of its own (a real take's is some centimetres off): what is new stands on that.
    feet = FootLockConfig(ground_m=floor_m(kept.clip, kept.is_kept))
    part = _around(~kept.is_kept)
    near = None if calm is None else Calm(is_resting=calm.is_resting[part], is_holding=calm.is_holding[part])
    made = _finished(features[part], observed.cut(part), config, feet, near, posture)
    quats, root = kept.clip.local_quat_wxyz.copy(), kept.clip.root_position_m.copy()
    quats[part], root[part] = made.local_quat_wxyz, made.root_position_m
    return kept.restore(MotionClip(local_quat_wxyz=quats, root_position_m=root, frame_rate_hz=made.frame_rate_hz))


def _around(is_free: Bool[Array, "frames"]) -> slice:
    """Return all free frames, and about them what has a say in them; all frames if none is free."""
    free = np.flatnonzero(is_free) if is_free.any() else np.arange(len(is_free))
    return slice(max(int(free[0]) - _ABOUT_FRAMES, 0), int(free[-1]) + 1 + _ABOUT_FRAMES)


def _finished(
    features: Float[Array, "frames 337"],
    observed: Observed,
    config: FinishConfig,
    feet: FootLockConfig,
    calm: Calm | None,
    posture: Posture | None,
) -> MotionClip:
    """Return the motion with all of the finish, each part in its turn."""
    anchor, contacts = observed.anchor, contacts_from_features(features)
    clip = clip_from_features(features, anchor, MOTION_RATE_HZ)
    if config.cutoff_hz > 0.0:
        clip = smooth_clip(clip, cutoff_hz=config.cutoff_hz)
    if config.is_settled:
        clip = settle_arms(clip)
        clip = clip if calm is None else hold_arms(rest_arms(clip, calm.is_resting), calm.is_holding)
    if config.has_limits:
        clip = keep_in_range(clip)
    if posture is not None:
        resting, own = None if calm is None else calm.is_resting, clip
        clip, asked = moved_onto(own, posture, observed, resting), posture
        for _ in range(_ROUNDS if config.is_foot_lock else 0):
            planted = lock_feet(stand(clip, contacts, feet), contacts, feet)
            asked = made_up_for(posture, asked, planted, observed, resting)
            clip = moved_onto(own, asked, observed, resting)
    if config.has_ground:
        clip = stand(clip, contacts, feet)
    clip = _pinned(clip, observed, is_eased=config.is_eased)
    if config.is_foot_lock:
        clip = walk(clip, _is_sent(observed), _held(observed).is_leg)
        # Feet come last, for the way to a key moves them, too; what that moves at keys is less than a rounding, or
        # fades again.
        clip = _pinned(lock_feet(clip, contacts, feet, held=_held(observed)), observed, is_eased=False)
    return clip


def pin_again(clip: MotionClip, observed: Observed) -> MotionClip:
    """Return a clip of any rate with hard entries exact on its own frames, the difference spread over neighbours."""
    if not observed.is_hard.any():
        return clip
    pinned = spread_residual(features_from_clip(clip, observed.anchor), observed)
    return clip_from_features(pinned, observed.anchor, clip.frame_rate_hz)


def _pinned(clip: MotionClip, observed: Observed, *, is_eased: bool) -> MotionClip:
    if not observed.is_hard.any():
        return clip
    pinned = spread_residual(features_from_clip(clip, observed.anchor), observed)
    if is_eased:
        pinned = _eased(pinned, observed)
    return clip_from_features(pinned, observed.anchor, clip.frame_rate_hz)


def _eased(features: Float[Array, "frames 337"], observed: Observed) -> Float[Array, "frames 337"]:
    """Return the features smoothed beside keys, each only as much as it takes that wrists jerk no more than elsewhere.

    A network that is asked for a far pose hurries there (whole poses of the real BEAT2 speaker as keys: 99th percentile
    of wrist jerk within five frames of a key 1.5 times the take's own without this, 1.02 with it). A pelvis' keyed path
    carries wrists along: there the trunk is steadied first (paths of that speaker: 1.22 without, 1.07 with it).
    """
    is_hard = groups_of_channels(observed.is_hard & observed.is_observed)
    ends = np.flatnonzero(run_ends(is_hard))
    if not len(ends):
        return features
    at = np.arange(len(features))
    after = np.minimum(np.searchsorted(ends, at), len(ends) - 1)
    apart = np.minimum(np.abs(ends[after] - at), np.abs(at - ends[np.maximum(after - 1, 0)]))
    jerk = _wrist_jerk(features)
    is_carried = is_hard[:, 0] & ~is_hard[:, _CARRIERS].all(axis=1)
    # A path that is keyed says nothing of how the take itself moves; whole poses, which were kept, do.
    is_own = (apart >= REACH_FRAMES) & ~is_carried
    limit = float(np.percentile(jerk[is_own] if is_own.sum() >= MOTION_RATE_HZ else jerk, 99))
    near_carried = highest_near(is_carried, JERK_REACH_FRAMES)
    is_shaken = near_carried & (jerk > limit)
    if is_shaken.any():
        features = steady_trunk(features, observed, is_shaken)
        jerk = _wrist_jerk(features)
    cutoff_hz = np.full(len(features), FREE_CUTOFF_HZ)
    eased = features
    for lower, reach_frames in EASED:
        highest = highest_near(jerk, JERK_REACH_FRAMES)
        is_hurried = highest[ends] > limit
        if not is_hurried.any():
            break
        cutoff_hz[ends[is_hurried]] = lower
        eased = ease_about(features, observed, cutoff_hz, reach_frames=reach_frames)
        jerk = _wrist_jerk(eased)
    return eased


def _wrist_jerk(features: Float[Array, "frames 337"]) -> Float[Array, "frames"]:
    """Return the larger of both wrists' jerks; only what carries the wrists is converted."""
    quats = np.zeros((len(features), JOINTS, 4))
    quats[..., 0] = 1.0
    rot6d = features[:, :ROTATION_CHANNELS].reshape(-1, JOINTS, 6)[:, _CARRIERS].astype(np.float64)
    quats[:, _CARRIERS] = quat_from_rot6d(rot6d)
    positions = forward_kinematics(quats, features[:, ROOT_CHANNELS].astype(np.float64)).positions_m
    return jerk_m_per_s3(positions[:, _WRISTS], MOTION_RATE_HZ).max(axis=1)


def _is_sent(observed: Observed) -> Bool[Array, "frames"]:
    """Return the frames that hard keys of the pelvis reach: there a body may have to walk."""
    is_key = groups_of_channels(observed.is_hard & observed.is_observed)[:, [0, ROOT_GROUP]].any(axis=1)
    return frames_to(is_key) <= LONGEST_REACH_FRAMES


def _held(observed: Observed) -> Held:
    is_hard = groups_of_channels(observed.is_hard & observed.is_observed)
    legs = [is_hard[:, leg].any(axis=1) for leg in (LEFT_LEG, RIGHT_LEG)]
    return Held(is_leg=np.stack(legs, axis=-1), is_root=is_hard[:, ROOT_GROUP])
