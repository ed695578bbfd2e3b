"""Suits' exports whose zero pose is folded into a line: a frame of the motion serves as rest."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rig.motions import degrees_between
from rig.suits import JOINTS, folded, talking

from exges_core.datasets.bvh_rigs import read_rig
from exges_core.datasets.motion_files import open_motion
from exges_core.datasets.target_rigs import read_target, write_on
from exges_core.errors import InputError, RigMatchError
from exges_core.motion.bvh import read_bvh, write_motion
from exges_core.motion.clip import MotionClip, concatenate
from exges_core.motion.rotations import (
    quat_from_rotvec,
    quat_inverse,
    quat_multiply,
)
from exges_core.motion.skeleton import JOINT_NAMES, REST_OFFSETS_M, joint_index
from exges_core.rig.presets.mixamo import MIXAMO

BODY = [joint for joint in JOINTS if joint < 22]


def squatting(frames: int) -> MotionClip:
    clip = talking(frames, first_pose="none")
    local = clip.local_quat_wxyz.copy()
    for side in ("left", "right"):
        for part, angle in (("hip", -1.6), ("knee", 2.2), ("ankle", -0.6)):
            local[:, joint_index(f"{side}_{part}")] = quat_from_rotvec(np.array([angle, 0.0, 0.0]))
    return replace(clip, local_quat_wxyz=local, root_position_m=clip.root_position_m - [0.0, 0.4, 0.0])


def written(path: Path, clip: MotionClip) -> Path:
    write_motion(path, folded(clip))
    return path


def apart_degrees(one: MotionClip, other: MotionClip, joints: list[int]) -> float:
    return degrees_between(one.pose().world_quat_wxyz[:, joints], other.pose().world_quat_wxyz[:, joints])


def test_a_first_frame_in_t_pose_gives_the_motion_exactly(tmp_path: Path) -> None:
    clip = talking(yaw_rad=0.7)
    found = open_motion(written(tmp_path / "suit.bvh", clip))
    assert "its zero pose is folded up, so the first frame serves as rest" in found.warnings[0]
    assert apart_degrees(found.clip, clip, JOINTS) < 0.2
    np.testing.assert_allclose(found.clip.root_position_m, clip.root_position_m, atol=0.02)


def test_a_first_frame_that_merely_stands_gives_it_nearly_and_keeps_the_heading(tmp_path: Path) -> None:
    clip = talking(first_pose="none", yaw_rad=0.7)
    found = open_motion(written(tmp_path / "suit.bvh", clip))
    assert apart_degrees(found.clip, clip, BODY) < 6.0
    assert apart_degrees(found.clip, clip, [0]) < 1.0
    np.testing.assert_allclose(found.clip.root_position_m, clip.root_position_m, atol=0.03)


def test_a_lean_in_the_frame_that_serves_as_rest_stays_a_lean(tmp_path: Path) -> None:
    clip = talking(first_pose="none")
    local = clip.local_quat_wxyz.copy()
    lean = quat_from_rotvec(np.array([0.25, 0.0, 0.0]))
    local[:, 0] = quat_multiply(lean, local[:, 0])
    for side in ("left", "right"):
        local[:, joint_index(f"{side}_hip")] = quat_multiply(quat_inverse(lean), local[:, joint_index(f"{side}_hip")])
    found = open_motion(written(tmp_path / "suit.bvh", replace(clip, local_quat_wxyz=local)))
    assert degrees_between(found.clip.pose().world_quat_wxyz[:, [0, 9]], lean) < 2.0


def test_the_first_frame_in_which_somebody_stands_is_taken(tmp_path: Path) -> None:
    clip = concatenate([squatting(3), talking(20, first_pose="none")])
    found = read_rig(written(tmp_path / "suit.bvh", clip))
    assert found.frame == 3
    assert "frame 3 (the first in which the person stands)" in found.remark
    read = open_motion(tmp_path / "suit.bvh").clip
    assert apart_degrees(read, clip, BODY) < 8.0


def test_without_a_frame_that_stands_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RigMatchError, match=r"suit\.bvh.*No frame of its motion shows a person standing either"):
        read_rig(written(tmp_path / "suit.bvh", squatting(3)))
    alone = folded(talking(1))
    write_motion(tmp_path / "alone.bvh", replace(alone, local_quat_wxyz=np.eye(1, 4) + 0 * alone.local_quat_wxyz))
    with pytest.raises(InputError, match=r"alone\.bvh.*a person standing at rest"):
        read_rig(tmp_path / "alone.bvh")


def test_motion_is_written_in_the_folded_hierarchy_and_read_back(tmp_path: Path) -> None:
    source = written(tmp_path / "suit.bvh", talking(yaw_rad=-0.4))
    clip = talking(first_pose="none", yaw_rad=0.3)
    write_on(tmp_path / "out.bvh", clip, read_target(str(source)))
    texts = [path.read_text().split("MOTION")[0] for path in (source, tmp_path / "out.bvh")]
    assert texts[0] == texts[1]
    # The new file has no T-pose of its own: it is seen through the rest of the file whose skeleton it has.
    out, rested = read_bvh(tmp_path / "out.bvh"), read_rig(source)
    assert rested.pose_quat_wxyz is not None
    world = out.local_quat_wxyz.copy()
    for joint, parent in enumerate(out.parents):
        if parent >= 0:
            world[:, joint] = quat_multiply(world[:, parent], out.local_quat_wxyz[:, joint])
    turns = quat_multiply(world, quat_inverse(rested.pose_quat_wxyz))
    upper = [joint for joint in BODY if JOINT_NAMES[joint].split("_")[-1] not in ("hip", "knee", "ankle", "foot")]
    places = [out.names.index(MIXAMO.bones[JOINT_NAMES[joint]][0]) for joint in upper]
    assert degrees_between(turns[:, places], clip.pose().world_quat_wxyz[:, upper]) < 0.01


def test_a_zero_pose_that_stands_is_used_as_it_is(tmp_path: Path) -> None:
    clip = talking(first_pose="none")
    plain = folded(clip)
    offsets = np.stack([100 * REST_OFFSETS_M[joint] for joint in JOINTS])
    offsets[0] = [0.0, 94.0, 0.0]
    world = clip.pose().world_quat_wxyz[:, JOINTS]
    local = world.copy()
    local[:, 1:] = quat_multiply(quat_inverse(world[:, list(plain.parents[1:])]), world[:, 1:])
    places = np.tile(offsets, (clip.frames, 1, 1))
    write_motion(tmp_path / "t.bvh", replace(plain, offsets=offsets, local_quat_wxyz=local, local_position=places))
    found = read_rig(tmp_path / "t.bvh")
    assert (found.frame, found.remark) == (None, "")
    assert found.refolded(found.motion) is found.motion


@pytest.mark.parametrize("turn", [(0.0, 0.6, 0.0), (0.7, 0.0, 0.0)], ids=["turned out", "heels raised"])
def test_feet_of_the_frame_that_serves_as_rest_stay_as_they_were(
    tmp_path: Path, turn: tuple[float, float, float]
) -> None:
    clip = talking(first_pose="none")
    local, feet = clip.local_quat_wxyz.copy(), [joint_index("left_ankle"), joint_index("right_ankle")]
    local[:, feet] = quat_multiply(local[:, feet], quat_from_rotvec(np.array(turn)))
    clip = replace(clip, local_quat_wxyz=local)
    found = open_motion(written(tmp_path / "suit.bvh", clip)).clip
    assert apart_degrees(found, clip, feet) < 12.0  # the turn itself is of 34 and 40 degrees
