"""Motion files in BEAT2's layout (SMPL-X parameters in .npz); pickling is off in both directions.

On disk: betas (300), poses (T, 165) axis-angle, expressions (T, 100), trans (T, 3) m, model, gender,
mocap_frame_rate. ``trans`` places SMPL-X's origin, the pelvis joint rests at `PELVIS_REST_M` from it: the reader adds
that, the writer subtracts it, so feet stand on the ground in either world.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.lib.npyio import NpzFile

from exges_core.errors import SkeletonError, message
from exges_core.files import replacing
from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import quat_from_rotvec, rotvec_from_quat
from exges_core.motion.skeleton import JOINTS

PELVIS_REST_M = np.array([0.003, -0.351, 0.012])
"""Where the pelvis joint rests against SMPL-X's origin (neutral shape)."""
_RATE_KEYS = ("mocap_frame_rate", "mocap_framerate")
_ADVICE = "Give a BEAT2-layout .npz: poses (T, 165), trans (T, 3), mocap_frame_rate."


def _wrong(path: Path, expected: str, got: str) -> SkeletonError:
    return SkeletonError(message(expected=expected, got=got, where=str(path), do=_ADVICE))


def read_arrays(path: Path, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Return those of the named arrays that the file has, never unpickling.

    Raises:
        SkeletonError: if the file is missing, damaged, not an .npz, or one of the arrays is a pickled object.
    """
    try:
        with path.open("rb") as stream:
            archive = np.load(stream, allow_pickle=False)
            if not isinstance(archive, NpzFile):
                raise _wrong(path, "an .npz archive", "a single array")
            with archive:
                return {name: archive[name] for name in names if name in archive.files}
    except FileNotFoundError as error:
        raise _wrong(path, "a motion file", "nothing") from error
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        if isinstance(error, SkeletonError):
            raise
        raise _wrong(path, "an .npz archive of plain arrays", f"unreadable ({error})") from error


def read_npz(path: Path) -> MotionClip:
    """Return the clip of a BEAT2-layout file, at the file's own frame rate.

    Raises:
        SkeletonError: if it is missing, damaged, lacks an array, or holds wrong shapes, NaN or no frame.
    """
    arrays = read_arrays(path, ("poses", "trans", *_RATE_KEYS))
    rate = next((arrays[key] for key in _RATE_KEYS if key in arrays), None)
    if "poses" not in arrays or "trans" not in arrays or rate is None:
        raise _wrong(path, "poses, trans and mocap_frame_rate", f"only {sorted(arrays)}")
    poses, trans = arrays["poses"], arrays["trans"]
    if poses.ndim != 2 or poses.shape[1] != 3 * JOINTS or len(poses) < 1:
        raise _wrong(path, f"poses of shape (T, {3 * JOINTS}), T >= 1", f"{poses.shape}")
    if poses.dtype.kind not in "fiu" or trans.dtype.kind not in "fiu" or rate.size != 1 or rate.dtype.kind not in "fiu":
        raise _wrong(path, "numbers", f"poses {poses.dtype}, trans {trans.dtype}, rate {rate.dtype} {rate.shape}")
    if not np.isfinite(poses).all():
        frame = int(np.argmax(~np.isfinite(poses).all(axis=1)))
        raise _wrong(path, "finite poses", f"NaN or infinity, first in frame {frame}")
    rotvecs = poses.reshape(-1, JOINTS, 3).astype(np.float64)
    return MotionClip.checked(
        local_quat_wxyz=quat_from_rotvec(rotvecs),
        root_position_m=trans + PELVIS_REST_M if trans.ndim == 2 and trans.shape[1] == 3 else trans,
        frame_rate_hz=float(rate.reshape(())),
        where=str(path),
    )


def write_npz(path: Path, clip: MotionClip, *, extra: Mapping[str, np.ndarray] | None = None) -> None:
    """Write a clip in BEAT2's layout, with a neutral face and shape; atomically.

    Args:
        path: the target, ending in .npz.
        clip: what to write.
        extra: further arrays to store beside (``is_observed``, for one).

    Raises:
        OutputError: if it cannot be written.
    """
    rate = clip.frame_rate_hz
    arrays: dict[str, np.ndarray] = {
        "betas": np.zeros(300, dtype=np.float32),
        "poses": rotvec_from_quat(clip.local_quat_wxyz).reshape(clip.frames, 3 * JOINTS).astype(np.float32),
        "expressions": np.zeros((clip.frames, 100), dtype=np.float32),
        "trans": clip.root_position_m - PELVIS_REST_M,
        "model": np.array("smplx2020"),
        "gender": np.array("neutral"),
        "mocap_frame_rate": np.array(int(rate)) if rate == int(rate) else np.array(rate),
        **(extra or {}),
    }
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)
