"""Phones with times: aligned where they can be, spread over their word where not, none where nobody knows any."""

import re
from pathlib import Path

import numpy as np
import pytest
from praatio import textgrid

from exges_core import assets
from exges_core.audio.waveform import Waveform, read_waveform
from exges_core.pipeline.analyse import hear
from exges_core.speech.phones import Pronounced, pronounce
from exges_core.speech.words import Word
from exges_core.timeline import AUDIO_RATE_HZ

HISS = Waveform(samples=(0.05 * np.random.default_rng(3).standard_normal(3 * AUDIO_RATE_HZ)).astype(np.float32))


@pytest.fixture(scope="module")
def demo() -> Pronounced:
    heard = hear(assets.DEMO_SPEECH, transcript=assets.DEMO_TRANSCRIPT)
    return pronounce(heard.words, heard.waveform)


def test_phones_are_in_order_and_in_their_words(demo: Pronounced) -> None:
    heard = hear(assets.DEMO_SPEECH, transcript=assets.DEMO_TRANSCRIPT)
    assert demo.aligned >= 0.95 * len(heard.words)
    assert {each.word for each in demo.phones} == set(range(len(heard.words)))
    for one, other in zip(demo.phones, demo.phones[1:], strict=False):
        assert one.start_s < one.end_s <= other.start_s + 0.05
    for each in demo.phones:
        word = heard.words[each.word]
        assert word.start_s - 0.025 <= each.start_s <= each.end_s <= word.end_s + 0.025


def test_real_phones_are_where_another_aligner_has_them(real_clip_folder: Path) -> None:
    grid = real_clip_folder / "2_scott_0_1_1.TextGrid"
    heard = hear(real_clip_folder / "2_scott_0_1_1.wav", transcript=grid)
    found = pronounce(heard.words, heard.waveform)
    assert found.aligned >= 0.9 * len(heard.words)
    tier = textgrid.openTextgrid(str(grid), includeEmptyIntervals=False).getTier("phones").entries
    theirs = [(re.sub(r"\d", "", each.label), (each.start + each.end) / 2) for each in tier]
    off_s = [
        min((abs((each.start_s + each.end_s) / 2 - at_s) for name, at_s in theirs if name == each.name), default=9.0)
        for each in found.phones
    ]
    assert np.median(off_s) <= 0.02
    assert np.mean(np.array(off_s) <= 0.06) >= 0.85


def test_words_that_the_sound_does_not_bear_out_share_their_time_among_their_phones() -> None:
    words = (Word(text="banana", start_s=0.5, end_s=0.9), Word(text="zorgle", start_s=1.0, end_s=2.4))
    found = pronounce(words, HISS)
    assert (found.aligned, found.spread) == (0, 2)
    assert [each.name for each in found.phones[:6]] == ["B", "AH", "N", "AE", "N", "AH"]
    for index, word in enumerate(words):
        own = [each for each in found.phones if each.word == index]
        assert own[0].start_s == word.start_s
        assert own[-1].end_s == pytest.approx(word.end_s)
        vowels, others = ([p.end_s - p.start_s for p in own if p.is_vowel is wanted] for wanted in (True, False))
        assert min(vowels) > max(others)


def test_words_without_english_letters_have_no_phones_and_are_named() -> None:
    words = (Word(text="東京", start_s=0.2, end_s=0.8), Word(text="hello", start_s=1.0, end_s=1.5))
    found = pronounce(words, read_waveform(assets.DEMO_SPEECH))
    assert found.unknown == (0,)
    assert {each.word for each in found.phones} == {1}


def test_no_words_no_phones() -> None:
    assert pronounce((), HISS) == Pronounced()


def test_words_of_no_length_and_behind_the_sound_are_survived() -> None:
    words = (Word(text="yes", start_s=2.9, end_s=2.9), Word(text="no", start_s=3.4, end_s=3.6))
    found = pronounce(words, HISS)
    assert found.aligned + found.spread == 2
    assert all(each.start_s <= each.end_s for each in found.phones)
