from pathlib import Path

import numpy as np
import pytest

from exges_core.errors import OutputError, SkeletonError
from exges_core.motion.npz import PELVIS_REST_M, read_npz, write_npz
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
        ({"poses": np.zeros((5, 156))}, r"\(T, 165\)"),
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
