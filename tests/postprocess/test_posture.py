"""A take moved onto a posture: it rests there, gestures as large as before, feet flat where they were."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from exges_core.arrays import Array
from exges_core.control.files import read_posture
from exges_core.control.masks import Key, from_keys, nothing
from exges_core.control.standing import Posture
from exges_core.errors import ControlError
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import (
    FeatureStatistics,
    clip_from_features,
    features_from_clip,
    home_anchor,
)
from exges_core.motion.npz import write_npz
from exges_core.motion.rotations import (
    matrix_from_quat,
    quat_angle,
    quat_from_rotvec,
    quat_from_yaw,
    quat_inverse,
    quat_multiply,
)
from exges_core.motion.skeleton import CONTACT_JOINTS, JOINT_NAMES, STANDING_PELVIS_HEIGHT_M, joint_index
from exges_core.postprocess.finish import finish
from exges_core.postprocess.posture import moved_onto, taken_off
from exges_core.score.rests import Calm

FRAMES = 300
RESTING = np.zeros((FRAMES, 2), bool)
RESTING[:100] = RESTING[200:] = True
STROKE = slice(120, 180)
ARMS = tuple(f"{side}_{part}" for side in ("left", "right") for part in ("shoulder", "elbow"))
ASKED_DEG: Mapping[str, list[float]] = {
    "pelvis": [5, 0, 0],
    "spine2": [12, 0, 0],
    "left_hip": [-25, 0, 14],
    "right_hip": [-25, 0, -14],
    "left_knee": [40, 0, 0],
    "right_knee": [40, 0, 0],
    "left_shoulder": [10, -40, -35],
    "right_shoulder": [10, 40, 35],
    "left_elbow": [0, -95, 0],
    "right_elbow": [0, 95, 0],
}


def turn(degrees: object) -> Array:
    return quat_from_rotvec(np.deg2rad(np.array(degrees, dtype=float)))


ASKED = Posture(turns_wxyz={joint: turn(degrees) for joint, degrees in ASKED_DEG.items()})


def take() -> MotionClip:
    """Somebody who faces aside, sways, stands at rest with hanging arms, and makes one stroke with both."""
    time = np.arange(FRAMES) / 30.0
    local = np.zeros((FRAMES, 55, 4))
    local[..., 0] = 1.0
    stroke = np.where(RESTING[:, 0], 0.0, np.sin(np.pi * (np.arange(FRAMES) - 100) / 100.0) ** 2)[:, None]
    for side, sign in (("left", 1.0), ("right", -1.0)):
        hanging = turn([0, 0, -70 * sign])
        rising = quat_from_rotvec(np.deg2rad([-45.0, 0, 0]) * stroke)
        local[:, joint_index(f"{side}_shoulder")] = quat_multiply(rising, hanging)
        bend = np.deg2rad([0, -sign, 0]) * (15.0 + 50.0 * stroke)
        local[:, joint_index(f"{side}_elbow")] = quat_from_rotvec(bend)
    sway = np.deg2rad(2.0) * np.sin(2.0 * time)[:, None] * np.array([0, 0, 1.0])
    local[:, 0] = quat_multiply(quat_from_yaw(np.full(FRAMES, 0.8)), quat_from_rotvec(sway))
    for side in ("left", "right"):
        local[:, joint_index(f"{side}_hip")] = quat_from_rotvec(-sway)
    root = np.tile([1.0, STANDING_PELVIS_HEIGHT_M, -2.0], (FRAMES, 1))
    return MotionClip(local_quat_wxyz=local, root_position_m=root, frame_rate_hz=30.0)


def degrees(here: Array, there: Array) -> Array:
    return np.degrees(quat_angle(quat_multiply(quat_inverse(here), there)))


def off_asked(clip: MotionClip, posture: Posture = ASKED) -> float:
    """The farthest that a joint's mean over the rests is from the posture; turns are small enough to be averaged."""
    local = clip.local_quat_wxyz.copy()
    local[:, 0] = quat_multiply(quat_from_yaw(np.full(FRAMES, -0.8)), local[:, 0])
    rests = local[RESTING.all(axis=1)]
    rests *= np.sign((rests * rests[:1]).sum(axis=-1, keepdims=True))
    mean = rests.mean(axis=0)
    mean /= np.linalg.norm(mean, axis=-1, keepdims=True)
    return max(float(degrees(mean[joint_index(joint)], asked)) for joint, asked in posture.turns_wxyz.items())


def spread(clip: MotionClip) -> Array:
    """How far the arms' joints turn within the stroke, degrees."""
    local = clip.local_quat_wxyz[STROKE][:, [joint_index(joint) for joint in ARMS]]
    return degrees(local[:1], local).max(axis=0)


@pytest.fixture(scope="module")
def moved() -> MotionClip:
    clip = take()
    return moved_onto(clip, ASKED, nothing(FRAMES, anchor=home_anchor(clip)), RESTING)


def test_it_rests_in_the_posture(moved: MotionClip) -> None:
    assert off_asked(take()) > 60.0
    assert off_asked(moved) < 0.2


