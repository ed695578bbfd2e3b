"""Motion and maps that several tests of this folder use."""

from dataclasses import replace

import numpy as np
from rig.families import Family

from exges_core.motion.clip import MotionClip
from exges_core.motion.kinematics import two_bone_ik
from exges_core.motion.rotations import matrix_from_quat, quat_angle, quat_from_rotvec, quat_inverse, quat_multiply
from exges_core.motion.skeleton import STANDING_PELVIS_HEIGHT_M, joint_index
from exges_core.rig.bones import Rig
from exges_core.rig.chains import chains_of
from exges_core.rig.match import RigMap
from exges_core.rig.rig_pose import RigPose


def random_clip(seed: int, frames: int = 4, *, size: float = 0.4) -> MotionClip:
    """Every joint anywhere: what no retargeter may get wrong."""
    generator = np.random.default_rng(seed)
    return MotionClip(
        local_quat_wxyz=quat_from_rotvec(generator.normal(scale=size, size=(frames, 55, 3))),
        root_position_m=generator.normal(scale=0.3, size=(frames, 3)) + np.array([0.0, 0.935, 0.0]),
        frame_rate_hz=30.0,
    )


def standing_and_swaying(frames: int = 60) -> MotionClip:
    """Knees bend, hips sway by 8 cm and sink by 6, both feet planted by IK."""
    clip = random_clip(0, frames=frames, size=0.0)
    phase = np.linspace(0.0, 2.0 * np.pi, frames)
    root = np.stack([0.08 * np.sin(phase), 0.90 - 0.03 * (1 - np.cos(phase)), 0.03 * np.sin(2 * phase)], axis=-1)
    rest = replace(clip, root_position_m=np.tile([0.0, STANDING_PELVIS_HEIGHT_M, 0.0], (frames, 1))).pose()
    moved = replace(clip, root_position_m=root)
    pose, local = moved.pose(), moved.local_quat_wxyz.copy()
    for side in ("left", "right"):
        hip, knee, ankle = (joint_index(f"{side}_{part}") for part in ("hip", "knee", "ankle"))
        points = (pose.positions_m[:, joint] for joint in (hip, knee, ankle))
        target = rest.positions_m[:, ankle]
        solved = two_bone_ik(*points, target, hinge=np.tile([1.0, 0.0, 0.0], (frames, 1)))
        local[:, hip] = solved.root_turn_wxyz
        local[:, knee] = quat_multiply(quat_inverse(solved.root_turn_wxyz), solved.mid_turn_wxyz)
        local[:, ankle] = quat_inverse(solved.mid_turn_wxyz)
    return replace(moved, local_quat_wxyz=local)


def true_map(each: Family) -> RigMap:
    """What the family's maker would say; the matcher has tests of its own."""
    return RigMap(
        preset=each.name,
        title=each.title,
        bones=each.truth,
        missing=(),
        score=1.0,
        location_bone=each.truth["pelvis"],
        carriers={},
        logical_parents={},
        switches=(),
        chains=chains_of(each.rig, each.truth),
    )


def degrees_between(here: np.ndarray, there: np.ndarray) -> float:
    """Largest angle between two stacks of quaternions."""
    return float(np.degrees(quat_angle(quat_multiply(quat_inverse(here), there))).max())


def posed_bones(rig: Rig, pose: RigPose) -> tuple[np.ndarray, np.ndarray]:
    """World matrices (frames x bones x 3 x 3) and heads of the posed rig, bone by bone as Blender would."""
    basis = dict(zip(pose.bones, np.moveaxis(matrix_from_quat(pose.basis_quat_wxyz), 1, 0), strict=True))
    frames = len(pose.location)
    world = np.zeros((frames, len(rig.names), 3, 3))
    heads = np.zeros((frames, len(rig.names), 3))
    moves = {pose.location_bone: pose.location}
    if pose.root_bone:
        moves[pose.root_bone] = pose.root_location
    for bone, name in enumerate(rig.names):
        parent, rest = rig.parents[bone], rig.rest_matrix[bone]
        above = np.broadcast_to(np.eye(3), (frames, 3, 3))
        heads[:, bone] = rig.heads[bone]
        if parent >= 0:
            above = world[:, parent] @ rig.rest_matrix[parent].T
            heads[:, bone] = heads[:, parent] + above @ (rig.heads[bone] - rig.heads[parent])
        if name in moves:
            heads[:, bone] += np.einsum("fxy,fy->fx", above @ rest, moves[name])
        world[:, bone] = above @ rest @ basis.get(name, np.eye(3))
    return world, heads + pose.object_shift[:, None]
