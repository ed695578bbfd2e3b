"""Strokes from motion against the labels of takes that the corpus' generator makes here."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from exges_core.datasets.recordings import read_folder
from exges_core.errors import InputError
from exges_core.score.records import Stroke
from exges_core.score.stroke_network import load_network
from training import train_segmentation
from training.corpus.production import dataset
from training.data.take_scores import score_of_take
from training.evaluate_segmentation import Arguments, evaluate, segmented_takes
from training.segmentation.fit import FitSettings, examples_of
from training.segmentation.score_matching import agreement, by_shift, pairs_of, shifted, size_class


def stroke(middle_s: float, hand: str = "right", kind: str | None = None, size: float = 1.0) -> Stroke:
    return Stroke(
        start_s=middle_s - 0.5,
        stroke_start_s=middle_s - 0.2,
        apex_s=middle_s + 0.2,
        hold_end_s=middle_s + 0.3,
        end_s=middle_s + 0.6,
        hand=hand,
        kind=kind,
        size=size,
    )


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make two short takes of the splits val and test, of a seed that nothing was fitted on."""
    folder = tmp_path_factory.mktemp("corpus")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dataset, "TARGET_S", (18.0, 21.0))
        # Two lively speakers: calm ones make too few strokes in so short a time to count.
        entries = [dataset.make_take(index, seed=20261130, folder=folder, kokoro_share=0.0) for index in (21, 112)]
    rows = [f"{entry['id']},{entry['split']}" for entry in entries]
    (folder / "train_test_split.csv").write_text("\n".join(["id,type", *rows]) + "\n")
    return folder


def test_strokes_of_unseen_takes_are_those_of_the_labels(corpus: Path, tmp_path: Path) -> None:
    found = evaluate(Arguments(data=corpus, split="all", json=tmp_path / "figures.json"))
    within = found["within_s"]["0.5"]
    assert found["takes"] == 2
    assert within["labels"]["labelled"] > 12
    assert within["labels"]["f1"] > 0.75
    assert within["labels"]["hand_right"] > 0.75
    for name in ("shifted labels (chance)", "another take's labels (chance)"):
        assert within["labels"]["f1"] > within[name]["f1"] + 0.15
        assert found["within_s"]["0.2"]["labels"]["f1"] > found["within_s"]["0.2"][name]["f1"] + 0.25
    assert found["times"]["apex"]["median_s"] < 0.12
    assert json.loads((tmp_path / "figures.json").read_text()) == json.loads(json.dumps(found))


def test_a_take_has_its_labels_score_and_else_its_motions(corpus: Path, tmp_path: Path) -> None:
    take = read_folder(corpus, "val")[0]
    labelled, from_motion = (score_of_take(folder, take.id, take.clip) for folder in (corpus, tmp_path))
    assert labelled.origin == "labels"
    assert all(each.kind for each in labelled.strokes)
    assert from_motion.origin == "motion"
    assert from_motion.strokes
    assert not any(each.kind for each in from_motion.strokes)
    assert from_motion.duration_s == labelled.duration_s == take.clip.duration_s
    assert from_motion.strokes == segmented_takes(Arguments(data=corpus, split="val"))[0].found.strokes


def linked(corpus: Path, folder: Path, *parts: str) -> Path:
    for part in ("smplxflame_30", "wave16k", "textgrid", *parts):
        (folder / part).symlink_to(corpus / part)
    return folder


def test_without_labels_there_is_nothing_to_measure(corpus: Path, tmp_path: Path) -> None:
    folder = linked(corpus, tmp_path, "train_test_split.csv")
    with pytest.raises(InputError, match="expected labelled takes, got no events"):
        evaluate(Arguments(data=folder))


def test_a_network_learns_the_take_it_is_shown(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, out = linked(corpus, tmp_path, "events"), tmp_path / "own.safetensors"
    take = read_folder(corpus, "val")[0]
    (folder / "train_test_split.csv").write_text(f"id,type\n{take.id},train\n")
    monkeypatch.setattr(sys, "argv", ["train_segmentation", "--data", str(folder)])
    settings = FitSettings(copies=1, epochs=200, widths=(16, 8), noise=0.0, dropout=0.0)
    train_segmentation.train(train_segmentation.Arguments(data=folder, out=out, settings=settings))
    shown = [(clip, score) for _, clip, score in train_segmentation.labelled_takes(folder, "train")]
    examples = examples_of(shown, settings, generator=np.random.default_rng(0))
    judged = load_network(out).judge(examples.features)
    assert 10 < examples.is_stroke.sum() < 0.5 * len(examples.is_stroke)
    assert ((judged.stroke > 0.5) == examples.is_stroke).mean() > 0.97
    found = evaluate(Arguments(data=folder, split="train", weights=out))
    assert found["within_s"]["0.2"]["labels"]["f1"] > 0.85


def test_strokes_are_matched_one_to_one() -> None:
    found = [stroke(1.0), stroke(1.3), stroke(5.0)]
    labels = [stroke(1.2), stroke(1.45), stroke(3.0)]
    assert pairs_of(found, labels, 0.5) == [(0, 0), (1, 1)]
    assert pairs_of(found, labels, 0.16) == [(1, 0)]  # 1.3 is 0.1 from 1.2 and 0.15 from 1.45
    assert pairs_of(found, [], 0.5) == pairs_of([], labels, 0.5) == []


def test_agreement_counts_strokes_hands_and_errors() -> None:
    labels = [stroke(1.0, kind="beat_small"), stroke(3.0, "both", kind="point_up", size=0.2), stroke(5.0, kind="give")]
    found = [stroke(1.1), stroke(3.0, "right"), stroke(8.0, size=0.5), stroke(9.0, size=0.5)]
    result = agreement(found, labels, 0.5)
    assert (result.precision, result.recall, result.hand_right) == (0.5, pytest.approx(2 / 3), 0.5)
    assert result.f1 == pytest.approx(4 / 7)
    assert result.errors_s == (pytest.approx([0.1] * 5), pytest.approx([0.0] * 5))
    assert dict(result.missed) == {"give": 1, "size 1 and more": 1}
    assert dict(result.invented) == {"size 0.3 to 0.6": 2}
    assert dict(result.labelled_by)["size 0 to 0.3"] == 1
    assert size_class(0.3) == "size 0.3 to 0.6"


def test_chance_is_measured_on_labels_shifted_round_the_take() -> None:
    labels = [stroke(1.0), stroke(9.5)]
    moved = shifted(labels, 2.0, 10.0)
    assert [each.middle_s for each in moved] == pytest.approx([1.5, 3.0])
    assert moved[0].end_s - moved[0].start_s == pytest.approx(1.1)
    generator = np.random.default_rng(0)
    some, others = ([stroke(float(time_s)) for time_s in np.sort(generator.uniform(0, 200, 100))] for _ in range(2))
    by_chance = by_shift(some, others, 200.0, 0.2).f1
    assert by_shift(some, some, 200.0, 0.2).f1 == pytest.approx(by_chance, abs=0.08)
    assert agreement(some, some, 0.2).f1 == 1.0
    assert by_chance < 0.3
