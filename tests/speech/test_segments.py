"""Segments: whole words, in order, within the bounds wherever any grouping is."""

import itertools
import time

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from exges_core.audio.waveform import Waveform
from exges_core.speech.segments import LONG_PAUSE_S, MAX_S, MAX_WORDS, MIN_S, MIN_WORDS, segment
from exges_core.speech.words import Word
from exges_core.timeline import AUDIO_RATE_HZ

EPS_S = 1e-6


def words_of(durations_s: list[float], gaps_s: list[float], ends: list[bool] | None = None) -> tuple[Word, ...]:
    time_s, words = 0.0, []
    for at, (duration_s, gap_s) in enumerate(zip(durations_s, gaps_s, strict=True)):
        time_s += gap_s
        stop = "." if ends is not None and ends[at] else ""
        words.append(Word(text=f"w{at}{stop}", start_s=time_s, end_s=time_s + duration_s))
        time_s += duration_s
    return tuple(words)


def sound_for(words: tuple[Word, ...], tail_s: float = 0.0) -> Waveform:
    size = round((words[-1].end_s + tail_s) * AUDIO_RATE_HZ)
    return Waveform(samples=np.zeros(size, dtype=np.float32))


spoken = st.integers(1, 60).flatmap(
    lambda count: st.tuples(
        st.lists(st.floats(0.02, 3.0), min_size=count, max_size=count),
        st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.1, 0.3, 0.49, 0.6, 2.0]), min_size=count, max_size=count),
        st.lists(st.booleans(), min_size=count, max_size=count),
    )
)


@settings(max_examples=150, deadline=None)
@given(spoken)
def test_every_word_is_in_one_segment_in_order_and_no_long_pause_is_inside(
    drawn: tuple[list[float], list[float], list[bool]],
) -> None:
    words = words_of(*drawn)
    found = segment(words, sound_for(words))
    assert tuple(word for each in found for word in each.words) == words
    for each in found:
        assert each.text == " ".join(word.text for word in each.words)
        assert each.start_s <= each.words[0].start_s
        assert each.end_s >= each.words[-1].end_s
        assert all(b.start_s - a.end_s < LONG_PAUSE_S + EPS_S for a, b in itertools.pairwise(each.words))
        length_s = each.end_s - each.start_s
        assert ("short" in each.note) == (length_s < MIN_S - EPS_S)
        assert ("long" in each.note) == (length_s > MAX_S + EPS_S)
        assert ("few words" in each.note) == (len(each.words) < MIN_WORDS)
        assert ("many words" in each.note) == (len(each.words) > MAX_WORDS)
    assert all(a.end_s <= b.start_s + EPS_S for a, b in itertools.pairwise(found))
    assert found == segment(words, sound_for(words))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0.05, 1.2), st.sampled_from([0.0, 0.0, 0.2])), min_size=1, max_size=9))
def test_durations_keep_their_bounds_whenever_some_grouping_does(drawn: list[tuple[float, float]]) -> None:
    words = words_of([each[0] for each in drawn], [each[1] for each in drawn])
    found = segment(words, sound_for(words))
    count = len(words)
    feasible = False
    for cuts in itertools.chain.from_iterable(itertools.combinations(range(1, count), r) for r in range(count)):
        runs = list(itertools.pairwise((0, *cuts, count)))
        lengths_s = [words[stop - 1].end_s - words[first].start_s for first, stop in runs]
        feasible |= all(MIN_S <= length_s <= MAX_S for length_s in lengths_s)
    assume(feasible)
    assert all(MIN_S - EPS_S <= each.end_s - each.start_s <= MAX_S + EPS_S for each in found)


@pytest.mark.parametrize("rate_s", [0.2, 0.25, 0.3, 0.4])
def test_ordinary_speech_keeps_both_bounds(rate_s: float) -> None:
    words = words_of([rate_s] * 200, [0.0] * 200)
    assert {each.note for each in segment(words, sound_for(words))} == {""}


def test_slow_speech_gives_few_words_and_fast_speech_many() -> None:
    slow, fast = words_of([0.9] * 20, [0.0] * 20), words_of([0.08] * 200, [0.0] * 200)
    assert {each.note for each in segment(slow, sound_for(slow))} == {"few words"}
    assert {each.note for each in segment(fast, sound_for(fast))} == {"many words"}


def test_a_sentence_end_is_preferred() -> None:
    ends = [at in {4, 10} for at in range(16)]
    words = words_of([0.28] * 16, [0.0] * 16, ends)
    lasts = [each.words[-1].text for each in segment(words, sound_for(words))]
    assert "w4." in lasts
    assert "w10." in lasts


def test_a_lone_short_word_takes_silence_around_it() -> None:
    words = words_of([0.3, 0.3, 0.3], [2.0, 2.0, 2.0])
    found = segment(words, sound_for(words, tail_s=2.0))
    assert [len(each.words) for each in found] == [1, 1, 1]
    assert all(each.end_s - each.start_s == pytest.approx(MIN_S) for each in found)


def test_time_is_linear_in_the_number_of_words() -> None:
    words = words_of([0.3] * 4000, [0.0] * 4000)  # twenty minutes of speech
    start_s = time.process_time()
    assert len(segment(words, sound_for(words))) >= 4000 / MAX_WORDS
    assert time.process_time() - start_s < 10


def test_silence_without_words_has_no_segments() -> None:
    assert segment((), Waveform(samples=np.zeros(5 * AUDIO_RATE_HZ, dtype=np.float32))) == ()


def test_without_words_the_sound_between_pauses_is_cut_to_length(generator: np.random.Generator) -> None:
    samples = np.zeros(12 * AUDIO_RATE_HZ, dtype=np.float32)
    for start_s, end_s in ((0.5, 5.0), (6.5, 7.0), (8.5, 11.5)):
        low, high = round(start_s * AUDIO_RATE_HZ), round(end_s * AUDIO_RATE_HZ)
        syllables = 0.55 + 0.45 * np.sin(2 * np.pi * 4 * np.arange(high - low) / AUDIO_RATE_HZ)
        samples[low:high] = 0.1 * syllables * generator.standard_normal(high - low)
    found = segment((), Waveform(samples=samples))
    assert all(each.words == () and each.text == "" and each.note == "no words" for each in found)
    assert all(MIN_S - EPS_S <= each.end_s - each.start_s <= MAX_S + EPS_S for each in found)
    covered = sum(each.end_s - each.start_s for each in found)
    assert covered == pytest.approx(8.0 + 0.5, abs=0.3)  # 8 s of sound; the lone half second is widened
    assert not any(each.start_s < 7.6 < each.end_s for each in found)
