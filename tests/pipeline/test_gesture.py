"""The flow in memory: a sound in, a gesture out, saved where one likes; the same bits as the files of a request."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import exges_core
from exges_core.audio.waveform import read_waveform
from exges_core.control import Key, Keys
from exges_core.errors import ControlError, InputError
from exges_core.motion.bvh import clip_from_bvh, read_bvh
from exges_core.motion.npz import read_npz
from exges_core.motion.rotations import rotvec_from_quat
from exges_core.motion.skeleton import joint_index
from exges_core.pipeline.analyse import Speech, heard_in
from exges_core.pipeline.generate import generate_files
from exges_core.pipeline.gesture import Gesture, gesture
from exges_core.pipeline.given import Given, Trial
from exges_core.pipeline.models import Models
from exges_core.pipeline.report import Report, as_json
from exges_core.pipeline.scoring import Manner, manner_of, planned_score
from exges_core.postprocess.posture_in_joints import measured
from exges_core.protocol import Progress, Request
from exges_core.score.rests import resting
from exges_core.settings import GenerationSettings, PlanSettings
from exges_core.speech.words import Word

SECONDS = 4
BENT = (0.7071, 0.0, -0.7071, 0.0)


@pytest.fixture(scope="module")
def sound(cut: Callable[[int], Path]) -> Path:
    return cut(SECONDS)


@pytest.fixture(scope="module")
def plain(sound: Path, models: Models) -> Gesture:
    return exges_core.generate(sound, asr="none", seed=2, models=models)


@pytest.fixture(scope="module")
def speech(sound: Path) -> Speech:
    return Speech.of(heard_in(read_waveform(sound), asr="none", source=str(sound)))


def test_the_two_lines_of_the_readme_write_a_file(sound: Path, tmp_path: Path) -> None:
    code = f"import exges_core; exges_core.generate({str(sound)!r}, asr='none').save('x.bvh')"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert read_bvh(tmp_path / "x.bvh").frames == SECONDS * 30


def test_memory_and_files_are_one_motion_and_one_report(
    plain: Gesture, sound: Path, models: Models, tmp_path: Path
) -> None:
    outputs = (str(tmp_path / "a.npz"), str(tmp_path / "a.bvh"))
    request = Request(id="a", speech=str(sound), outputs=outputs, asr="none", seed=2, report=str(tmp_path / "a.json"))
    filed = generate_files(request, models)
    for suffix in ("npz", "bvh"):
        plain.save(tmp_path / f"b.{suffix}")
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()
    written = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    mine, theirs = (json.loads(json.dumps(as_json(each.report))) for each in (plain, filed))
    assert set(theirs.pop("timings_s")) == set(written["timings_s"]) | {"files"}
    for each in (mine, written):
        assert set(each.pop("timings_s")) == {"words", "features", "retrieval", "score", "diffusion", "finish"}
    assert written == theirs
    assert mine.pop("rtf") > 0
    assert theirs.pop("rtf") > 0
    assert mine == theirs


def test_a_report_is_frozen_and_its_json_has_its_fields(plain: Gesture) -> None:
    found = as_json(plain.report)
    assert set(found) == {each.name for each in fields(Report)} - {"rig", "face"}
    assert found["model"] == {"name": plain.report.model.name, "sha256": plain.report.model.sha256}
    assert json.loads(json.dumps(found)) == found
    assert plain.score is not None
    assert [each["apex_s"] for each in found["score"]["strokes"]] == [  # type: ignore[index]
        each.apex_s for each in plain.score.strokes
    ]
    assert plain.warnings == plain.report.warnings
    with pytest.raises(AttributeError):
        plain.report.seed = 3  # type: ignore[misc]


def test_keys_are_given_in_memory_and_are_in_the_motion(speech: Speech, models: Models, plain: Gesture) -> None:
    keys = Keys(keys=(Key(time_s=2.0, joints={"left_elbow": BENT}),))
    stages: list[Progress] = []
    made = gesture(speech, models, GenerationSettings(seed=2), Given(controls=keys), on_progress=stages.append)
    assert abs(made.clip.local_quat_wxyz[60, 18] @ np.array(BENT)) == pytest.approx(1.0, abs=1e-4)
    assert not np.array_equal(made.clip.local_quat_wxyz, plain.clip.local_quat_wxyz)
    fractions = [step.fraction for step in stages]
    assert fractions == sorted(fractions)
    assert [*dict.fromkeys(step.stage for step in stages)] == ["retrieval", "score", "diffusion", "finish"]
    late = Keys(keys=(Key(time_s=9.0, joints={"left_elbow": BENT}),))
    with pytest.raises(ControlError):
        gesture(speech, models, given=Given(controls=late))


def test_what_was_found_and_scored_before_makes_the_same_motion(speech: Speech, models: Models, plain: Gesture) -> None:
    given = Given(score=plain.score, matches=plain.matches, base=plain.base)
    again = gesture(speech, models, GenerationSettings(seed=2), given)
    np.testing.assert_array_equal(again.clip.local_quat_wxyz, plain.clip.local_quat_wxyz)
    trial = Trial(seed=speech.performance(2))
    np.testing.assert_array_equal(
        gesture(speech, models, GenerationSettings(seed=7), trial=trial).clip.local_quat_wxyz,
        plain.clip.local_quat_wxyz,
    )
    stricter = gesture(speech, models, GenerationSettings(seed=2), trial=Trial(score_guidance=2.0))
    assert not np.array_equal(stricter.clip.local_quat_wxyz, plain.clip.local_quat_wxyz)


def test_a_rig_is_written_in_its_own_names(plain: Gesture, tmp_path: Path) -> None:
    plain.save(tmp_path / "a.bvh", rig="mixamo")
    assert "LeftForeArm" in read_bvh(tmp_path / "a.bvh").names
    plain.save(tmp_path / "b.npz")
    np.testing.assert_allclose(read_npz(tmp_path / "b.npz").positions_m(), plain.clip.positions_m(), atol=1e-6)
    plain.save(tmp_path / "b.bvh")
    own = clip_from_bvh(read_bvh(tmp_path / "b.bvh"))
    np.testing.assert_allclose(own.positions_m(), plain.clip.positions_m(), atol=2e-3)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"sed": 3}, "unknown setting 'sed', is 'seed' meant"),
        ({"vividness": 3.0}, "vividness: expected 0 to 2, got 3"),
        ({"speaker": "nobody"}, "--speaker: expected one of the styles"),
        ({"pins": ("0=1",), "use_retrieval": False}, "--pin 0=1: expected retrieval"),
        ({"controls": "none.json"}, "none.json: expected a controls file"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(sound: Path, models: Models, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        exges_core.generate(sound, asr="none", models=models, **asked)


def test_a_file_of_another_kind_is_refused(plain: Gesture, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="ending in"):
        plain.save(tmp_path / "a.fbx")
    assert not list(tmp_path.iterdir())


def test_the_package_offers_what_it_names_and_nothing_else() -> None:
    for name in exges_core.__all__:
        assert getattr(exges_core, name)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = exges_core.nothing


def test_a_plan_without_a_stroke_says_who_is_still_and_what_to_do(speech: Speech, models: Models) -> None:
    calm = replace(models.planner, config=replace(models.planner.config, stroke_bias=-99.0, style_biases=()))
    of_calm = Models(device="cpu", planner=calm)
    words = (Word(text="huge", start_s=1.0, end_s=1.5),)
    spoken = replace(speech, heard=replace(speech.heard, words=words))
    asked = GenerationSettings(use_retrieval=False, steps=1)
    (told,) = [line for line in gesture(spoken, of_calm, asked).warnings if "no gesture" in line]
    assert "the speaker the seed chose" in told
    (named,) = [
        line for line in gesture(spoken, of_calm, replace(asked, speaker="ada")).warnings if "no gesture" in line
    ]
    assert named.startswith("ada has")
    for silent in (replace(asked, vividness=0.0), replace(asked, use_score=False)):
        assert not any("no gesture" in line for line in gesture(spoken, of_calm, silent).warnings)


def test_a_manner_that_was_tried_on_the_whole_take_is_not_planned_anew(speech: Speech, models: Models) -> None:
    manner = manner_of(speech, models, None, seed=7)
    assert manner.tried is not None
    asked = Manner(style=manner.style)
    usual = planned_score(speech, models, PlanSettings(), manner=manner, seed=7)
    assert usual == planned_score(speech, models, PlanSettings(), manner=asked, seed=7)
    locked = (replace(usual.strokes[0], size=0.5 * usual.strokes[0].size, is_locked=True),)
    for settings, kept in (
        (PlanSettings(vividness=1.4), ()),
        (PlanSettings(no_gesture=(0,)), ()),
        (PlanSettings(), locked),
    ):
        other = planned_score(speech, models, settings, manner=manner, seed=7, locked=kept)
        assert other == planned_score(speech, models, settings, manner=asked, seed=7, locked=kept) != usual


def test_who_hardly_gestures_is_not_chosen_unasked(speech: Speech, models: Models) -> None:
    styles = models.speakers()
    first = manner_of(speech, models, None, seed=0).style
    assert first in styles
    place = models.planner.styles.index(first)
    biases = tuple(-99.0 if number == place else 0.0 for number in range(len(styles)))
    calm = replace(models.planner, config=replace(models.planner.config, style_biases=biases))
    of_calm = Models(device="cpu", planner=calm)
    assert manner_of(speech, of_calm, None, seed=0).style not in (None, first)
    assert manner_of(speech, of_calm, first, seed=0).style == first
    nobody = replace(models.planner, config=replace(models.planner.config, stroke_bias=-99.0, style_biases=()))
    assert manner_of(speech, Models(device="cpu", planner=nobody), None, seed=3).style == styles[3]


def test_a_take_rests_in_the_posture_it_is_given_and_its_strokes_are_as_large(
    sound: Path, models: Models, plain: Gesture, tmp_path: Path
) -> None:
    path = tmp_path / "stand.json"
    path.write_text('{"joints": {"left_elbow": [0.6428, 0, -0.7660, 0], "spine2": [0.9914, 0.1305, 0, 0]}}')
    found = exges_core.generate(sound, asr="none", seed=2, models=models, posture=path)
    elbow, spine = joint_index("left_elbow"), joint_index("spine2")
    bend = {}
    for name, each in (("plain", plain), ("asked", found)):
        turns = rotvec_from_quat(each.clip.local_quat_wxyz[:, [elbow, spine]])
        assert each.score is not None
        rests = resting(each.score, each.clip.frames)[:, 0]
        rests = rests if rests.sum() >= 30 else np.ones(each.clip.frames, bool)
        bend[name] = np.degrees(turns[rests].mean(axis=0))
    assert abs(bend["asked"][0, 1] + 100.0) < 3.0
    assert abs(bend["plain"][0, 1] + 100.0) > 10.0, "the speaker rests otherwise"
    own = np.degrees(rotvec_from_quat(found.clip.local_quat_wxyz[:, spine]))[:, 0]
    assert abs(own.mean() - 15.0) < 3.0


def test_knees_and_lean_are_settings_beside_a_posture_of_joints(
    sound: Path, models: Models, plain: Gesture, tmp_path: Path
) -> None:
    path = tmp_path / "stand.json"
    path.write_text('{"joints": {"left_elbow": [0.6428, 0, -0.7660, 0]}}')
    found = exges_core.generate(
        sound, asr="none", seed=2, models=models, posture=path, knees_deg=45.0, lean_deg=15.0, stance_m=0.4
    )
    stands = {}
    for name, each in (("plain", plain), ("asked", found)):
        frames = [measured(frame) for frame in each.clip.local_quat_wxyz[::6]]
        stands[name] = [np.mean([getattr(frame, unit) for frame in frames]) for unit in vars(frames[0])]
    np.testing.assert_allclose(stands["asked"][:2], [45.0, 15.0], atol=4.0)
    assert abs(stands["asked"][2] - 0.4) < 0.03
    assert np.all(np.array(stands["asked"]) - stands["plain"] > [15.0, 5.0, 0.1]), "the speaker stands otherwise"
    elbow = np.degrees(rotvec_from_quat(found.clip.local_quat_wxyz[:, joint_index("left_elbow")]))[:, 1]
    assert np.abs(elbow + 100.0).min() < 5.0
    assert found.report.physical["foot_slide_p95_m_per_s"] < 0.01
