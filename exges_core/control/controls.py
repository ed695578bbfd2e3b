"""What an animator fixed: keys at moments of a take, or a motion with a mask of what counts in it. No files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exges_core import timeline
from exges_core.arrays import Array, Bool
from exges_core.control.masks import (
    ROOT_GROUP,
    Key,
    Observed,
    channels_of_groups,
    from_keys,
    group_name,
    home_of_keys,
    nothing,
)
from exges_core.errors import ControlError, message
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import Anchor, features_from_clip

_PELVIS_M = (0.05, 10.0)
"""How high a pelvis may be that nobody wonders: from lying on the ground to a stage or a staircase."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Keys:
    """Keys by their times: exact on the frames of any rate."""

    keys: tuple[Key, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return what is obeyed but hardly meant: centimetres, or a place on the ground where the pelvis' is asked."""
        heights_m = [(each.name, float(each.root_position_m[1])) for each in self.keys if each.root_position_m]
        least, most = _PELVIS_M
        return tuple(
            f"{name}: the pelvis is {height_m:g} m high; root_position_m is its place in metres (standing: 0.93 high)"
            for name, height_m in heights_m
            if not least <= height_m <= most
        )

    def observed(
        self, frames: int, *, anchor: Anchor | None = None, rate_hz: float = timeline.MOTION_RATE_HZ
    ) -> Observed:
        """Return the keys as a mask of a take.

        >>> keys = Keys(keys=(Key(time_s=1.0, joints={"left_elbow": (0.7071, 0, -0.7071, 0)}),))
        >>> np.flatnonzero(keys.observed(90).is_observed.any(axis=1))
        array([30])

        Args:
            frames: of the take.
            anchor: what the features shall be relative to; None = where the keys want the body (median place and mean
                heading), the origin if they do not say.
            rate_hz: of the take.

        Raises:
            ControlError: naming the key that cannot be obeyed.
        """
        return from_keys(
            self.keys, frames, anchor=home_of_keys(self.keys) if anchor is None else anchor, rate_hz=rate_hz
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Mask:
    """A motion at 30 frames per second of which some entries count.

    Attributes:
        clip: the motion.
        is_group: True = this joint (or the root's place, last) counts in this frame.
        is_hard: True = a frame's entries are pinned; else they only shape the motion.
        name: how messages call it.
        warnings: what is doubtful about it.
    """

    clip: MotionClip
    is_group: Bool[Array, "frames groups"]
    is_hard: Bool[Array, "frames"]
    name: str = "controls"
    warnings: tuple[str, ...] = ()

    def observed(self, frames: int, *, anchor: Anchor | None = None) -> Observed:
        """Return the entries as a mask of a take; arguments as those of `Keys.observed`.

        Raises:
            ControlError: if an entry lies beyond the take.
        """
        if self.is_group[frames:].any():
            last, group = np.argwhere(self.is_group)[-1].tolist()
            expected, got = f"keys within the take's {frames} frames", f"one of {group_name(group)} at frame {last}"
            raise ControlError(message(expected=expected, got=got, where=self.name, do="Cut the mask to the take."))
        kept = min(frames, self.clip.frames)
        anchor = self._home() if anchor is None else anchor
        observed = nothing(frames, anchor=anchor)
        observed.is_observed[:kept] = channels_of_groups(self.is_group[:kept])
        observed.target[:kept] = features_from_clip(self.clip, anchor)[:kept]
        observed.is_hard[:kept] = observed.is_observed[:kept] & self.is_hard[:kept, None]
        return observed

    def _home(self) -> Anchor:
        """Return where the mask wants the body, as `home_of_keys` does."""
        keys = [
            Key(
                time_s=0.0,
                joints={"pelvis": self.clip.local_quat_wxyz[frame, 0].tolist()} if self.is_group[frame, 0] else {},
                root_position_m=(
                    self.clip.root_position_m[frame].tolist() if self.is_group[frame, ROOT_GROUP] else None
                ),
            )
            for frame in np.flatnonzero(self.is_group[:, [0, ROOT_GROUP]].any(axis=1)).tolist()
        ]
        return home_of_keys(keys)


Controls = Keys | Mask
