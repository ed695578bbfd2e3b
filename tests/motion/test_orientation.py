"""Which way is up: measured on standing, sitting, bowing and lying people, in files of any axes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rig.motions import standing_and_swaying

from exges_core.errors import SkeletonError
from exges_core.motion import orientation
from exges_core.motion.clip import MotionClip, concatenate
from exges_core.motion.npz import read_npz
from exges_core.motion.orientation import AXES, VECTORS, lying_frames, stands_along, turn_upright, upright
from exges_core.motion.rotations import (
    quat_angle,
    quat_from_rotvec,
    quat_from_yaw,
    quat_inverse,
    quat_multiply,
    quat_rotate,
)
from exges_core.motion.skeleton import joint_index

X = np.array([1.0, 0.0, 0.0])
STANDING = standing_and_swaying(60)
LYING = quat_from_rotvec(-0.5 * np.pi * X)
"""Brings a body that stands on +Y down on its back, head towards -Z."""


def placed(clip: MotionClip, turn: np.ndarray, shift: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> MotionClip:
    """Return a clip turned as a whole: another file's axes, or a person lain down."""
    local = clip.local_quat_wxyz.copy()
    local[:, 0] = quat_multiply(turn, local[:, 0])
    return replace(clip, local_quat_wxyz=local, root_position_m=quat_rotate(turn, clip.root_position_m) + shift)


def in_axes(clip: MotionClip, axis: str) -> MotionClip:
    return placed(clip, quat_inverse(turn_upright(axis)))


def posed(height_m: float, **angles: float) -> MotionClip:
    """Return `STANDING` without sway, joints flexed about X, the pelvis at a height."""
    local = np.tile([1.0, 0.0, 0.0, 0.0], (60, 55, 1))
    for name, angle in angles.items():
        for side in ("left_", "right_") if name in ("hip", "knee", "ankle") else ("",):
            local[:, joint_index(side + name)] = quat_from_rotvec(angle * X)
    return MotionClip(local_quat_wxyz=local, root_position_m=np.tile([0.0, height_m, 0.0], (60, 1)), frame_rate_hz=30.0)


def asleep(*, moves: float = 0.0) -> MotionClip:
    """Return a person on the back whose legs and arms stir while the pelvis rests on the ground."""
    stir = moves * np.sin(np.linspace(0, 9, 60))
    clip = posed(0.93)
    local = clip.local_quat_wxyz.copy()
    for side, share in (("left", 1.0), ("right", -0.6)):
        local[:, joint_index(f"{side}_hip")] = quat_from_rotvec(np.outer(share * stir, [-1.0, 0.3, 0.2]))
        local[:, joint_index(f"{side}_shoulder")] = quat_from_rotvec(np.outer(share * stir, [0.0, 0.5, 1.0]))
    lain = placed(replace(clip, local_quat_wxyz=local), LYING)
    return replace(lain, root_position_m=np.tile([0.0, 0.12, 0.0], (60, 1)))


def heard(clip: MotionClip, promised: str = "+Y") -> tuple[MotionClip, list[str]]:
    said: list[str] = []
    return upright(clip, promised=promised, where="take", say=said.append), said


@pytest.mark.parametrize("axis", AXES[1:])
def test_a_motion_of_other_axes_is_turned_and_said(axis: str) -> None:
    found, said = heard(in_axes(STANDING, axis))
    assert said == [f"up is {axis} in this file, as head, feet and pelvis show; turned so that it is +Y"]
    between = quat_multiply(quat_inverse(STANDING.local_quat_wxyz), found.local_quat_wxyz)
    assert quat_angle(between).max() < 1e-6
    np.testing.assert_allclose(found.root_position_m, STANDING.root_position_m, atol=0.02)


@pytest.mark.parametrize("axis", AXES)
def test_the_front_stays_the_front(axis: str) -> None:
    """Who faces -Y in a Z-up file faces +Z; in files that are Y-up or only rolled, +Z stays +Z."""
    fronts = {"+Z": [0.0, -1.0, 0.0], "-Z": [0.0, 1.0, 0.0]}
    np.testing.assert_allclose(quat_rotate(turn_upright(axis), VECTORS[AXES.index(axis)]), VECTORS[0], atol=1e-12)
    front = quat_rotate(turn_upright(axis), np.array(fronts.get(axis, [0.0, 0.0, 1.0])))
    np.testing.assert_allclose(front, [0.0, 0.0, 1.0], atol=1e-12)


@pytest.mark.parametrize("yaw_rad", [0.0, 2.0])
def test_what_is_upright_is_left_alone(yaw_rad: float) -> None:
    clip = placed(STANDING, quat_from_yaw(np.array(yaw_rad)), (5.0, 0.3, -2.0))
    found, said = heard(clip)
    assert found is clip
    assert said == []


