"""Files of the command line's ``--controls``: keys as JSON, or a BEAT2 .npz with a mask. Reading only."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeGuard, cast

import numpy as np

from exges_core import array_files, json_text, timeline
from exges_core.arrays import Array
from exges_core.control.controls import Controls, Keys, Mask
from exges_core.control.edits import Kept, place
from exges_core.control.masks import GROUPS, ROOT_GROUP, Key, group_name
from exges_core.control.standing import Posture
from exges_core.datasets.motion_files import open_motion
from exges_core.errors import ControlError, SkeletonError, message
from exges_core.face.kept import at_rate, placed, read_curves
from exges_core.json_lines import is_list, is_object
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import NpzMotion, read_arrays, read_npz_motion
from exges_core.motion.orientation import on_ground, turned, up_of
from exges_core.motion.rotations import quat_from_yaw
from exges_core.motion.skeleton import JOINT_NAMES, JOINTS

_KEY_NAMES = {"time_s", "joints", "root_position_m", "heading_rad", "hard"}
_BEYOND = 10**300
_TWICE = cast("str", object())  # no name of a file is equal to it
"""Under this an object of the file holds the name it has twice: JSON's reader would silently keep the last value."""


def read_controls(path: Path) -> Controls:
    """Read what an animator fixed: ``{"keys": [...]}`` as JSON, or a motion .npz with ``is_observed`` (frames, 56).

    An .npz's entries are hard, unless it has ``is_hard`` (frames,).

    Raises:
        ControlError: if the file or a key in it cannot be used; the message names the key.
        SkeletonError: if the .npz's motion cannot be read.
    """
    if not path.is_file():
        got = "a folder" if path.is_dir() else "nothing"
        raise ControlError(message(expected="a controls file", got=got, where=str(path), do="Check the path."))
    return _read_mask(path) if path.suffix.lower() == ".npz" else Keys(keys=tuple(_read_keys(path)))


def read_posture(path: Path) -> Posture:
    """Read the posture to gesture about: ``{"joints": {...}}`` as JSON, or the first frame of a motion (.npz, .bvh).

    Raises:
        ControlError: if the file or a joint in it cannot be used.
        SkeletonError: if its motion cannot be read.
    """
    do = 'Write {"joints": {"left_elbow": [1, 0, 0, 0]}}, or name a motion whose first frame is meant.'
    if not path.is_file():
        got = "a folder" if path.is_dir() else "nothing"
        raise ControlError(message(expected="a posture file", got=got, where=str(path), do="Check the path."))
    if path.suffix.lower() != ".json":
        first = open_motion(path).clip.local_quat_wxyz[0]
        return Posture(turns_wxyz=dict(zip(JOINT_NAMES, first, strict=True)))
    try:
        values = json_text.read(path, pairs=_object)
    except (OSError, ValueError) as error:
        raise ControlError(message(expected="JSON", got=str(error), where=str(path), do=do)) from error
    joints = values.get("joints") if is_object(values) and set(values) == {"joints"} else None
    if not is_object(joints) or not joints or _TWICE in joints:
        got = "a name twice" if is_object(joints) and _TWICE in joints else "something else"
        raise ControlError(message(expected='one object "joints"', got=got, where=str(path), do=do))
    turns: dict[str, Array] = {}
    for joint, turn in joints.items():
        if not _are_numbers(turn) or len(turn) != len("wxyz"):
            got, where = repr(turn)[:80], f"{path.name}: {joint}"
            raise ControlError(message(expected="a list of four numbers", got=got, where=where, do=do))
        turns[joint] = np.array(turn, dtype=np.float64)
    return Posture(turns_wxyz=turns)


