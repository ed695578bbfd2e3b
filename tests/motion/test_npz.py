from pathlib import Path

import numpy as np
import pytest

from exges_core.errors import OutputError, SkeletonError
from exges_core.motion.npz import PELVIS_REST_M, read_arrays, read_npz, read_npz_motion, write_npz
from exges_core.motion.rotations import quat_from_rotvec
from exges_core.motion.skeleton import FACE
from tests.motion.conftest import moving_clip
from tests.motion.test_clip import turned_by


def arrays(**changes: np.ndarray) -> dict[str, np.ndarray]:
    good = {"poses": np.zeros((5, 165)), "trans": np.zeros((5, 3)), "mocap_frame_rate": np.array(30)}
    return {key: value for key, value in {**good, **changes}.items() if value.size}


@pytest.mark.parametrize("rate_hz", [30.0, 120.0, 29.97])
def test_a_clip_comes_back(tmp_path: Path, rate_hz: float) -> None:
    clip, path = moving_clip(rate_hz=rate_hz), tmp_path / "new" / "a.npz"
    write_npz(path, clip, extra={"is_observed": np.ones((90, 56), dtype=np.bool_)})
    again = read_npz(path)
    assert turned_by(again, clip) < 1e-6
    np.testing.assert_allclose(again.root_position_m, clip.root_position_m, atol=1e-12)
    assert again.frame_rate_hz == rate_hz
    with np.load(path, allow_pickle=False) as file:
        shapes = {name: file[name].shape for name in file.files}
    assert shapes == {
        "betas": (300,), "poses": (90, 165), "expressions": (90, 100), "trans": (90, 3),
        "model": (), "gender": (), "mocap_frame_rate": (), "is_observed": (90, 56),
    }  # fmt: skip


def test_the_pelvis_is_below_the_models_origin(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **arrays())
    np.testing.assert_allclose(read_npz(tmp_path / "a.npz").root_position_m, np.tile(PELVIS_REST_M, (5, 1)))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"poses": np.zeros((5, 66))}, r"\(T, 165\) of SMPL-X, \(T, 156\) of SMPL\+H, \(T, 72\) of SMPL"),
        ({"poses": np.zeros((0, 165))}, "poses"),
        ({"trans": np.zeros((4, 3))}, r"\(5, 3\)"),
        ({"trans": np.zeros(0)}, "poses, trans"),
        ({"mocap_frame_rate": np.zeros(0)}, "mocap_frame_rate"),
        ({"mocap_frame_rate": np.array("30")}, "numbers"),
        ({"mocap_frame_rate": np.array(-30)}, "frame rate"),
        ({"poses": np.full((5, 165), np.nan)}, "first in frame 0"),
        ({"trans": np.full((5, 3), np.inf)}, "first in frame 0"),
        ({"poses": np.array([{}], dtype=object)}, "plain arrays"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(tmp_path: Path, changes: dict[str, np.ndarray], problem: str) -> None:
    path = tmp_path / "bad.npz"
    np.savez(path, **arrays(**changes))
    with pytest.raises(SkeletonError, match=problem) as caught:
        read_npz(path)
    assert str(path) in str(caught.value)


def test_arrays_come_in_the_order_they_are_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", betas=np.zeros(3), poses=np.zeros((1, 165)), expressions=np.zeros((1, 3)))
    assert list(read_arrays(tmp_path / "a.npz", ("expressions", "hands", "betas"))) == ["expressions", "betas"]


def test_files_that_are_no_archives_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("hello")
    (tmp_path / "empty.npz").write_bytes(b"")
    write_npz(tmp_path / "whole.npz", moving_clip())
    (tmp_path / "cut.npz").write_bytes((tmp_path / "whole.npz").read_bytes()[:5000])
    np.save(tmp_path / "single.npy", np.zeros(3))
    for name in ("text.npz", "empty.npz", "cut.npz", "single.npy", "absent.npz"):
        with pytest.raises(SkeletonError, match=name):
            read_npz(tmp_path / name)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    clip, path = moving_clip(), tmp_path / "a.npz"
    write_npz(path, clip)
    before = path.read_bytes()
    with pytest.raises(TypeError):
        write_npz(path, clip, extra={"poses": lambda: None, 3: np.zeros(1)})  # type: ignore[dict-item]
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="place to write"):
        write_npz(tmp_path / "file" / "a.npz", clip)