UPRIGHT = {
    "bowing": posed(0.93, spine1=0.6, spine2=0.6, spine3=0.5),
    "bowing from the hips": posed(0.93, pelvis=1.2, hip=-1.2),
    "crouching": posed(0.35, hip=-2.0, knee=2.3, ankle=-0.5),
    "sitting": posed(0.5, hip=-1.5, knee=1.5),
    "sitting on the floor": posed(0.1, hip=-1.57),
    "in a deep chair": posed(0.4, pelvis=-0.5, hip=-0.9, knee=1.2),
    "one frame": STANDING.cut(0, 1),
}


@pytest.mark.parametrize("name", UPRIGHT)
def test_poses_of_upright_people_do_not_fool_it(name: str) -> None:
    clip = UPRIGHT[name]
    assert heard(clip)[0] is clip
    assert not lying_frames(clip).any()


def test_walking_standing_up_handstands_and_falls_do_not_fool_it() -> None:
    walking = replace(STANDING, root_position_m=STANDING.root_position_m + np.linspace(0, 3, 60)[:, None] * [0.2, 0, 1])
    upside_down = placed(STANDING, quat_from_rotvec(np.pi * X), (0.0, 1.9, 0.0)).cut(0, 30)
    lying = asleep(moves=0.3)
    for clip in (walking, concatenate([STANDING, upside_down, STANDING]), concatenate([STANDING, lying.cut(0, 55)])):
        found, said = heard(clip)
        assert found is clip
        assert said == []


@pytest.mark.parametrize("moves", [0.0, 0.02, 0.5])
@pytest.mark.parametrize("roll_rad", [0.0, 1.2, 3.1])
def test_who_lies_is_refused(moves: float, roll_rad: float) -> None:
    clip = placed(asleep(moves=moves), quat_from_rotvec(np.array([0.0, 0.0, roll_rad])))
    with pytest.raises(SkeletonError, match=r"take: expected a person who stands or sits upright, got one stretched"):
        heard(clip)


def test_who_rolls_over_in_bed_is_refused() -> None:
    roll = quat_from_rotvec(np.outer(1.2 * np.sin(np.linspace(0, 6, 60)), [0.0, 0.0, 1.0]))
    clip = asleep(moves=0.1)
    local = clip.local_quat_wxyz.copy()
    local[:, 0] = quat_multiply(roll, local[:, 0])
    way = np.outer(0.15 * np.sin(np.linspace(0, 6, 60)), [1.0, 0.0, 0.0])
    with pytest.raises(SkeletonError, match="planted feet"):
        heard(replace(clip, local_quat_wxyz=local, root_position_m=clip.root_position_m + way))


def test_speakers_laid_down_by_hand_are_refused_whatever_their_arms_do() -> None:
    """The same gestures and sway of the body, but the pelvis stays where it lies."""
    lain = placed(STANDING, LYING)
    with pytest.raises(SkeletonError, match="planted feet"):
        heard(replace(lain, root_position_m=np.tile([0.0, 0.1, 0.0], (60, 1))))


def test_a_promised_axis_needs_no_movement_and_another_one_does() -> None:
    still = in_axes(posed(0.93), "+Z")
    found, said = heard(still, promised="+Z")
    assert said
    assert found.root_position_m[0, 1] == pytest.approx(0.935, abs=0.01)
    with pytest.raises(SkeletonError, match=r"along \+Z"):
        heard(still)
    # In a Z-up file a person who lies with the head towards +Y is no Y-up file's person standing.
    with pytest.raises(SkeletonError, match=r"along \+Y"):
        heard(posed(0.93), promised="+Z")
    assert heard(STANDING, promised="+Z")[0] is STANDING


def lain_in(share: float) -> MotionClip:
    lying = round(100 * share)
    clip = concatenate([asleep(moves=0.3)] * 2 + [STANDING] * 2)
    return replace(
        clip,
        local_quat_wxyz=np.concatenate([clip.local_quat_wxyz[:lying], clip.local_quat_wxyz[-(100 - lying) :]]),
        root_position_m=np.concatenate([clip.root_position_m[:lying], clip.root_position_m[-(100 - lying) :]]),
    )


def test_most_of_a_take_must_be_upright() -> None:
    assert heard(lain_in(orientation.MOST - 0.01))[1] == []
    with pytest.raises(SkeletonError, match=r"upright about \+Y in 49% of it and about"):
        heard(lain_in(orientation.MOST + 0.01))


@pytest.mark.parametrize(("share", "is_turned"), [(0.81, True), (0.79, False)])
def test_nearly_all_of_a_take_of_other_axes_must_be_upright(share: float, *, is_turned: bool) -> None:
    standing, off = round(100 * share), placed(STANDING, quat_from_rotvec(1.57 * X), (0.0, 0.9, 0.0))
    clip = in_axes(concatenate([STANDING, STANDING.cut(0, standing - 60), off.cut(0, 100 - standing)]), "-X")
    assert orientation.NEARLY_ALL == 0.8
    if is_turned:
        assert heard(clip)[1]
    else:
        with pytest.raises(SkeletonError, match="about -X in 79%"):
            heard(clip)


