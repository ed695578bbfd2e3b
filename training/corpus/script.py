"""Records that pass between text, speech and gesture.

``text`` writes sentences, ``speech`` speaks them and finds the times, ``gesture`` acts them. Only plain data here.
"""

from __future__ import annotations

from dataclasses import dataclass

from exges_core.arrays import Array, Float

SIDES = ("left", "right")


@dataclass(frozen=True, kw_only=True)
class ScriptWord:
    """A word to be spoken.

    Attributes:
        text: spelling, without punctuation.
        cues: gesture lexemes that this word, in this context, can call (may be empty, may be several).
        is_content: noun, verb, adjective, adverb, numeral or deictic; False for function words.
        is_focus: carries the phrase's main accent.
        pause_after_s: silence the writer wants behind it (0 inside a phrase; 0.2-0.5 at commas; 0.4-1.2 at ends).
    """

    text: str
    cues: tuple[str, ...] = ()
    is_content: bool = False
    is_focus: bool = False
    pause_after_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """A sentence with its communicative function.

    `mood` is one of: statement, question, negation, doubt, list, contrast, emphatic, greeting, appeal, process, quote.
    """

    words: tuple[ScriptWord, ...]
    mood: str


@dataclass(frozen=True, kw_only=True)
class SpokenWord:
    """A word with its times in the sound (seconds from the take's start).

    `stress_s` is the onset of the vowel of its stressed syllable (start + 0.35 * duration where the engine gives none).
    `loudness` is relative to the take's mean (1 = mean); `accent` 0..1: how prominent pitch and energy make it.
    """

    text: str
    start_s: float
    end_s: float
    stress_s: float
    cues: tuple[str, ...]
    is_content: bool
    is_focus: bool
    loudness: float
    accent: float


@dataclass(frozen=True, kw_only=True)
class SpokenPhone:
    """A speech sound (ARPAbet, vowels with stress: "AH0") with its times in the sound, in seconds."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, kw_only=True)
class SpokenSentence:
    """Which words (indices [first, last]) make a sentence, and its function."""

    first: int
    last: int
    mood: str


@dataclass(frozen=True, kw_only=True)
class SpokenTake:
    """A spoken monologue: 16 kHz mono sound in [-1, 1] with the words, their times and functions.

    `phones` are its speech sounds in order, as the synthesiser tells them.
    """

    id: str
    voice: str
    samples: Float[Array, "samples"]
    words: tuple[SpokenWord, ...]
    sentences: tuple[SpokenSentence, ...]
    phones: tuple[SpokenPhone, ...] = ()

    @property
    def duration_s(self) -> float:
        """Length of the sound."""
        return len(self.samples) / 16_000


@dataclass(frozen=True, kw_only=True)
class GestureMark:
    """One gesture as it was acted: the known answer for retrieval tests.

    `hand` is left, right or both; times are those of Kendon's phases: preparation, stroke (start, end = apex), hold
    end, retraction end. `word_index` is the word it belongs to (-1 for idle behaviour). `apex_s` is where the first of
    several strokes ends (None: there is one only).
    """

    lexeme: str
    hand: str
    word_index: int
    preparation_s: float
    stroke_start_s: float
    stroke_end_s: float
    hold_end_s: float
    end_s: float
    apex_s: float | None = None
