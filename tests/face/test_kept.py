"""Curves that are there: read, resampled, kept; a file whose face cannot be used loses that alone, and says so."""

from pathlib import Path

import numpy as np
import pytest

from exges_core.control.files import read_kept
from exges_core.face.kept import at_rate, beside, placed, read_curves
from exges_core.face.names import ARKIT_NAMES
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import write_npz
from exges_core.motion.skeleton import JOINTS

FRAMES = 40


def ramp() -> np.ndarray:
    return np.linspace(0.0, 1.0, FRAMES * 52).reshape(FRAMES, 52).astype(np.float32)


def written(path: Path, curves: np.ndarray, names: object = ARKIT_NAMES, *, rate_hz: float = 30.0) -> Path:
    still = np.zeros((FRAMES, JOINTS, 4))
    still[..., 0] = 1.0
    clip = MotionClip(local_quat_wxyz=still, root_position_m=np.full((FRAMES, 3), 0.9), frame_rate_hz=rate_hz)
    write_npz(path, clip, extra={"face_arkit": curves, "face_arkit_names": np.array(names)})
    return path


def test_curves_come_in_arkits_order_whatever_the_files(tmp_path: Path) -> None:
    found, said = read_curves(written(tmp_path / "a.npz", ramp()[:, ::-1], ARKIT_NAMES[::-1]), FRAMES)
    assert found is not None
    assert found.tobytes() == ramp().tobytes()
    assert said == ()
    assert read_curves(tmp_path / "a.bvh", FRAMES) == (None, ())


@pytest.mark.parametrize(("curves", "names", "what"), [
    (ramp()[:-1], ARKIT_NAMES, r"\(39, 52\), and should be numbers \(40, 52\)"),
    (ramp()[:, :51], ARKIT_NAMES, r"\(40, 51\)"),
    (ramp() * 2, ARKIT_NAMES, "beyond 0 to 1"),
    (np.full((FRAMES, 52), np.nan), ARKIT_NAMES, "beyond 0 to 1"),
    (ramp().astype(str), ARKIT_NAMES, "should be numbers"),
    (ramp(), ("jawOpen",) * 52, "not ARKit's"),
    (ramp(), 7, "not ARKit's"),
])  # fmt: skip
def test_a_face_that_cannot_be_one_is_left_out_and_told(
    tmp_path: Path, curves: np.ndarray, names: object, what: str
) -> None:
    found, (told,) = read_curves(written(tmp_path / "a.npz", curves, names), FRAMES)
    assert found is None
    with pytest.raises(AssertionError, match=what):
        raise AssertionError(told)


def test_kept_frames_stay_to_the_bit_and_the_rest_comes_in_smoothly() -> None:
    old, new = np.zeros((FRAMES, 52), np.float32), np.ones((FRAMES, 52), np.float32)
    old[10] = np.float32(0.1)
    is_kept = np.arange(FRAMES) < 15
    found = beside(new, old, is_kept)
    assert found[is_kept].tobytes() == old[is_kept].tobytes()
    assert (found[30:] == 1.0).all()
    assert 0.0 < np.abs(np.diff(found[14:, 0])).max() < 0.25


def test_rates_and_places_are_right() -> None:
    curves = ramp()
    assert at_rate(curves, 30.0, FRAMES, 30.0) is curves
    doubled = at_rate(curves, 30.0, 2 * FRAMES - 1, 60.0)
    assert doubled.dtype == np.float32
    assert np.allclose(doubled[::2], curves)
    assert np.allclose(doubled[1::2], (curves[1:] + curves[:-1]) / 2)
    assert np.allclose(at_rate(doubled, 60.0, FRAMES, 30.0), curves)
    later = placed(curves, 5, FRAMES + 10)
    assert np.array_equal(later[5:45], curves)
    assert (later[:5] == curves[0]).all()
    assert (later[45:] == curves[-1]).all()


def test_a_base_of_another_rate_is_kept_at_30(tmp_path: Path) -> None:
    kept = read_kept(written(tmp_path / "a.npz", ramp(), rate_hz=60.0), 60, start_s=1.0)
    assert kept.face is not None
    assert kept.face.shape == (60, 52)
    assert np.allclose(kept.face[30:50], ramp()[::2])
    assert (kept.face[:30] == kept.face[30]).all()