def test_a_real_take_stands_on_the_ground(real_clip_folder: Path) -> None:
    clip = read_npz(real_clip_folder / "2_scott_0_1_1.npz")
    assert (clip.frames, clip.frame_rate_hz) == (1906, 30.0)
    assert 0.0 < np.median(clip.positions_m()[:, [10, 11], 1]) < 0.08


def amass(path: Path, width: int, **changes: np.ndarray | None) -> Path:
    """A file as AMASS writes it; None leaves an array out."""
    generator = np.random.default_rng(1)
    found: dict[str, np.ndarray | None] = {
        "poses": generator.normal(0.0, 0.3, (7, width)),
        "trans": np.tile([0.4, -0.2, 0.9], (7, 1)),
        "mocap_framerate": np.array(120.0),
        "gender": np.array("female"),
        "betas": np.zeros(16),
        "dmpls": np.zeros((7, 8)),
        **changes,
    }
    np.savez(path, **{name: array for name, array in found.items() if array is not None})
    return path


@pytest.mark.parametrize(
    ("width", "hands", "remark"), [(165, 55, None), (156, 52, None), (72, 22, "poses of SMPL, which has no fingers")]
)
def test_amass_of_each_model_is_read(tmp_path: Path, width: int, hands: int, remark: str | None) -> None:
    """SMPL+H has no jaw and eyes between body and hands; SMPL's two last joints are whole hands."""
    found = read_npz_motion(amass(tmp_path / "a.npz", width))
    with np.load(tmp_path / "a.npz") as file:
        there = quat_from_rotvec(file["poses"].reshape(7, -1, 3))
    assert (found.promised_up, found.is_ours, found.clip.frame_rate_hz) == ("+Z", False, 120.0)
    joints = [joint for joint in range(55) if hands == 55 or joint not in FACE]
    kept = joints[:hands]
    np.testing.assert_allclose(found.clip.local_quat_wxyz[:, kept], there[:, :hands], atol=1e-9)
    left_out = sorted(set(range(55)) - set(kept))
    assert (found.clip.local_quat_wxyz[:, left_out] == [1.0, 0.0, 0.0, 0.0]).all()
    assert found.remarks == (() if remark is None else (f"a.npz: {remark}; they stay at rest",))


def test_amass_poses_in_parts_are_joined(tmp_path: Path) -> None:
    whole = read_npz(amass(tmp_path / "whole.npz", 165))
    with np.load(tmp_path / "whole.npz") as file:
        poses = file["poses"]
    parts = {"root_orient": poses[:, :3], "pose_body": poses[:, 3:66], "pose_hand": poses[:, 75:]}
    face = {"pose_jaw": poses[:, 66:69], "pose_eye": poses[:, 69:75]}
    for given, alike in (({**parts, **face}, 55), (parts, 55), ({k: parts[k] for k in list(parts)[:2]}, 22)):
        clip = read_npz(amass(tmp_path / "parts.npz", 165, poses=None, surface_model_type=np.array("smplx"), **given))
        joints = [joint for joint in range(alike) if joint not in FACE or "pose_jaw" in given]
        np.testing.assert_allclose(clip.local_quat_wxyz[:, joints], whole.local_quat_wxyz[:, joints], atol=1e-9)
    with pytest.raises(SkeletonError, match=r"one row per frame, got root_orient \(6, 3\), pose_body \(7, 63\)"):
        read_npz(amass(tmp_path / "bad.npz", 165, poses=None, root_orient=poses[:6, :3], pose_body=poses[:, 3:66]))


@pytest.mark.parametrize(
    ("name", "other", "says"),
    [
        ("mocap_framerate", "mocap_fps", r"no mocap_frame_rate among .*is mocap_fps meant"),
        ("poses", "pose", r"no poses among .*is pose meant"),
        ("trans", "transl", r"no trans among .*is transl meant"),
    ],
)
def test_misspelt_arrays_are_named(tmp_path: Path, name: str, other: str, says: str) -> None:
    path = amass(tmp_path / "a.npz", 165)
    with np.load(path) as file:
        arrays = {other if key == name else key: file[key] for key in file.files}
    np.savez(path, **arrays)
    with pytest.raises(SkeletonError, match=says):
        read_npz(path)
