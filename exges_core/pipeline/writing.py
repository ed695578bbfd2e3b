"""What a generation writes: motion in either format, and the key poses of retrieved gestures for previews."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from exges_core.arrays import Array, Float
from exges_core.control.edits import Kept
from exges_core.datasets.target_rigs import TargetRig, write_on
from exges_core.errors import InputError, message
from exges_core.face.csv_file import write_csv
from exges_core.face.names import ARKIT_NAMES
from exges_core.files import replacing
from exges_core.motion.bvh import write_bvh
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import write_npz
from exges_core.motion.skeleton import JOINTS
from exges_core.retrieval.choice import SegmentMatches, key_frame_of
from exges_core.retrieval.library import MotionBase

FORMATS = (".bvh", ".npz")
FACE_FORMAT = ".csv"
"""A face alone, for whoever reads Live Link Face."""


def check_format(
    path: Path, *, has_face: bool | None = None, advice: str = "Ask for a face with --face, or choose .bvh or .npz."
) -> None:
    """Refuse a file that motion is not written to.

    Args:
        path: the file.
        has_face: whether there is a face, for a .csv; None = there never is.
        advice: what to do where there is none for it.

    Raises:
        InputError: if its suffix is none of `FORMATS`, or it wants a face where there is none.
    """
    if path.suffix.lower() == FACE_FORMAT and has_face:
        return
    if path.suffix.lower() == FACE_FORMAT and has_face is not None:
        raise InputError(message(expected="a face, for a .csv", got="none", where=str(path), do=advice))
    if path.suffix.lower() not in FORMATS:
        expected, got = f"an output ending in {' or '.join(FORMATS)}", path.suffix or "no suffix"
        raise InputError(message(expected=expected, got=got, where=str(path), do="Choose one of these formats."))


def write_motion(
    path: Path,
    clip: MotionClip,
    *,
    kept: Kept | None,
    target: TargetRig | None,
    face: Float[Array, "frames 52"] | None = None,
) -> None:
    """Write motion in the format of the suffix, atomically.

    Args:
        path: .npz, .bvh or, where there is a face, .csv.
        clip: the motion.
        kept: frames of it that keep their very bits in an .npz.
        target: whose hierarchy a .bvh has; None = our own body's.
        face: ARKit's curves, a row for each frame; a .bvh has jaw and eyes of it alone.

    Raises:
        InputError: if the suffix is none of them.
        OutputError: if the file cannot be written.
    """
    check_format(path, has_face=face is not None)
    if path.suffix.lower() == FACE_FORMAT and face is not None:
        write_csv(path, face, clip.frame_rate_hz)
    elif path.suffix.lower() == ".npz":
        extra = {} if kept is None else kept.npz_arrays(clip)
        faces = {} if face is None else {"face_arkit": face, "face_arkit_names": np.array(ARKIT_NAMES)}
        write_npz(path, clip, extra={**extra, **faces})
    elif target is not None:
        write_on(path, clip, target)
    else:
        write_bvh(path, clip)


def write_candidate_poses(path: Path, matches: Sequence[SegmentMatches], base: MotionBase) -> None:
    """Write every candidate's key pose, so that a window can show it without opening the motion base.

    Raises:
        OutputError: if the file cannot be written.
    """
    found = [(number, each) for number, match in enumerate(matches) for each in match.candidates]
    poses = [base.clip(each.clip_index).local_quat_wxyz[key_frame_of(each)] for _, each in found]
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(
            file,
            segment=np.array([number for number, _ in found], dtype=np.int32),
            clip=np.array([each.clip_index for _, each in found], dtype=np.int32),
            local_quat_wxyz=np.array(poses, dtype=np.float32).reshape(len(found), JOINTS, 4),
        )
