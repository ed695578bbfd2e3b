"""From a transcript and its sound to words with times: what it says of itself is used once it is found to fit.

Word times are used as they are, cues and plain text are aligned. Recognition without a transcript is `recognise`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from exges_core.audio.pauses import Span, pauses
from exges_core.audio.waveform import Waveform
from exges_core.errors import TranscriptError, message
from exges_core.protocol import OnProgress, Progress
from exges_core.speech import alignment
from exges_core.speech.captions import interleaved, lanes_of
from exges_core.speech.units import is_spaceless
from exges_core.speech.untimed import spread
from exges_core.speech.word_times import in_order
from exges_core.speech.words import Transcript, Word, is_word

END_TOLERANCE_S = 1.0
"""A transcript may run past the end of the sound by this much; what does is cut."""
_MOST_IN_PAUSES = 0.6
_SHIFT_WARNING_S, _SHIFT_ERROR_S = 0.3, 1.0
_MIN_WORDS_TO_JUDGE = 4
_WHERE = "the transcript (its times)"
_GAP_S = 0.2
_LEAST_SOUNDING = 0.2
_REACH_S = 0.5
"""How far from the first or last word with a time one without is looked for."""


def words_of_transcript(
    waveform: Waveform, transcript: Transcript, on_progress: OnProgress
) -> tuple[tuple[Word, ...], str, tuple[str, ...]]:
    """Return a transcript's words with times, what they come from, and every doubt.

    Raises:
        TranscriptError: if the transcript does not match the sound.
    """
    if transcript.words is not None:
        words, warnings = _fitted(transcript.words, waveform, what="words", is_open=transcript.is_end_open)
        _require_sound_under(words, waveform)
        words, said = _with_untimed(words, transcript.untimed, waveform)
        warnings += said + _judge(words, waveform, is_lenient=transcript.has_overlap)
        on_progress(Progress(stage="words", fraction=1.0, note=transcript.kind))
        return words, transcript.kind, transcript.warnings + warnings
    if transcript.cues:
        cues, warnings = _fitted(transcript.cues, waveform, what="cues", is_open=transcript.is_end_open)
        _require_sound_under(cues, waveform)
        found = _aligned_whole(cues, transcript, waveform, on_progress)
        words, said = found or _words_of_cues(cues, waveform, on_progress)
        return words, transcript.kind, transcript.warnings + warnings + said
    words, warnings = alignment.align_text(transcript.text, waveform, on_progress=on_progress)
    return _of_chosen(words, transcript), "alignment", transcript.warnings + warnings


def _aligned_whole(
    cues: Sequence[Word], transcript: Transcript, waveform: Waveform, on_progress: OnProgress
) -> tuple[tuple[Word, ...], tuple[str, ...]] | None:
    """Lay the text of cues with rough times along the whole sound, which is surer; None where it does not fit."""
    if not transcript.is_coarse or transcript.has_overlap or is_spaceless(transcript.text):
        return None
    try:
        return alignment.align_text(" ".join(cue.text for cue in cues), waveform, on_progress=on_progress)
    except TranscriptError:  # another language, or parts of the sound are not written: its times help then
        return None


def _of_chosen(words: tuple[Word, ...], transcript: Transcript) -> tuple[Word, ...]:
    """Keep the words of the speaker who was asked for, of a text that was aligned whole."""
    if not transcript.is_chosen:
        return words
    tokens = transcript.text.split()
    # Alignment joins marks to the word before them.
    begins = [at for at, token in enumerate(tokens) if is_word(token) or at == 0]
    return tuple(word for word, at in zip(words, begins, strict=True) if transcript.is_chosen[at])


def _words_of_cues(
    cues: Sequence[Word], waveform: Waveform, on_progress: OnProgress
) -> tuple[tuple[Word, ...], tuple[str, ...]]:
    """Align each cue's words within its time, or spread them over the sound in it; overlapping speakers are merged."""
    aligner = alignment.Aligner.open(waveform) if not all(is_spaceless(cue.text) for cue in cues) else None
    quiet = pauses(waveform, at_least_s=_GAP_S)
    found: list[tuple[Word, ...]] = []
    by_length = {True: 0, False: 0}
    for cue in cues:
        on_progress(Progress(stage="words", fraction=cue.start_s / waveform.duration_s, note="alignment"))
        words = () if aligner is None or is_spaceless(cue.text) else alignment.align_cue(aligner, cue)
        if not words:
            by_length[is_spaceless(cue.text)] += 1
            words = _spread_over_sound(cue, quiet)
        found.append(words)
    lanes = [in_order([word for at in lane for word in found[at]]) for lane in lanes_of(cues)]
    warnings: list[str] = []
    if by_length[True]:
        warnings.append(
            f"{by_length[True]} of {len(cues)} cues are written without spaces: their characters, placed by length and"
            " pauses, count as words"
        )
    if by_length[False]:
        warnings.append(
            f"in {by_length[False]} of {len(cues)} cues words are placed by their length, not aligned to the sound"
        )
    return (lanes[0] if len(lanes) == 1 else interleaved(lanes)[0]), tuple(warnings)


