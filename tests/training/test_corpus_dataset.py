import csv
import json
from pathlib import Path

import pytest

from exges_core.errors import InputError, OutputError
from training.corpus.__main__ import main
from training.corpus.dataset import make_corpus, plan_of
from training.corpus.text import split_of
from training.corpus.voices import HELD_OUT_VOICE, VOICES, available_voices
from training.data import read_folder


def made(folder: Path, seed: int = 0) -> tuple[dict[str, object], int]:
    told: list[int] = []
    manifest = make_corpus(
        hours=0.005, seed=seed, folder=folder, workers=1, on_take=lambda _entry, count: told.append(count)
    )
    return manifest, len(told)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if len(available_voices()) < len(VOICES):
        pytest.skip("not every synthesiser is installed (training/corpus/install_voices.sh)")
    folder = tmp_path_factory.mktemp("corpus")
    made(folder)
    return folder


def test_only_test_takes_are_spoken_by_the_held_out_voice() -> None:
    plans = [plan_of(index) for index in range(600)]
    assert len({plan.id for plan in plans}) == len(plans)
    for plan in plans:
        assert (plan.speaker.voice == HELD_OUT_VOICE.id) == (plan.split == "test")
    trained = {plan.speaker.name for plan in plans if plan.split == "train"}
    assert len(trained) >= 24
    assert {plan.speaker.name for plan in plans} == trained
    assert {plan.split for plan in plans[:3]} == {"train", "val", "test"}


def test_the_folder_is_read_by_the_training_loader(corpus: Path) -> None:
    (take,) = read_folder(corpus, "train")
    assert take.speaker == plan_of(0).speaker.name
    assert abs(take.clip.duration_s - take.waveform.duration_s) < 0.05
    events = json.loads((corpus / "events" / f"{take.id}.json").read_text(encoding="utf-8"))
    assert [word.text for word in take.words] == [word["text"].lower() for word in events["word_events"]]
    assert {mark["hand"] for mark in events["gesture_events"]} <= {"left", "right", "both"}
    rows = list(csv.DictReader((corpus / "train_test_split.csv").read_text(encoding="utf-8").splitlines()))
    assert rows == [{"id": take.id, "type": "train"}]
    for sentence in events["sentence_events"]:
        words = events["word_events"][sentence["first"] : sentence["last"] + 1]
        assert split_of(" ".join(word["text"] for word in words)) == "train"


def test_a_finished_take_is_kept_and_a_damaged_one_made_again(corpus: Path) -> None:
    manifest = json.loads((corpus / "manifest.json").read_text(encoding="utf-8"))
    event_path = next((corpus / "events").glob("*.json"))
    motion_path = next((corpus / "smplxflame_30").glob("*.npz"))
    before = motion_path.stat().st_mtime_ns
    assert made(corpus)[0] == manifest
    assert motion_path.stat().st_mtime_ns == before
    event_path.unlink()
    motion_path.write_bytes(b"half a file")
    assert made(corpus)[0] == manifest
    assert motion_path.stat().st_size > 1000


def test_motion_of_another_origin_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "smplxflame_30").mkdir()
    with pytest.raises(InputError, match="motion of another origin"):
        made(tmp_path)


def test_another_seed_or_an_unwritable_folder_is_refused(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError, match="corpus of seed 1"):
        made(corpus, seed=1)
    blocked = corpus / "manifest.json" / "below"
    with pytest.raises(OutputError, match="expected a folder"):
        made(blocked)
    assert main(["--hours", "0.005", "--seed", "1", "--out", str(corpus)]) == 2
    assert capsys.readouterr().err.strip().splitlines()[-1].count("expected") == 1
