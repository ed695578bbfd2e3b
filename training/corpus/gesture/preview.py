"""Pictures of a lexeme at the instants of its phases and of a whole take, for whoever writes motion; the real path."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from exges_core.errors import InputError, message
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import read_npz
from exges_core.visualization.figures import draw_sheet
from training.corpus.files.reading import take_of
from training.corpus.gesture.behaviour import perform
from training.corpus.gesture.lexemes import Lexeme, lexemes
from training.corpus.gesture.rule_planner import Planned
from training.corpus.gesture.speakers import Speaker, speakers
from training.corpus.script import GestureMark, SpokenTake, SpokenWord

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
    if name not in lexemes():
        raise InputError(
            message(
                expected=f"one of {', '.join(sorted(lexemes()))}",
                got=repr(name),
                where="preview",
                do="Name a lexeme of the tables.",
            )
        )
    written: list[Path] = []
    for index, lexeme in enumerate(lexemes()[name]):
        hand = {"one": "right"}.get(lexeme.hands[0], lexeme.hands[0])
        clip, mark = perform_lexeme(lexeme, speakers()[0], hand=hand, generator=np.random.default_rng(seed + index))
        middle_s = 0.5 * (mark.stroke_start_s + mark.stroke_end_s)
        times = (
            max(mark.preparation_s - 0.1, 0.0),
            mark.stroke_start_s,
            middle_s,
            mark.stroke_end_s,
            mark.hold_end_s,
            min(mark.hold_end_s + 0.5, _DURATION_S - 0.1),
        )
        captions = ("rest", "stroke start", "stroke", "apex", "hold end", "back")
        target = path if index == 0 else path.with_stem(f"{path.stem}-{index + 1}")
        draw_sheet(clip, target, times, captions=[f"{name}: {caption}" for caption in captions], columns=6)
        written.append(target)
    return written


def sheet(take: Path, path: Path, *, start_s: float, every_s: float, count: int, columns: int) -> None:
    """Draw a contact sheet of a take: so many poses from an instant on, evenly to its end if `every_s` is 0.

    Under each pose stands what is said until the next, where a transcript lies where BEAT2's layout has it.

    Raises:
        InputError: if the sheet would begin after the take ends.
        SkeletonError: if the take cannot be read.
        OutputError: if the picture cannot be written.
    """
    clip = read_npz(take)
    last_s = (clip.frames - 1) / clip.frame_rate_hz
    if start_s > last_s:
        raise InputError(
            message(
                expected=f"a start up to {last_s:.2f} s",
                got=f"{start_s:g} s",
                where=str(take),
                do="Begin earlier.",
            )
        )
    times = np.linspace(start_s, last_s, count) if every_s == 0 else start_s + every_s * np.arange(count)
    shown = times[times <= last_s].tolist()
    words = take_of(take).words()
    captions = [
        " ".join(word.text for word in words if start_s <= word.start_s < stop_s)
        for start_s, stop_s in zip(shown, [*shown[1:], shown[-1] + (every_s or 1.0)], strict=True)
    ]
    draw_sheet(clip, path, shown, captions=captions, title=take.stem, columns=columns)
