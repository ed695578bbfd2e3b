"""The face is right: what holds of real mouths, lids and eyes holds of these, on synthetic and real speech.

The bounds are of people, not of the code: where a test could be passed by a face that does nothing, or by chance, a
control beside it fails.
"""

import time
from dataclasses import replace

import numpy as np
import pytest
from face.measures import RATE_HZ, is_bitten, lag_s, lip_gap, runs, share_reached, vowel_openings
from face.takes import Spoken

from exges_core.audio.accents import accents_s
from exges_core.audio.features import ENERGY, energy_db_of
from exges_core.audio.pauses import pauses
from exges_core.audio.waveform import Waveform
from exges_core.face.eyes import blinks_s, fixations_of, gaze_in
from exges_core.face.joints import JAW_DEG
from exges_core.face.moods import MOODS
from exges_core.face.names import ARKIT_NAMES, COLUMN, columns_of
from exges_core.face.performance import perform
from exges_core.face.phrases import phrases_of
from exges_core.score.records import Score, Stroke
from exges_core.settings import FaceSettings
from exges_core.speech.phones import Pronounced

CHIN_M = 0.1
CLOSED, REST = 0.05, 0.05
JAW = COLUMN["jawOpen"]


def jaw_of(take: Spoken) -> np.ndarray:
    return take.face.curves[:, JAW]


def silent(take: Spoken) -> np.ndarray:
    """Return the frames of pauses of 0.4 s and more, but for 0.12 s at their ends in which mouths close and prepare."""
    at_s = np.arange(len(take.face.curves)) / RATE_HZ
    quiet = pauses(take.speech.heard.waveform, at_least_s=0.4)
    inside = [(at_s >= each.start_s + 0.12) & (at_s <= each.end_s - 0.12) for each in quiet]
    return np.any(inside, axis=0)


def test_lips_shut_for_p_b_m_and_bite_for_f_v(take: Spoken) -> None:
    shut, bitten = lip_gap(take.face.curves) <= CLOSED, is_bitten(take.face.curves)
    assert share_reached(take.phones, "PBM", shut) >= 0.95
    assert share_reached(take.phones, "FV", bitten) >= 0.95
    vowels = [each for each in take.phones if each[0] in ("AA", "AE", "AY", "AW")]
    assert share_reached(vowels, ("AA", "AE", "AY", "AW"), lip_gap(take.face.curves) >= 0.3) >= 0.8
    names = [name for name, _, _ in take.phones]
    exchanged = [(names[k - 7], a, b) for k, (_, a, b) in enumerate(take.phones)]
    assert share_reached(exchanged, "PBM", shut) < 0.75


def test_jaws_open_by_the_height_of_vowels(take: Spoken) -> None:
    heights, widths = vowel_openings(take.phones, jaw_of(take))
    assert np.corrcoef(heights, widths)[0, 1] >= 0.55
    chances = np.random.default_rng(0)
    exchanged = [np.corrcoef(chances.permutation(heights), widths)[0, 1] for _ in range(50)]
    assert abs(np.mean(exchanged)) < 0.1


def test_jaws_open_by_loudness(take: Spoken) -> None:
    energy_db = energy_db_of(take.speech.features[:, ENERGY])
    energy_db = np.maximum(energy_db, energy_db.max() - 40)
    assert np.corrcoef(jaw_of(take), energy_db)[0, 1] >= 0.4
    shifted = [np.corrcoef(np.roll(jaw_of(take), by), energy_db)[0, 1] for by in range(45, len(energy_db) - 45, 30)]
    assert np.mean(shifted) < 0.15


def test_one_vowel_opens_wider_where_it_is_louder(synthetic: Spoken) -> None:
    energy_db = energy_db_of(synthetic.speech.features[:, ENERGY])
    rows = [
        (energy_db[round((a + b) / 2 * RATE_HZ)], jaw_of(synthetic)[round(a * RATE_HZ) : round(b * RATE_HZ) + 1].max())
        for name, a, b in synthetic.phones
        if name == "AA"
    ]
    loud, wide = np.array(rows).T
    is_loud = loud > np.median(loud)
    assert wide[is_loud].mean() > 1.15 * wide[~is_loud].mean()


def test_the_mouth_leads_the_sound_a_little(take: Spoken) -> None:
    at_s = np.arange(len(take.face.curves)) / RATE_HZ
    course = np.zeros(len(at_s))
    for name, a, b in take.phones:
        height = {"AA": 3, "AE": 3, "AY": 3, "AW": 3, "AO": 2.5, "AH": 2, "EH": 2, "OW": 2, "EY": 1.7}.get(name, 0)
        course[(at_s >= a) & (at_s < b)] = height
    assert 0.0 <= lag_s(jaw_of(take), course) <= 0.08


