"""Forced alignment: a known text and its sound in, the time of every word out; PocketSphinx, English, any length.

The text is laid along the sound in pieces of up to half a minute, each cut at a pause. A piece may take any number of
the words that are left (every state of its grammar may end), keeps all but its last few, and the next piece goes on
from there; so time and memory grow with the length alone. How well the words fit is PocketSphinx's acoustic score per
frame relative to the best sound at that frame: about -1.7 for the right words and -4.5 to -5 for others.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from exges_core.audio.pauses import Span, speech_spans, split_at_pauses
from exges_core.audio.waveform import Waveform
from exges_core.errors import TranscriptError, message
from exges_core.protocol import OnProgress, Progress
from exges_core.speech.pronounce import phones_of, spoken_parts
from exges_core.speech.sphinx import DECODER_RATE_HZ, decode, pcm_gain, pcm_of
from exges_core.speech.words import Word, is_word
from exges_core.timeline import AUDIO_RATE_HZ

if TYPE_CHECKING:
    from pocketsphinx import Decoder

PIECE_S = 24.0
_BUSY_S = 12.0
"""The busiest stretch of so long judges all words."""
WORST_SCORE = -3.4
"""Mean log-likelihood ratio per 10 ms frame below which the words are not what is said."""
_SCORE_STEP = 1 << 10
"""PocketSphinx keeps a grammar's scores shifted by ten bits and hands them out so."""
_WIDE = {"beam": 1e-100, "pbeam": 1e-100, "wbeam": 1e-80}
"""Search widths for hard words (noise, odd pronunciations): four times the work, so only where the usual ones fail."""
_CUE_MARGINS_S = (0.2, 0.0)
_WORDS_PER_S = 6.0
_HELD_BACK = 3
_LEFT_OVER_SHARE = 0.1
_SILENT_TAIL_S = 6.0
_MIN_ALIGNABLE_SHARE = 0.5
_FILLERS = ("<", "[", "+", "(")
_ADVICE = "Check that the transcript belongs to this recording and is in English, or give one with word times."


@dataclass(frozen=True, kw_only=True)
class _Part:
    """One lexicon word of a written word."""

    said: str
    written: int


@dataclass(frozen=True, kw_only=True)
class _Placed:
    """A part with its time; `log_likelihood` is its sum over the frames."""

    part: _Part
    start_s: float
    end_s: float
    log_likelihood: float


@dataclass(kw_only=True)
class Aligner:
    """A decoder, the sound as it will hear it, and the lexicon entries added for this text."""

    waveform: Waveform
    decoder: Decoder
    gain: float
    guessed: set[str] = field(default_factory=set)

    @staticmethod
    def open(waveform: Waveform, *, is_wide: bool = False) -> Aligner:
        """Load the model."""
        return Aligner(waveform=waveform, decoder=_decoder(**(_WIDE if is_wide else {})), gain=pcm_gain(waveform))

    @staticmethod
    @contextmanager
    def borrowed(waveform: Waveform) -> Generator[Aligner]:
        """Give an aligner whose model stays loaded for the next; one that was taught words is not lent again.

        So a sound's alignment does not depend on what was aligned before.
        """
        try:
            decoder = _SPARE.pop()
            decoder.reinit_feat()  # it would go on from the mean spectrum of the sound before
        except IndexError:
            decoder = _decoder()
        aligner = Aligner(waveform=waveform, decoder=decoder, gain=pcm_gain(waveform))
        yield aligner
        if not aligner.guessed and not _SPARE:
            _SPARE.append(decoder)

    def parts_of(self, texts: Sequence[str]) -> tuple[_Part, ...]:
        """Return what is to be said, teaching the decoder the words that it lacks."""
        parts: list[_Part] = []
        for index, text in enumerate(texts):
            for said in spoken_parts(text):
                known = next((each for each in (said, said.rstrip("'")) if self.decoder.lookup_word(each)), None)
                if known is None and (phones := phones_of(said)):
                    self.decoder.add_word(said, phones, update=False)
                    self.guessed.add(said)
                    known = said
                if known is not None:
                    parts.append(_Part(said=known, written=index))
        return tuple(parts)

    def place(self, parts: Sequence[_Part], span: Span, *, all_of_them: bool) -> list[_Placed]:
        """Lay the parts, or as many of the first ones as fit, along a stretch; empty where that fails."""
        count = len(parts)
        if not count or span.duration_s < 0.05:
            return []
        chain: list[tuple[int, int, float, str]] = [(at, at + 1, 1.0, part.said) for at, part in enumerate(parts)]
        ends = [(at, count + 1, 1.0) for at in ([count] if all_of_them else range(count + 1))]
        try:
            self.decoder.add_fsg("align", self.decoder.create_fsg("align", 0, count + 1, [*chain, *ends]))
            self.decoder.activate_search("align")
            decode(self.decoder, pcm_of(self.waveform, span, self.gain))
        except RuntimeError:  # the search found no way through: the caller decides what that means
            return []
        if self.decoder.hyp() is None:
            return []
        found = [each for each in self.decoder.seg() if not each.word.startswith(_FILLERS)]
        return [
            _Placed(
                part=part,
                start_s=span.start_s + each.start_frame / DECODER_RATE_HZ,
                end_s=span.start_s + (each.end_frame + 1) / DECODER_RATE_HZ,
                log_likelihood=_SCORE_STEP * math.log(max(each.ascore, 1e-300)),
            )
            for part, each in zip(parts, found, strict=False)
        ]


