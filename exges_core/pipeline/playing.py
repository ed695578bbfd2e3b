"""Playing a score: gestures cast for its strokes, and what they make of the control mask and the score channels.

Shared by the product's flow and by whatever measures it, so that both play alike. Arrays and records; no files.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from exges_core.arrays import Array, Float
from exges_core.control.compose import RetrievedPose, compose, show_roles
from exges_core.control.edits import Kept
from exges_core.control.masks import Observed
from exges_core.planning.casting import CastingSettings, Role, cast, role_places, warnings_of, with_pinned
from exges_core.retrieval.choice import Candidate, SegmentMatches
from exges_core.retrieval.library import MotionBase
from exges_core.score.busy import with_free_hands
from exges_core.score.channels import score_channels
from exges_core.score.records import Score, Stroke
from exges_core.score.segmentation import strokes_of_motion
from exges_core.score.untangling import untangle
from exges_core.timeline import frame_at

FRAMES_PER_POSE = 15
"""Frames shown around a retrieved key pose where there is no score: half a second, about its stroke. The paper shows
one; more of them carry more of the gesture (shipped weights, one real speech: fastest 5 % of wrist speeds 0.47 m/s
without retrieval, 0.59 with 1 frame, 0.64 with 11, 0.72 with 21)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Played:
    """The used score and the base's gestures cast for it.

    Attributes:
        score: with clips and kinds filled in.
        roles: none without a motion base.
        warnings: what is doubtful about it.
    """

    score: Score
    roles: tuple[Role, ...] = ()
    warnings: tuple[str, ...] = ()

    def channels(self, frames: int) -> Float[Array, "frames 29"]:
        """Return what the denoiser is told."""
        return score_channels(self.score, frames, role_places(self.score, self.roles))


def play(
    score: Score,
    base: MotionBase | None,
    matches: Sequence[SegmentMatches],
    settings: CastingSettings,
    *,
    pinned: Collection[int] = (),
    doubtful: Sequence[str] = (),
) -> Played:
    """Cast a base's gestures for a score; without a base nothing is cast.

    Args:
        score: planned, read or of the truth.
        base: the motion base.
        matches: what retrieval found in it.
        settings: of casting.
        pinned: segments whose gesture must be made.
        doubtful: what was said of the score before.
    """
    score, doubts = with_free_hands(score if base is None else with_pinned(score, base, matches, pinned), settings.busy)
    doubtful = (*doubtful, *doubts)
    if base is None:
        return Played(score=score, warnings=doubtful)
    cast_for, roles = cast(score, base, matches, settings)
    return Played(score=cast_for, roles=roles, warnings=(*doubtful, *warnings_of(cast_for, roles)))


def beside_kept(score: Score, kept: Kept | None) -> Score:
    """Return the score with the strokes that kept motion makes, in place of those planned there."""
    if kept is None or not kept.is_kept.any():
        return score

    def is_kept(stroke: Stroke) -> bool:
        frame = min(max(frame_at(stroke.middle_s), 0), len(kept.is_kept) - 1)
        return bool(kept.is_kept[frame])

    stay = [replace(each, is_locked=True) for each in strokes_of_motion(kept.clip) if is_kept(each)]
    new = [each for each in score.strokes if not is_kept(each)]
    return replace(score, strokes=untangle([*stay, *new]))


def taken(matches: Sequence[SegmentMatches], played: Played | None) -> tuple[SegmentMatches, ...]:
    """Return what retrieval found, a gesture that no stroke took no longer marked as used."""
    if played is None:
        return tuple(matches)
    clips = {stroke.clip for stroke in played.score.strokes}
    return tuple(
        match if match.used is None or match.used.clip_index in clips else _without_stroke(match, match.used)
        for match in matches
    )


def _without_stroke(match: SegmentMatches, used: Candidate) -> SegmentMatches:
    """Return a segment that uses nothing: those after the used one were compared with it, which says nothing now."""
    place = match.candidates.index(used)
    idle = (replace(each, is_used=False, note="the score has no stroke there") for each in match.candidates[place:])
    return replace(match, candidates=(*match.candidates[:place], *idle))


def observe(
    played: Played | None,
    matches: Sequence[SegmentMatches],
    base: MotionBase | None,
    keys: Observed | None,
    frames: int,
    *,
    strength: float,
    joints: str = "upper-body",
) -> Observed:
    """Return the control mask: gestures at their strokes, or without a score key poses where retrieval puts them.

    Raises:
        ControlError: if the strength is outside 0 .. 1 or the joints are none of `compose.GESTURE_JOINTS`.
    """
    if played is not None:
        return show_roles(played.roles, keys, frames, strength=strength, joints=joints)
    poses = retrieved_poses(matches, base)
    return compose(poses, keys, frames, frames_per_pose=FRAMES_PER_POSE, strength=strength, joints=joints)


def retrieved_poses(matches: Sequence[SegmentMatches], base: MotionBase | None) -> list[RetrievedPose]:
    """Return the key poses of the gestures that retrieval uses; none without a base."""
    if base is None:
        return []
    return [
        RetrievedPose(
            clip=base.clip(used.clip_index),
            key_time_s=used.key_time_s - used.source_start_s,
            query_time_s=used.query_time_s,
            confidence=used.probability,
        )
        for used in (match.used for match in matches)
        if used is not None
    ]