def test_curves_stay_in_range_and_are_no_faster_than_faces(take: Spoken) -> None:
    curves = take.face.curves
    assert curves.shape == (len(take.speech.features), 52)
    assert np.isfinite(curves).all()
    assert curves.min() >= 0.0
    assert curves.max() <= 1.0
    jaw_per_s = np.abs(np.diff(jaw_of(take))).max() * RATE_HZ
    assert jaw_per_s * np.deg2rad(JAW_DEG) * CHIN_M <= 0.3 * 1.02
    is_fast = columns_of("eyeBlink") + [COLUMN[name] for name in ARKIT_NAMES if name.startswith("eyeLook")]
    others = [column for column in range(52) if column not in is_fast]
    assert np.abs(np.diff(curves[:, others], axis=0)).max() <= 0.5


def test_lids_blink_as_often_and_as_fast_as_people(take: Spoken) -> None:
    lids = take.face.curves[:, COLUMN["eyeBlinkLeft"]]
    blinks = runs(lids > 0.02)
    minutes = len(lids) / RATE_HZ / 60
    assert 10 <= len(blinks) / minutes <= 25
    for start, stop in blinks:
        assert lids[start:stop].max() > 0.95  # shut on a frame
        assert (stop - start) / RATE_HZ <= 0.4
        closing_s = (int(lids[start:stop].argmax()) + 1) / RATE_HZ  # from the last open frame on
        assert 0.06 <= closing_s <= 0.15


@pytest.mark.parametrize("mix", [*({mood: 1.0} for mood in MOODS), dict.fromkeys(MOODS, 1.0)], ids=" ".join)
def test_every_mood_at_its_most_leaves_right_what_is_right(take: Spoken, mix: dict[str, float]) -> None:
    moody = replace(take, face=take.again(**{f"face_{mood}": strength for mood, strength in mix.items()}))
    assert np.abs(moody.face.curves - take.face.curves).max() > 0.1
    test_lips_shut_for_p_b_m_and_bite_for_f_v(moody)
    test_jaws_open_by_the_height_of_vowels(moody)
    test_jaws_open_by_loudness(moody)
    test_the_mouth_leads_the_sound_a_little(moody)
    test_curves_stay_in_range_and_are_no_faster_than_faces(moody)
    test_lids_blink_as_often_and_as_fast_as_people(moody)
    assert np.mean(lip_gap(moody.face.curves)[silent(take)] <= REST) >= 0.95


def test_no_shape_pulls_against_its_opposite(take: Spoken) -> None:
    """A smile and a frown at once, or a raised brow on an accent of the angry, would be neither."""
    strokes = tuple(
        Stroke(start_s=max(0.0, t - 0.5), stroke_start_s=max(0.0, t - 0.2), apex_s=t, hold_end_s=t, end_s=t + 0.3)
        for t in accents_s(take.speech.features)
    )
    score = Score(strokes=strokes, duration_s=take.speech.heard.waveform.duration_s)
    calm = take.again(score=score).curves
    for mix in ({"happy": 1.0, "sad": 0.8}, {"angry": 1.0}, {"sad": 1.0}, dict.fromkeys(MOODS, 1.0)):
        curves = take.again(score=score, **{f"face_{mood}": strength for mood, strength in mix.items()}).curves
        for one, other in (
            ("mouthSmile", "mouthFrown"), ("browOuterUp", "browDown"), ("eyeWide", "eyeSquint"),
            ("eyeLookUp", "eyeLookDown"),
        ):  # fmt: skip
            assert np.minimum(curves[:, columns_of(one)], curves[:, columns_of(other)]).max() < 1e-6
        assert np.minimum(curves[:, COLUMN["browInnerUp"]], curves[:, COLUMN["browDownLeft"]]).max() < 1e-6
    down = take.again(score=score, face_angry=1.0).curves[:, COLUMN["browDownLeft"]]
    raised = calm[:, COLUMN["browOuterUpLeft"]]
    assert (raised > 0.35).any()
    assert down[raised > 0.35].max() < 0.8 * np.median(down[raised == 0.0])  # the accent is still to be seen


@pytest.mark.parametrize("strength", [0.5, 1.5])
def test_a_mouth_of_another_strength_shuts_as_often_and_is_no_faster(take: Spoken, strength: float) -> None:
    other = replace(take, face=take.again(face_mouth=strength))
    assert share_reached(take.phones, "PBM", lip_gap(other.face.curves) <= CLOSED) >= 0.95
    assert other.face.curves.max() <= 1.0
    assert np.abs(np.diff(jaw_of(other))).max() * RATE_HZ * np.deg2rad(JAW_DEG) * CHIN_M <= 0.3 * 1.02
    is_open = jaw_of(take) > 0.1
    assert (jaw_of(other)[is_open].mean() > jaw_of(take)[is_open].mean()) == (strength > 1)


