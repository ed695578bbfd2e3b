"""Files around the mirror image of a motion."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from exges_core.datasets.motion_files import open_motion
from exges_core.datasets.target_rigs import read_target
from exges_core.errors import InputError, message
from exges_core.face.kept import read_curves
from exges_core.face.names import MIRRORED
from exges_core.files import keep_apart, replacing
from exges_core.motion.mirror import mirrored
from exges_core.motion.npz import read_arrays
from exges_core.pipeline.writing import check_format, write_motion


def mirror_files(motion: Path, outputs: Sequence[Path], *, rig: str | None = None) -> tuple[int, tuple[str, ...]]:
    """Write the mirror image of a motion; return its number of frames, and what is doubtful.

    Args:
        motion: .npz or .bvh; a BVH of another rig is retargeted first.
        outputs: .npz, .bvh or, of a motion with a face, .csv; all or none are written, the frame rate stays.
        rig: .bvh outputs are written in this rig's hierarchy: a .bvh file, a preset's JSON or a family's name.

    Raises:
        InputError: (and its children) if the motion, an output's suffix or the rig cannot be used.
        OutputError: if a result cannot be written.
    """
    if not outputs:
        raise InputError(message(expected="an output file", got="none", where="mirror", do="Name one with -o."))
    keep_apart([("the motion", path) for path in outputs], [("the rig", rig)])
    read = open_motion(motion)
    curves, said = read_curves(motion, read.clip.frames)
    for path in outputs:
        check_format(path, has_face=curves is not None, advice=f"{motion.name} has none; choose .bvh or .npz.")
    if rig is not None and not any(path.suffix.lower() == ".bvh" for path in outputs):
        got, do = ", ".join(map(str, outputs)), "Add -o OUT.bvh; .npz always holds the canonical body."
        raise InputError(message(expected="a .bvh output for the rig", got=got, where="--rig", do=do))
    target = None if rig is None else read_target(rig)
    clip = mirrored(read.clip)
    face = None if curves is None else curves[:, MIRRORED]
    with ExitStack() as files:
        for path in outputs:
            write_motion(files.enter_context(replacing(path)), clip, kept=None, target=target, face=face)
    warnings = (*read.warnings, *said, *_left_out(motion), *(() if target is None else target.warnings))
    return clip.frames, warnings


def _left_out(motion: Path) -> tuple[str, ...]:
    """Say which of a file's own arrays have no mirror image here."""
    if motion.suffix.lower() != ".npz":
        return ()
    faces = read_arrays(motion, ("expressions", "betas"))
    lost = [name for name, values in faces.items() if values.dtype.kind in "fiu" and values.any()]
    if not lost:
        return ()
    return (f"{motion.name}: {' and '.join(lost)} are not taken over",)
