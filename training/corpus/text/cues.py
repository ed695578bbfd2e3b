"""Which words can call which gesture, and which kinds of words there are: the table `cues.toml`, read.

The mapping is many-to-many on purpose: a word may call several lexemes, and whether it calls any is up to the speaker.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

from training.corpus.tables import read_table

TABLES = Path(__file__).with_name("tables")
ACCENT_CUE = "beat_small"
"""What any accented word can call."""


@dataclass(frozen=True, kw_only=True)
class WordKinds:
    """Kinds of words, lower case.

    Attributes:
        function: carry no content, so that accents and gestures rather fall on others.
        deictic: point: content, though short.
        pronouns: point, but seldom carry the accent.
        strong: attract the phrase's accent.
        conjunctions: can begin a clause without a comma.
    """

    function: frozenset[str]
    deictic: frozenset[str]
    pronouns: frozenset[str]
    strong: frozenset[str]
    conjunctions: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class MoodWords:
    """What tells a sentence's mood: phrases that begin it (the first three), phrases and words anywhere in it."""

    greeting: tuple[str, ...]
    contrast: tuple[str, ...]
    list: tuple[str, ...]
    doubt: tuple[str, ...]
    quote: tuple[str, ...]
    appeal: tuple[str, ...]
    process: tuple[str, ...]
    negation: frozenset[str]
    emphatic: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Seldom:
    """Frequent words, and the share of times that they call their gestures at all."""

    share: float
    words: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class CueTable:
    """The table.

    Attributes:
        calls: phrases by the lexeme that they can call; a star marks the word that carries the gesture.
        seldom: words that call their gestures now and then only.
        words: kinds of words.
        moods: what tells a sentence's mood.
    """

    calls: dict[str, tuple[str, ...]]
    seldom: tuple[Seldom, ...]
    words: WordKinds
    moods: MoodWords


@functools.cache
def cue_table() -> CueTable:
    """Read the table.

    Raises:
        InputError: if it is wrong.
    """
    return read_table(TABLES / "cues.toml", CueTable)


@functools.cache
def cues_by_phrase() -> dict[str, tuple[str, ...]]:
    """Return the lexemes that each phrase can call (lower case, starred as in the table)."""
    cues: dict[str, list[str]] = {}
    for lexeme, phrases in cue_table().calls.items():
        for phrase in phrases:
            if lexeme not in cues.setdefault(phrase, []):
                cues[phrase].append(lexeme)
    return {phrase: tuple(lexemes) for phrase, lexemes in cues.items()}


@functools.cache
def share_by_word() -> dict[str, float]:
    """Return how often a frequent word calls its gestures at all; words that are not named always can."""
    return {word: seldom.share for seldom in cue_table().seldom for word in seldom.words}
