import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from exges_core import assets
from exges_core.errors import CheckpointError
from exges_core.retrieval import word_vectors
from exges_core.retrieval.shared_words import SharedWords
from exges_core.retrieval.word_links import WordLinks
from exges_core.retrieval.word_vectors import Vocabulary, WordVectors

_KNOWN = (
    "the a i me of in two three huge tiny fast slow up down rise fall build break quiet loud same different "
    "stop start give take goodbye story question sleep think walk suddenly london"
)
KNOWN = Vocabulary(_KNOWN.split())


@pytest.mark.parametrize(
    ("word", "near", "opposite"),
    [
        ("enormous", "huge", "tiny"),
        ("immense", "huge", "tiny"),
        ("hugely", "huge", "tiny"),
        ("diminutive", "tiny", "huge"),
        ("speedy", "fast", "slow"),
        ("sluggish", "slow", "fast"),
        ("upwards", "up", "down"),
        ("downward", "down", "up"),
        ("ascended", "rise", "fall"),
        ("tumbled", "fall", "rise"),
        ("constructing", "build", "break"),
        ("deafening", "loud", "quiet"),
        ("identical", "same", "different"),
        ("halted", "stop", "start"),
        ("soared", "rise", "fall"),
    ],
)
def test_a_word_is_near_its_synonym_and_not_near_the_opposite(word: str, near: str, opposite: str) -> None:
    found = dict(KNOWN.near(word))
    assert near in found
    assert opposite not in found


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("bye", "goodbye"),
        ("adieu", "goodbye"),
        ("narrative", "story"),
        ("slumber", "sleep"),
        ("reckon", "think"),
        ("walked", "walk"),
        ("abruptly", "suddenly"),
    ],
)
def test_the_nearest_word_comes_first(word: str, expected: str) -> None:
    near = KNOWN.near(word)
    assert near[0][0] == expected
    assert all(0.0 < nearness <= 1.0 for _, nearness in near)


@pytest.mark.parametrize("word", ["xyzzy", "2019", "seven", "whom", "your", "john", "paris", "the", "huge", "", "é"])
def test_numbers_names_function_words_and_known_words_are_near_nothing(word: str) -> None:
    assert KNOWN.near(word) == ()


def test_nothing_is_near_a_function_word_or_a_number() -> None:
    shown = {known for word in list(word_vectors.shipped())[::7] for known, _ in KNOWN.near(word)}
    assert not shown & {"the", "a", "i", "me", "of", "in", "two", "three", "london"}
    assert {"huge", "tiny", "up", "down", "story"} <= shown


def test_a_possessive_is_its_word() -> None:
    assert KNOWN.near("story's") == (("story", 1.0),)
    assert KNOWN.near("narrative's") == KNOWN.near("narrative")


def test_a_telling_word_comes_before_one_that_is_hardly_nearer() -> None:
    vectors = WordVectors(
        ["asked", "plain", "telling", "far"],
        np.array([[100, 0], [100, 10], [100, -40], [0, 100]], np.int8),
        np.full(4, 1 / 107.7, np.float32),
    )
    words = ["plain", "telling", "far"]
    assert [word for word, _ in Vocabulary(words, vectors=vectors).near("asked")] == ["plain", "telling"]
    told = Vocabulary(words, telling=["telling", "far"], vectors=vectors).near("asked")
    assert [word for word, _ in told] == ["telling", "plain"]


_ANGLES = {"asked": 0, "linked": 50, "nearer": 35, "stranger": 100}


def _turned(links: WordLinks | None) -> WordVectors:
    angles = np.deg2rad(list(_ANGLES.values()))
    whole = np.round(127 * np.stack([np.cos(angles), np.sin(angles)], axis=1)).astype(np.int8)
    return WordVectors(list(_ANGLES), whole, np.full(len(angles), 1 / 127, np.float32), links)


def _one_link(to: int, strength: float) -> WordLinks:
    return WordLinks.between([(row,) for row in range(len(_ANGLES))], [{to: strength}, {}, {}, {}])


def test_a_link_brings_a_word_before_one_that_is_nearer_by_vector_alone() -> None:
    words = ["linked", "nearer", "stranger"]
    assert [word for word, _ in Vocabulary(words, vectors=_turned(None)).near("asked")] == ["nearer"]
    strong, weak = (
        dict(Vocabulary(words, vectors=_turned(_one_link(1, strength))).near("asked")) for strength in (1.0, 0.05)
    )
    assert list(strong) == ["linked", "nearer"]
    assert list(weak) == ["nearer", "linked"]
    assert strong["linked"] > weak["linked"] > 0.0


