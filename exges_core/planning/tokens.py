"""What a planner hears: one token a word, or where no words are known, one a syllable; numbers about each.

Words' texts and times and the sound's prosody alone; nothing about gestures in here, and no network.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from exges_core.arrays import Array, Float, Int
from exges_core.audio.accents import accents_s, prominence
from exges_core.audio.features import ENERGY, LOG_F0, ONSET, VOICEDNESS, energy_db_of, semitones_of
from exges_core.retrieval.word_vectors import WordVectors, shipped
from exges_core.signals.filters import gaussian
from exges_core.signals.peaks import peaks_of
from exges_core.speech.words import Word
from exges_core.timeline import MOTION_RATE_HZ

CLAUSE_PAUSE_S = 0.22
"""A silence of this length ends a clause."""
LONG_PAUSE_S = 0.5
SCALARS = 49
"""Numbers that describe a token."""
VECTOR_SIZE = 50
_SPEECH_DB = 30.0
_NUCLEUS_DB, _NUCLEUS_RISE_DB, _NUCLEI_APART_S = 18.0, 2.0, 0.13
_NUCLEUS_REACH_S = 0.2
_VOWELS = re.compile(r"[aeiouyäöüàâéèêëíìîïóòôúùûœæø]+")
_AROUND = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Tokens:
    """A take's tokens in order; arrays have one entry each.

    Attributes:
        texts: the words, lower case, without punctuation; "" for a syllable without words.
        word: index of the word; -1 for a syllable without words.
        start_s, end_s: in seconds.
        anchor_s: about where the stress is: gestures are timed about it.
        clause_end_s: where the words up to the next pause end.
        scalars: `SCALARS` numbers of about unit size.
        vectors: of the words' meanings; zeros where a word has none.
        duration_s: of the take.
    """

    texts: tuple[str, ...]
    word: Int[Array, "tokens"]
    start_s: Float[Array, "tokens"]
    end_s: Float[Array, "tokens"]
    anchor_s: Float[Array, "tokens"]
    clause_end_s: Float[Array, "tokens"]
    scalars: Float[Array, "tokens scalars"]
    vectors: Float[Array, "tokens size"]
    duration_s: float

    def __len__(self) -> int:
        """Return their number."""
        return len(self.texts)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Courses:
    """A sound's prosody per frame, about the take's own mean."""

    loud: Array
    high: Array
    is_voiced: Array
    voiced: Array
    stands_out: Array
    onset: Array
    accents: Array

    @classmethod
    def of(cls, features: Array) -> _Courses:
        energy_db = energy_db_of(features[:, ENERGY].astype(np.float64))
        is_speech = energy_db > np.percentile(energy_db, 95) - _SPEECH_DB
        is_voiced = features[:, LOG_F0] > 0
        pitch = semitones_of(features[:, LOG_F0].astype(np.float64))
        usual = float(np.median(pitch[is_voiced])) if is_voiced.any() else 0.0
        return cls(
            loud=gaussian((energy_db - energy_db[is_speech].mean()) / 8.0, 1.0),
            high=np.where(is_voiced, (pitch - usual) / 4.0, 0.0),
            is_voiced=is_voiced.astype(np.float64),
            voiced=features[:, VOICEDNESS].astype(np.float64),
            stands_out=prominence(features),
            onset=features[:, ONSET].astype(np.float64),
            accents=accents_s(features),
        )


def tokens_of(words: Sequence[Word], features: Float[Array, "frames 84"]) -> Tokens:
    """Return a take's tokens: its words or, if it has none, the syllables found in its sound's energy.

    Args:
        words: with times in seconds of the take; words outside the sound are left out.
        features: of its sound.
    """
    duration_s = len(features) / MOTION_RATE_HZ
    if len(features) < 3:
        return _none(duration_s)
    courses = _Courses.of(features)
    if words:
        kept = [(n, each) for n, each in enumerate(words) if each.start_s < duration_s - 1 / MOTION_RATE_HZ]
        number = np.array([n for n, _ in kept], np.int64)
        texts = tuple(spelling(each.text) for _, each in kept)
        spans = np.array([(each.start_s, min(each.end_s, duration_s)) for _, each in kept]).reshape(-1, 2)
    else:
        spans = _syllables(courses)
        number, texts = np.full(len(spans), -1, np.int64), ("",) * len(spans)
    if not len(spans):
        return _none(duration_s)
    return _described(texts, number, spans, courses, duration_s, shipped())


def spelling(text: str) -> str:
    """Return a word as vocabularies have it: lower case, no punctuation around it, straight apostrophes."""
    return re.sub(r"^\W+|\W+$", "", text.lower().replace("\u2019", "'"))


def nearest_s(times_s: Array, others_s: Array) -> Float[Array, "times"]:
    """Return how far each instant is from the nearest of others (in order); infinite without any."""
    if not len(others_s):
        return np.full(len(times_s), np.inf)
    after = np.searchsorted(others_s, times_s)
    before, behind = others_s[np.maximum(after - 1, 0)], others_s[np.minimum(after, len(others_s) - 1)]
    return np.minimum(np.abs(times_s - before), np.abs(times_s - behind))


def _none(duration_s: float) -> Tokens:
    none = np.zeros(0)
    return Tokens(
        texts=(),
        word=np.zeros(0, np.int64),
        start_s=none,
        end_s=none,
        anchor_s=none,
        clause_end_s=none,
        scalars=np.zeros((0, SCALARS), np.float32),
        vectors=np.zeros((0, VECTOR_SIZE), np.float32),
        duration_s=duration_s,
    )


def _syllables(courses: _Courses) -> Array:
    """Return spans about the peaks of energy, from dip to dip."""
    db = 8.0 * courses.loud
    apart = max(1, round(_NUCLEI_APART_S * MOTION_RATE_HZ))
    peaks = peaks_of(db, height=-_NUCLEUS_DB, prominence=_NUCLEUS_RISE_DB, apart=apart)
    peaks = peaks[courses.is_voiced[peaks] > 0]
    dips = [int(a + np.argmin(db[a:b])) for a, b in pairwise(peaks.tolist())]
    reach = round(_NUCLEUS_REACH_S * MOTION_RATE_HZ)
    starts = np.maximum(peaks - reach, np.array([0, *dips])[: len(peaks)])
    ends = np.minimum(peaks + reach, np.array([*dips, len(db)])[-len(peaks) :] if len(peaks) else peaks)
    return np.stack([starts, ends], axis=1) / MOTION_RATE_HZ


def _described(
    texts: tuple[str, ...],
    number: Array,
    spans: Array,
    courses: _Courses,
    duration_s: float,
    known: WordVectors,
) -> Tokens:
    start_s, end_s = spans[:, 0], spans[:, 1]
    frames = np.clip(np.round(spans * MOTION_RATE_HZ).astype(np.int64), 0, len(courses.loud))
    first = np.minimum(frames[:, 0], len(courses.loud) - 1)
    last = np.maximum(frames[:, 1], first + 1)
    peak_s = np.array([a + np.argmax(courses.loud[a:b]) for a, b in zip(first, last, strict=True)]) / MOTION_RATE_HZ
    # Of what energy alone can tell, half way to the word's loudest instant is nearest to the vowel's onset.
    anchor_s = np.clip((start_s + peak_s) / 2, start_s, end_s)
    has_vector = np.array([text in known for text in texts])
    vectors = np.zeros((len(texts), VECTOR_SIZE), np.float32)
    if has_vector.any():
        vectors[has_vector] = known.of([text for text in texts if text in known])
    clause, clause_end_s = _clauses(start_s, end_s)
    sound = _sound(courses, first, last, clause)
    columns = [
        *_length(texts, start_s, end_s, has_vector),
        *sound,
        *_standardised([*sound, _slowness(texts, start_s, end_s)]),
        *_stress(courses.accents, start_s, peak_s, anchor_s),
        *_place(start_s, end_s, clause, clause_end_s, duration_s),
    ]
    return Tokens(
        texts=texts,
        word=number,
        start_s=start_s,
        end_s=end_s,
        anchor_s=anchor_s,
        clause_end_s=clause_end_s,
        scalars=np.stack(columns, axis=1).astype(np.float32),
        vectors=vectors,
        duration_s=duration_s,
    )


def _clauses(start_s: Array, end_s: Array) -> tuple[Array, Array]:
    """Return of each token the number of its clause, and when that ends."""
    is_new = np.concatenate([[True], start_s[1:] - end_s[:-1] >= CLAUSE_PAUSE_S])
    clause = np.cumsum(is_new) - 1
    lasts = np.concatenate([np.flatnonzero(is_new)[1:] - 1, [len(start_s) - 1]])
    return clause, end_s[lasts][clause]


def _length(texts: tuple[str, ...], start_s: Array, end_s: Array, has_vector: Array) -> list[Array]:
    letters = np.array([len(text) for text in texts], np.float64)
    syllables = np.array([max(1, len(_VOWELS.findall(text))) for text in texts], np.float64)
    log_length = np.log(np.maximum(end_s - start_s, 0.03) / 0.25)
    return [log_length, letters / 6, syllables / 2, letters > 0, has_vector]


def _slowness(texts: tuple[str, ...], start_s: Array, end_s: Array) -> Array:
    """Return the logarithm of the time a letter takes."""
    letters = np.array([max(len(text), 2) for text in texts], np.float64)
    return np.log(np.maximum(end_s - start_s, 0.03) / letters)


def _standardised(columns: Sequence[Array]) -> list[Array]:
    """Return columns about the take's mean in its standard deviations: what is loud for this speaker, not for all."""
    return [np.clip((each - each.mean()) / max(float(each.std()), 1e-3), -4.0, 4.0) for each in columns]


