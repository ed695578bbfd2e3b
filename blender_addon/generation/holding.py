# SPDX-License-Identifier: GPL-3.0-or-later
"""Held parts from the settings of a take to what the engine and the character are told of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from exges_core.arrays import Array
from exges_core.errors import InputError, message
from exges_core.motion.npz import write_npz
from exges_core.motion.parts import LOWER_BODY, PARTS, side_of
from exges_core.motion.skeleton import JOINT_NAMES
from exges_core.rig import Retargeter
from exges_core.rig.holding import Holding, OwnPose, stretches
from exges_core.score.busy import Busy, busy_of

from ..scene import cooperative
from ..takes import own_animation

RAMP_S = 0.6
"""How long a part takes to where it is held, and back."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Held:
    """Parts of a character that stay in its own animation.

    Attributes:
        busy: which, in seconds from the take's first frame.
        own: what the own animation shows, from that frame on.
        motion: the same as a file for the engine.
    """

    busy: tuple[Busy, ...]
    own: OwnPose
    motion: Path

    def texts(self) -> tuple[str, ...]:
        """Return the parts as the engine reads them."""
        return tuple(
            each.part if each.span is None else f"{each.part}:{each.span[0]:.6f}-{each.span[1]:.6f}"
            for each in self.busy
        )

    def bones(self, retargeter: Retargeter) -> frozenset[str]:
        """Return the bones of parts that are held at any time, the one that moves the body with the lower body."""
        joints = {JOINT_NAMES[joint] for each in self.busy for joint in PARTS[each.part]}
        found = {bone for bone, joint in retargeter.driven if joint in joints}
        return frozenset(found | ({retargeter.rig_map.location_bone} if "pelvis" in joints else set[str]()))

    def carrying(self, retargeter: Retargeter) -> frozenset[str]:
        """Return held bones and those that carry held arms: a degree off there is a centimetre at a hand."""
        is_arm = any(side_of(each.part) for each in self.busy)
        trunk = {"pelvis", "spine1", "spine2", "spine3", "left_collar", "right_collar"} if is_arm else set[str]()
        carriers = {bone for bone, joint in retargeter.driven if joint in trunk}
        return self.bones(retargeter) | carriers | ({retargeter.rig_map.location_bone} if is_arm else set[str]())

    def holding(self, frames: int, rate_hz: float) -> Holding:
        """Return what a take of some frames holds to."""
        at = np.minimum(np.arange(frames), len(self.own.heads) - 1)
        own = OwnPose(turns_wxyz=self.own.turns_wxyz[at], heads=self.own.heads[at])
        return Holding(own=own, weight={part: _weight(self.busy, part, frames, rate_hz) for part in PARTS})

    def warnings(self, retargeter: Retargeter, start_frame: int, rate_hz: float) -> list[str]:
        """Return what could not be held as the own animation has it, and where, in the scene's frames."""
        return [
            f"held {each.side} arm: your own animation stretches it to {100.0 * each.share:.0f} % of its length (most "
            f"on frame {start_frame + each.frame}); its hand is held as far as the arm reaches unstretched"
            for each in stretches(retargeter.chain, self.holding(len(self.own.heads), rate_hz))
        ]


def check(parts: Sequence[str], retargeter: Retargeter) -> tuple[Busy, ...]:
    """Return the parts that are held, in frames.

    Raises:
        InputError: if one cannot be read, or the character has no bones for it.
    """
    busy = busy_of(parts)
    for each in busy:
        lacking = [name for name in _needed(each.part) if name not in retargeter.bones]
        if lacking:
            do = "Give it one in the bone map, or hold another part."
            where = f"Held part {each.part}"
            raise InputError(message(expected=f"a bone for {lacking[0]}", got="none", where=where, do=do))
    return busy


def _needed(part: str) -> tuple[str, ...]:
    side = side_of(part)
    return (f"{side}_elbow", f"{side}_wrist") if side else ()


def reading(
    name: str,
    scene: str,
    retargeter: Retargeter,
    busy: Sequence[Busy],
    folder: Path,
    *,
    frames: tuple[int, int],
    rate_hz: float,
) -> cooperative.Work[Held]:
    """Read a character's own animation where parts are held, and write it for the engine.

    Args:
        name: of the character.
        scene: whose frames are meant.
        retargeter: of the character.
        busy: which parts, in frames of the scene.
        folder: for the file.
        frames: the take's first frame and the one after its last.
        rate_hz: of the scene.

    Raises:
        InputError: if a range does not lie in the take.
    """
    in_seconds = tuple(_in_seconds(each, frames, rate_hz) for each in busy)
    whole = np.arange(frames[0], frames[1] + 1, dtype=np.float64)
    is_wanted = np.any([_weight(in_seconds, each.part, len(whole), rate_hz) > 0.0 for each in in_seconds], axis=0)
    found = yield from own_animation.reading(name, scene, retargeter, whole[is_wanted])
    at = _nearest(is_wanted)
    own = OwnPose(turns_wxyz=found.turns_wxyz[at], heads=found.heads[at])
    path = folder / "held.npz"
    yield from cooperative.aside(
        lambda: write_npz(path, retargeter.own_motion(own, frame_rate_hz=rate_hz)), writes_files=True
    )
    return Held(busy=in_seconds, own=own, motion=path)


def _in_seconds(busy: Busy, frames: tuple[int, int], rate_hz: float) -> Busy:
    """Return a part's span from the take's first frame on."""
    if busy.span is None:
        return busy
    start, end = busy.span
    if not (start.is_integer() and end.is_integer() and frames[0] <= start < end < frames[1]):
        raise InputError(
            message(
                expected=f"a range within frames {frames[0]} to {frames[1] - 1}",
                got=f"{start:g} to {end:g}",
                where=f"Held part {busy.part}",
                do="Choose frames in which the speech is heard, or the whole take.",
            )
        )
    return replace(busy, span=((start - frames[0]) / rate_hz, (end - frames[0]) / rate_hz))


def _nearest(is_wanted: Array) -> Array:
    """Return for every frame the place of the nearest wanted one among those."""
    wanted, at = np.flatnonzero(is_wanted), np.arange(len(is_wanted))
    after = np.minimum(np.searchsorted(wanted, at), len(wanted) - 1)
    before = np.maximum(after - 1, 0)
    return np.where(np.abs(wanted[after] - at) <= np.abs(at - wanted[before]), after, before)


def _weight(busy: Sequence[Busy], part: str, frames: int, rate_hz: float) -> Array:
    """Return how far a part is held on each frame: 1 inside its spans, rising and falling smoothly beside them."""
    times_s, weight = np.arange(frames) / rate_hz, np.zeros(frames)
    for each in busy:
        if each.part == part:
            start, end = each.span or (-np.inf, np.inf)
            apart = np.maximum(np.maximum(start - times_s, times_s - end) - 5e-4, 0.0)
            share = np.clip(1.0 - apart / RAMP_S, 0.0, 1.0)
            weight = np.maximum(weight, share * share * (3.0 - 2.0 * share))
    return weight


def is_carried(busy: Sequence[Busy]) -> bool:
    """Return whether the body's place is held: nothing else may carry it then."""
    return any(each.part == LOWER_BODY for each in busy)
