import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from retrieval.conftest import SMALL, random_take
from safetensors.numpy import load_file, save_file

from exges_core import checkpoint
from exges_core.retrieval.encoders import RetrievalModel
from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.model import LoadedRetrieval, embed, embed_speech, load_retrieval, save_retrieval
from exges_core.retrieval.search import SearchSettings, search
from exges_core.retrieval.spoken import MOST_GRAMS, Spoken, gram_table, grams_of, merge, plain, spoken_frames, spoken_of
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
    plain_rows = [overall for _, overall in embed(reader.model.embed_audio, clips)]
    without = [overall for _, overall in embed_speech(reader.model, clips, silent)]
    together = [overall for _, overall in embed_speech(reader.model, clips, said)]
    alone = [next(embed_speech(reader.model, [clip], [words]))[1] for clip, words in zip(clips, said, strict=True)]
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
