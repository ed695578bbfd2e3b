"""Laws of retargeting: the body drives itself unchanged, any rest pose gives the same pose, and it reads back."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from exges_core.errors import RigMatchError
from exges_core.motion.clip import MotionClip
from exges_core.motion.kinematics import forward_kinematics
from exges_core.motion.rotations import (
    matrix_from_quat,
    quat_from_rotvec,
    quat_inverse,
    quat_multiply,
    rotvec_from_quat,
)
from exges_core.motion.skeleton import JOINT_NAMES, PARENTS, REST_OFFSETS_M, STANDING_PELVIS_HEIGHT_M, joint_index
from exges_core.rig.bones import REQUIRED_JOINTS, Rig, rig_from_hierarchy
from exges_core.rig.match import RigMap, match_rig
from exges_core.rig.presets import PRESETS
from exges_core.rig.retarget import Retargeter

ANGLE_RAD = 1e-6
LENGTH_M = 1e-9
LIMBS = [f"{side}_{name}" for side in ("left", "right") for name in ("shoulder", "elbow", "hip", "knee", "index1")]


def random_clip(seed: int, frames: int = 4) -> MotionClip:
    generator = np.random.default_rng(seed)
    return MotionClip(
        local_quat_wxyz=quat_from_rotvec(generator.normal(scale=0.4, size=(frames, 55, 3))),
        root_position_m=generator.normal(scale=0.3, size=(frames, 3)) + np.array([0.0, 0.935, 0.0]),
        frame_rate_hz=30.0,
    )


def straight_map() -> RigMap:
    """The map of the straight body; one bent at random may lie down, and is then refused, as a dog is."""
    return match_rig(rig_from_hierarchy(JOINT_NAMES, PARENTS, REST_OFFSETS_M))


def posed_rig(seed: int, *, bend: float) -> tuple[Rig, np.ndarray, float]:
    """A rig with another rest pose of its limbs, random rolls, axes, unit and place."""
    generator = np.random.default_rng(seed)
    turns = np.zeros((55, 3))
    for joint in range(55):
        if JOINT_NAMES[joint] in LIMBS:
            turns[joint] = generator.normal(scale=bend, size=3)
    pose = forward_kinematics(quat_from_rotvec(turns)[None], np.zeros((1, 3)))
    quarter = matrix_from_quat(quat_from_rotvec(np.array([0.5 * np.pi, 0.0, 0.0])))
    yaw = matrix_from_quat(quat_from_rotvec(np.array([0.0, generator.uniform(-np.pi, np.pi), 0.0])))
    axes, unit = quarter @ yaw, float(generator.uniform(0.01, 100.0))
    heads = unit * (pose.positions_m[0] @ axes.T) + unit * generator.normal(size=3)
    rolls = matrix_from_quat(quat_from_rotvec(generator.normal(size=(55, 3))))
    rig = Rig(
        names=JOINT_NAMES,
        parents=PARENTS,
        heads=heads,
        tails=heads,
        rest_matrix=rolls,
        inherits_rotation=np.ones(55, dtype=bool),
    )
    return rig, axes, unit


def fk(rig: Rig, retargeter: Retargeter, clip: MotionClip) -> np.ndarray:
    """Head positions of the posed rig, bone by bone as Blender would: the naive reference."""
    pose = retargeter.to_rig(clip)
    basis = dict(zip(pose.bones, np.moveaxis(matrix_from_quat(pose.basis_quat_wxyz), 1, 0), strict=True))
    frames = clip.frames
    world = np.zeros((frames, len(rig.names), 3, 3))
    heads = np.zeros((frames, len(rig.names), 3))
    for bone, name in enumerate(rig.names):
        parent = rig.parents[bone]
        rest = rig.rest_matrix[bone]
        turned = basis.get(name, np.broadcast_to(np.eye(3), (frames, 3, 3)))
        if parent < 0:
            world[:, bone] = rest @ turned
            heads[:, bone] = rig.heads[bone]
        else:
            above = world[:, parent] @ rig.rest_matrix[parent].T
            world[:, bone] = above @ rest @ turned
            heads[:, bone] = heads[:, parent] + above @ (rig.heads[bone] - rig.heads[parent])
        if name == pose.location_bone:
            heads[:, bone] += pose.location @ rest.T
    return heads


def test_the_canonical_body_is_driven_by_its_own_local_rotations() -> None:
    rig = rig_from_hierarchy(JOINT_NAMES, PARENTS, REST_OFFSETS_M)
    clip = random_clip(1)
    pose = Retargeter(rig=rig, rig_map=match_rig(rig)).to_rig(clip)
    order = [joint_index(name) for name in pose.bones]
    between = quat_multiply(quat_inverse(clip.local_quat_wxyz[:, order]), pose.basis_quat_wxyz)
    assert np.abs(rotvec_from_quat(between)).max() < ANGLE_RAD
    np.testing.assert_allclose(
        pose.location, clip.root_position_m - np.array([0.0, STANDING_PELVIS_HEIGHT_M, 0.0]), atol=LENGTH_M
    )


@given(seed=st.integers(0, 10_000), bend=st.floats(0.0, 0.7))
@settings(max_examples=25, deadline=None)
def test_any_rest_pose_roll_axes_and_unit_give_the_same_limb_directions(seed: int, bend: float) -> None:
    rig, axes, unit = posed_rig(seed, bend=bend)
    clip = random_clip(seed + 1)
    heads = fk(rig, Retargeter(rig=rig, rig_map=straight_map()), clip)
    wanted = forward_kinematics(clip.local_quat_wxyz, clip.root_position_m).positions_m @ axes.T
    for joint in LIMBS:
        start = joint_index(joint)
        stop = PARENTS.index(start)
        here, there = heads[:, stop] - heads[:, start], wanted[:, stop] - wanted[:, start]
        np.testing.assert_allclose(here, unit * there, atol=1e-6 * unit)


@given(seed=st.integers(0, 10_000), bend=st.floats(0.0, 0.7))
@settings(max_examples=25, deadline=None)
def test_what_a_rig_shows_reads_back_as_the_same_canonical_pose(seed: int, bend: float) -> None:
    rig, *_ = posed_rig(seed, bend=bend)
    retargeter = Retargeter(rig=rig, rig_map=straight_map())
    clip = random_clip(seed + 2)
    pose = retargeter.to_rig(clip)
    back = retargeter.to_canonical(pose.basis_quat_wxyz, pose.location, frame_rate_hz=30.0)
    between = quat_multiply(quat_inverse(clip.local_quat_wxyz), back.local_quat_wxyz)
    assert np.abs(rotvec_from_quat(between)).max() < ANGLE_RAD
    np.testing.assert_allclose(back.root_position_m, clip.root_position_m, atol=1e-7)


def test_a_missing_bone_is_absorbed_by_the_bones_that_follow_it() -> None:
    whole = rig_from_hierarchy(JOINT_NAMES, PARENTS, REST_OFFSETS_M)
    kept = [index for index, name in enumerate(JOINT_NAMES) if name not in ("spine2", "left_collar")]
    parents = []
    for index in kept:
        parent = PARENTS[index]
        while parent >= 0 and parent not in kept:
            parent = PARENTS[parent]
        parents.append(kept.index(parent) if parent >= 0 else -1)
    rig = Rig(
        names=tuple(JOINT_NAMES[index] for index in kept),
        parents=tuple(parents),
        heads=whole.heads[kept],
        tails=whole.tails[kept],
        rest_matrix=whole.rest_matrix[kept],
        inherits_rotation=whole.inherits_rotation[kept],
    )
    rig_map = match_rig(rig)
    assert rig_map.missing == ("spine2", "left_collar")
    clip = random_clip(3)
    heads = fk(rig, Retargeter(rig=rig, rig_map=rig_map), clip)
    wanted = forward_kinematics(clip.local_quat_wxyz, clip.root_position_m).positions_m
    for joint in ("left_shoulder", "left_elbow", "left_middle1"):
        start, stop = joint_index(joint), PARENTS.index(joint_index(joint))
        here = heads[:, rig.names.index(JOINT_NAMES[stop])] - heads[:, rig.names.index(joint)]
        np.testing.assert_allclose(here, wanted[:, stop] - wanted[:, start], atol=1e-9)


FAMILIES = [each for each in PRESETS if not (each.carriers or each.signature or each.is_generic)]


@pytest.mark.parametrize("preset", FAMILIES, ids=lambda each: each.name)
@pytest.mark.parametrize("prefix", ["", "hero:", "Hero_"])
def test_a_rig_named_by_a_table_is_recognised_with_or_without_namespace(preset, prefix: str) -> None:  # noqa: ANN001
    joints = [name for name in JOINT_NAMES if name in preset.bones]
    parents = []
    for name in joints:
        parent = PARENTS[joint_index(name)]
        while parent >= 0 and JOINT_NAMES[parent] not in joints:
            parent = PARENTS[parent]
        parents.append(joints.index(JOINT_NAMES[parent]) if parent >= 0 else -1)
    offsets = np.stack([REST_OFFSETS_M[joint_index(name)] for name in joints])
    rig = rig_from_hierarchy(tuple(prefix + preset.bones[name][0] for name in joints), tuple(parents), offsets)
    found = match_rig(rig)
    assert found.preset == preset.name
    assert found.bones == {name: prefix + preset.bones[name][0] for name in joints}


def test_what_is_no_humanoid_is_refused_with_the_names_of_what_lacks() -> None:
    names = tuple(name for name in JOINT_NAMES if name not in ("left_elbow", "right_knee"))
    rig = rig_from_hierarchy(names, (-1, *([0] * (len(names) - 1))), np.zeros((len(names), 3)))
    with pytest.raises(RigMatchError, match="right_knee, left_elbow"):
        match_rig(rig)
    assert {"left_elbow", "right_knee"} <= set(REQUIRED_JOINTS)
