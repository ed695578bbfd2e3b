"""Files that would do harm are refused with one line: pickles, headers that lie, bombs, links, wild numbers.

What `tests/soak/fuzz.py` brought down stands here, one line each.
"""

import io
import json
import os
import pickle
import shutil
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from audio.sounds import voice
from retrieval.conftest import SMALL, random_take
from safetensors.numpy import save as serialise

from exges_core import array_files, assets, checkpoint, exported, protocol
from exges_core.audio import waveform
from exges_core.batch.ledger import Ledger
from exges_core.batch.manifests import read_manifest
from exges_core.control.files import read_controls, read_posture
from exges_core.datasets.motion_files import open_motion
from exges_core.datasets.recordings import read_folder
from exges_core.diffusion.config import DenoiserConfig
from exges_core.diffusion.denoiser import Denoiser
from exges_core.diffusion.model import load_denoiser
from exges_core.errors import ExgesError
from exges_core.metrics.evaluator import load_evaluator
from exges_core.motion.bvh import read_bvh
from exges_core.motion.clip import MotionClip
from exges_core.motion.smplx_body import read_shape, read_smplx
from exges_core.planning.planner_model import load_planner
from exges_core.retrieval.encoders import RetrievalModel
from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.model import LoadedRetrieval, load_retrieval, save_retrieval
from exges_core.retrieval.word_vectors import WordVectors
from exges_core.rig.preset_files import preset_as_json, read_preset
from exges_core.rig.presets import PRESETS
from exges_core.score.stroke_network import load_network
from exges_core.speech import phone_cache, word_cache
from exges_core.speech.transcripts import read_transcript
from training.corpus.files.reading import MeasuredTake
from training.corpus.measures.bands import read_targets
from training.corpus.production import joining
from training.corpus.production.dataset import finished_take
from training.corpus.production.joining import join
from training.data import recordings
from training.data.labelled_scores import labelled_score
from training.data.shard_files import read_index

TEN_GB = 10 * 2**30
DEEP = "[" * 100_000
LONG = "9" * 5000


class Harm:
    """What runs when it is unpickled: a folder where there was none."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return os.mkdir, (str(self.canary),)


def refused(read: Callable[[Path], object], path: Path) -> str:
    """Return the one line that a reader says of a file."""
    with pytest.raises(ExgesError) as caught:
        read(path)
    text = str(caught.value)
    assert len(text.splitlines()) == 1
    return text


def npz(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return path


def npy(array: Any, *, shape: tuple[int, ...] | None = None) -> bytes:
    """An array's file; with `shape`, one whose header claims that and that has a few bytes."""
    stream = io.BytesIO()
    if shape is None:
        np.save(stream, array, allow_pickle=True)
    else:
        np.lib.format.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": shape})
        stream.write(bytes(800))
    return stream.getvalue()


ZEROS = {"trans": npy(np.zeros((2, 3))), "mocap_frame_rate": npy(np.array(30))}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "base"
    torch.manual_seed(5)
    model = LoadedRetrieval(model=RetrievalModel(SMALL).eval(), name="tiny", sha256="a" * 64, provenance={})
    MotionBase.build(folder, [random_take("one", np.random.default_rng(1))], model, licence="", provenance={})
    return folder


@pytest.fixture
def copied(base: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(base, tmp_path / "base"))


def put(base: Path, name: str, content: bytes) -> None:
    """Replace an array of a base; base.json states its size, as who means harm would see to."""
    (base / "shard-0000" / f"{name}.npy").write_bytes(content)
    record = json.loads((base / "base.json").read_text())
    record["shards"][0]["files"][f"{name}.npy"] = len(content)
    (base / "base.json").write_text(json.dumps(record))


def renamed(base: Path, change: Callable[[dict[str, Any]], object]) -> None:
    record = json.loads((base / "base.json").read_text())
    change(record)
    (base / "base.json").write_text(json.dumps(record))


