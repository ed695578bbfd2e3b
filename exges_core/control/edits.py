"""Edits: motion that stays as it is, bit for bit, while the network makes the rest. Arrays only.

An edited range, a continuation, a lead-in and an in-between are one thing: some frames of the take are known whole.
The network sees them as hard observed entries; `Kept.restore` puts their very numbers back after the finish.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exges_core import timeline
from exges_core.arrays import Array, Bool, Float
from exges_core.control.masks import (
    GROUPS,
    SAME_ANGLE_RAD,
    SAME_PLACE_M,
    Observed,
    combine,
    from_clip,
    group_name,
    groups_of_channels,
)
from exges_core.errors import ControlError, message
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import ROOT_CHANNELS, ROTATION_CHANNELS, Anchor, home_anchor
from exges_core.motion.npz import PELVIS_REST_M
from exges_core.motion.rotations import quat_angle, quat_from_rot6d, quat_inverse, quat_multiply
from exges_core.motion.skeleton import JOINTS


@dataclass(frozen=True, kw_only=True, eq=False)
class Kept:
    """Frames of a take that stay as they are.

    Attributes:
        clip: of the whole take at 30 fps; where nothing is kept it holds the nearest kept frame.
        is_kept: True = stays, bit for bit.
        trans_m: the kept frames' ``trans`` as their .npz has it (rest offset and rounding included), if it was one.
        warnings: what was done to the motion to fit, in plain words.
        source: the motion's file, for reports.
        face: ARKit's curves of the whole take at 30 fps, where the file has them; where nothing is kept, its old ones.
    """

    clip: MotionClip
    is_kept: Bool[Array, "frames"]
    trans_m: Float[Array, "frames 3"] | None = None
    warnings: tuple[str, ...] = ()
    source: str = ""
    face: Float[Array, "frames 52"] | None = None

    @property
    def anchor(self) -> Anchor:
        """Return the home of what is kept: the network continues from where and which way the body stands."""
        return home_anchor(self.clip)

    def observed(self) -> Observed:
        """Return the kept frames as hard whole poses."""
        is_group = np.broadcast_to(self.is_kept[:, None], (len(self.is_kept), GROUPS)).copy()
        return from_clip(self.clip, is_group, anchor=self.anchor)

    def with_keys(self, keys: Observed) -> Observed:
        """Return kept frames and keys as one mask; the keys must be relative to `anchor`.

        Raises:
            ControlError: naming joint and frame, if a hard key contradicts a kept frame.
        """
        kept = self.observed()
        is_both = groups_of_channels(kept.is_hard) & groups_of_channels(keys.is_hard & keys.is_observed)
        quats = [quat_from_rot6d(each.target[:, :ROTATION_CHANNELS].reshape(-1, JOINTS, 6)) for each in (kept, keys)]
        turned = quat_angle(quat_multiply(quat_inverse(quats[0]), quats[1])) > SAME_ANGLE_RAD
        moved = np.linalg.norm(kept.target[:, ROOT_CHANNELS] - keys.target[:, ROOT_CHANNELS], axis=-1) > SAME_PLACE_M
        is_wrong = is_both & np.concatenate([turned, moved[:, None]], axis=1)
        if is_wrong.any():
            frame, group = np.argwhere(is_wrong)[0].tolist()
            where = f"key of {group_name(group)} at {timeline.time_of(frame):.3f} s (frame {frame})"
            do = "Move the key into the part that is made anew, or keep less."
            raise ControlError(message(expected="keys outside the kept motion", got="another pose", where=where, do=do))
        return combine(keys, kept)

    def npz_arrays(self, clip: MotionClip) -> dict[str, Array]:
        """Return ``trans`` for the clip's .npz with the kept frames' own bits, which no sum would give back."""
        if self.trans_m is None or clip.frames != len(self.is_kept) or clip.frame_rate_hz != self.clip.frame_rate_hz:
            return {}
        return {"trans": np.where(self.is_kept[:, None], self.trans_m, clip.root_position_m - PELVIS_REST_M)}

    def restore(self, clip: MotionClip) -> MotionClip:
        """Return the clip with the kept frames' own numbers in it."""
        quats, root = clip.local_quat_wxyz.copy(), clip.root_position_m.copy()
        quats[self.is_kept] = self.clip.local_quat_wxyz[self.is_kept]
        root[self.is_kept] = self.clip.root_position_m[self.is_kept]
        return MotionClip(local_quat_wxyz=quats, root_position_m=root, frame_rate_hz=clip.frame_rate_hz)


