import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.corpus.gesture.lexemes import lexemes
from training.corpus.script import Sentence
from training.corpus.text.annotation import annotate, annotate_text
from training.corpus.text.cues import ACCENT_CUE, cues_by_phrase
from training.corpus.text.monologue import SPLIT_SHARES, split_of, write_monologue

MOOD_NAMES = {
    "statement",
    "question",
    "negation",
    "doubt",
    "list",
    "contrast",
    "emphatic",
    "greeting",
    "appeal",
    "process",
    "quote",
}
LEXEMES = {lexeme for called in cues_by_phrase().values() for lexeme in called} | {ACCENT_CUE}


def monologue(seed: int, split: str = "train", target_s: float = 60.0) -> tuple[Sentence, ...]:
    return write_monologue(generator=np.random.default_rng(seed), target_duration_s=target_s, split=split)


def plain_text(sentence: Sentence) -> str:
    return " ".join(word.text.lower() for word in sentence.words)


def cues_of(sentence: Sentence) -> dict[str, tuple[str, ...]]:
    return {word.text.lower(): word.cues for word in sentence.words}


TAKES = {"train": 48, "val": 6, "test": 6}
HOURS = sum(TAKES.values()) * 58 / 3600


@pytest.fixture(scope="module")
def many() -> dict[str, list[Sentence]]:
    return {split: [s for seed in range(TAKES[split]) for s in monologue(seed, split)] for split in SPLIT_SHARES}


@given(st.text(alphabet=st.characters(codec="utf-8", categories=("L", "P", "Z")), max_size=120))
def test_any_text_with_a_word_is_annotated_word_by_word(text: str) -> None:
    if not re.search(r"\w", text):
        with pytest.raises(ValueError, match="expected a sentence"):
            annotate(text)
        return
    sentence = annotate(text)
    assert sentence.mood in MOOD_NAMES
    assert all(word.text for word in sentence.words)
    assert sentence.words[-1].pause_after_s > 0
    assert {lexeme for word in sentence.words for lexeme in word.cues} <= LEXEMES | {"shrug"}


@pytest.mark.parametrize(
    ("text", "word", "lexeme"),
    [
        ("Generally, it works.", "generally", "open_spread"),
        ("I like this.", "this", "point_this"),
        ("Tea or coffee?", "or", "around_circle"),
        ("It is very good.", "very", "up_raise"),
        ("She is energetic.", "energetic", "energetic"),
    ],
)
def test_the_papers_examples_call_their_gestures(text: str, word: str, lexeme: str) -> None:
    assert lexeme in cues_of(annotate(text))[word]


def test_the_longest_phrase_wins_and_its_words_call_nothing_else() -> None:
    on_the_one_hand = cues_of(annotate("On the one hand it works."))
    assert "present_right" in on_the_one_hand["one"]
    assert on_the_one_hand["hand"] == ()
    dont_know = cues_of(annotate("I don't know."))
    assert "shrug" in dont_know["know"]
    assert dont_know["i"] == dont_know["don't"] == ()


def test_every_phrase_of_the_table_calls_its_gestures() -> None:
    for phrase, called in cues_by_phrase().items():
        sentence = annotate(phrase.replace("*", "") + ".")
        assert set(called) <= {lexeme for word in sentence.words for lexeme in word.cues}, phrase


def test_every_lexeme_mood_and_pattern_is_reached(many: dict[str, list[Sentence]]) -> None:
    written = [sentence for sentences in many.values() for sentence in sentences]
    assert {lexeme for s in written for word in s.words for lexeme in word.cues} == LEXEMES
    assert {sentence.mood for sentence in written} == MOOD_NAMES


def test_most_words_call_nothing_and_no_gesture_is_rare_or_rules(many: dict[str, list[Sentence]]) -> None:
    words = [word for sentences in many.values() for sentence in sentences for word in sentence.words]
    called = [[cue for cue in word.cues if cue != ACCENT_CUE] for word in words]
    assert 1 / 7 < np.mean([bool(cues) for cues in called]) < 1 / 4.5
    counts = Counter(cue for cues in called for cue in cues)
    assert min(counts[lexeme] for lexeme in LEXEMES - {ACCENT_CUE}) >= 15 / 4 * HOURS
    assert max(counts.values()) < 0.05 * counts.total()


def test_the_acting_half_knows_every_lexeme() -> None:
    assert set(lexemes()) >= LEXEMES


def test_splits_share_no_sentence(many: dict[str, list[Sentence]]) -> None:
    heard = {split: {plain_text(s) for s in sentences} for split, sentences in many.items()}
    assert not heard["train"] & heard["test"]
    assert not heard["train"] & heard["val"]
    assert not heard["val"] & heard["test"]
    assert all(split_of(text) == split for split, texts in heard.items() for text in texts)
    assert len(heard["train"]) > 400


def test_a_sentences_split_ignores_case_and_punctuation() -> None:
    assert split_of("Well, this is it.") == split_of("well this is it")


def test_sentences_are_distinct_and_have_slots_filled(many: dict[str, list[Sentence]]) -> None:
    texts = [plain_text(sentence) for sentence in many["train"]]
    assert not any(re.search(r"[\[\]{}|]", text) for text in texts)
    assert len(set(texts)) > 0.8 * len(texts)
    assert not any(re.search(r"\ba [aeio]\w", text) for text in texts if " a one" not in text)


def test_pauses_and_accents_are_speechlike(many: dict[str, list[Sentence]]) -> None:
    ends = np.array([sentence.words[-1].pause_after_s for sentence in many["train"]])
    assert ends.min() >= 0.3
    assert 0.01 < np.mean(ends >= 2.0) < 0.12
    assert ends.max() <= 6.0
    inner = np.array([w.pause_after_s for s in many["train"] for w in s.words[:-1] if w.pause_after_s > 0])
    assert inner.min() >= 0.15
    assert inner.max() <= 0.5
    focus = [word.is_focus for sentence in many["train"] for word in sentence.words]
    assert 0.12 < np.mean(focus) < 0.35


def test_a_monologue_is_its_generators_and_about_as_long_as_asked() -> None:
    assert monologue(3) == monologue(3)
    assert monologue(3) != monologue(4)
    assert len(monologue(3, target_s=120.0)) > len(monologue(3, target_s=30.0))
    with pytest.raises(ValueError, match="expected a split"):
        monologue(0, "holdout")


def test_a_text_is_cut_into_sentences_with_moods() -> None:
    text = "Hello everyone. What is this? On the one hand it's cheap. Maybe not! You never do it."
    assert [s.mood for s in annotate_text(text)] == ["greeting", "question", "contrast", "doubt", "negation"]