def _sound(courses: _Courses, first: Array, last: Array, clause: Array) -> list[Array]:
    count = last - first

    def most(course: Array) -> Array:
        return _reduced(np.maximum, course, first, last)

    def total(course: Array) -> Array:
        return _reduced(np.add, course, first, last)

    voiced_frames = np.maximum(total(courses.is_voiced), 1.0)
    mean_high = total(courses.high) / voiced_frames
    middle = np.maximum((first + last) // 2, first + 1)
    before = _reduced(np.add, courses.high, first, middle) / np.maximum(
        _reduced(np.add, courses.is_voiced, first, middle), 1.0
    )
    loud, stands_out = most(courses.loud), most(courses.stands_out)
    return [
        total(courses.loud) / count,
        loud,
        mean_high,
        most(np.where(courses.is_voiced > 0, courses.high, -2.0)).clip(-2.0, 4.0),
        mean_high - before,
        total(courses.voiced) / count,
        stands_out,
        total(courses.stands_out) / count,
        most(courses.onset),
        loud - _around(loud),
        _rank(stands_out, clause),
        _rank(loud, clause),
    ]


def _stress(accents: Array, start_s: Array, peak_s: Array, anchor_s: Array) -> list[Array]:
    off_s = np.minimum(nearest_s(peak_s, accents), 1.0)
    return [np.exp(-off_s / 0.1), np.exp(-off_s / 0.3), (peak_s - start_s) / 0.3, (anchor_s - start_s) / 0.15]


def _place(start_s: Array, end_s: Array, clause: Array, clause_end_s: Array, duration_s: float) -> list[Array]:
    gaps = np.maximum(start_s[1:] - end_s[:-1], 0.0)
    before, after = np.concatenate([[max(start_s[0], 1.0)], gaps]), np.concatenate([gaps, [1.0]])
    firsts = np.searchsorted(clause, clause)
    lasts = np.searchsorted(clause, clause, side="right") - 1
    place = np.arange(len(clause))
    length_s = np.maximum(clause_end_s - start_s[firsts], 0.1)
    return [
        *(np.log1p(pause / 0.2) for pause in (before, after)),
        *(pause >= bound for bound in (CLAUSE_PAUSE_S, LONG_PAUSE_S) for pause in (before, after)),
        np.log1p(start_s - start_s[firsts]),
        np.log1p(np.maximum(clause_end_s - end_s, 0.0)),
        (place - firsts) / 8,
        (lasts - place) / 8,
        (lasts - firsts + 1) / 10,
        np.minimum(start_s, 10.0) / 10,
        np.clip(duration_s - end_s, 0.0, 10.0) / 10,
        (lasts - firsts + 1) / length_s / 4,
        np.full(len(place), len(place) / max(float((end_s - start_s).sum()), 0.3) / 4),
    ]


def _reduced(how: np.ufunc, course: Array, first: Array, last: Array) -> Array:
    """Return a reduction over [first, last) of each token; `reduceat` needs one frame behind the last."""
    edges = np.stack([first, last], axis=1).ravel()
    return how.reduceat(np.append(course, course[-1]), edges)[::2]


def _around(values: Array) -> Array:
    """Return the mean of each value's neighbours, three on either side."""
    kernel = np.ones(2 * _AROUND + 1)
    total = np.convolve(values, kernel, "full")[_AROUND:-_AROUND] - values
    count = np.convolve(np.ones(len(values)), kernel, "full")[_AROUND:-_AROUND] - 1
    return np.where(count > 0, total / np.maximum(count, 1), values)


def _rank(values: Array, clause: Array) -> Array:
    """Return where each value stands in its clause: 1 = the highest."""
    order = np.lexsort((values, clause))
    firsts = np.searchsorted(clause, clause)
    sizes = np.searchsorted(clause, clause, side="right") - firsts
    rank = np.empty(len(values))
    rank[order] = np.arange(len(values))
    return (rank - firsts + 1) / sizes