def test_gestures_are_as_large_as_before(moved: MotionClip) -> None:
    np.testing.assert_allclose(spread(moved), spread(take()), rtol=0.01)


def test_an_arm_leaves_a_far_rest_for_its_stroke(moved: MotionClip) -> None:
    elbow = joint_index("left_elbow")
    there = degrees(take().local_quat_wxyz[:, elbow], moved.local_quat_wxyz[:, elbow])
    np.testing.assert_allclose(there[RESTING[:, 0]], 80.0, atol=0.2)
    np.testing.assert_allclose(there[STROKE], 30.0, atol=0.2)
    assert np.abs(np.diff(there)).max() < 8.0, "without a jump"


def test_without_known_rests_the_whole_take_is_moved() -> None:
    clip = take()
    found = moved_onto(clip, ASKED, nothing(FRAMES, anchor=home_anchor(clip)), None)
    elbow = joint_index("left_elbow")
    there = degrees(clip.local_quat_wxyz[:, elbow], found.local_quat_wxyz[:, elbow])
    assert np.ptp(there) < 1e-6


def test_feet_stay_flat_and_where_they_were(moved: MotionClip) -> None:
    before, after = take().pose(), moved.pose()
    for side in ("left", "right"):
        ankle = joint_index(f"{side}_ankle")
        up = [matrix_from_quat(pose.world_quat_wxyz[:, ankle])[:, :, 1] for pose in (before, after)]
        tilt = [np.degrees(np.arccos(np.clip(each[:, 1], -1.0, 1.0))) for each in up]
        np.testing.assert_allclose(tilt[1], tilt[0], atol=1e-4)
    feet = list(CONTACT_JOINTS)
    middle = [pose.positions_m[:, feet].mean(axis=1) for pose in (before, after)]
    np.testing.assert_allclose(middle[1], middle[0], atol=1e-9)
    sunk = take().root_position_m[:, 1] - moved.root_position_m[:, 1]
    assert sunk.min() > 0.05, "the pelvis sinks with bent knees"


def test_planted_feet_leave_the_posture_within_three_degrees() -> None:
    clip = take()
    observed = nothing(FRAMES, anchor=home_anchor(clip))
    features = features_from_clip(clip, observed.anchor)
    calm = Calm(is_resting=RESTING, is_holding=np.zeros_like(RESTING))
    found = finish(features, observed, calm=calm, posture=ASKED)
    assert off_asked(found) < 3.0
    heights = found.positions_m()[:, list(CONTACT_JOINTS), 1]
    assert np.ptp(heights.min(axis=1)) < 0.01
    assert off_asked(finish(features, observed, calm=calm)) > 60.0


def test_hard_keys_are_shown_to_the_network_as_its_speakers_would_stand() -> None:
    clip = take()
    anchor, frame = home_anchor(clip), 50
    mean = features_from_clip(clip, anchor)[frame]
    stats = FeatureStatistics(mean=mean, std=np.ones_like(mean))
    keyed = {joint: turn.tolist() for joint, turn in ASKED.turns_wxyz.items() if joint != "pelvis"}
    observed = from_keys((Key(time_s=frame / 30.0, joints=keyed),), FRAMES, anchor=anchor)
    shown = clip_from_features(taken_off(observed, ASKED, stats).target[[frame]], anchor, 30.0)
    for joint in keyed:
        at = joint_index(joint)
        assert degrees(shown.local_quat_wxyz[0, at], clip.local_quat_wxyz[frame, at]) < 0.2, joint


def test_a_posture_is_read_from_json_or_a_motions_first_frame(tmp_path: Path) -> None:
    written = tmp_path / "stand.json"
    written.write_text('{"joints": {"left_elbow": [0.7071, 0, -0.7071, 0]}}', encoding="utf-8")
    np.testing.assert_allclose(read_posture(written).turns_wxyz["left_elbow"], [0.7071, 0, -0.7071, 0])
    motion = tmp_path / "stand.npz"
    write_npz(motion, take())
    found = read_posture(motion).turns_wxyz
    assert list(found) == list(JOINT_NAMES)
    assert degrees(found["left_elbow"], take().local_quat_wxyz[0, joint_index("left_elbow")]) < 1e-3


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{", "expected JSON"),
        ('{"joints": {}}', "one object"),
        ('{"keys": []}', "one object"),
        ('{"joints": {"tail": [1, 0, 0, 0]}}', "tail"),
        ('{"joints": {"left_elbow": [1, 0, 0]}}', "left_elbow"),
        ('{"joints": {"left_elbow": "up"}}', "left_elbow"),
        ('{"joints": {"left_elbow": [0, 0, 0, 0]}}', "left_elbow"),
        ('{"joints": {"head": [1, 0, 0, 0], "head": [1, 0, 0, 0]}}', "twice"),
    ],
)
def test_what_is_no_posture_is_refused_by_name(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "stand.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ControlError, match=named):
        read_posture(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ControlError, match="posture file"):
        read_posture(tmp_path / "none.json")
