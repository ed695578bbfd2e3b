"""Held parts through the whole flow: bit for bit where they are held, and the rest gestures as before."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

import exges_core
from exges_core import assets
from exges_core.arrays import Array
from exges_core.control import Key, Keys
from exges_core.control.held import Held
from exges_core.errors import ControlError, InputError
from exges_core.metrics.contact import jerk_m_per_s3
from exges_core.motion.clip import MotionClip
from exges_core.motion.kinematics import forward_kinematics
from exges_core.motion.npz import write_npz
from exges_core.motion.parts import PARTS
from exges_core.motion.rotations import quat_angle, quat_from_rotvec, quat_inverse, quat_multiply
from exges_core.motion.skeleton import JOINTS, joint_index
from exges_core.pipeline.analyse import Speech, hear_job
from exges_core.pipeline.gesture import Gesture, gesture
from exges_core.pipeline.given import Given
from exges_core.pipeline.models import Models
from exges_core.protocol import Request, ignore_progress
from exges_core.score.busy import busy_of
from exges_core.settings import GenerationSettings

TURNS = {"left_shoulder": (0, 0, -1.2), "left_elbow": (0, -1.9, 0), "pelvis": (-0.2, 0, 0), "spine1": (0.3, 0, 0)}
SEAT_M = (0.1, 0.55, -0.2)


@dataclass(frozen=True)
class Talk:
    speech: Speech
    models: Models
    own: MotionClip
    """A body that sits, with a cup in its left hand."""

    def take(
        self, *busy: str, seed: int = 0, fps: float | None = None, keys: Keys | None = None, **asked: float
    ) -> Gesture:
        held = Held(clip=self.own, busy=busy_of(busy)) if busy else None
        settings = GenerationSettings(seed=seed, busy=busy, fps=fps, **asked)
        return gesture(self.speech, self.models, settings, Given(held=held, controls=keys))


@pytest.fixture(scope="module")
def talk() -> Talk:
    text = str(assets.DEMO_SPEECH.with_suffix(".json"))
    request = Request(id="a", speech=str(assets.DEMO_SPEECH), transcript=text, outputs=())
    speech = Speech.of(hear_job(request, on_progress=ignore_progress))
    quats = np.tile([1.0, 0.0, 0.0, 0.0], (speech.frames, JOINTS, 1))
    legs = {
        f"{side}_{name}": (turn, 0, 0) for side in ("left", "right") for name, turn in (("hip", -1.5), ("knee", 1.5))
    }
    for name, turn in {**TURNS, **legs}.items():
        quats[:, joint_index(name)] = quat_from_rotvec(np.array(turn, float))
    # It moves a little, so that a wrong frame would show.
    sway = np.linspace(0.0, 0.2, speech.frames)[:, None] * np.array([0.0, 1.0, 0.0])
    quats[:, joint_index("left_elbow")] = quat_multiply(quats[:, joint_index("left_elbow")], quat_from_rotvec(sway))
    root = np.tile(SEAT_M, (speech.frames, 1))
    own = MotionClip(local_quat_wxyz=quats, root_position_m=root, frame_rate_hz=30.0)
    return Talk(speech=speech, models=Models(device="cpu"), own=own)


def strokes_within(made: Gesture, side: str, start_s: float, end_s: float) -> int:
    assert made.score is not None
    return sum(start_s < each.middle_s < end_s for each in made.score.of(side))


def wrist(clip: MotionClip, side: str) -> Array:
    places = forward_kinematics(clip.local_quat_wxyz, clip.root_position_m).positions_m
    return places[:, joint_index(f"{side}_wrist")] - places[:, 0]


def degrees_off(clip: MotionClip, own: MotionClip, part: str, frames: slice) -> float:
    joints = list(PARTS[part])
    pairs = [each.local_quat_wxyz[frames][:, joints] for each in (clip, own)]
    return float(np.rad2deg(quat_angle(quat_multiply(quat_inverse(pairs[0]), pairs[1]))).max())


def test_a_busy_arm_is_the_given_one_on_every_frame_and_makes_no_stroke(talk: Talk) -> None:
    free, busy = talk.take(), talk.take("left_arm")
    assert strokes_within(free, "left", 0, 99) > 3
    assert strokes_within(busy, "left", 0, 99) == 0
    assert strokes_within(busy, "right", 0, 99) >= strokes_within(free, "right", 0, 99)
    assert degrees_off(busy.clip, talk.own, "left_arm", slice(None)) < 2e-6
    assert degrees_off(free.clip, talk.own, "left_arm", slice(None)) > 20.0
    assert np.ptp(wrist(busy.clip, "right"), axis=0).max() > 0.2


@pytest.mark.parametrize("busy", ["left_arm", "left_hand:2.5-6", "lower_body"])
def test_the_free_hand_moves_as_smoothly_as_before(talk: Talk, busy: str) -> None:
    jerks = [
        np.concatenate([jerk_m_per_s3(wrist(made.clip, "right"), 30.0) for made in takes])
        for takes in ([talk.take(seed=seed) for seed in (0, 1)], [talk.take(busy, seed=seed) for seed in (0, 1)])
    ]
    assert jerks[1].mean() < 1.1 * jerks[0].mean()
    assert np.percentile(jerks[1], 99) < 1.1 * np.percentile(jerks[0], 99)


def test_a_span_is_held_without_a_jump_at_its_ends(talk: Talk) -> None:
    free, busy = talk.take(), talk.take("left_arm:2.5-6")
    assert strokes_within(busy, "left", 2.5, 6.0) == 0 < strokes_within(busy, "left", 6.5, 99)
    assert degrees_off(busy.clip, talk.own, "left_arm", slice(75, 181)) < 2e-6
    fastest = [np.linalg.norm(np.diff(wrist(each.clip, "left"), axis=0), axis=1).max() for each in (free, busy)]
    assert fastest[1] < 1.2 * fastest[0]


def test_seated_the_lower_body_is_the_given_one_and_the_trunk_moves_about_the_given(talk: Talk) -> None:
    busy = talk.take("lower_body", "left_arm")
    assert np.array_equal(busy.clip.root_position_m, talk.own.root_position_m)
    assert degrees_off(busy.clip, talk.own, "lower_body", slice(None)) < 2e-6
    assert degrees_off(busy.clip, talk.own, "left_arm", slice(None)) < 2e-6
    spine = busy.clip.local_quat_wxyz[:, joint_index("spine1")]
    mean = spine.mean(axis=0) / np.linalg.norm(spine.mean(axis=0))
    own = talk.own.local_quat_wxyz[0, joint_index("spine1")]
    assert np.rad2deg(quat_angle(quat_multiply(quat_inverse(own), mean))) < 1.0
    assert np.rad2deg(quat_angle(quat_multiply(quat_inverse(mean), spine))).max() > 1.0


def test_a_part_is_exact_at_another_rate_and_a_motion_may_have_another(talk: Talk) -> None:
    made = talk.take("left_arm:2-4", fps=24.0)
    own = talk.own.resample(24.0)
    assert degrees_off(made.clip, own, "left_arm", slice(48, 97)) < 2e-6


def test_an_animators_keys_on_free_parts_are_met_beside_held_ones(talk: Talk) -> None:
    bent = (0.7071068, 0.0, 0.7071068, 0.0)
    key = Key(time_s=5.0, joints={"right_elbow": bent, "pelvis": (1, 0, 0, 0), "left_elbow": (1, 0, 0, 0)})
    made = talk.take("lower_body", "left_arm", keys=Keys(keys=(key,)))
    at = made.clip.local_quat_wxyz[150, joint_index("right_elbow")]
    assert np.rad2deg(quat_angle(quat_multiply(quat_inverse(np.array(bent)), at))) < 1e-3
    assert degrees_off(made.clip, talk.own, "left_arm", slice(None)) < 2e-6
    assert np.array_equal(made.clip.root_position_m, talk.own.root_position_m)


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    samples, rate_hz = soundfile.read(assets.DEMO_SPEECH)
    path = tmp_path_factory.mktemp("short") / "talk.wav"
    soundfile.write(path, samples[: 3 * rate_hz], rate_hz)
    return path


def test_files_say_what_is_held_as_memory_does(talk: Talk, short: Path, tmp_path: Path) -> None:
    write_npz(tmp_path / "own.npz", talk.own)
    made = exges_core.generate(
        short, held=tmp_path / "own.npz", busy=("left_arm:1-2",), asr="none", seed=2, models=talk.models
    )
    own = exges_core.motion.npz.read_npz(tmp_path / "own.npz")
    assert degrees_off(made.clip, own, "left_arm", slice(30, 61)) < 2e-6


@pytest.mark.parametrize(
    ("busy", "frames", "kind", "told"),
    [
        ("left_arm:2-5", 90, InputError, "expected a span within 0 to 3.00 s, got 2 to 5 s"),
        ("left_arm", 45, ControlError, "own.npz: expected motion to 3.00 s"),
    ],
)
def test_spans_and_motions_that_do_not_fit_are_refused(
    talk: Talk, short: Path, tmp_path: Path, busy: str, frames: int, kind: type[Exception], told: str
) -> None:
    write_npz(tmp_path / "own.npz", talk.own.cut(0, frames))
    with pytest.raises(kind) as refused:
        exges_core.generate(short, held=tmp_path / "own.npz", busy=(busy,), asr="none", models=talk.models)
    assert told in str(refused.value)


def test_a_pinned_gesture_wants_a_free_hand(talk: Talk) -> None:
    settings = GenerationSettings(busy=("left_arm", "right_arm"), pins=("1=5",))
    with pytest.raises(InputError, match="expected a free hand, got both busy"):
        gesture(talk.speech, talk.models, settings)


def test_knees_of_a_seated_character_stay_and_it_is_said(talk: Talk) -> None:
    found = talk.take("lower_body", knees_deg=40.0, lean_deg=12.0)
    assert "knees, lean: not heeded, the lower body is held as it is" in found.report.warnings
    knee = joint_index("left_knee")
    np.testing.assert_array_equal(found.clip.local_quat_wxyz[:, knee], talk.own.local_quat_wxyz[:, knee])
