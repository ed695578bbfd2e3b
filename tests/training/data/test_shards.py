"""A training set in one small file: what comes out is what went in, to a stated error, and damage is told."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from exges_core.arrays import Array
from exges_core.audio.waveform import Waveform, write_waveform
from exges_core.datasets.recordings import SPLITS, read_folder
from exges_core.diffusion.model import load_denoiser
from exges_core.errors import InputError
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import write_npz
from exges_core.motion.rotations import quat_from_rotvec, quat_multiply
from exges_core.motion.skeleton import joint_index
from exges_core.speech.words import Word
from training.data.labels import read_marks
from training.data.recordings import corpus_hash, read_arrays
from training.data.shard_files import read_index, write_shards
from training.data.take_scores import score_of_take
from training.data.takes import RecordedTake
from training.shards import Shards, main
from training.train_diffusion import Arguments, train

ROOT = Path(__file__).resolve().parents[3]
SPEECH = ROOT / "exges_core" / "assets" / "demo.flac"
TEXTGRID = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 4
tiers? <exists>
size = 1
item []:
    item [1]:
        class = "IntervalTier"
        name = "words"
        xmin = 0
        xmax = 4
        intervals: size = 4
        intervals [1]:
            xmin = 0
            xmax = 0.5
            text = ""
        intervals [2]:
            xmin = 0.5
            xmax = 1.0123
            text = "hello"
        intervals [3]:
            xmin = 1.0123
            xmax = 1.5
            text = "straße"
        intervals [4]:
            xmin = 1.5
            xmax = 4
            text = ""
"""
TAKES = {"1_ada_0_1_1": "train", "2_van_dyke_0_1_1": "train", "3_bob_0_1_1": "val", "4_eve_0_1_1": "test"}


