"""Motion that is kept: where it lies, what the network is told, and that every bit comes back."""

from pathlib import Path

import numpy as np
import pytest

from exges_core.control import (
    Kept,
    Key,
    continue_after,
    freeze_outside,
    from_keys,
    in_between,
    lead_into,
    place,
    read_kept,
)
from exges_core.control.masks import groups_of_channels
from exges_core.errors import ControlError, InputError
from exges_core.motion.bvh import write_bvh
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import features_from_clip
from exges_core.motion.npz import write_npz
from exges_core.motion.rotations import quat_from_rotvec
from exges_core.motion.smooth import low_pass
from exges_core.postprocess.finish import FinishConfig, finish


def clip_of(frames: int, generator: np.random.Generator, rate_hz: float = 30.0) -> MotionClip:
    turns = low_pass(generator.normal(0, 0.5, (frames, 55, 3)), rate_hz=30.0, cutoff_hz=1.5)
    return MotionClip(
        local_quat_wxyz=quat_from_rotvec(turns),
        root_position_m=np.array([4.0, 0.95, -2.0]) + 0.1 * low_pass(turns[:, 0], rate_hz=30.0, cutoff_hz=1.0),
        frame_rate_hz=rate_hz,
    )


def kept_runs(kept: Kept) -> list[int]:
    return np.flatnonzero(np.diff(np.concatenate([[0], kept.is_kept.astype(int), [0]]))).tolist()


def test_pieces_lie_where_they_belong(generator: np.random.Generator) -> None:
    clip, other = clip_of(40, generator), clip_of(10, generator)
    assert kept_runs(freeze_outside(clip, 10, 25)) == [0, 10, 25, 40]
    assert kept_runs(freeze_outside(clip, 0, 25)) == [25, 40]
    assert kept_runs(continue_after(clip, 90)) == [0, 40]
    assert kept_runs(lead_into(clip, 90)) == [50, 90]
    assert kept_runs(in_between(clip.cut(0, 1), other, 60)) == [0, 1, 50, 60]
    both = place([(other, 30), (clip, 50)], 100)
    np.testing.assert_array_equal(both.clip.local_quat_wxyz[30:40], other.local_quat_wxyz)
    np.testing.assert_array_equal(both.clip.root_position_m[50:90], clip.root_position_m)


def test_the_network_is_told_whole_hard_poses_at_home(generator: np.random.Generator) -> None:
    """The take's home is the kept motion's, so what is far away in the world is not far for the network."""
    clip = clip_of(40, generator)
    kept = freeze_outside(clip, 10, 25)
    observed = kept.observed()
    np.testing.assert_array_equal(groups_of_channels(observed.is_hard).all(axis=1), kept.is_kept)
    assert not observed.is_observed[10:25].any()
    assert np.abs(observed.target[kept.is_kept][:, [330, 332]]).max() < 0.5
    expected = features_from_clip(clip, kept.anchor)
    np.testing.assert_allclose(observed.target[observed.is_hard], expected[observed.is_hard], atol=1e-6)


@pytest.mark.parametrize("config", [FinishConfig(), FinishConfig(cutoff_hz=3.0, is_eased=False)])
def test_kept_frames_survive_the_finish_bit_for_bit(generator: np.random.Generator, config: FinishConfig) -> None:
    clip = clip_of(90, generator)
    kept = freeze_outside(clip, 30, 60)
    observed = kept.observed()
    raw = features_from_clip(clip_of(90, generator), kept.anchor)
    made = finish(raw, observed, config, kept)
    np.testing.assert_array_equal(made.local_quat_wxyz[kept.is_kept], clip.local_quat_wxyz[kept.is_kept])
    np.testing.assert_array_equal(made.root_position_m[kept.is_kept], clip.root_position_m[kept.is_kept])
    assert np.abs(made.local_quat_wxyz[30:60] - clip.local_quat_wxyz[30:60]).max() > 1e-3
    steps = np.linalg.norm(np.diff(made.root_position_m, axis=0), axis=-1)
    assert steps[28:62].max() < 3 * max(steps[:28].max(), steps[62:].max())


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_between_two_poses_there_is_motion(generator: np.random.Generator, frames: int) -> None:
    first, last = clip_of(1, generator), clip_of(frames, generator)
    kept = in_between(first, last, 60)
    made = finish(features_from_clip(clip_of(60, generator), kept.anchor), kept.observed(), None, kept)
    np.testing.assert_array_equal(made.local_quat_wxyz[0], first.local_quat_wxyz[0])
    np.testing.assert_array_equal(made.local_quat_wxyz[-frames:], last.local_quat_wxyz)
    assert np.isfinite(made.local_quat_wxyz).all()


