"""Files of the command line's ``--controls``: keys as JSON, or a BEAT2 .npz with a mask. Reading only."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from exges_core import timeline
from exges_core.control.masks import GROUPS, ORIGIN, Key, Observed, channels_of_groups, from_keys, nothing
from exges_core.errors import ControlError, message
from exges_core.motion.features import Anchor, features_from_clip
from exges_core.motion.npz import read_npz

_KEY_NAMES = {"time_s", "joints", "root_position_m", "hard"}


def read_controls(path: Path, frames: int, *, anchor: Anchor = ORIGIN) -> Observed:
    """Read what an animator fixed: ``{"keys": [...]}`` as JSON, or a motion .npz with ``is_observed`` (frames, 56).

    An .npz's entries are hard, unless it has ``is_hard`` (frames,).

    Raises:
        ControlError: if the file or a key in it cannot be used; the message names the key.
        SkeletonError: if the .npz's motion cannot be read.
    """
    if not path.is_file():
        raise ControlError(message(expected="a controls file", got="nothing", where=str(path), do="Check the path."))
    if path.suffix.lower() == ".npz":
        return _read_mask(path, frames, anchor)
    return from_keys(_read_keys(path), frames, anchor=anchor)


def _read_keys(path: Path) -> list[Key]:
    do = 'Write {"keys": [{"time_s": 1.2, "joints": {"left_elbow": [1, 0, 0, 0]}, "hard": true}]}.'
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, ValueError) as error:
        raise ControlError(message(expected="JSON", got=str(error), where=str(path), do=do)) from error
    keys = values.get("keys") if isinstance(values, dict) else None
    if not isinstance(keys, list) or not keys:
        raise ControlError(message(expected='a list "keys" of at least one key', got="none", where=str(path), do=do))
    return [_key(each, f"{path.name}: key {index + 1}", do) for index, each in enumerate(keys)]


def _key(values: Any, name: str, do: str) -> Key:  # noqa: ANN401 - JSON
    def wrong(expected: str, got: str) -> ControlError:
        return ControlError(message(expected=expected, got=got, where=name, do=do))

    if not isinstance(values, dict):
        raise wrong("an object", type(values).__name__)
    if set(values) - _KEY_NAMES:
        raise wrong(f"only {sorted(_KEY_NAMES)}", f"unknown {sorted(set(values) - _KEY_NAMES)}")
    time_s, joints, is_hard = values.get("time_s"), values.get("joints", {}), values.get("hard", True)
    if isinstance(time_s, bool) or not isinstance(time_s, int | float):
        raise wrong("a number time_s", repr(time_s))
    if not isinstance(joints, Mapping) or not isinstance(is_hard, bool):
        raise wrong("joints as an object and hard as true or false", f"{type(joints).__name__} and {is_hard!r}")
    for joint, quat in joints.items():
        if not _are_numbers(quat):
            raise wrong(f"a list of numbers for {joint}", repr(quat))
    root = values.get("root_position_m")
    if root is not None and not _are_numbers(root):
        raise wrong("a list of numbers root_position_m", repr(root))
    return Key(time_s=float(time_s), joints=joints, root_position_m=root, is_hard=is_hard, name=name)


def _are_numbers(values: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(values, list) and all(isinstance(each, int | float) for each in values)


def _read_mask(path: Path, frames: int, anchor: Anchor) -> Observed:
    def wrong(expected: str, got: str, do: str) -> ControlError:
        return ControlError(message(expected=expected, got=got, where=str(path), do=do))

    clip = read_npz(path)
    try:
        with np.load(path, allow_pickle=False) as file:
            is_group = file["is_observed"] if "is_observed" in file.files else None
            is_hard = file["is_hard"] if "is_hard" in file.files else np.ones(clip.frames, bool)
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise wrong("boolean arrays", str(error), "Write them without pickling.") from error
    if is_group is None or is_group.shape != (clip.frames, GROUPS) or is_group.dtype != np.bool_:
        got = "none" if is_group is None else f"{is_group.dtype} {is_group.shape}"
        raise wrong(f"is_observed, booleans ({clip.frames}, {GROUPS})", got, "55 joints, then the root position.")
    if is_hard.shape != (clip.frames,) or is_hard.dtype != np.bool_:
        raise wrong(f"is_hard, booleans ({clip.frames},)", f"{is_hard.dtype} {is_hard.shape}", "One per frame.")
    if clip.frame_rate_hz != timeline.MOTION_RATE_HZ:
        raise wrong(f"{timeline.MOTION_RATE_HZ} frames per second", f"{clip.frame_rate_hz:g}", "Resample the motion.")
    if not is_group.any():
        raise wrong("at least one observed entry", "none", "Set some of is_observed.")
    if is_group[frames:].any():
        last = int(np.flatnonzero(is_group.any(axis=1))[-1])
        raise wrong(f"keys within the take's {frames} frames", f"one at frame {last}", "Cut the mask to the take.")
    kept = min(frames, clip.frames)
    observed = nothing(frames)
    observed.is_observed[:kept] = channels_of_groups(is_group[:kept])
    observed.target[:kept] = features_from_clip(clip, anchor)[:kept]
    observed.is_hard[:kept] = observed.is_observed[:kept] & is_hard[:kept, None]
    return observed
