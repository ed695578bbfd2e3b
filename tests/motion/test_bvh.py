import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from exges_core.errors import SkeletonError
from exges_core.motion.bvh import clip_from_bvh, plain_name, read_bvh, write_bvh
from exges_core.motion.euler import euler_from_quat, quat_from_euler
from exges_core.motion.npz import read_npz, write_npz
from exges_core.motion.rotations import quat_angle, quat_inverse, quat_multiply, quat_normalise
from exges_core.motion.skeleton import JOINT_NAMES, PARENTS, REST_OFFSETS_M
from tests.motion.conftest import moving_clip
from tests.motion.test_clip import turned_by

WILD = (
    "HIERARCHY\r\nROOT  mixamorig:Hips\r\n{\r\n\tOFFSET\t0.0  90.5 0\r\n"
    "\tCHANNELS 6 Xposition Yposition Zposition Xrotation Yrotation Zrotation\r\n"
    "\tJOINT Bip01 L Thigh {\r\n  OFFSET 1e1 -2 0.5\r\n   CHANNELS 6 Zrotation Yrotation Xrotation zposition "
    "xposition yposition\r\n"
    "\t\tJOINT Rigid\r\n{\r\nOFFSET 0 -40 0\r\nEnd Site\r\n{\r\nOFFSET 0 -5 0 }\r\n}\r\n"
    "}\r\n\tJOINT Arm\r\n{\r\nOFFSET 3 4 5\r\nCHANNELS 1 Yrotation\r\nEnd site { OFFSET 1 0 0 } }\r\n}\r\n"
    "MOTION\r\nFrames:\t2\r\nFrame Time:\t0.008333\r\n"
    "1 2 3  10 20 30\t40 50 60 7 8 9 90\r\n\r\n-1 -2 -3 0 0 0 0 0 0 0 0 0 -45\r\n\r\n"
)


@pytest.mark.parametrize("order", ["XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX"])
def test_euler_angles_agree_with_scipy_in_every_order_and_at_the_lock(order: str) -> None:
    quats = quat_normalise(np.random.default_rng(0).normal(size=(300, 3, 4)))
    locked = quat_from_euler(np.array([[0.3, np.pi / 2, 0.4], [0.3, -np.pi / 2, -2.0]]), order)
    quats[:2, 0] = locked
    angles = euler_from_quat(quats, order)
    scipys = Rotation.from_euler(order, angles.reshape(-1, 3)).as_quat()[:, [3, 0, 1, 2]].reshape(quats.shape)
    for again in (quat_from_euler(angles, order), scipys):
        assert quat_angle(quat_multiply(quat_inverse(quats), again)).max() < 1e-7


def test_euler_angles_of_smooth_motion_never_wrap() -> None:
    time_s = np.linspace(0, 6, 600)[:, None]
    turns = quat_from_euler(np.concatenate([9 * time_s, 1.2 * np.sin(time_s), -7 * time_s], axis=1), "ZXY")
    angles = euler_from_quat(turns[:, None], "ZXY")
    assert np.abs(np.diff(angles, axis=0)).max() < 0.2


def test_npz_to_bvh_and_back_is_exact_and_fast(tmp_path: Path) -> None:
    clip = moving_clip(frames=2000)
    write_npz(tmp_path / "a.npz", clip)
    source = read_npz(tmp_path / "a.npz")
    started = time.perf_counter()
    write_bvh(tmp_path / "a.bvh", source)
    assert time.perf_counter() - started < 2.0  # about 0.2 s when nothing else runs
    motion = read_bvh(tmp_path / "a.bvh")
    again = clip_from_bvh(motion)
    assert (again.frames, again.frame_rate_hz) == (2000, 30.0)
    assert turned_by(again, clip) < 1e-4
    np.testing.assert_allclose(again.root_position_m, clip.root_position_m, atol=1e-4)
    names = list(motion.names)
    assert sorted(names) == sorted(JOINT_NAMES)
    assert [motion.parents[names.index(name)] for name in JOINT_NAMES[1:]] == [
        names.index(JOINT_NAMES[parent]) for parent in PARENTS[1:]
    ]
    np.testing.assert_allclose(motion.offsets[[names.index(name) for name in JOINT_NAMES[1:]]], REST_OFFSETS_M[1:])
    assert motion.offsets[0].tolist() == [0.0, 0.935, 0.0]


