"""Scores from labels: what the authored corpus knows about its own gestures (``events/*.json``)."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict, cast

from exges_core import json_text
from exges_core.errors import InputError, message
from exges_core.motion.clip import MotionClip
from exges_core.score.records import Hand, Score, Stroke
from exges_core.score.sizes import with_sizes, wrists_m
from exges_core.score.untangling import untangle


class _Event(TypedDict):
    """A gesture as the corpus writes it; times in seconds from the take's start."""

    preparation_s: float
    stroke_start_s: float
    stroke_end_s: float
    hold_end_s: float
    end_s: float
    hand: Hand
    lexeme: str
    word_index: int


def labelled_score(folder: Path, take_id: str, clip: MotionClip) -> Score | None:
    """Return the score that a take was acted by, sizes measured from its motion; None where there are no events.

    `kind` is the lexeme, `word` the word's index in the take; idle behaviour (fidgets) has no word.

    Raises:
        InputError: if the events cannot be read.
    """
    path = folder / "events" / f"{take_id}.json"
    if not path.is_file():
        return None
    try:
        events = cast("dict[str, list[_Event] | None]", json_text.read(path)).get("gesture_events")
        if events is None:
            return None
        strokes = sorted((_stroke(event, clip.duration_s) for event in events), key=lambda each: each.start_s)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            message(
                expected="the corpus' events",
                got=f"what cannot be read ({error})",
                where=str(path),
                do="Make the corpus again, or remove the file.",
            )
        ) from error
    # Labels follow the leading hand; where the other one was still busy, its next gesture starts later.
    sized = with_sizes(untangle(strokes), wrists_m(clip), clip.frame_rate_hz)
    return Score(strokes=sized, duration_s=clip.duration_s, origin="labels")


def _stroke(event: _Event, duration_s: float) -> Stroke:
    names = ("preparation_s", "stroke_start_s", "stroke_end_s", "hold_end_s", "end_s")
    start_s, stroke_start_s, apex_s, hold_end_s, end_s = (min(float(event[name]), duration_s) for name in names)
    word = int(event["word_index"])
    return Stroke(
        start_s=start_s,
        stroke_start_s=stroke_start_s,
        apex_s=apex_s,
        hold_end_s=max(hold_end_s, apex_s),
        end_s=max(end_s, hold_end_s, apex_s),
        hand=event["hand"],
        kind=str(event["lexeme"]),
        word=word if word >= 0 else None,
    )
