"""Locked channels stay, the rest comes as near as it can, and what follows makes up for it."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from rig.families import family
from rig.motions import degrees_between, posed_bones, random_clip, true_map

from exges_core.motion.euler import euler_from_quat, quat_from_euler
from exges_core.motion.kinematics import forward_kinematics
from exges_core.motion.rotations import quat_angle, quat_from_matrix, quat_from_rotvec, quat_inverse, quat_multiply
from exges_core.motion.skeleton import joint_index
from exges_core.rig.retarget import Retargeter
from exges_core.rig.retarget_locks import Lock, nearest_allowed

ORDERS = ("XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX")


@given(order=st.sampled_from(ORDERS), locked=st.tuples(*[st.booleans()] * 3), seed=st.integers(0, 999))
@settings(max_examples=40, deadline=None)
def test_locked_angles_are_held_and_no_neighbour_is_nearer(order: str, locked: tuple[bool, ...], seed: int) -> None:
    generator = np.random.default_rng(seed)
    held = generator.uniform(-0.4, 0.4, size=3)
    lock = Lock(order=order, is_locked=locked, held_rad=tuple(held))  # type: ignore[arg-type]
    wanted = quat_from_rotvec(generator.normal(scale=0.5, size=(5, 3)))
    found = nearest_allowed(wanted, lock)
    angles = euler_from_quat(found[:, None], order)[:, 0]
    np.testing.assert_allclose(angles[:, list(locked)], np.tile(held, (5, 1))[:, list(locked)], atol=1e-6)
    distance = quat_angle(quat_multiply(quat_inverse(found), wanted))
    for _ in range(8):
        step = generator.normal(scale=1e-3, size=3) * ~np.array(locked)
        near = quat_from_euler(angles + step, order)
        assert (quat_angle(quat_multiply(quat_inverse(near), wanted)) > distance - 1e-6).all()


def test_nothing_locked_changes_nothing() -> None:
    wanted = quat_from_rotvec(np.random.default_rng(1).normal(size=(4, 3)))
    free = Lock(order="XYZ", is_locked=(False, False, False), held_rad=(0.0, 0.0, 0.0))
    assert nearest_allowed(wanted, free) is wanted


@pytest.mark.parametrize("is_locked", [(True, False, True), (True, True, True)])
def test_bones_below_a_locked_one_keep_their_world_rotation(is_locked: tuple[bool, bool, bool]) -> None:
    each = family("mixamo", roll=4)
    forearm, hand = each.truth["left_elbow"], each.truth["left_wrist"]
    lock = Lock(order="ZYX", is_locked=is_locked, held_rad=(0.05, 0.0, -0.1))
    retargeter = Retargeter(rig=each.rig, rig_map=true_map(each), locks={forearm: lock})
    clip = random_clip(7)
    pose = retargeter.to_rig(clip)
    basis = pose.basis_quat_wxyz[:, pose.bones.index(forearm)]
    angles = euler_from_quat(basis[:, None], "ZYX")[:, 0]
    for place, held in enumerate(lock.held_rad):
        if is_locked[place]:
            np.testing.assert_allclose(angles[:, place], held, atol=1e-6)
    world, _ = posed_bones(each.rig, pose)
    index = each.rig.index(hand)
    turned = quat_from_matrix(world[:, index] @ each.rig.rest_matrix[index].T)
    wanted = forward_kinematics(clip.local_quat_wxyz, clip.root_position_m).world_quat_wxyz
    assert degrees_between(turned, wanted[:, joint_index("left_wrist")]) < 1e-3
