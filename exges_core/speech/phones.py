"""Phones with times: PocketSphinx aligns them inside words whose times are known; no picture of a mouth in here.

Words are laid along the sound in runs without a pause. Where the alignment leaves a word's own time, or there is none,
the dictionary's phones (or those guessed from the spelling) share the word's time by how long such phones usually are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from exges_core.audio.pauses import Span
from exges_core.audio.waveform import Waveform
from exges_core.speech.alignment import Aligner
from exges_core.speech.sphinx import DECODER_RATE_HZ, decode, pcm_of
from exges_core.speech.words import Word

_CONSONANTS = frozenset({*"BDFGKLMNPRSTVWYZ", "CH", "DH", "HH", "JH", "NG", "SH", "TH", "ZH"})
VOWELS = frozenset({"AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"})
PHONES = VOWELS | _CONSONANTS
_PAUSE_S, _LONGEST_RUN_S = 0.25, 6.0
_MARGIN_S = 0.05
_OFF_S = 0.12
"""An aligned word that begins or ends so far from its own time is another word's."""
_LEAST_S = 0.02
_VOWEL_SHARE = 1.6
"""A vowel lasts so many times as long as a consonant."""
_VARIANT = re.compile(r"\(\d+\)$")
_FILLERS = ("<", "[", "+", "SIL")


@dataclass(frozen=True, kw_only=True)
class Phone:
    """A phone of CMU's set and its time in the sound; `word` is the index of its word."""

    name: str
    start_s: float
    end_s: float
    word: int

    @property
    def is_vowel(self) -> bool:
        """Return whether it is one."""
        return self.name in VOWELS


@dataclass(frozen=True, kw_only=True)
class Pronounced:
    """The phones of a speech.

    Attributes:
        phones: in order.
        aligned: how many words were aligned to the sound.
        spread: how many share their time out among their phones.
        unknown: indices of the words that no English letter is in.
    """

    phones: tuple[Phone, ...] = ()
    aligned: int = 0
    spread: int = 0
    unknown: tuple[int, ...] = ()


def pronounce(words: Sequence[Word], waveform: Waveform) -> Pronounced:
    """Give the phones of words their times; about 0.02 s of work per second of speech."""
    if not words:
        return Pronounced()
    with Aligner.borrowed(waveform) as aligner:
        return _pronounced(words, aligner)


def _pronounced(words: Sequence[Word], aligner: Aligner) -> Pronounced:
    phones, aligned, spread, unknown = list[Phone](), 0, 0, list[int]()
    for run in _runs(words):
        said = {index: _said(aligner, words[index].text) for index in run}
        found = _aligned(aligner, words, {index: parts for index, parts in said.items() if parts})
        for index in run:
            if not said[index]:
                unknown.append(index)
            elif index in found:
                aligned += 1
                phones += found[index]
            else:
                spread += 1
                phones += _spread(aligner, said[index], index, words[index])
    return Pronounced(phones=tuple(phones), aligned=aligned, spread=spread, unknown=tuple(unknown))


def _runs(words: Sequence[Word]) -> Iterator[range]:
    """Yield stretches of words without a pause, none longer than the search is sure of."""
    first = 0
    for index in range(1, len(words) + 1):
        is_over = index == len(words) or (
            words[index].start_s - words[index - 1].end_s > _PAUSE_S
            or words[index].end_s - words[first].start_s > _LONGEST_RUN_S
        )
        if is_over:
            yield range(first, index)
            first = index


def _said(aligner: Aligner, text: str) -> tuple[str, ...]:
    return tuple(part.said for part in aligner.parts_of((text,)))


def _aligned(aligner: Aligner, words: Sequence[Word], said: dict[int, tuple[str, ...]]) -> dict[int, list[Phone]]:
    """Return the phones of the words of a run that were found where those words are."""
    if not said:
        return {}
    first, last = words[min(said)], words[max(said)]
    end_s = min(last.end_s + _MARGIN_S, aligner.waveform.duration_s)
    span = Span(start_s=max(0.0, first.start_s - _MARGIN_S), end_s=end_s)
    entries = _entries(aligner, " ".join(part for parts in said.values() for part in parts), span)
    found: dict[int, list[Phone]] = {}
    at = 0
    for index, parts in said.items():
        phones = [phone for entry in entries[at : at + len(parts)] for phone in entry]
        at += len(parts)
        placed = [Phone(name=name, start_s=start_s, end_s=end_s, word=index) for name, start_s, end_s in phones]
        if placed and at <= len(entries) and _is_where(placed, words[index]):
            found[index] = _within(placed, words[index])
    return found


def _entries(aligner: Aligner, text: str, span: Span) -> list[list[tuple[str, float, float]]]:
    """Return for each word (name, start, end) of its phones; empty where the search finds no way through."""
    decoder = aligner.decoder
    if span.duration_s < _MARGIN_S:
        return []
    pcm = pcm_of(aligner.waveform, span, aligner.gain)
    try:
        decoder.set_align_text(text)
        decode(decoder, pcm)
        decoder.set_alignment()
        decode(decoder, pcm)
    except RuntimeError:  # nothing was lost: the caller spreads the phones of these words
        return []
    return [
        [
            (
                phone.name,
                span.start_s + phone.start / DECODER_RATE_HZ,
                span.start_s + (phone.start + phone.duration) / DECODER_RATE_HZ,
            )
            for phone in entry
        ]
        for entry in decoder.get_alignment()
        if not _VARIANT.sub("", entry.name).startswith(_FILLERS)
    ]


def _is_where(phones: Sequence[Phone], word: Word) -> bool:
    return abs(phones[0].start_s - word.start_s) <= _OFF_S and abs(phones[-1].end_s - word.end_s) <= _OFF_S


def _within(phones: Sequence[Phone], word: Word) -> list[Phone]:
    """Return phones inside their word, which a silence at its edge may have been added to."""
    low_s, high_s = word.start_s - _LEAST_S, word.end_s + _LEAST_S
    times = [(min(max(each.start_s, low_s), high_s), max(min(each.end_s, high_s), low_s)) for each in phones]
    return [
        Phone(name=each.name, start_s=start_s, end_s=end_s, word=each.word)
        for each, (start_s, end_s) in zip(phones, times, strict=True)
        if end_s > start_s
    ]


def _spread(aligner: Aligner, parts: Sequence[str], index: int, word: Word) -> list[Phone]:
    """Return a word's phones, each with its usual share of the word's time."""
    names = [name for part in parts for name in (aligner.decoder.lookup_word(part) or "").split()]
    shares = [_VOWEL_SHARE if name in VOWELS else 1.0 for name in names]
    step_s = max(word.end_s - word.start_s, 0.0) / max(sum(shares), 1.0)
    phones: list[Phone] = []
    start_s = word.start_s
    for name, share in zip(names, shares, strict=True):
        phones.append(Phone(name=name, start_s=start_s, end_s=start_s + share * step_s, word=index))
        start_s += share * step_s
    return phones
