from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exges_core.errors import SkeletonError
from exges_core.motion import features as f
from exges_core.motion.clip import MotionClip
from exges_core.motion.kinematics import contacts
from exges_core.motion.npz import read_npz
from exges_core.motion.rotations import quat_from_yaw, quat_multiply, quat_rotate
from tests.motion.conftest import moving_clip
from tests.motion.test_clip import turned_by

FLOAT32 = 1e-6


def moved_clip(clip: MotionClip, yaw_rad: float, shift_xz_m: tuple[float, float]) -> MotionClip:
    turn = quat_from_yaw(np.array(yaw_rad))
    quats = clip.local_quat_wxyz.copy()
    quats[:, 0] = quat_multiply(turn, quats[:, 0])
    root = quat_rotate(turn, clip.root_position_m) + np.array([shift_xz_m[0], 0, shift_xz_m[1]])
    return MotionClip(local_quat_wxyz=quats, root_position_m=root, frame_rate_hz=clip.frame_rate_hz)


@settings(max_examples=20)
@given(st.floats(-3.1, 3.1), st.floats(-5, 5), st.floats(-5, 5))
def test_features_come_back_as_the_clip_under_any_anchor(heading: float, x: float, z: float) -> None:
    clip, anchor = moving_clip(), f.Anchor(ground_xz_m=(x, z), heading_rad=heading)
    features = f.features_from_clip(clip, anchor)
    assert features.shape == (90, f.MOTION_CHANNELS)
    assert features.dtype == np.float32
    again = f.clip_from_features(features, anchor, clip.frame_rate_hz)
    assert turned_by(again, clip) < FLOAT32
    np.testing.assert_allclose(again.root_position_m, clip.root_position_m, atol=FLOAT32)


@settings(max_examples=20)
@given(st.floats(-3.1, 3.1), st.floats(-5, 5), st.floats(-5, 5))
def test_features_do_not_depend_on_where_and_which_way_a_take_starts(yaw: float, x: float, z: float) -> None:
    clip = moving_clip()
    moved = moved_clip(clip, yaw, (x, z))
    before = f.features_from_clip(clip, f.home_anchor(clip))
    # The median of rotated points is not the rotated median, so the home may shift a little, the heading not at all.
    after = f.features_from_clip(moved, f.home_anchor(moved))
    np.testing.assert_allclose(after[:, : f.ROTATION_CHANNELS], before[:, : f.ROTATION_CHANNELS], atol=1e-5)
    np.testing.assert_allclose(after[:, f.ROOT_CHANNELS], before[:, f.ROOT_CHANNELS], atol=0.05)
    np.testing.assert_array_equal(after[:, f.CONTACT_CHANNELS], before[:, f.CONTACT_CHANNELS])


def test_the_layout_is_joints_then_root_then_contacts() -> None:
    clip, anchor = moving_clip(), f.Anchor(ground_xz_m=(0.0, 0.0), heading_rad=0.0)
    features = f.features_from_clip(clip, anchor)
    assert f.ROOT_CHANNELS.start == 330
    assert f.CONTACT_CHANNELS.start == 333
    np.testing.assert_allclose(features[:, f.ROOT_CHANNELS], clip.root_position_m, atol=FLOAT32)
    np.testing.assert_array_equal(features[:, f.CONTACT_CHANNELS], contacts(clip.positions_m()))
    identity = clip.local_quat_wxyz.copy()
    identity[:, 20] = [1, 0, 0, 0]
    changed = MotionClip(local_quat_wxyz=identity, root_position_m=clip.root_position_m, frame_rate_hz=30.0)
    rest = f.features_from_clip(changed, anchor)[:, f.joint_channels(20)]
    np.testing.assert_array_equal(rest, np.broadcast_to([1, 0, 0, 0, 1, 0], (90, 6)))


def test_a_networks_unclean_output_still_gives_a_valid_clip() -> None:
    features = np.random.default_rng(0).normal(size=(20, f.MOTION_CHANNELS)).astype(np.float32)
    features[3] = 0.0
    clip = f.clip_from_features(features, f.Anchor(ground_xz_m=(0.0, 0.0), heading_rad=0.0), 30.0)
    MotionClip.checked(local_quat_wxyz=clip.local_quat_wxyz, root_position_m=clip.root_position_m, frame_rate_hz=30.0)
    probability = f.contacts_from_features(features)
    assert probability.min() >= 0
    assert probability.max() <= 1


def test_statistics_of_a_stream_are_those_of_the_whole() -> None:
    data = np.random.default_rng(0).normal(3.0, [0.5, 2.0, 0.0], size=(1000, 3)).astype(np.float32)
    statistics = f.FeatureStatistics.of(iter([data[:10], data[:0], data[10:700], data[700:]]))
    np.testing.assert_allclose(statistics.mean, data.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(statistics.std, [*data.std(axis=0)[:2], f.STD_FLOOR], rtol=1e-5)
    np.testing.assert_allclose(statistics.denormalise(statistics.normalise(data)), data, atol=1e-5)
    with pytest.raises(SkeletonError, match="at least one frame"):
        f.FeatureStatistics.of([])


def test_a_real_take_survives_the_channels(real_clip_folder: Path) -> None:
    clip = read_npz(real_clip_folder / "2_scott_0_1_1.npz")
    anchor = f.home_anchor(clip)
    again = f.clip_from_features(f.features_from_clip(clip, anchor), anchor, 30.0)
    assert turned_by(again, clip) < FLOAT32
