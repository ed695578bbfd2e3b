"""Recorded speech as the corpus hears it: spoken here by a synthesiser, so that every time and accent is known."""

import csv
import json
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from exges_core.audio.waveform import Waveform, write_waveform
from exges_core.datasets.recordings import read_folder
from exges_core.errors import InputError
from exges_core.speech.words import Transcript
from training.corpus.__main__ import main
from training.corpus.production import recorded_corpus
from training.corpus.production.joining import join
from training.corpus.production.recorded_corpus import make_recorded_corpus, plan_recorded
from training.corpus.production.recorded_files import read_recordings
from training.corpus.script import SpokenTake
from training.corpus.speech.hearing import HeardUtterance, hear
from training.corpus.speech.prominence import heard_accents
from training.corpus.speech.speaking import speak
from training.corpus.speech.voices import INSTALL_COMMAND, available_voices, voice_of
from training.corpus.text.annotation import annotate_text
from training.corpus.text.monologue import write_monologue
from training.corpus.text.near_cues import near_cues
from training.workers import WorkerOptions

TEXTS = (
    "Hello everyone, this is a colossal idea.",
    "I never believed the old story about the mountain, but my brother always did.",
    "First we walked along the river, and then everything changed.",
    "Nobody knows what happened to the second boat.",
)


@pytest.fixture(scope="module", autouse=True)
def voice() -> str:
    if voice_of("flite_slt") not in available_voices():
        pytest.skip(f"no flite here ({INSTALL_COMMAND})")
    return "flite_slt"


