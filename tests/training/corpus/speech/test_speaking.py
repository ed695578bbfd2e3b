import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exges_core.audio.waveform import read_waveform
from exges_core.errors import InputError
from training.corpus.files.writing import gesture_phases, kind_of, semantic_labels
from training.corpus.production.dataset import make_corpus
from training.corpus.script import GestureMark, SpokenTake
from training.corpus.speech import espeak, voices
from training.corpus.speech.kokoro_files import KOKORO_COMMAND
from training.corpus.speech.phones import VOWELS
from training.corpus.speech.prosody import Shape, pitch_track, reshape
from training.corpus.speech.rendering import Segment, word_times
from training.corpus.speech.speaking import sentence_text, speak
from training.corpus.speech.voices import (
    available_voices,
    held_out_voices,
    kokoro_voices,
    require,
    voice_of,
)
from training.corpus.text.annotation import annotate, annotate_text
from training.workers import WorkerOptions

TEXT = "Hello everyone, this is a huge, energetic idea. Maybe you don't know it, or do you?"
ONE_PER_ENGINE = ("festival_slt_deep", "festival_kal", "flite_rms_big", "flite_kal16", "espeak_us_m1", "espeak_gb_f1",
                  "kokoro_af_heart", "kokoro_bm_fable")  # fmt: skip
ASSETS = Path(__file__).resolve().parents[4] / "exges_core" / "assets"
ONSET_TOLERANCE_S = 0.06


def spoken(voice_id: str, seed: int = 0) -> SpokenTake:
    voice = voice_of(voice_id)
    if voice not in available_voices():
        command = KOKORO_COMMAND if voice.engine == "kokoro" else voices.INSTALL_COMMAND
        pytest.skip(f"{voice_id}: its synthesiser is not installed ({command})")
    return speak(annotate_text(TEXT), voice, generator=np.random.default_rng(seed), take_id="1_ada_0_1_1")


@pytest.fixture(scope="module", params=ONE_PER_ENGINE)
def take(request: pytest.FixtureRequest) -> SpokenTake:
    return spoken(request.param)


def envelope_db(take: SpokenTake) -> np.ndarray:
    energy = np.convolve(np.square(take.samples, dtype=np.float64), np.ones(160) / 160, "same")[::80]
    return 10 * np.log10(energy + 1e-12)


def test_every_word_is_timed_in_order(take: SpokenTake) -> None:
    assert [word.text for word in take.words] == TEXT.replace(",", "").replace(".", "").replace("?", "").split()
    for word in take.words:
        assert 0 <= word.start_s <= word.stress_s <= word.end_s <= take.duration_s
        assert word.end_s - word.start_s > 0.02
    for earlier, later in pairwise(take.words):
        assert later.start_s >= earlier.end_s - 1e-6


def test_words_after_pauses_start_where_the_sound_does(take: SpokenTake) -> None:
    level = envelope_db(take)
    quiet, loud = np.percentile(level, 5), np.percentile(level, 75)
    after_pause = [b for a, b in pairwise(take.words) if b.start_s - a.end_s > 0.25]
    assert len(after_pause) >= 2
    for word in after_pause:
        first = int((word.start_s - 0.15) * 200)
        rise = first + int(np.argmax(level[first : first + 100] > quiet + 0.35 * (loud - quiet)))
        assert abs(rise / 200 - word.start_s) < ONSET_TOLERANCE_S


def test_pauses_are_the_scripts(take: SpokenTake) -> None:
    written = [word for sentence in annotate_text(TEXT) for word in sentence.words]
    for script, earlier, later in zip(written, take.words, take.words[1:], strict=False):
        if script.pause_after_s > 0:
            assert later.start_s - earlier.end_s > script.pause_after_s - 0.02


def test_the_sound_is_level_and_never_digital_silence(take: SpokenTake) -> None:
    assert take.samples.dtype == np.float32
    assert np.abs(take.samples).max() <= 1.0
    assert -32 < 20 * np.log10(np.std(take.samples)) < -18
    assert envelope_db(take).min() > -90


def test_loudness_is_relative_and_accents_follow_focus(take: SpokenTake) -> None:
    assert np.mean([word.loudness for word in take.words]) == pytest.approx(1.0)
    accents = {is_focus: [w.accent for w in take.words if w.is_focus is is_focus] for is_focus in (True, False)}
    assert all(0 <= value <= 1 for values in accents.values() for value in values)
    assert np.mean(accents[True]) > np.mean(accents[False])


def test_phones_fill_the_words_in_one_alphabet(take: SpokenTake) -> None:
    assert len(take.phones) > 2.5 * len(take.words)
    for phone in take.phones:
        assert re.fullmatch(r"[A-Z]{1,2}[01]?", phone.text)
        assert (phone.text.rstrip("01") in VOWELS) == phone.text[-1].isdigit()
        assert any(word.start_s - 0.03 <= phone.start_s <= phone.end_s <= word.end_s + 0.03 for word in take.words)
    for earlier, later in pairwise(take.phones):
        assert later.start_s >= earlier.end_s - 1e-6
    assert [phone.text for phone in take.phones][:4] == ["HH", "AH0", "L", "OW1"]