def read_kept(
    path: Path, frames: int, *, start_s: float = 0.0, keep_outside_s: tuple[float, float] | None = None
) -> Kept:
    """Read motion that stays as it is: BEAT2's .npz or a BVH.

    Motion beyond the take's end is cut off, motion at another rate than 30 fps resampled; both are said in `warnings`.

    Args:
        path: the file.
        frames: of the take.
        start_s: where in the take the motion begins.
        keep_outside_s: what is made anew, [start, end) in seconds of the take; None = nothing of the motion.

    Raises:
        ControlError: if the motion lies outside the take, or that range outside the motion.
        InputError: (and its children) if the motion cannot be read.
    """

    def wrong(expected: str, got: str, do: str) -> ControlError:
        return ControlError(message(expected=expected, got=got, where=path.name, do=do))

    found = open_motion(path)
    clip, warnings = found.clip, list(found.warnings)
    if clip.frame_rate_hz != timeline.MOTION_RATE_HZ:
        warnings.append(f"{path.name} has {clip.frame_rate_hz:g} frames per second and is kept resampled to 30")
        clip = clip.resample(timeline.MOTION_RATE_HZ)
    if not np.isfinite(start_s) or not 0 <= timeline.frame_at(start_s) < frames:
        raise wrong(f"a start in [0, {timeline.time_of(frames):.3f}) s", f"{start_s:g} s", "Move the motion.")
    start = timeline.frame_at(start_s)
    if start + clip.frames > frames:
        cut = start + clip.frames - frames
        warnings.append(f"{path.name} is longer than the speech: its last {timeline.time_of(cut):.2f} s are left out")
        clip = clip.cut(0, frames - start)
    kept = place([(clip, start)], frames)
    is_kept = kept.is_kept.copy()
    if keep_outside_s is not None:
        first, last = (timeline.frame_at(each) if np.isfinite(each) else -1 for each in keep_outside_s)
        if not start <= first < last <= start + clip.frames:
            span = f"[{timeline.time_of(start):.3f}, {timeline.time_of(start + clip.frames):.3f}]"
            got = f"{keep_outside_s[0]:g} to {keep_outside_s[1]:g} s"
            raise wrong(f"a range of the motion, within {span} s", got, "Choose what to make anew inside it.")
        is_kept[first:last] = False
        if not is_kept.any():
            raise wrong("something to keep", "a range that is the whole motion", "Leave the motion out.")
    trans = None
    if found.is_verbatim and found.clip.frame_rate_hz == timeline.MOTION_RATE_HZ:
        trans = kept.clip.root_position_m.copy()
        trans[start : start + clip.frames] = read_arrays(path, ("trans",))["trans"][: clip.frames]
    face, said = _face_of(path, found.clip, start, frames)
    return Kept(
        clip=kept.clip, is_kept=is_kept, trans_m=trans, warnings=(*warnings, *said), source=str(path), face=face
    )


def _face_of(path: Path, clip: MotionClip, start: int, frames: int) -> tuple[Array | None, tuple[str, ...]]:
    """Return the face's curves of a take that a motion is kept in from frame `start` on, and what is said of them."""
    curves, said = read_curves(path, clip.frames)
    if curves is None:
        return None, said
    count = round((clip.frames - 1) * timeline.MOTION_RATE_HZ / clip.frame_rate_hz) + 1
    at_30 = at_rate(curves, clip.frame_rate_hz, count, timeline.MOTION_RATE_HZ)
    return placed(at_30, start, frames), said


def _read_keys(path: Path) -> list[Key]:
    do = 'Write {"keys": [{"time_s": 1.2, "joints": {"left_elbow": [1, 0, 0, 0]}, "hard": true}]}.'
    try:
        values = json_text.read(path, pairs=_object)
    except (OSError, ValueError) as error:
        raise ControlError(message(expected="JSON", got=str(error), where=str(path), do=do)) from error
    keys = values.get("keys") if is_object(values) else None
    is_twice = is_object(values) and _TWICE in values
    if not is_list(keys) or not keys or is_twice:
        expected, got = 'one list "keys" of at least one key', "a name twice" if is_twice else "none"
        raise ControlError(message(expected=expected, got=got, where=str(path), do=do))
    return [_key(each, f"{path.name}: key {index + 1}", do) for index, each in enumerate(keys)]


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return an object of the file, with a mark if it has a name twice."""
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            found[_TWICE] = name
        found[name] = value
    return found


def _key(values: object, name: str, do: str) -> Key:
    def wrong(expected: str, got: str) -> ControlError:
        return ControlError(message(expected=expected, got=got, where=name, do=do))

    if not is_object(values):
        raise wrong("an object", type(values).__name__)
    for each in (values, values.get("joints")):
        if is_object(each) and _TWICE in each:
            raise wrong("every name once", f"{each[_TWICE]} twice")
    if set(values) - _KEY_NAMES:
        raise wrong(f"only {sorted(_KEY_NAMES)}", f"unknown {sorted(set(values) - _KEY_NAMES)}")
    time_s, joints, is_hard = values.get("time_s"), values.get("joints", {}), values.get("hard", True)
    if not _is_number(time_s):
        raise wrong("a number time_s", repr(time_s)[:80])
    if not is_object(joints) or not isinstance(is_hard, bool):
        raise wrong("joints as an object and hard as true or false", f"{type(joints).__name__} and {is_hard!r}")
    turns: dict[str, list[float]] = {}
    for joint, quat in joints.items():
        if not _are_numbers(quat):
            raise wrong(f"a list of numbers for {joint}", repr(quat)[:80])
        turns[joint] = quat
    root = values.get("root_position_m")
    if root is not None and not _are_numbers(root):
        raise wrong("a list of numbers root_position_m", repr(root)[:80])
    if "heading_rad" in values:
        turns |= _turned(values["heading_rad"], turns, wrong)
    return Key(time_s=float(time_s), joints=turns, root_position_m=root, is_hard=is_hard, name=name)


def _turned(
    heading: object, joints: Mapping[str, object], wrong: Callable[[str, str], ControlError]
) -> dict[str, list[float]]:
    """Return an upright pelvis that faces a heading: 0 is +Z, a quarter turn +X."""
    if not _is_number(heading) or not math.isfinite(heading):
        raise wrong("a finite number heading_rad", repr(heading)[:80])
    if abs(heading) > math.tau:
        got = f"{heading:g} ({heading:g} degrees are {math.radians(heading):.4g})"
        raise wrong("heading_rad within one turn, -6.283 to 6.283", got)
    if "pelvis" in joints:
        raise wrong("heading_rad or a pelvis among the joints", "both")
    return {"pelvis": quat_from_yaw(np.array(float(heading))).tolist()}


def _are_numbers(values: object) -> TypeGuard[list[float]]:
    return is_list(values) and all(_is_number(each) for each in values)


def _is_number(value: object) -> TypeGuard[float]:
    """Return whether it is a number: true and false are none, nor is an integer beyond every float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isinstance(value, float) or abs(value) < _BEYOND


