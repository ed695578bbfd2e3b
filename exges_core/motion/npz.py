"""Motion files in BEAT2's layout (SMPL-X parameters in .npz), and AMASS'; pickling is off in both directions.

On disk: betas (300), poses (T, 165) axis-angle, expressions (T, 100), trans (T, 3) m, model, gender,
mocap_frame_rate. ``trans`` places SMPL-X's origin, the pelvis joint rests at `PELVIS_REST_M` from it: the reader adds
that, the writer subtracts it, so feet stand on the ground in either world.

AMASS writes the same for SMPL-X (165), SMPL+H (156: no jaw and eyes) and SMPL (72: no fingers), with its up along +Z,
its rate often spelled mocap_framerate, its poses sometimes in parts (root_orient, pose_body, pose_hand). What is up is
not decided here: see `orientation`.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from exges_core import array_files
from exges_core.arrays import Array
from exges_core.errors import SkeletonError, message
from exges_core.files import replacing
from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import quat_from_rotvec, rotvec_from_quat
from exges_core.motion.skeleton import BODY, HANDS, JOINTS

PELVIS_REST_M = np.array([0.003, -0.351, 0.012])
"""Where the pelvis joint rests against SMPL-X's origin (neutral shape)."""
_SMPL_PELVIS_REST_M = np.array([-0.002, -0.233, 0.028])
"""The same for SMPL and SMPL+H, whose origin is another."""
_MOST_TURN = 1e5
"""No joint has turned further, in radians, however it was unwrapped."""
_RATE_KEYS = ("mocap_frame_rate", "mocap_framerate")
_PARTS = ("root_orient", "pose_body", "pose_jaw", "pose_eye", "pose_hand")
_AMASS_KEYS = ("surface_model_type", "dmpls", "mocap_framerate")
"""Only AMASS' files have one of these."""
_COLUMNS: dict[int, tuple[str, tuple[int, ...]]] = {
    165: ("SMPL-X", tuple(range(JOINTS))),
    156: ("SMPL+H", (*BODY, *HANDS)),
    72: ("SMPL", BODY),
}
"""Numbers per frame -> the model that has so many, and the joints they are for. SMPL's own last two joints are whole
hands, which our body has not."""
_ADVICE = "Give a BEAT2-layout .npz (poses (T, 165), trans (T, 3), mocap_frame_rate) or one of AMASS."


@dataclass(frozen=True, kw_only=True)
class NpzMotion:
    """What an .npz says.

    Attributes:
        clip: at the file's own frame rate, in the file's own axes.
        promised_up: the axis that this kind of file says is up.
        is_ours: the file is BEAT2's layout to the letter: all 55 joints, Y up.
        remarks: what the file lacks, in words.
    """

    clip: MotionClip
    promised_up: str
    is_ours: bool
    remarks: tuple[str, ...]


def _wrong(path: Path, expected: str, got: str) -> SkeletonError:
    return SkeletonError(message(expected=expected, got=got, where=str(path), do=_ADVICE))


def _opened(path: Path, names: tuple[str, ...]) -> tuple[dict[str, Array], list[str]]:
    """Return those of the named arrays that the file has, never unpickling, and the names of all it has."""
    try:
        found = array_files.read_npz(path, names)
    except FileNotFoundError as error:
        raise _wrong(path, "a motion file", "nothing") from error
    except (OSError, ValueError) as error:
        raise _wrong(path, "an .npz archive of plain arrays", f"unreadable ({error})") from error
    return {name: found.arrays[name] for name in names if name in found.arrays}, list(found.names)


def read_arrays(path: Path, names: tuple[str, ...]) -> dict[str, Array]:
    """Return those of the named arrays that the file has, in the order they are named, never unpickling.

    Raises:
        SkeletonError: if the file is missing, damaged, not an .npz, or one of the arrays is a pickled object.
    """
    return _opened(path, names)[0]


def read_npz(path: Path) -> MotionClip:
    """Return the clip of a BEAT2-layout file or one of AMASS, at its own frame rate and in its own axes.

    Raises:
        SkeletonError: if it is missing, damaged, lacks an array, or holds wrong shapes, NaN or no frame.
    """
    return read_npz_motion(path).clip


