"""Playing a score: gestures cast for its strokes, and what they make of the control mask and the score channels.

Shared by the product's flow and by whatever measures it, so that both play alike. Arrays and records; no files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Float
from exges_core.control.compose import RetrievedPose, compose, show_roles
from exges_core.control.masks import Observed
from exges_core.planning.casting import CastingSettings, Role, cast, role_places, warnings_of
from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.search import SegmentMatches
from exges_core.score.channels import score_channels
from exges_core.score.records import Score

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

    def channels(self, frames: int) -> Float[np.ndarray, "frames 29"]:
        """Return what the denoiser is told."""
        return score_channels(self.score, frames, role_places(self.score, self.roles))


def play(
    score: Score,
    base: MotionBase | None,
    matches: Sequence[SegmentMatches],
    settings: CastingSettings,
    *,
    doubtful: Sequence[str] = (),
) -> Played:
    """Cast a base's gestures for a score; without a base nothing is cast.

    Args:
        score: planned, read or of the truth.
        base: the motion base.
        matches: what retrieval found in it.
        settings: of casting.
        doubtful: what was said of the score before.
    """
    if base is None:
        return Played(score=score, warnings=tuple(doubtful))
    cast_for, roles = cast(score, base, matches, settings)
    return Played(score=cast_for, roles=roles, warnings=(*doubtful, *warnings_of(cast_for, roles)))


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
