import tomllib

import numpy as np

from benchmarks.synonyms import TABLE, alike, for_split, one_of, reworded, shuffled, unheard
from exges_core import assets
from exges_core.retrieval.model import load_retrieval
from exges_core.retrieval.word_vectors import WordVectors
from exges_core.speech.segments import Segment
from exges_core.speech.words import Word
from training.data.labels import Mark
from training.data.takes import TakeArrays
from training.retrieval.sources import gestures_of_words

TABLES = tomllib.loads(TABLE.read_text("utf-8"))


def test_no_synonym_that_is_asked_was_in_the_training_of_what_ships() -> None:
    known = load_retrieval(assets.RETRIEVAL).known.words
    for table in TABLES.values():
        every, asked = ({other for row in each.values() for other in row} for each in (table, unheard(table, known)))
        assert asked == every - known
        assert len(asked) > 0.9 * len(every), "of a table that is mostly heard little can be learnt"


def test_a_synonym_serves_one_split_alone() -> None:
    for name in ("synonyms", "looser"):
        splits = [for_split(TABLES[name], split) for split in ("val", "test")]
        pairs = [{(word, other) for word, row in each.items() for other in row} for each in splits]
        assert not pairs[0] & pairs[1]
        assert len(pairs[0] | pairs[1]) == sum(len(row) for row in TABLES[name].values())
        assert abs(len(pairs[0]) - len(pairs[1])) <= 1


def test_words_of_the_table_are_replaced_where_they_are_spoken_or_left_out() -> None:
    words = tuple(Word(text=text, start_s=at, end_s=at + 0.5) for at, text in enumerate(("a", "Huge,", "house")))
    piece = Segment(start_s=0.0, end_s=3.0, text="a Huge, house", words=words)
    table = {"huge": ("immense",)}
    said = reworded(piece, table, one_of(table, 0))
    assert said.text == "a immense house"
    assert [(word.text, word.start_s) for word in said.words] == [("a", 0.0), ("immense", 1.0), ("house", 2.0)]
    assert reworded(piece, table, lambda _: "").text == "a house"
    assert reworded(piece, table, str).text == "a huge house"


def test_the_controls_take_other_words() -> None:
    table = for_split(TABLES["synonyms"], "test")
    moved = shuffled(table, 0)
    assert set(moved) == set(table)
    assert all(moved[word] != table[word] for word in table)
    vectors = WordVectors.read(assets.WORD_VECTORS)
    rank = {word: row for row, word in enumerate(vectors)}
    choose = alike({"huge": ("immense",)}, vectors, 0)
    drawn = [rank[choose("huge")] for _ in range(50)]
    assert max(abs(row - rank["immense"]) for row in drawn) <= 100
    assert len(set(drawn)) > 20


def test_gestures_are_counted_by_the_word_they_go_with_and_beats_are_none() -> None:
    words = tuple(Word(text=text, start_s=at, end_s=at + 0.5) for at, text in enumerate(("A", "huge,", "Huge", "rock")))
    marks = tuple(
        Mark(name=name, start_s=0.0, end_s=1.0, word=word)
        for name, word in (("size_big", "huge"), ("size_big", "huge"), ("beat_small", "rock"), ("point_up", "sky"))
    )
    nothing = np.zeros((3, 1))
    take = TakeArrays(id="1", speaker="", split="train", motion=nothing, audio=nothing, words=words, marks=marks)
    assert gestures_of_words([take]) == {"a": 0, "huge": 2, "rock": 0}