def test_blinks_come_at_the_ends_of_phrases(kathleen: Spoken) -> None:
    ends = np.array([each.end_s for each in phrases_of(kathleen.speech.heard.words, kathleen.speech.heard.waveform)])
    shut_s = [start / RATE_HZ for start, _ in runs(kathleen.face.curves[:, COLUMN["eyeBlinkLeft"]] > 0.02)]
    near = np.mean([np.abs(ends - each).min() <= 0.25 for each in shut_s])
    by_chance = np.mean([np.abs(ends - each).min() <= 0.25 for each in np.arange(0.5, ends[-1], 0.1)])
    assert near >= by_chance + 0.2


def test_gaze_is_away_while_planning_and_back_at_the_end(take: Spoken) -> None:
    away = np.linalg.norm(gaze_in(take.face.curves), axis=1)
    heard = take.speech.heard
    phrases = [each for each in phrases_of(heard.words, heard.waveform) if each.duration_s >= 1.2]
    at_end = [away[min(round(each.end_s * RATE_HZ), len(away) - 1)] for each in phrases]
    begins = [each for each in phrases if away[round(each.start_s * RATE_HZ)] > 5.0]
    assert begins
    assert np.mean(np.array(at_end) < 5.0) >= 0.9
    assert away.max() <= 20.0


@pytest.mark.parametrize("seed", range(5))
def test_looks_hold_from_0_3_to_4_s(take: Spoken, seed: int) -> None:
    heard = take.speech.heard
    phrases, duration_s = phrases_of(heard.words, heard.waveform), heard.waveform.duration_s
    starts = [each.start_s for each in fixations_of(phrases, duration_s, np.random.default_rng(seed))]
    holds = np.diff([*starts, duration_s])
    assert holds[:-1].min() >= 0.3
    assert holds.max() <= 4.0


def test_mouths_are_shut_in_silence(take: Spoken) -> None:
    is_silent = silent(take)
    assert is_silent.sum() >= 15
    for mood in MOODS:
        curves = take.again(**{f"face_{mood}": 1.0}).curves
        assert np.mean(lip_gap(curves)[is_silent] <= REST) >= 0.95
    assert np.mean(lip_gap(take.face.curves)[~is_silent] <= REST) < 0.6


def test_brows_rise_on_the_accents_with_a_stroke_and_on_no_others(take: Spoken) -> None:
    accents = accents_s(take.speech.features)
    chosen = accents[1::3]
    strokes = tuple(
        Stroke(start_s=max(0.0, t - 0.5), stroke_start_s=max(0.0, t - 0.2), apex_s=t, hold_end_s=t, end_s=t + 0.3)
        for t in chosen
    )
    score = Score(strokes=strokes, duration_s=take.speech.heard.waveform.duration_s)
    brows = take.again(score=score).curves[:, COLUMN["browInnerUp"]]
    raised_s = np.array([(start + brows[start:stop].argmax()) / RATE_HZ for start, stop in runs(brows > 0.05)])
    assert len(raised_s) >= 0.5 * len(chosen)
    assert np.abs(raised_s[:, None] - chosen).min(axis=1).max() <= 0.3
    none = take.again(score=Score(strokes=(), duration_s=score.duration_s)).curves
    assert not none[:, [COLUMN["browInnerUp"], *columns_of("browOuterUp")]].any()


@pytest.mark.parametrize("seed", range(20))
def test_every_seed_blinks_as_often_as_people(take: Spoken, seed: int) -> None:
    heard = take.speech.heard
    duration_s = heard.waveform.duration_s
    blinks = blinks_s(phrases_of(heard.words, heard.waveform), duration_s, np.random.default_rng(seed))
    assert 10 <= len(blinks) / duration_s * 60 <= 25


def test_it_costs_next_to_nothing_however_long_it_is(demo: Spoken) -> None:
    """Ten minutes cost as much a second as twenty seconds do."""
    heard, turns = demo.speech.heard, 28
    length_s = heard.waveform.duration_s
    shifts_s = [turn * len(demo.speech.features) / RATE_HZ for turn in range(turns)]
    words = [
        replace(each, start_s=each.start_s + by_s, end_s=each.end_s + by_s) for by_s in shifts_s for each in heard.words
    ]
    phones = tuple(
        replace(each, start_s=each.start_s + by_s, end_s=each.end_s + by_s)
        for by_s in shifts_s
        for each in demo.pronounced.phones
    )
    waveform = Waveform(samples=np.tile(heard.waveform.samples, turns))
    features = np.tile(demo.speech.features, (turns, 1))
    begun_s = time.process_time()
    perform(waveform, features, words, Pronounced(phones=phones), None, FaceSettings(face=True), 1)
    assert (time.process_time() - begun_s) / (turns * length_s) < 0.003


def test_it_costs_next_to_nothing(demo: Spoken) -> None:
    costs_s = []
    for _ in range(3):
        begun_s = time.process_time()
        demo.again()
        costs_s.append(time.process_time() - begun_s)
    assert min(costs_s) / demo.speech.heard.waveform.duration_s < 0.003
