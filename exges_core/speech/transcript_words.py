"""From a transcript and its sound to words with times: what it says of itself is used once it is found to fit.

Word times are used as they are, cues and plain text are aligned. Recognition without a transcript is `recognise`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from exges_core.audio.pauses import pauses
from exges_core.audio.waveform import Waveform
from exges_core.errors import TranscriptError, message
from exges_core.protocol import OnProgress, Progress
from exges_core.speech import alignment
from exges_core.speech.subtitles import spread
from exges_core.speech.words import Transcript, Word

END_TOLERANCE_S = 1.0
"""A transcript may run past the end of the sound by this much; what does is cut."""
_MOST_IN_PAUSES = 0.6
_SHIFT_WARNING_S, _SHIFT_ERROR_S = 0.3, 1.0
_MIN_WORDS_TO_JUDGE = 4


def words_of_transcript(
    waveform: Waveform, transcript: Transcript, on_progress: OnProgress
) -> tuple[tuple[Word, ...], str, tuple[str, ...]]:
    """Return a transcript's words with times, what they come from, and every doubt.

    Raises:
        TranscriptError: if the transcript does not match the sound.
    """
    if transcript.words is not None:
        words, warnings = _fitted(transcript.words, waveform, what="words")
        _require_sound_under(words, waveform)
        warnings += _judge(words, waveform)
        on_progress(Progress(stage="words", fraction=1.0, note=transcript.kind))
        return words, transcript.kind, warnings
    if transcript.cues:
        cues, warnings = _fitted(transcript.cues, waveform, what="cues")
        _require_sound_under(cues, waveform)
        words, aligned = _words_of_cues(cues, waveform, on_progress)
        if aligned < len(cues):
            warnings += (
                f"{len(cues) - aligned} of {len(cues)} cues: words placed by their length, not by their sound",
            )
        return words, transcript.kind, warnings
    words, warnings = alignment.align_text(transcript.text, waveform, on_progress=on_progress)
    return words, "alignment", warnings


def _words_of_cues(cues: Sequence[Word], waveform: Waveform, on_progress: OnProgress) -> tuple[tuple[Word, ...], int]:
    aligner = alignment.Aligner.open(waveform)
    words: list[Word] = []
    aligned = 0
    for cue in cues:
        on_progress(Progress(stage="words", fraction=cue.start_s / waveform.duration_s, note="alignment"))
        found = alignment.align_cue(aligner, cue)
        aligned += bool(found)
        texts = " ".join(alignment.merge_marks([each.replace(" ", "") for each in cue.text.split()]))
        words += found or [
            Word(text=text, start_s=start_s, end_s=end_s)
            for text, start_s, end_s in spread(texts, cue.start_s, cue.end_s)
        ]
    return _in_order(words), aligned


def _in_order(words: Sequence[Word]) -> tuple[Word, ...]:
    """Cut words where those of two cues overlap, which alignment beyond a cue's own times can cause."""
    times: list[float] = []
    for word in words:
        times += [max(word.start_s, times[-1] if times else 0.0), max(word.end_s, times[-1] if times else 0.0)]
    return tuple(
        replace(word, start_s=low, end_s=max(low, high))
        for word, low, high in zip(words, times[::2], times[1::2], strict=True)
    )


def _fitted(words: Sequence[Word], waveform: Waveform, *, what: str) -> tuple[tuple[Word, ...], tuple[str, ...]]:
    """Return the words inside the sound; a little beyond its end is cut and said so."""
    end_s = waveform.duration_s
    if words[-1].end_s > end_s + END_TOLERANCE_S:
        last = words[-1]
        raise mismatch(
            f"{what} inside {end_s:.2f} s of sound", f"{last.text!r} ending at {last.end_s:.2f} s", "its end"
        )
    kept = tuple(replace(word, end_s=min(word.end_s, end_s)) for word in words if word.start_s < end_s)
    if kept == tuple(words):
        return kept, ()
    return kept, (f"the transcript runs past the end of the sound at {end_s:.2f} s: what is beyond was cut",)


def _require_sound_under(words: Sequence[Word], waveform: Waveform) -> None:
    if len(words) < _MIN_WORDS_TO_JUDGE:
        return
    quiet = pauses(waveform)
    total_s = sum(word.end_s - word.start_s for word in words)
    in_pauses_s, first = 0.0, 0
    for word in words:
        while first < len(quiet) and quiet[first].end_s <= word.start_s:
            first += 1
        for span in quiet[first:]:
            if span.start_s >= word.end_s:
                break
            in_pauses_s += max(0.0, min(span.end_s, word.end_s) - max(span.start_s, word.start_s))
    if in_pauses_s > _MOST_IN_PAUSES * max(total_s, 1e-6):
        got = f"{in_pauses_s:.1f} of {total_s:.1f} s of it in pauses"
        raise mismatch("words where there is sound", got, "its times")


def _judge(words: Sequence[Word], waveform: Waveform) -> tuple[str, ...]:
    """Compare the words with the sound where they are English enough to tell.

    Raises:
        TranscriptError: if other words are said, or the same ones over a second away.
    """
    if len(words) < _MIN_WORDS_TO_JUDGE:
        return ()
    fit = alignment.fit_of(words, waveform)
    if fit is None:
        return ()
    score, shift_s = fit
    if score < alignment.WORST_SCORE:
        raise mismatch(
            "the words that are said", f"others (fit {score:.1f}, at least {alignment.WORST_SCORE})", "its words"
        )
    if shift_s > _SHIFT_ERROR_S:
        raise mismatch("times of this recording", f"times {shift_s:.1f} s off", "its times")
    return (f"the transcript's times are about {shift_s:.1f} s off the sound",) if shift_s > _SHIFT_WARNING_S else ()


def mismatch(expected: str, got: str, place: str) -> TranscriptError:
    """Return the error that says that a transcript and a sound do not belong together."""
    return TranscriptError(
        message(
            expected=expected,
            got=got,
            where=f"the transcript ({place})",
            do="It does not match the audio: check that both are of the same recording.",
        )
    )
