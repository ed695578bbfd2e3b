"""Music, laughter, singing, silence, words that are not said there: a mouth that makes sense, or a warning; no harm."""

from dataclasses import replace

import numpy as np
import pytest
from face.measures import RATE_HZ, lip_gap
from face.takes import Spoken, spoken

from exges_core.audio.waveform import Waveform
from exges_core.face.joints import JAW_DEG
from exges_core.face.names import COLUMN
from exges_core.face.performance import Face
from exges_core.pipeline.analyse import Speech, heard_in
from exges_core.speech.phones import pronounce
from exges_core.speech.words import Transcript, Word
from exges_core.timeline import AUDIO_RATE_HZ

JAW = COLUMN["jawOpen"]
SECONDS = 6.0
AT_S = np.arange(round(SECONDS * AUDIO_RATE_HZ)) / AUDIO_RATE_HZ


def performed(samples: np.ndarray, words: tuple[Word, ...] = ()) -> Face:
    heard = (
        heard_in(Waveform(samples=samples.astype(np.float32)), transcript=Transcript(words=words, text=""), asr="none")
        if words
        else heard_in(Waveform(samples=samples.astype(np.float32)), asr="none")
    )
    return spoken(Speech.of(heard), pronounce(heard.words, heard.waveform)).face


def check(face: Face) -> None:
    """Check what holds of every face, whatever was heard."""
    assert np.isfinite(face.curves).all()
    assert face.curves.min() >= 0.0
    assert face.curves.max() <= 1.0
    assert np.abs(np.diff(face.curves[:, JAW])).max() * RATE_HZ * np.deg2rad(JAW_DEG) * 0.1 <= 0.3 * 1.02
    assert (face.curves[:, COLUMN["mouthClose"]] <= face.curves[:, JAW] + 1e-6).all()


def music() -> np.ndarray:
    """Chords with a beat, no pause."""
    chords = sum(np.sin(2 * np.pi * f * AT_S) for f in (220.0, 277.2, 329.6, 440.0))
    return 0.1 * chords * (0.4 + 0.6 * np.exp(-6 * (AT_S % 0.5)))


def laughter() -> np.ndarray:
    """Ha ha ha: five bursts of voice a second, for two seconds, then silence."""
    voice = sum(np.sin(2 * np.pi * 180 * k * AT_S) / k for k in range(1, 20))
    return 0.15 * voice * (AT_S % 0.2 < 0.1) * (AT_S > 1.0) * (AT_S < 3.0)


def singing() -> np.ndarray:
    """One vowel held for four seconds, with vibrato."""
    turns = 220 * AT_S + 0.9 * np.sin(2 * np.pi * 5.5 * AT_S)
    return 0.15 * sum(np.sin(2 * np.pi * k * turns) / k for k in range(1, 15)) * (AT_S > 0.5) * (AT_S < 4.5)


@pytest.mark.parametrize("sound", [music, laughter, singing])
def test_sound_without_words_moves_the_jaw_and_is_told(sound: object) -> None:
    face = performed(sound())  # type: ignore[operator]
    check(face)
    assert face.source == "sound"
    assert face.warnings == ("the mouth follows loudness and voice alone: there are no words",)
    assert face.curves[:, JAW].max() > 0.1


def test_who_laughs_opens_the_mouth_then_and_not_after() -> None:
    face = performed(laughter())
    jaw = face.curves[:, JAW]
    assert jaw[35:85].mean() > 0.08
    assert jaw[100:].max() < 0.02
    assert jaw[:20].max() < 0.02


def test_a_sung_word_is_held_open() -> None:
    face = performed(singing(), (Word(text="aah", start_s=0.5, end_s=4.5),))
    check(face)
    assert face.source == "phones"
    assert np.median(face.curves[45:120, JAW]) > 0.2


def test_words_where_nothing_is_to_be_heard_leave_the_mouth_shut(demo: Spoken) -> None:
    heard = demo.speech.heard
    quiet = np.concatenate([heard.waveform.samples, np.zeros(4 * AUDIO_RATE_HZ, np.float32)])
    end_s = heard.waveform.duration_s
    ghosts = tuple(
        Word(text=text, start_s=end_s + 1.0 + 0.5 * k, end_s=end_s + 1.4 + 0.5 * k)
        for k, text in enumerate(("but", "who"))
    )
    face = performed(quiet, (*heard.words, *ghosts))
    check(face)
    assert "the mouth stays shut in 2 words that lie where nothing is to be heard: but, who" in face.warnings
    after = round((end_s + 0.5) * RATE_HZ)
    assert lip_gap(face.curves)[after:].max() <= 0.05
    said = round((end_s - 1.0) * RATE_HZ)
    assert np.abs(lip_gap(face.curves)[:said] - lip_gap(demo.face.curves)[:said]).mean() < 0.02


def test_words_of_another_sound_are_told(demo: Spoken) -> None:
    heard = demo.speech.heard
    shuffled = np.random.default_rng(4).permutation([word.text for word in heard.words])
    wrong = tuple(replace(word, text=str(text)) for word, text in zip(heard.words, shuffled, strict=True))
    face = spoken(replace(demo.speech, heard=replace(heard, words=wrong)), pronounce(wrong, heard.waveform)).face
    check(face)
    assert [each for each in face.warnings if "were found in the sound where they should be" in each]
    assert demo.face.warnings == ()


def test_the_real_voices_have_nothing_to_be_told_of(real: Spoken, kathleen: Spoken) -> None:
    assert real.face.warnings == ()
    assert kathleen.face.warnings == ()


@pytest.mark.parametrize("words", [
    (("one", 0.5, 0.5), ("two", 0.5, 0.5)), (("one", 2.0, 3.0), ("two", 2.0, 3.0), ("three", 2.1, 2.2)),
    (("all", 0.0, SECONDS),), (("late", SECONDS - 0.01, SECONDS),), (("😀", 1.0, 1.5), ("42", 2.0, 2.5)),
    (("...", 1.0, 1.2), ("a" * 400, 2.0, 3.0)), (("привет", 1.0, 1.5), ("мир", 1.6, 2.0)),
], ids=["no length", "at once", "one for all", "at the end", "signs", "dots", "cyrillic"])  # fmt: skip
def test_odd_words_are_borne(words: tuple[tuple[str, float, float], ...]) -> None:
    face = performed(laughter(), tuple(Word(text=text, start_s=a, end_s=b) for text, a, b in words))
    check(face)
    if words[0][0] == "привет":
        assert "2 words without English phones: привет, мир" in face.warnings[0]
