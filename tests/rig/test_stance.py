"""A pose that counts as the rest: rests with crossed arms, seats and leans move as the rig that stands straight."""

from dataclasses import replace

import numpy as np
import pytest
from rig.families import Family, family
from rig.motions import degrees_between, posed_bones, random_clip, standing_and_swaying, true_map
from rig.stances import ODD, odd_and_way_back, turned
from rig.test_clearance import box, joined

from exges_core.motion.kinematics import forward_kinematics
from exges_core.motion.rotations import matrix_from_quat, quat_from_matrix
from exges_core.motion.skeleton import joint_index
from exges_core.rig.options import EXACT, RetargetOptions
from exges_core.rig.patch import Mesh
from exges_core.rig.retarget import Retargeter
from exges_core.rig.retarget_locks import Lock
from exges_core.rig.stance import Stance


def plays(each: Family, stance: Stance | None) -> Retargeter:
    return Retargeter(rig=each.rig, rig_map=true_map(each), stance=stance)


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("name", ["mixamo", "unreal5", "daz_genesis8", "rigify_metarig", "cmu_bvh"])
def test_an_odd_rest_with_a_standing_pose_moves_as_the_straight_rig(name: str, kind: str) -> None:
    straight = family(name, roll=5)
    odd, back = odd_and_way_back(straight, kind)
    clip, options = standing_and_swaying(8), RetargetOptions()
    wanted, heads = posed_bones(straight.rig, plays(straight, None).to_rig(clip, options=options))
    found, there = posed_bones(odd.rig, plays(odd, back).to_rig(clip, options=options))
    driven = [straight.rig.index(bone) for bone, _ in plays(straight, None).driven]
    assert degrees_between(quat_from_matrix(found[:, driven]), quat_from_matrix(wanted[:, driven])) < 1e-4
    np.testing.assert_allclose(there[:, driven], heads[:, driven], atol=1e-6 * straight.unit)


def test_without_it_an_odd_rest_is_inherited_or_the_feet_are_off() -> None:
    straight = family("mixamo", roll=5)
    odd, _ = odd_and_way_back(straight, "tilted")
    clip = standing_and_swaying(8)
    wanted, _ = posed_bones(straight.rig, plays(straight, None).to_rig(clip))
    found, _ = posed_bones(odd.rig, plays(odd, None).to_rig(clip))
    head = straight.rig.index(straight.truth["head"])
    assert degrees_between(quat_from_matrix(found[:, head]), quat_from_matrix(wanted[:, head])) > 15.0


@pytest.mark.parametrize("name", ["mixamo", "unreal5", "biped"])
def test_any_standing_pose_reads_back_exactly(name: str) -> None:
    each = family(name, roll=2)
    bones = {joint: np.rad2deg(np.random.default_rng(4).normal(scale=0.5, size=3)) for joint in each.truth}
    retargeter = plays(each, turned(each, bones, (0.1, 0.2, -0.3)))
    clip = random_clip(4)
    pose = retargeter.to_rig(clip, options=EXACT)
    back = retargeter.to_canonical(pose.basis_quat_wxyz, pose.location, frame_rate_hz=30.0)
    joints = [joint_index(joint) for joint in retargeter.bones]
    here, there = (
        forward_kinematics(one.local_quat_wxyz, one.root_position_m).world_quat_wxyz[:, joints] for one in (back, clip)
    )
    assert degrees_between(here, there) < 1e-4
    np.testing.assert_allclose(back.root_position_m, clip.root_position_m, atol=1e-9)


def test_locked_channels_stay_where_they_are() -> None:
    each = family("mixamo")
    elbow = each.truth["left_elbow"]
    lock = Lock(order="XYZ", is_locked=(True, False, True), held_rad=(0.1, 0.0, -0.2))
    stance = turned(each, ODD["crossed"])
    retargeter = replace(plays(each, stance), locks={elbow: lock})
    pose = retargeter.to_rig(random_clip(1))
    turns = matrix_from_quat(pose.basis_quat_wxyz[:, pose.bones.index(elbow)])
    # XYZ = Rx Ry Rz, its first and its last angle.
    np.testing.assert_allclose(np.arctan2(-turns[:, 1, 2], turns[:, 2, 2]), 0.1, atol=1e-9)
    np.testing.assert_allclose(np.arctan2(-turns[:, 0, 1], turns[:, 0, 0]), -0.2, atol=1e-9)


def test_the_mesh_comes_along() -> None:
    straight = family("mixamo")
    odd, back = odd_and_way_back(straight, "crossed")
    names = tuple(straight.truth.values())

    def dressed(each: Family) -> Mesh:
        parts = []
        for joint, half in (("spine3", [0.2, 0.3, 0.15]), ("left_wrist", [0.08] * 3), ("right_wrist", [0.08] * 3)):
            place = list(straight.truth).index(joint)
            bone = each.rig.index(each.truth[joint])
            turn = each.rig.rest_matrix[bone] @ straight.rig.rest_matrix[bone].T
            mesh = box(np.zeros(3), np.array(half) * each.unit, place)
            parts.append(replace(mesh, vertices=mesh.vertices @ turn.T + each.rig.heads[bone]))
        return replace(joined(parts), bones=names)

    here = plays(straight, None).flesh_of(dressed(straight))
    there = plays(odd, back).flesh_of(dressed(odd))
    for side in ("left", "right"):
        apart = np.linalg.norm(there.hands[side].points[:, None] - here.hands[side].points, axis=-1)
        assert apart.min(axis=1).max() < 0.02 * straight.unit, "points in the same cubes"
