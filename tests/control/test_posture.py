"""A posture that keys show and the network does not know is kept about them; everything else is left alone."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from exges_core import assets
from exges_core.audio.features import audio_features
from exges_core.audio.waveform import read_waveform
from exges_core.control.masks import GROUPS, ORIGIN, ROOT_GROUP, Observed, channels_of_groups
from exges_core.control.posture import FOREIGN_FROM, REACH_FRAMES, foreign_posture
from exges_core.diffusion import longform
from exges_core.diffusion.model import LoadedDenoiser, load_denoiser
from exges_core.motion.features import MOTION_CHANNELS, FeatureStatistics
from exges_core.motion.rotations import quat_angle, quat_from_rot6d, quat_inverse, quat_multiply, rot6d_from_quat
from exges_core.motion.skeleton import joint_index

STATS = FeatureStatistics(
    mean=np.linspace(-1.0, 1.0, MOTION_CHANNELS, dtype=np.float32),
    std=np.linspace(0.1, 0.5, MOTION_CHANNELS, dtype=np.float32),
)
ELBOW, NECK, PELVIS = (joint_index(name) for name in ("left_elbow", "neck", "pelvis"))
FRAMES = 600


def channels(joint: int) -> slice:
    return slice(6 * joint, 6 * joint + 6)


def keyed(poses: dict[int, dict[int, float]], *, is_hard: bool = True) -> Observed:
    """Return a mask with joints, by frame, a number of standard deviations off the mean in every channel."""
    is_group = np.zeros((FRAMES, GROUPS), bool)
    target = np.broadcast_to(STATS.mean, (FRAMES, MOTION_CHANNELS)).copy()
    for frame, joints in poses.items():
        for joint, distance in joints.items():
            is_group[frame, joint] = True
            span = slice(330, 333) if joint == ROOT_GROUP else channels(joint)
            target[frame, span] += distance * STATS.std[span]
    is_observed = channels_of_groups(is_group)
    return Observed(
        is_observed=is_observed,
        target=target,
        is_hard=is_observed & is_hard,
        confidence=np.ones(FRAMES, np.float32),
        anchor=ORIGIN,
    )


def distances(posture: np.ndarray, joint: int) -> np.ndarray:
    """Return a joint's posture in standard deviations, of its first channel."""
    return (posture / STATS.std)[:, 6 * joint]


def test_a_key_far_from_all_speakers_counts_about_it_and_fades_smoothly() -> None:
    posture = foreign_posture(keyed({300: {ELBOW: 6.0, NECK: -1.0}}), STATS)
    assert posture is not None
    elbow = distances(posture, ELBOW)
    assert elbow[300] == pytest.approx(6.0 * 0.95, rel=0.01)
    assert elbow.argmax() == 300
    # A bell in the seconds about the key, nothing beyond; no step anywhere for a hand to jump over.
    assert 2.0 < elbow[300 + int(1.5 * REACH_FRAMES)] < 6.0
    assert np.abs(elbow[[0, 100, 500, 599]]).max() == 0.0
    assert np.abs(np.diff(elbow, 2)).max() < 0.02
    others = np.delete(posture, np.r_[channels(ELBOW)], axis=1)
    assert not others.any()


@pytest.mark.parametrize(
    "mask",
    [
        keyed({}),
        keyed({300: {ELBOW: 0.9 * FOREIGN_FROM, NECK: -1.9}}),
        keyed({300: {ELBOW: 6.0}}, is_hard=False),
        keyed({300: {PELVIS: 9.0, ROOT_GROUP: 40.0}}),
    ],
    ids=["no keys", "as speakers stand", "soft keys", "place and heading"],
)
def test_what_is_not_foreign_or_no_posture_is_left_alone(mask: Observed) -> None:
    assert foreign_posture(mask, STATS) is None


