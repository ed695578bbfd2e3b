"""Phones of a sound and its words are aligned once; whatever happens to the cache costs an alignment, never phones."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from exges_core import assets
from exges_core.audio.waveform import Waveform
from exges_core.pipeline.analyse import Heard, hear
from exges_core.speech import alignment, phone_cache, phones, word_cache
from exges_core.speech.phone_cache import pronounced_once
from exges_core.speech.phones import Pronounced, pronounce
from exges_core.speech.words import Word


@pytest.fixture(scope="module")
def heard() -> Heard:
    """The demo's first seconds."""
    whole = hear(assets.DEMO_SPEECH, transcript=assets.DEMO_TRANSCRIPT)
    words = tuple(word for word in whole.words if word.end_s < 4.0)
    return replace(whole, waveform=whole.waveform.cut(0.0, 4.0), words=words)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EXGES_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "phones"


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows with every alignment."""
    found: list[int] = []

    def count(words: Sequence[Word], waveform: Waveform) -> Pronounced:
        found.append(len(words))
        return pronounce(words, waveform)

    monkeypatch.setattr(phone_cache, "pronounce", count)
    return found


def test_phones_are_aligned_once_and_come_back_to_the_bit(heard: Heard, cache: Path, counted: list[int]) -> None:
    first, second = (pronounced_once(heard.words, heard.waveform) for _ in range(2))
    assert len(first.phones) > 15
    assert first == second
    assert counted == [len(heard.words)]
    assert [each.name for each in cache.iterdir() if each.suffix != ".json"] == []


def test_other_words_times_and_sounds_are_aligned_anew(heard: Heard, cache: Path, counted: list[int]) -> None:
    pronounced_once(heard.words, heard.waveform)
    renamed = (replace(heard.words[0], text="other"), *heard.words[1:])
    moved = (*heard.words[:-1], replace(heard.words[-1], end_s=heard.words[-1].end_s + 0.01))
    samples = heard.waveform.samples.copy()
    samples[100] += 0.001
    for words, sound in (
        (renamed, heard.waveform), (moved, heard.waveform), (heard.words, Waveform(samples=samples)),
    ):  # fmt: skip
        pronounced_once(words, sound)
    assert len(counted) == 4
    assert len(list(cache.iterdir())) == 4


@pytest.mark.parametrize("damage", [
    b"", b"{", b"[]", b"\xff", b'{"phones":[["AH",0,1,99]],"aligned":1,"spread":0,"unknown":[]}',
    b'{"phones":[["QQ",0,1,0]],"aligned":1,"spread":0,"unknown":[]}',
    b'{"phones":[["AH",NaN,1,0]],"aligned":1,"spread":0,"unknown":[]}',
    b'{"phones":[["AH",-Infinity,1,0]],"aligned":1,"spread":0,"unknown":[]}',
    b'{"phones":[["AH","0","1",0]],"aligned":1,"spread":0,"unknown":[]}',
    b'{"phones":[],"aligned":1,"spread":0,"unknown":[-1]}',
    b"[" * 100_000,
])  # fmt: skip
def test_a_damaged_file_is_aligned_over(heard: Heard, cache: Path, damage: bytes, counted: list[int]) -> None:
    words = heard.words[:2]
    first = pronounced_once(words, heard.waveform)
    next(cache.iterdir()).write_bytes(damage)
    assert pronounced_once(words, heard.waveform) == first
    assert len(counted) == 2
    pronounced_once(words, heard.waveform)
    assert len(counted) == 2


def test_a_cache_that_cannot_be_written_or_is_not_wanted_costs_no_phones(
    heard: Heard, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.parent.mkdir()
    cache.write_text("a file where the folder would be")
    found = pronounced_once(heard.words[:2], heard.waveform)
    assert found.phones
    cache.unlink()
    monkeypatch.setenv(word_cache.KEEP_WORDS, "0")
    assert pronounced_once(heard.words[:2], heard.waveform) == found
    assert not cache.exists()


def test_the_oldest_phones_are_forgotten(heard: Heard, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_cache, "_MOST_FILES", 2)
    for count in (1, 2, 3, 4):
        pronounced_once(heard.words[:count], heard.waveform)
    assert len(list(cache.glob("*.json"))) == 2


def test_an_alignment_does_not_depend_on_the_one_before(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alignment, "_SPARE", [])
    cold = pronounce(heard.words, heard.waveform)
    assert len(alignment._SPARE) == 1
    (kept,) = alignment._SPARE
    noise = 0.2 * np.random.default_rng(1).standard_normal(32_000).astype(np.float32)
    pronounce(
        [Word(text="hello", start_s=0.2, end_s=0.8), Word(text="there", start_s=0.9, end_s=1.4)],
        Waveform(samples=noise),
    )
    assert alignment._SPARE[0] is kept
    assert pronounce(heard.words, heard.waveform) == cold
    pronounce([replace(heard.words[0], text="zorblaxy"), *heard.words[1:]], heard.waveform)
    assert alignment._SPARE == []  # a model that was taught a word is not lent again
    assert phones.pronounce(heard.words, heard.waveform) == cold
