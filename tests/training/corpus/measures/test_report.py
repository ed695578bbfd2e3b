"""The report: definitions against a real clip and against movements made to measure; nothing dropped in silence."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from exges_core.audio.waveform import Waveform, write_waveform
from exges_core.errors import InputError
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import read_npz, write_npz
from exges_core.motion.rotations import quat_from_rotvec
from exges_core.motion.skeleton import joint_index
from training.corpus.__main__ import main
from training.corpus.gesture.speakers import speakers
from training.corpus.measures.bands import OWN_FILE, read_targets
from training.corpus.measures.carriage import carriage, carriage_lines
from training.corpus.measures.liveliness import breath_in, silence_lines, silence_of, stand_silent
from training.corpus.measures.measured_body import measured_body
from training.corpus.measures.measured_speech import MOST_LAG, best_lag_s, loudness, offsets_s, speech_measures
from training.corpus.measures.measured_units import home_of, movement_units, rests_and_holds
from training.corpus.measures.motion_statistics import clip_statistics
from training.corpus.measures.report import glitch_shares, report_on, report_text
from training.corpus.measures.signals import half_cycles, lagged_correlation, low_pass, speed
from training.corpus.measures.styles import explained_by, style_summary, take_style, tell_apart
from training.corpus.measures.timing import stroke_timings, timing_summary
from training.corpus.script import GestureMark, SpokenWord

RATE = 30.0


def turning_clip(frames: int = 600, *, joint: str = "left_shoulder", hz: float = 0.8, seed: int = 0) -> MotionClip:
    """Return a body that swings both arms and nods, about rest; no two seeds alike."""
    generator = np.random.default_rng(seed)
    times = np.arange(frames) / RATE
    rotvec = np.zeros((frames, 55, 3))
    for name, axis, size in ((joint, 1, 0.7), ("right_shoulder", 1, 0.5), ("left_elbow", 1, -0.6), ("head", 0, 0.15)):
        phase = generator.uniform(0, 6)
        rotvec[:, joint_index(name), axis] = size * np.sin(2 * np.pi * hz * times + phase)
    root = np.tile((0.0, 0.93, 0.0), (frames, 1))
    root[:, 0] += 0.03 * np.sin(2 * np.pi * 0.2 * times)
    return MotionClip(local_quat_wxyz=quat_from_rotvec(rotvec), root_position_m=root, frame_rate_hz=RATE)


def reach(span_s: float, chord_m: float, *, frames: int = 90) -> tuple[np.ndarray, np.ndarray]:
    """Return the low-passed path of one minimum-jerk reach that begins at 1 s, and its speed."""
    share = np.clip((np.arange(frames) / RATE - 1.0) / span_s, 0, 1)
    path = np.zeros((frames, 3))
    path[:, 0] = chord_m * (10 * share**3 - 15 * share**4 + 6 * share**5)
    return low_pass(path), speed(low_pass(path))


def test_a_real_clip_reads_as_it_was_measured(real_clip_folder: Path) -> None:
    """Rows that no bone's length enters; from the measured statistics of that very clip."""
    found = clip_statistics(read_npz(real_clip_folder / "2_scott_0_1_1.npz"))
    known = {
        "spine_total_pitch_sd": 4.4, "head_rel_chest_yaw_sd": 7.1, "head_world_yaw_sd": 6.5, "head_world_roll_sd": 7.0,
        "pelvis_sd_5s_vertical": 6.6, "pelvis_rms_0.5-1.5Hz_lateral": 12.23, "pelvis_psd_slope_0.15-1Hz_lateral": -3.88,
        "head_yaw_psd_slope_0.15-1Hz": -2.31, "head_pitch_psd_slope_0.15-1Hz": -1.58, "heading_sd_5s": 6.66,
        "yaw_rate_p95": 42.4, "head_pitch_halfcycles_per_min": 98.2, "head_pitch_halfcycle_amp_p50": 5.3,
        "head_pitch_halfcycle_dur_p50": 0.5, "head_yaw_halfcycles_per_min": 74.6, "head_yaw_halfcycle_amp_p50": 10.0,
        "head_pitch_angvel_centroid": 1.461, "head_yaw_angvel_centroid": 1.078, "head_world_p99": 83.0,
        "wrist_p99": 348.0, "thumb_p99": 170.0, "shoulder_axial_sd": 9.3, "forearm_twist_sd": 38.1,
        "wrist_flex_sd": 8.0, "wrist_dev_radial_sd": 4.25, "mirror_velocity_corr_2s_sd": 0.387, "speed_corr_LR": 0.706,
    }  # fmt: skip
    for name, value in known.items():
        assert found[name] == pytest.approx(value, rel=0.03), name