def test_what_is_found_in_the_wild_is_read(tmp_path: Path) -> None:
    (tmp_path / "wild.bvh").write_bytes(b"\xef\xbb\xbf" + WILD.encode())
    motion = read_bvh(tmp_path / "wild.bvh")
    assert motion.names == ("mixamorig:Hips", "Bip01 L Thigh", "Rigid", "Arm")
    assert plain_name(motion.names[0]) == "Hips"
    assert motion.parents == (-1, 0, 1, 0)
    assert motion.frame_rate_hz == 120.0
    assert motion.end_sites == ((2, (0.0, -5.0, 0.0)), (3, (1.0, 0.0, 0.0)))
    np.testing.assert_allclose(motion.local_position[0], [[1, 2, 3], [8, 9, 7], [0, -40, 0], [3, 4, 5]])
    expected = [("XYZ", [10, 20, 30]), ("ZYX", [40, 50, 60]), ("Y", [0]), ("Y", [90])]
    for joint, (order, degrees) in enumerate(expected):
        turn = Rotation.from_euler(order, degrees if len(order) > 1 else degrees[0], degrees=True)
        naive = turn.as_quat()[[3, 0, 1, 2]]
        assert quat_angle(quat_multiply(quat_inverse(naive), motion.local_quat_wxyz[0, joint])) < 1e-9


def test_a_rest_pose_without_frames_is_read_but_is_no_clip(tmp_path: Path) -> None:
    write_bvh(tmp_path / "a.bvh", moving_clip(frames=1))
    text = (tmp_path / "a.bvh").read_text()
    head = text[: text.index("Frames:")] + "Frames: 0\nFrame Time: 0.04\n"
    (tmp_path / "a.bvh").write_text(head)
    motion = read_bvh(tmp_path / "a.bvh")
    assert (motion.frames, motion.frame_rate_hz) == (0, 25.0)
    with pytest.raises(SkeletonError, match="at least one frame"):
        clip_from_bvh(motion)


GOOD = (
    "HIERARCHY\nROOT a\n{\nOFFSET 0 0 0\nCHANNELS 3 Zrotation Xrotation Yrotation\nEnd Site\n{\nOFFSET 0 1 0\n}\n}\n"
    "MOTION\nFrames: 2\nFrame Time: 0.033333\n1 2 3\n4 5 6\n"
)


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        (GOOD, "", 0, "HIERARCHY"),
        ("HIERARCHY\n", "", 1, "HIERARCHY"),
        ("OFFSET 0 0 0", "OFFSET 0 0", 4, "3 numbers"),
        ("OFFSET 0 0 0", "OFFSET 0 zero 0", 4, "3 numbers"),
        ("OFFSET 0 0 0", "OFFSET 0 nan 0", 4, "3 numbers"),
        ("CHANNELS 3", "CHANNELS 4", 5, "CHANNELS"),
        ("Xrotation Yrotation", "Xrotation Xrotation", 5, "CHANNELS"),
        ("Xrotation Yrotation", "Xrotation Wrotation", 5, "CHANNELS"),
        ("ROOT a", "JOINT a", 2, "one ROOT"),
        ("ROOT a", "ROOT", 2, "a name"),
        ("End Site", "ROOT b", 6, "one ROOT"),
        ("ROOT a\n{", "ROOT a", 3, "opening brace"),
        ("}\n}\nMOTION", "}\nMOTION", 10, "closed hierarchy"),
        ("}\n}\nMOTION", "}\n}\n}\nMOTION", 11, "closing braces"),
        ("MOTION\nFrames: 2\nFrame Time: 0.033333\n1 2 3\n4 5 6\n", "", 10, "MOTION"),
        ("Frames: 2", "Frames: two", 12, "1 numbers"),
        ("Frames: 2\n", "", 12, "Frames:"),
        ("Frames: 2", "Frames: 1.5", 13, "whole number"),
        ("0.033333", "0", 13, "positive frame time"),
        ("4 5 6", "4 5", 15, "3 numbers"),
        ("4 5 6", "4 5 six", 15, "3 numbers"),
        ("4 5 6", "4 5 inf", 15, "3 numbers"),
        ("4 5 6\n", "", 14, "2 frames"),
        ("4 5 6", "4 5 6\n7 8 9", 16, "2 frames"),
        ("OFFSET 0 1 0", "OFFSTE 0 1 0", 8, "OFFSET"),
    ],
)
def test_malformed_files_are_refused_with_the_line(tmp_path: Path, old: str, new: str, line: int, problem: str) -> None:
    path = tmp_path / "bad.bvh"
    assert old in GOOD
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(SkeletonError, match=problem) as caught:
        read_bvh(path)
    assert f"line {line}:" in str(caught.value)


