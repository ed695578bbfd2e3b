"""Knees, lean and stance as numbers: the pose that has them, and a whole take that keeps them with planted feet."""

from functools import cache

import numpy as np
import pytest

from exges_core.arrays import Array
from exges_core.control.masks import nothing
from exges_core.control.standing import Posture
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import features_from_clip, home_anchor
from exges_core.motion.kinematics import forward_kinematics
from exges_core.motion.rotations import quat_angle, quat_inverse, quat_multiply, quat_rotate
from exges_core.motion.skeleton import CONTACT_JOINTS, HEAD, JOINT_NAMES, SPINE, joint_index
from exges_core.postprocess.finish import finish
from exges_core.postprocess.posture_in_joints import in_joints, measured
from exges_core.score.rests import Calm
from tests.postprocess.test_posture import FRAMES, RESTING, take, turn

ANKLES = [joint_index("left_ankle"), joint_index("right_ankle")]
WRISTS = [joint_index("left_wrist"), joint_index("right_wrist")]
CHEST = SPINE[-1]
NUMBERS = [
    {"knees_deg": 20.0},
    {"knees_deg": 60.0},
    {"lean_deg": 20.0},
    {"lean_deg": -10.0},
    {"stance_m": 0.1},
    {"stance_m": 0.5},
    {"knees_deg": 25.0, "lean_deg": 15.0, "stance_m": 0.4},
]


def softly_standing() -> Array:
    """A pose of somebody whose weight is on one leg: hips aside, one foot a little ahead."""
    local = np.zeros((55, 4))
    local[:, 0] = 1.0
    for joint, degrees in {
        "pelvis": [4, 0, 3],
        "left_hip": [-12, 4, -1],
        "left_knee": [14, 0, 0],
        "right_hip": [-4, -6, -6],
        "right_knee": [6, 0, 0],
        "spine2": [3, 0, -2],
        "left_shoulder": [0, 0, -70],
    }.items():
        local[joint_index(joint)] = turn(degrees)
    return local


def posed(posture: Posture, local: Array) -> Array:
    found = local.copy()
    for joint, each in in_joints(posture, local).turns_wxyz.items():
        found[joint_index(joint)] = each
    return found


@pytest.mark.parametrize("numbers", NUMBERS)
def test_a_pose_has_the_numbers_and_what_is_not_asked_stays(numbers: dict[str, float]) -> None:
    local = softly_standing()
    before, after = measured(local), measured(posed(Posture(**numbers), local))
    for name, tolerance in {"knees_deg": 0.01, "lean_deg": 0.01, "stance_m": 1e-4}.items():
        assert abs(getattr(after, name) - numbers.get(name, getattr(before, name))) < tolerance, name


def test_bent_knees_lower_the_pelvis_over_the_same_feet() -> None:
    local = softly_standing()
    before, after = (
        forward_kinematics(each, np.zeros(3)).positions_m[ANKLES]
        for each in (local, posed(Posture(knees_deg=50.0), local))
    )
    moved = after - before
    np.testing.assert_allclose(moved[:, [0, 2]], 0.0, atol=1e-6)
    assert np.ptp(moved[:, 1]) < 1e-6
    assert 0.05 < moved[0, 1] < 0.2


def test_a_lean_goes_forward_over_the_feet_looks_ahead_and_leaves_the_arms_alone() -> None:
    local = softly_standing()
    leaning = posed(Posture(lean_deg=25.0), local)
    here, there = (forward_kinematics(each, np.zeros(3)) for each in (local, leaning))
    head = quat_multiply(quat_inverse(here.world_quat_wxyz[HEAD[-1]]), there.world_quat_wxyz[HEAD[-1]])
    assert np.degrees(quat_angle(head)) < 2.0
    assert (there.positions_m[ANKLES, 2] - here.positions_m[ANKLES, 2]).min() > 0.03, "the pelvis goes back"
    others = [joint for joint, name in enumerate(JOINT_NAMES) if "shoulder" in name or "elbow" in name]
    np.testing.assert_array_equal(leaning[others], local[others])


def test_numbers_change_the_pose_that_the_joints_show() -> None:
    local = softly_standing()
    joints = {"left_elbow": turn([0, -80, 0]), "spine2": turn([20, 0, 0])}
    found = posed(Posture(turns_wxyz=joints, lean_deg=5.0), local)
    np.testing.assert_allclose(found[joint_index("left_elbow")], joints["left_elbow"])
    assert abs(measured(found).lean_deg - 5.0) < 0.01
    bend = [np.degrees(quat_angle(each[joint_index("spine2")])) for each in (found, local)]
    assert bend[0] > bend[1] + 5.0, "the rest of the trunk leans back instead"
    assert in_joints(Posture(turns_wxyz=joints), local).turns_wxyz is joints


def calm() -> Calm:
    return Calm(is_resting=RESTING, is_holding=np.zeros_like(RESTING))


@cache
def finished(**numbers: float) -> MotionClip:
    """The take with all of the finish, asked for these numbers; without any, as it was made."""
    clip = take()
    observed = nothing(FRAMES, anchor=home_anchor(clip))
    posture = Posture(**numbers) if numbers else None
    return finish(features_from_clip(clip, observed.anchor), observed, calm=calm(), posture=posture)


def resting(clip: MotionClip) -> dict[str, float]:
    rests = clip.local_quat_wxyz[RESTING.all(axis=1)][::10]
    found = [measured(each) for each in rests]
    return {name: float(np.mean([getattr(each, name) for each in found])) for name in vars(found[0])}


@pytest.mark.parametrize("numbers", [NUMBERS[1], NUMBERS[5], NUMBERS[-1]])
def test_a_take_rests_in_the_numbers_with_planted_feet(numbers: dict[str, float]) -> None:
    plain, found = finished(), finished(**numbers)
    before, after = resting(plain), resting(found)
    for name, value in numbers.items():
        least = 0.015 if name == "stance_m" else 1.5
        assert abs(after[name] - value) < least, name
        assert abs(before[name] - value) > 3.0 * least, "as made it stands otherwise"
    feet = found.positions_m()[:, list(CONTACT_JOINTS)]
    assert np.abs(np.diff(feet, axis=0)).max() < 1e-3, "nobody slides"
    np.testing.assert_allclose(
        feet.mean(axis=(0, 1)), plain.positions_m()[:, list(CONTACT_JOINTS)].mean(axis=(0, 1)), atol=0.01
    )


def test_hands_move_with_the_trunk_as_before() -> None:
    from_chest = []
    for clip in (finished(), finished(**NUMBERS[-1])):
        pose = clip.pose()
        away = pose.positions_m[:, WRISTS] - pose.positions_m[:, [CHEST]]
        from_chest.append(quat_rotate(quat_inverse(pose.world_quat_wxyz[:, [CHEST]]), away))
    np.testing.assert_allclose(from_chest[1], from_chest[0], atol=2e-3)
