import csv
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from praatio import textgrid

from exges_core.errors import InputError, OutputError
from training.corpus.__main__ import main
from training.corpus.production.dataset import MEAN_TAKE_S, make_corpus, plan_of
from training.corpus.speech.voices import available_voices, held_out_voices, voices
from training.corpus.text.monologue import split_of
from training.data.recordings import read_folder
from training.workers import WorkerOptions


def made(folder: Path, seed: int = 0, performance: int = 0) -> tuple[dict[str, object], int]:
    told: list[int] = []
    manifest = make_corpus(
        hours=0.005,
        seed=seed,
        folder=folder,
        workers=WorkerOptions(),
        on_take=lambda _entry, count: told.append(count),
        performance=performance,
        kokoro_share=0.0,
    )
    return manifest, len(told)


def require_debian_voices() -> None:
    own = {voice for voice in voices().values() if voice.engine != "kokoro"}
    if not own <= set(available_voices()):
        pytest.skip("not every synthesiser is installed (training/corpus/install_voices.sh)")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    require_debian_voices()
    folder = tmp_path_factory.mktemp("corpus")
    made(folder)
    return folder


@pytest.mark.parametrize("kokoro_share", [0.0, 0.1, 0.3])
def test_only_test_takes_are_spoken_by_the_held_out_voices(kokoro_share: float) -> None:
    plans = [plan_of(index, kokoro_share) for index in range(600)]
    assert len({plan.id for plan in plans}) == len(plans)
    held_out = {voice.id for voice in held_out_voices() if kokoro_share > 0 or voice.engine != "kokoro"}
    assert {plan.speaker.voice for plan in plans if plan.split == "test"} == held_out
    assert not held_out & {plan.speaker.voice for plan in plans if plan.split != "test"}
    trained = {plan.speaker.name for plan in plans if plan.split == "train"}
    assert len(trained) >= 24
    assert {plan.speaker.name for plan in plans} == trained
    assert {plan.split for plan in plans[:3]} == {"train", "val", "test"}


def test_every_guest_voice_speaks_for_many_speakers() -> None:
    trained = [plan for plan in map(plan_of, range(600)) if plan.split == "train"]
    guests = [plan for plan in trained if voices()[plan.speaker.voice].engine == "kokoro"]
    assert len(guests) / len(trained) == pytest.approx(0.1, abs=0.01)
    assert len({plan.speaker.voice for plan in guests}) == 26
    assert len({plan.speaker.name for plan in guests}) >= 20


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


SMALL = """
import sys
from pathlib import Path
from training.corpus.production import dataset
from training.workers import WorkerOptions
dataset.TARGET_S = (2.0, 3.0)
dataset.make_corpus(hours=3 * dataset.MEAN_TAKE_S / 3600, seed=5, folder=Path(sys.argv[1]), kokoro_share=0.0,
                    workers=WorkerOptions(), on_take=lambda entry, count: print(entry["id"], flush=True))
"""


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_corpus_killed_half_way_and_resumed_is_byte_for_byte_the_uninterrupted_one(tmp_path: Path) -> None:
    require_debian_voices()
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    with subprocess.Popen([sys.executable, "-c", SMALL, str(cut)], stdout=subprocess.PIPE, text=True) as making:
        assert making.stdout is not None
        first = making.stdout.readline()
        deadline = len(list((cut / "wave16k").glob("*")))
        while making.poll() is None and len(list((cut / "wave16k").glob("*"))) <= deadline:
            time.sleep(0.005)  # the second take's sound is there, its events are not
        making.kill()
    assert first.strip()
    assert not (cut / "manifest.json").exists()
    (cut / "events" / ".1_ada_0_2_2.0123abcd.part.json").write_text("{", encoding="utf-8")
    for folder in (cut, whole):
        environment = {**os.environ, "PYTHONHASHSEED": str(len(folder.name)), "LC_ALL": "C"}
        subprocess.run([sys.executable, "-c", SMALL, str(folder)], check=True, capture_output=True, env=environment)
    assert digests(cut) == digests(whole)
    assert len(digests(whole)) == 3 * 5 + 4


def test_two_ray_workers_write_what_one_process_writes(corpus: Path, tmp_path: Path) -> None:
    """A longer corpus begins with the shorter one, wherever its takes are made."""
    pytest.importorskip("ray", reason="the extra `cluster` is not installed")
    told: list[object] = []
    make_corpus(
        hours=2 * MEAN_TAKE_S / 3600,
        seed=0,
        folder=tmp_path / "two",
        workers=WorkerOptions(on="ray", workers=2),
        on_take=lambda entry, _count: told.append(entry["id"]),
        kokoro_share=0.0,
    )
    one, two = digests(corpus), digests(tmp_path / "two")
    takes = [name for name in one if "/" in name]
    assert len(takes) == 5
    assert {name: two[name] for name in takes} == {name: one[name] for name in takes}
    assert len([name for name in two if "/" in name]) == 10
    assert told == [plan_of(index, 0.0).id for index in range(2)]


def test_the_textgrid_has_words_phones_and_gestures(corpus: Path) -> None:
    grid = textgrid.openTextgrid(str(next((corpus / "textgrid").glob("*"))), includeEmptyIntervals=False)
    assert grid.tierNames == ("words", "phones", "gesture_left", "gesture_right")
    words, phones = (grid.getTier(name).entries for name in ("words", "phones"))
    assert len(phones) > 2.5 * len(words)
    assert all(re.fullmatch(r"[A-Z]{1,2}[01]?", phone.label) for phone in phones)


def test_another_performance_says_the_same_and_acts_it_anew(corpus: Path, tmp_path: Path) -> None:
    made(tmp_path / "anew", performance=1)
    (own,), (anew,) = read_folder(corpus, "all"), read_folder(tmp_path / "anew", "all")
    assert anew.id == own.id
    assert anew.waveform_path.read_bytes() == own.waveform_path.read_bytes()
    assert [word.text for word in anew.words] == [word.text for word in own.words]
    frames = min(own.clip.frames, anew.clip.frames)
    apart = np.abs(own.clip.positions_m()[:frames] - anew.clip.positions_m()[:frames])
    assert apart.mean() > 0.02
    with pytest.raises(InputError, match="performance 0"):
        made(tmp_path / "anew")


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
    assert main(["--hours", "0.005", "--seed", "1", "--out", str(corpus), "--without-kokoro"]) == 2
    assert capsys.readouterr().err.strip().splitlines()[-1].count("expected") == 1
