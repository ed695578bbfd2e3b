"""Rest poses that lean: a figure that is tipped over is stood up, a stoop is kept and said, others are left alone."""

from dataclasses import replace

import numpy as np
import pytest
from rig.families import FAMILIES, Family, family
from rig.motions import degrees_between, posed_bones, random_clip, standing_and_swaying, true_map

from exges_core.motion.kinematics import forward_kinematics
from exges_core.motion.rotations import matrix_from_quat, quat_from_matrix, quat_from_rotvec
from exges_core.motion.skeleton import joint_index
from exges_core.rig.options import RetargetOptions
from exges_core.rig.rest import RestPose
from exges_core.rig.retarget import Retargeter

TIPPED = matrix_from_quat(quat_from_rotvec(np.array([0.0, 0.25, 0.0]))) @ matrix_from_quat(
    quat_from_rotvec(np.deg2rad([-38.0, 0.0, 10.0]))
)
"""Backwards, to a side, and turned aside."""
UPRIGHT_DEGREES = 2.5
"""People's ankles, hips and neck are not exactly above each other."""


def tipped(name: str, about_m: float, **options: object) -> Family:
    """Return a family's rig tipped over about a point of its own axis."""
    each = family(name, **options)  # type: ignore[arg-type]
    turned = each.turned(TIPPED)
    pivot = np.array([0.0, about_m * each.unit, 0.0])
    shift = pivot - TIPPED @ pivot
    return replace(turned, rig=replace(turned.rig, heads=turned.rig.heads + shift, tails=turned.rig.tails + shift))


def retargeter_of(each: Family) -> Retargeter:
    return Retargeter(rig=each.rig, rig_map=true_map(each))


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("pose", ["own", "t", "a"])
def test_upright_rigs_are_left_exactly_as_they_are(name: str, pose: str) -> None:
    rest = RestPose(rig=(each := family(name, pose=pose, build="heroic")).rig, bones=each.truth)
    assert not rest.lean.is_tipped
    assert not rest.lean.remark
    assert np.array_equal(rest.lean.upright, np.eye(3))
    assert rest.own_axes is rest.rig_from_canonical


@pytest.mark.parametrize("name", ["mixamo", "unreal5", "daz_genesis8", "cmu_bvh"])
def test_a_tipped_figure_moves_as_the_upright_one(name: str) -> None:
    each, straight = tipped(name, 0.0, roll=3), family(name, roll=3)
    clip = random_clip(1)
    moved, wanted = (posed_bones(one.rig, retargeter_of(one).to_rig(clip))[0] for one in (each, straight))
    aside = retargeter_of(each).rig_from_canonical @ retargeter_of(straight).rig_from_canonical.T
    for joint, bone in each.truth.items():
        index = each.rig.index(bone)
        off = degrees_between(quat_from_matrix(moved[:, index]), quat_from_matrix(aside @ wanted[:, index]))
        assert off < UPRIGHT_DEGREES, joint


@pytest.mark.parametrize("about_m", [0.0, 0.93])
def test_a_tipped_figure_stands_upright_on_flat_feet(about_m: float) -> None:
    each = tipped("mixamo", about_m)
    retargeter = retargeter_of(each)
    lean = retargeter.rest.lean
    assert lean.remark == "the whole body leans back by 40 degrees at rest, which is undone"
    clip = standing_and_swaying()
    _, heads = posed_bones(each.rig, retargeter.to_rig(clip, options=RetargetOptions()))
    at = {joint: heads[:, each.rig.index(bone)] / each.unit for joint, bone in each.truth.items()}
    ankles, soles = (0.5 * (at[f"left_{name}"] + at[f"right_{name}"]) for name in ("ankle", "foot"))
    straight = family("mixamo")
    _, theirs = posed_bones(straight.rig, retargeter_of(straight).to_rig(clip, options=RetargetOptions()))
    for found, name in ((ankles, "ankle"), (soles, "foot"), (at["head"], "head")):
        bones = [straight.rig.index(straight.truth[each]) for each in straight.truth if each.endswith(name)]
        height = theirs[:, bones, 1].mean(axis=1) / straight.unit
        # Tipped over about the ground, its ankles are lower at rest by what they lie behind the origin.
        np.testing.assert_allclose(found[:, 1], height, atol=0.04)


def test_a_tipped_figure_reads_back_exactly() -> None:
    retargeter, clip = retargeter_of(tipped("unreal5", 0.0, roll=2)), random_clip(4)
    pose = retargeter.to_rig(clip)
    back = retargeter.to_canonical(pose.basis_quat_wxyz, pose.location, frame_rate_hz=30.0)
    joints = [joint_index(joint) for joint in retargeter.bones]
    here, there = (
        forward_kinematics(one.local_quat_wxyz, one.root_position_m).world_quat_wxyz[:, joints] for one in (back, clip)
    )
    assert degrees_between(here, there) < 1e-4
    np.testing.assert_allclose(back.root_position_m, clip.root_position_m, atol=1e-9)


def test_a_stoop_is_kept_and_said() -> None:
    each = family("mixamo")
    bend = matrix_from_quat(quat_from_rotvec(np.deg2rad([32.0, 0.0, 0.0])))
    hips = each.rig.heads[each.rig.index(each.truth["pelvis"])]
    legs = [f"mixamorig:{side}{part}" for side in ("Left", "Right") for part in ("UpLeg", "Leg", "Foot", "ToeBase")]
    heads = np.array(
        [
            head if name in legs else hips + bend @ (head - hips)
            for name, head in zip(each.rig.names, each.rig.heads, strict=True)
        ]
    )
    lean = RestPose(rig=replace(each.rig, heads=heads), bones=each.truth).lean
    # The canonical trunk leans back by 6 degrees.
    assert lean.remark == "the trunk leans forward by 26 degrees at rest, which counts as standing straight"
    assert np.array_equal(lean.upright, np.eye(3))
