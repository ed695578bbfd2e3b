"""The physical finish on motions broken by hand and on generated ones; each part can be left out."""

from collections.abc import Callable

import numpy as np
import pytest

from exges_core import assets
from exges_core.audio.features import audio_features
from exges_core.audio.waveform import read_waveform
from exges_core.control.edits import freeze_outside
from exges_core.control.masks import GROUPS, ORIGIN, ROOT_GROUP, from_clip, nothing
from exges_core.diffusion import longform
from exges_core.diffusion.model import LoadedDenoiser, load_denoiser
from exges_core.errors import InputError
from exges_core.metrics.contact import jerk_m_per_s3, physical_report
from exges_core.motion.clip import MotionClip
from exges_core.motion.features import features_from_clip
from exges_core.motion.footlock import Held, lock_feet, stand
from exges_core.motion.planting import lowest_sole_m
from exges_core.motion.rotations import quat_from_rotvec
from exges_core.motion.skeleton import LEGS, joint_index
from exges_core.postprocess.finish import FinishConfig, finish, without
from exges_core.postprocess.limits import hyperextension_deg
from exges_core.settings import FINISH_PARTS
from tests.motion.conftest import standing_clip

BALLS = [joint_index("left_foot"), joint_index("right_foot")]
WRISTS = [joint_index("left_wrist"), joint_index("right_wrist")]
KNUCKLE = joint_index("right_index1")


def raised(clip: MotionClip, by_m: float) -> MotionClip:
    root = clip.root_position_m + np.array([0.0, by_m, 0.0])
    return MotionClip(local_quat_wxyz=clip.local_quat_wxyz, root_position_m=root, frame_rate_hz=30.0)


def finished(clip: MotionClip, config: FinishConfig | None = None) -> MotionClip:
    return finish(features_from_clip(clip, ORIGIN), nothing(clip.frames), config)


def bent_back() -> MotionClip:
    clip = standing_clip(60)
    quats = clip.local_quat_wxyz.copy()
    quats[:, KNUCKLE] = quat_from_rotvec(np.radians(-40.0 * np.hanning(60))[:, None] * np.array([0.0, 0.0, 1.0]))
    return MotionClip(local_quat_wxyz=quats, root_position_m=clip.root_position_m, frame_rate_hz=30.0)


def test_a_foot_that_slides_five_centimetres_a_second_is_planted() -> None:
    clip = standing_clip(120, slide_m_per_s=0.05)
    assert physical_report(clip)["foot_slide_p50_m_per_s"] > 0.045
    # Two seconds of it are more than a leg's length can take: sway there and back.
    root = clip.root_position_m.copy()
    root[:, 0] = 0.025 * np.sin(np.arange(120) / 15.0)
    swaying = MotionClip(local_quat_wxyz=clip.local_quat_wxyz, root_position_m=root, frame_rate_hz=30.0)
    for each in (clip, swaying):
        found = physical_report(finished(each))
        assert found["foot_slide_p95_m_per_s"] < 0.002
        assert found["glitch_share"] == 0.0
    assert physical_report(finished(swaying, without(["feet"])))["foot_slide_p95_m_per_s"] > 0.03


@pytest.mark.parametrize("height_m", [0.06, -0.05])
def test_a_body_above_or_below_the_ground_comes_to_stand(height_m: float) -> None:
    clip = raised(standing_clip(90), height_m)
    pose = finished(clip).pose()
    soles = np.minimum(lowest_sole_m(pose, "left"), lowest_sole_m(pose, "right"))
    assert np.abs(soles).max() < 0.001
    left_out = finished(clip, without(["ground", "feet"])).pose()
    np.testing.assert_allclose(left_out.positions_m, clip.positions_m(), atol=1e-4)


def test_what_is_made_between_kept_frames_stands_on_their_floor() -> None:
    clip = raised(standing_clip(90), 0.03)
    kept = freeze_outside(clip, 30, 60)
    found = finish(features_from_clip(standing_clip(90), kept.anchor), kept.observed(), None, kept)
    np.testing.assert_allclose(found.root_position_m[:, 1], clip.root_position_m[:, 1], atol=0.003)
    assert np.abs(lowest_sole_m(found.pose(), "left") - 0.03).max() < 0.003


def test_a_jump_is_not_pulled_down() -> None:
    clip = standing_clip(90)
    root = clip.root_position_m.copy()
    root[40:55, 1] += 0.3 * np.hanning(15)
    jumping = MotionClip(local_quat_wxyz=clip.local_quat_wxyz, root_position_m=root, frame_rate_hz=30.0)
    np.testing.assert_allclose(stand(jumping).root_position_m, root, atol=0.002)


