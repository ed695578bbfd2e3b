"""Pauses: where nobody speaks, and where long sound may be cut."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exges_core.audio.pauses import pauses, speech_spans, split_at_pauses
from exges_core.audio.waveform import Waveform
from exges_core.timeline import AUDIO_RATE_HZ


def bursts(times_s: list[tuple[float, float]], duration_s: float, noise: float = 1e-3) -> Waveform:
    generator = np.random.default_rng(7)
    samples = noise * generator.standard_normal(round(duration_s * AUDIO_RATE_HZ))
    for start_s, end_s in times_s:
        start, stop = round(start_s * AUDIO_RATE_HZ), round(end_s * AUDIO_RATE_HZ)
        samples[start:stop] += 0.2 * generator.standard_normal(stop - start)
    return Waveform(samples=samples.astype(np.float32))


def test_pauses_are_found_where_they_are() -> None:
    found = pauses(bursts([(0.5, 1.5), (2.1, 3.0), (3.1, 4.0)], 5.0))
    assert [(span.start_s, span.end_s) for span in found] == [
        pytest.approx(pair, abs=0.03) for pair in ((0.0, 0.5), (1.5, 2.1), (4.0, 5.0))
    ]


def test_silence_is_one_pause_and_steady_sound_none() -> None:
    silence = Waveform(samples=np.zeros(16_000, dtype=np.float32))
    assert [(span.start_s, span.end_s) for span in pauses(silence)] == [(0.0, 1.0)]
    assert speech_spans(silence) == ()
    assert pauses(bursts([(0.0, 1.0)], 1.0)) == ()


@settings(max_examples=30, deadline=None)
@given(duration_s=st.floats(0.3, 30), longest_s=st.floats(0.5, 8), gap_s=st.floats(0.0, 1.0))
def test_pieces_tile_the_clip_and_are_short_enough(duration_s: float, longest_s: float, gap_s: float) -> None:
    times = [(start, start + 1.2 - gap_s) for start in np.arange(0, duration_s - 1.2, 1.2).tolist()]
    waveform = bursts(times, duration_s)
    pieces = split_at_pauses(waveform, longest_s=longest_s)
    assert pieces[0].start_s == 0
    assert pieces[-1].end_s == waveform.duration_s
    assert all(a.end_s == b.start_s for a, b in pairwise(pieces))
    assert all(0 < piece.duration_s <= longest_s + 1e-9 for piece in pieces)


def test_a_cut_falls_into_a_pause_in_reach() -> None:
    pieces = split_at_pauses(bursts([(0.0, 3.4), (3.8, 9.0)], 9.0), longest_s=5.0)
    assert 3.4 < pieces[0].end_s < 3.8
