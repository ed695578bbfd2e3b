import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from retrieval.conftest import SMALL, random_take
from safetensors.numpy import load_file, save_file

from exges_core import assets, checkpoint
from exges_core.errors import CheckpointError
from exges_core.retrieval.choice import SearchSettings
from exges_core.retrieval.embedder import padded
from exges_core.retrieval.encoders import RetrievalModel
from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.model import LoadedRetrieval, load_retrieval, save_retrieval
from exges_core.retrieval.retrieval_file import save_words, words_path
from exges_core.retrieval.search import search
from exges_core.retrieval.spoken import (
    MOST_GRAMS,
    Spoken,
    as_known,
    gram_table,
    grams_of,
    merge,
    plain,
    settled,
    spoken_frames,
    spoken_of,
)
from exges_core.retrieval.word_vectors import Vocabulary
from exges_core.speech.segments import Segment
from exges_core.speech.words import Word

READING = replace(SMALL, text_buckets=97, text_width=8)


@pytest.fixture
def reader() -> LoadedRetrieval:
    with torch.random.fork_rng():
        torch.manual_seed(5)
        model = RetrievalModel(READING).eval()
    return LoadedRetrieval(model=model, name="reader", sha256="b" * 64, provenance={})


def word(text: str, start_s: float, end_s: float) -> Word:
    return Word(text=text, start_s=start_s, end_s=end_s)


def test_words_lie_on_the_frames_in_which_they_are_spoken() -> None:
    words = [word("Before", 0.0, 0.9), word("Big,", 1.0, 1.1), word("BIG", 1.2, 1.2), word("late", 1.3, 9.0)]
    spoken = spoken_frames([*words, word("...", 1.0, 1.1)], 1.0, 12)
    assert spoken.words == ("big", "late")
    assert spoken.place.tolist() == [1, 1, 1, 0, 0, 0, 1, 0, 0, 2, 2, 2]
    assert spoken_frames([word("before", 0.0, 0.9)], 1.0, 5) == ((), pytest.approx(np.zeros(5)))


def test_a_text_without_times_is_spread_and_no_text_is_silence() -> None:
    segment = Segment(start_s=1.0, end_s=2.0, text="very big", words=())
    assert spoken_of(segment, 30).place.tolist() == [1] * 15 + [2] * 15
    assert not spoken_of(replace(segment, text=""), 30).place.any()


def test_a_word_heard_a_little_wrong_shares_letter_groups() -> None:
    meant, heard, other = (set(grams_of(each, 100_003)) for each in ("energetic", "energetics", "mountain"))
    assert len(meant & heard) > 0.6 * len(meant)
    assert not meant & other
    assert len(grams_of("x" * 99, 97)) == MOST_GRAMS
    assert min(grams_of("it", 2)) == max(grams_of("it", 2)) == 1
    assert plain("“Don't!”") == "don't"
    table = gram_table(["it"], 97)
    assert not table[0].any()
    assert table[1, 0] == grams_of("it", 97)[0]


def test_merged_places_name_the_same_words() -> None:
    pieces = [Spoken(("a", "b"), np.array([0, 1, 2])), Spoken(("b", "c"), np.array([2, 1, 0]))]
    words, places = merge(pieces)
    assert words == ("a", "b", "c")
    assert [each.tolist() for each in places] == [[0, 1, 2], [3, 2, 0]]


def test_words_move_an_embedding_and_without_them_only_the_sound_counts(
    reader: LoadedRetrieval, generator: np.random.Generator
) -> None:
    clips = [generator.normal(size=(frames, 84)).astype(np.float32) for frames in (31, 20, 44)]
    silent = [Spoken((), np.zeros(len(clip), np.int64)) for clip in clips]
    said = [Spoken((text,), np.ones(len(clip), np.int64)) for text, clip in zip("xyz", clips, strict=True)]
    plain_rows = [reader.speech(padded([clip]), None)[1][0] for clip in clips]
    without = [overall for _, overall in reader.embed_speech(clips, silent)]
    together = [overall for _, overall in reader.embed_speech(clips, said)]
    alone = [next(reader.embed_speech([clip], [words]))[1] for clip, words in zip(clips, said, strict=True)]
    np.testing.assert_allclose(without, plain_rows, atol=1e-6)
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert all(np.abs(one - other).max() > 1e-2 for one, other in zip(together, without, strict=True))


