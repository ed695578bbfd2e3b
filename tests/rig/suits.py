"""A person who talks, as a suit's export: every bone along its own X, so that the zero pose is folded into a line."""

from dataclasses import replace

import numpy as np
from rig.motions import standing_and_swaying

from exges_core.motion.bvh import BvhMotion
from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import (
    quat_between,
    quat_from_rotvec,
    quat_from_yaw,
    quat_inverse,
    quat_multiply,
    quat_rotate,
)
from exges_core.motion.skeleton import JOINT_NAMES, PARENTS, REST_OFFSETS_M, joint_index
from exges_core.rig.presets.mixamo import MIXAMO

JOINTS = [joint for joint, name in enumerate(JOINT_NAMES) if name in MIXAMO.bones and "eye" not in name]
CHANNELS = ("Yr", "Xr", "Zr")


def talking(frames: int = 40, *, first_pose: str = "t", yaw_rad: float = 0.0) -> MotionClip:
    """Sways on planted feet and raises both arms from hanging; the first frame may be a T-pose."""
    clip = standing_and_swaying(frames)
    local = clip.local_quat_wxyz.copy()
    lift = np.linspace(-1.3, 0.2, frames)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        local[:, joint_index(f"{side}_shoulder")] = quat_from_rotvec(np.outer(sign * lift, [0.0, 0.0, 1.0]))
        local[:, joint_index(f"{side}_elbow")] = quat_from_rotvec(np.outer(-sign * 0.5 * (1.3 + lift), [0.0, 1.0, 0.0]))
    if first_pose == "t":
        local[0] = [1.0, 0.0, 0.0, 0.0]
    turn = quat_from_yaw(np.array(yaw_rad))
    local[:, 0] = quat_multiply(turn, local[:, 0])
    return replace(clip, local_quat_wxyz=local, root_position_m=quat_rotate(turn, clip.root_position_m))


def folded(clip: MotionClip) -> BvhMotion:
    """Our body in Mixamo's names and centimetres, every bone along its own X, as Rokoko writes it."""
    parents = [-1 if joint == 0 else JOINTS.index(_parent(joint)) for joint in JOINTS]
    at = clip.pose()
    rest = np.zeros((len(JOINTS), 3))
    for place, joint in enumerate(JOINTS):
        above = joint
        while above != (0 if place == 0 else JOINTS[parents[place]]):
            rest[place] += REST_OFFSETS_M[above]
            above = PARENTS[above]
    frames = np.tile([1.0, 0.0, 0.0, 0.0], (len(JOINTS), 1))
    for place in range(1, len(JOINTS)):
        child = next((each for each, parent in enumerate(parents) if parent == place), place)
        frames[place] = quat_between(np.array([1.0, 0.0, 0.0]), rest[child])
    world = quat_multiply(at.world_quat_wxyz[:, JOINTS], frames)
    offsets = np.stack([100 * quat_rotate(quat_inverse(frames[up]), rest[place]) for place, up in enumerate(parents)])
    offsets[0] = [0.0, 94.0, 0.0]
    local = world.copy()
    local[:, 1:] = quat_multiply(quat_inverse(world[:, parents[1:]]), world[:, 1:])
    places = np.tile(offsets, (clip.frames, 1, 1))
    places[:, 0] = 100 * clip.root_position_m
    return BvhMotion(
        names=tuple(MIXAMO.bones[JOINT_NAMES[joint]][0] for joint in JOINTS),
        parents=tuple(parents),
        offsets=offsets,
        end_sites=(),
        local_quat_wxyz=local,
        local_position=places,
        frame_rate_hz=30.0,
        channels=tuple(("Xp", "Yp", "Zp", *CHANNELS) if place == 0 else CHANNELS for place in range(len(JOINTS))),
    )


def _parent(joint: int) -> int:
    parent = PARENTS[joint]
    return parent if parent in JOINTS else _parent(parent)
