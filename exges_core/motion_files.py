"""A motion file of any kind as canonical motion: BEAT2's .npz, our own BVH, or a BVH of any rig that can be matched."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from exges_core.errors import InputError, SkeletonError, message
from exges_core.motion.bvh import BvhMotion, clip_from_bvh, plain_name, read_bvh
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import read_npz
from exges_core.motion.rotations import quat_inverse, quat_multiply, quat_rotate
from exges_core.motion.skeleton import HANDS, JOINT_NAMES, joint_index
from exges_core.rig.bones import Rig, rig_from_hierarchy
from exges_core.rig.match import match_rig
from exges_core.rig.retarget import Retargeter

MOTION_SUFFIXES = (".npz", ".bvh")
_SOLES = [joint_index("left_foot"), joint_index("right_foot")]
_SOLE_M = 0.015
"""How far above the ground the foot joints of a standing body are."""
_LOG = logging.getLogger(__name__)


def read_motion(path: Path) -> MotionClip:
    """Read a motion; a BVH of another rig is matched and retargeted, and what it lacks is said.

    Raises:
        InputError: if it is neither .npz nor .bvh, cannot be read, or its skeleton is no humanoid's.
    """
    match path.suffix.lower():
        case ".npz":
            return read_npz(path)
        case ".bvh":
            return _of_bvh(path)
        case other:
            do = "Convert it to one of these."
            raise InputError(
                message(expected="a .npz or .bvh motion", got=other or "no suffix", where=str(path), do=do)
            )


def _of_bvh(path: Path) -> MotionClip:
    motion = read_bvh(path)
    if motion.frames == 0:
        raise SkeletonError(
            message(expected="motion", got="a rest pose without frames", where=str(path), do="Export the take.")
        )
    names = {plain_name(name) for name in motion.names}
    if names.issuperset(JOINT_NAMES[:22]):
        missing = [name for name in JOINT_NAMES[25:] if name not in names]
        clip = clip_from_bvh(motion, where=str(path))
    else:
        rig = rig_from_hierarchy(motion.names, motion.parents, motion.offsets)
        try:
            found = match_rig(rig)
        except InputError as error:
            raise SkeletonError(f"{path}: {error}") from error
        missing = [name for name in found.missing if name.startswith(("left_", "right_")) and "eye" not in name]
        _LOG.warning("%s: read as %s and retargeted", path.name, found.title)
        clip = _retargeted(motion, rig, Retargeter(rig=rig, rig_map=found))
    if missing:
        fingers = sum(1 for name in missing if joint_index(name) in HANDS)
        what = f"{fingers} finger joints" if fingers == len(missing) else ", ".join(missing[:5])
        _LOG.warning("%s: lacks %s; they stay at rest", path.name, what)
    return MotionClip.checked(
        local_quat_wxyz=clip.local_quat_wxyz,
        root_position_m=clip.root_position_m,
        frame_rate_hz=clip.frame_rate_hz,
        where=str(path),
    )


def _retargeted(motion: BvhMotion, rig: Rig, retargeter: Retargeter) -> MotionClip:
    """Return a rig's BVH on the canonical body, its lowest steps on the ground."""
    world_quat = np.empty_like(motion.local_quat_wxyz)
    world = np.empty_like(motion.local_position)
    for bone, parent in enumerate(motion.parents):
        local = motion.local_quat_wxyz[:, bone]
        world_quat[:, bone] = local if parent < 0 else quat_multiply(world_quat[:, parent], local)
        place = motion.local_position[:, bone]
        world[:, bone] = place if parent < 0 else world[:, parent] + quat_rotate(world_quat[:, parent], place)
    # Bone frames of a BVH are aligned to the world at rest, so that a bone's basis is its turn against what it follows.
    names = [bone for bone, _ in retargeter.driven]
    basis = np.empty((motion.frames, len(names), 4))
    for place, (bone, above) in enumerate(zip(names, retargeter.above, strict=True)):
        turn = world_quat[:, rig.index(bone)]
        basis[:, place] = (
            turn if above < 0 else quat_multiply(quat_inverse(world_quat[:, rig.index(names[above])]), turn)
        )
    carrier = rig.index(retargeter.rig_map.location_bone)
    clip = retargeter.to_canonical(basis, world[:, carrier] - rig.heads[carrier], frame_rate_hz=motion.frame_rate_hz)
    lowest_m = clip.positions_m()[:, _SOLES, 1].min(axis=1)
    lift = np.array([0.0, _SOLE_M - float(np.quantile(lowest_m, 0.05)), 0.0])
    return MotionClip(
        local_quat_wxyz=clip.local_quat_wxyz,
        root_position_m=clip.root_position_m + lift,
        frame_rate_hz=clip.frame_rate_hz,
    )