def read_npz_motion(path: Path) -> NpzMotion:
    """Return the clip of a BEAT2-layout file or one of AMASS, and what kind of file it is.

    Raises:
        SkeletonError: if it is missing, damaged, lacks an array, or holds wrong shapes, NaN or no frame.
    """
    arrays, names = _opened(path, ("poses", "trans", *_RATE_KEYS, *_PARTS))
    poses, trans, rate = _required(path, arrays, names)
    if poses.ndim != 2 or poses.shape[1] not in _COLUMNS or len(poses) < 1:
        shapes = ", ".join(f"(T, {count}) of {model}" for count, (model, _) in _COLUMNS.items())
        raise _wrong(path, f"poses of shape {shapes}, T >= 1", f"{poses.shape}")
    if poses.dtype.kind not in "fiu" or trans.dtype.kind not in "fiu" or rate.size != 1 or rate.dtype.kind not in "fiu":
        raise _wrong(path, "numbers", f"poses {poses.dtype}, trans {trans.dtype}, rate {rate.dtype} {rate.shape}")
    if np.isfinite(poses).all() and not (np.abs(poses) <= _MOST_TURN).all():
        raise _wrong(path, "poses in radians", f"turns of up to {np.abs(poses).max():.3g}")
    if not np.isfinite(poses).all():
        frame = int(np.argmax(~np.isfinite(poses).all(axis=1)))
        raise _wrong(path, "finite poses", f"NaN or infinity, first in frame {frame}")
    model, joints = _COLUMNS[poses.shape[1]]
    rotvecs = np.zeros((len(poses), JOINTS, 3))
    rotvecs[:, joints] = poses.reshape(len(poses), -1, 3)[:, : len(joints)]
    rest_m = PELVIS_REST_M if model == "SMPL-X" else _SMPL_PELVIS_REST_M
    clip = MotionClip.checked(
        local_quat_wxyz=quat_from_rotvec(rotvecs),
        root_position_m=trans + rest_m if trans.ndim == 2 and trans.shape[1] == 3 else trans,
        frame_rate_hz=float(rate.reshape(())),
        where=str(path),
    )
    is_amass = any(name in names for name in _AMASS_KEYS)
    lacks = not set(HANDS) <= set(joints)
    return NpzMotion(
        clip=clip,
        promised_up="+Z" if is_amass else "+Y",
        is_ours=model == "SMPL-X" and not is_amass,
        remarks=(f"{path.name}: poses of {model}, which has no fingers; they stay at rest",) if lacks else (),
    )


def _required(path: Path, arrays: Mapping[str, Array], names: Sequence[str]) -> tuple[Array, Array, Array]:
    """Return poses, trans and rate; poses may stand in parts.

    Raises:
        SkeletonError: naming what is not there, and what the file has that sounds like it.
    """
    rate = next((arrays[key] for key in _RATE_KEYS if key in arrays), None)
    poses = arrays.get("poses")
    if poses is None and "root_orient" in arrays and "pose_body" in arrays:
        poses = _joined(path, arrays)
    trans = arrays.get("trans")
    found = {"poses": poses, "trans": trans, "mocap_frame_rate": rate}
    lacking = [name for name, array in found.items() if array is None]
    if poses is None or trans is None or rate is None:
        near = [match for name in lacking for match in difflib.get_close_matches(name, names, n=1, cutoff=0.5)]
        meant = f" (is {', '.join(near)} meant?)" if near else ""
        shown = ", ".join(sorted(names)[:12]) + (", ..." if len(names) > 12 else "")
        raise _wrong(
            path, "poses, trans and mocap_frame_rate", f"no {', '.join(lacking)} among {shown or 'none'}{meant}"
        )
    return poses, trans, rate


def _joined(path: Path, arrays: Mapping[str, Array]) -> Array:
    """Return poses of their parts, as AMASS' fitters write them."""
    parts = {name: arrays[name] for name in _PARTS if name in arrays}
    if (
        any(each.ndim != 2 or each.dtype.kind not in "fiu" for each in parts.values())
        or len({len(each) for each in parts.values()}) != 1
    ):
        shapes = ", ".join(f"{name} {each.shape}" for name, each in parts.items())
        raise _wrong(path, "parts of the pose, numbers with one row per frame", shapes)
    if "pose_hand" not in parts:  # as SMPL, whose last two joints are whole hands
        return np.concatenate(
            [parts["root_orient"], parts["pose_body"], np.zeros((len(parts["pose_body"]), 6))], axis=1
        )
    face = ("pose_jaw", "pose_eye")
    left_out = () if all(name in parts for name in face) else face
    return np.concatenate([each for name, each in parts.items() if name not in left_out], axis=1)


def write_npz(path: Path, clip: MotionClip, *, extra: Mapping[str, Array] | None = None) -> None:
    """Write a clip in BEAT2's layout, with a neutral face and shape; atomically.

    Args:
        path: the target, ending in .npz.
        clip: what to write.
        extra: further arrays to store beside (``is_observed``, for one).

    Raises:
        OutputError: if it cannot be written.
    """
    rate = clip.frame_rate_hz
    arrays: dict[str, Array] = {
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
