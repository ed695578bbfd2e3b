"""A sound is heard once; whatever happens to the cache costs a recognition, never the words."""

from pathlib import Path

import numpy as np
import pytest

from exges_core.audio.waveform import Waveform
from exges_core.speech import word_cache
from exges_core.speech.word_cache import Heard, heard_once
from exges_core.speech.words import Word

WORDS = (Word(text="Über", start_s=0.125, end_s=0.5, confidence=0.9), Word(text="all", start_s=0.5, end_s=0.75))
SOUND = Waveform(samples=np.linspace(-0.5, 0.5, 8000, dtype=np.float32))


class Ear:
    """Counts how often somebody listened."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> Heard:
        self.count += 1
        return WORDS, ("a doubt",)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EXGES_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "words"


def test_the_same_sound_is_heard_once_by_each_recogniser() -> None:
    ear = Ear()
    heard = [heard_once(SOUND, "one", ear) for _ in range(3)]
    assert heard == [(WORDS, ("a doubt",))] * 3
    assert ear.count == 1
    heard_once(SOUND, "another", ear)
    assert ear.count == 2


def test_another_sound_is_heard_anew() -> None:
    ear, samples = Ear(), SOUND.samples.copy()
    heard_once(SOUND, "one", ear)
    samples[4000] = np.nextafter(samples[4000], np.float32(1.0))
    heard_once(Waveform(samples=samples), "one", ear)
    assert ear.count == 2


def test_somebody_who_wants_no_words_kept_has_none(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(word_cache.KEEP_WORDS, "0")
    ear = Ear()
    heard_once(SOUND, "one", ear)
    heard_once(SOUND, "one", ear)
    assert (ear.count, cache.exists()) == (2, False)


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b'{"words": [{"text": 1}], "warnings": []}', b"\xff\xfe", b"[" * 100_000]
)
def test_a_damaged_file_is_heard_over(cache: Path, damage: bytes) -> None:
    ear = Ear()
    heard_once(SOUND, "one", ear)
    next(cache.glob("*.json")).write_bytes(damage)
    assert heard_once(SOUND, "one", ear) == (WORDS, ("a doubt",))
    assert ear.count == 2
    heard_once(SOUND, "one", ear)
    assert ear.count == 2


def test_a_cache_that_cannot_be_written_costs_no_words(cache: Path) -> None:
    cache.parent.mkdir()
    cache.write_text("a file where the folder would be")
    ear = Ear()
    assert heard_once(SOUND, "one", ear) == (WORDS, ("a doubt",))


def test_the_oldest_words_are_forgotten(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_cache, "_MOST_FILES", 3)
    ear = Ear()
    for number in range(5):
        heard_once(SOUND, str(number), ear)
    assert len(list(cache.glob("*.json"))) == 3
