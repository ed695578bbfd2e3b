"""Gestures for words that the cue table does not know: those of the word it knows that means nearly the same.

"Gigantic" is in the table, "colossal" is near it. Word vectors and WordNet's links are the core's; the table is
`cues`. For recorded texts alone: the grammar's own words need none.
"""

from __future__ import annotations

import functools
from dataclasses import replace

from exges_core.retrieval.word_vectors import Vocabulary
from training.corpus.script import ScriptWord, Sentence
from training.corpus.text.cues import ACCENT_CUE, cue_table, cues_by_phrase

LEAST_NEARNESS = 0.25
"""Of 0..1, as the core's vocabulary tells: words about as near as "colossal" and "gigantic"."""


@functools.cache
def _vocabulary() -> Vocabulary:
    single = frozenset(phrase for phrase in cues_by_phrase() if " " not in phrase)
    return Vocabulary(single - cue_table().words.function)


def near_cues(word: str) -> tuple[str, ...]:
    """Return the gestures of the known word that is nearest in meaning to a word; empty where none is near."""
    near = _vocabulary().near(word.lower())
    return cues_by_phrase()[near[0][0]] if near and near[0][1] >= LEAST_NEARNESS else ()


def with_near_cues(sentence: Sentence) -> Sentence:
    """Return the sentence with cues of near synonyms on content words that have none."""
    return replace(sentence, words=tuple(_with_cues(word) for word in sentence.words))


def _with_cues(word: ScriptWord) -> ScriptWord:
    if not word.is_content or any(cue != ACCENT_CUE for cue in word.cues):
        return word
    return replace(word, cues=(*near_cues(word.text), *word.cues))
