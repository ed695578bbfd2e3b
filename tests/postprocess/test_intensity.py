"""How far gestures go: scaled about the resting pose, everything else untouched."""

import numpy as np
import pytest

from exges_core.errors import InputError
from exges_core.motion.features import CONTACT_CHANNELS, MOTION_CHANNELS, ROOT_CHANNELS, joint_channels
from exges_core.motion.rotations import (
    quat_angle,
    quat_from_rot6d,
    quat_from_rotvec,
    quat_multiply,
    rot6d_from_quat,
    rotvec_from_quat,
)
from exges_core.motion.skeleton import JOINTS, joint_index
from exges_core.postprocess.intensity import EXPRESSIVE_JOINTS, scale_gestures

ELBOW = joint_index("left_elbow")
REST = np.array([0.0, -0.4, 0.0])


def gesturing(seconds: int = 40, size: float = 1.0) -> np.ndarray:
    """A gesture of 1.5 s every 5 s: every joint turns from rest about x and returns."""
    time_s = np.arange(30 * seconds) / 30
    phase = time_s % 5
    share = np.where(phase < 1.5, np.sin(np.pi * phase / 1.5) ** 2, 0.0)
    rotvec = REST + share[:, None] * np.array([size, 0, 0])
    features = np.zeros((len(time_s), MOTION_CHANNELS), np.float32)
    for joint in range(JOINTS):
        features[:, joint_channels(joint)] = rot6d_from_quat(quat_from_rotvec(rotvec))
    features[:, ROOT_CHANNELS], features[:, CONTACT_CHANNELS] = share[:, None], 1.0
    return features


def away(features: np.ndarray, joint: int = ELBOW) -> np.ndarray:
    """Return how far a joint is turned from its first pose, which is rest."""
    quats = quat_from_rot6d(features[:, joint_channels(joint)].astype(np.float64))
    inverse = quats[0] * np.array([1, -1, -1, -1])
    return quat_angle(quat_multiply(inverse, quats))


def test_one_is_the_very_motion() -> None:
    features = gesturing()
    assert scale_gestures(features, 1.0, 30.0) is features


def test_gestures_shrink_and_grow_while_rest_stays() -> None:
    features = gesturing()
    plain = away(features)
    is_rest = plain < 1e-4
    for intensity, share in ((0.5, 0.5), (0.75, 0.75), (1.5, 1.3)):
        found = away(scale_gestures(features, intensity, 30.0))
        assert found[is_rest].max() < 0.01
        assert found.max() == pytest.approx(share * plain.max(), rel=0.03)


def test_only_the_expressive_joints_move() -> None:
    features = gesturing()
    scaled = scale_gestures(features, 1.5, 30.0)
    kept = np.ones(MOTION_CHANNELS, bool)
    for joint in EXPRESSIVE_JOINTS:
        kept[joint_channels(joint)] = False
    np.testing.assert_array_equal(scaled[:, kept], features[:, kept])
    for name in ("pelvis", "left_hip", "right_foot", "head", "neck", "jaw"):
        assert kept[joint_channels(joint_index(name))].all()


def test_a_still_speaker_turns_slowly_and_keeps_feet_and_gaze() -> None:
    features, time_s = gesturing(), np.arange(30 * 40) / 30
    turns = {"slow": 0.3 * np.sin(2 * np.pi * 0.05 * time_s), "quick": 0.1 * np.sin(2 * np.pi * 1.0 * time_s)}
    left: dict[str, float] = {}
    for name, turn in turns.items():
        rotvec = np.stack([np.zeros_like(turn), turn, np.zeros_like(turn)], axis=-1)
        features[:, joint_channels(0)] = rot6d_from_quat(quat_from_rotvec(rotvec))
        still = scale_gestures(features, 1.0, 30.0, share=0.25)
        yaw = [rotvec_from_quat(quat_from_rot6d(each[300:900, joint_channels(0)]))[:, 1] for each in (still, features)]
        left[name] = float(np.std(yaw[0]) / np.std(yaw[1]))
        assert np.array_equal(still[:, joint_channels(joint_index("head"))], features[:, joint_channels(15)])
        assert np.array_equal(still[:, joint_channels(joint_index("left_hip"))], features[:, joint_channels(1)])
    assert left["slow"] == pytest.approx(1.0, abs=0.02)
    assert left["quick"] == pytest.approx(0.25, abs=0.05)


def test_a_larger_turn_stays_larger_and_far_ones_hardly_grow() -> None:
    sizes = [0.2, 0.8, 1.4, 2.0, 2.6]
    peaks = [float(away(scale_gestures(gesturing(size=size), 1.5, 30.0)).max()) for size in sizes]
    assert peaks == sorted(peaks)
    growth = [peak / float(away(gesturing(size=size)).max()) for peak, size in zip(peaks, sizes, strict=True)]
    assert growth == sorted(growth, reverse=True)
    assert growth[0] > 1.4
    assert growth[-1] < 1.15


@pytest.mark.parametrize("frames", [1, 2, 9, 31])
def test_a_short_take_is_no_exception(frames: int) -> None:
    scaled = scale_gestures(gesturing()[:frames], 0.5, 30.0)
    assert scaled.shape == (frames, MOTION_CHANNELS)
    assert np.isfinite(scaled).all()


@pytest.mark.parametrize("wrong", [0.0, 0.49, 1.6, -1.0, float("nan")])
def test_a_wrong_intensity_is_refused(wrong: float) -> None:
    with pytest.raises(InputError, match="intensity"):
        scale_gestures(gesturing(5), wrong, 30.0)