MOTION_READERS = {"motion": open_motion, "controls": read_controls}


@pytest.mark.parametrize("kind", MOTION_READERS)
def test_an_array_of_objects_is_never_unpickled(tmp_path: Path, kind: str) -> None:
    canary = tmp_path / "canary"
    path = npz(tmp_path / "a.npz", poses=npy(np.array([Harm(canary)], dtype=object)), **ZEROS)
    assert "pickled object" in refused(MOTION_READERS[kind], path)
    assert not canary.exists()


@pytest.mark.parametrize("kind", ["denoiser", "planner", "retrieval", "public", "segmenter", "vectors"])
def test_weights_that_are_a_pickle_are_never_unpickled(tmp_path: Path, kind: str) -> None:
    readers: dict[str, Callable[[Path], object]] = {
        **{"denoiser": load_denoiser, "planner": load_planner, "retrieval": load_retrieval, "public": load_evaluator},
        **{"segmenter": load_network, "vectors": WordVectors.read},
    }
    canary = tmp_path / "canary"
    bare, whole = tmp_path / "bare.safetensors", tmp_path / "whole.bin"
    bare.write_bytes(pickle.dumps(Harm(canary)))
    torch.save({"model_state": Harm(canary)}, whole)
    for path in (bare, whole):
        refused(readers[kind], path)
    assert not canary.exists()