def test_search_and_base_see_the_words(tmp_path: Path, reader: LoadedRetrieval, generator: np.random.Generator) -> None:
    take = random_take("one", generator)
    changed = replace(take, segments=tuple(replace(each, text="other words") for each in take.segments))
    base = MotionBase.build(tmp_path / "base", [take], reader, licence="", provenance={})
    other = MotionBase.build(tmp_path / "other", [changed], reader, licence="", provenance={})
    rows = np.arange(len(base))
    np.testing.assert_array_equal(base.motion_embeddings[rows], other.motion_embeddings[rows])
    assert np.abs(base.audio_embeddings[rows] - other.audio_embeddings[rows]).max() > 1e-2
    settings = SearchSettings(text_weight=0.0, minimum_probability=0.0)
    scores = [
        search(base, reader, take.audio, segments, 1, settings=settings)[0].candidates[0].score
        for segments in (take.segments, changed.segments)
    ]
    assert scores[0] != scores[1]


def test_reading_weights_come_back_and_old_ones_hear_the_sound_alone(tmp_path: Path, reader: LoadedRetrieval) -> None:
    save_retrieval(tmp_path / "reader.safetensors", reader.model, provenance={})
    assert load_retrieval(tmp_path / "reader.safetensors").model.config == READING

    old = RetrievalModel(SMALL)
    save_retrieval(tmp_path / "new.safetensors", old, provenance={})
    config = dict(checkpoint.load(tmp_path / "new.safetensors", kind="retrieval").config)
    del config["text_buckets"], config["text_width"]
    header = {"exges_format": "1", "exges_kind": "retrieval", "exges_config": json.dumps(config)}
    save_file(load_file(tmp_path / "new.safetensors"), tmp_path / "old.safetensors", metadata=header)
    assert load_retrieval(tmp_path / "old.safetensors").model.config == SMALL


def test_a_word_that_was_never_learnt_is_read_as_the_nearest_that_was() -> None:
    said = Spoken(("a", "immense", "huge", "xyzzy", "gigantic"), np.array([1, 2, 3, 4, 5]))
    read = as_known(said, Vocabulary(["a", "huge", "tiny"]))
    assert read.words == ("a", "huge", "huge", "xyzzy", "huge")
    assert read.place is said.place
    assert as_known(said, Vocabulary(())) == said
    words, (places,) = merge([read])
    assert words == ("a", "huge", "xyzzy")
    assert places.tolist() == [1, 2, 2, 3, 2]


def test_near_words_are_looked_for_only_where_they_may_have_gestures() -> None:
    known = Vocabulary(["huge", "story", "the"], telling=["huge"])
    assert settled("The immense narrative, whom?", known) == {"the", "narrative", "whom"}
    assert settled("immense", Vocabulary(())) == frozenset()


def test_the_tower_hears_a_near_word_as_the_known_one_and_only_where_asked(
    tmp_path: Path, reader: LoadedRetrieval, generator: np.random.Generator
) -> None:
    base = MotionBase.build(tmp_path / "base", [random_take("take", generator)], reader, licence="", provenance={})
    knowing = replace(reader, known=Vocabulary(["huge", "tiny"]))
    audio = generator.normal(size=(30, 84)).astype(np.float32)

    def scores(text: str, *, near: bool) -> list[float]:
        segment = Segment(start_s=0.0, end_s=1.0, text=text, words=())
        settings = SearchSettings(near_words=near, text_weight=0.0)
        (match,) = search(base, knowing, audio, [segment], settings=settings)
        return [candidate.score for candidate in match.candidates]

    assert scores("immense", near=True) == scores("huge", near=True) == scores("huge", near=False)
    assert scores("immense", near=False) != scores("huge", near=False)
    assert scores("diminutive", near=True) == scores("tiny", near=True) != scores("huge", near=True)


def test_words_lie_beside_weights_and_weights_without_them_read_as_written(
    tmp_path: Path, reader: LoadedRetrieval
) -> None:
    path = tmp_path / "reader.safetensors"
    save_retrieval(path, reader.model, provenance={})
    assert not load_retrieval(path).known.words
    save_words(path, {"huge": 3, "the": 0})
    known = load_retrieval(path).known
    assert (known.words, known.telling) == ({"huge", "the"}, {"huge"})
    for damage in ("[1, 2]", "{", '{"huge": "many"}'):
        words_path(path).write_text(damage, encoding="utf-8")
        with pytest.raises(CheckpointError, match=r"reader\.words\.json") as caught:
            load_retrieval(path)
        assert "\n" not in str(caught.value)


def test_the_shipped_weights_know_the_words_of_the_shipped_base() -> None:
    known = load_retrieval(assets.RETRIEVAL).known
    spoken = {plain(word) for text in MotionBase.open(assets.LIBRARY).texts for word in text.split()} - {""}
    assert spoken <= known.words
    assert {"huge", "tiny", "story", "goodbye"} <= known.telling
    assert "the" not in known.telling