_SPARE: list[Decoder] = []
"""At most one: who borrows it takes it out, so two threads never share it."""


def _decoder(**beams: float) -> Decoder:
    """Load the model; its lattice search is off, which would swap words against the grammar."""
    from pocketsphinx import Decoder

    return Decoder(loglevel="FATAL", samprate=AUDIO_RATE_HZ, lm=None, bestpath=False, **beams)


def align_text(text: str, waveform: Waveform, *, on_progress: OnProgress) -> tuple[tuple[Word, ...], tuple[str, ...]]:
    """Give every word of a text its time; returns the words and warnings (words placed between their neighbours).

    Raises:
        TranscriptError: if the text cannot be pronounced as English, or does not match the sound.
    """
    try:
        with Aligner.borrowed(waveform) as aligner:
            return _align(text, aligner, on_progress)
    except TranscriptError:  # a wider search decides whether it is the text or one hard word
        return _align(text, Aligner.open(waveform, is_wide=True), on_progress)


def _align(text: str, aligner: Aligner, on_progress: OnProgress) -> tuple[tuple[Word, ...], tuple[str, ...]]:
    waveform = aligner.waveform
    texts = merge_marks(text.split())
    parts = aligner.parts_of(texts)
    pronounced = len({part.written for part in parts})
    if pronounced < _MIN_ALIGNABLE_SHARE * len(texts):
        got = f"{pronounced} of {len(texts)}"
        do = "Give a transcript with times (SRT, TextGrid...): only English text can be aligned to sound."
        expected = "words that the English lexicon can pronounce"
        raise TranscriptError(message(expected=expected, got=got, where="the transcript", do=do))
    placed = _lay_along(aligner, parts, on_progress)
    _require_fit(placed, parts, texts, waveform)
    words, between = _written_words(texts, placed, waveform.duration_s)
    notes = [f"{between} words could not be aligned and were placed between their neighbours"] if between else []
    if aligner.guessed:
        some = ", ".join(sorted(aligner.guessed)[:5])
        notes.append(
            f"{len(aligner.guessed)} words are not in the lexicon; pronunciation guessed from spelling: {some}"
        )
    return words, tuple(notes)


