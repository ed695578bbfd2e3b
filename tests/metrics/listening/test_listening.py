"""Each measure of listening: near its best on itself, at chance on what is independent, lower when shifted."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exges_core.audio.accents import accents_s, prominence
from exges_core.audio.features import audio_features
from exges_core.audio.waveform import Waveform
from exges_core.errors import InputError
from exges_core.metrics.listening.accents import accent_report, strokes_on_accents
from exges_core.metrics.listening.events import Meetings, meetings
from exges_core.metrics.listening.pauses import Calm, arms_in_pauses, head_in_pauses, is_pause
from exges_core.metrics.listening.seeds import same_seed_correlation, variance_shares
from exges_core.metrics.listening.strokes import Stroke, stroke_course, stroke_hits
from exges_core.metrics.listening.wrists import movement_peaks_s, wrist_speeds_m_per_s
from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import quat_from_rotvec
from exges_core.motion.skeleton import JOINTS, joint_index
from exges_core.score.sizes import wrists_m

Swing = Callable[..., MotionClip]
Voice = Callable[..., Waveform]
Instants = Callable[[int, float], np.ndarray]
LONG_S = 120.0


def strokes_at(times_s: np.ndarray, hand: str = "right", *, off_s: float = 0.0) -> list[Stroke]:
    return [Stroke(start_s=t + off_s - 0.1, end_s=t + off_s + 0.1, hand=hand) for t in times_s]  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def times_s(instants: Instants) -> np.ndarray:
    return instants(1, LONG_S)


@pytest.fixture(scope="module")
def clip(swinging: Swing, times_s: np.ndarray) -> MotionClip:
    return swinging(times_s, LONG_S)


def slow_meetings(events_s: np.ndarray, others_s: np.ndarray, duration_s: float) -> tuple[int, float]:
    """The definition, in loops."""

    def met(shift_s: float) -> int:
        return sum(
            any(abs((event + shift_s) % duration_s - other) <= 0.2 + 1e-9 for other in others_s) for event in events_s
        )

    return met(0.0), sum(met(duration_s * k / 17) for k in range(1, 17)) / 16


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(0, 12), st.integers(0, 12))
def test_meetings_are_those_of_the_definition(seed: int, events: int, others: int) -> None:
    drawn = np.random.default_rng(seed)
    one, other = drawn.uniform(0, 30, events), drawn.uniform(0, 30, others)
    found = meetings(one, other, 30.0)
    met, chance = slow_meetings(one, other, 30.0)
    assert (found.events, found.met) == (events, met)
    assert found.chance == pytest.approx(chance)


def test_meetings_add_up_and_know_when_there_are_none() -> None:
    total = Meetings.total([Meetings(10, 8.0, 4.0), Meetings(30, 6.0, 6.0)])
    assert total.excess == pytest.approx(4 / 40)
    assert math.isnan(Meetings.total([]).excess)


def test_independent_events_meet_as_often_as_chance_says() -> None:
    drawn = np.random.default_rng(5)
    found = [meetings(drawn.uniform(0, 60, 40), drawn.uniform(0, 60, 60), 60.0) for _ in range(100)]
    assert abs(Meetings.total(found).excess) < 0.02


def test_wrists_move_about_the_pelvis_at_the_instants_they_were_made_to(clip: MotionClip, times_s: np.ndarray) -> None:
    speeds = wrist_speeds_m_per_s(clip)
    assert speeds[:, 0].max() < 1e-6, "the left hand rests"
    found = movement_peaks_s(speeds[:, 1], 30.0)
    assert len(found) == len(times_s)
    assert np.abs(found - times_s).max() < 0.05
    moved = MotionClip(
        local_quat_wxyz=clip.local_quat_wxyz,
        root_position_m=clip.root_position_m + np.linspace(0, 9, clip.frames)[:, None],
        frame_rate_hz=30.0,
    )
    np.testing.assert_allclose(wrists_m(moved), wrists_m(clip), atol=1e-9)


def test_strokes_are_met_by_the_hand_that_makes_them(clip: MotionClip, times_s: np.ndarray) -> None:
    found = stroke_hits(clip, strokes_at(times_s))
    assert found.met == found.events == len(times_s)
    assert 0.55 < found.excess < 0.9  # chance: one peak in 1.7 s, reach 0.4 s
    assert stroke_hits(clip, strokes_at(times_s, "both")).excess == pytest.approx(found.excess)
    assert stroke_hits(clip, strokes_at(times_s, "left")).met == 0
    assert stroke_hits(clip, strokes_at(times_s, off_s=0.3)).excess < 0.2
    assert math.isnan(stroke_hits(clip, []).excess)


def test_strokes_of_another_take_are_met_by_chance(swinging: Swing, instants: Instants) -> None:
    found = [stroke_hits(swinging(instants(seed, 60), 60), strokes_at(instants(seed + 50, 60))) for seed in range(12)]
    assert abs(Meetings.total(found).excess) < 0.08


def test_speed_goes_with_its_own_strokes(clip: MotionClip, times_s: np.ndarray) -> None:
    own = stroke_course(clip, strokes_at(times_s)).correlation
    assert own > 0.75
    late = [stroke_course(clip, strokes_at(times_s, off_s=off_s)).correlation for off_s in (0.1, 0.2, 0.4)]
    assert own > late[0] > late[1] > late[2]
    still = clip.cut(0, 1).cut(0, 1)
    assert math.isnan(stroke_course(still, strokes_at(times_s)).correlation)
    assert math.isnan(stroke_course(clip, []).correlation)


def test_speed_does_not_go_with_strokes_of_another_take(swinging: Swing, instants: Instants) -> None:
    found = [
        stroke_course(swinging(instants(seed, 60), 60), strokes_at(instants(seed + 50, 60))).correlation
        for seed in range(12)
    ]
    assert abs(np.mean(found)) < 0.08


def test_accents_are_where_the_voice_rises(voice: Voice, instants: Instants) -> None:
    times_s = instants(3, 40.0)
    features = audio_features(voice(times_s, 40.0))
    found = accents_s(features)
    assert np.abs(found[:, None] - times_s).min(axis=0).max() < 0.07, "every accent is heard"
    assert len(found) <= 1.2 * len(times_s), "and hardly another"
    assert prominence(features).shape == (1200,)
    assert not len(accents_s(audio_features(Waveform(samples=np.zeros(32_000, np.float32)))))
    assert not len(accents_s(features[:2]))


def test_own_strokes_lie_on_accents_of_their_sound(voice: Voice, instants: Instants, swinging: Swing) -> None:
    times_s = instants(3, 60.0)
    features = audio_features(voice(times_s, 60.0))
    own = strokes_on_accents(swinging(times_s, 60.0), features)
    late = strokes_on_accents(swinging(times_s + 0.35, 60.0), features)
    assert own.met >= 0.95 * own.events
    assert own.excess > 0.5 > 0.2 > late.excess
    report = accent_report(swinging(times_s, 60.0), features)
    assert (report["strokes"], report["on_accents"]) == (own.events, own.met)
    assert report["by_chance"] == pytest.approx(own.chance, abs=0.01)
    nobody = accent_report(swinging(np.zeros(0), 5.0), features[:150])
    assert (nobody["strokes"], nobody["on_accents"], nobody["by_chance"]) == (0, 0, 0.0)


def test_seed_and_speech_share_the_variance_of_what_they_make() -> None:
    drawn = np.random.default_rng(0)
    by_seed, by_speech = drawn.standard_normal((4, 1, 300, 6)), drawn.standard_normal((1, 4, 300, 6))
    nothing = np.zeros((4, 4, 1, 1))
    of_seed, of_speech = variance_shares(by_seed + nothing), variance_shares(by_speech + nothing)
    assert (of_seed.seed, of_seed.speech) == pytest.approx((1.0, 0.0), abs=1e-9)
    assert (of_speech.seed, of_speech.speech) == pytest.approx((0.0, 1.0), abs=1e-9)
    both = variance_shares(by_seed + by_speech)
    assert both.seed + both.speech == pytest.approx(1.0)
    free = variance_shares(drawn.standard_normal((4, 4, 2000, 6)))
    assert (free.seed, free.speech) == pytest.approx((0.2, 0.2), abs=0.01)
    assert (free.seed_chance, free.speech_chance) == (0.2, 0.2)
    assert variance_shares(drawn.standard_normal((2, 5, 9, 1))).speech_chance == pytest.approx(4 / 9)


def test_one_seed_for_different_speeches() -> None:
    drawn = np.random.default_rng(1)
    by_seed = np.repeat(drawn.standard_normal((3, 1, 900, 6)), 4, axis=1)
    free = drawn.standard_normal((3, 4, 900, 6))
    assert same_seed_correlation(by_seed) == pytest.approx(1.0)
    assert same_seed_correlation(3.0 * by_seed + 7.0) == pytest.approx(1.0), "neither size nor place counts"
    assert abs(same_seed_correlation(free)) < 0.02
    assert 0.4 < same_seed_correlation(by_seed + free) < 0.6
    assert abs(same_seed_correlation(np.swapaxes(by_seed, 0, 1))) < 0.03
    assert math.isnan(same_seed_correlation(np.zeros((2, 2, 5, 1))))


def test_a_design_needs_two_of_each_and_motions_that_differ() -> None:
    with pytest.raises(InputError, match="two seeds"):
        variance_shares(np.zeros((1, 4, 9, 6)))
    with pytest.raises(InputError, match="two seeds"):
        same_seed_correlation(np.zeros((4, 1, 9, 6)))
    with pytest.raises(InputError, match="differ"):
        variance_shares(np.ones((2, 2, 9, 6)))


def test_hands_and_head_are_calmer_in_pauses(swinging: Swing, voice: Voice, instants: Instants) -> None:
    quiet = ((5.0, 8.0), (14.0, 17.0))
    sound = voice(instants(4, 20.0), 20.0, pauses_s=quiet)
    in_pause = is_pause(sound, 600, 30.0)
    assert in_pause.mean() == pytest.approx(0.3, abs=0.02)
    assert in_pause[155:235].all()
    times_s = np.arange(0.5, 20, 0.5)
    speaking = times_s[[not any(start - 0.3 < t < end + 0.3 for start, end in quiet) for t in times_s]]
    assert arms_in_pauses(swinging(speaking, 20.0), sound).ratio > 10
    assert arms_in_pauses(swinging(times_s, 20.0), sound).ratio == pytest.approx(1.0, abs=0.1)
    silent = times_s[[any(start < t < end for start, end in quiet) for t in times_s]]
    assert arms_in_pauses(swinging(silent, 20.0), sound).ratio < 0.1
    rotvec = np.zeros((600, JOINTS, 3))
    rotvec[:, joint_index("head"), 0] = np.cumsum(np.where(in_pause, 0.001, 0.003))
    nodding = MotionClip(
        local_quat_wxyz=quat_from_rotvec(rotvec), root_position_m=np.zeros((600, 3)), frame_rate_hz=30.0
    )
    assert head_in_pauses(nodding, sound).ratio == pytest.approx(3.0, rel=0.05)


def test_calm_adds_up_and_knows_when_nobody_pauses() -> None:
    total = Calm.total([Calm(30.0, 5.0, 10, 5), Calm(10.0, 15.0, 10, 5)])
    assert total.ratio == pytest.approx(2.0 / 2.0)
    assert math.isnan(Calm(30.0, 0.0, 10, 0).ratio)
    assert math.isinf(Calm(30.0, 0.0, 10, 4).ratio)
    assert math.isnan(Calm(1e-9, 1e-9, 10, 4).ratio), "what stands still is not calm, it is dead"