def place(pieces: Sequence[tuple[MotionClip, int]], frames: int) -> Kept:
    """Keep pieces of motion, each from its first frame in the take on.

    Raises:
        ControlError: if there is none, one is not at 30 fps or not inside the take, or two overlap.
    """
    is_kept = np.zeros(frames, bool)
    quats, root = np.zeros((frames, JOINTS, 4)), np.zeros((frames, 3))
    for clip, start in pieces:
        stop = start + clip.frames
        if clip.frame_rate_hz != timeline.MOTION_RATE_HZ:
            raise _wrong(f"motion at {timeline.MOTION_RATE_HZ} fps", f"{clip.frame_rate_hz:g}", "Resample it.")
        if not 0 <= start < stop <= frames:
            raise _wrong(f"frames in [0, {frames})", f"[{start}, {stop})", "Cut the motion or lengthen the take.")
        if is_kept[start:stop].any():
            raise _wrong("pieces that do not overlap", f"frames [{start}, {stop}) kept twice", "Move one.")
        is_kept[start:stop] = True
        quats[start:stop], root[start:stop] = clip.local_quat_wxyz, clip.root_position_m
    if not is_kept.any():
        raise _wrong("at least one kept frame", "none", "Keep something, or generate without it.")
    return _filled(quats, root, is_kept)


def freeze_outside(clip: MotionClip, start: int, stop: int) -> Kept:
    """Keep all of a clip but frames [start, stop), which are made anew.

    Raises:
        ControlError: if that range is empty, outside the clip, or all of it.
    """
    if not 0 <= start < stop <= clip.frames or stop - start == clip.frames:
        expected = f"a part of the take's frames [0, {clip.frames}) to make anew"
        raise _wrong(expected, f"[{start}, {stop})", "Choose an inner range.")
    pieces = [(clip.cut(0, start), 0)] if start else []
    pieces += [(clip.cut(stop, clip.frames), stop)] if stop < clip.frames else []
    return place(pieces, clip.frames)


def continue_after(clip: MotionClip, frames: int) -> Kept:
    """Keep a clip as the beginning of a take of some frames."""
    return place([(clip, 0)], frames)


def lead_into(clip: MotionClip, frames: int) -> Kept:
    """Keep a clip as the end of a take of some frames."""
    return place([(clip, frames - clip.frames)], frames)


def in_between(first: MotionClip, last: MotionClip, frames: int) -> Kept:
    """Keep one motion (a single pose will do) as the beginning of a take and another as its end."""
    return place([(first, 0), (last, frames - last.frames)], frames)


def _filled(quats: Array, root: Array, is_kept: Array) -> Kept:
    kept = np.flatnonzero(is_kept)
    at = np.arange(len(is_kept))
    after = np.minimum(np.searchsorted(kept, at), len(kept) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(np.abs(kept[after] - at) <= np.abs(at - kept[before]), kept[after], kept[before])
    clip = MotionClip(
        local_quat_wxyz=quats[nearest], root_position_m=root[nearest], frame_rate_hz=float(timeline.MOTION_RATE_HZ)
    )
    return Kept(clip=clip, is_kept=is_kept)


def _wrong(expected: str, got: str, do: str) -> ControlError:
    return ControlError(message(expected=expected, got=got, where="motion to keep", do=do))
