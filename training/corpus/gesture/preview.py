"""Contact sheets of a lexeme's phases and of a whole take, acted by the code that makes the corpus."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from exges_core.errors import InputError, message
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import read_npz
from exges_core.speech.words import Word
from exges_core.visualization.figures import draw_sheet
from training.corpus.files.reading import take_of
from training.corpus.gesture.behaviour import perform
from training.corpus.gesture.lexemes import Lexeme, lexemes
from training.corpus.gesture.rule_planner import Planned
from training.corpus.gesture.speakers import Speaker, speakers
from training.corpus.script import GestureMark, SpokenTake, SpokenWord
from training.corpus.tables import entry

_APEX_S = 1.6
_DURATION_S = 4.2


def perform_lexeme(
    lexeme: Lexeme, speaker: Speaker, *, hand: str, generator: np.random.Generator
) -> tuple[MotionClip, GestureMark]:
    """Act one lexeme on one word in the middle of silence."""
    word = SpokenWord(
        text=lexeme.name,
        start_s=_APEX_S - 0.1,
        end_s=_APEX_S + 0.5,
        stress_s=_APEX_S,
        cues=(lexeme.name,),
        is_content=True,
        is_focus=True,
        loudness=1.0,
        accent=0.8,
    )
    samples = np.zeros(round(_DURATION_S * 16_000), dtype=np.float32)
    take = SpokenTake(id=lexeme.name, voice=speaker.voice, samples=samples, words=(word,), sentences=())
    planned = Planned(lexeme=lexeme, word_index=0, hand=hand, apex_s=_APEX_S, clause_end_s=_APEX_S + 1.2, strength=1.0)
    clip, marks = perform(take, (planned,), speaker, generator=generator)
    return clip, marks[0]


def preview(name: str, path: Path, *, seed: int = 0) -> list[Path]:
    """Draw every variant of a lexeme as a strip: rest, preparation, mid-stroke, apex, hold, going back.

    Returns:
        One picture per variant: the path given, then the same with -2, -3 and so on.

    Raises:
        InputError: if there is no such lexeme.
        OutputError: if a picture cannot be written.
    """
    written: list[Path] = []
    for index, lexeme in enumerate(entry(lexemes(), name, "preview")):
        hand = {"one": "right"}.get(lexeme.hands[0], lexeme.hands[0])
        clip, mark = perform_lexeme(lexeme, speakers()[0], hand=hand, generator=np.random.default_rng(seed + index))
        instants = _instants(mark)
        target = path if index == 0 else path.with_stem(f"{path.stem}-{index + 1}")
        captions = [f"{name}: {caption}" for caption in instants]
        draw_sheet(clip, target, tuple(instants.values()), captions=captions, columns=len(instants))
        written.append(target)
    return written


def _instants(mark: GestureMark) -> dict[str, float]:
    """Return a gesture's instants to be drawn (seconds), by name."""
    return {
        "rest": max(mark.preparation_s - 0.1, 0.0),
        "stroke start": mark.stroke_start_s,
        "stroke": 0.5 * (mark.stroke_start_s + mark.stroke_end_s),
        "apex": mark.stroke_end_s,
        "hold end": mark.hold_end_s,
        "back": min(mark.hold_end_s + 0.5, _DURATION_S - 0.1),
    }


def sheet(take: Path, path: Path, *, start_s: float, every_s: float, count: int, columns: int) -> None:
    """Draw a contact sheet: `count` poses from `start_s` on, `every_s` apart, or evenly to the end if that is 0.

    If the take has a transcript in BEAT2's layout, the words up to the next pose stand under each.

    Raises:
        InputError: if the sheet would begin after the take ends.
        SkeletonError: if the take cannot be read.
        OutputError: if the picture cannot be written.
    """
    clip = read_npz(take)
    last_s = (clip.frames - 1) / clip.frame_rate_hz
    if start_s > last_s:
        expected, got = f"a start up to {last_s:.2f} s", f"{start_s:g} s"
        raise InputError(message(expected=expected, got=got, where=str(take), do="Begin earlier."))
    times = np.linspace(start_s, last_s, count) if every_s == 0 else start_s + every_s * np.arange(count)
    shown = times[times <= last_s].tolist()
    captions = _said_between(take_of(take).words(), [*shown, shown[-1] + (every_s or 1.0)])
    draw_sheet(clip, path, shown, captions=captions, title=take.stem, columns=columns)


def _said_between(words: Sequence[Word], times_s: Sequence[float]) -> list[str]:
    """Return the words that begin from each time to the next."""
    return [
        " ".join(word.text for word in words if start_s <= word.start_s < stop_s)
        for start_s, stop_s in itertools.pairwise(times_s)
    ]
