"""Takes in memory, as recorded and as arrays, and the random windows drawn from them: no files, no network.

Everything is float16 in one block per modality, and a batch of windows is one vectorised gather, so that the CPU is
spent in the network and not in Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from exges_core.arrays import Array, Float, Int, whole_numbers
from exges_core.score.channels import SCORE_CHANNELS
from exges_core.timeline import time_of

if TYPE_CHECKING:
    from exges_core.audio.waveform import Waveform
    from exges_core.motion.clip import MotionClip
    from exges_core.score.records import Stroke
    from exges_core.speech.segments import Segment
    from exges_core.speech.words import Word
    from training.data.labels import Mark


@dataclass(frozen=True, kw_only=True)
class RecordedTake:
    """One take as it was recorded: what shards carry, augmentation changes and features are computed from.

    Attributes:
        id, speaker, split: as in `TakeArrays`.
        clip: the motion at 30 fps.
        waveform: the sound.
        words: with times in the take's seconds; empty if the take has no transcript.
        marks: its labelled gestures; empty if it has no labels.
        stresses_s: when stressed syllables begin, where the corpus knows.
        strokes: its gesture score; None where nobody knows it.
    """

    id: str
    speaker: str
    split: str
    clip: MotionClip
    waveform: Waveform
    words: tuple[Word, ...] = ()
    marks: tuple[Mark, ...] = ()
    stresses_s: tuple[float, ...] = ()
    strokes: tuple[Stroke, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class TakeArrays:
    """One take, ready for training.

    Attributes:
        id: the take's name in its folder.
        speaker: the style's name; "" = unknown.
        split: train, val or test ("additional" in BEAT2).
        motion: features relative to the take's home anchor, float16.
        audio: features at the same frames, float16.
        words: with times in the take's seconds; empty if the take has no transcript.
        segments: retrieval units of the take.
        marks: its labelled gestures; empty if it has no labels.
        score: its gesture score as the denoiser hears it (`score.channels`), float16; None where nobody knows it.
    """

    id: str
    speaker: str
    split: str
    motion: Float[Array, "frames channels"]
    audio: Float[Array, "frames audio_channels"]
    words: tuple[Word, ...] = ()
    segments: tuple[Segment, ...] = ()
    marks: tuple[Mark, ...] = ()
    score: Float[Array, "frames score_channels"] | None = None

    @property
    def frames(self) -> int:
        """Return the number of frames."""
        return int(self.motion.shape[0])


@dataclass(frozen=True, kw_only=True)
class Windows:
    """A batch of windows, float32, in raw (not normalised) features.

    `style` is the speaker's index in `styles_of`, counted from 1; 0 = unknown. `valid_frames` counts the frames that
    are real; the rest repeat the take's last frame. `score` is zero where a take has none.
    """

    motion: Float[Array, "batch frames channels"]
    audio: Float[Array, "batch frames audio_channels"]
    score: Float[Array, "batch frames score_channels"]
    style: Int[Array, "batch"]
    valid_frames: Int[Array, "batch"]


def hours_of(takes: Sequence[TakeArrays]) -> float:
    """Return how long all takes are together, in hours."""
    return time_of(sum(take.frames for take in takes)) / 3600


def styles_of(takes: Sequence[TakeArrays]) -> tuple[str, ...]:
    """Return the names of all known speakers, sorted."""
    return tuple(sorted({take.speaker for take in takes if take.speaker}))


class WindowSource:
    """All takes end to end, and windows drawn from them with a chance proportional to their length."""

    def __init__(self, takes: Sequence[TakeArrays], *, window: int, styles: Sequence[str]) -> None:
        if not takes:
            raise ValueError("WindowSource: need at least one take")
        self.window = window
        self._lengths = np.array([take.frames for take in takes], np.int64)
        self._starts = np.concatenate([[0], np.cumsum(self._lengths)[:-1]])
        self._motion = np.concatenate([take.motion for take in takes])
        self._audio = np.concatenate([take.audio for take in takes])
        self._score = np.concatenate([_score_or_none(take) for take in takes])
        index = {name: position + 1 for position, name in enumerate(styles)}
        self._styles = np.array([index.get(take.speaker, 0) for take in takes], np.int64)

    @property
    def frames(self) -> int:
        """Return the number of frames of all takes."""
        return int(self._lengths.sum())

    def draw(self, batch: int, *, generator: np.random.Generator, rows: slice = slice(None)) -> Windows:
        """Draw random windows: a take by its length, then a start uniformly inside it; return some rows of them."""
        room = np.maximum(self._lengths - self.window, 0) + 1
        bounds = np.cumsum(room)
        ticket = whole_numbers(generator, 0, int(bounds[-1]), batch)
        ticket = ticket[rows]
        take = np.searchsorted(bounds, ticket, side="right")
        return self._gather(take, ticket - (bounds[take] - room[take]))

    def spread(self, most: int) -> Windows:
        """Return windows that lie side by side, at most so many, evenly spread over all takes: for validation."""
        pairs = [
            (take, start)
            for take, length in enumerate(self._lengths.tolist())
            for start in range(0, max(length - self.window, 0) + 1, self.window)
        ]
        places = np.linspace(0, len(pairs) - 1, min(most, len(pairs))).round().astype(np.int64)
        take, start = np.array(pairs, np.int64)[places].T
        return self._gather(take, start)

    def _gather(self, take: Int[Array, "batch"], start: Int[Array, "batch"]) -> Windows:
        inside = np.minimum(start[:, None] + np.arange(self.window), self._lengths[take][:, None] - 1)
        rows = self._starts[take][:, None] + inside
        return Windows(
            motion=self._motion[rows].astype(np.float32),
            audio=self._audio[rows].astype(np.float32),
            score=self._score[rows].astype(np.float32),
            style=self._styles[take],
            valid_frames=np.minimum(self._lengths[take], self.window),
        )


def _score_or_none(take: TakeArrays) -> Float[Array, "frames score_channels"]:
    return np.zeros((take.frames, SCORE_CHANNELS), np.float16) if take.score is None else take.score
