"""Held parts: joints that stay as a motion has them, over a span or the whole take, while the rest is made; ours.

Arms, hands, head and trunk are hard entries of the control mask, so that the network sees what it moves beside. The
lower body it must not see: it knows speakers who stand, and what it makes of a seated pelvis is a body that gets up. So
it makes a standing speaker, whose trunk and head then turn about those of the held motion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import numpy as np

from exges_core import timeline
from exges_core.arrays import Array, Bool, Float
from exges_core.control.masks import GROUPS, ROOT_GROUP, Observed, channels_of_groups, from_clip, groups_of_channels
from exges_core.datasets.motion_files import open_motion
from exges_core.errors import ControlError, message
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import Anchor
from exges_core.motion.footlock import away_from
from exges_core.motion.parts import LOWER_BODY, PARTS
from exges_core.motion.resample import change_rate
from exges_core.motion.rotations import quat_continuous, quat_inverse, quat_multiply, quat_normalise, slerp
from exges_core.motion.skeleton import HEAD, JOINTS, SPINE
from exges_core.score.busy import Busy

RAMP_S = 0.6
"""How long the lower body takes from the network's stance to where it is held, and back."""
_ABOUT = (*SPINE, *HEAD)


@dataclass(frozen=True, kw_only=True, eq=False)
class Held:
    """Parts of the body that stay as a motion has them.

    Attributes:
        clip: the motion, of any rate, from the take's first frame on.
        busy: which parts, and when in seconds.
        warnings: what was done to the motion to fit.
    """

    clip: MotionClip
    busy: tuple[Busy, ...]
    warnings: tuple[str, ...] = ()

    @cached_property
    def _at_30(self) -> MotionClip:
        return change_rate(self.clip, Fraction(timeline.MOTION_RATE_HZ))

    def observed(self, frames: int, *, anchor: Anchor) -> Observed:
        """Return what the network is told: all held parts but the lower body, hard."""
        upper = [each for each in self.busy if each.part != LOWER_BODY]
        is_group = np.zeros((frames, GROUPS), bool)
        is_group[:, :JOINTS] = _is_held(upper, frames, timeline.MOTION_RATE_HZ)
        return from_clip(_long(self._at_30, frames), is_group, anchor=anchor)

    def without_lower_body(self, observed: Observed) -> Observed:
        """Return a mask in which nothing says where a held lower body is."""
        is_group = np.zeros((observed.frames, GROUPS), bool)
        lower = [each for each in self.busy if each.part == LOWER_BODY]
        is_near = _weight(lower, observed.frames, timeline.MOTION_RATE_HZ) > 0.0
        is_group |= is_near[:, None] & np.isin(np.arange(GROUPS), (*PARTS[LOWER_BODY], ROOT_GROUP))
        left_out = channels_of_groups(is_group)
        return replace(observed, is_observed=observed.is_observed & ~left_out, is_hard=observed.is_hard & ~left_out)

    def settled(self, clip: MotionClip, observed: Observed) -> MotionClip:
        """Return a finished motion at 30 frames per second on the held lower body, trunk and head about the held ones.

        Joints with hard keys stay: keys say themselves about what to move.
        """
        weight = _weight([each for each in self.busy if each.part == LOWER_BODY], clip.frames, clip.frame_rate_hz)
        if not weight.any():
            return self.exact(clip)
        own = _long(self._at_30, clip.frames)
        quats = clip.local_quat_wxyz.copy()
        is_keyed = groups_of_channels(observed.is_observed & observed.is_hard).any(axis=0)
        for joint in [joint for joint in _ABOUT if not is_keyed[joint]]:
            about = quat_multiply(own.local_quat_wxyz[:, joint], _about_mean(quats[:, joint]))
            quats[:, joint] = slerp(quats[:, joint], about, weight)
        for joint in PARTS[LOWER_BODY]:
            quats[:, joint] = slerp(quats[:, joint], own.local_quat_wxyz[:, joint], weight)
        root = clip.root_position_m + weight[:, None] * (own.root_position_m - clip.root_position_m)
        moved = MotionClip(local_quat_wxyz=quats, root_position_m=root, frame_rate_hz=clip.frame_rate_hz)
        return self.exact(moved)

    def exact(self, clip: MotionClip) -> MotionClip:
        """Return a motion of any rate with the very numbers of the held one wherever parts are held."""
        own = _long(change_rate(self.clip, timeline.exact_rate(clip.frame_rate_hz)), clip.frames)
        is_held = _is_held(self.busy, clip.frames, clip.frame_rate_hz)
        quats = np.where(is_held[..., None], own.local_quat_wxyz, clip.local_quat_wxyz)
        root = np.where(is_held[:, :1], own.root_position_m, clip.root_position_m)
        return MotionClip(local_quat_wxyz=quats, root_position_m=root, frame_rate_hz=clip.frame_rate_hz)


def read_held(path: Path, busy: Sequence[Busy], duration_s: float) -> Held:
    """Read the motion that held parts stay in.

    Raises:
        ControlError: if it ends before a part is let go.
        InputError: (and its children) if it cannot be read.
    """
    found = open_motion(path)
    length_s = found.clip.frames / found.clip.frame_rate_hz
    for each in busy:
        end_s = duration_s if each.span is None else min(each.span[1], duration_s)
        if length_s < end_s - 2.0 / found.clip.frame_rate_hz:
            expected, got = f"motion to {end_s:.2f} s, where the {each.part} is let go", f"{length_s:.2f} s"
            raise ControlError(message(expected=expected, got=got, where=path.name, do="Give a longer motion."))
    return Held(clip=found.clip, busy=tuple(busy), warnings=tuple(found.warnings))


def _is_held(busy: Sequence[Busy], frames: int, rate_hz: float) -> Bool[Array, "frames joints"]:
    is_held = np.zeros((frames, JOINTS), bool)
    for each in busy:
        is_held |= _is_inside(each, frames, rate_hz)[:, None] & np.isin(np.arange(JOINTS), PARTS[each.part])
    return is_held


def _is_inside(busy: Busy, frames: int, rate_hz: float) -> Bool[Array, "frames"]:
    if busy.span is None:
        return np.ones(frames, bool)
    times_s = np.arange(frames) / rate_hz
    # Half a millisecond: spans are written with three digits.
    return (times_s >= busy.span[0] - 5e-4) & (times_s <= busy.span[1] + 5e-4)


def _weight(busy: Sequence[Busy], frames: int, rate_hz: float) -> Float[Array, "frames"]:
    """Return how far parts are held on each frame: 1 inside their spans, rising and falling smoothly beside them."""
    is_inside = np.zeros(frames, bool)
    for each in busy:
        is_inside |= _is_inside(each, frames, rate_hz)
    return 1.0 - away_from(is_inside, max(1, round(RAMP_S * rate_hz)))


def _about_mean(quats: Float[Array, "frames 4"]) -> Float[Array, "frames 4"]:
    """Return turns against their mean."""
    mean = quat_normalise(quat_continuous(quats).mean(axis=0))
    return quat_multiply(quat_inverse(mean), quats)


def _long(clip: MotionClip, frames: int) -> MotionClip:
    """Return a clip of so many frames: cut off, or its last pose going on."""
    at = np.minimum(np.arange(frames), clip.frames - 1)
    return MotionClip(
        local_quat_wxyz=clip.local_quat_wxyz[at],
        root_position_m=clip.root_position_m[at],
        frame_rate_hz=clip.frame_rate_hz,
    )
