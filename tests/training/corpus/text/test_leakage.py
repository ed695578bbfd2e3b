"""What test may not share with training: sentences, near-copies of them, patterns, topics."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest

from training.corpus.script import Sentence
from training.corpus.text.cues import ACCENT_CUE
from training.corpus.text.grammar import patterns, topics
from training.corpus.text.monologue import split_of, write_monologue

SEEDS = {"train": 60, "val": 20, "test": 20}
LEAST_DISTINCT = {"train": 550, "val": 170, "test": 170}


def plain_text(sentence: Sentence) -> str:
    return " ".join(word.text.lower() for word in sentence.words)


@pytest.fixture(scope="module")
def said() -> dict[str, dict[str, set[str]]]:
    """Every sentence of many monologues of each split, and the gestures that its words call."""
    found: dict[str, dict[str, set[str]]] = {}
    for split, count in SEEDS.items():
        found[split] = {}
        for seed in range(count):
            generator = np.random.default_rng([11, seed])
            for sentence in write_monologue(generator=generator, target_duration_s=58.0, split=split):
                called = {cue for word in sentence.words for cue in word.cues if cue != ACCENT_CUE}
                found[split].setdefault(plain_text(sentence), set()).update(called)
    return found


def near(first: Sequence[str], second: Sequence[str]) -> bool:
    """Tell whether two sentences differ by one word at most: changed, added or left out."""
    shorter, longer = sorted((first, second), key=len)
    if len(longer) - len(shorter) > 1:
        return False
    head = next((at for at, (one, two) in enumerate(zip(shorter, longer, strict=False)) if one != two), len(shorter))
    left = len(shorter) - head
    tail = next((at for at in range(left) if shorter[-1 - at] != longer[-1 - at]), left)
    return len(longer) - head - tail <= 1


def test_the_measure_of_nearness_sees_one_word_and_not_two() -> None:
    base = ["we", "walked", "through", "the", "park"]
    assert near(base, base)
    assert near(base, ["we", "walked", "through", "the", "forest"])
    assert near(base, ["and", *base])
    assert near(base, base[:3] + base[4:])
    assert not near(base, ["they", "walked", "through", "the", "forest"])
    assert not near(base, ["we", "ran", "all", "through", "the", "park"])


def test_no_sentence_is_in_two_splits_and_each_is_in_its_own(said: dict[str, dict[str, set[str]]]) -> None:
    for one, other in combinations(SEEDS, 2):
        assert not said[one].keys() & said[other].keys()
    for split, texts in said.items():
        assert len(texts) >= LEAST_DISTINCT[split]
        assert {split_of(text) for text in texts} == {split}


def test_no_held_out_sentence_is_a_training_sentence_with_one_word_changed(
    said: dict[str, dict[str, set[str]]],
) -> None:
    by_length: dict[int, list[list[str]]] = defaultdict(list)
    for text in said["train"]:
        by_length[len(text.split())].append(text.split())
    for split in ("val", "test"):
        copies = [
            (text, " ".join(other))
            for text in said[split]
            for length in range(len(text.split()) - 1, len(text.split()) + 2)
            for other in by_length[length]
            if near(text.split(), other)
        ]
        assert copies == []


def test_patterns_and_topics_are_held_out_and_gestures_are_not(said: dict[str, dict[str, set[str]]]) -> None:
    lines = {split: {one for group in patterns()[split].values() for one in group} for split in SEEDS}
    names = {split: {topic.name for topic in topics()[split]} for split in SEEDS}
    clauses = {split: {one for topic in topics()[split] for one in topic.facts + topic.told} for split in SEEDS}
    for one, other in combinations(SEEDS, 2):
        assert not lines[one] & lines[other]
        assert not names[one] & names[other]
        assert not clauses[one] & clauses[other]
    called = {split: set[str]().union(*texts.values()) for split, texts in said.items()}
    assert called["test"] <= called["train"]
    assert len(called["test"]) >= 0.9 * len(called["train"])
