"""Faults do to motion what their names say, and the table says of every measure what it sees."""

from pathlib import Path

import numpy as np
import pytest
from praatio import textgrid

from exges_core import assets
from exges_core.errors import InputError
from exges_core.metrics.evaluator import LoadedEvaluator
from exges_core.metrics.listening.judge import load_judge
from exges_core.metrics.listening.strokes import Stroke
from exges_core.metrics.listening.wrists import wrist_speeds_m_per_s
from exges_core.metrics.protocols import CLEAN
from exges_core.score.sizes import wrists_m
from training.evaluation import fault_rows as fault_rows_room
from training.evaluation import faults, generation_table
from training.evaluation.fault_rows import ANEW, MEASURES, SOUND, TRUTH, fault_rows, fault_table, other_sounds, seen_in
from training.evaluation.faults import FAULTS
from training.evaluation.figures import Figure
from training.evaluation.generation_table import Yardstick
from training.evaluation.labelled_strokes import labelled_strokes
from training.evaluation.material import KnownTake


def test_every_fault_keeps_length_and_changes_the_motion(takes: list[KnownTake]) -> None:
    for name, fault in FAULTS.items():
        for clip, take in zip(fault.make(takes), takes, strict=True):
            assert clip.frames == take.frames, name
            assert np.isfinite(clip.local_quat_wxyz).all(), name
            np.testing.assert_allclose(np.linalg.norm(clip.local_quat_wxyz, axis=-1), 1.0, atol=1e-6)
            assert np.abs(clip.positions_m() - take.truth.positions_m()).max() > 0.005, name
        again = fault.make(takes)[0]
        np.testing.assert_array_equal(again.local_quat_wxyz, fault.make(takes)[0].local_quat_wxyz)


def test_faults_are_what_they_are_called(takes: list[KnownTake]) -> None:
    take = takes[0]
    half = take.frames // 2
    speeds = wrist_speeds_m_per_s(take.truth)
    assert wrist_speeds_m_per_s(faults.frozen(take)).max() < 1e-9
    slow = wrist_speeds_m_per_s(faults.half_speed(take))[20:-20]
    assert slow.mean() == pytest.approx(speeds[10 : half - 10].mean() / 2, rel=0.05)
    fast = wrist_speeds_m_per_s(faults.doubled(take))
    assert fast[5 : half - 15].mean() == pytest.approx(2 * speeds[10:-30].mean(), rel=0.1)
    shifted = faults.deaf(take).local_quat_wxyz
    np.testing.assert_array_equal(shifted[half:], take.truth.local_quat_wxyz[: take.frames - half])
    np.testing.assert_array_equal(faults.late(take).local_quat_wxyz[15:], take.truth.local_quat_wxyz[:-15])


def test_a_mirror_image_exchanges_the_hands_and_twice_is_none(takes: list[KnownTake]) -> None:
    take = takes[0]
    mirrored = faults.mirrored(take)
    own, image = wrists_m(take.truth), wrists_m(mirrored)
    np.testing.assert_allclose(image[:, 0], own[:, 1] * [-1, 1, 1], atol=0.02)  # the body is symmetric to 2 cm
    twice = faults.mirrored(KnownTake(**{**take.__dict__, "truth": mirrored}))
    np.testing.assert_allclose(twice.local_quat_wxyz, take.truth.local_quat_wxyz, atol=1e-12)


def test_another_speaker_is_another_and_another_sound_is_cut_to_the_motion(takes: list[KnownTake]) -> None:
    made = faults.another_speaker(takes)[0]
    assert takes[1].speaker != takes[0].speaker
    assert any(np.allclose(made.local_quat_wxyz[0], frame, atol=1e-12) for frame in takes[1].truth.local_quat_wxyz), (
        "from the next take of another speaker"
    )
    clips, exchanged = other_sounds(takes)
    assert [each.id for each in exchanged] == [takes[1].id, takes[2].id, takes[0].id]
    for clip, other in zip(clips, exchanged, strict=True):
        assert clip.frames == len(other.audio)


def test_the_table_tells_what_is_seen(
    takes: list[KnownTake], evaluator: LoadedEvaluator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation_table, "FGD_RESAMPLES", 2)
    monkeypatch.setattr(fault_rows_room, "FAULTS", {name: FAULTS[name] for name in ("frozen", "jittered")})
    labelled = [
        KnownTake(**{**take.__dict__, "strokes": (Stroke(start_s=2.0, end_s=2.4, hand="both"),)}) for take in takes
    ]
    yardstick = Yardstick(labelled, [], CLEAN, evaluator, load_judge(assets.JUDGE))
    rows = {row.name: row for row in fault_rows(yardstick, [take.truth for take in takes])}
    assert list(rows) == [TRUTH, ANEW, "frozen", "jittered", SOUND]
    assert not rows[TRUTH].seen
    assert "mpjpe" not in rows[TRUTH].figures
    assert not rows[ANEW].seen - {"fgd"}, "the truth itself is no fault"
    assert {"speed", "jerk", "l1div"} <= rows["frozen"].seen
    assert {"speed", "jerk"} <= rows["jittered"].seen
    text = fault_table(list(rows.values())).markdown()
    assert text.count("\n| ") == len(rows) + 1
    assert f"L1div sees {sum('l1div' in row.seen for row in rows.values()) - ('l1div' in rows[ANEW].seen)}" in text
    assert {name for row in rows.values() for name in row.figures} <= set(MEASURES)


def test_seen_is_outside_the_interval() -> None:
    limits = {"bc": Figure(4.0, 3.0, 5.0)}
    assert seen_in({"bc": Figure(5.1, 5.0, 6.0)}, limits) == {"bc"}
    assert not seen_in({"bc": Figure(4.9, 0.0, 9.0), "mpjpe": Figure(100.0, 90.0, 110.0)}, limits)


def test_labelled_strokes_come_from_the_gesture_tiers(tmp_path: Path) -> None:
    grid = textgrid.Textgrid(0, 10)
    left = [(0.5, 1.0, "point_there preparation"), (1.0, 1.4, "point_there stroke"), (3.0, 3.3, "size_big stroke")]
    right = [(3.0, 3.3, "size_big stroke"), (3.3, 3.8, "size_big hold"), (6.0, 6.5, "beat_small stroke")]
    grid.addTier(textgrid.IntervalTier("words", [(0.2, 0.4, "stroke")], 0, 10))
    grid.addTier(textgrid.IntervalTier("gesture_left", left, 0, 10))
    grid.addTier(textgrid.IntervalTier("gesture_right", right, 0, 10))
    path = tmp_path / "take.TextGrid"
    grid.save(str(path), "long_textgrid", includeBlankSpaces=True)
    assert labelled_strokes(path) == (
        Stroke(start_s=1.0, end_s=1.4, hand="left"),
        Stroke(start_s=3.0, end_s=3.3, hand="both"),
        Stroke(start_s=6.0, end_s=6.5, hand="right"),
    )
    assert labelled_strokes(None) == ()
    grid.removeTier("gesture_left")
    grid.removeTier("gesture_right")
    grid.save(str(path), "long_textgrid", includeBlankSpaces=True)
    assert labelled_strokes(path) == ()
    path.write_text("not a grid")
    with pytest.raises(InputError, match=r"take\.TextGrid"):
        labelled_strokes(path)
