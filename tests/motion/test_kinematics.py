import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from exges_core.motion.kinematics import (
    contacts,
    forward_kinematics,
    hinge_ik,
    local_from_world,
    two_bone_ik,
    velocity_m_per_s,
)
from exges_core.motion.rotations import quat_angle, quat_inverse, quat_multiply, quat_normalise, quat_rotate
from exges_core.motion.skeleton import DEFAULT_SKELETON, PARENTS, REST_OFFSETS_M, joint_index
from tests.motion.conftest import moving_clip, standing_clip

EXACT = 1e-12
seeds = st.integers(0, 10_000)


def random_quats(seed: int, *shape: int) -> np.ndarray:
    return quat_normalise(np.random.default_rng(seed).normal(size=(*shape, 4)))


@settings(max_examples=20)
@given(seeds)
def test_forward_kinematics_agrees_with_a_naive_chain_of_matrices(seed: int) -> None:
    local = random_quats(seed, 55)
    root = np.array([1.0, 2.0, 3.0])
    pose = forward_kinematics(local, root)
    world = [np.eye(4)] * 55
    for joint, parent in enumerate(PARENTS):
        step = np.eye(4)
        step[:3, :3] = Rotation.from_quat(local[joint][[1, 2, 3, 0]]).as_matrix()
        step[:3, 3] = root if parent < 0 else REST_OFFSETS_M[joint]
        world[joint] = step if parent < 0 else world[parent] @ step
        np.testing.assert_allclose(pose.positions_m[joint], world[joint][:3, 3], atol=EXACT)


@settings(max_examples=20)
@given(seeds)
def test_forward_kinematics_commutes_with_turning_the_root_and_keeps_bone_lengths(seed: int) -> None:
    local, turn = random_quats(seed, 7, 55), random_quats(seed + 1)
    turned = local.copy()
    turned[:, 0] = quat_multiply(turn, local[:, 0])
    before = forward_kinematics(local, np.zeros((7, 3)))
    after = forward_kinematics(turned, np.zeros((7, 3)))
    np.testing.assert_allclose(after.positions_m, quat_rotate(turn, before.positions_m), atol=EXACT)
    bones = np.linalg.norm(before.positions_m[:, 1:] - before.positions_m[:, PARENTS[1:]], axis=-1)
    np.testing.assert_allclose(bones, np.broadcast_to(np.linalg.norm(REST_OFFSETS_M[1:], axis=-1), (7, 54)), atol=EXACT)
    again = local_from_world(before.world_quat_wxyz)
    assert quat_angle(quat_multiply(quat_inverse(again), local)).max() < EXACT


def test_the_rest_pose_is_the_rest_offsets_summed() -> None:
    identity = np.zeros((55, 4))
    identity[:, 0] = 1
    pose = forward_kinematics(identity, np.zeros(3))
    np.testing.assert_allclose(pose.positions_m, DEFAULT_SKELETON.rest_positions_m(), atol=EXACT)


def test_velocity_of_even_motion_is_even() -> None:
    positions = np.arange(10.0)[:, None, None] * np.array([0.1, 0.0, -0.2])
    np.testing.assert_allclose(
        velocity_m_per_s(positions, 30.0), np.broadcast_to([3.0, 0.0, -6.0], (10, 1, 3)), atol=EXACT
    )
    assert velocity_m_per_s(positions[:1], 30.0).tolist() == [[[0.0, 0.0, 0.0]]]


@pytest.mark.parametrize(("slide_m_per_s", "expected"), [(0.0, True), (0.29, True), (0.31, False)])
def test_contact_is_less_than_a_centimetre_a_frame(slide_m_per_s: float, expected: bool) -> None:
    is_contact = contacts(standing_clip(slide_m_per_s=slide_m_per_s).positions_m())
    assert is_contact.shape == (120, 4)
    assert np.all(is_contact == expected)


def test_contacts_do_not_depend_on_the_frame_rate() -> None:
    clip = moving_clip(frames=61, rate_hz=60.0)
    slow, fast = contacts(clip.resample(30.0).positions_m(), 30.0), contacts(clip.positions_m(), 60.0)
    assert (slow == fast[::2]).mean() > 0.9
    assert contacts(clip.positions_m()[:1]).all()


