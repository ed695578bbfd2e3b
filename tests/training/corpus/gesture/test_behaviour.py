"""The acted corpus: sound tables, planted feet, limits kept, strokes on their words, one seed one motion."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exges_core.motion.clip import MotionClip
from exges_core.motion.rotations import rotvec_from_quat, yaw_of
from exges_core.motion.skeleton import joint_index
from exges_core.timeline import frames_in
from training.corpus.gesture import handshapes
from training.corpus.gesture.arms import hand_angles
from training.corpus.gesture.behaviour import act
from training.corpus.gesture.lexemes import HandKey, lexemes
from training.corpus.gesture.noise import Track, coloured, progress
from training.corpus.gesture.preview import perform_lexeme
from training.corpus.gesture.rule_planner import quiet_words
from training.corpus.gesture.speakers import speakers
from training.corpus.gesture.standing import stance
from training.corpus.measures.carriage import carriage
from training.corpus.measures.measured_body import measured_body
from training.corpus.measures.motion_statistics import clip_statistics, glitch_rates
from training.corpus.measures.styles import at_a_glance, take_style
from training.corpus.script import SpokenSentence, SpokenTake, SpokenWord
from training.corpus.speech.voices import voices

GLITCH_DPS = {
    "root": 300,
    "spine": 150,
    "neck": 350,
    "head": 200,
    "clavicle": 220,
    "shoulder": 600,
    "elbow": 900,
    "wrist": 900,
    "fingers_MCP": 900,
    "fingers_PIP": 600,
    "fingers_DIP": 600,
    "thumb": 450,
    "hip": 250,
    "knee": 400,
    "ankle": 350,
}
"""From the measured targets: a faster frame is a glitch."""


def make_take(seed: int = 0, *, words: int = 36, tail_s: float = 2.0) -> SpokenTake:
    """Make a spoken take by hand: words of a third of a second with cues here and there."""
    generator = np.random.default_rng(seed)
    names = sorted(lexemes())
    time_s, spoken = 0.8, []
    for index in range(words):
        length_s = float(generator.uniform(0.18, 0.5))
        cues = (names[int(generator.integers(len(names)))],) if generator.uniform() < 0.4 else ()
        spoken.append(
            SpokenWord(
                text=f"word{index}",
                start_s=time_s,
                end_s=time_s + length_s,
                stress_s=time_s + 0.35 * length_s,
                cues=cues,
                is_content=bool(generator.uniform() < 0.6),
                is_focus=bool(generator.uniform() < 0.2),
                loudness=float(generator.uniform(0.7, 1.3)),
                accent=float(generator.uniform()),
            )
        )
        time_s += length_s + (0.6 if index % 9 == 8 else 0.0)
    samples = 0.1 * generator.standard_normal(round((time_s + tail_s) * 16_000)).astype(np.float32)
    moods = ("statement", "doubt", "negation", "question")
    sentences = tuple(
        SpokenSentence(first=k, last=min(k + 8, words - 1), mood=moods[(k // 9) % 4]) for k in range(0, words, 9)
    )
    return SpokenTake(id="t", voice="v", samples=samples, words=tuple(spoken), sentences=sentences)


@pytest.fixture(scope="module")
def clips() -> list[MotionClip]:
    return [act(make_take(seed), speakers()[5 * seed], generator=np.random.default_rng(seed))[0] for seed in range(5)]


def test_speakers_are_many_and_have_voices() -> None:
    assert len(speakers()) >= 24
    assert (
        len({speaker.name for speaker in speakers()})
        == len({speaker.number for speaker in speakers()})
        == len(speakers())
    )
    assert {speaker.voice for speaker in speakers()} <= set(voices())
    assert 0.05 <= np.mean([speaker.is_left_handed for speaker in speakers()]) <= 0.25
    with pytest.raises(ValueError, match="underscore"):
        replace(speakers()[0], name="a_b")


def test_lexemes_are_many_and_checked() -> None:
    assert len(lexemes()) >= 60
    assert sum(len(variants) for variants in lexemes().values()) > len(lexemes())
    with pytest.raises(ValueError, match="expected palm letters of DUIOBS, got 'Q'"):
        HandKey(at=(0, 0, 0), palm="Q")


@given(st.floats(-0.9, 0.9), st.floats(0.2, 2.0))
def test_submovements_run_from_zero_to_one_without_going_back(skew: float, span_s: float) -> None:
    times = np.linspace(-0.5, 3.0, 200)
    done = progress(times, np.array(0.0), np.array(span_s), np.array(2.0 - skew), np.array(2.0 + skew))
    assert (done[times <= 0] == 0).all()
    assert (done[times >= span_s] == 1).all()
    assert (np.diff(done) >= -1e-12).all()


def test_a_track_ends_where_its_changes_lead() -> None:
    track = Track(initial=np.array((1.0, 2.0)))
    track.add(0.1, 0.5, np.array((1.0, -1.0)))
    track.pulse(0.3, 0.6, 1.0, np.array((5.0, 5.0)))
    np.testing.assert_allclose(track.sample(60)[-1], (2.0, 1.0), atol=1e-12)


def test_noise_has_unit_size() -> None:
    noise = coloured(3000, 40, corner_hz=1.0, slope=1.0, generator=np.random.default_rng(0))
    assert 0.85 < noise.std() < 1.15


def test_fingers_curl_toward_the_palm_on_both_hands() -> None:
    for side, sign in (("left", 1.0), ("right", -1.0)):
        local = np.zeros((1, 55, 4))
        local[..., 0] = 1.0
        first = joint_index(f"{side}_index1")
        local[:, first : first + 15] = handshapes.finger_quats(
            handshapes.hand_shapes()["fist"][None], is_left=side == "left"
        )
        positions = MotionClip(
            local_quat_wxyz=local, root_position_m=np.zeros((1, 3)), frame_rate_hz=30.0
        ).positions_m()[0]
        for finger in ("index", "middle", "ring", "pinky"):
            knuckle, tip = (positions[joint_index(f"{side}_{finger}{part}")] for part in (1, 3))
            assert tip[1] < knuckle[1] - 0.02, "the palm faces down in the rest pose"
        thumb, wrist = positions[joint_index(f"{side}_thumb3")], positions[joint_index(f"{side}_wrist")]
        assert thumb[1] < wrist[1]
        assert sign * (thumb[0] - wrist[0]) > 0


def test_palms_turn_the_way_their_letters_say() -> None:
    up, down = hand_angles([HandKey(at=(0.4, 0.45, 0.55), palm=palm) for palm in "UD"], 0.0)
    assert up[0] > 45, "palm up is supination"
    assert down[0] < -25, "palm down is pronation"


@pytest.mark.parametrize("name", ["open_spread", "point_this", "energetic", "around_circle", "stop_hold"])
def test_the_papers_examples_do_what_they_mean(name: str) -> None:
    lexeme = lexemes()[name][0]
    way = "both" if "both" in lexeme.hands else "right"
    clip, mark = perform_lexeme(lexeme, speakers()[0], hand=way, generator=np.random.default_rng(1))
    positions = clip.positions_m()
    wrists = positions[:, [joint_index("left_wrist"), joint_index("right_wrist")]] - positions[:, :1]
    start, apex = round(mark.stroke_start_s * 30), round(mark.stroke_end_s * 30)
    if name == "open_spread":
        width = wrists[:, 0, 0] - wrists[:, 1, 0]
        assert width[apex] > width[start] + 0.25
    elif name == "energetic":
        assert np.linalg.norm(np.gradient(wrists, 1 / 30, axis=0), axis=-1)[start - 10 : apex].max() > 0.6
    elif name == "around_circle":
        assert np.ptp(wrists[start : apex + 1, 1, 1]) > 0.08
    else:
        assert wrists[apex, 1, 2] > wrists[start, 1, 2] + 0.05


def test_acting_is_deterministic_and_long_enough() -> None:
    take = make_take(3)
    first, marks = act(take, speakers()[2], generator=np.random.default_rng(9))
    second, _ = act(take, speakers()[2], generator=np.random.default_rng(9))
    other, _ = act(take, speakers()[2], generator=np.random.default_rng(10))
    assert first.frames == frames_in(take.duration_s)
    np.testing.assert_array_equal(first.local_quat_wxyz, second.local_quat_wxyz)
    assert np.abs(first.local_quat_wxyz - other.local_quat_wxyz).max() > 0.01
    assert len(marks) >= 5


def test_strokes_land_on_their_words() -> None:
    late = []
    for seed in range(6):
        take = make_take(seed)
        _, marks = act(take, speakers()[seed], generator=np.random.default_rng(seed))
        for mark in marks:
            assert mark.preparation_s <= mark.stroke_start_s <= mark.stroke_end_s <= mark.hold_end_s + 1e-6
            if mark.word_index >= 0:
                stress_s = take.words[mark.word_index].stress_s
                late.append(mark.stroke_start_s - 0.2 <= stress_s <= mark.stroke_end_s + 0.2)
    assert np.mean(late) > 0.9


def test_planted_feet_do_not_move_and_soles_are_on_the_ground(clips: list[MotionClip]) -> None:
    for clip in clips:
        positions = clip.positions_m()
        for side in ("left", "right"):
            foot = positions[:, joint_index(f"{side}_foot")]
            is_down = foot[:, 1] < 0.0155
            still = np.linalg.norm(np.diff(foot, axis=0), axis=-1)[is_down[:-1] & is_down[1:]]
            assert is_down.mean() > 0.6
            assert np.percentile(still, 97) * 30 < 0.02
            assert foot[:, 1].min() > 0.0


def test_no_frame_is_a_glitch(clips: list[MotionClip]) -> None:
    for clip in clips:
        for name, rates in glitch_rates(clip).items():
            assert rates.max() < GLITCH_DPS[name], name


def test_wrists_stay_out_of_the_trunk_and_elbows_bend_forward(clips: list[MotionClip]) -> None:
    for clip in clips:
        pose = clip.pose()
        for side in ("left", "right"):
            wrist = pose.positions_m[:, joint_index(f"{side}_wrist")]
            for joint in ("spine1", "spine2", "spine3"):
                away = np.linalg.norm((wrist - pose.positions_m[:, joint_index(joint)])[:, (0, 2)], axis=-1)
                level = np.abs(wrist[:, 1] - pose.positions_m[:, joint_index(joint), 1]) < 0.06
                assert away[level].min(initial=1.0) > 0.07
            elbow = clip.local_quat_wxyz[:, joint_index(f"{side}_elbow")]
            assert (elbow[:, 2] * elbow[:, 0] * (1.0 if side == "left" else -1.0) < 0.02).all(), "flexes one way only"


def test_it_is_alive_but_calm(clips: list[MotionClip]) -> None:
    for clip in clips:
        found = clip_statistics(clip)
        assert found["wrist_speed_world_p5"] > 0.012
        assert 0.12 < found["wrist_speed_world_mean"] < 0.7
        assert 0.02 < found["pelvis_speed_world_mean"] < 0.2


def test_nobody_crouches_and_one_leg_bears(clips: list[MotionClip]) -> None:
    found = [carriage(measured_body(clip)) for clip in clips]
    for one in found:
        assert 4.0 < one.straighter_knee_deg <= one.softer_knee_deg < 20.0
        assert one.more_bent_hip_deg < 30.0
    assert np.mean([one.softer_knee_deg for one in found]) < 16.0
    turned = [np.rad2deg(np.linalg.norm(rotvec_from_quat(_knees(clip)), axis=-1)) for clip in clips]
    assert np.mean([np.abs(knees[:, 0] - knees[:, 1]).mean() for knees in turned]) > 4.0, "one is softer at a time"
    assert max(np.abs(np.diff(knees, axis=0)).max() * 30 for knees in turned) < GLITCH_DPS["knee"]


def _knees(clip: MotionClip) -> np.ndarray:
    return clip.local_quat_wxyz[:, [joint_index("left_knee"), joint_index("right_knee")]]


def test_the_leg_that_bears_is_the_straighter_one() -> None:
    take = make_take(3, words=60)
    standing = stance(frames_in(take.duration_s), take, speakers()[0], generator=np.random.default_rng(2))
    on_left, on_right = standing.weight > 0.4, standing.weight < -0.4
    assert on_left.any()
    assert on_right.any()
    assert standing.knees_deg[on_left, 0].max() < standing.knees_deg[on_left, 1].mean()
    assert standing.knees_deg[on_right, 1].mean() < standing.knees_deg[on_right, 0].mean() - 3.0


def test_a_favoured_leg_bears_for_longer() -> None:
    take = make_take(1, words=120)
    for favours, sign in ((-0.8, -1.0), (0.8, 1.0)):
        speaker = replace(speakers()[0], favours=favours, step_rate=0.0, turn_rate=0.0)
        weight = stance(frames_in(take.duration_s), take, speaker, generator=np.random.default_rng(0)).weight
        assert np.mean(sign * weight > 0) > 0.6


def test_a_turn_takes_pelvis_and_feet_along_and_the_head_goes_first() -> None:
    take = make_take(2, words=90)
    speaker = replace(speakers()[0], turn_rate=6.0, step_rate=0.0)
    standing = stance(frames_in(take.duration_s), take, speaker, generator=np.random.default_rng(0))
    assert 10.0 < np.abs(standing.heading_deg).max() < 31.0
    is_settled = np.abs(np.gradient(standing.heading_deg)) < 1e-9
    home = standing.foot_yaw_deg[:1]
    behind = standing.foot_yaw_deg - home - standing.heading_deg[:, None]
    assert np.percentile(np.abs(behind[is_settled]), 90) < 1.0
    clip, _ = act(take, speaker, generator=np.random.default_rng(4))
    world = measured_body(clip)
    chest, face = (np.rad2deg(yaw_of(world.world(joint))) for joint in ("pelvis", "head"))
    lags = [np.corrcoef(face[: len(face) - lag], chest[lag:])[0, 1] for lag in range(30)]
    assert int(np.argmax(lags)) >= 3, "frames by which the head leads"


def test_hands_rest_for_as_long_as_the_speaker_likes() -> None:
    take = make_take(5, words=70, tail_s=1.0)
    low: list[float] = []
    for restful in (0.0, 0.8):
        speaker = replace(speakers()[1], restful=restful, rest="hanging")
        clip, _ = act(take, speaker, generator=np.random.default_rng(1))
        low.append(carriage(measured_body(clip)).low)
    assert low[1] > low[0] + 0.25


def test_rests_are_runs_of_words_and_as_many_as_asked() -> None:
    take = make_take(6, words=400)
    for restful in (0.0, 0.5, 1.0):
        speaker = replace(speakers()[0], restful=restful)
        draws = [quiet_words(take, speaker, generator=np.random.default_rng(seed)) for seed in range(8)]
        share = np.mean(draws)
        assert share == pytest.approx(restful, abs=0.12)
        if restful == 0.5:
            changes = np.mean([np.mean(np.diff(np.array(one, dtype=int)) != 0) for one in draws])
            assert changes < 0.1, "bouts, no flicker"


def test_six_styles_are_told_apart_by_ten_seconds() -> None:
    names = ("ugo", "luca", "hana", "quin", "odin", "tess")
    chosen = [speaker for speaker in speakers() if speaker.name in names]
    takes = []
    for seed in range(3):
        take = make_take(10 + seed, words=27, tail_s=0.7)
        for speaker in chosen:
            clip, _ = act(take, speaker, generator=np.random.default_rng([seed, speaker.number]))
            takes.append(take_style(speaker.name, measured_body(clip)))
    told, accuracy = at_a_glance(takes)
    assert set(told) == set(names)
    assert accuracy is not None
    assert accuracy > 0.5, "chance is a sixth"


@settings(max_examples=8, deadline=None)
@given(st.floats(0.05, 3.0), st.integers(0, 25))
def test_short_silences_can_be_acted(duration_s: float, speaker: int) -> None:
    samples = np.zeros(max(1, round(duration_s * 16_000)), dtype=np.float32)
    take = SpokenTake(id="s", voice="v", samples=samples, words=(), sentences=())
    clip, marks = act(take, speakers()[speaker], generator=np.random.default_rng(0))
    assert clip.frames == frames_in(take.duration_s)
    assert np.isfinite(clip.local_quat_wxyz).all()
    assert np.isfinite(clip.root_position_m).all()
    assert all(mark.word_index == -1 for mark in marks)