def align_cue(aligner: Aligner, cue: Word) -> tuple[Word, ...]:
    """Give the words of a subtitle their times, up to 0.2 s beyond its own; empty where they do not fit there."""
    texts = merge_marks(cue.text.split())
    parts = aligner.parts_of(texts)
    end_s = aligner.waveform.duration_s
    for margin_s in _CUE_MARGINS_S:
        span = Span(start_s=max(0.0, cue.start_s - margin_s), end_s=min(cue.end_s + margin_s, end_s))
        placed = aligner.place(parts, span, all_of_them=True)
        if parts and len(placed) == len(parts) and score_of(placed) >= WORST_SCORE:
            return _written_words(texts, placed, span.end_s)[0]
    return ()


def align_between(aligner: Aligner, texts: Sequence[str], start_s: float, end_s: float) -> tuple[Word, ...]:
    """Align a few words within a stretch in which nothing else is said; empty where they do not fit."""
    parts = aligner.parts_of(texts)
    span = Span(start_s=start_s, end_s=min(end_s, aligner.waveform.duration_s))
    if len({part.written for part in parts}) < len(texts):
        return ()
    placed = aligner.place(parts, span, all_of_them=True)
    if len(placed) < len(parts) or score_of(placed) < WORST_SCORE:
        return ()
    return _written_words(texts, placed, span.end_s)[0]


