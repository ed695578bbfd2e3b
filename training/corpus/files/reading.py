"""Find the takes of a folder: in BEAT2's layout, or all files side by side, as BEAT2's samples come."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from exges_core import json_text
from exges_core.audio.waveform import Waveform, read_waveform
from exges_core.datasets.recordings import speaker_of
from exges_core.errors import InputError, message
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import read_npz
from exges_core.speech.transcripts import read_transcript
from exges_core.speech.words import Word
from training.corpus.files.writing import EVENTS, MOTION, SOUND, TEXT
from training.corpus.script import GestureMark, SpokenWord


@dataclass(frozen=True, kw_only=True)
class MeasuredTake:
    """Paths of a take's files, None where there is no file; methods read them."""

    id: str
    motion_path: Path
    waveform_path: Path | None
    transcript_path: Path | None
    events_path: Path | None

    @property
    def speaker(self) -> str:
        """Return the speaker's name inside the id; the id itself if it names none."""
        return speaker_of(self.id) or self.id

    def clip(self) -> MotionClip:
        """Read the motion."""
        return read_npz(self.motion_path)

    def waveform(self) -> Waveform | None:
        """Read the sound, if there is any."""
        return read_waveform(self.waveform_path) if self.waveform_path else None

    def words(self) -> tuple[Word, ...]:
        """Read the words; none without a transcript."""
        return (read_transcript(self.transcript_path).words or ()) if self.transcript_path else ()

    def gestures(self) -> tuple[tuple[GestureMark, SpokenWord | None], ...]:
        """Read which gesture belongs to which word; none for takes that nobody planned.

        Raises:
            InputError: if the event file is damaged.
        """
        if self.events_path is None:
            return ()
        try:
            events = cast("dict[str, Any]", json_text.read(self.events_path))
            words = [SpokenWord(**word) for word in events["word_events"]]
            marks = [GestureMark(**mark) for mark in events["gesture_events"]]
            return tuple((mark, words[mark.word_index] if mark.word_index >= 0 else None) for mark in marks)
        except (OSError, ValueError, KeyError, TypeError, IndexError) as problem:
            got, where = f"{type(problem).__name__}: {problem}", str(self.events_path)
            do = "Make the corpus again."
            raise InputError(message(expected="events of a take", got=got, where=where, do=do)) from problem


def takes_in(folder: Path, most: int) -> tuple[MeasuredTake, ...]:
    """List at most `most` takes, spread evenly over the folder so that every speaker keeps their share.

    Raises:
        InputError: if there is no motion.
    """
    within = folder / MOTION if (folder / MOTION).is_dir() else folder
    motions = sorted(within.glob("*.npz"))
    if not motions:
        raise InputError(
            message(
                expected=f"{MOTION}/*.npz or *.npz",
                got="none",
                where=str(folder),
                do="Point to a folder in BEAT2's layout, or make a corpus first.",
            )
        )
    places = np.unique(np.linspace(0, len(motions) - 1, min(most, len(motions))).round().astype(int))
    return tuple(take_of(motions[int(place)]) for place in places)


def take_of(motion: Path) -> MeasuredTake:
    """Find the files that belong to a motion file: in sibling folders (BEAT2's layout) or next to it."""
    is_flat = motion.parent.name != MOTION

    def beside(name: str, suffix: str) -> Path | None:
        path = (motion.parent if is_flat else motion.parent.parent / name) / f"{motion.stem}{suffix}"
        return path if path.is_file() else None

    return MeasuredTake(
        id=motion.stem,
        motion_path=motion,
        waveform_path=beside(SOUND, ".wav"),
        transcript_path=beside(TEXT, ".TextGrid"),
        events_path=beside(EVENTS, ".json"),
    )
