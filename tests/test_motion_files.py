"""Motion files of other rigs: the same motion, whatever its bones are called and its unit is."""

import logging
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from exges_core.errors import InputError
from exges_core.motion.bvh import write_bvh
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import write_npz
from exges_core.motion.rotations import quat_from_rotvec
from exges_core.motion.skeleton import JOINT_NAMES
from exges_core.motion_files import read_motion
from exges_core.pairs import read_pairs
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


def test_a_bvh_of_another_rig_is_read_as_the_same_motion(
    tmp_path: Path, clip: MotionClip, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        found = read_motion(written(tmp_path / "take.bvh", clip, MIXAMO_NAMES))
    assert "read as Mixamo" in caplog.text
    dot = np.abs((found.local_quat_wxyz * clip.local_quat_wxyz).sum(-1))
    np.testing.assert_allclose(dot[:, BODY], 1.0, atol=1e-5)
    moved = found.root_position_m - clip.root_position_m
    np.testing.assert_allclose(moved - moved[0], 0.0, atol=1e-5)
    soles = found.positions_m()[:, [JOINT_NAMES.index("left_foot"), JOINT_NAMES.index("right_foot")], 1]
    assert -0.05 < soles.min() < 0.1


def test_missing_fingers_are_said(tmp_path: Path, clip: MotionClip, caplog: pytest.LogCaptureFixture) -> None:
    handless = {name: f"thing{number}" for number, name in enumerate(JOINT_NAMES[25:])}
    with caplog.at_level(logging.WARNING):
        found = read_motion(written(tmp_path / "hands.bvh", clip, handless))
    assert "lacks 30 finger joints" in caplog.text
    assert (found.local_quat_wxyz[:, 25:, 0] == 1.0).all()


def test_arms_without_names_are_found_by_their_shape(tmp_path: Path, clip: MotionClip) -> None:
    nameless = {name: f"thing{number}" for number, name in enumerate(JOINT_NAMES[13:22])}
    found = read_motion(written(tmp_path / "arms.bvh", clip, nameless))
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
        read_motion(tmp_path / "crane.bvh")


def test_what_is_no_motion_is_refused(tmp_path: Path, clip: MotionClip) -> None:
    write_npz(tmp_path / "nan.npz", replace(clip, root_position_m=clip.root_position_m * np.nan))
    with pytest.raises(InputError, match=r"nan\.npz.*NaN"):
        read_motion(tmp_path / "nan.npz")
    with pytest.raises(InputError, match=r"npz or \.bvh"):
        read_motion(tmp_path / "take.fbx")
    write_bvh(tmp_path / "empty.bvh", clip)
    text = (tmp_path / "empty.bvh").read_text()
    head = text[: text.index("MOTION")]
    (tmp_path / "empty.bvh").write_text(f"{head}MOTION\nFrames: 0\nFrame Time: 0.0333333\n")
    with pytest.raises(InputError, match="without frames"):
        read_motion(tmp_path / "empty.bvh")


def test_recordings_are_found_by_name(tmp_path: Path) -> None:
    for name in ("b.bvh", "b.wav", "b.srt", "day1/a.npz", "day1/a.flac", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    pairs = read_pairs(tmp_path)
    assert [pair.name for pair in pairs] == ["b", "day1/a"]
    assert [pair.speech.name for pair in pairs] == ["b.wav", "a.flac"]
    assert [pair.transcript and pair.transcript.name for pair in pairs] == ["b.srt", None]
    (tmp_path / "b.npz").touch()
    with pytest.raises(InputError, match=r"b as \.npz and as \.bvh"):
        read_pairs(tmp_path)
    (tmp_path / "b.npz").unlink()
    (tmp_path / "b.wav").unlink()
    with pytest.raises(InputError, match=r"b\.bvh: expected a sound"):
        read_pairs(tmp_path)
    with pytest.raises(InputError, match="BEAT2's layout"):
        read_pairs(tmp_path / "nowhere")
