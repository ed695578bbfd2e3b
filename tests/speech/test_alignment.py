"""Written English as it is spoken, and laying it along sound."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exges_core.audio.waveform import Waveform, read_waveform
from exges_core.errors import TranscriptError
from exges_core.protocol import ignore_progress
from exges_core.speech.alignment import align_text, merge_marks
from exges_core.speech.pronounce import phones_of, spoken_parts
from exges_core.speech.transcripts import read_transcript
from exges_core.timeline import AUDIO_RATE_HZ


@pytest.mark.parametrize(("written", "said"), [
    ("Hello,", "hello"), ("well-known", "well known"), ("don’t", "don't"), ("naïve", "naive"), ("21", "twenty one"),
    ("1,250", "one thousand two hundred fifty"), ("1985", "nineteen eighty five"), ("007", "zero zero seven"),
    ("2000", "two thousand"), ("50%", "fifty percent"), ("—", ""), ("東京", ""), ("1905", "nineteen oh five"),
    ("1,984", "one thousand nine hundred eighty four"), ("1" + ",000" * 1500, " ".join(["one", *["zero"] * 4500])),
])  # fmt: skip
def test_written_words_as_spoken(written: str, said: str) -> None:
    assert " ".join(spoken_parts(written)) == said


@given(st.from_regex(r"[a-z']{1,20}", fullmatch=True))
def test_every_spelling_with_letters_has_phones_of_the_lexicon(word: str) -> None:
    known = "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH"
    phones = phones_of(word).split()
    assert set(phones) <= set(known.split())
    assert bool(phones) == any(each.isalpha() for each in word)


@given(st.lists(st.sampled_from(["a", "—", "b!", "..."]), min_size=1, max_size=10))
def test_marks_join_the_word_before_and_nothing_is_lost(texts: list[str]) -> None:
    merged = merge_marks(texts)
    assert "".join(merged) == "".join(texts)
    assert all(any(each.isalnum() for each in text) for text in merged[1:])


def test_noise_does_not_match_a_text(generator: np.random.Generator) -> None:
    hiss = Waveform(samples=(0.1 * generator.standard_normal(6 * AUDIO_RATE_HZ)).astype(np.float32))
    with pytest.raises(TranscriptError, match="does not match"):
        align_text("the first thing i like to do on weekends is relaxing", hiss, on_progress=ignore_progress)


def test_another_script_is_refused_as_such() -> None:
    tone = Waveform(samples=np.sin(np.arange(32_000) / 20).astype(np.float32))
    with pytest.raises(TranscriptError, match="English"):
        align_text("今日は いい 天気 です ね", tone, on_progress=ignore_progress)


def test_real_words_are_placed_within_a_few_hundredths_of_a_second(real_clip_folder: Path) -> None:
    waveform = read_waveform(real_clip_folder / "2_scott_0_1_1.wav")
    words = read_transcript(real_clip_folder / "2_scott_0_1_1.TextGrid").words
    assert words is not None
    found, notes = align_text(" ".join(word.text for word in words), waveform, on_progress=ignore_progress)
    off_s = np.array([[a.start_s - b.start_s, a.end_s - b.end_s] for a, b in zip(found, words, strict=True)])
    assert np.median(np.abs(off_s)) < 0.03
    assert np.percentile(np.abs(off_s), 90) < 0.1
    assert notes == ()
    assert all(a.end_s <= b.start_s + 1e-9 for a, b in pairwise(found))


def test_words_no_lexicon_knows_are_placed_too(real_clip_folder: Path) -> None:
    waveform = read_waveform(real_clip_folder / "2_scott_0_1_1.wav").cut(1.2, 4.45)
    found, notes = align_text(
        "The first thing — i liek 2 do 大 on weekendz is relaxingg!", waveform, on_progress=ignore_progress
    )
    assert " ".join(word.text for word in found) == "The first thing— i liek 2 do 大 on weekendz is relaxingg!"
    assert found[8].start_s == pytest.approx(2.47 - 1.2, abs=0.1)
    assert any("lexicon" in note for note in notes)
    assert any("neighbours" in note for note in notes)


def test_other_real_words_do_not_match(real_clip_folder: Path) -> None:
    waveform = read_waveform(real_clip_folder / "2_scott_0_1_1.wav").cut(0.0, 15.0)
    other = (
        "four score and seven years ago our fathers brought forth on this continent a new nation conceived in liberty"
    )
    half = "the first thing i like to do on weekends is relaxing"
    for text in (other, half, f"{half} {other} {other} {other}"):
        with pytest.raises(TranscriptError, match="does not match"):
            align_text(text, waveform, on_progress=ignore_progress)