def test_a_key_beside_kept_motion_is_obeyed_and_one_against_it_refused(generator: np.random.Generator) -> None:
    kept = freeze_outside(clip_of(60, generator), 20, 40)
    free = from_keys([Key(time_s=1.0, joints={"left_elbow": (1, 0, 0, 0)})], 60, anchor=kept.anchor)
    both = kept.with_keys(free)
    assert both.is_hard[30].sum() == 6
    assert both.is_hard[10].sum() == 55 * 6 + 3
    against = from_keys([Key(time_s=0.1, joints={"left_elbow": (1, 0, 0, 0)})], 60, anchor=kept.anchor)
    with pytest.raises(ControlError, match=r"left_elbow at 0\.100 s \(frame 3\)"):
        kept.with_keys(against)
    soft = from_keys([Key(time_s=0.1, joints={"left_elbow": (1, 0, 0, 0)}, is_hard=False)], 60, anchor=kept.anchor)
    np.testing.assert_array_equal(kept.with_keys(soft).target[3], kept.observed().target[3])


def test_what_cannot_be_kept_is_refused(generator: np.random.Generator) -> None:
    clip = clip_of(30, generator)
    for start, stop in ((10, 10), (20, 10), (-1, 5), (5, 31), (0, 30)):
        with pytest.raises(ControlError, match="motion to keep"):
            freeze_outside(clip, start, stop)
    with pytest.raises(ControlError, match=r"\[0, 20\)"):
        continue_after(clip, 20)
    with pytest.raises(ControlError, match="overlap"):
        place([(clip, 0), (clip, 29)], 90)
    with pytest.raises(ControlError, match="at least one"):
        place([], 90)
    with pytest.raises(ControlError, match="30 fps"):
        continue_after(clip_of(10, generator, rate_hz=60.0), 90)


def test_a_file_is_kept(generator: np.random.Generator, tmp_path: Path) -> None:
    clip = clip_of(60, generator)
    write_npz(tmp_path / "a.npz", clip)
    write_bvh(tmp_path / "a.bvh", clip)
    kept = read_kept(tmp_path / "a.npz", 90, start_s=0.5, keep_outside_s=(1.0, 2.0))
    assert kept_runs(kept) == [15, 30, 60, 75]
    assert kept.trans_m is not None
    np.testing.assert_array_equal(kept.trans_m[15:75], np.load(tmp_path / "a.npz")["trans"])
    assert kept_runs(read_kept(tmp_path / "a.bvh", 60)) == [0, 60]
    longer = read_kept(tmp_path / "a.npz", 45)
    assert kept_runs(longer) == [0, 45]
    assert "0.50 s are left out" in longer.warnings[0]
    write_npz(tmp_path / "b.npz", clip_of(60, generator, rate_hz=60.0))
    fast = read_kept(tmp_path / "b.npz", 90)
    assert "resampled" in fast.warnings[0]
    assert fast.trans_m is None


def test_kept_bits_come_back_from_the_file(generator: np.random.Generator, tmp_path: Path) -> None:
    """What no arithmetic gives back (trans has the rest offset taken off) is copied."""
    clip = clip_of(60, generator)
    write_npz(tmp_path / "a.npz", clip, extra={"trans": generator.normal(0, 1e-3, (60, 3))})
    kept = read_kept(tmp_path / "a.npz", 60, keep_outside_s=(0.5, 1.0))
    made = finish(features_from_clip(clip, kept.anchor), kept.observed(), None, kept)
    write_npz(tmp_path / "b.npz", made, extra=kept.npz_arrays(made))
    with np.load(tmp_path / "a.npz") as before, np.load(tmp_path / "b.npz") as after:
        for name in ("poses", "trans"):
            np.testing.assert_array_equal(after[name][kept.is_kept], before[name][kept.is_kept])


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"start_s": 3.0}, "a start in"),
        ({"start_s": -1.0}, "a start in"),
        ({"start_s": float("nan")}, "a start in"),
        ({"keep_outside_s": (1.0, 1.0)}, "within"),
        ({"keep_outside_s": (1.0, 9.0)}, "within"),
        ({"keep_outside_s": (float("nan"), 1.0)}, "within"),
        ({"keep_outside_s": (0.0, 2.0)}, "whole motion"),
    ],
    ids=str,
)
def test_a_range_that_cannot_be_kept_names_the_file(
    generator: np.random.Generator, tmp_path: Path, options: dict, reason: str
) -> None:
    write_npz(tmp_path / "a.npz", clip_of(60, generator))
    with pytest.raises(ControlError, match=reason) as caught:
        read_kept(tmp_path / "a.npz", 90, **options)
    assert "a.npz" in str(caught.value)


def test_what_is_no_motion_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.fbx").write_text("")
    for name in ("a.fbx", "none.npz"):
        with pytest.raises(InputError, match=name.replace(".", r"\.")):
            read_kept(tmp_path / name, 90)