def smooth_clip(frames: int, generator: np.random.Generator) -> MotionClip:
    """Return gestures: sums of slow sines of all joints, upright, turned away from facing +Z, on a walking root."""
    times = np.arange(frames)[:, None, None] / 30
    turns = sum(
        generator.uniform(0, 0.5 / rate, (1, 55, 3))
        * np.sin(2 * np.pi * rate * times + generator.uniform(0, 6, (55, 3)))
        for rate in (0.3, 1.0, 3.0)
    )
    turns[:, [0, 1, 2]] *= 0.2  # pelvis and hips: who tumbles is refused
    quats = quat_from_rotvec(turns)
    quats[:, 0] = quat_multiply(quat_from_rotvec(np.array([0.0, 2.8, 0.0])), quats[:, 0])
    roots = np.array([3.0, 0.9, -7.0]) + 0.3 * np.sin(times[:, 0] * [1.0, 2.0, 0.5])
    return MotionClip(local_quat_wxyz=quats, root_position_m=roots, frame_rate_hz=30.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("shards") / "corpus"
    generator = np.random.default_rng(7)
    for part in ("smplxflame_30", "wave16k", "textgrid", "sem", "events"):
        (data / part).mkdir(parents=True)
    speech = soundfile.read(SPEECH, dtype="float32")[0]
    for number, name in enumerate(TAKES):
        write_npz(data / "smplxflame_30" / f"{name}.npz", smooth_clip(120 + number, generator))
        sound = Waveform(samples=speech[number * 16_000 : (number + 4) * 16_000])
        write_waveform(data / "wave16k" / f"{name}.wav", sound)
        (data / "textgrid" / f"{name}.TextGrid").write_text(TEXTGRID, encoding="utf-8")
    (data / "sem" / "1_ada_0_1_1.txt").write_text("offer\t0.400\t1.200\t0.800\t9\thello\n")
    (data / "events" / "1_ada_0_1_1.json").write_text('{"word_events": [{"stress_s": 0.6}]}')
    rows = "".join(f"{name},{split}\n" for name, split in TAKES.items())
    (data / "train_test_split.csv").write_text("id,type\n" + rows)
    return data


@pytest.fixture(scope="module")
def shards(folder: Path) -> Path:
    path = folder.parent / "light.shards"
    main(Shards(data=folder, out=path))
    return path


def test_shards_give_the_records_of_the_folder(folder: Path, shards: Path) -> None:
    for split in ("train", "val", "test", "all"):
        for from_folder, from_shards in zip(
            read_arrays(folder, split, cache=None), read_arrays(shards, split, cache=None), strict=True
        ):
            for name in ("id", "speaker", "split", "frames", "words", "segments", "marks"):
                assert getattr(from_folder, name) == getattr(from_shards, name)
            motion = np.abs(from_folder.motion[:, :333].astype(float) - from_shards.motion[:, :333])
            assert motion.max() < 5e-3
            mels = np.abs(from_folder.audio[:, :80].astype(float) - from_shards.audio[:, :80])
            assert mels.mean() < 0.15


def test_everything_told_of_a_take_travels(folder: Path, shards: Path) -> None:
    stored = read_index(shards)
    assert [(take.id, take.split, take.frames) for take in stored] == [
        (name, split, 120 + number) for number, (name, split) in enumerate(TAKES.items())
    ]
    ada, dyke = stored[0].read(), stored[1].read()
    assert (ada.id, ada.speaker, ada.split, dyke.speaker) == ("1_ada_0_1_1", "ada", "train", "van_dyke")
    assert ada.words == (
        Word(text="hello", start_s=0.5, end_s=1.0123),
        Word(text="straße", start_s=1.0123, end_s=1.5),
    )
    assert (ada.marks, ada.stresses_s) == (read_marks(folder, "1_ada_0_1_1"), (0.6,))
    assert [(mark.name, mark.start_s, mark.end_s) for mark in ada.marks] == [("offer", 0.4, 1.2)]
    assert (dyke.marks, dyke.stresses_s) == ((), ())
    strokes = score_of_take(folder, dyke.id, read_folder(folder, "train")[1].clip).strokes
    assert dyke.strokes == strokes


def stored_and_read(folder: Path, clip: MotionClip, samples: Array) -> RecordedTake:
    take = RecordedTake(id="one", speaker="", split="train", clip=clip, waveform=Waveform(samples=samples))
    return write_shards(folder / "one.shards", [take])[0].read()


def test_the_error_of_motion_is_small_and_speed_and_jerk_survive(
    tmp_path: Path, generator: np.random.Generator
) -> None:
    wrist = joint_index("left_wrist")
    for frames in (1, 64, 333):
        clip = smooth_clip(frames, generator)
        back = stored_and_read(tmp_path, clip, np.zeros(16_000, np.float32)).clip
        assert back.frames == clip.frames
        error_m = np.linalg.norm(back.positions_m() - clip.positions_m(), axis=-1)
        assert error_m.mean() < 5e-4
        assert error_m.max() < 2e-3
    jerk = [
        np.percentile(np.linalg.norm(np.diff(each.positions_m()[:, wrist], 3, axis=0), axis=-1), 95)
        for each in (clip, back)
    ]
    assert jerk[1] == pytest.approx(jerk[0], rel=0.03)


def test_rotations_through_half_a_turn_and_distant_roots_are_kept(tmp_path: Path) -> None:
    turns = np.zeros((90, 55, 3))
    turns[:, 16, 1] = np.linspace(0, 2 * np.pi, 90)
    roots = np.tile([1500.0, 0.0, -1500.0], (90, 1))
    clip = MotionClip(local_quat_wxyz=quat_from_rotvec(turns), root_position_m=roots, frame_rate_hz=30.0)
    back = stored_and_read(tmp_path, clip, np.zeros(48_000, np.float32)).clip
    np.testing.assert_allclose(back.positions_m(), clip.positions_m(), atol=2e-3)


def test_sound_keeps_its_length_and_place(tmp_path: Path, generator: np.random.Generator) -> None:
    speech = soundfile.read(SPEECH, dtype="float32")[0][: 5 * 16_000 + 123]
    back = stored_and_read(tmp_path, smooth_clip(150, generator), speech).waveform.samples
    assert back.shape == speech.shape
    alike = np.fft.irfft(np.fft.rfft(back, 1 << 18) * np.conj(np.fft.rfft(speech, 1 << 18)))
    assert min(int(alike.argmax()), (1 << 18) - int(alike.argmax())) <= 1


def test_any_tool_opens_what_is_inside(shards: Path) -> None:
    with zipfile.ZipFile(shards) as archive:
        assert len(archive.namelist()) == 3 * len(TAKES) + 1
        sizes = {Path(member.filename).suffix: member.file_size for member in archive.infolist()}
        assert sizes[".ogg"] * 8 / 4 < 40_000
        for kind, rate in ((".ogg", "OPUS"), (".flac", "PCM_24")):
            assert soundfile.info(io.BytesIO(archive.read(f"4_eve_0_1_1{kind}"))).subtype == rate


def test_a_folder_of_shards_is_their_sum(folder: Path, shards: Path, tmp_path: Path) -> None:
    for split in ("val", "train"):
        main(Shards(data=folder, out=tmp_path / f"{split}.shards", splits=(split,)))
    for split in ("train", "val"):
        assert corpus_hash(read_arrays(tmp_path, split, cache=None)) == corpus_hash(
            read_arrays(shards, split, cache=None)
        )
    assert [take.id for take in read_arrays(tmp_path, "all", cache=None)] == list(TAKES)[:3]


def test_the_cache_and_the_copies_work_from_shards(shards: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    fresh = read_arrays(shards, "train", cache=cache, copies=1)
    assert [take.id for take in fresh] == ["1_ada_0_1_1", "1_ada_0_1_1~1", "2_van_dyke_0_1_1", "2_van_dyke_0_1_1~1"]
    assert corpus_hash(read_arrays(shards, "train", cache=cache, copies=1)) == corpus_hash(fresh)
    assert [path.name.split("-")[0] for path in cache.iterdir()] == ["light"]


def test_what_cannot_be_used_is_told_in_one_line(folder: Path, shards: Path, tmp_path: Path) -> None:
    whole = shards.read_bytes()
    damaged = tmp_path / "damaged.shards"
    damaged.write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(InputError, match=r"damaged\.shards: expected a file of shards, got .*cut short") as caught:
        read_arrays(damaged, "train", cache=None)
    assert "\n" not in str(caught.value)
    at = whole.index(b"OpusHead") + 400  # in the first take
    damaged.write_bytes(whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :])
    with pytest.raises(InputError, match=r"damaged\.shards: expected 1_ada_0_1_1\.ogg"):
        read_arrays(damaged, "train", cache=None)
    assert len(read_arrays(damaged, "test", cache=None)) == 1
    with pytest.raises(InputError, match="takes of split additional"):
        read_arrays(shards, "additional", cache=None)
    with pytest.raises(InputError, match=str(SPLITS[0])):
        read_arrays(shards, "training", cache=None)
    small = tmp_path / "small.shards"
    with pytest.raises(InputError, match=r"at most 0\.05 MB"):
        main(Shards(data=folder, out=small, limit_mb=0.05))
    assert not list(tmp_path.glob("*small*"))
    with pytest.raises(InputError, match="splits additional"):
        main(Shards(data=folder, out=small, splits=("additional",)))


def test_shards_of_the_last_version_are_refused_with_the_command_that_writes_them_anew(tmp_path: Path) -> None:
    other = tmp_path / "other.shards"
    part = {"name": "train-000", "split": "train", "takes": 1, "frames": 120, "sha256": "0" * 64}
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("index.json", json.dumps({"format": 1, "corpus": "corpus", "parts": [part]}))
        archive.writestr("train-000/motion", b"")
    refusal = r"other\.shards: expected shards of format 2, got format 1\. .*python -m training\.shards --data FOLDER"
    with pytest.raises(InputError, match=refusal):
        read_arrays(other, "train", cache=None)


def test_what_is_no_file_of_shards_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.shards"
    for index in (
        "[]",
        "{",
        '{"format": 2}',
        '{"format": 2, "takes": [{"id": "absent", "split": "train", "frames": 1}]}',
    ):
        with zipfile.ZipFile(other, "w") as archive:
            archive.writestr("index.json", index)
        with pytest.raises(InputError, match="an index of shards"):
            read_index(other)
    whole = bytearray(other.read_bytes())
    whole[whole.index(b"PK\x01\x02") + 6] = 148  # the version of zip that it needs
    for content in (b"no archive", bytes(whole)):
        other.write_bytes(content)
        with pytest.raises(InputError, match="a file of shards"):
            read_index(other)


def test_a_denoiser_trains_from_shards_with_copies(shards: Path, tmp_path: Path) -> None:
    weights = tmp_path / "denoiser.safetensors"
    train(Arguments(data=shards, out=weights, steps=1, copies=1, bf16=False))
    model = load_denoiser(weights)
    assert model.styles == ("ada", "van_dyke")
    assert model.provenance["copies"] == 1
