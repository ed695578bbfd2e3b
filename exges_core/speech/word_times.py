"""Times for words that a recogniser heard: by forced alignment within each of its pieces, where that fits.

Recognisers place words poorly (Whisper's onsets are 70 to 90 ms off) or not at all (Moonshine); the alignment is 10 ms
off at the median. Where a piece cannot be aligned (another language, noise) the recogniser's own times stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from exges_core.audio.waveform import Waveform
from exges_core.protocol import OnProgress, Progress
from exges_core.speech import alignment
from exges_core.speech.words import Word

Pieces = Sequence[Sequence[Word]]


def placed(pieces: Pieces, waveform: Waveform, *, on_progress: OnProgress) -> tuple[tuple[Word, ...], int]:
    """Return all words with their times, in order, and how many pieces kept the recogniser's own times.

    A piece's words are looked for between its first start and its last end.
    """
    aligner = alignment.Aligner.open(waveform)
    wide: alignment.Aligner | None = None
    words: list[Word] = []
    unplaced = 0
    for piece in filter(None, pieces):
        on_progress(Progress(stage="words", fraction=piece[0].start_s / waveform.duration_s, note="alignment"))
        cue = Word(text=" ".join(word.text for word in piece), start_s=piece[0].start_s, end_s=piece[-1].end_s)
        times = alignment.align_cue(aligner, cue)
        if len(times) != len(piece):
            wide = wide or alignment.Aligner.open(waveform, is_wide=True)
            times = alignment.align_cue(wide, cue)
        if len(times) == len(piece):
            words += [replace(word, start_s=at.start_s, end_s=at.end_s) for word, at in zip(piece, times, strict=True)]
        else:
            words += piece
            unplaced += 1
    return in_order(words), unplaced


def in_order(words: Sequence[Word]) -> tuple[Word, ...]:
    """Cut words where those of two pieces overlap, which alignment beyond a piece's own times can cause."""
    kept: list[Word] = []
    end_s = 0.0
    for word in words:
        start_s = max(word.start_s, end_s)
        end_s = max(word.end_s, start_s)
        kept.append(replace(word, start_s=start_s, end_s=end_s))
    return tuple(kept)
