"""What Table 1 says of listening: whether motion belongs to its speech, with intervals over takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np

from exges_core.arrays import Array, Float, Int
from exges_core.metrics.listening.accents import strokes_on_accents
from exges_core.metrics.listening.events import Meetings
from exges_core.metrics.listening.judge import LoadedJudge, own_against_exchanged
from exges_core.metrics.listening.pauses import Calm, arms_in_pauses, head_in_pauses
from exges_core.metrics.listening.strokes import stroke_course, stroke_hits, strokes_of
from exges_core.motion.clip import MotionClip
from exges_core.score.records import Score
from training.evaluation.figures import Figure, over_clips
from training.evaluation.material import KnownTake


@dataclass(frozen=True, kw_only=True)
class Listening:
    """Figures of one system's clips; None where the takes have no labels, nobody plans, or there is no judge.

    Attributes:
        hits: strokes of the truth's labels that have a wrist-speed peak, less chance.
        correlation: of the stroke envelope of these with wrist speed; mean over takes.
        plan_hits, plan_correlation: the same of the strokes of the score that the motion was made by.
        accents: the motion's own strokes that lie on accents of the sound, less chance.
        own_sound: AUC of own against exchanged sound, by the judge.
        arms_calm: wrist speed in speech over that in pauses; head_calm: the same of the head's turning.
    """

    hits: Figure | None
    correlation: Figure | None
    plan_hits: Figure | None
    plan_correlation: Figure | None
    accents: Figure | None
    own_sound: Figure | None
    arms_calm: Figure | None
    head_calm: Figure | None

    def as_json(self) -> dict[str, dict[str, float] | None]:
        """Return the figures by name."""
        found = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: None if figure is None else figure.as_json() for name, figure in found.items()}


@dataclass(frozen=True, kw_only=True, eq=False)
class Heard:
    """What each clip adds to the figures, so that intervals and comparisons need no second look at the clips."""

    hits: Sequence[Meetings]
    plan_hits: Sequence[Meetings]
    accents: Sequence[Meetings]
    correlation: Float[Array, "clips"]
    plan_correlation: Float[Array, "clips"]
    own_sound: Float[Array, "clips"]
    arms_calm: Sequence[Calm]
    head_calm: Sequence[Calm]

    def statistics(self) -> dict[str, Callable[[Int[Array, "drawn"]], float]]:
        """Return each figure as a function of the clips that are drawn."""
        return {
            "hits": lambda chosen: Meetings.total([self.hits[int(place)] for place in chosen]).excess,
            "correlation": lambda chosen: _mean(self.correlation[chosen]),
            "plan_hits": lambda chosen: Meetings.total([self.plan_hits[int(place)] for place in chosen]).excess,
            "plan_correlation": lambda chosen: _mean(self.plan_correlation[chosen]),
            "accents": lambda chosen: Meetings.total([self.accents[int(place)] for place in chosen]).excess,
            "own_sound": lambda chosen: _mean(self.own_sound[chosen]),
            "arms_calm": lambda chosen: Calm.total([self.arms_calm[int(place)] for place in chosen]).ratio,
            "head_calm": lambda chosen: Calm.total([self.head_calm[int(place)] for place in chosen]).ratio,
        }


def heard(
    clips: Sequence[MotionClip],
    takes: Sequence[KnownTake],
    judge: LoadedJudge | None,
    scores: Sequence[Score | None] = (),
) -> Heard:
    """Measure clips made for the speech of `takes`, one by one; without a judge `own_sound` is NaN.

    Args:
        clips: of one system.
        takes: as many.
        judge: of own against exchanged sound.
        scores: that the clips were made by, as many; none = nobody planned.
    """
    plans = [() if score is None else strokes_of(score) for score in scores or [None] * len(clips)]
    planned = list(zip(clips, plans, strict=True))
    pairs = list(zip(clips, takes, strict=True))
    nobody = np.full(len(pairs), np.nan)
    return Heard(
        hits=[stroke_hits(clip, take.strokes) for clip, take in pairs],
        plan_hits=[stroke_hits(clip, plan) for clip, plan in planned],
        accents=[strokes_on_accents(clip, take.audio) for clip, take in pairs],
        correlation=np.array([stroke_course(clip, take.strokes).correlation for clip, take in pairs]),
        plan_correlation=np.array([stroke_course(clip, plan).correlation for clip, plan in planned]),
        own_sound=nobody if judge is None else own_against_exchanged(judge, clips, [take.audio for take in takes]),
        arms_calm=[arms_in_pauses(clip, take.waveform) for clip, take in pairs],
        head_calm=[head_in_pauses(clip, take.waveform) for clip, take in pairs],
    )


def listening_of(
    clips: Sequence[MotionClip],
    takes: Sequence[KnownTake],
    judge: LoadedJudge | None,
    scores: Sequence[Score | None] = (),
) -> Listening:
    """Return the figures of clips made for the speech of `takes`; arguments as of `heard`."""
    found = heard(clips, takes, judge, scores)
    everyone = np.arange(len(clips))
    figures = {
        name: over_clips(statistic, len(clips)) if np.isfinite(statistic(everyone)) else None
        for name, statistic in found.statistics().items()
    }
    return Listening(**figures)


def _mean(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")
