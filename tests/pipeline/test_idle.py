"""Idles of the shipped weights: no seam, no drift, no sliding feet, alive, and everything a caller may ask of them."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

import exges_core
from exges_core.batch import run_batch
from exges_core.errors import ControlError, InputError
from exges_core.metrics.seams import seam_report
from exges_core.motion.bvh import read_bvh
from exges_core.motion.clip import MotionClip, unrolled
from exges_core.motion.kinematics import angular_speed_rad_per_s, velocity_m_per_s
from exges_core.motion.npz import read_npz
from exges_core.motion.planting import planted
from exges_core.motion.rotations import quat_angle, quat_inverse, quat_multiply, rotvec_from_quat, yaw_of
from exges_core.motion.skeleton import joint_index
from exges_core.motion.smooth import low_pass
from exges_core.pipeline.idle import Loop, idle, idle_files
from exges_core.pipeline.mirroring import mirror_files
from exges_core.pipeline.models import Models
from exges_core.postprocess.posture_in_joints import measured
from exges_core.protocol import Idle

FEET = [joint_index("left_foot"), joint_index("right_foot")]


@pytest.fixture(scope="module")
def idles(models: Models) -> dict[float, Loop]:
    """Return idles of several lengths, rates and seeds."""
    asked = {2.0: (1, None), 3.1: (2, 60.0), 8.0: (3, 24.0), 20.0: (4, None), 60.0: (5, 23.976)}
    return {seconds: idle(seconds, models=models, seed=seed, fps=fps) for seconds, (seed, fps) in asked.items()}


LENGTHS = pytest.mark.parametrize("seconds", [2.0, 3.1, 8.0, 20.0, 60.0])


@LENGTHS
def test_the_last_frame_goes_on_into_the_first(idles: dict[float, Loop], seconds: float) -> None:
    clip = idles[seconds].clip
    assert abs(clip.duration_s - seconds) <= 0.5 / clip.frame_rate_hz
    assert max(seam_report(clip).values()) <= 1.0
    cut = clip.cut(0, int(0.7 * clip.frames))
    assert seam_report(cut)["velocity_jump_ratio"] > 3.0  # the measure sees a loop that is none


@LENGTHS
def test_a_turn_brings_the_body_back_to_its_place_and_planted_feet_stay(
    idles: dict[float, Loop], seconds: float
) -> None:
    clip = idles[seconds].clip
    thrice = unrolled(clip, clip.frames, clip.frames)
    places = thrice.positions_m()
    np.testing.assert_allclose(places[clip.frames], places[2 * clip.frames], atol=1e-6)
    around = slice(clip.frames - 10, clip.frames + 10)
    is_planted = planted(places, clip.frame_rate_hz)[around]
    speed = np.linalg.norm(velocity_m_per_s(places[:, FEET], clip.frame_rate_hz)[around][..., [0, 2]], axis=-1)
    stands = is_planted.all(axis=0)
    assert stands.any()
    assert speed[8:12, stands].max() < 0.005  # two frames before the seam and two after it


def test_an_idle_moves_as_people_do_who_wait(idles: dict[float, Loop]) -> None:
    clip = idles[60.0].clip
    pose, rate_hz = clip.pose(), clip.frame_rate_hz
    head = np.degrees(angular_speed_rad_per_s(pose.world_quat_wxyz[:, [joint_index("head")]], rate_hz)).mean()
    yaw = np.degrees(np.std(yaw_of(pose.world_quat_wxyz[:, joint_index("head")])))
    # The calmest eighth of the real BEAT2 speaker: 25 degrees a second, yaw 8.2 degrees, pelvis 7 cm/s, wrists
    # 0.22 m/s.
    assert 10.0 < head < 40.0
    assert 4.0 < yaw < 13.0
    speed = np.linalg.norm(velocity_m_per_s(pose.positions_m, rate_hz), axis=-1)
    assert 0.03 < speed[:, 0].mean() < 0.15
    assert 0.03 < speed[:, [joint_index("left_wrist"), joint_index("right_wrist")]].mean() < 0.22
    assert 0.2 < _breath_deg(clip) < 1.6


def _breath_deg(clip: MotionClip) -> float:
    """Return how far the chest pitches at the pace of breath, 0.12 to 0.6 Hz, as a standard deviation."""
    world = clip.pose().world_quat_wxyz
    chest = quat_multiply(quat_inverse(world[:, 0]), world[:, joint_index("spine3")])
    pitch = np.degrees(rotvec_from_quat(chest)[:, 0])
    quick, slow = (low_pass(pitch[:, None], rate_hz=clip.frame_rate_hz, cutoff_hz=cut) for cut in (0.6, 0.12))
    return float((quick - slow).std())


def test_seeds_and_styles_tell_idles_apart(models: Models) -> None:
    def made(**settings: object) -> np.ndarray:
        return exges_core.idle(2.0, models=models, **settings).clip.local_quat_wxyz

    first = made(speaker="ada")
    np.testing.assert_array_equal(first, made(speaker="ada"))
    for other in ({"speaker": "ada", "seed": 1}, {"speaker": "finn"}):
        assert np.abs(first - made(**other)).max() > 0.01


@pytest.mark.parametrize("seconds", [1.99, 301.0, float("nan"), float("inf"), -8.0])
def test_a_length_that_no_idle_has_is_refused(models: Models, seconds: float) -> None:
    with pytest.raises(InputError, match=r"expected a length from 2 to 300 s, got"):
        idle(seconds, models=models)


@pytest.mark.parametrize("bad", [{"speaker": "nobody"}, {"fps": 0.5}, {"seed": -1}, {"knees_deg": 120.0}])
def test_a_setting_out_of_range_is_refused(models: Models, bad: dict[str, object]) -> None:
    with pytest.raises(InputError):
        idle(2.0, models=models, **bad)


def how_it_stands(clip: MotionClip) -> dict[str, float]:
    """Return how the mean pose of a clip that faces forward stands, in numbers."""
    turns = clip.local_quat_wxyz
    signs = np.sign((turns * turns[:1]).sum(axis=-1, keepdims=True))
    mean = (turns * signs).mean(axis=0)
    return asdict(measured(mean / np.linalg.norm(mean, axis=-1, keepdims=True)))


@pytest.mark.parametrize(
    "asked", [{"knees_deg": 35.0, "lean_deg": 12.0, "stance_m": 0.4}, {"lean_deg": -8.0}, {"knees_deg": 60.0}]
)
def test_an_idle_stands_as_it_is_asked_to_and_loops(models: Models, asked: dict[str, float]) -> None:
    own, made = (idle(6.0, models=models, seed=3, **numbers) for numbers in ({}, asked))
    stands, stood = how_it_stands(made.clip), how_it_stands(own.clip)
    for name, value in asked.items():
        limit = 0.02 if name == "stance_m" else 1.0
        assert abs(stands[name] - value) < limit
        assert abs(stood[name] - value) > 3 * limit  # or nothing was asked for
    assert max(made.report.seam.values()) <= 1.0
    ratio = made.report.physical["wrist_jerk_p95_m_per_s3"] / own.report.physical["wrist_jerk_p95_m_per_s3"]
    assert ratio < 1.2


def test_an_idle_rests_in_a_posture_of_a_file(models: Models, tmp_path: Path) -> None:
    posture, turn = tmp_path / "hips.json", [0.9239, 0.0, 0.3827, 0.0]
    posture.write_text(json.dumps({"joints": {"left_elbow": turn}}))
    elbow, made = joint_index("left_elbow"), idle(4.0, models=models, seed=3, posture=posture).clip
    own = idle(4.0, models=models, seed=3).clip
    off = [np.degrees(quat_angle(quat_multiply(quat_inverse(np.array(turn)), each.local_quat_wxyz[:, elbow])).mean())
           for each in (made, own)]  # fmt: skip
    assert off[0] < 12.0 < 30.0 < off[1]
    np.testing.assert_allclose(made.local_quat_wxyz[:, 1:3], own.local_quat_wxyz[:, 1:3], atol=0.02)  # the hips stay
    posture.write_text('{"joints": {"nose": [1, 0, 0, 0]}}')
    with pytest.raises(ControlError, match="nose"):
        idle(4.0, models=models, posture=posture)


def test_files_may_close_and_the_report_tells_of_the_seam(models: Models, tmp_path: Path) -> None:
    outputs = (str(tmp_path / "idle.npz"), str(tmp_path / "idle.bvh"))
    job = Idle(id="one", seconds=2.5, outputs=outputs, report=str(tmp_path / "idle.json"), closes=True, fps=24.0)
    found = idle_files(job, models)
    clip = read_npz(tmp_path / "idle.npz")
    assert clip.frames == 61 == read_bvh(tmp_path / "idle.bvh").frames
    assert found.clip.frames == 60
    np.testing.assert_allclose(clip.local_quat_wxyz[-1], clip.local_quat_wxyz[0], atol=1e-6)
    np.testing.assert_allclose(clip.root_position_m[-1], clip.root_position_m[0], atol=1e-6)
    report = json.loads((tmp_path / "idle.json").read_text())
    assert report["frames"] == 61
    assert report["duration_s"] == 2.5
    assert report["frame_rate"] == 24.0
    assert 0.0 < report["seam"]["velocity_jump_ratio"] <= 1.0


@pytest.mark.parametrize(
    ("given", "text"),
    [({"outputs": ()}, "expected an output file"), ({"outputs": ("a.txt",)}, "ending in"),
     ({"outputs": ("a.npz",), "rig": "mixamo"}, "a .bvh output for the rig")],
)  # fmt: skip
def test_outputs_that_cannot_be_are_refused_before_anything_is_made(
    models: Models, given: dict[str, object], text: str
) -> None:
    with pytest.raises(InputError, match=text):
        idle_files(Idle(id="one", seconds=2.0, **given), models)


def test_a_batch_makes_idles(tmp_path: Path) -> None:
    manifest, said = tmp_path / "idles.jsonl", list[str]()
    manifest.write_text('{"id": "wait", "idle": 2, "seed": 3, "format": "npz"}\n')
    assert run_batch(manifest, tmp_path, models=Models(device="cpu"), say=said.append).failed == 0
    assert read_npz(tmp_path / "wait.npz").frames == 60
    assert said[0].startswith("wait: done, 60 frames")


def test_a_file_mirrored_twice_is_the_file(models: Models, tmp_path: Path) -> None:
    idle(2.0, models=models).save(tmp_path / "a.npz")
    frames, warnings = mirror_files(tmp_path / "a.npz", (tmp_path / "b.npz", tmp_path / "b.bvh"))
    assert (frames, warnings) == (60, ())
    mirror_files(tmp_path / "b.npz", (tmp_path / "c.npz",))
    own, image, again = (read_npz(tmp_path / f"{name}.npz") for name in "abc")
    np.testing.assert_allclose(again.positions_m(), own.positions_m(), atol=1e-6)
    wrists = [joint_index("left_wrist"), joint_index("right_wrist")]
    places = own.positions_m()[:, wrists[::-1]] * [-1.0, 1.0, 1.0]
    np.testing.assert_allclose(image.positions_m()[:, wrists], places, atol=1e-6)


def test_a_face_that_is_left_out_of_the_mirror_is_told(models: Models, tmp_path: Path) -> None:
    idle(2.0, models=models).save(tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as arrays:
        own = {"betas": np.ones(300)} | {name: arrays[name] for name in arrays.files if name != "betas"}
    np.savez(tmp_path / "own.npz", **(own | {"expressions": np.ones((60, 100))}))
    _, warnings = mirror_files(tmp_path / "own.npz", (tmp_path / "m.npz",))
    assert warnings == ("own.npz: expressions and betas are not taken over",)


def test_a_real_face_that_is_left_out_of_the_mirror_is_told(real_clip_folder: Path, tmp_path: Path) -> None:
    _, warnings = mirror_files(real_clip_folder / "2_scott_0_1_1.npz", (tmp_path / "m.npz",))
    assert any("expressions and betas are not taken over" in each for each in warnings)