def test_a_finger_bent_back_comes_forward_unless_it_is_a_key() -> None:
    clip, axis = bent_back(), np.array([0.0, 0.0, 1.0])
    assert hyperextension_deg(finished(clip).local_quat_wxyz[:, KNUCKLE], axis).max() < 30.5
    assert hyperextension_deg(finished(clip, without(["limits"])).local_quat_wxyz[:, KNUCKLE], axis).max() > 37
    is_group = np.zeros((60, GROUPS), bool)
    is_group[30, KNUCKLE] = True
    found = finish(features_from_clip(clip, ORIGIN), from_clip(clip, is_group))
    np.testing.assert_allclose(found.local_quat_wxyz[30, KNUCKLE], clip.local_quat_wxyz[30, KNUCKLE], atol=1e-6)
    back = hyperextension_deg(found.local_quat_wxyz[:, KNUCKLE], axis)
    assert np.abs(np.diff(back)).max() < 4


def test_without_everything_the_motion_is_the_networks(generator: np.random.Generator) -> None:
    clip = standing_clip(40)
    shaken = MotionClip(
        local_quat_wxyz=quat_from_rotvec(generator.normal(0, 0.05, (40, 55, 3))),
        root_position_m=clip.root_position_m,
        frame_rate_hz=30.0,
    )
    found = finished(shaken, without(FINISH_PARTS))
    np.testing.assert_allclose(found.positions_m(), shaken.positions_m(), atol=1e-5)
    smooth = finished(shaken, without(["limits", "ground", "feet"], cutoff_hz=2.0))
    assert np.diff(smooth.local_quat_wxyz, axis=0).std() < 0.5 * np.diff(shaken.local_quat_wxyz, axis=0).std()


@pytest.mark.parametrize(
    "wrong", [{"parts": ["teeth"]}, {"parts": [], "cutoff_hz": 15.0}, {"parts": [], "cutoff_hz": 0.0}]
)
def test_a_finish_that_does_not_exist_is_refused(wrong: dict) -> None:
    with pytest.raises(InputError, match="smoothing, limits, ground, feet"):
        without(**wrong)


def test_planted_feet_go_through_held_frames() -> None:
    """A plant stays where a key has it; a key's legs are not moved by more than a rounding, and nothing jumps."""
    clip = standing_clip(120)
    root = clip.root_position_m.copy()
    root[:, 0] += 0.02 * np.sin(np.arange(120) / 20.0)
    drifting = MotionClip(local_quat_wxyz=clip.local_quat_wxyz, root_position_m=root, frame_rate_hz=30.0)
    is_leg = np.zeros((120, 2), bool)
    is_leg[70] = True
    found = lock_feet(drifting, held=Held(is_leg=is_leg, is_root=is_leg[:, 0]))
    np.testing.assert_allclose(found.local_quat_wxyz[70, LEGS], drifting.local_quat_wxyz[70, LEGS], atol=1e-6)
    np.testing.assert_allclose(found.root_position_m[70], root[70], atol=1e-9)
    balls = found.positions_m()[:, BALLS]
    np.testing.assert_allclose(balls, np.broadcast_to(drifting.positions_m()[70, BALLS], balls.shape), atol=2e-3)


@pytest.fixture(scope="module")
def shipped() -> LoadedDenoiser:
    return load_denoiser(assets.DENOISER)


@pytest.fixture(scope="module")
def make(shipped: LoadedDenoiser) -> Callable[..., MotionClip]:
    """Return a function that makes 8 s of the demo's motion with the shipped weights."""
    sound = audio_features(read_waveform(assets.DEMO_SPEECH))[:240]

    def run(observed: object = None, *, seed: int, config: FinishConfig | None = None) -> MotionClip:
        known = nothing(240) if observed is None else observed
        return finish(longform.generate(shipped, sound, known, longform.Sampling(style=None, seed=seed)), known, config)

    return run


def test_generated_feet_stand_and_nothing_sinks(make: Callable[..., MotionClip]) -> None:
    found = physical_report(make(seed=3))
    assert found["foot_slide_p95_m_per_s"] < 0.004
    assert found["ground_penetration_max_mm"] < 1.0
    assert abs(found["ground_clearance_p50_mm"]) < 3.0


@pytest.mark.parametrize("kind", ["frame-wise", "joint-level", "trajectory"])
def test_wrists_do_not_jerk_around_keys(make: Callable[..., MotionClip], kind: str) -> None:
    """Keys are poses of another motion at random frames; the 99th percentile is held against the take's own."""
    generator = np.random.default_rng(5)
    own, other = make(seed=1), make(seed=2).cut(60, 240)
    at = generator.choice(180, 6, replace=False)
    is_group = np.zeros((240, GROUPS), bool)
    if kind == "frame-wise":
        is_group[at, :ROOT_GROUP] = True
    elif kind == "joint-level":
        is_group[at, joint_index("right_elbow")] = is_group[at, joint_index("left_shoulder")] = True
    else:
        is_group[60:150, [0, ROOT_GROUP]] = True
    wanted = other.at(np.arange(240) / 30.0)
    found = make(from_clip(wanted, is_group), seed=1)
    is_near = np.convolve(is_group.any(axis=1), np.ones(11), mode="same") > 0
    limit, near = (
        np.percentile(jerk_m_per_s3(each.positions_m()[:, WRISTS], 30.0)[which], 99, axis=0).mean()
        for each, which in ((own, slice(None)), (found, is_near))
    )
    assert near <= 1.5 * limit