def pendulum(pivot_m: float, *, size_rad: float = 0.05) -> MotionClip:
    """A stiff body swinging about a point that is so far above the ankles: pelvis against foot as their distances."""
    clip = posed(0.93)
    ankle_m = float(clip.positions_m()[0, joint_index("left_ankle"), 1])
    pivot = np.array([0.0, ankle_m + pivot_m, 0.0])
    swing = quat_from_rotvec(np.outer(size_rad * np.sin(np.linspace(0, 12, 60)), [0.0, 0.0, 1.0]))
    local = clip.local_quat_wxyz.copy()
    local[:, 0] = swing
    return replace(
        clip, local_quat_wxyz=local, root_position_m=pivot + quat_rotate(swing, clip.root_position_m - pivot)
    )


def test_feet_must_be_planted_against_the_pelvis() -> None:
    def ratio(clip: MotionClip) -> float:
        way = np.abs(np.diff(clip.positions_m()[:, [0, 7, 8]], axis=0, prepend=clip.positions_m()[:1, [0, 7, 8]]))
        size = np.linalg.norm(way, axis=-1).sum(axis=0)
        return float(size[0] / size[1:].min())

    firm, loose = pendulum(0.28), pendulum(0.40)
    assert ratio(loose) < orientation.PLANTED < ratio(firm)
    assert stands_along(in_axes(firm, "+Z"), "+Z")
    assert not stands_along(in_axes(loose, "+Z"), "+Z")
    assert not stands_along(in_axes(firm, "+Z").cut(0, 12), "+Z")  # too short to tell


def test_who_hardly_moves_tells_nothing() -> None:
    def speed_m_per_s(clip: MotionClip) -> float:
        root = clip.root_position_m
        return float(np.median(np.linalg.norm(root[6:] - root[:-6], axis=1))) / 0.2

    for size_rad, is_alive in ((0.0010, False), (0.0020, True)):
        clip = pendulum(0.0, size_rad=size_rad)
        assert (speed_m_per_s(clip) > orientation.ALIVE_M_PER_S) is is_alive
        assert stands_along(clip, "+Y") is is_alive


@pytest.mark.parametrize(("ground_m", "is_found"), [(0.10, True), (0.20, False)])
def test_who_bounces_more_than_sways_needs_a_ground(ground_m: float, *, is_found: bool) -> None:
    squats = np.linspace(0, 12, 60)
    local, root = posed(0.93).local_quat_wxyz.copy(), posed(0.93).root_position_m.copy()
    bend = 0.5 * (1 - np.cos(squats))
    for name, share in (("hip", -1.0), ("knee", 2.0), ("ankle", -1.0)):
        for side in ("left", "right"):
            local[:, joint_index(f"{side}_{name}")] = quat_from_rotvec(np.outer(0.6 * share * bend, X))
    clip = replace(posed(0.93), local_quat_wxyz=local)
    ankles = clip.positions_m()[:, joint_index("left_ankle")]
    root = root + (ankles[0] - ankles) * [0.0, 1.0, 1.0] + [0.0, ground_m - orientation.SOLE_M, 0.0]
    assert stands_along(replace(clip, root_position_m=root), "+Y") is is_found


@pytest.mark.parametrize(
    ("degrees", "problem"), [(38, None), (44, r"leans by 4\d degrees from \+Y"), (49, r"by 4\d degrees from \+Z")]
)
def test_halfway_between_two_axes_nothing_is_clear(degrees: float, problem: str | None) -> None:
    clip = placed(STANDING, quat_from_rotvec(np.deg2rad(degrees) * X))
    if problem is None:
        assert heard(clip)[0] is clip
    else:
        with pytest.raises(SkeletonError, match=problem):
            heard(clip)


@pytest.mark.parametrize(("lowest_m", "is_found"), [(-0.15, True), (-0.05, False), (0.2, False), (0.3, True)])
def test_who_rests_on_the_ground_lies_unless_the_feet_have_another(lowest_m: float, *, is_found: bool) -> None:
    clip = in_axes(STANDING, "+Z")
    lowest = float(np.median(clip.positions_m()[..., 1].min(axis=1)))
    for off_ground_m, is_standing in ((0.0, True), (1.0, is_found)):
        shift = np.array([0.0, lowest_m - lowest, off_ground_m])
        assert stands_along(replace(clip, root_position_m=clip.root_position_m + shift), "+Z") is is_standing


def test_lying_frames_are_those_on_the_ground() -> None:
    clip = concatenate([STANDING, asleep(moves=0.3), UPRIGHT["sitting on the floor"]])
    assert lying_frames(clip).tolist() == [False] * 60 + [True] * 60 + [False] * 60


def test_a_real_speaker_is_found_in_every_axis(real_clip_folder: Path) -> None:
    take = read_npz(real_clip_folder / "2_scott_0_1_1.npz")
    for start, axis in zip(range(0, 1800, 300), AXES, strict=True):
        clip = take.cut(start, start + 60)
        found, said = heard(in_axes(clip, axis))
        assert bool(said) == (axis != "+Y")
        assert quat_angle(quat_multiply(quat_inverse(clip.local_quat_wxyz), found.local_quat_wxyz)).max() < 1e-6