def test_a_missing_file_and_a_foreign_hierarchy_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SkeletonError, match="absent"):
        read_bvh(tmp_path / "absent.bvh")
    (tmp_path / "a.bvh").write_text(GOOD)
    with pytest.raises(SkeletonError, match="and 17 more"):
        clip_from_bvh(read_bvh(tmp_path / "a.bvh"))


def test_centimetres_and_namespaces_of_another_tool_are_understood(tmp_path: Path) -> None:
    clip = moving_clip(frames=3)
    write_bvh(tmp_path / "a.bvh", clip)
    lines = (tmp_path / "a.bvh").read_text().splitlines()
    motion_at = lines.index("MOTION")
    for number, line in enumerate(lines):
        words = line.split()
        if words[0] == "OFFSET":
            lines[number] = "OFFSET " + " ".join(str(100 * float(word)) for word in words[1:])
        elif words[0] in ("ROOT", "JOINT"):
            lines[number] = f"{words[0]} take:{words[1]}"
        elif number > motion_at + 2:
            lines[number] = " ".join([*(str(100 * float(word)) for word in words[:3]), *words[3:]])
    (tmp_path / "cm.bvh").write_text("\n".join(lines))
    again = clip_from_bvh(read_bvh(tmp_path / "cm.bvh"))
    np.testing.assert_allclose(again.root_position_m, clip.root_position_m, atol=1e-4)
    assert turned_by(again, clip) < 1e-4


@pytest.mark.blender
def test_blender_imports_it_standing_and_facing_the_front(tmp_path: Path) -> None:
    pytest.importorskip("bpy", reason="bpy is not installed")
    clip = moving_clip(frames=10)
    write_bvh(tmp_path / "a.bvh", clip)
    script = """
        import sys, bpy, numpy as np
        bpy.ops.import_anim.bvh(filepath=sys.argv[1])
        rig = next(thing for thing in bpy.data.objects if thing.type == "ARMATURE")
        joints = ["pelvis", "left_wrist", "right_foot", "left_index3", "head"]
        out = []
        for frame in range(1, 11):
            bpy.context.scene.frame_set(frame)
            out.append([list(rig.matrix_world @ rig.pose.bones[name].head) for name in joints])
        rest = [list(rig.matrix_world @ rig.data.bones["right_foot"].head_local)]
        np.savez(sys.argv[2], out=np.array(out), rest=np.array(rest))
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(tmp_path / "a.bvh"), str(tmp_path / "out.npz")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (tmp_path / "out.npz").is_file(), done.stdout + done.stderr
    with np.load(tmp_path / "out.npz") as file:
        blenders, rest = file["out"], file["rest"]
    ours = clip.positions_m()[
        :, [JOINT_NAMES.index(n) for n in ("pelvis", "left_wrist", "right_foot", "left_index3", "head")]
    ]
    # Blender is Z up: our (x, y, z) is its (x, -z, y).
    np.testing.assert_allclose(blenders, np.stack([ours[..., 0], -ours[..., 2], ours[..., 1]], axis=-1), atol=1e-4)
    assert rest[0, 2] == pytest.approx(0.015, abs=1e-4)
