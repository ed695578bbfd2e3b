"""What the flow is told beside a speech and its settings: records, in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from exges_core.control.controls import Controls
from exges_core.control.edits import Kept
from exges_core.control.held import Held
from exges_core.control.masks import Observed, combine, nothing
from exges_core.control.standing import Posture
from exges_core.motion.parts import LOWER_BODY
from exges_core.retrieval.choice import SegmentMatches
from exges_core.retrieval.library import MotionBase
from exges_core.score.records import Score
from exges_core.settings import PostureSettings


@dataclass(frozen=True, kw_only=True, eq=False)
class Given:
    """What is known of a take beside its speech.

    Attributes:
        controls: keys, or a motion with a mask.
        kept: motion that stays bit for bit.
        held: motion in which parts of the body stay.
        posture: what the take gestures about; None = as the speaker stands.
        score: strokes to make; None = they are planned.
        base: the motion base; None = the one that ships.
        matches: what retrieval found for this speech before; None = it is searched.
        doubts: warnings about what is given.
    """

    controls: Controls | None = None
    kept: Kept | None = None
    held: Held | None = None
    posture: Posture | None = None
    score: Score | None = None
    base: MotionBase | None = None
    matches: tuple[SegmentMatches, ...] | None = None
    doubts: tuple[str, ...] = ()

    def observed(self, frames: int) -> Observed | None:
        """Return controls, kept motion and held parts as one mask; None where there are none.

        Raises:
            ControlError: if they do not fit the take or each other.
        """
        found = self._without_held(frames)
        if self.held is None:
            return found
        found = nothing(frames) if found is None else self.held.without_lower_body(found)
        held = self.held.observed(frames, anchor=found.anchor)
        if self.kept is not None:
            held.is_observed[self.kept.is_kept] = False
        return combine(found, held)

    def _without_held(self, frames: int) -> Observed | None:
        if self.kept is None:
            return None if self.controls is None else self.controls.observed(frames)
        if self.controls is None:
            return self.kept.observed()
        return self.kept.with_keys(self.controls.observed(frames, anchor=self.kept.anchor))


def posture_of(settings: PostureSettings, given: Posture | None) -> Posture | None:
    """Return what the motion is made about: the posture that is given, with the numbers of the settings."""
    posture = replace(
        given or Posture(), knees_deg=settings.knees_deg, lean_deg=settings.lean_deg, stance_m=settings.stance_m
    )
    return posture if posture.turns_wxyz or posture.has_numbers else None


def unheeded(settings: PostureSettings, held: Held | None) -> Iterator[str]:
    """Say which numbers of the posture count for nothing."""
    asked = [name for name in ("knees_deg", "lean_deg", "stance_m") if getattr(settings, name) is not None]
    busy = () if held is None else held.busy
    if asked and any(each.part == LOWER_BODY and each.span is None for each in busy):
        names = ", ".join(name.partition("_")[0] for name in asked)
        yield f"{names}: not heeded, the lower body is held as it is"


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What an experiment changes and the product does not.

    Attributes:
        score_guidance: see `longform.Sampling`.
        seed: all chances are drawn from it, whatever the speech; None = from the settings' seed and the sound.
    """

    score_guidance: float = 1.0
    seed: int | None = None
