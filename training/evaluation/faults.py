"""Faults that a generator may have, made on purpose of true motion, so that it can be seen which measure sees which.

Each is a transform of takes: pairs of motion and take in, motions out. Nothing is generated, nothing is learned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, Int
from exges_core.motion import mirror
from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import quat_from_rotvec, quat_multiply, slerp
from exges_core.motion.skeleton import JOINTS
from exges_core.timeline import MOTION_RATE_HZ
from training.evaluation.material import KnownTake
from training.evaluation.stitching import somewhere_in

JITTER_DEG = 3.0
PIECE_S = 1.0
JOIN_FRAMES = 8


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One kind of damage.

    Attributes:
        what: for the reader.
        make: makes the damaged motion of every take.
    """

    what: str
    make: Callable[[Sequence[KnownTake]], list[MotionClip]]


def deaf(take: KnownTake) -> MotionClip:
    """Return the take's motion half a take later: the same person, to other words."""
    return _picked(take.truth, np.roll(np.arange(take.frames), take.frames // 2))


def late(take: KnownTake) -> MotionClip:
    """Return the motion half a second late."""
    return _picked(take.truth, np.maximum(np.arange(take.frames) - MOTION_RATE_HZ // 2, 0))


def frozen(take: KnownTake) -> MotionClip:
    """Return the pose of the middle, held."""
    return _picked(take.truth, np.full(take.frames, take.frames // 2))


def half_speed(take: KnownTake) -> MotionClip:
    """Return the first half, stretched over the whole."""
    return _timed(take.truth, np.arange(take.frames) / 2)


def doubled(take: KnownTake) -> MotionClip:
    """Return the whole at twice its speed, to the end and back again."""
    place = 2.0 * np.arange(take.frames)
    last = take.frames - 1
    return _timed(take.truth, last - np.abs(place % (2 * last) - last))


def jittered(take: KnownTake) -> MotionClip:
    """Return the motion with noise of `JITTER_DEG` in every joint and frame."""
    drawn = np.random.default_rng([7, take.frames])
    noise = np.deg2rad(JITTER_DEG) * drawn.standard_normal((take.frames, JOINTS, 3))
    return _clip(quat_multiply(take.truth.local_quat_wxyz, quat_from_rotvec(noise)), take.truth.root_position_m)


def mirrored(take: KnownTake) -> MotionClip:
    """Return the mirror image: what the left hand did, the right hand does."""
    return mirror.mirrored(take.truth)


def shuffled(take: KnownTake) -> MotionClip:
    """Return pieces of `PIECE_S` in another order, blended over a quarter of a second."""
    drawn = np.random.default_rng([11, take.frames])
    size = round(PIECE_S * MOTION_RATE_HZ)
    starts = drawn.permutation(np.arange(0, take.frames - size + 1, size))
    place = np.concatenate([np.arange(int(start), int(start) + size) for start in starts])
    place = np.concatenate([place, np.arange(len(place), take.frames)])
    return _joined(take.truth, place)


def smoothed(take: KnownTake) -> MotionClip:
    """Return every tenth frame, the others between them: quick detail gone."""
    return _timed(take.truth, np.arange(take.frames, dtype=np.float64), every=10)


def each(change: Callable[[KnownTake], MotionClip]) -> Callable[[Sequence[KnownTake]], list[MotionClip]]:
    """Return a change of one take as a change of all."""
    return lambda takes: [change(take) for take in takes]


def another_speaker(takes: Sequence[KnownTake]) -> list[MotionClip]:
    """Return for every take the motion of the next take of another speaker."""
    return [_of(takes, place, lambda own, other: own.speaker != other.speaker) for place in range(len(takes))]


def _of(takes: Sequence[KnownTake], place: int, is_fit: Callable[[KnownTake, KnownTake], bool]) -> MotionClip:
    own = takes[place]
    others = [takes[(place + step) % len(takes)] for step in range(1, len(takes))]
    other = next((take for take in others if is_fit(own, take)), others[0])
    return somewhere_in([other.truth], own.frames, generator=np.random.default_rng([3, place]))


FAULTS: Mapping[str, Fault] = {
    "deaf": Fault(what="the same speaker's motion, half a take later", make=each(deaf)),
    "late": Fault(what="half a second late", make=each(late)),
    "frozen": Fault(what="one pose, held", make=each(frozen)),
    "half speed": Fault(what="the first half, stretched over the whole", make=each(half_speed)),
    "doubled": Fault(what="twice as fast, there and back", make=each(doubled)),
    "jittered": Fault(what=f"noise of {JITTER_DEG:g} degrees in every joint and frame", make=each(jittered)),
    "smoothed": Fault(what="three poses a second, straight between them", make=each(smoothed)),
    "mirrored": Fault(what="left and right exchanged", make=each(mirrored)),
    "shuffled": Fault(what=f"pieces of {PIECE_S:g} s in another order", make=each(shuffled)),
    "another speaker": Fault(what="the motion of another speaker's take", make=another_speaker),
}
"""By name. "Another's sound" is no motion: `fault_table` gives the truth the sound of another take."""


def _clip(quats: Array, roots: Array) -> MotionClip:
    return MotionClip(local_quat_wxyz=quats, root_position_m=roots, frame_rate_hz=float(MOTION_RATE_HZ))


def _picked(clip: MotionClip, place: Int[Array, "frames"]) -> MotionClip:
    return _clip(clip.local_quat_wxyz[place], clip.root_position_m[place])


def _timed(clip: MotionClip, place: Array, *, every: int = 1) -> MotionClip:
    """Return the clip read at fractional frames, of every so many-th frame alone."""
    known = np.arange(0, clip.frames, every)
    at = np.clip(place / every, 0, len(known) - 1)
    low = np.minimum(at.astype(np.int64), max(len(known) - 2, 0))
    share = at - low
    first, second = known[low], known[np.minimum(low + 1, len(known) - 1)]
    quats = slerp(clip.local_quat_wxyz[first], clip.local_quat_wxyz[second], share[:, None])
    return _clip(quats, _between(clip.root_position_m[first], clip.root_position_m[second], share[:, None]))


def _between(first: Array, second: Array, share: Array) -> Array:
    return (1.0 - share) * first + share * second


def _joined(clip: MotionClip, place: Int[Array, "frames"]) -> MotionClip:
    """Return frames picked in an order, blended over `JOIN_FRAMES` wherever it jumps."""
    made = _picked(clip, place)
    quats, roots = made.local_quat_wxyz.copy(), made.root_position_m.copy()
    half = JOIN_FRAMES // 2
    for jump in np.flatnonzero(np.diff(place) != 1) + 1:
        first, last = max(int(jump) - half, 0), min(int(jump) + half, len(place) - 1)
        share = ((np.arange(first, last + 1) - first) / max(last - first, 1))[:, None]
        quats[first : last + 1] = slerp(made.local_quat_wxyz[[first]], made.local_quat_wxyz[[last]], share)
        roots[first : last + 1] = _between(made.root_position_m[first], made.root_position_m[last], share)
    return _clip(quats, roots)