def test_a_base_with_objects_is_never_unpickled(copied: Path, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    put(copied, "segments", npy(np.array([Harm(canary)], dtype=object)))
    assert "pickled object" in refused(MotionBase.open, copied)
    assert not canary.exists()


@pytest.mark.parametrize("name", ["texts_ends", "kinds_ends"])
@pytest.mark.parametrize("ends", [np.array([0.5]), np.zeros((2, 2), np.int64), np.array("a")])
def test_a_base_whose_strings_end_nowhere_is_refused(copied: Path, name: str, ends: np.ndarray) -> None:
    assert (copied / "shard-0000" / f"{name}.npy").is_file()
    put(copied, name, npy(ends))
    refused(lambda path: MotionBase.open(path).strokes, copied)


def test_a_header_that_claims_10_gb_is_refused_unread(copied: Path, tmp_path: Path) -> None:
    rows = TEN_GB // (165 * 8)
    for read in MOTION_READERS.values():
        assert "claims" in refused(read, npz(tmp_path / "a.npz", poses=npy(None, shape=(rows, 165)), **ZEROS))
    put(copied, "poses", npy(None, shape=(rows, 165)))
    assert "claims" in refused(MotionBase.open, copied)
    claimed = tmp_path / "a.safetensors"
    claimed.write_bytes(struct.pack("<Q", TEN_GB) + b"{}" + bytes(100))
    refused(load_denoiser, claimed)
    head = json.dumps({"x": {"dtype": "F64", "shape": [TEN_GB // 8], "data_offsets": [0, TEN_GB]}}).encode()
    claimed.write_bytes(struct.pack("<Q", len(head)) + head + bytes(100))
    refused(load_denoiser, claimed)


def test_a_sound_that_claims_10_gb_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", voice(1.0, 16_000), 16_000, format="RF64", subtype="PCM_16")
    content = bytearray((tmp_path / "a.wav").read_bytes())
    at = content.index(b"ds64") + 8
    content[at : at + 24] = struct.pack("<QQQ", TEN_GB, TEN_GB, TEN_GB // 2)
    (tmp_path / "a.wav").write_bytes(content)
    found = waveform.read_waveform(tmp_path / "a.wav")
    assert found.duration_s == pytest.approx(1.0, abs=0.01)
    assert len(found.notes) == 1


def test_an_archive_unpacks_no_more_than_a_motion_may_have(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, poses=np.zeros((20_000, 165)))
    assert path.stat().st_size < 50_000
    with pytest.raises(ValueError, match=r"arrays of 25 MiB, and at most 1 MiB are read"):
        array_files.read_npz(path, most_bytes=2**20)
    rows = array_files.MOST_BYTES // (165 * 8) + 100
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("poses.npy", npy(np.zeros((rows, 165), np.float64)))
    assert "at most 256 MiB are read" in refused(open_motion, path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(3):
            archive.writestr(f"takes{number}.json", bytes(2**25))
    refused(lambda each: exported.load(each, kind="denoiser"), path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("index.json", b"[" + bytes(2**26))
    assert "claims" in refused(read_index, path)


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record["shards"][0].update(name="../elsewhere"),
        lambda record: record["shards"][0].update(name="/etc"),
        lambda record: record["shards"][0]["files"].update({"../../../etc/passwd": 1}),
        lambda record: record.update(index={"name": "../index-0000.faiss", "segments": 1}),
        lambda record: record.update(shards=[7]),
        lambda record: record.update(shards={}),
        lambda record: record.update(model=None),
        lambda record: record["shards"][0].update(clips=-1),
        lambda record: record["shards"][0].update(licence=7),
        lambda record: record["shards"][0].pop("licence"),
        lambda record: record["shards"][0].pop("provenance"),
    ],
)
def test_a_base_whose_record_leads_out_or_is_none_is_refused(
    copied: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    renamed(copied, change)
    assert "base.json" in refused(MotionBase.open, copied)


def test_a_base_is_not_followed_through_links(copied: Path, tmp_path: Path) -> None:
    elsewhere = Path(shutil.copytree(copied / "shard-0000", tmp_path / "elsewhere"))
    shutil.rmtree(copied / "shard-0000")
    (copied / "shard-0000").symlink_to(elsewhere, target_is_directory=True)
    assert "a link" in refused(MotionBase.open, copied)
    (copied / "shard-0000").unlink()
    shutil.copytree(elsewhere, copied / "shard-0000")
    (copied / "shard-0000" / "poses.npy").unlink()
    (copied / "shard-0000" / "poses.npy").symlink_to(elsewhere / "poses.npy")
    assert "a link" in refused(MotionBase.open, copied)


def edited(base: Path, name: str, edit: Callable[[np.ndarray], object]) -> bytes:
    array = np.load(base / "shard-0000" / f"{name}.npy")
    edit(array)
    return npy(array)


@pytest.mark.parametrize(
    ("name", "edit"),
    [
        ("segments", lambda rows: rows.__setitem__((0, 0), 9)),
        ("segments", lambda rows: rows.__setitem__((0, 2), 10**9)),
        ("segments", lambda rows: rows.__setitem__((0, 1), -1)),
        ("takes", lambda rows: rows["speaker"].__setitem__(0, 5)),
        ("takes", lambda rows: rows["frames"].__setitem__(0, 2**31 - 1)),
        ("takes", lambda rows: rows["offset_s"].__setitem__(0, np.nan)),
        ("strokes", lambda rows: rows["take"].__setitem__(slice(None), -3)),
        ("strokes", lambda rows: rows["hand"].__setitem__(slice(None), 200)),
    ],
)
def test_a_base_whose_numbers_point_outside_is_refused(
    copied: Path, name: str, edit: Callable[[np.ndarray], object]
) -> None:
    put(copied, name, edited(copied, name, edit))
    assert f"{name}.npy" in refused(MotionBase.open, copied)


@pytest.mark.parametrize("name", ["poses", "root", "motion", "audio", "takes", "texts", "strokes", "tags_ends"])
def test_a_base_whose_arrays_are_of_another_kind_is_refused(copied: Path, name: str) -> None:
    for array in (np.zeros(3, np.complex128), np.zeros((2, 2, 2), np.float16), np.array(7)):
        put(copied, name, npy(array))
        refused(MotionBase.open, copied)


def test_a_base_with_nan_is_refused_when_that_is_read(copied: Path) -> None:
    put(copied, "motion", edited(copied, "motion", lambda rows: rows.__setitem__((0, 0), np.nan)))
    base = MotionBase.open(copied)
    assert "NaN" in refused(lambda _: base.nearest(np.ones((1, SMALL.embedding)), 2), copied)
    put(copied, "poses", edited(copied, "poses", lambda rows: rows.__setitem__((0, 0), np.inf)))
    assert "poses.npy" in refused(lambda path: MotionBase.open(path).clip(0), copied)


def weights(path: Path, **changes: object) -> Path:
    """A tiny denoiser whose configuration claims something else."""
    config = DenoiserConfig(latent=16, layers=1, heads=2, feed_forward=16, window_frames=16)
    tensors = {f"network.{name}": each.numpy() for name, each in Denoiser(config).state_dict().items()}
    tensors |= {name: np.ones(337, np.float32) for name in ("motion_mean", "motion_std")}
    content: dict[str, object] = {"denoiser": {**asdict(config), **changes}, "styles": []}
    checkpoint.save(path, tensors, kind="denoiser", config=content, provenance={})
    return path


@pytest.mark.parametrize(
    "changes",
    [
        {"latent": 131_072}, {"latent": 10**9}, {"layers": 10**6}, {"feed_forward": "16"}, {"heads": 0},
        {"window_frames": -2}, {"frames_per_token": 0}, {"latent": None}, {"styles": -7}, {"prior_rank": 10**400},
        {"has_score": 1}, {"latent": 32}, {"layers": 2}, {"window_frames": 100_000},
    ],
)  # fmt: skip
def test_a_configuration_that_no_machine_holds_is_refused_unbuilt(tmp_path: Path, changes: dict[str, object]) -> None:
    assert "denoiser" in refused(load_denoiser, weights(tmp_path / "denoiser.safetensors", **changes))


def test_weights_as_they_should_be_are_read(tmp_path: Path) -> None:
    assert load_denoiser(weights(tmp_path / "denoiser.safetensors")).config.latent == 16


@pytest.mark.parametrize("written", [DEEP, "7", "[]", f'{{"a": {LONG}}}', "{"])
def test_a_configuration_that_is_no_object_is_refused(tmp_path: Path, written: str) -> None:
    path = tmp_path / "a.safetensors"
    head = {"exges_format": "1", "exges_kind": "denoiser", "exges_config": written, "exges_provenance": "{}"}
    path.write_bytes(serialise({"x": np.zeros(1)}, metadata=head))
    refused(load_denoiser, path)


@pytest.mark.parametrize("written", ["[7]", DEEP, f'{{"a": {LONG}}}'])
def test_words_beside_weights_may_be_no_words(tmp_path: Path, written: str) -> None:
    save_retrieval(tmp_path / "r.safetensors", RetrievalModel(SMALL), provenance={})
    (tmp_path / "r.words.json").write_text(written)
    assert "r.words.json" in refused(load_retrieval, tmp_path / "r.safetensors")


@pytest.mark.parametrize("strange", [np.inf, -np.inf, np.nan, 1e300])
def test_weights_that_are_not_finite_are_refused(tmp_path: Path, strange: float) -> None:
    model = RetrievalModel(SMALL)
    save_retrieval(tmp_path / "r.safetensors", model, provenance={})
    weights = checkpoint.load(tmp_path / "r.safetensors", kind="retrieval")
    name = next(iter(weights.tensors))
    tensors = {**weights.tensors, name: np.full_like(weights.tensors[name], strange, dtype=np.float64)}
    with pytest.raises(ExgesError, match="not finite"):
        checkpoint.fill(model, replace(weights, tensors=tensors), where="r.safetensors")


def test_a_large_file_that_is_no_bvh_is_not_read_whole(tmp_path: Path) -> None:
    (tmp_path / "other.bvh").write_bytes(b"<a>")
    os.truncate(tmp_path / "other.bvh", 2**28)
    tracemalloc.start()
    try:
        assert "HIERARCHY" in refused(read_bvh, tmp_path / "other.bvh")
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()
    os.truncate(tmp_path / "other.bvh", 2**30)
    assert "512 MB" in refused(read_bvh, tmp_path / "other.bvh")


BVH = "HIERARCHY\nROOT a\n{{\n OFFSET {offset} 0 0\n{channels}}}\nMOTION\nFrames: {frames}\nFrame Time: {time}\n{rows}"
MOTIONS = {
    "no channels and 10^12 frames": {"channels": "", "frames": "1000000000000", "rows": ""},
    "an offset of 10^300": {"offset": "1e300"},
    "a place of 10^300": {"rows": "1e300\n"},
}


@pytest.mark.parametrize("kind", MOTIONS)
def test_a_bvh_of_wild_numbers_is_refused(tmp_path: Path, kind: str) -> None:
    whole = {"offset": "0", "channels": " CHANNELS 1 Xposition\n", "frames": "1", "time": "0.03", "rows": "1\n"}
    (tmp_path / "a.bvh").write_text(BVH.format(**{**whole, **MOTIONS[kind]}))
    assert "line" in refused(read_bvh, tmp_path / "a.bvh")


@pytest.mark.parametrize(
    "changes",
    [
        {"mocap_frame_rate": np.array(1e-9)},
        {"poses": np.full((2, 165), 1e30)},
        {"trans": np.full((2, 3), 1e30)},
        {"poses": np.zeros((2, 165), "<M8[s]")},
    ],
)
def test_a_motion_of_wild_numbers_is_refused(tmp_path: Path, changes: dict[str, np.ndarray]) -> None:
    whole = {"poses": np.zeros((2, 165)), "trans": np.zeros((2, 3)), "mocap_frame_rate": np.array(30)}
    np.savez(tmp_path / "a.npz", **{**whole, **changes})
    refused(open_motion, tmp_path / "a.npz")


@pytest.mark.parametrize("content", [b"\x93NUMPY\1\0\x10\0{'descr': (((((((", b"PK\3\4" + bytes(40), b"", b"x" * 9])
def test_an_archive_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npz").write_bytes(content)
    refused(open_motion, tmp_path / "a.npz")
    refused(open_motion, npz(tmp_path / "a.npz", poses=content, **ZEROS))


def test_sounds_that_are_none_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"\xf0\x7e\x00\x01" + bytes(3000))
    assert "MIDI" in refused(waveform.read_waveform, path)
    soundfile.write(path, voice(1.0, 16_000) * 1e30, 16_000, subtype="FLOAT")
    assert "times full scale" in refused(waveform.read_waveform, path)
    path.write_bytes(b"caff\0\1\0\0desc" + struct.pack(">Q", 2**63 - 40) + bytes(200))
    refused(waveform.read_waveform, path)
    soundfile.write(path, voice(2.0, 16_000), 16_000)
    monkeypatch.setattr(waveform, "MOST_DURATION_S", 1.5)
    assert "at most 0.025 min" in refused(waveform.read_waveform, path)
    monkeypatch.undo()
    soundfile.write(path, np.zeros((16_000, 1)), 16_000)
    monkeypatch.setattr(waveform, "_SPARE_S", 0.2)
    monkeypatch.setattr(waveform, "_LEAST_BYTES_PER_S", 1e5)  # as if more came than a file of 32 kB can hold
    assert "its bytes cannot hold" in refused(waveform.read_waveform, path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.tsv", f"start\tend\ttext\n{'9' * 400}\t{'9' * 401}\thello\n"),
        ("a.json", f'{{"words": [{{"text": "a", "start_s": {LONG}, "end_s": 2}}]}}'),
        ("a.json", f'{{"words": [{{"text": "a", "start_s": {"9" * 400}, "end_s": 2}}]}}'),
        ("a.json", DEEP),
    ],
)
def test_transcripts_of_wild_numbers_are_refused(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    refused(read_transcript, tmp_path / name)


def test_a_transcript_of_endless_lines_ends_and_an_endless_one_is_refused(tmp_path: Path) -> None:
    refused(read_transcript, _written(tmp_path / "a.json", '{"text": "x"' + ("<" * 200_000 + "\n") * 100))
    endless = _written(tmp_path / "labels.txt", "0.5\t1.2\thello\n1.3\t2." + " " * 200_000 + "\n")
    assert read_transcript(endless)  # patterns that tried every way to part blanks took minutes
    os.truncate(tmp_path / "a.json", 2**26)
    assert "32 MB" in refused(read_transcript, tmp_path / "a.json")


def test_subtitles_of_endless_braces_end(tmp_path: Path) -> None:
    lines = {  # pysubs2 looked on to the end from every brace, and kept the overrides before each one
        "a.smi": "<SAMI><BODY><SYNC Start=500><P>hello " + "{" * 200_000 + "<SYNC Start=900><P>&nbsp;</BODY></SAMI>",
        "a.ass": "[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,," + r"{\i1}" * 40_000 + "hello",
        "a.sub": "{1}{1}25\n{25}{50}hello " + "{y:" * 100_000,
    }
    for name, text in lines.items():
        began_s = time.process_time()
        found = read_transcript(_written(tmp_path / name, text))
        assert (found.text or "").startswith("hello")
        assert time.process_time() - began_s < 5.0


def test_a_heading_of_many_digits_is_refused(tmp_path: Path) -> None:
    keys = '{"keys": [{"time_s": 0.0, "heading_rad": %s}]}'
    for digits in ("9" * 30, "1e999"):
        refused(read_controls, _written(tmp_path / "k.json", keys % digits))


def test_a_public_evaluator_of_another_pickle_says_nothing_but_its_error(tmp_path: Path) -> None:
    torch.save({"model_state": {}}, tmp_path / "public.bin", pickle_protocol=0)
    refused(load_evaluator, tmp_path / "public.bin")  # a warning would be an error here


@pytest.mark.parametrize("name", ["a\nb", "a\r\nb", "a\u2028b"])
def test_names_with_line_breaks_are_told_in_one_line(tmp_path: Path, name: str) -> None:
    path = _written(tmp_path / "p.json", json.dumps({"joints": {name: 7}}))
    assert len(refused(read_posture, path).splitlines()) == 1


def test_json_of_wild_numbers_or_nesting_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExgesError, match="too deep"):
        read_manifest(_written(tmp_path / "m.jsonl", '{"a":' * 100_000), tmp_path, device="cpu")
    with pytest.raises(ExgesError, match="400 digits"):
        read_manifest(_written(tmp_path / "m.jsonl", f'{{"id": "a", "idle": {"9" * 400}}}'), tmp_path, device="cpu")
    with pytest.raises(ExgesError, match="NUL"):
        read_manifest(_written(tmp_path / "m.jsonl", '{"id": "a", "audio": "a\\u0000.wav"}'), tmp_path, device="cpu")
    blank = _written(tmp_path / "m.jsonl", "x" + "\n" * 200_000)  # a search that went back and forth took minutes
    assert "line 1" in refused(lambda path: read_manifest(path, tmp_path, device="cpu"), blank)
    with pytest.raises(ExgesError, match="protocol"):
        protocol.decode(DEEP)
    preset = json.dumps(preset_as_json(PRESETS[0])).replace('"version": 1', f'"version": {LONG}')
    refused(read_preset, _written(tmp_path / "p.json", preset))


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


CORPUS_READERS: dict[str, Callable[[Path], object]] = {
    "score": lambda path: labelled_score(path.parent.parent, path.stem, STILL),
    "stresses": recordings._read_stresses,
    "gestures": lambda path: MeasuredTake(
        id="a", motion_path=path, waveform_path=None, transcript_path=None, events_path=path
    ).gestures(),
    "bands": read_targets,
    "events": joining._events,
    "manifest": lambda path: join([path.parent, path.parent.parent], path.parent / "out"),
}
STILL = MotionClip(
    local_quat_wxyz=np.tile([1.0, 0.0, 0.0, 0.0], (2, 55, 1)), root_position_m=np.zeros((2, 3)), frame_rate_hz=30
)


@pytest.mark.parametrize("kind", CORPUS_READERS)
@pytest.mark.parametrize("written", [DEEP.encode(), b"\xff", b"7", b"{"])
def test_events_of_a_corpus_that_are_none_are_refused(tmp_path: Path, kind: str, written: bytes) -> None:
    (tmp_path / "events").mkdir()
    path = tmp_path / "events" / ("manifest.json" if kind == "manifest" else "a.json")
    path.write_bytes(written)
    assert path.name in refused(CORPUS_READERS[kind], path)


@pytest.mark.parametrize("written", [DEEP, "7", LONG])
def test_words_of_a_shard_that_are_none_are_refused(tmp_path: Path, written: str) -> None:
    path = tmp_path / "a.shards"
    take = {"id": "a", "split": "train", "frames": 2}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("index.json", json.dumps({"format": 2, "takes": [take]}))
        for member, content in (("a.json", written), ("a.flac", ""), ("a.ogg", "")):
            archive.writestr(member, content)
    assert "take a" in refused(lambda each: read_index(each)[0].read(), path)


@pytest.mark.parametrize("written", [DEEP, "7", LONG, "{"])
def test_what_a_cache_holds_counts_as_nothing_where_it_is_damaged(tmp_path: Path, written: str) -> None:
    path = _written(tmp_path / "a.json", written)
    assert word_cache._read(path) is None
    assert phone_cache._read(path, 3) is None
    ledger = Ledger(tmp_path)
    ledger.folder.mkdir()
    shutil.copy(path, ledger.folder / "a.json")
    assert ledger.record_of("a") is None
    assert finished_take(path, 1) is None


@pytest.mark.parametrize("table", [b"name,type\na,train\n", b"id,type\n\xff\xfe,train\n", b'"' + b"x" * 200_000])
def test_a_table_of_splits_that_is_none_is_refused(tmp_path: Path, table: bytes) -> None:
    (tmp_path / "a.npz").write_bytes(b"")
    (tmp_path / "train_test_split.csv").write_bytes(table)
    assert "train_test_split.csv" in refused(lambda path: read_folder(path, "all"), tmp_path)


def test_a_body_of_wild_numbers_is_refused(tmp_path: Path) -> None:
    whole = {"v_template": np.zeros((4, 3)), "J_regressor": np.ones((55, 4)), "shapedirs": np.zeros((4, 3, 20))}
    for name in whole:
        np.savez(tmp_path / "a.npz", **{**whole, name: np.full_like(whole[name], 1e300)})
        assert "a body in metres" in refused(read_smplx, tmp_path / "a.npz")


def test_graphs_that_are_none_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.onnx.zip"
    for content in (DEEP.encode(), b"7", b'{"kind": 7}'):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("model.json", content)
        refused(lambda each: exported.load(each, kind="denoiser"), path)
    shutil.copy(assets.PLANNER_GRAPHS, path)
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\1\2") + 10] = 99  # a compression that nobody has
    path.write_bytes(content)
    refused(lambda each: exported.load(each, kind="planner"), path)


def test_letters_beyond_unicode_are_no_model(tmp_path: Path) -> None:
    model = np.frombuffer(np.array([2**31 - 1], "<u4").tobytes(), "<U1")
    np.savez(tmp_path / "a.npz", betas=np.ones(10), model=model)
    assert "betas of SMPL-X" in refused(read_shape, tmp_path / "a.npz")