@pytest.mark.parametrize("voice_id", ["festival_kal", "flite_rms_big", "espeak_us_m1"])
def test_a_focus_is_longer_and_higher(voice_id: str) -> None:
    if voice_of(voice_id) not in available_voices():
        pytest.skip(f"{voice_id}: its synthesiser is not installed ({voices.INSTALL_COMMAND})")
    plain = annotate_text(TEXT)
    flat = [replace(s, words=tuple(replace(word, is_focus=False) for word in s.words)) for s in plain]
    said = [speak(text, voice_of(voice_id), generator=np.random.default_rng(0), take_id="x") for text in (plain, flat)]
    focus = [index for index, word in enumerate(said[0].words) if word.is_focus]
    ratios, semitones = [], []
    for index in focus:
        with_focus, without = (one.words[index] for one in said)
        ratios.append((with_focus.end_s - with_focus.start_s) / (without.end_s - without.start_s))
        pitch = [pitch_track(one.samples.astype(np.float64))[int(one.words[index].stress_s * 200) + 10] for one in said]
        if min(pitch) > 0:
            semitones.append(12 * np.log2(pitch[0] / pitch[1]))
    assert min(ratios) > 1.03
    assert np.median(semitones) > 1.0


def test_reshaping_moves_a_tone_and_its_clock() -> None:
    times_s = np.arange(16_000) / 16_000
    tone = np.sum([np.sin(2 * np.pi * 120 * k * times_s) / k for k in range(1, 12)], axis=0)
    knots = np.array([0.2, 0.6])
    shape = Shape(old_s=knots, new_s=np.array([0.2, 0.8]), pitch_at_s=np.array([0.0]), pitch_semitones=np.array([3.0]))
    moved = reshape(tone, shape)
    assert len(moved) == pytest.approx(19_200, abs=1)
    assert np.median(pitch_track(moved)[20:200]) == pytest.approx(120 * 2**0.25, rel=0.02)
    assert np.std(moved) == pytest.approx(np.std(tone), rel=0.2)
    still = Shape(old_s=knots, new_s=knots, pitch_at_s=np.array([0.0]), pitch_semitones=np.array([0.0]))
    same = reshape(tone, still)
    assert len(same) == len(tone)
    assert np.median(pitch_track(same)[20:180]) == pytest.approx(120, rel=0.01)
    # Nothing asked for: the same sound.
    assert np.corrcoef(same[2000:14_000], tone[2000:14_000])[0, 1] > 0.99
    np.testing.assert_allclose(shape.before(shape.moved(times_s)), times_s, atol=1e-9)


def test_sentences_cover_the_words(take: SpokenTake) -> None:
    assert [sentence.first for sentence in take.sentences] == [0, 8]
    assert take.sentences[-1].last == len(take.words) - 1


def test_a_take_is_its_generators() -> None:
    first, again, other = spoken("flite_slt", 1), spoken("flite_slt", 1), spoken("flite_slt", 2)
    np.testing.assert_array_equal(first.samples, again.samples)
    assert first.words == again.words
    assert len(first.samples) != len(other.samples)


def test_a_bigger_body_speaks_as_fast_but_lower() -> None:
    plain = voice_of("flite_kal16")
    spoken("flite_kal16")
    durations, centroids = [], []
    for size in (1.0, 1.15):
        voice = replace(plain, size=size)
        take = speak([annotate(TEXT)], voice, generator=np.random.default_rng(0), take_id="x")
        durations.append(take.words[-1].end_s - take.words[0].start_s)
        spectrum = np.abs(np.fft.rfft(take.samples))
        centroids.append(np.sum(spectrum * np.arange(len(spectrum))) / np.sum(spectrum) / take.duration_s)
    assert durations[1] == pytest.approx(durations[0], rel=0.03)
    assert centroids[1] < 0.95 * centroids[0]


def test_a_missing_synthesiser_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", "")
    assert available_voices() == ()
    with pytest.raises(InputError, match=r"apt-get install festival flite espeak-ng.*install_voices\.sh") as caught:
        require(*voices.voices().values())
    assert "\n" not in str(caught.value)
    assert "expected a speech synthesiser" in str(caught.value)
    with pytest.raises(InputError, match=r"install_voices\.sh"):
        make_corpus(
            hours=0.1, seed=0, folder=tmp_path / "corpus", workers=WorkerOptions(), on_take=lambda _entry, _count: None
        )
    assert not (tmp_path / "c").exists()
    monkeypatch.undo()
    monkeypatch.setenv("EXGES_CACHE", str(tmp_path / "nothing"))
    with pytest.raises(InputError, match=r"install_kokoro.*--without-kokoro"):
        require(voices.voices()["kokoro_af_heart"])
    with pytest.raises(InputError, match="nobody"):
        voice_of("nobody")


def test_missing_voices_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "flite").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    require(voices.voices()["flite_slt"])
    with pytest.raises(InputError) as caught:
        require(voices.voices()["flite_slt"], voices.voices()["festival_kal"], voices.voices()["espeak_us_m1"])
    line = str(caught.value)
    assert "festival_kal" in line
    assert "espeak_us_m1" in line
    assert "flite_slt" not in line
    assert "2 of 3 voices missing" in line


