"""Head nods: down on the accents that have a stroke and at the ends of sentences, a little to one side.

Head, brows and hands stress the same words so.
A nod lifts the head a little, goes down fast and comes back slowly; the deepest, at 54 degrees a second, is slower than
heads of real speakers are (the BEAT2 sample: 82 at the 99th percentile, 112 at most).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Bool, Float
from exges_core.face.mouth import frames_of, smooth
from exges_core.face.phrases import Phrase
from exges_core.motion.clip import MotionClip
from exges_core.motion.footlock import away_from
from exges_core.motion.rotations import quat_from_rotvec, quat_multiply, quat_normalise
from exges_core.motion.skeleton import joint_index
from exges_core.timeline import MOTION_RATE_HZ

_SHARES = {joint_index("neck"): 0.4, joint_index("head"): 0.6}
"""How a nod is shared out."""
_DEPTH_DEG, _END_DEPTH_DEG = 6.0, 3.5
_NODDED_SHARE = 0.8
"""Of the accents with a stroke; on the others brows and hands are enough."""
_LIFT_S, _DOWN_S, _BACK_S = 0.2, 0.26, 0.5
_END_DOWN_S, _END_BACK_S = 0.4, 0.7
_LIFTED = 0.2
_APART_S = 0.8
_RAMP_FRAMES = 12
"""So many frames beside a head that somebody fixed, a nod fades."""


@dataclass(frozen=True, kw_only=True)
class Nod:
    """A nod: when it is lowest, how deep (degrees), how far to the character's left (a share of the depth), how fast.

    `down_s` and `back_s` are the times that it takes.
    """

    at_s: float
    depth_deg: float
    tilt: float
    down_s: float = _DOWN_S
    back_s: float = _BACK_S


def nods_of(
    raises: Sequence[tuple[float, float]], phrases: Sequence[Phrase], generator: np.random.Generator
) -> tuple[Nod, ...]:
    """Return the nods of a take: on most of its accents (instant, size), and where a sentence ends without one."""
    found = [*_on_accents(raises, generator)]
    taken_s = [accent_s for accent_s, _ in raises]
    for phrase in phrases:
        depth_deg, tilt = _END_DEPTH_DEG * float(generator.uniform(0.6, 1.0)), float(generator.uniform(-0.4, 0.4))
        if phrase.ends_sentence and all(abs(phrase.end_s - each) >= _APART_S for each in taken_s):
            end = Nod(at_s=phrase.end_s, depth_deg=depth_deg, tilt=tilt, down_s=_END_DOWN_S, back_s=_END_BACK_S)
            found.append(end)
            taken_s.append(phrase.end_s)
    return tuple(sorted(found, key=lambda nod: nod.at_s))


def _on_accents(raises: Sequence[tuple[float, float]], generator: np.random.Generator) -> Iterator[Nod]:
    for accent_s, size in raises:
        is_nodded = generator.random() < _NODDED_SHARE
        depth_deg, tilt = _DEPTH_DEG * size * float(generator.uniform(0.6, 1.0)), float(generator.uniform(-0.5, 0.5))
        if is_nodded:
            yield Nod(at_s=accent_s, depth_deg=depth_deg, tilt=tilt)


def turns_of(nods: Sequence[Nod], frames: int, strength: float = 1.0) -> Float[Array, "frames 2"]:
    """Return how far the head is down, and tilted to the character's left, at every frame; degrees."""
    turns = np.zeros((frames, 2))
    for nod in nods:
        first, stop = frames_of(nod.at_s - nod.down_s - _LIFT_S, nod.at_s + nod.back_s, frames)
        at_s = np.arange(first, stop) / MOTION_RATE_HZ - nod.at_s
        down = smooth(np.minimum(1.0 + at_s / nod.down_s, 1.0 - at_s / nod.back_s))
        lift = _LIFTED * smooth(np.minimum((at_s + nod.down_s + _LIFT_S) / _LIFT_S, -at_s / nod.down_s))
        turns[first:stop, 0] += nod.depth_deg * (down - lift)
        turns[first:stop, 1] += nod.depth_deg * nod.tilt * down
    return strength * turns


def with_nods(
    clip: MotionClip, turns_deg: Float[Array, "frames 2"], is_fixed: Bool[Array, "frames"] | None = None
) -> MotionClip:
    """Return a motion whose neck and head nod; on frames on which they are fixed, they keep every bit.

    Args:
        clip: at 30 frames per second.
        turns_deg: how far the head is down, and tilted to the left.
        is_fixed: where somebody said how neck or head is; nods fade towards there.
    """
    if is_fixed is not None and is_fixed.any():
        turns_deg = turns_deg * away_from(is_fixed, _RAMP_FRAMES)[:, None]
    moves = turns_deg.any(axis=1)
    quats = clip.local_quat_wxyz.copy()
    down, left = np.deg2rad(turns_deg[moves]).T
    # Down is a turn about the character's left (+X), a tilt to the left one about backwards (-Z).
    turn = np.stack([down, np.zeros_like(down), -left], axis=-1)
    for joint, share in _SHARES.items():
        nodded = quat_multiply(quats[moves, joint], quat_from_rotvec(share * turn))
        quats[moves, joint] = quat_normalise(nodded)
    return MotionClip(local_quat_wxyz=quats, root_position_m=clip.root_position_m, frame_rate_hz=clip.frame_rate_hz)


NODDING = tuple(_SHARES)
"""The joints that nod."""
