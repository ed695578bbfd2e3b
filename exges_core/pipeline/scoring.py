"""The score of a speech: planned, or taken as it is given. In memory; it composes, the planner's room computes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from exges_core.errors import InputError, message
from exges_core.pipeline.analyse import Speech
from exges_core.pipeline.models import Models
from exges_core.planning.planner import plan, plan_of
from exges_core.planning.tokens import tokens_of
from exges_core.retrieval.library import MotionBase
from exges_core.score.files import doubts, read_score, to_milliseconds
from exges_core.score.records import Score, Stroke
from exges_core.settings import PlanSettings
from exges_core.timeline import MOTION_RATE_HZ

_TRIED_S = 60.0
_LEAST_PER_MIN = 12.0
"""Strokes that a manner must make in the first minute to be chosen by itself; the corpus' speakers make 25."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Manner:
    """Whose manner a take has.

    Attributes:
        style: a speaker's name; None = nobody's.
        tried: its score of the whole take, untouched by any setting, where choosing it took one.
    """

    style: str | None
    tried: Score | None = None


def manner_of(speech: Speech, models: Models, speaker: str | None, seed: int) -> Manner:
    """Return whose manner a take has: the asked one's, else the seed's choice among those who gesture on this speech.

    Without a style the denoiser would mix all its speakers; a take is one person's (ours). The calmest manners make a
    stroke in ten seconds or none at all, which nobody expects who asked for gestures.
    """
    styles = models.speakers()
    if speaker is not None or not styles:
        return Manner(style=speaker)
    frames = min(speech.frames, round(_TRIED_S * MOTION_RATE_HZ))
    words = [word for word in speech.heard.words if word.start_s < frames / MOTION_RATE_HZ]
    is_whole = frames == speech.frames and len(words) == len(speech.heard.words)
    ordered = [styles[(seed + number) % len(styles)] for number in range(len(styles))]
    tokens = tokens_of(words, speech.features[:frames])
    for style in ordered:
        tried = plan_of(models.planner, tokens, style, seed)
        if len(tried.strokes) >= _LEAST_PER_MIN * tried.duration_s / 60:
            return Manner(style=style, tried=tried if is_whole else None)
    return Manner(style=ordered[0])


def planned_score(
    speech: Speech,
    models: Models,
    settings: PlanSettings,
    *,
    manner: Manner,
    seed: int,
    locked: Sequence[Stroke] = (),
) -> Score:
    """Return the score that the planner draws for a speech.

    Args:
        speech: what is said.
        models: the planner is used.
        settings: vividness, and segments without a gesture.
        manner: whose.
        seed: of the performance, the same that the manner was chosen by.
        locked: strokes that stay as they are.

    Raises:
        InputError: if a segment is named that is not there, or the locked strokes cannot be played.
    """
    is_untouched = settings.vividness == 1.0 and not settings.no_gesture and not locked
    if manner.tried is not None and is_untouched:
        return made_for(manner.tried, speech)
    drawn = plan(
        models.planner,
        speech.heard.words,
        speech.features,
        style=manner.style,
        seed=seed,
        vividness=settings.vividness,
        given=locked,
        silent_s=_silent_s(settings, speech),
    )
    return made_for(drawn, speech)


def still(score: Score, speech: Speech, settings: PlanSettings, style: str | None) -> tuple[str, ...]:
    """Say that a planned score has no stroke although somebody speaks, and what to do about it."""
    if score.strokes or settings.vividness == 0.0 or not speech.heard.words:
        return ()
    who = f"{style}, the speaker the seed chose," if settings.speaker is None and style else (style or "the planner")
    return (f"{who} has no gesture for this speech: try another seed or speaker, or raise the vividness",)


def made_for(score: Score, speech: Speech) -> Score:
    """Return a score as the one of this sound (and its fingerprint), as its file would have it."""
    return to_milliseconds(replace(score, duration_s=speech.heard.waveform.duration_s, sound=speech.sound))


def score_of_file(path: str, speech: Speech, models: Models, base: MotionBase | None) -> tuple[Score, tuple[str, ...]]:
    """Return the score in a file, and what is doubtful about it.

    Raises:
        InputError: if it cannot be played with this speech and motion base.
    """
    duration_s = speech.heard.waveform.duration_s
    score = read_score(
        Path(path),
        duration_s=duration_s,
        sound=speech.sound,
        kinds=models.planner.kinds or None,
        clips=None if base is None else len(base),
        words=len(speech.heard.words),
    )
    told = doubts(score, duration_s=duration_s, sound=speech.sound)
    return replace(score, duration_s=duration_s), told


def _silent_s(settings: PlanSettings, speech: Speech) -> list[tuple[float, float]]:
    """Return the times of the segments that get no gesture.

    Raises:
        InputError: if there is no such segment.
    """
    segments = speech.heard.segments
    for number in settings.no_gesture:
        if not 0 <= number < len(segments):
            expected, do = f"a segment from 0 to {len(segments) - 1}", "`exges segment` lists them."
            raise InputError(message(expected=expected, got=str(number), where="--no-gesture", do=do))
    return [(segments[number].start_s, segments[number].end_s) for number in settings.no_gesture]