def test_there_are_enough_voices_and_one_recording_of_each_kind_is_held_out() -> None:
    assert len(voices.voices()) >= 50
    assert len([voice for voice in kokoro_voices() if not voice.is_held_out]) >= 20
    assert [voice.id for voice in held_out_voices()] == ["flite_awb", "kokoro_af_sarah", "kokoro_bm_george"]
    held_out = held_out_voices()[0]
    shared = [voice for voice in voices.voices().values() if (voice.engine, voice.name) == ("flite", held_out.name)]
    assert shared == [held_out]


def test_commas_stand_where_pauses_are() -> None:
    assert sentence_text(annotate("Well, this is it!")) == "Well, this is it."
    assert sentence_text(annotate("Is it?")).endswith("?")


@given(st.lists(st.integers(0, 5), min_size=1, max_size=12), st.integers(1, 6))
@settings(max_examples=40)
def test_swallowed_words_share_time_in_order(tokens: list[int], count: int) -> None:
    owners = sorted(token % count for token in tokens)
    segments = [
        Segment(token=token, is_vowel=index % 2 == 0, is_stressed=False, start_s=0.1 * index, end_s=0.1 * (index + 1))
        for index, token in enumerate(owners)
    ]
    words = word_times(segments, ["word"] * count)
    assert len(words) == count
    assert all(word.start_s <= word.stress_s <= word.end_s for word in words)
    assert all(later.start_s >= earlier.end_s - 1e-9 for earlier, later in pairwise(words))


def test_a_late_stress_is_found() -> None:
    segments = [
        Segment(token=0, is_vowel=True, is_stressed=index in (0, 2), start_s=0.1 * index, end_s=0.1 * (index + 1))
        for index in range(4)
    ]
    assert word_times(segments, ["energetic,"])[0].stress_s == pytest.approx(0.2)
    assert word_times(segments, ["everyone"])[0].stress_s == pytest.approx(0.0)


def mark(lexeme: str, start_s: float, hand: str = "both") -> GestureMark:
    return GestureMark(
        lexeme=lexeme,
        hand=hand,
        word_index=0,
        preparation_s=start_s,
        stroke_start_s=start_s + 0.3,
        stroke_end_s=start_s + 0.6,
        hold_end_s=start_s + 0.8,
        end_s=start_s + 1.4,
    )


def test_a_new_gesture_ends_the_old_one_and_phases_never_overlap() -> None:
    phases = gesture_phases([mark("size_big", 0.0), mark("beat_small", 0.9), mark("shrug", 0.2, "right")], "left", 2.0)
    assert [label for *_, label in phases][:4] == [
        "size_big preparation",
        "size_big stroke",
        "size_big hold",
        "size_big retraction",
    ]
    assert all(later[0] >= earlier[1] for earlier, later in pairwise(phases))
    assert phases[-1][1] <= 2.0
    assert not any("shrug" in label for *_, label in phases)


def test_semantic_labels_are_beat2s_six_columns() -> None:
    take = spoken("flite_kal16")
    rows = [line.split("\t") for line in semantic_labels(take, [mark("point_this", 1.0)]).splitlines()]
    assert rows == [["point_this", "1.000", "2.400", "1.400", "3", "Hello"]]
    assert [kind_of(name) for name in ("beat_fist", "self_touch", "size_big", "shrug")] == [
        "beat",
        "deictic",
        "iconic",
        "metaphoric",
    ]


def test_the_bundled_demo_is_whole() -> None:
    provenance = json.loads((ASSETS / "demo.json").read_text(encoding="utf-8"))
    waveform = read_waveform(ASSETS / "demo.flac")
    assert waveform.duration_s == pytest.approx(provenance["duration_s"], abs=0.01)
    assert 15 < waveform.duration_s < 25
    text = (ASSETS / "demo.txt").read_text(encoding="utf-8").strip()
    assert text == provenance["text"]
    for example in ("Generally", "This", "or", "very", "energetic", "I don't know", "huge", "welcome"):
        assert example in text
    assert {"engine", "voice", "licence"} <= provenance.keys()


def test_an_engine_that_names_a_word_again_does_not_stretch_it() -> None:
    """espeak-ng did so at a comma: the event of the clause's first word came once more, before the next clause."""
    word, sound = espeak.EVENT_WORD, espeak.EVENT_PHONEME
    events = [(word, 1, 0, ""), (sound, 1, 0, "a"), (word, 5, 100, ""), (sound, 5, 100, "n"), (word, 1, 200, ""),
              (sound, 1, 200, "d"), (word, 10, 300, ""), (sound, 10, 300, "w")]  # fmt: skip
    segments = espeak.segments_of(events, "And now, while", rate_hz=100, samples=400)
    assert [segment.token for segment in segments] == [0, 1, 1, 2]
    words = word_times(segments, ["And", "now,", "while"])
    assert all(later.start_s >= earlier.end_s - 1e-9 for earlier, later in pairwise(words))