def said(text: str) -> SpokenTake:
    return speak(annotate_text(text), voice_of("flite_slt"), generator=np.random.default_rng(1), take_id="x")


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as people have it: a table, one sound without a text, one text without a sound, one that lies."""
    folder = tmp_path_factory.mktemp("speech") / "mine"
    folder.mkdir()
    lines = []
    for number, text in enumerate(TEXTS):
        write_waveform(folder / f"u{number}.wav", Waveform(samples=said(text).samples))
        lines.append(f"u{number}\t{text}")
    shutil.copy(folder / "u0.wav", folder / "extra.wav")
    shutil.copy(folder / "u1.wav", folder / "liar.wav")
    lines.insert(1, "liar\tPurple elephants seldom photograph seventeen quiet kitchens on Wednesday afternoons in May.")
    lines.insert(2, "ghost\tNobody recorded this.")
    (folder / "text.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def corpus(speech: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("acted")
    make_recorded_corpus(
        speech,
        seed=3,
        folder=folder,
        workers=WorkerOptions(),
        performances=2,
        hold_out_last=1,
        on_take=lambda _entry, _count: None,
    )
    return folder


@pytest.fixture(scope="module")
def known() -> tuple[SpokenTake, HeardUtterance]:
    sentences = write_monologue(generator=np.random.default_rng(7), target_duration_s=22, split="train")
    take = speak(sentences, voice_of("flite_slt"), generator=np.random.default_rng(1), take_id="x")
    text = " ".join(word.text for word in take.words)
    return take, hear(Waveform(samples=take.samples), Transcript(words=None, text=text))


def test_stress_and_words_are_where_the_synthesiser_put_them(known: tuple[SpokenTake, HeardUtterance]) -> None:
    take, heard = known
    pairs = list(zip(heard.words, take.words, strict=True))
    late_s = np.array([(one.start_s - word.start_s, one.stress_s - word.stress_s) for one, word in pairs])
    assert np.all(np.median(np.abs(late_s), axis=0) < 0.015)
    assert np.all(np.percentile(np.abs(late_s), 90, axis=0) < 0.05)
    for one, after in pairwise(heard.words):
        assert one.start_s <= one.stress_s <= one.end_s <= after.start_s + 1e-9
    names, truth = ([phone.rstrip("01") for phone in phones] for phones in _phones(take, heard))
    assert len(names) == pytest.approx(len(truth), rel=0.05)


def _phones(take: SpokenTake, heard: HeardUtterance) -> tuple[list[str], list[str]]:
    return [one.label for one in heard.segments], [one.text for one in take.phones]


def test_accents_are_heard_that_were_made(known: tuple[SpokenTake, HeardUtterance]) -> None:
    take, heard = known
    is_content = np.array([word.is_content for word in take.words])
    found = heard_accents(take.samples, heard.texts, is_content, heard.words)
    accents = np.array([word.accent for word in take.words])
    assert np.corrcoef(found, accents)[0, 1] > 0.85
    assert np.corrcoef(found[is_content], accents[is_content])[0, 1] > 0.75
    assert abs(found.mean() - accents.mean()) < 0.06


def test_a_folder_of_recordings_becomes_a_corpus(corpus: Path) -> None:
    takes = read_folder(corpus, "all")
    rows = list(csv.DictReader((corpus / "train_test_split.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["type"] for row in rows] == ["train", "train", "test", "test"]
    assert len({take.speaker for take in takes}) == 4
    by_id = {take.id: take for take in takes}
    first, anew, held_out, _ = (by_id[row["id"]] for row in rows)
    assert first.waveform_path.read_bytes() == anew.waveform_path.read_bytes()
    assert first.motion_path.read_bytes() != anew.motion_path.read_bytes()
    for take in (first, held_out):
        assert abs(take.clip.duration_s - take.waveform.duration_s) < 0.05
    words = " ".join(word.text for word in first.words)
    assert words.startswith("hello everyone this is a colossal idea i never believed")
    assert "boat" not in words
    assert " ".join(word.text for word in held_out.words) == "nobody knows what happened to the second boat"


def test_accents_pauses_and_meanings_are_in_the_events(corpus: Path) -> None:
    takes = json.loads((corpus / "manifest.json").read_text(encoding="utf-8"))["takes"]
    events = json.loads((corpus / "events" / f"{takes[0]['id']}.json").read_text(encoding="utf-8"))
    words = events["word_events"]
    assert all(0 <= word["start_s"] <= word["stress_s"] <= word["end_s"] <= events["duration_s"] for word in words)
    assert np.mean([word["loudness"] for word in words]) == pytest.approx(1.0, abs=1e-3)
    gap_s = words[7]["start_s"] - words[6]["end_s"]
    assert words[6]["text"] == "idea"
    assert 0.35 < gap_s < 1.25
    assert sum(word["is_focus"] for word in words) >= 4
    assert all(word["is_content"] for word in words if word["is_focus"])
    assert events["voice"] == "recorded_mine"
    assert [sentence["first"] for sentence in events["sentence_events"]][:2] == [0, 7]


def test_what_does_not_fit_is_left_out_and_named(corpus: Path) -> None:
    warnings = json.loads((corpus / "manifest.json").read_text(encoding="utf-8"))["warnings"]
    assert any(line.startswith("ghost: text without a sound") for line in warnings)
    assert any(line.startswith("extra: sound without a text") for line in warnings)
    assert any(line.startswith("liar: left out, the transcript") and "does not match" in line for line in warnings)
    assert len(warnings) == 3


def test_it_is_resumed_to_the_same_bytes(speech: Path, corpus: Path, tmp_path: Path) -> None:
    shutil.copytree(corpus, tmp_path / "again")
    next((tmp_path / "again" / "events").glob("*_4_4.json")).unlink()
    options = ["--seed", "3", "--performances", "2", "--hold-out-last", "1", "--out", str(tmp_path / "again")]
    assert main(["--speech", str(speech), *options]) == 0
    for path in corpus.rglob("*"):
        if path.is_file():
            assert (tmp_path / "again" / path.relative_to(corpus)).read_bytes() == path.read_bytes()
    assert main(["--speech", str(speech), *options, "--seed", "4"]) == 2


def test_joined_corpora_keep_every_take_under_an_id_of_its_own(corpus: Path, tmp_path: Path) -> None:
    shutil.copytree(corpus, tmp_path / "other")
    manifest = join([corpus, tmp_path / "other"], tmp_path / "both")
    takes = read_folder(tmp_path / "both", "all")
    assert len(takes) == 8
    assert len({take.id for take in takes}) == 8
    assert len(read_folder(tmp_path / "both", "test")) == 4
    for take in takes:
        events = json.loads((tmp_path / "both" / "events" / f"{take.id}.json").read_text(encoding="utf-8"))
        assert events["id"] == take.id
        assert take.words
    assert manifest["seconds"] == pytest.approx(2 * sum(take.waveform.duration_s for take in takes[:4]), rel=0.5)
    with pytest.raises(InputError, match="expected an empty folder"):
        join([corpus, tmp_path / "other"], tmp_path / "both")
    with pytest.raises(InputError, match="two corpora or more"):
        join([corpus, corpus], tmp_path / "twice")
    with pytest.raises(InputError, match="expected a finished corpus"):
        join([corpus, tmp_path], tmp_path / "none")


def test_transcripts_beside_sounds_are_read(speech: Path, tmp_path: Path) -> None:
    shutil.copy(speech / "u0.wav", tmp_path / "talk.wav")
    (tmp_path / "talk.srt").write_text("1\n00:00:00,000 --> 00:00:06,400\n" + TEXTS[0] + "\n", encoding="utf-8")
    (tmp_path / "lost.txt").write_text("Nothing here.", encoding="utf-8")
    found = read_recordings(tmp_path)
    assert [one.name for one in found.items] == ["talk"]
    assert found.left_out == ("lost: text without a sound",)
    plans, _ = plan_recorded(found, seed=0, hold_out_last=0)
    assert [[one.name for one in plan.utterances] for plan in plans] == [["talk"]]
    (only,) = plans[0].utterances
    assert " ".join(only.hear().texts) == TEXTS[0]


def test_a_long_recording_is_cut_at_pauses(
    known: tuple[SpokenTake, HeardUtterance], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorded_corpus, "TAKE_S", (6.0, 10.0))
    monkeypatch.setattr(recorded_corpus, "_LONGEST_WHOLE_S", 11.0)
    take, _ = known
    write_waveform(tmp_path / "long.wav", Waveform(samples=take.samples))
    (tmp_path / "long.txt").write_text(" ".join(word.text for word in take.words), encoding="utf-8")
    plans, left_out = plan_recorded(read_recordings(tmp_path), seed=0, hold_out_last=0)
    assert left_out == []
    stretches = [one for plan in plans for one in plan.utterances]
    assert len(stretches) >= 2
    assert all(one.speech_s <= 10 for one in stretches)
    assert [word.text for one in stretches for word in one.words] == [word.text for word in take.words]
    second = stretches[1].hear()
    assert second.texts == tuple(word.text for word in stretches[1].words)
    span = stretches[1].span
    assert span is not None
    assert second.words[0].start_s + span.start_s == pytest.approx(stretches[1].words[0].start_s, abs=0.05)


@pytest.mark.parametrize(
    ("files", "hold_out", "expected"),
    [
        ({}, 0, "expected sounds"),
        ({"a.wav": b"RIFF"}, 0, r"sounds with their texts.*a: sound without a text"),
        ({"a.wav": b"RIFF", "text.tsv": b"a no tab"}, 0, r"text\.tsv:1: expected name, tab, text"),
        ({"a.wav": b"RIFF", "text.tsv": b"a\tHello."}, 1, "fewer than the 1 recordings"),
        (
            {"a.wav": b"RIFF", "text.tsv": b"a\tHello."},
            0,
            r"sounds that can be used, got a: left out, .*a\.wav: expected sound",
        ),
    ],
)
def test_bad_folders_are_told_in_one_line(
    files: dict[str, bytes], hold_out: int, expected: str, tmp_path: Path
) -> None:
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=expected) as caught:
        plan_recorded(read_recordings(tmp_path), seed=0, hold_out_last=hold_out)
    assert "\n" not in str(caught.value)


def test_near_words_call_what_the_known_ones_do() -> None:
    assert near_cues("colossal") == ("size_big",)
    assert near_cues("vanished") == ("throw_away",)
    assert near_cues("table") == ()
    assert near_cues("huge") == ()
