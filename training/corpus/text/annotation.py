"""Annotate any English sentence: which gestures its words can call, where accents and pauses lie.

The rules are here, the words in `cues`. Nothing is drawn by chance.
"""

from __future__ import annotations

import functools
import re

import numpy as np

from training.corpus.script import ScriptWord, Sentence
from training.corpus.text import cues

COMMA_PAUSE_S, END_PAUSE_S = 0.3, 0.7
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+")
_LONG_CLAUSE, _SHORT_CLAUSE = 4, 3
"""A clause of at least 4 words ends before a conjunction that 3 or more words follow."""


@functools.cache
def _phrases() -> dict[tuple[str, ...], tuple[int, tuple[str, ...]]]:
    """Return the cue table by words: which word carries the gesture, and the lexemes."""
    table: dict[tuple[str, ...], tuple[int, tuple[str, ...]]] = {}
    for phrase, lexemes in cues.cues_by_phrase().items():
        parts = phrase.split()
        starred = [index for index, part in enumerate(parts) if part.startswith("*")]
        carrier = starred[0] if starred else len(parts) - 1
        table[tuple(part.lstrip("*") for part in parts)] = (carrier, lexemes)
    return table


@functools.cache
def _longest_phrase() -> int:
    return max(len(words) for words in _phrases())


def _cues_of(words: list[str]) -> list[tuple[str, ...]]:
    """Find the gestures each word can call, by the longest phrase that matches; a phrase's words call nothing else."""
    called: list[tuple[str, ...]] = [()] * len(words)
    index = 0
    while index < len(words):
        step = 1
        for length in range(min(_longest_phrase(), len(words) - index), 0, -1):
            match = _phrases().get(tuple(words[index : index + length]))
            if match is not None:
                carrier, lexemes = match
                called[index + carrier] = lexemes
                step = length
                break
        index += step
    return called


def _is_content(word: str) -> bool:
    kinds = cues.cue_table().words
    return word in kinds.deictic or word in kinds.strong or word not in kinds.function


def _accent_weight(word: str, lexemes: tuple[str, ...], position: float) -> float:
    """Weigh how much a word attracts its phrase's accent; later words win among equals (nuclear stress)."""
    if not _is_content(word):
        return 0.0
    kinds = cues.cue_table().words
    strength = 2.0 if word in kinds.strong else 0.2 if word in kinds.pronouns else 1.0
    return strength + (0.8 if lexemes else 0.0) + 0.7 * position


def clause_ends(words: list[str], phrase_ends: list[int]) -> list[int]:
    """Return the last word of every clause: phrases end at punctuation, long ones also before a conjunction."""
    conjunctions = cues.cue_table().words.conjunctions
    ends: list[int] = []
    first = 0
    for last in phrase_ends:
        for index in range(first + 1, last):
            is_border = words[index] in conjunctions and words[index - 1] not in conjunctions
            if is_border and index - first >= _LONG_CLAUSE and last - index >= _SHORT_CLAUSE:
                ends.append(index - 1)
                first = index
        ends.append(last)
        first = last + 1
    return ends


def _focus_indices(words: list[str], lexemes: list[tuple[str, ...]], ends: list[int]) -> set[int]:
    """Return one word per clause, but for the shortest ("well,")."""
    focus: set[int] = set()
    first = 0
    for last in ends:
        if last == first and words[first] in cues.cue_table().words.function and len(ends) > 1:
            first = last + 1
            continue
        span = max(last - first, 1)
        weights = [_accent_weight(words[i], lexemes[i], (i - first) / span) for i in range(first, last + 1)]
        if max(weights) > 0:
            focus.add(first + int(np.argmax(weights)))
        first = last + 1
    return focus


def _has(plain: str, phrases: tuple[str, ...]) -> bool:
    return any(re.search(rf"(^|\s){re.escape(phrase)}(\s|$)", plain) for phrase in phrases)


def _starts(plain: str, phrases: tuple[str, ...]) -> bool:
    return any(plain == phrase or plain.startswith(phrase + " ") for phrase in phrases)


def _mood_of(text: str, words: list[str]) -> str:
    """Guess a sentence's function from its words and its punctuation."""
    moods = cues.cue_table().moods
    starts, has = functools.partial(_starts, " ".join(words)), functools.partial(_has, " ".join(words))
    tests = (
        ("greeting", starts(moods.greeting)),
        ("question", text.rstrip().endswith("?")),
        ("doubt", has(moods.doubt)),
        ("contrast", starts(moods.contrast)),
        ("list", starts(moods.list)),
        ("quote", has(moods.quote)),
        ("appeal", has(moods.appeal)),
        ("process", has(moods.process)),
        ("negation", bool(moods.negation.intersection(words))),
        ("emphatic", text.rstrip().endswith("!") or bool(moods.emphatic.intersection(words))),
    )
    return next((mood for mood, is_so in tests if is_so), "statement")


def annotate(text: str, *, mood: str | None = None) -> Sentence:
    """Annotate one English sentence: cues by longest phrase match, content words, accents, pauses; ours.

    Args:
        text: a sentence with its punctuation; commas (also ; : and dashes) end phrases.
        mood: the communicative function; None guesses it.

    Raises:
        ValueError: if the text holds no word.
    """
    tokens = [token for token in re.sub(r"[–—]|\s-\s", ", ", text.replace("’", "'")).split() if re.search(r"\w", token)]
    if not tokens:
        raise ValueError(f"annotate: expected a sentence, got {text!r}")
    words = _annotated(tokens, is_question=text.rstrip().endswith("?"))
    return Sentence(words=words, mood=mood or _mood_of(text, [word.text.lower() for word in words]))


def _annotated(tokens: list[str], *, is_question: bool) -> tuple[ScriptWord, ...]:
    spellings = [re.sub(r"^[^\w']+|[^\w']+$", "", token).strip("'") for token in tokens]
    words = [spelling.lower() for spelling in spellings]
    lexemes = _cues_of(words)
    if is_question and "question_open" not in {lexeme for cue in lexemes for lexeme in cue}:
        lexemes[-1] = (*lexemes[-1], "shrug")
    ends = [index for index, token in enumerate(tokens) if token[-1] in ",;:.?!" or index == len(tokens) - 1]
    focus = _focus_indices(words, lexemes, clause_ends(words, ends))
    return tuple(
        ScriptWord(
            text=spelling,
            cues=(*lexemes[index], cues.ACCENT_CUE) if index in focus else lexemes[index],
            is_content=_is_content(words[index]),
            is_focus=index in focus,
            pause_after_s=END_PAUSE_S if index == len(tokens) - 1 else COMMA_PAUSE_S if index in ends else 0.0,
        )
        for index, spelling in enumerate(spellings)
    )


def annotate_text(text: str) -> tuple[Sentence, ...]:
    """Annotate a text of several sentences."""
    return tuple(annotate(part) for part in _SENTENCE_END.split(text.strip()) if re.search(r"\w", part))