def _spread_over_sound(cue: Word, quiet: Sequence[Span]) -> tuple[Word, ...]:
    """Divide the sounding part of a cue's time among its words by their length."""
    inside = [
        Span(start_s=max(cue.start_s, span.start_s), end_s=min(cue.end_s, span.end_s))
        for span in quiet
        if span.end_s > cue.start_s and span.start_s < cue.end_s
    ]
    sounding_s = cue.end_s - cue.start_s - sum(span.duration_s for span in inside)
    if sounding_s < _LEAST_SOUNDING * (cue.end_s - cue.start_s):  # too little to hold the words: pauses are mistaken
        inside, sounding_s = [], cue.end_s - cue.start_s
    texts = " ".join(alignment.merge_marks(cue.text.split()))
    return tuple(
        Word(text=text, start_s=_at(low_s, inside, cue, is_start=True), end_s=_at(high_s, inside, cue, is_start=False))
        for text, low_s, high_s in spread(texts, 0.0, sounding_s)
    )


def _at(sounding_s: float, quiet: Sequence[Span], cue: Word, *, is_start: bool) -> float:
    """Return the instant at which so much of a cue has sounded; a word starts after a pause and ends before it."""
    time_s = cue.start_s + sounding_s
    for span in quiet:
        if time_s < span.start_s - 1e-6 or (not is_start and time_s < span.start_s + 1e-6):
            break
        time_s += span.duration_s
    return min(time_s, cue.end_s)


def _with_untimed(
    words: Sequence[Word], untimed: Sequence[int], waveform: Waveform
) -> tuple[tuple[Word, ...], tuple[str, ...]]:
    """Align words without times of their own to the sound between their neighbours; where that fails they stay."""
    found = list(words)
    indices = [at for at in untimed if at < len(found)]
    if not indices:
        return tuple(found), ()
    aligner = alignment.Aligner.open(waveform)
    aligned = 0
    for first, stop in _runs(indices):
        low_s = found[first - 1].end_s if first else max(0.0, found[first].start_s - _REACH_S)
        high_s = found[stop].start_s if stop < len(found) else found[stop - 1].end_s + _REACH_S
        placed = alignment.align_between(aligner, [word.text for word in found[first:stop]], low_s, high_s)
        if placed:
            aligned += stop - first
            found[first:stop] = [
                replace(word, start_s=time.start_s, end_s=time.end_s)
                for word, time in zip(found[first:stop], placed, strict=True)
            ]
    rest = len(indices) - aligned
    how = [f"aligned to the sound: {aligned}"] if aligned else []
    how += [f"placed between their neighbours: {rest}"] if rest else []
    return tuple(found), (f"words without times: {len(indices)} ({', '.join(how)})",)


def _runs(indices: Sequence[int]) -> list[tuple[int, int]]:
    """Return runs [first, stop) of consecutive indices."""
    runs: list[tuple[int, int]] = []
    for at in indices:
        if runs and runs[-1][1] == at:
            runs[-1] = (runs[-1][0], at + 1)
        else:
            runs.append((at, at + 1))
    return runs


def _fitted(
    words: Sequence[Word], waveform: Waveform, *, what: str, is_open: bool
) -> tuple[tuple[Word, ...], tuple[str, ...]]:
    """Return the words inside the sound; a little beyond its end is cut and said so, but for an assumed end."""
    end_s = waveform.duration_s
    if is_open and words[-1].start_s < end_s < words[-1].end_s:
        words = (*words[:-1], replace(words[-1], end_s=end_s))
    if words[0].start_s > end_s + END_TOLERANCE_S:
        do = "Its times start from somewhere else (a timecode, a time of day): shift them to start with the sound."
        got = f"the first at {words[0].start_s:.2f} s"
        raise TranscriptError(message(expected=f"{what} inside {end_s:.2f} s of sound", got=got, where=_WHERE, do=do))
    last = max(words, key=lambda word: word.end_s)
    if last.end_s > end_s + END_TOLERANCE_S:
        raise mismatch(
            f"{what} inside {end_s:.2f} s of sound", f"{last.text!r} ending at {last.end_s:.2f} s", "its end"
        )
    kept = tuple(replace(word, end_s=min(word.end_s, end_s)) for word in words if word.start_s < end_s)
    if kept == tuple(words):
        return kept, ()
    return kept, (f"the transcript runs past the end of the sound at {end_s:.2f} s; the rest was cut",)


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


def _judge(words: Sequence[Word], waveform: Waveform, *, is_lenient: bool) -> tuple[str, ...]:
    """Compare the words with the sound where they are English enough to tell; `is_lenient` only warns.

    Raises:
        TranscriptError: if other words are said, or the same ones over a second away.
    """
    if len(words) < _MIN_WORDS_TO_JUDGE:
        return ()
    fit = alignment.fit_of(words, waveform)
    if fit is None:
        return ()
    score, shift_s = fit
    if score < alignment.WORST_SCORE and is_lenient:
        return (f"cannot tell whether the words match the sound (fit {score:.1f}): speakers overlap",)
    if score < alignment.WORST_SCORE:
        raise mismatch(
            "the words of this sound", f"other words (fit {score:.1f}, at least {alignment.WORST_SCORE})", "its words"
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
            do="The transcript does not match the sound: check that both are of the same recording.",
        )
    )
