"""Words on the frames in which they are spoken, and the hashed letter groups that stand for a word; ours.

Beyond the paper, whose speech tower hears sound alone: a small corpus teaches prosody from sound, not meaning, while
words with times are there anyway (recognised or transcribed). Only numpy and text.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from exges_core.arrays import Array, Int
from exges_core.retrieval.word_vectors import Vocabulary
from exges_core.speech.segments import Segment
from exges_core.speech.words import Word
from exges_core.timeline import frame_at

GRAM_SIZES = (3, 4, 5)
MOST_GRAMS = 24
"""Of a word; the rest of a very long one is left out."""

READ_AS = 0.27
"""Nearness from which the speech tower reads a word as another (cosine 0.78, links counted; validation split). Below it
gestures come for words that hardly mean them: at cosine 0.7 "alive" brought the one of "very"."""


class Spoken(NamedTuple):
    """Which word is spoken at each frame of a stretch: `place` is 0 in silence, else 1 + its number in `words`."""

    words: tuple[str, ...]
    place: Int[Array, "frames"]


def plain(text: str) -> str:
    """Return a word as it is compared: lower case, letters, digits and apostrophes only; "" if nothing is left."""
    return "".join(re.findall(r"[\w']+", text.lower())).strip("'")


def spoken_frames(words: Sequence[Word], start_s: float, frames: int) -> Spoken:
    """Lay words on the frames of a stretch that begins at `start_s`; words outside it are left out.

    A word has one frame at least. Where two claim a frame, the later one has it.
    """
    place = np.zeros(frames, np.int64)
    known: dict[str, int] = {}
    first = frame_at(start_s)
    for word in words:
        text = plain(word.text)
        start = frame_at(word.start_s) - first
        stop = max(frame_at(word.end_s) - first, start + 1)
        if text and stop > 0 and start < frames:
            place[max(start, 0) : stop] = known.setdefault(text, len(known) + 1)
    return Spoken(tuple(known), place)


def spoken_of(segment: Segment, frames: int) -> Spoken:
    """Lay a segment's words on its frames; a text without word times is spread evenly."""
    words = segment.words
    if not words and segment.text:
        texts = segment.text.split()
        edges = np.linspace(segment.start_s, segment.end_s, len(texts) + 1).tolist()
        words = tuple(
            Word(text=text, start_s=start, end_s=stop)
            for text, start, stop in zip(texts, edges[:-1], edges[1:], strict=True)
        )
    return spoken_frames(words, segment.start_s, frames)


def as_known(spoken: Spoken, known: Vocabulary) -> Spoken:
    """Return a stretch with every word that the tower never learnt as the nearest in meaning that it has; ours.

    Its letter groups alone stand for an unknown word otherwise: they say how it is written, not what it means.
    """
    likeliest = [next(iter(known.near(word)), (word, 1.0)) for word in spoken.words]
    read = [
        near if nearness >= READ_AS else word for word, (near, nearness) in zip(spoken.words, likeliest, strict=True)
    ]
    return spoken._replace(words=tuple(read))


def settled(text: str, known: Vocabulary) -> frozenset[str]:
    """Return words that need no near ones in the base: the tower knows them, or none that has gestures is near.

    A base of one's own, searched by a tower whose words are not known, has none.
    """
    if not known.words:
        return frozenset()
    words = {plain(word) for word in text.split()}
    return frozenset(word for word in words if not any(near in known.telling for near, _ in known.near(word)[:1]))


@lru_cache(maxsize=65536)
def grams_of(word: str, buckets: int) -> tuple[int, ...]:
    """Return the buckets (1 .. buckets - 1) of a plain word: the whole word first, then its letter groups (fastText).

    A word never seen, or heard a little wrong, shares most letter groups with the one that was meant.
    """
    marked = f"<{word}>"
    parts = [marked, *(marked[at : at + size] for size in GRAM_SIZES for at in range(len(marked) - size + 1))]
    return tuple(1 + zlib.crc32(part.encode()) % (buckets - 1) for part in parts[:MOST_GRAMS])


def gram_table(words: Sequence[str], buckets: int) -> Int[Array, "words grams"]:
    """Return the buckets of every word, row 0 and the rest of each row 0: nothing."""
    table = np.zeros((len(words) + 1, MOST_GRAMS), np.int64)
    for row, word in enumerate(words, 1):
        grams = grams_of(word, buckets)
        table[row, : len(grams)] = grams
    return table


def merge(pieces: Sequence[Spoken]) -> tuple[tuple[str, ...], list[Int[Array, "_"]]]:
    """Return one list of words for several stretches, and their places in it."""
    known: dict[str, int] = {}
    places: list[Array] = []
    for piece in pieces:
        numbers = np.array([0, *(known.setdefault(word, len(known) + 1) for word in piece.words)], np.int64)
        places.append(numbers[piece.place])
    return tuple(known), places
