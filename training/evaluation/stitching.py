"""Motion without a network: retrieved clips one after another, a held pose, somebody else's take.

The baselines that any generator must be worth more than. Real (or authored) motion is in them, so their FGD is low by
nature; whether it fits the speech is another figure's matter.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from exges_core.arrays import Array, Float, whole_number
from exges_core.control.masks import ORIGIN
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import MOTION_CHANNELS, clip_from_features, features_from_clip, home_anchor
from exges_core.retrieval.choice import Candidate, SegmentMatches
from exges_core.retrieval.library import MotionBase
from exges_core.timeline import MOTION_RATE_HZ, frame_at

JOIN_FRAMES = 8
"""At least so many frames pass from one clip into the next: a quarter of a second."""


def stitched(
    base: MotionBase, matches: Sequence[SegmentMatches], frames: int, rest: Float[Array, "channels"]
) -> Float[Array, "frames channels"]:
    """Return the best candidate of every segment laid on it, its key frame where the search puts it.

    Every segment gets its best-scored clip, however unsure the search is; clips pass into each other, and into the
    nearest clip across pauses, by a smooth blend. A speech without segments rests.

    Args:
        base: whose clips they are.
        matches: of the speech's segments.
        frames: of the speech.
        rest: the pose of a speech without segments.
    """
    motion = np.zeros((frames, MOTION_CHANNELS), np.float32)
    owner = np.full(frames, -1)
    for number, match in enumerate(matches):
        if not match.candidates:
            continue
        start, piece = _placed(base, match.candidates[0])
        first = max(start, frame_at(match.segment.start_s), 0)
        stop = min(start + len(piece), frame_at(match.segment.end_s), frames)
        if stop > first:
            motion[first:stop], owner[first:stop] = piece[first - start : stop - start], number
    for join in np.flatnonzero((owner[1:] != owner[:-1]) & (owner[1:] >= 0) & (owner[:-1] >= 0)) + 1:
        owner[max(join - JOIN_FRAMES // 2, 0) : join + JOIN_FRAMES // 2] = -1
    return _bridged(motion, owner >= 0, rest)


def _placed(base: MotionBase, candidate: Candidate) -> tuple[int, Float[Array, "_ channels"]]:
    """Return where a candidate's clip begins in the speech, and its features about its own home."""
    clip = base.clip(candidate.clip_index)
    key = frame_at(candidate.key_time_s - candidate.source_start_s)
    return frame_at(candidate.query_time_s) - key, features_from_clip(clip, home_anchor(clip))


def _bridged(
    motion: Float[Array, "frames channels"], is_known: Array, rest: Float[Array, "channels"]
) -> Float[Array, "frames channels"]:
    """Fill unknown frames between known ones by a smooth blend; hold the outermost ones."""
    known = np.flatnonzero(is_known)
    if not len(known):
        return np.tile(rest.astype(np.float32), (len(motion), 1))
    at = np.arange(len(motion))
    after = np.minimum(np.searchsorted(known, at), len(known) - 1)
    before = np.maximum(np.searchsorted(known, at, side="right") - 1, 0)
    left, right = known[before], known[after]
    share = np.clip((at - left) / np.maximum(right - left, 1), 0.0, 1.0)
    share = (share**2 * (3.0 - 2.0 * share))[:, None].astype(np.float32)
    return (1.0 - share) * motion[left] + share * motion[right]


def held(pose: Float[Array, "channels"], frames: int) -> MotionClip:
    """Return one pose, held."""
    return clip_from_features(np.tile(pose.astype(np.float32), (frames, 1)), ORIGIN, MOTION_RATE_HZ)


def somewhere_in(clips: Sequence[MotionClip], frames: int, *, generator: np.random.Generator) -> MotionClip:
    """Return so many frames of one of the clips from a random place on; one that is too short runs to and fro."""
    clip = clips[whole_number(generator, 0, len(clips))]
    room = clip.frames - frames
    start = whole_number(generator, 0, room + 1) if room > 0 else 0
    place = np.arange(start, start + frames)
    last = max(clip.frames - 1, 1)
    place = last - np.abs(place % (2 * last) - last) if room < 0 else place
    return MotionClip(
        local_quat_wxyz=clip.local_quat_wxyz[place],
        root_position_m=clip.root_position_m[place],
        frame_rate_hz=clip.frame_rate_hz,
    )