def test_a_real_folder_is_read_by_the_same_code(real_clip_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "real.json"
    assert main(["report", str(real_clip_folder), "--json", str(out)]) == 0
    rows = {row["id"]: row for row in json.loads(out.read_text(encoding="utf-8"))["rows"]}
    assert len(rows) == 131
    assert all(row["value"] is not None for row in rows.values())
    for name, value in (("headspeed_rms_r0 (0.5 s)", 0.142), ("headspeed_speech/pause", 1.25)):
        assert rows[name]["value"] == pytest.approx(value, rel=0.03)
    assert rows["peak_to_onset_median"]["value"] == pytest.approx(0.007, abs=0.003)
    assert rows["peak_to_content_word_mean_abs"]["value"] == pytest.approx(0.236, rel=0.05)
    assert "no better than by chance" in rows["armspeed_rms_lag (0.5 s)"]["remark"]


def test_a_reach_reads_like_minimum_jerk() -> None:
    (unit,) = movement_units(*reach(0.62, 0.3))
    assert unit.is_stroke
    assert unit.chord_m == pytest.approx(0.3, rel=0.03)
    assert unit.chord_m / unit.path_m == pytest.approx(1.0, abs=0.04)
    assert unit.duration_s == pytest.approx(0.79 * 0.62, abs=0.04)
    assert (unit.peak - unit.start) / (unit.stop - unit.start) == pytest.approx(0.5, abs=0.06)
    assert unit.peak_over_mean == pytest.approx(1.585, abs=0.06)
    assert unit.ldlj == pytest.approx(-3.92, abs=0.25)
    assert unit.sparc == pytest.approx(-1.44, abs=0.09)
    assert not movement_units(*reach(0.3, 0.045))[0].is_stroke
    assert not movement_units(*reach(0.6, 0.04))


def test_rest_is_at_home_and_holds_are_elsewhere() -> None:
    path = np.tile((0.25, -0.1, 0.05), (600, 1))
    path[200:290] = (0.3, 0.3, 0.3)
    path = low_pass(path)
    going = speed(path)
    np.testing.assert_allclose(home_of(path, going), (0.25, -0.1, 0.05), atol=0.01)
    rests, holds = rests_and_holds(path, going)
    assert len(rests) == 2
    assert sum(stop - start for start, stop in rests) == pytest.approx(510, abs=20)
    ((start, stop),) = holds
    assert 200 <= start < stop <= 290


def test_nods_are_counted_over_slow_drifts() -> None:
    times = np.arange(1800) / RATE
    sizes, spans = half_cycles(3.0 * np.sin(2 * np.pi * times) + 20 * np.sin(2 * np.pi * 0.01 * times))
    assert len(sizes) == pytest.approx(120, abs=3)
    assert np.median(sizes) == pytest.approx(6.0, rel=0.08)
    assert np.median(spans) == pytest.approx(0.5, abs=0.02)


def test_a_motion_that_comes_first_has_a_negative_lag() -> None:
    noise = np.convolve(np.random.default_rng(0).normal(size=640), np.ones(9), mode="valid")
    by_lag = lagged_correlation(noise[6:606], noise[:600], MOST_LAG)
    assert best_lag_s(by_lag) == pytest.approx(-6 / RATE)
    assert by_lag.max() == pytest.approx(1.0)


def test_loudness_and_offsets_are_of_their_frames() -> None:
    samples = np.zeros(16_000, dtype=np.float32)
    samples[8000:12_000] = 0.5
    loud = loudness(Waveform(samples=samples), 40)
    np.testing.assert_allclose(loud[15:22], 0.5, rtol=1e-6)
    assert not loud[:15].any()
    assert not loud[24:].any()
    marks = np.array([1.0, 4.0])
    np.testing.assert_allclose(offsets_s(np.array([0.5, 2.0, 3.9, 9.0]), marks), [-0.5, 1.0, -0.1, 5.0])
    assert offsets_s(np.array([3.0]), np.array([1.0])) == pytest.approx([2.0])


def test_arms_that_follow_loudness_are_found_to() -> None:
    clip = turning_clip(900, hz=0.35)
    body = measured_body(clip)
    pace = np.repeat(body.wrist_speed_m_per_s.sum(axis=0), 534)[: 30 * 16_000]
    sound = pace * np.random.default_rng(0).normal(size=len(pace)) * 0.1
    found = speech_measures(body, Waveform(samples=sound.astype(np.float32)), ())
    assert found.statistics["armspeed_rms_r0 (0.5 s)"] > 0.9
    assert found.statistics["armspeed_rms_lag (0.5 s)"] == pytest.approx(0.0, abs=0.07)
    assert "peak_to_content_word_mean_abs" not in found.statistics


def test_strokes_are_timed_by_what_moves_and_not_by_their_label() -> None:
    body = measured_body(turning_clip(600, hz=0.5))
    (unit, *_) = [one for one in movement_units(body.smooth_wrists_m[0], body.wrist_speed_m_per_s[0]) if one.start > 90]
    start_s, stop_s = unit.start / RATE, unit.stop / RATE
    word = SpokenWord(
        text="this", start_s=stop_s - 0.1, end_s=stop_s + 0.2, stress_s=stop_s + 0.05, cues=(), is_content=True,
        is_focus=True, loudness=1.0, accent=0.5,
    )  # fmt: skip
    mark = GestureMark(
        lexeme="point_this", hand="left", word_index=0, preparation_s=start_s, stroke_start_s=start_s,
        stroke_end_s=stop_s, hold_end_s=stop_s, end_s=stop_s,
    )  # fmt: skip
    late = replace(word, stress_s=stop_s + 0.9)
    right, wrong, nothing = stroke_timings(
        body,
        [(mark, word), (mark, late), (replace(mark, stroke_start_s=900.0, stroke_end_s=901.0), word), (mark, None)],
    )
    assert right.by_motion == pytest.approx(-0.05, abs=1e-6)
    assert right.by_mark == pytest.approx(-0.05, abs=1e-6)
    assert right.by_peak == pytest.approx(unit.peak / RATE - word.stress_s)
    assert wrong.by_motion == pytest.approx(-0.9, abs=1e-6)
    assert np.isnan(nothing.by_motion)
    summary = timing_summary([right, wrong, nothing])
    assert summary["by_motion_share"] == pytest.approx(1 / 3)
    assert summary["unseen_share"] == pytest.approx(1 / 3)


def test_breath_is_found_and_silence_is_alive_but_a_statue_is_not() -> None:
    times = np.arange(600) / RATE
    noise = np.random.default_rng(0).normal(size=(2, 600)).cumsum(axis=1) * 0.02
    rhythm = np.sin(2 * np.pi * 0.27 * times)
    found = breath_in(0.8 * rhythm + noise[0], 0.5 * rhythm + noise[1])
    assert found.rate_hz == pytest.approx(0.27, abs=0.03)
    assert found.spine_deg == pytest.approx(1.6, rel=0.3)
    assert found.collar_deg == pytest.approx(1.0, rel=0.3)
    alive = silence_of("ada", stand_silent(speakers()[0]))
    assert alive.frozen_frames == 0
    assert alive.still_wrists_s < 1.0
    assert alive.gaze_shifts_per_min > 4
    statue = silence_of("statue", measured_body(turning_clip(600, hz=0.0)))
    assert statue.frozen_frames == 599
    assert {"frozen frames", "staring"} <= set(statue.faults)
    assert "OUT: frozen frames" in silence_lines([statue])[-1]


def test_speakers_that_differ_are_told_apart_and_equal_ones_are_not() -> None:
    generator = np.random.default_rng(0)
    labels = np.repeat(np.arange(6), 5)
    noise = generator.normal(size=(30, 8))
    shift = 6.0 * generator.normal(size=(6, 8))[labels]
    told, tried = tell_apart(noise + shift, labels)
    assert tried == 30
    assert told is not None
    assert told > 0.9
    guessed, _ = tell_apart(noise, labels)
    assert guessed is not None
    assert guessed < 0.45
    shares, none = explained_by(noise + shift, labels), explained_by(noise, labels)
    assert shares is not None
    assert none is not None
    assert np.median(shares) > 0.8
    assert abs(np.median(none)) < 0.2
    assert tell_apart(noise[:1], labels[:1]) == (None, 0)
    assert explained_by(noise[:6], np.arange(6)) is None


def test_halves_of_one_style_are_nearer_than_two_styles() -> None:
    calm = [take_style("calm", measured_body(turning_clip(1500, hz=0.5, seed=seed))) for seed in (1, 2)]
    wild = [take_style("wild", measured_body(turning_clip(1500, hz=1.4, seed=seed))) for seed in (3, 4)]
    found = style_summary([*calm, *wild])
    assert (found.takes, found.speakers) == (4, 2)
    assert found.within is not None
    assert found.between is not None
    assert found.between > 1.3 * found.within
    assert style_summary(calm[:1]).halves is None
    assert found.glance_accuracy is None, "two takes of a style teach nothing"
    more = [take_style("calm", measured_body(turning_clip(900, hz=0.5, seed=8))),
            take_style("wild", measured_body(turning_clip(900, hz=1.4, seed=9)))]  # fmt: skip
    assert style_summary([*calm, *wild, *more]).glance_accuracy == 1.0


def test_carriage_is_of_knees_and_hands() -> None:
    clip = turning_clip(300)
    bent = clip.local_quat_wxyz.copy()
    bent[:, joint_index("left_knee")] = quat_from_rotvec(np.array((np.deg2rad(25.0), 0.0, 0.0)))
    for side, sign in (("left", -1.0), ("right", 1.0)):
        bent[:, joint_index(f"{side}_elbow")] = (1.0, 0.0, 0.0, 0.0)
        bent[:200, joint_index(f"{side}_shoulder")] = quat_from_rotvec(np.array((0.0, 0.0, sign * 1.5)))
        bent[200:, joint_index(f"{side}_shoulder")] = (1.0, 0.0, 0.0, 0.0)
    found = carriage(measured_body(replace(clip, local_quat_wxyz=bent)))
    assert (found.straighter_knee_deg, found.softer_knee_deg) == pytest.approx((0.0, 25.0), abs=1e-6)
    assert (found.low, found.high) == pytest.approx((2 / 3, 1 / 3))
    upright = replace(found, softer_knee_deg=9.0, straighter_knee_deg=5.0)
    lines = carriage_lines({"crouching": found, "upright": upright})
    assert "OUT: knees" in lines[1]
    assert "OUT" not in lines[2]
    assert "hands low" in lines[3]


def test_glitches_are_counted_by_group_and_by_limb() -> None:
    targets = read_targets()
    clip = turning_clip(300)
    assert not any(glitch_shares(measured_body(clip), targets).values())
    quats = clip.local_quat_wxyz.copy()
    quats[150, joint_index("left_shoulder")] = quat_from_rotvec(np.array((0.0, 0.0, 1.5)))
    broken = MotionClip(local_quat_wxyz=quats, root_position_m=clip.root_position_m, frame_rate_hz=RATE)
    shares = glitch_shares(measured_body(broken), targets)
    assert shares["shoulder"] == pytest.approx(2 / (299 * 2))
    assert shares["wrist path"] > 0
    assert shares["knee"] == 0


def test_our_bands_are_whole_and_another_file_takes_their_place(tmp_path: Path) -> None:
    own = read_targets()
    assert len(own.bands) == len({band.id for band in own.bands}) == 131
    assert all(band.unit and band.note and band.section for band in own.bands)
    assert all(band.low is None or band.high is None or band.low < band.high for band in own.bands)
    content = json.loads(OWN_FILE.read_text(encoding="utf-8"))
    content["targets"] = [
        {"id": "elbow_p99", "unit": "deg/s", "band": [None, 1.0]},
        {"id": "of_no_measure", "unit": "m", "band": [0, 1]},
    ]
    other = tmp_path / "other.json"
    other.write_text(json.dumps(content), encoding="utf-8")
    write_npz(tmp_path / "1_ada_0_1_1.npz", turning_clip())
    first, second = report_on(tmp_path, targets_path=other).rows
    assert not first.passes
    assert second.value is None
    assert second.remark == "no measure of that name"


def test_a_take_without_sound_says_which_rows_are_missing(tmp_path: Path) -> None:
    write_npz(tmp_path / "1_ada_0_1_1.npz", turning_clip())
    found = report_on(tmp_path)
    missing = {row.band.id: row.remark for row in found.rows if row.value is None}
    assert sum("sound" in remark for remark in missing.values()) == 9
    text = report_text(found, found)
    assert all(band.id in text for band in read_targets().bands)
    assert f"{len(missing)} not measured" in text
    write_waveform(tmp_path / "1_ada_0_1_1.wav", Waveform(samples=np.zeros(320_000, dtype=np.float32)))
    assert any("pauses" in row.remark for row in report_on(tmp_path).rows)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["report", "{nowhere}"], "expected smplxflame_30"),
        (["report", "{short}"], "6 s or longer"),
        (["report", "{short}", "--targets", "{nowhere}"], "expected JSON with targets"),
        (["preview", "no_such_lexeme"], "expected one of"),
        (["sheet", "{short}/a.npz", "--out", "x.png", "--start", "90"], "Begin earlier"),
    ],
)
def test_bad_input_gives_one_line(
    arguments: list[str], complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = tmp_path / "short"
    short.mkdir()
    write_npz(short / "a.npz", turning_clip(60))
    places = {"nowhere": str(tmp_path / "nowhere"), "short": str(short)}
    assert main([argument.format(**places) for argument in arguments]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert complaint in lines[-1]


def test_damaged_events_are_refused(tmp_path: Path) -> None:
    for name in ("smplxflame_30", "events"):
        (tmp_path / name).mkdir()
    write_npz(tmp_path / "smplxflame_30" / "1_ada_0_1_1.npz", turning_clip())
    (tmp_path / "events" / "1_ada_0_1_1.json").write_text('{"word_events": []}', encoding="utf-8")
    with pytest.raises(InputError, match="events of a take"):
        report_on(tmp_path)


def test_a_lexeme_and_a_take_can_be_pictured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", "question_open", "--out", str(tmp_path / "question.png")]) == 0
    written = [Path(line) for line in capsys.readouterr().out.split()]
    assert written[0] == tmp_path / "question.png"
    assert all(path.is_file() for path in written)
    write_npz(tmp_path / "take.npz", turning_clip(120))
    asked = [
        "sheet",
        str(tmp_path / "take.npz"),
        "--out",
        str(tmp_path / "sheet.png"),
        "--every",
        "0.5",
        "--count",
        "2",
    ]
    assert main([*asked, "--columns", "2"]) == 0
    with Image.open(tmp_path / "sheet.png") as picture:
        assert picture.width > picture.height