def fit_of(words: Sequence[Word], waveform: Waveform) -> tuple[float, float] | None:
    """Judge timed words by the busiest stretch: (score, median shift in seconds), None where that cannot be told.

    It cannot be told where fewer than 8 words are there or a fifth of them is not in the English lexicon.
    """
    first = max(range(len(words)), key=lambda at: sum(1 for _ in _within(words, at, _BUSY_S)))
    chosen = list(_within(words, first, _BUSY_S))
    best: tuple[float, float] | None = None
    for is_wide in (False, True):  # a wider search decides whether it is the words or one hard one
        aligner = Aligner.open(waveform, is_wide=is_wide)
        parts = aligner.parts_of([word.text for word in chosen])
        known = sum(part.said not in aligner.guessed for part in parts)
        if len(chosen) < 8 or known < 0.8 * len(parts) or not parts:
            return None
        placed = _place_all_or_some(aligner, parts, chosen)
        if placed:
            shifts = sorted(abs(each.start_s - chosen[each.part.written].start_s) for each in placed)
            fit = score_of(placed), shifts[len(shifts) // 2]
            best = fit if best is None else max(best, fit)
        if len(placed) == len(parts) and score_of(placed) >= WORST_SCORE:
            break
    return best


def _place_all_or_some(aligner: Aligner, parts: Sequence[_Part], chosen: Sequence[Word]) -> list[_Placed]:
    end_s = min(aligner.waveform.duration_s, chosen[-1].end_s + 0.3)
    span = Span(start_s=max(0.0, chosen[0].start_s - 0.3), end_s=end_s)
    return aligner.place(parts, span, all_of_them=True) or aligner.place(parts, span, all_of_them=False)


def _within(words: Sequence[Word], first: int, stretch_s: float) -> Sequence[Word]:
    stop = first + 1
    while stop < len(words) and words[stop].end_s - words[first].start_s <= stretch_s:
        stop += 1
    return words[first:stop]


def score_of(placed: Sequence[_Placed]) -> float:
    """Return the mean log-likelihood ratio per frame."""
    frames = sum(each.end_s - each.start_s for each in placed) * DECODER_RATE_HZ
    return sum(each.log_likelihood for each in placed) / max(frames, 1.0)


def merge_marks(texts: Sequence[str]) -> list[str]:
    """Attach what cannot be spoken (a dash, dots) to the word before it."""
    merged: list[str] = []
    for text in texts:
        if is_word(text) or not merged:
            merged.append(text)
        else:
            merged[-1] += text
    return merged


def _lay_along(aligner: Aligner, parts: Sequence[_Part], on_progress: OnProgress) -> list[_Placed]:
    end_s = aligner.waveform.duration_s
    stops = _stops(aligner.waveform)
    placed: list[_Placed] = []
    start_s, first_stop = 0.0, 0
    while len(placed) < len(parts) and start_s < end_s - 0.05:
        on_progress(Progress(stage="words", fraction=start_s / end_s, note="alignment"))
        while first_stop < len(stops) - 1 and stops[first_stop] < start_s + PIECE_S / 2:
            first_stop += 1
        stop_s = stops[first_stop]
        is_last = stop_s >= end_s
        reach = math.ceil((stop_s - start_s) * _WORDS_PER_S) + 10
        left = parts[len(placed) : len(placed) + reach]
        span = Span(start_s=start_s, end_s=stop_s)
        got = aligner.place(left, span, all_of_them=True) if is_last and len(placed) + reach >= len(parts) else []
        got = got or aligner.place(left, span, all_of_them=False)
        if not is_last and len(got) > 2 * _HELD_BACK and len(placed) + len(got) < len(parts):
            got = got[:-_HELD_BACK]
            start_s = got[-1].end_s
        else:
            start_s = stop_s
        placed += got
    return placed


def _stops(waveform: Waveform) -> list[float]:
    """Return where pieces may end: cuts at pauses a few seconds apart, and the end."""
    return [piece.end_s for piece in split_at_pauses(waveform, longest_s=PIECE_S / 3)]


def _require_fit(placed: Sequence[_Placed], parts: Sequence[_Part], texts: Sequence[str], waveform: Waveform) -> None:
    if not placed:
        raise _mismatch("the words of the transcript", "none of them in the sound", "the transcript")
    if score_of(placed) < WORST_SCORE:
        worst = _first_bad(placed)
        where = (
            f"the transcript, word {worst.part.written + 1} ({texts[worst.part.written]!r}) near {worst.start_s:.1f} s"
        )
        raise _mismatch("what is said", f"other words (fit {score_of(placed):.1f}, at least {WORST_SCORE})", where)
    missing = len(parts) - len(placed)
    if missing > max(3, _LEFT_OVER_SHARE * len(parts)):
        where = f"the transcript, word {parts[len(placed)].written + 1} ({texts[parts[len(placed)].written]!r})"
        raise _mismatch("a transcript as long as the sound", f"{missing} words after the sound ends", where)
    tail_s = sum(max(0.0, span.end_s - max(span.start_s, placed[-1].end_s)) for span in speech_spans(waveform))
    if tail_s > max(_SILENT_TAIL_S, _LEFT_OVER_SHARE * waveform.duration_s):
        got = f"{tail_s:.0f} s of sound after the last word"
        raise _mismatch("a transcript as long as the sound", got, f"the transcript, {placed[-1].end_s:.1f} s")


def _first_bad(placed: Sequence[_Placed]) -> _Placed:
    for at in range(len(placed)):
        if score_of(placed[at : at + 8]) < WORST_SCORE:
            return placed[at]
    return placed[0]


def _mismatch(expected: str, got: str, where: str) -> TranscriptError:
    return TranscriptError(
        message(expected=expected, got=got, where=where, do=f"The transcript does not match the sound. {_ADVICE}")
    )


def _written_words(texts: Sequence[str], placed: Sequence[_Placed], end_s: float) -> tuple[tuple[Word, ...], int]:
    """Join the parts of every written word; words without parts share the time between their neighbours."""
    times: list[tuple[float, float] | None] = [None] * len(texts)
    for each in placed:
        known = times[each.part.written]
        times[each.part.written] = (each.start_s if known is None else known[0], min(each.end_s, end_s))
    between = times.count(None)
    at = 0
    while at < len(times):
        if times[at] is not None:
            at += 1
            continue
        stop = next((index for index in range(at, len(times)) if times[index] is not None), len(times))
        before, behind = times[at - 1] if at else None, times[stop] if stop < len(times) else None
        low_s = 0.0 if before is None else before[1]
        high_s = end_s if behind is None else behind[0]
        step_s = max(0.0, high_s - low_s) / (stop - at)
        for index in range(at, stop):
            times[index] = (low_s + step_s * (index - at), low_s + step_s * (index - at + 1))
        at = stop
    found = zip(texts, times, strict=True)
    return tuple(Word(text=text, start_s=time[0], end_s=time[1]) for text, time in found if time is not None), between
