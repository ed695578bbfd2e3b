"""How sentences are said: pace, register, which words are lengthened and lifted. No sound here.

Talk is quicker and higher where a paragraph starts and falls to its end; the focus of a clause is longer, louder and
higher, its last word longer, function words shorter. The numbers are ours, of the size phoneticians report (pitch
accents of 2-4 semitones, final lengthening by a tenth or two, declination of 1-2 semitones).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exges_core.arrays import Array, whole_number
from training.corpus.script import Sentence
from training.corpus.speech.prosody import Shape
from training.corpus.speech.rendering import WordTimes

TAKE_RATE, SENTENCE_RATE = (0.0, 0.05), (0.0, 0.05)
PARAGRAPH_PAUSE_S = 1.2
PARAGRAPH_SENTENCES = (3, 7)
PARAGRAPH_SEMITONES = (1.2, -1.0)
SENTENCE_SEMITONES = (0.5, -0.5)
FOCUS_SEMITONES, FOCUS_STRETCH = (1.6, 3.6), (1.08, 1.28)
FINAL_SEMITONES, QUESTION_SEMITONES = -1.0, 1.5
FINAL_STRETCH = (1.04, 1.18)
FUNCTION_STRETCH = 0.96
MOOD_RATE = {"emphatic": 0.97, "doubt": 0.95, "negation": 0.98, "list": 0.98, "quote": 1.02}
MOOD_SEMITONES = {"emphatic": 0.7, "question": 0.5, "greeting": 0.7, "doubt": -0.3, "quote": 0.5}
_LEAST_S = 0.004


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """How one sentence is said: its rate (1 = as the voice does) and its register (semitones above the voice's)."""

    rate: float
    semitones: float


def deliveries(sentences: Sequence[Sentence], generator: np.random.Generator) -> list[Delivery]:
    """Draw how a monologue's sentences are said, paragraph by paragraph."""
    take_rate = float(np.exp(generator.normal(*TAKE_RATE)))
    drawn: list[Delivery] = []
    length, place = whole_number(generator, *PARAGRAPH_SENTENCES), 0
    for sentence in sentences:
        first, last = PARAGRAPH_SEMITONES
        semitones = first + (last - first) * min(place / max(length - 1, 1), 1.0)
        semitones += MOOD_SEMITONES.get(sentence.mood, 0.0) + float(generator.normal(0.0, 0.45))
        rate = take_rate * MOOD_RATE.get(sentence.mood, 1.0) * float(np.exp(generator.normal(*SENTENCE_RATE)))
        drawn.append(Delivery(rate=rate, semitones=semitones))
        place += 1
        if place >= length or sentence.words[-1].pause_after_s >= PARAGRAPH_PAUSE_S:
            length, place = whole_number(generator, *PARAGRAPH_SENTENCES), 0
    return drawn


def shape_of(
    sentence: Sentence, words: Sequence[WordTimes], delivery: Delivery, generator: np.random.Generator
) -> Shape:
    """Return how the sound of a sentence is to be reshaped, from its words' times in it."""
    stretches = _stretches(sentence, generator)
    old, new = [words[0].start_s], [words[0].start_s]
    for word, stretch in zip(words, stretches, strict=True):
        for time_s, factor in ((word.start_s, 1.0), (word.end_s, stretch)):
            step_s = time_s - old[-1]
            if step_s > _LEAST_S:
                new.append(new[-1] + factor * step_s)
                old.append(time_s)
    pitch_at_s, semitones = _contour(sentence, words, delivery, generator)
    return Shape(old_s=np.array(old), new_s=np.array(new), pitch_at_s=pitch_at_s, pitch_semitones=semitones)


def _stretches(sentence: Sentence, generator: np.random.Generator) -> list[float]:
    drawn: list[float] = []
    for word in sentence.words:
        stretch = float(np.exp(generator.normal(0.0, 0.05)))
        focus, final = float(generator.uniform(*FOCUS_STRETCH)), float(generator.uniform(*FINAL_STRETCH))
        stretch *= focus if word.is_focus else 1.0 if word.is_content else FUNCTION_STRETCH
        drawn.append(stretch * (final if word.pause_after_s > 0 else 1.0))
    return drawn


def _contour(
    sentence: Sentence, words: Sequence[WordTimes], delivery: Delivery, generator: np.random.Generator
) -> tuple[Array, Array]:
    """Return the pitch change: register, declination, a bump on every focus, the end's fall or rise."""
    start_s, end_s = words[0].start_s, max(words[-1].end_s, words[0].start_s + 0.05)
    times_s = np.arange(start_s, end_s + 0.02, 0.02)
    share = np.clip((times_s - start_s) / (end_s - start_s), 0.0, 1.0)
    high, low = SENTENCE_SEMITONES
    semitones = delivery.semitones + high + (low - high) * share
    for written, word in zip(sentence.words, words, strict=True):
        lift = float(generator.uniform(*FOCUS_SEMITONES)) if written.is_focus else float(generator.normal(0.0, 0.3))
        width_s = max(0.75 * (word.end_s - word.start_s), 0.12)
        centre_s = word.stress_s + 0.05
        semitones += lift * 0.5 * (1 + np.cos(np.pi * np.clip((times_s - centre_s) / width_s, -1.0, 1.0)))
    final = QUESTION_SEMITONES if sentence.mood == "question" else FINAL_SEMITONES
    semitones += final * np.clip((times_s - (end_s - 0.3)) / 0.3, 0.0, 1.0)
    return times_s, semitones