def test_keys_that_disagree_show_no_posture_and_keys_that_agree_hold_it_between_them() -> None:
    apart = foreign_posture(keyed({300: {ELBOW: 6.0}, 320: {ELBOW: -5.0}}), STATS)
    assert apart is not None
    assert np.abs(distances(apart, ELBOW)[300:321]).max() == 0.0
    alike = foreign_posture(keyed({280: {ELBOW: 5.0}, 340: {ELBOW: 5.5}}), STATS)
    assert alike is not None
    assert distances(alike, ELBOW)[280:341].min() > 4.5


def test_a_frozen_stretch_counts_as_its_mean() -> None:
    sway = {frame: {ELBOW: 5.0 + float(np.sin(frame / 7.0))} for frame in range(100, 400)}
    posture = foreign_posture(keyed(sway), STATS)
    assert posture is not None
    inside = distances(posture, ELBOW)[150:350]
    assert np.abs(inside - 5.0).max() < 0.5


@pytest.fixture(scope="module")
def shipped() -> LoadedDenoiser:
    return load_denoiser(assets.DENOISER, device="cpu")


@pytest.fixture(scope="module")
def sound() -> np.ndarray:
    return audio_features(read_waveform(assets.DEMO_SPEECH))[:240]


def test_the_shipped_network_gestures_about_a_keyed_posture(shipped: LoadedDenoiser, sound: np.ndarray) -> None:
    """Between two keys 2.7 s apart, motion stays with their stoop; seconds later the body is upright again."""
    free = longform.generate(shipped, sound, keys_of(mean_pose(shipped, sound), ()), sampling())
    stoop = np.array([np.cos(0.2), np.sin(0.2), 0.0, 0.0])
    stooped = free.copy()
    for joint in STOOPING:
        stooped[:, channels(joint)] = rot6d_from_quat(quat_multiply(turns(free, joint), stoop))
    stray_rad: dict[bool, float] = {}
    for keeps_posture in (True, False):
        mask = keys_of(stooped, (20, 100))
        made = longform.generate(shipped, sound, mask, replace(sampling(), keeps_posture=keeps_posture))
        stray_rad[keeps_posture] = max(turned_rad(made, stooped, joint, slice(50, 71)) for joint in STOOPING)
        assert max(turned_rad(made, free, joint, slice(220, 240)) for joint in STOOPING) < 0.2
    assert stray_rad[True] < 0.6 * stray_rad[False]


STOOPING = tuple(joint_index(name) for name in ("spine2", "neck", "head"))


def turns(motion: np.ndarray, joint: int) -> np.ndarray:
    return quat_from_rot6d(motion[:, channels(joint)].astype(np.float64))


def turned_rad(motion: np.ndarray, other: np.ndarray, joint: int, frames: slice) -> float:
    """Return by how much a joint's mean turn over some frames differs."""
    one, two = (turns(each, joint)[frames].mean(axis=0) for each in (motion, other))
    return float(quat_angle(quat_multiply(quat_inverse(one / np.linalg.norm(one)), two / np.linalg.norm(two))))


def test_keys_as_the_network_moves_change_nothing(shipped: LoadedDenoiser, sound: np.ndarray) -> None:
    free = mean_pose(shipped, sound)
    mask = keys_of(free, (45,))
    with_it, without = (
        longform.generate(shipped, sound, mask, replace(sampling(), keeps_posture=keeps)) for keeps in (True, False)
    )
    np.testing.assert_array_equal(with_it, without)


def sampling() -> longform.Sampling:
    return longform.Sampling(style=None, seed=3)


def mean_pose(model: LoadedDenoiser, sound: np.ndarray) -> np.ndarray:
    """Return the mean pose as a motion."""
    return np.broadcast_to(model.stats.mean, (len(sound), MOTION_CHANNELS)).copy()


def keys_of(motion: np.ndarray, frames: Sequence[int]) -> Observed:
    """Observe whole poses of a motion."""
    is_group = np.zeros((len(motion), GROUPS), bool)
    is_group[list(frames)] = True
    is_observed = channels_of_groups(is_group)
    certain = np.ones(len(motion), np.float32)
    return Observed(is_observed=is_observed, target=motion, is_hard=is_observed, confidence=certain, anchor=ORIGIN)
