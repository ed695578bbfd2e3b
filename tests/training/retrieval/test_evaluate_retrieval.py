from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from retrieval.sets import random_set

from exges_core.errors import OutputError
from exges_core.metrics import retrieval as metrics
from exges_core.retrieval.encoders import RetrievalModel
from training.ablate_retrieval import ROWS
from training.command import command_line
from training.evaluate_retrieval import write
from training.retrieval import rows
from training.retrieval.evaluation import baselines, table
from training.retrieval.presets import RETRIEVAL_MODEL_TINY
from training.retrieval.reliability_figure import reliability_figure
from training.retrieval.training_set import RetrievalSet


def labelled(generator: np.random.Generator, gestures: list[list[float]], kinds: tuple[str, ...]) -> RetrievalSet:
    data = random_set(generator, len(gestures))
    return replace(data, kinds=kinds, gestures=np.array(gestures, np.float32))


@pytest.fixture
def splits(generator: np.random.Generator) -> rows.Splits:
    """Two of four queries have a telling gesture, a third only a beat; every clip has a beat."""
    kinds = ("beat_small", "big", "small")
    queries = labelled(generator, [[1, 1, 0], [1, 0, 0], [0, 0, 1], [0, 0, 0]], kinds)
    gallery = labelled(generator, [[1, 0, 0]] * 9 + [[1, 1, 0]], kinds)
    texts = ("a b", "c", "huge thing", "d")
    return rows.Splits(
        queries=replace(queries, text=texts), gallery=replace(gallery, text=("",) * 9 + ("really huge",))
    )


def test_the_audio_baseline_finds_a_louder_copy_first(generator: np.random.Generator) -> None:
    clips = [generator.normal(size=(frames, 84)).astype(np.float32).cumsum(axis=0) for frames in (30, 41, 35, 50, 44)]
    louder = clips[2] + 0.5
    found = rows.mfcc([louder, *clips])
    assert int(np.argmax(found[1:] @ found[0])) == 2


def test_beats_are_neither_question_nor_answer_unless_asked_for(splits: rows.Splits) -> None:
    asked, is_right = splits.answers(with_beats=False)
    assert asked.tolist() == [0, 2]
    assert is_right.sum(axis=1).tolist() == [1, 0]
    asked, is_right = splits.answers(with_beats=True)
    assert asked.tolist() == [0, 1, 2]
    assert is_right.sum(axis=1).tolist() == [10, 10, 0]


def test_a_gesture_counts_if_it_is_among_the_first_five(splits: rows.Splits) -> None:
    scores = np.tile(-np.arange(10.0), (4, 1))
    row = rows.gesture_row(splits, scores)
    assert (row["gesture_5"], row["gesture_1"], row["gesture_5_asked"]) == (0.0, 0.0, 2)
    assert row["gesture_5_with_beats"] == pytest.approx(2 / 3)
    scores[:, 9] = -3.5
    assert rows.gesture_row(splits, scores)["gesture_5"] == 0.5
    scores[:, 9] = 1.0
    assert rows.gesture_row(splits, scores)["gesture_1"] == 0.5


def test_spreading_brings_the_other_kind_among_the_first_five(splits: rows.Splits) -> None:
    scores = np.tile(-np.arange(10.0) / 100, (4, 1))
    vectors = np.eye(2)[[0] * 9 + [1]]
    assert rows.gesture_row(splits, scores, vectors=vectors, diversity=0.5)["gesture_5"] == 0.5


def test_intervals_hold_the_mean_and_shrink_with_more_takes(generator: np.random.Generator) -> None:
    values = (generator.random(400) < 0.3).astype(float)
    few, many = (rows.interval(values, np.arange(400) // size) for size in (100, 4))
    assert few[0] <= values.mean() <= few[1]
    assert many[0] < values.mean() < many[1]
    assert many[1] - many[0] < 0.15
    assert rows.interval(np.ones(8), np.arange(8)) == (1.0, 1.0)


def test_a_model_and_all_baselines_fill_their_rows(splits: rows.Splits, tmp_path: Path) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = RetrievalModel(replace(RETRIEVAL_MODEL_TINY, text_buckets=97)).eval()
    asked = rows.Asked.of(model, splits, rows.shared(splits))
    assert asked.shared[2].argmax() == 9
    assert rows.pair_row(splits, asked.queries)["motions"] == 4
    found = {"ours": {**rows.pair_row(splits, asked.queries), **asked.row(rows.Mix())}, **baselines(splits)}
    shown = table(found)
    assert all(name in shown for name in found)
    assert "of 4" in shown
    deaf = rows.without_words(splits)
    assert not np.allclose(rows.Asked.of(model, deaf, asked.shared).queries.audio, asked.queries.audio, atol=1e-3)
    best = rows.curve(asked, [rows.Mix(), rows.Mix(text_weight=9.0)], lambda mix, row: None)
    assert asked.row(best)["gesture_5"] >= asked.row(rows.Mix())["gesture_5"]
    figures = {
        "pairs": rows.pair_reliability(model, splits.queries),
        "clips": rows.candidate_reliability(model, asked, rows.Mix()),
    }
    assert figures["clips"].pairs.sum() == 10
    write(tmp_path / "report.json", {"rows": {}}, figures)
    assert (tmp_path / "report.png").stat().st_size > 1000
    (tmp_path / "blocked.png").mkdir()
    with pytest.raises(OutputError):
        write(tmp_path / "blocked.json", {}, figures)


def test_the_picture_shows_a_bar_where_pairs_are() -> None:
    pairs = np.array([0, 0, 0, 0, 40])
    figure = metrics.Reliability(predicted=pairs / 45, observed=np.array([np.nan] * 4 + [1.0]), pairs=pairs)
    canvas = reliability_figure({"one": figure})
    (axes,) = canvas.axes
    assert [bar.get_height() for bar in axes.patches] == [0, 0, 0, 0, 1]
    assert [text.get_text() for text in axes.texts] == ["", "", "", "", "40"]
    assert axes.get_title(loc="left") == "one\nECE 0.111, 40 pairs"


def test_the_issues_ablations_have_a_row() -> None:
    assert {"none", "text", "momentum", "hard-negatives", "max-pooling", "gesture-positives"} <= set(ROWS)


def test_provenance_names_no_folders_of_this_machine() -> None:
    found = command_line("training.x", ["--data", "/data/corpus", "--minutes", "3"])
    assert found == "python -m training.x --data corpus --minutes 3"