def test_a_link_counts_for_nothing_where_the_vectors_contradict_it() -> None:
    words = ["nearer", "stranger"]
    found = Vocabulary(words, vectors=_turned(_one_link(3, 1.0))).near("asked")
    assert found == Vocabulary(words, vectors=_turned(None)).near("asked")


def test_vectors_are_read_only_when_a_word_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> WordVectors:
        raise AssertionError("read")

    monkeypatch.setattr(word_vectors, "shipped", refuse)
    words = SharedWords(["a huge house", "nothing"])
    assert words.overlap("huge house").of(np.arange(2)).tolist() == pytest.approx([1.0, 0.0])
    with pytest.raises(AssertionError, match="read"):
        words.overlap("immense house")


def test_near_words_count_in_part_and_fully_where_they_mean_the_same() -> None:
    words = SharedWords(["a huge house", "tiny mice", "an enormous tree", "nothing here"])
    clips = np.arange(4)
    exact, near, opposite = (words.overlap(text).of(clips) for text in ("huge", "immense", "diminutive"))
    assert exact.tolist() == [1.0, 0.0, 0.0, 0.0]
    assert min(near[0], near[2]) > 0.0
    assert near[0] == 1.0
    assert near[2] < 1.0
    assert near[1] == near[3] == 0.0
    assert opposite.argmax() == 1
    assert opposite[[0, 2, 3]].tolist() == [0.0, 0.0, 0.0]
    assert not words.overlap("immense", near=False).of(clips).any()
    assert not words.overlap("xyzzy 2019 paris").of(clips).any()


def test_a_clip_with_two_near_words_counts_once_and_likely_is_exact() -> None:
    words = SharedWords(["huge and enormous", "huge", "tiny", "enormous story"])
    overlap = words.overlap("immense narrative")
    share = overlap.of(np.arange(4))
    assert share[0] <= 1.0
    assert share[3] > share[0] > 0.0
    assert overlap.likely(4) == [clip for clip in np.lexsort((np.arange(4), -share)).tolist() if share[clip] > 0.0]


def test_known_words_are_shared_as_if_there_were_no_near_ones() -> None:
    texts = ["a huge house", "tiny mice in a house", "an enormous tree"]
    words = SharedWords(texts)
    for text in (*texts, "the huge mice", "whom in 2019"):
        assert (
            words.overlap(text).of(np.arange(3)).tolist() == words.overlap(text, near=False).of(np.arange(3)).tolist()
        )


def _save(path: Path, **arrays: np.ndarray) -> Path:
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize("case", ["missing", "no archive", "short", "pickled", "no words", "no links", "links astray"])
def test_a_damaged_file_is_named_in_one_line(tmp_path: Path, case: str) -> None:
    path = tmp_path / "vectors.npz"
    words, vectors, scales = np.frombuffer(b"a\nb", np.uint8), np.zeros((2, 3), np.int8), np.ones(2, np.float16)
    links = WordLinks.between([(0,), (1,)], [{1: 0.5}, {}]).stored()
    if case == "no archive":
        path.write_bytes(b"no archive at all")
    elif case == "short":
        _save(path, words=words, vectors=vectors[:1], scales=scales, **links)
    elif case == "pickled":
        _save(path, words=np.array(["a", None], object), vectors=vectors, scales=scales, **links)
    elif case == "no words":
        _save(path, vectors=vectors, scales=scales, **links)
    elif case == "no links":
        _save(path, words=words, vectors=vectors, scales=scales)
    elif case == "links astray":
        _save(path, words=words, vectors=vectors, scales=scales, **{**links, "links": np.array([2], np.uint8)})
    with pytest.raises(CheckpointError, match=r"vectors\.npz") as caught:
        WordVectors.read(path)
    assert "\n" not in str(caught.value)


def test_the_shipped_vectors_are_small_of_unit_length_and_need_no_torch() -> None:
    vectors = WordVectors.read(assets.WORD_VECTORS)
    assert 30_000 < len(vectors) < 50_000
    assert assets.WORD_VECTORS.stat().st_size < 3_000_000
    lengths = np.linalg.norm(vectors.of(list(vectors)[::97]), axis=1)
    assert lengths == pytest.approx(np.ones(len(lengths)), abs=0.02)
    code = (
        "import sys, exges_core.retrieval.word_vectors as w; w.shipped(); print({'torch', 'scipy'} & set(sys.modules))"
    )
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert shown.stdout.strip() == "set()"


def test_words_that_the_tower_reads_itself_need_no_near_ones() -> None:
    words = SharedWords(["a huge house", "tiny mice"])
    assert words.overlap("immense").of(np.arange(2))[0] > 0.0
    assert not words.overlap("immense", read={"immense"}).of(np.arange(2)).any()
