"""Motion files of other rigs: the same motion, whatever its bones are called and its unit is."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rig.motions import standing_and_swaying

from exges_core.datasets.bvh_rigs import read_rig
from exges_core.datasets.motion_files import open_motion
from exges_core.datasets.pairs import read_pairs
from exges_core.datasets.target_rigs import read_target
from exges_core.errors import InputError
from exges_core.motion.bvh import read_bvh, write_bvh, write_motion
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import write_npz
from exges_core.motion.rotations import quat_from_rotvec, quat_inverse, quat_multiply, quat_rotate
from exges_core.motion.skeleton import JOINT_NAMES, PARENTS
from exges_core.rig.presets.mixamo import MIXAMO

MIXAMO_NAMES = {joint: f"mixamorig:{bones[0]}" for joint, bones in MIXAMO.bones.items()}
BODY = [joint for joint in range(55) if joint not in (22, 23, 24)]


@pytest.fixture
def clip(generator: np.random.Generator) -> MotionClip:
    rotvec = generator.normal(0.0, 0.2, (20, 55, 3))
    rotvec[:, :9] *= 0.2
    root = np.array([0.3, 0.93, -0.2]) + generator.normal(0.0, 0.01, (20, 3))
    return MotionClip(local_quat_wxyz=quat_from_rotvec(rotvec), root_position_m=root, frame_rate_hz=30.0)


def written(path: Path, clip: MotionClip, names: dict[str, str]) -> Path:
    write_bvh(path, clip)
    text = path.read_text()
    path.write_text(re.sub(r"(ROOT|JOINT) (\w+)", lambda found: f"{found[1]} {names.get(found[2], found[2])}", text))
    return path


def test_a_bvh_of_another_rig_is_read_as_the_same_motion(tmp_path: Path, clip: MotionClip) -> None:
    read = open_motion(written(tmp_path / "take.bvh", clip, MIXAMO_NAMES))
    found = read.clip
    assert "read as Mixamo" in " ".join(read.warnings)
    dot = np.abs((found.local_quat_wxyz * clip.local_quat_wxyz).sum(-1))
    np.testing.assert_allclose(dot[:, BODY], 1.0, atol=1e-5)
    moved = found.root_position_m - clip.root_position_m
    np.testing.assert_allclose(moved - moved[0], 0.0, atol=1e-5)
    soles = found.positions_m()[:, [JOINT_NAMES.index("left_foot"), JOINT_NAMES.index("right_foot")], 1]
    assert -0.05 < soles.min() < 0.1


def test_missing_fingers_are_said(tmp_path: Path, clip: MotionClip) -> None:
    handless = {name: f"thing{number}" for number, name in enumerate(JOINT_NAMES[25:])}
    read = open_motion(written(tmp_path / "hands.bvh", clip, handless))
    assert "lacks 30 finger joints" in " ".join(read.warnings)
    assert (read.clip.local_quat_wxyz[:, 25:, 0] == 1.0).all()


def test_arms_without_names_are_found_by_their_shape(tmp_path: Path, clip: MotionClip) -> None:
    nameless = {name: f"thing{number}" for number, name in enumerate(JOINT_NAMES[13:22])}
    found = open_motion(written(tmp_path / "arms.bvh", clip, nameless)).clip
    arms = [JOINT_NAMES.index(f"{side}_{part}") for side in ("left", "right") for part in ("shoulder", "elbow")]
    dot = np.abs((found.local_quat_wxyz * clip.local_quat_wxyz).sum(-1))
    np.testing.assert_allclose(dot[:, arms], 1.0, atol=1e-4)


def test_what_is_no_body_is_refused(tmp_path: Path) -> None:
    channels = "CHANNELS 3 Zrotation Xrotation Yrotation"
    bone = "OFFSET 0 1 0 " + channels
    (tmp_path / "crane.bvh").write_text(
        f"HIERARCHY ROOT base {{ {bone} JOINT boom {{ {bone} JOINT hook {{ {bone} End Site {{ OFFSET 0 1 0 }} }} }} }} "
        "MOTION Frames: 1 Frame Time: 0.0333333 " + " ".join(["0"] * 9)
    )
    with pytest.raises(InputError, match=r"crane\.bvh"):
        open_motion(tmp_path / "crane.bvh")


def test_what_is_no_motion_is_refused(tmp_path: Path, clip: MotionClip) -> None:
    write_npz(tmp_path / "nan.npz", replace(clip, root_position_m=clip.root_position_m * np.nan))
    with pytest.raises(InputError, match=r"nan\.npz.*NaN"):
        open_motion(tmp_path / "nan.npz")
    with pytest.raises(InputError, match=r"npz or \.bvh"):
        open_motion(tmp_path / "take.fbx")
    write_bvh(tmp_path / "empty.bvh", clip)
    text = (tmp_path / "empty.bvh").read_text()
    head = text[: text.index("MOTION")]
    (tmp_path / "empty.bvh").write_text(f"{head}MOTION\nFrames: 0\nFrame Time: 0.0333333\n")
    with pytest.raises(InputError, match="without frames"):
        open_motion(tmp_path / "empty.bvh")


@pytest.mark.parametrize("suffix", [".fbx", ".GLB", ".blend", ".vrm"])
def test_files_that_blender_reads_are_sent_there(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"hero{suffix}"
    path.write_bytes(b"Kaydara FBX Binary")
    for read in (open_motion, read_rig, lambda given: read_target(str(given))):
        with pytest.raises(
            InputError, match=rf"hero\{suffix}: .*read in Blender .*panel maps.*Motion Capture \(\.bvh\)"
        ):
            read(path)


def test_a_z_up_file_is_turned_said_and_put_on_the_ground(tmp_path: Path) -> None:
    standing = standing_and_swaying(40)
    turn = quat_from_rotvec(np.array([0.5 * np.pi, 0.0, 0.0]))
    local = standing.local_quat_wxyz.copy()
    local[:, 0] = quat_multiply(turn, local[:, 0])
    root = quat_rotate(turn, standing.root_position_m) + np.array([1.0, 2.0, 0.3])
    write_npz(tmp_path / "z.npz", replace(standing, local_quat_wxyz=local, root_position_m=root))
    found = open_motion(tmp_path / "z.npz")
    assert found.warnings == ("z.npz: up is +Z in this file, as head, feet and pelvis show; turned so that it is +Y",)
    assert not found.is_verbatim
    np.testing.assert_allclose(np.abs((found.clip.local_quat_wxyz * standing.local_quat_wxyz).sum(-1)), 1.0, atol=1e-6)
    np.testing.assert_allclose(
        found.clip.root_position_m - standing.root_position_m, [[1.0, 0.0, -2.0]] * 40, atol=0.02
    )
    write_npz(tmp_path / "y.npz", standing)
    assert open_motion(tmp_path / "y.npz").is_verbatim
    # The same in a BVH of our own names: its rest is Y-up, its motion is not.
    write_bvh(tmp_path / "z.bvh", replace(standing, local_quat_wxyz=local, root_position_m=root))
    assert "up is +Z" in open_motion(tmp_path / "z.bvh").warnings[0]


def test_a_bvh_in_our_names_with_another_rest_is_retargeted(tmp_path: Path, clip: MotionClip) -> None:
    """Names of SMPL alone do not make a file ours: its arms may hang at rest."""
    write_bvh(tmp_path / "ours.bvh", clip)
    ours = read_bvh(tmp_path / "ours.bvh")
    offsets, names = ours.offsets.copy(), list(ours.names)
    turns = np.tile([1.0, 0.0, 0.0, 0.0], (len(names), 1))
    for side, angle in (("left", -1.2), ("right", 1.2)):
        for name in names:
            joint, chain = JOINT_NAMES.index(name), set()
            while joint >= 0:
                chain.add(JOINT_NAMES[joint])
                joint = PARENTS[joint]
            if f"{side}_shoulder" in chain:
                turns[names.index(name)] = quat_from_rotvec(np.array([0.0, 0.0, angle]))
    world = ours.local_quat_wxyz.copy()
    for joint, parent in enumerate(ours.parents):
        if parent >= 0:
            world[:, joint] = quat_multiply(world[:, parent], ours.local_quat_wxyz[:, joint])
            offsets[joint] = quat_rotate(turns[parent], ours.offsets[joint])
    world = quat_multiply(world, quat_inverse(turns))
    local = world.copy()
    local[:, 1:] = quat_multiply(quat_inverse(world[:, list(ours.parents[1:])]), world[:, 1:])
    position = ours.local_position.copy()
    position[:, 1:] = offsets[1:]
    write_motion(tmp_path / "a.bvh", replace(ours, offsets=offsets, local_quat_wxyz=local, local_position=position))
    found = open_motion(tmp_path / "a.bvh").clip
    arms = [
        JOINT_NAMES.index(f"{side}_{part}") for side in ("left", "right") for part in ("shoulder", "elbow", "wrist")
    ]
    dot = np.abs((found.local_quat_wxyz * clip.local_quat_wxyz).sum(-1))
    np.testing.assert_allclose(dot[:, arms], 1.0, atol=1e-3)


def made(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).touch()
    return folder


def test_recordings_are_found_by_name(tmp_path: Path) -> None:
    found = read_pairs(made(tmp_path, "b.bvh", "b.wav", "b.srt", "day1/a.npz", "day1/a.flac", "notes.txt"))
    assert [pair.name for pair in found.pairs] == ["b", "day1/a"]
    assert [pair.speech.name for pair in found.pairs] == ["b.wav", "a.flac"]
    assert [pair.transcript and pair.transcript.name for pair in found.pairs] == ["b.srt", None]
    assert found.left_out == found.warnings == ()
    made(tmp_path, "b.npz")
    with pytest.raises(InputError, match=r"b as \.npz and as \.bvh"):
        read_pairs(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        read_pairs(tmp_path / "nowhere")


def test_letters_of_any_case_pair_and_hidden_files_do_not(tmp_path: Path) -> None:
    made(tmp_path, "TAKE_01.BVH", "TAKE_01.WAV", "TAKE_01.TextGrid", "Take_02.Bvh", "take_02.wav", "take_02.SRT")
    made(tmp_path, "._TAKE_01.BVH", "._TAKE_01.WAV", ".trash/old.bvh", "Thumbs.db", "__MACOSX/._x.bvh")
    found = read_pairs(tmp_path)
    assert [pair.name for pair in found.pairs] == ["TAKE_01", "Take_02"]
    assert [pair.speech.name for pair in found.pairs] == ["TAKE_01.WAV", "take_02.wav"]
    assert [pair.transcript and pair.transcript.name for pair in found.pairs] == ["TAKE_01.TextGrid", "take_02.SRT"]
    assert found.left_out == ()


def test_two_takes_that_differ_in_case_alone_stay_two(tmp_path: Path) -> None:
    found = read_pairs(made(tmp_path, "a.bvh", "a.wav", "A.bvh", "A.wav", "c.bvh", "c.wav"))
    assert [(pair.name, pair.speech.name) for pair in found.pairs] == [("A", "A.wav"), ("a", "a.wav"), ("c", "c.wav")]


def test_what_has_no_partner_is_left_out_and_named(tmp_path: Path) -> None:
    made(
        tmp_path,
        "good.bvh",
        "good.wav",
        "good.flac",
        "good.mp4",
        "tpose.bvh",
        "room.wav",
        "hero.fbx",
        "hero.wav",
        "rig.glb",
    )
    found = read_pairs(tmp_path)
    assert [pair.name for pair in found.pairs] == ["good"]
    assert found.warnings == ("good: has several sounds; good.wav is used, not good.flac",)
    assert found.left_out == (
        "hero.wav: no motion hero.bvh (or .npz) beside it, only hero.fbx, which is not read here",
        "rig.glb: not read here, export it as .bvh",
        "room.wav: no motion room.bvh (or .npz) beside it",
        "tpose.bvh: no sound tpose.wav (or .flac, .ogg, .mp3) beside it",
    )


def test_a_folder_without_a_pair_is_refused_with_what_is_in_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"BEAT2's layout.*got neither"):
        read_pairs(made(tmp_path, "notes.txt"))
    made(tmp_path, "walk_poses.npz", *(f"voice{number}.wav" for number in range(9)))
    with pytest.raises(InputError, match=r"no two of one name: voice0\.wav: no motion.*; and 2 more\. Give motion and"):
        read_pairs(tmp_path)