@settings(max_examples=50)
@given(seeds, st.booleans())
def test_a_limb_reaches_what_it_can_and_keeps_its_bones(seed: int, has_pole: bool) -> None:
    generator = np.random.default_rng(seed)
    root, mid, end, target, pole = generator.normal(size=(5, 20, 3))
    solution = two_bone_ik(root, mid, end, target, pole if has_pole else None)
    upper, lower = np.linalg.norm(mid - root, axis=1), np.linalg.norm(end - mid, axis=1)
    np.testing.assert_allclose(np.linalg.norm(solution.mid_m - root, axis=1), upper, atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(solution.end_m - solution.mid_m, axis=1), lower, atol=1e-9)
    away = np.linalg.norm(target - root, axis=1)
    can_reach = (away < 0.999 * (upper + lower)) & (away > np.abs(upper - lower) + 1e-5)
    np.testing.assert_allclose(solution.end_m[can_reach], target[can_reach], atol=1e-7)
    # What the turns say is what the positions say.
    by_turns = root + quat_rotate(solution.root_turn_wxyz, mid - root)
    np.testing.assert_allclose(by_turns, solution.mid_m, atol=1e-7)
    np.testing.assert_allclose(by_turns + quat_rotate(solution.mid_turn_wxyz, end - mid), solution.end_m, atol=1e-7)
    if has_pole:
        line = solution.end_m - root
        aside = pole - np.sum(pole * line, 1, keepdims=True) / np.sum(line * line, 1, keepdims=True) * line
        assert np.sum((solution.mid_m - root) * aside, axis=1).min() > -1e-9


def test_a_target_at_the_end_changes_nothing() -> None:
    root, mid, end = np.random.default_rng(0).normal(size=(3, 50, 3))
    solution = two_bone_ik(root, mid, end, end)
    assert quat_angle(solution.root_turn_wxyz).max() < 1e-6
    assert quat_angle(solution.mid_turn_wxyz).max() < 1e-6


def test_the_hinge_decides_where_a_straight_arm_bends() -> None:
    rest = DEFAULT_SKELETON.rest_positions_m()
    shoulder, elbow, wrist = (rest[[joint_index(f"left_{name}")]] for name in ("shoulder", "elbow", "wrist"))
    target = shoulder + np.array([0.25, 0.0, 0.25])
    solution = two_bone_ik(shoulder, elbow, wrist, target, hinge=np.array([[0.0, -1.0, 0.0]]))
    np.testing.assert_allclose(solution.end_m, target, atol=1e-9)
    # The elbow flexes about the vertical: the forearm goes forward, the elbow back, nothing twists.
    assert abs(solution.mid_m[0, 1] - shoulder[0, 1]) < 1e-9
    assert abs(quat_rotate(solution.root_turn_wxyz, np.array([0.0, 1.0, 0.0]))[0, 1] - 1) < 1e-9


@settings(max_examples=50)
@given(seeds, st.floats(-0.2, 1.5), st.floats(0.5, 1.3))
def test_a_hinged_leg_reaches_never_bends_backwards_and_never_straightens_fully(
    seed: int, bend_rad: float, share: float
) -> None:
    generator = np.random.default_rng(seed)
    hip, axis = np.zeros((1, 3)), np.array([[1.0, 0.0, 0.0]])
    knee = np.array([[0.0, -0.4, 0.0]])
    ankle = knee + np.array([0.01, -0.4 * np.cos(bend_rad), -0.4 * np.sin(bend_rad)])
    direction = generator.normal(size=(1, 3))
    target = share * 0.8 * direction / np.linalg.norm(direction)
    solution = hinge_ik(hip, knee, ankle, target, axis, max_extension=0.995)
    shin = quat_rotate(solution.mid_turn_wxyz, ankle - knee)
    np.testing.assert_allclose(quat_rotate(solution.root_turn_wxyz, knee) + shin, solution.end_m, atol=1e-9)
    turned_axis = quat_rotate(solution.root_turn_wxyz, axis)
    assert np.sum(np.cross(solution.mid_m, shin) * turned_axis) > -1e-9
    if share < 0.99:
        np.testing.assert_allclose(solution.end_m, target, atol=1e-7)
    if bend_rad > 1e-3:
        same = hinge_ik(hip, knee, ankle, ankle, axis)
        assert quat_angle(same.mid_turn_wxyz).max() < 1e-5