def _refuse_nan(path: Path) -> None:
    """Name the first entry that is not finite: `read_npz` knows the frame, not the joint."""
    poses = read_arrays(path, ("poses",)).get("poses", np.zeros((0, 3)))
    if poses.ndim == 2 and poses.shape[1] == 3 * JOINTS and poses.dtype.kind == "f" and not np.isfinite(poses).all():
        frame, column = np.argwhere(~np.isfinite(poses))[0].tolist()
        where = f"{path.name}: {group_name(column // 3)} in frame {frame}"
        raise ControlError(message(expected="finite poses", got="NaN or infinity", where=where, do="Repair the file."))


def _upright(motion: NpzMotion, is_group: Array, path: Path) -> tuple[MotionClip, tuple[str, ...]]:
    """Return the file's motion with +Y up, if a stretch of motion in it shows another axis, and what is said of that.

    Keys alone are obeyed as given: a pose that somebody keyed may lie; a second and more in which pelvis and root are
    all observed is a recording.
    """
    frames = np.flatnonzero(is_group[:, 0] & is_group[:, ROOT_GROUP])
    stretches = np.split(frames, np.flatnonzero(np.diff(frames) > 1) + 1)
    longest = max(stretches, key=len)
    if len(longest) < timeline.MOTION_RATE_HZ:
        return motion.clip, ()
    stretch = motion.clip.cut(int(longest[0]), int(longest[-1]) + 1)
    try:
        axis = up_of(stretch, promised=motion.promised_up, where=path.name)
    except SkeletonError as error:
        return motion.clip, (f"{error} Obeyed as it is.",)
    if axis == "+Y":
        return motion.clip, ()
    lift_m = on_ground(turned(stretch, axis)).root_position_m - turned(stretch, axis).root_position_m
    clip = turned(motion.clip, axis)
    said = f"{path.name}: up is {axis} in this file; turned so that it is +Y"
    return replace(clip, root_position_m=clip.root_position_m + lift_m[0]), (said,)


def _read_mask(path: Path) -> Mask:
    def wrong(expected: str, got: str, do: str) -> ControlError:
        return ControlError(message(expected=expected, got=got, where=str(path), do=do))

    _refuse_nan(path)
    found = read_npz_motion(path)
    clip = found.clip
    try:
        file = array_files.read_npz(path, ("is_observed", "is_hard")).arrays
    except (ValueError, OSError) as error:
        raise wrong("boolean arrays", str(error), "Write them without pickling.") from error
    is_group, is_hard = file.get("is_observed"), file.get("is_hard", np.ones(clip.frames, bool))
    if is_group is None or is_group.shape != (clip.frames, GROUPS) or is_group.dtype != np.bool_:
        got = "none" if is_group is None else f"{is_group.dtype} {is_group.shape}"
        raise wrong(f"is_observed, booleans ({clip.frames}, {GROUPS})", got, "55 joints, then the root position.")
    if is_hard.shape != (clip.frames,) or is_hard.dtype != np.bool_:
        raise wrong(f"is_hard, booleans ({clip.frames},)", f"{is_hard.dtype} {is_hard.shape}", "One per frame.")
    if clip.frame_rate_hz != timeline.MOTION_RATE_HZ:
        raise wrong(f"{timeline.MOTION_RATE_HZ} frames per second", f"{clip.frame_rate_hz:g}", "Resample the motion.")
    if not is_group.any():
        raise wrong("at least one observed entry", "none", "Set some of is_observed.")
    upright, warnings = _upright(found, is_group, path)
    return Mask(clip=upright, is_group=is_group, is_hard=is_hard, name=str(path), warnings=warnings)
