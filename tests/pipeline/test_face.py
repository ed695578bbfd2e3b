"""A face beside the motion: in .npz, .csv and .bvh, from every entry point; without it not a bit is another."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from light import WITHOUT_TORCH

import exges_core
from exges_core.cli.main import Generate, parsed
from exges_core.control.files import read_kept
from exges_core.errors import InputError
from exges_core.face.brows import TOGETHER_S
from exges_core.face.joints import JAW_DEG
from exges_core.face.names import ARKIT_NAMES, COLUMN
from exges_core.face.nods import NODDING
from exges_core.motion.bvh import clip_from_bvh, read_bvh
from exges_core.motion.npz import read_npz
from exges_core.motion.rotations import rotvec_from_quat
from exges_core.motion.skeleton import JOINTS, joint_index
from exges_core.pipeline.generate import generate_files
from exges_core.pipeline.gesture import Gesture
from exges_core.pipeline.mirroring import mirror_files
from exges_core.pipeline.models import Models
from exges_core.protocol import Request, decode, encode

SECONDS = 6
FACE = [joint_index("jaw"), joint_index("left_eye_smplhf"), joint_index("right_eye_smplhf")]
BODY = [joint for joint in range(JOINTS) if joint not in FACE]


@pytest.fixture(scope="module")
def sound(cut: Callable[[int], Path]) -> Path:
    return cut(SECONDS)


@pytest.fixture(scope="module")
def plain(sound: Path, models: Models) -> Gesture:
    return exges_core.generate(sound, asr="pocketsphinx", models=models)


@pytest.fixture(scope="module")
def faced(sound: Path, models: Models) -> Gesture:
    return exges_core.generate(sound, asr="pocketsphinx", models=models, face=True)


def test_the_body_is_the_same_with_a_face_and_there_is_none_unasked(plain: Gesture, faced: Gesture) -> None:
    assert plain.face is None
    assert plain.curves is None
    assert plain.report.face is None
    others = [joint for joint in BODY if joint not in NODDING]
    assert np.array_equal(plain.clip.local_quat_wxyz[:, others], faced.clip.local_quat_wxyz[:, others])
    assert not np.array_equal(plain.clip.local_quat_wxyz[:, NODDING], faced.clip.local_quat_wxyz[:, NODDING])
    assert np.array_equal(plain.clip.root_position_m, faced.clip.root_position_m)
    assert faced.clip.local_quat_wxyz[:, FACE].std(axis=0).max() > 0.01


def test_without_nods_the_head_is_the_same_too(plain: Gesture, sound: Path, models: Models) -> None:
    unmoved = exges_core.generate(sound, asr="pocketsphinx", models=models, face=True, face_nods=0.0)
    assert np.array_equal(plain.clip.local_quat_wxyz[:, BODY], unmoved.clip.local_quat_wxyz[:, BODY])


@pytest.mark.parametrize("fps", [30.0, 24.0])
def test_a_key_of_the_head_is_obeyed_to_the_bit_while_the_head_nods(
    faced: Gesture, sound: Path, models: Models, tmp_path: Path, fps: float
) -> None:
    assert faced.face is not None
    lowest_s = float(faced.face.nods_deg[:, 0].argmax()) / 30
    key_s = round(lowest_s * 24) / 24 if fps == 24.0 else lowest_s
    keys = {"keys": [{"time_s": key_s, "joints": {"head": [0.98, 0.0, 0.199, 0.0]}, "hard": True}]}
    (tmp_path / "keys.json").write_text(json.dumps(keys))

    def heads(**settings: object) -> np.ndarray:
        out = tmp_path / "a.npz"
        request = Request(
            id="a", speech=str(sound), outputs=(str(out),), asr="pocketsphinx", fps=fps,
            controls=str(tmp_path / "keys.json"), face=True, **settings,
        )  # fmt: skip
        generate_files(request, models)
        return np.load(out)["poses"].reshape(-1, JOINTS, 3)[:, NODDING]

    nodding, unmoved = heads(), heads(face_nods=0.0)
    at = round(key_s * fps)
    assert np.allclose(nodding[at, 1], unmoved[at, 1], atol=1e-6)  # at 24 a second the neck is between two frames
    assert fps != 30.0 or nodding[at].tobytes() == unmoved[at].tobytes()
    assert not np.array_equal(nodding, unmoved)


def test_brows_and_hands_stress_the_same_words(faced: Gesture) -> None:
    assert faced.score is not None
    assert faced.curves is not None
    brows = faced.curves[:, COLUMN["browInnerUp"]]
    raised_s = [k / 30 for k in range(1, len(brows) - 1) if brows[k - 1] < brows[k] >= brows[k + 1] and brows[k] > 0.1]
    assert raised_s
    for at_s in raised_s:
        strokes = faced.score.strokes
        assert any(
            each.stroke_start_s - TOGETHER_S - 0.15 <= at_s <= each.apex_s + TOGETHER_S + 0.15 for each in strokes
        )


def test_files_hold_the_face_that_each_format_can(faced: Gesture, tmp_path: Path) -> None:
    for suffix in ("npz", "bvh", "csv"):
        faced.save(tmp_path / f"a.{suffix}")
    assert faced.curves is not None
    with np.load(tmp_path / "a.npz", allow_pickle=False) as found:
        assert np.array_equal(found["face_arkit"], faced.curves)
        assert found["face_arkit"].dtype == np.float32
        assert tuple(found["face_arkit_names"].tolist()) == ARKIT_NAMES
    read = read_npz(tmp_path / "a.npz")
    jaw_rad = rotvec_from_quat(read.local_quat_wxyz)[:, joint_index("jaw"), 0]
    assert np.abs(jaw_rad - np.deg2rad(JAW_DEG) * faced.curves[:, COLUMN["jawOpen"]]).max() < 1e-5
    again = clip_from_bvh(read_bvh(tmp_path / "a.bvh"))
    turned = np.abs(np.sum(again.local_quat_wxyz[:, FACE] * faced.clip.local_quat_wxyz[:, FACE], axis=-1))
    assert turned.min() > 1 - 1e-6
    assert len((tmp_path / "a.csv").read_text().splitlines()) == faced.clip.frames + 1


def test_a_request_writes_the_same_and_reports_it(faced: Gesture, sound: Path, models: Models, tmp_path: Path) -> None:
    names = tuple(str(tmp_path / name) for name in ("a.npz", "a.csv"))
    request = Request(
        id="a", speech=str(sound), outputs=names, asr="pocketsphinx", report=str(tmp_path / "a.json"), face=True
    )
    assert decode(encode(request)) == request
    generate_files(request, models)
    with np.load(names[0], allow_pickle=False) as found:
        assert faced.curves is not None
        assert np.array_equal(found["face_arkit"], faced.curves)
    report = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert report["face"]["source"] == "phones"
    assert report["face"]["aligned_words"] + report["face"]["spread_words"] == len(report["words"])
    assert report["face"]["blinks"] >= 1
    assert report["timings_s"]["face"] / SECONDS < 0.05  # wall time of a busy machine; the process' own: see tests/face


def test_other_rates_have_a_face_for_every_frame(sound: Path, models: Models, tmp_path: Path) -> None:
    made = exges_core.generate(sound, asr="none", models=models, face=True, fps=24.0)
    made.save(tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz", allow_pickle=False) as found:
        assert len(found["face_arkit"]) == len(found["poses"]) == made.clip.frames
    assert any("no words" in each for each in made.warnings)
    assert made.report.face is not None
    assert made.report.face.source == "sound"


def test_kept_frames_keep_their_bits(plain: Gesture, sound: Path, models: Models, tmp_path: Path) -> None:
    plain.save(tmp_path / "base.npz")
    request = Request(
        id="a", speech=str(sound), outputs=(str(tmp_path / "a.npz"),), asr="pocketsphinx", face=True,
        base_motion=str(tmp_path / "base.npz"), keep_outside_s=(2.0, 4.0),
    )  # fmt: skip
    made = generate_files(request, models)
    kept = read_kept(tmp_path / "base.npz", made.clip.frames, start_s=0.0, keep_outside_s=(2.0, 4.0)).is_kept
    old, new = np.load(tmp_path / "base.npz"), np.load(tmp_path / "a.npz")
    assert np.array_equal(old["poses"][kept], new["poses"][kept])
    assert np.abs(new["poses"][~kept].reshape(-1, JOINTS, 3)[:, FACE]).max() > 0.01


def test_what_makes_no_sense_without_a_face_is_refused(
    plain: Gesture, sound: Path, models: Models, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"expected a face, for a \.csv, got none.*--face"):
        plain.save(tmp_path / "a.csv")
    with pytest.raises(InputError, match=r"--face-sad: expected a face, got none.*--face"):
        exges_core.generate(sound, asr="none", models=models, face_sad=0.5)
    with pytest.raises(InputError, match=r"expected a face, for a \.csv"):
        generate_files(Request(id="a", speech=str(sound), outputs=(str(tmp_path / "a.csv"),), asr="none"), models)
    assert list(tmp_path.iterdir()) == []


def test_a_mirror_says_that_it_leaves_the_face_out(faced: Gesture, tmp_path: Path) -> None:
    faced.save(tmp_path / "a.npz")
    _, warnings = mirror_files(tmp_path / "a.npz", (tmp_path / "b.npz",))
    assert any("face_arkit" in each for each in warnings)


def test_the_command_line_asks_for_it() -> None:
    command = parsed(["generate", "a.wav", "-o", "a.csv", "--face", "--face-gaze", "0.5", "--face-happy", "0.3"])
    assert isinstance(command, Generate)
    request = command.request()
    assert (request.face, request.face_gaze, request.face_happy, request.face_brows) == (True, 0.5, 0.3, 1.0)


def test_a_light_installation_makes_the_same_face(faced: Gesture, sound: Path, tmp_path: Path) -> None:
    heavy = '{"torch", "whisper", "scipy", "librosa", "numba", "faiss", "sklearn", "PIL"}'
    code = WITHOUT_TORCH.replace('{"torch", "whisper"}', heavy) + "from exges_core.cli import main; main()"
    out = tmp_path / "a.npz"
    options = ["--engine", "onnx", "--asr", "pocketsphinx", "--face", "-o", str(out)]
    done = subprocess.run(
        [sys.executable, "-c", code, "generate", str(sound), *options], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert faced.curves is not None
    mouth = [column for column, name in enumerate(ARKIT_NAMES) if name.startswith(("mouth", "jaw", "tongue"))]
    with np.load(out, allow_pickle=False) as found:
        assert np.array_equal(found["face_arkit"][:, mouth], faced.curves[:, mouth])
