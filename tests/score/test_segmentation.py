"""Strokes found in made-up courses whose phases are known, and in takes of the corpus' generator."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from exges_core import assets
from exges_core.errors import CheckpointError, SkeletonError
from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import quat_from_rotvec, quat_from_yaw, quat_multiply, quat_rotate
from exges_core.motion.skeleton import JOINTS, joint_index
from exges_core.score.movement_features import features_of
from exges_core.score.movements import course_of, movements_of
from exges_core.score.records import Score, Stroke, check
from exges_core.score.segmentation import strokes_of_motion
from exges_core.score.stroke_network import load_network
from tests.motion.conftest import MIRRORED_JOINTS

RATE_HZ = 30.0
REST = (1.25, 0.0, 0.15)
"""How far the upper arm hangs, swings forward, and the forearm is bent; radians."""
READY, SPREAD = (1.05, 0.35, 1.75), (0.75, 0.25, 1.05)
Pose = tuple[float, float, float]
Keys = Sequence[tuple[float, float, Pose]]


def course(keys: Keys, times_s: np.ndarray) -> np.ndarray:
    """Return an arm that goes to each pose between two instants, smoothly (minimum jerk)."""
    poses = np.tile(np.array(REST), (len(times_s), 1))
    for start_s, end_s, pose in keys:
        share = np.clip((times_s - start_s) / (end_s - start_s), 0.0, 1.0)[:, None]
        smooth = share**3 * (10.0 - 15.0 * share + 6.0 * share**2)
        poses = poses + smooth * (np.array(pose) - poses[-1])
    return poses


def acted(duration_s: float, *, left: Keys = (), right: Keys = (), rate_hz: float = RATE_HZ) -> MotionClip:
    """Return a standing person whose arms follow keys; breathing, so that nothing is quite still."""
    times_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    rotvec = np.zeros((len(times_s), JOINTS, 3))
    rotvec[:, joint_index("spine2"), 0] = 0.01 * np.sin(2 * np.pi * 0.25 * times_s)
    for side, sign, keys in (("left", -1.0, left), ("right", 1.0, right)):
        down, forward, bent = course(keys, times_s).T
        rotvec[:, joint_index(f"{side}_shoulder"), 2] = sign * down
        rotvec[:, joint_index(f"{side}_collar"), 1] = sign * forward
        rotvec[:, joint_index(f"{side}_elbow"), 1] = sign * bent
    roots = np.tile([0.0, 0.95, 0.0], (len(times_s), 1))
    return MotionClip(local_quat_wxyz=quat_from_rotvec(rotvec), root_position_m=roots, frame_rate_hz=rate_hz)


def gesture(apex_s: float, hold_s: float = 0.6) -> Keys:
    """Hands are made ready, spread (the stroke), stay, and go back."""
    return (
        (apex_s - 1.2, apex_s - 0.55, READY),
        (apex_s - 0.5, apex_s, SPREAD),
        (apex_s + hold_s, apex_s + hold_s + 0.8, REST),
    )


def only(strokes: Sequence[Stroke]) -> Stroke:
    assert len(strokes) == 1
    return strokes[0]


def test_a_stroke_with_its_hold() -> None:
    stroke = only(strokes_of_motion(acted(6.0, right=gesture(3.0))))
    assert stroke.hand == "right"
    assert stroke.stroke_start_s == pytest.approx(2.5, abs=0.15)
    assert stroke.apex_s == pytest.approx(3.0, abs=0.15)
    assert stroke.hold_end_s == pytest.approx(3.6, abs=0.25)
    assert 1.5 < stroke.start_s < 2.5
    assert 3.6 < stroke.end_s < 4.7
    assert stroke.kind is stroke.clip is stroke.word is None
    assert 0.8 < stroke.size < 1.5


def test_two_hands_at_once_are_one_stroke() -> None:
    stroke = only(strokes_of_motion(acted(6.0, left=gesture(3.0), right=gesture(3.03))))
    assert stroke.hand == "both"
    assert stroke.apex_s == pytest.approx(3.0, abs=0.15)


def test_hands_that_take_turns() -> None:
    strokes = strokes_of_motion(acted(12.0, left=gesture(3.0), right=gesture(8.0)))
    assert [each.hand for each in strokes] == ["left", "right"]
    assert [each.apex_s for each in strokes] == pytest.approx([3.0, 8.0], abs=0.2)


def train_of_beats(count: int, period_s: float) -> Keys:
    keys, at_s = [(1.0, 1.6, READY)], 0.0
    for number in range(count):
        at_s = 2.4 + number * period_s
        keys += [(at_s - 0.35, at_s - 0.05, (0.95, 0.35, 2.0)), (at_s, at_s + 0.3, (1.1, 0.35, 1.35))]
    return [*keys, (at_s + 0.7, at_s + 1.5, REST)]


@pytest.mark.parametrize("hands", ["right", "both"])
def test_every_beat_of_a_train_is_a_stroke(hands: str) -> None:
    keys = train_of_beats(6, 1.0)
    strokes = strokes_of_motion(acted(10.0, right=keys, left=keys if hands == "both" else ()))
    beats = [each for each in strokes if each.middle_s > 2.2]
    assert {each.hand for each in beats} == {hands}
    assert [each.middle_s for each in beats] == pytest.approx([2.55 + number for number in range(6)], abs=0.2)


def test_still_hands_make_no_stroke() -> None:
    assert strokes_of_motion(acted(20.0)) == ()


def test_hands_that_shake_a_little_make_no_stroke() -> None:
    keys = [(k * 0.5, k * 0.5 + 0.5, (1.25 + 0.02 * (-1) ** k, 0.0, 0.15)) for k in range(1, 30)]
    assert strokes_of_motion(acted(16.0, left=keys, right=keys)) == ()


@pytest.mark.parametrize("frames", [1, 3, 11, 12, 20])
def test_short_clips_make_none(frames: int) -> None:
    assert strokes_of_motion(acted(frames / RATE_HZ)) == ()


def test_motion_that_is_not_finite_is_refused() -> None:
    clip = acted(2.0)
    clip.local_quat_wxyz[7, 3] = np.nan
    with pytest.raises(SkeletonError, match=r"finite motion.*1 frames, first in frame 7"):
        strokes_of_motion(clip)


@pytest.fixture(scope="module")
def talk() -> MotionClip:
    """Return half a minute of gestures and beats of either hand and both."""
    right = [*gesture(3.0), *gesture(8.0, 0.3), *((s + 14.0, e + 14.0, pose) for s, e, pose in train_of_beats(4, 0.9))]
    return acted(30.0, right=right, left=[*gesture(8.05, 0.3), *gesture(24.0), *gesture(27.5)])


def test_times_are_in_order_and_strokes_of_a_hand_do_not_overlap(talk: MotionClip) -> None:
    strokes = strokes_of_motion(talk)
    assert {each.hand for each in strokes} == {"left", "right", "both"}
    check(Score(strokes=strokes, duration_s=talk.duration_s, origin="motion"), clips=0, words=0, kinds=())
    assert [each.start_s for each in strokes] == sorted(each.start_s for each in strokes)
    for side in ("left", "right"):
        for one, other in pairwise(each for each in strokes if each.uses(side)):
            assert one.end_s <= max(other.start_s, one.apex_s) + 1e-9


def alike(some: Sequence[Stroke], others: Sequence[Stroke], *, within_s: float = 1e-6) -> None:
    assert [each.hand for each in some] == [each.hand for each in others]
    for one, other in zip(some, others, strict=True):
        assert one.times_s == pytest.approx(other.times_s, abs=within_s)
        assert one.size == pytest.approx(other.size, abs=0.02)


def test_the_same_at_60_frames_a_second(talk: MotionClip) -> None:
    alike(strokes_of_motion(talk.resample(60.0)), strokes_of_motion(talk), within_s=1 / 30)


def test_the_same_wherever_the_body_stands_and_looks(talk: MotionClip) -> None:
    turn = quat_from_yaw(np.array(2.1))
    quats = talk.local_quat_wxyz.copy()
    quats[:, 0] = quat_multiply(turn, quats[:, 0])
    moved = replace(
        talk,
        local_quat_wxyz=quats,
        root_position_m=quat_rotate(turn, talk.root_position_m) + np.array([3.0, 0.2, -7.0]),
    )
    alike(strokes_of_motion(moved), strokes_of_motion(talk))


def test_mirrored_motion_gives_mirrored_strokes(talk: MotionClip) -> None:
    swapped = {"left": "right", "right": "left", "both": "both"}
    expected = [replace(each, hand=swapped[each.hand]) for each in strokes_of_motion(talk)]
    alike(strokes_of_motion(mirrored(talk)), expected)


def mirrored(clip: MotionClip) -> MotionClip:
    quats = clip.local_quat_wxyz[:, MIRRORED_JOINTS] * (1.0, 1.0, -1.0, -1.0)
    return replace(clip, local_quat_wxyz=quats, root_position_m=clip.root_position_m * (-1.0, 1.0, 1.0))


def test_a_place_is_seen_by_the_body() -> None:
    course_of_both = course_of(acted(2.0))
    assert course_of_both is not None
    left, right = course_of_both.places[30]
    assert left == pytest.approx(right, abs=1e-3)
    assert left[0] > 0.2
    assert course_of_both.attitude[30, 0] == pytest.approx(course_of_both.attitude[30, 1], abs=1e-3)


def test_movements_lie_between_slow_instants() -> None:
    found = course_of(acted(6.0, right=gesture(3.0)))
    assert found is not None
    movements = movements_of(found, 1)
    assert movements[:, 0] / RATE_HZ == pytest.approx([1.85, 2.55, 3.65], abs=0.1)
    assert movements[:, 2] / RATE_HZ == pytest.approx([2.4, 2.95, 4.3], abs=0.1)
    assert len(movements_of(found, 0)) == 0
    assert features_of(found, movements_of(found, 0), 0).shape == (0, features_of(found, movements, 1).shape[1])


def test_weights_ship_small_and_others_are_refused() -> None:
    assert assets.SEGMENTER.stat().st_size < 50_000
    assert load_network().tensors["weight1"].shape[0] == len(load_network().tensors["mean"])
    with pytest.raises(CheckpointError, match="segmenter weights"):
        load_network(assets.JUDGE)


def test_larger_motion_has_larger_strokes() -> None:
    keys = [
        (start_s, end_s, tuple(0.7 * np.array(pose) + 0.3 * np.array(REST))) for start_s, end_s, pose in gesture(3.0)
    ]
    whole, lower = (strokes_of_motion(acted(6.0, right=each))[-1] for each in (gesture(3.0), keys))
    assert lower.apex_s == pytest.approx(whole.apex_s, abs=0.15)
    assert 0.4 < lower.size / whole.size < 0.9
