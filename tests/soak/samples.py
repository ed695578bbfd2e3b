"""Whole files of every kind that is read, as small as they come, and who reads them."""

from __future__ import annotations

import io
import json
import random
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from audio.sounds import voice
from planning.conftest import untrained
from retrieval.conftest import SMALL, random_clip, random_take

from exges_core import assets, checkpoint, exported, protocol
from exges_core.audio.waveform import Waveform, condition_of, read_waveform
from exges_core.batch.manifests import read_manifest
from exges_core.control.files import read_controls, read_kept, read_posture
from exges_core.control.held import read_held
from exges_core.datasets.bvh_rigs import read_rig
from exges_core.datasets.motion_files import open_motion
from exges_core.datasets.pairs import read_pairs
from exges_core.datasets.recordings import read_folder
from exges_core.diffusion.config import DenoiserConfig
from exges_core.diffusion.denoiser import Denoiser
from exges_core.diffusion.model import load_denoiser
from exges_core.metrics.evaluator import load_evaluator
from exges_core.metrics.listening.judge import load_judge
from exges_core.motion.bvh import write_bvh
from exges_core.motion.features import MOTION_CHANNELS
from exges_core.motion.npz import write_npz
from exges_core.motion.smplx_body import read_shape, read_smplx
from exges_core.planning.planner_model import load_planner, save_planner
from exges_core.retrieval.encoders import RetrievalModel
from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.model import LoadedRetrieval, load_retrieval, save_retrieval
from exges_core.retrieval.word_vectors import WordVectors
from exges_core.rig.preset_files import preset_as_json, read_preset
from exges_core.rig.presets import PRESETS
from exges_core.score.busy import Busy
from exges_core.score.files import as_json, read_score
from exges_core.score.records import Score, Stroke
from exges_core.score.stroke_network import load_network
from exges_core.speech.transcripts import read_transcript
from exges_core.speech.words import Word
from training.data.labels import Mark
from training.data.shard_files import read_index, write_shards
from training.data.takes import RecordedTake

Mend = Callable[[dict[str, bytes], random.Random], dict[str, bytes]]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Files that are read together, the one that the reader is given, and what a maker of harm would set right."""

    files: dict[str, bytes]
    main: str
    mend: Mend | None = None


def alone(name: str, content: bytes | str) -> Sample:
    """Return a single file."""
    return Sample(files={name: content.encode() if isinstance(content, str) else content}, main=name)


class Samples:
    """Makes samples when they are first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.kinds = folder, [*_MAKERS]
        folder.mkdir(parents=True, exist_ok=True)
        self._made: dict[str, list[Sample]] = {}

    def of(self, kind: str) -> list[Sample]:
        """Return the samples of a kind."""
        if kind not in self._made:
            folder = self.folder / kind
            folder.mkdir(exist_ok=True)
            self._made[kind] = _MAKERS[kind](folder)
        return self._made[kind]


def _all_in(folder: Path, *names: str) -> list[Sample]:
    return [alone(name, (folder / name).read_bytes()) for name in names]


def _sounds(folder: Path) -> list[Sample]:
    signal = np.stack([voice(1.2, 16_000), voice(1.2, 16_000, seed=2)], axis=1)
    kinds = {
        "a.wav": ("WAV", "PCM_16"),
        "b.wav": ("WAVEX", "FLOAT"),
        "c.wav": ("WAV", "IMA_ADPCM"),
        "d.wav": ("RF64", "PCM_24"),
        "e.wav": ("WAV", "ULAW"),
        "a.flac": ("FLAC", "PCM_16"),
        "a.ogg": ("OGG", "VORBIS"),
        "a.opus": ("OGG", "OPUS"),
        "a.mp3": ("MP3", "MPEG_LAYER_III"),
        "a.aiff": ("AIFF", "PCM_16"),
        "b.aiff": ("AIFF", "FLOAT"),
        "a.au": ("AU", "PCM_16"),
        "a.caf": ("CAF", "PCM_16"),
        "b.caf": ("CAF", "ALAC_16"),
        "a.w64": ("W64", "PCM_16"),
        "a.nist": ("NIST", "PCM_16"),
        "a.voc": ("VOC", "PCM_16"),
        "a.iff": ("SVX", "PCM_16"),
        "a.xi": ("XI", "DPCM_16"),
        "a.mat": ("MAT5", "PCM_16"),
        "a.paf": ("PAF", "PCM_16"),
        "a.avr": ("AVR", "PCM_16"),
        "a.htk": ("HTK", "PCM_16"),
    }
    for name, (form, subtype) in kinds.items():
        mono = form in {"XI", "HTK", "SVX"}
        soundfile.write(folder / name, signal[:, 0] if mono else signal, 16_000, format=form, subtype=subtype)
    names = [*kinds]
    if shutil.which("ffmpeg"):
        for name in ("a.m4a", "a.mp4", "a.mkv", "a.webm", "a.wma", "a.ac3", "a.aac", "a.avi", "a.mov", "a.ts"):
            command = ["ffmpeg", "-v", "quiet", "-y", "-i", str(folder / "a.wav"), "-ar", "48000", str(folder / name)]
            if subprocess.run(command, check=False).returncode == 0:
                names.append(name)
    return _all_in(folder, *names)


_SRT = "1\n00:00:00,500 --> 00:00:01,200\nhello there\n\n2\n00:00:01,300 --> 00:00:02,000\n<i>big</i> house\n"
_ASS = (
    "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname\nStyle: Default,Arial\n\n[Events]\n"
    "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    "Dialogue: 0,0:00:00.50,0:00:01.20,Default,Ann,0,0,0,,{\\k20}hello {\\k50}there\n"
)
_TEXTGRID = (
    'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = 3\ntiers? <exists>\nsize = 1\nitem []:\n'
    '    item [1]:\n        class = "IntervalTier"\n        name = "words"\n        xmin = 0\n        xmax = 3\n'
    "        intervals: size = 3\n        intervals [1]:\n            xmin = 0\n            xmax = 0.5\n"
    '            text = ""\n        intervals [2]:\n            xmin = 0.5\n            xmax = 1.2\n'
    '            text = "hello"\n        intervals [3]:\n            xmin = 1.2\n            xmax = 3\n'
    '            text = "there ""x"""\n'
)
_SHORT_GRID = (
    'File type = "ooTextFile"\n"TextGrid"\n\n0\n3\n<exists>\n1\n"IntervalTier"\n"words"\n'
    '0\n3\n2\n0\n0.5\n""\n0.5\n3\n"hello"\n'
)
_EAF = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<ANNOTATION_DOCUMENT><HEADER TIME_UNITS="milliseconds"/><TIME_ORDER>'
    '<TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="100"/><TIME_SLOT TIME_SLOT_ID="ts2"/>'
    '<TIME_SLOT TIME_SLOT_ID="ts3" TIME_VALUE="900"/></TIME_ORDER><TIER TIER_ID="words" PARTICIPANT="Ann"><ANNOTATION>'
    '<ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2"><ANNOTATION_VALUE>hello'
    "</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION><ANNOTATION>"
    '<ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="ts2" TIME_SLOT_REF2="ts3"><ANNOTATION_VALUE>there'
    "</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER></ANNOTATION_DOCUMENT>"
)
_TTML = (
    '<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" ttp:frameRate="25">'
    "<body><div>"
    '<p begin="00:00:00.500" end="1.2s">hello<br/>there</p><p begin="00:00:01:10" dur="20f">big</p></div></body></tt>'
)
_VTT = (
    "WEBVTT\n\n00:00.500 --> 00:01.200 align:start\n<v Ann>hello <00:00:00.900>there\n\n00:01.300 --> 00:02.000\nbig\n"
)


def _transcripts(_folder: Path) -> list[Sample]:
    texts = {
        "a.txt": "Hello there, it is a big (laughs) house.\nAnd so on: $5, 3rd, e.g. x.\n",
        "a.srt": _SRT,
        "a.vtt": _VTT,
        "a.ass": _ASS,
        "a.TextGrid": _TEXTGRID,
        "b.TextGrid": _SHORT_GRID,
        "a.eaf": _EAF,
        "a.ttml": _TTML,
        "a.sbv": "0:00:00.500,0:00:01.200\nhello there\n\n0:00:01.300,0:00:02.000\nbig\n",
        "a.lrc": "[ar:x]\n[00:00.50]hello there\n[00:01.30]<00:01.30>big <00:01.80>house\n",
        "a.tsv": "start\tend\ttext\n500\t1200\thello there\n1300\t2000\tbig\n",
        "a.ctm": "a 1 0.50 0.30 hello 0.9\na 1 0.90 0.30 there 0.8\n",
        "a.csv": 'start,end,speaker,text\n0.5,1.2,Ann,"hello, there"\n1.3,2.0,Bob,big\n',
        "labels.txt": "0.5\t1.2\thello\n1.3\t2.0\tthere\n",
        "stamped.txt": "[00:01] Ann: hello there\n[00:03] Bob: big\n",
        "smi.smi": "<SAMI><BODY><SYNC Start=500><P>hello there<SYNC Start=1500><P>&nbsp;</BODY></SAMI>",
        "yt.xml": '<transcript><text start="0.5" dur="0.7">hello &amp;#39; there</text></transcript>',
        "sub.txt": "{0}{25}hello|there\n{30}{50}big\n",
    }
    word = {"word": "hello", "start": 0.5, "end": 0.9, "confidence": 0.9, "speaker": 1}
    shapes: dict[str, Any] = {
        "ours": {
            "words": [{"text": "hello", "start_s": 0.5, "end_s": 0.9}, {"text": "big", "start_s": 1, "end_s": 1.4}]
        },
        "whisper": {"text": "x", "segments": [{"text": "hello big", "start": 0.5, "end": 1.4, "words": [word]}]},
        "deepgram": {"results": {"channels": [{"alternatives": [{"words": [word]}]}]}},
        "aws": {
            "results": {
                "items": [
                    {
                        "type": "pronunciation",
                        "start_time": "0.5",
                        "end_time": "0.9",
                        "alternatives": [{"content": "hello", "confidence": "0.9"}],
                    }
                ]
            }
        },
        "google": {
            "results": [{"alternatives": [{"words": [{"word": "hello", "startTime": "0.500s", "endTime": "0.9s"}]}]}]
        },
        "speechmatics": {
            "results": [
                {
                    "type": "word",
                    "start_time": 0.5,
                    "end_time": 0.9,
                    "alternatives": [{"content": "hello", "speaker": "S1"}],
                }
            ]
        },
        "vosk": {"result": [{"word": "hello", "start": 0.5, "end": 0.9, "conf": 1.0}], "text": "hello"},
        "rev": {
            "monologues": [{"speaker": 0, "elements": [{"type": "text", "value": "hello", "ts": 0.5, "end_ts": 0.9}]}]
        },
        "azure": {
            "recognizedPhrases": [
                {
                    "speaker": 1,
                    "offsetInTicks": 5e6,
                    "durationInTicks": 4e6,
                    "nBest": [
                        {"display": "hello", "words": [{"word": "hello", "offsetInTicks": 5e6, "durationInTicks": 4e6}]}
                    ],
                }
            ]
        },
        "cpp": {"transcription": [{"text": "hello", "offsets": {"from": 500, "to": 900}}]},
        "chunks": {"chunks": [{"text": "hello", "timestamp": [0.5, None]}]},
        "youtube": {"events": [{"tStartMs": 500, "dDurationMs": 700, "segs": [{"utf8": "hello", "tOffsetMs": 100}]}]},
    }
    return [
        *(alone(name, text) for name, text in texts.items()),
        *(alone(f"{name}.json", json.dumps(each)) for name, each in shapes.items()),
    ]


def _bvhs(folder: Path) -> list[Sample]:
    draw = np.random.default_rng(3)
    write_bvh(folder / "ours.bvh", random_clip(4, draw))
    own = (folder / "ours.bvh").read_text(encoding="utf-8")
    renamed = own.replace("left_", "Left").replace("right_", "Right").replace("JOINT spine", "JOINT Spine")
    tiny = (
        "HIERARCHY\nROOT Hips\n{\n  OFFSET 0 0 0\n"
        "  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation\n"
        "  JOINT Chest\n  {\n    OFFSET 0 10 0\n    CHANNELS 3 Zrotation Xrotation Yrotation\n    End Site\n    {\n"
        "      OFFSET 0 5 0\n    }\n  }\n}\nMOTION\nFrames: 2\nFrame Time: 0.0333333\n0 90 0 1 2 3 4 5 6\n"
        "0 90 0 1 2 3 4 5 6\n"
    )
    return [alone("ours.bvh", own), alone("other.bvh", renamed), alone("tiny.bvh", tiny), alone("tiny2.bvh", tiny)]


def _motions(folder: Path) -> list[Sample]:
    draw = np.random.default_rng(4)
    write_npz(folder / "beat.npz", random_clip(5, draw))
    np.savez(
        folder / "amass.npz",
        poses=draw.normal(size=(5, 156)) * 0.1,
        trans=np.zeros((5, 3)),
        mocap_framerate=60.0,
        gender=np.array("female"),
        betas=np.zeros(16),
    )
    np.savez(
        folder / "parts.npz",
        root_orient=np.zeros((4, 3)),
        pose_body=np.zeros((4, 63)),
        trans=np.zeros((4, 3)),
        pose_hand=np.zeros((4, 90)),
        mocap_frame_rate=np.array(30),
    )
    return _all_in(folder, "beat.npz", "amass.npz", "parts.npz")


def _controls(folder: Path) -> list[Sample]:
    draw = np.random.default_rng(5)
    is_observed = np.zeros((40, 56), bool)
    is_observed[:35] = True
    write_npz(
        folder / "mask.npz", random_clip(40, draw), extra={"is_observed": is_observed, "is_hard": np.ones(40, bool)}
    )
    keys = [
        {"time_s": 1.2, "joints": {"left_elbow": [1, 0, 0, 0]}, "hard": True},
        {"time_s": 2.0, "joints": {"head": [0.8, 0.6, 0, 0]}, "root_position_m": [0, 0.9, 0], "heading_rad": 0.5},
    ]
    keyed = alone("keys.json", json.dumps({"keys": keys}))
    return [keyed, keyed, *_all_in(folder, "mask.npz")]


def _postures(folder: Path) -> list[Sample]:
    posture = alone("posture.json", json.dumps({"joints": {"left_elbow": [1, 0, 0, 0], "head": [0.8, 0.6, 0, 0]}}))
    return [posture, *_motions(folder)[:1], *_bvhs(folder)[:1]]


def _scores(_folder: Path) -> list[Sample]:
    strokes = tuple(
        Stroke(
            start_s=at,
            stroke_start_s=at + 0.2,
            apex_s=at + 0.5,
            hold_end_s=at + 0.7,
            end_s=at + 1.2,
            hand=hand,
            word=word,
        )
        for at, hand, word in ((0.5, "right", 0), (2.0, "left", None), (4.0, "both", 2))
    )
    score = Score(strokes=strokes, duration_s=6.0, sound="", origin="person")
    return [alone("score.json", json.dumps(as_json(score, ("hello", "big", "house")), indent=1))]


def _presets(_folder: Path) -> list[Sample]:
    return [alone(f"{each.name}.json", json.dumps(preset_as_json(each), indent=1)) for each in PRESETS[:6]]


def _zipped_graphs(folder: Path, name: str, kind: str) -> Sample:
    head = {
        "format": exported.FORMAT_VERSION,
        "kind": kind,
        "sizes": {"a": 1},
        "sha256": "0",
        "provenance": {},
        "weights": {"main": {"w": [2, 2]}},
    }
    with zipfile.ZipFile(folder / name, "w") as archive:
        archive.writestr("model.json", json.dumps(head))
        archive.writestr("main.onnx", b"\x08\x07\x12\x00")
    return alone(name, (folder / name).read_bytes())


def _checkpoints(folder: Path) -> list[Sample]:
    torch.manual_seed(0)
    config = DenoiserConfig(latent=16, layers=1, heads=2, feed_forward=16, window_frames=16, styles=2)
    tensors = {f"network.{name}": each.numpy() for name, each in Denoiser(config).state_dict().items()}
    tensors |= {
        "motion_mean": np.zeros(MOTION_CHANNELS, np.float32),
        "motion_std": np.ones(MOTION_CHANNELS, np.float32),
    }
    content = {"denoiser": asdict(config), "styles": ["ada", "bob"]}
    checkpoint.save(folder / "denoiser.safetensors", tensors, kind="denoiser", config=content, provenance={"a": 1})
    planner = untrained(1)
    save_planner(
        folder / "planner.safetensors",
        planner.config,
        planner.network.state_dict(),
        kinds=planner.kinds,
        styles=planner.styles,
        words=("we", "went", "there", "a", "huge", "house", "not", "small", "and", "you", "know"),
        habits=planner.habits,
        edges=planner.edges,
        provenance={},
    )
    save_retrieval(folder / "retrieval.safetensors", RetrievalModel(SMALL), provenance={})
    retrieval = (folder / "retrieval.safetensors").read_bytes()
    words = json.dumps({"big": 3, "house": 0}).encode()
    shutil.copy(assets.SEGMENTER, folder / "segmenter.safetensors")
    shutil.copy(assets.EVALUATOR.with_name("judge.safetensors"), folder / "judge.safetensors")
    torch.save({"model_state": {"module.x": torch.zeros(3)}}, folder / "public.bin")
    return [
        *_all_in(folder, "denoiser.safetensors", "planner.safetensors", "segmenter.safetensors", "judge.safetensors"),
        Sample(files={"retrieval.safetensors": retrieval, "retrieval.words.json": words}, main="retrieval.safetensors"),
        *_all_in(folder, "public.bin"),
        _zipped_graphs(folder, "denoiser.onnx.zip", "denoiser"),
    ]


def _read_checkpoint(path: Path) -> None:
    kind = path.name.split(".", 1)[0]
    if path.name.endswith(".zip"):
        exported.load(path, kind=kind)
    elif kind == "segmenter":
        load_network.__wrapped__(path)
    else:
        readers: dict[str, Callable[[Path], object]] = {
            "denoiser": load_denoiser,
            "planner": load_planner,
            "retrieval": load_retrieval,
            "judge": load_judge,
            "public": load_evaluator,
        }
        readers[kind](path)


@cache
def _embedder() -> LoadedRetrieval:
    torch.manual_seed(5)
    return LoadedRetrieval(model=RetrievalModel(SMALL).eval(), name="tiny", sha256="a" * 64, provenance={})


def _bases(folder: Path) -> list[Sample]:
    takes = [random_take(f"take{number}", np.random.default_rng(number), seconds=3) for number in range(2)]
    shutil.rmtree(folder / "base", ignore_errors=True)
    MotionBase.build(folder / "base", takes, _embedder(), licence="CC0", provenance={"made": "here"})
    files = {
        f"base/{path.relative_to(folder / 'base').as_posix()}": path.read_bytes()
        for path in (folder / "base").rglob("*")
        if path.is_file() and path.name != "base.lock"
    }
    return [Sample(files=files, main="base", mend=_true_sizes)]


def _true_sizes(files: dict[str, bytes], _dice: random.Random) -> dict[str, bytes]:
    """Let base.json state the sizes that changed files have now: it is no signature."""
    try:
        record = json.loads(files["base/base.json"])
        for shard in record["shards"]:
            for name in shard["files"]:
                shard["files"][name] = len(files[f"base/{shard['name']}/{name}"])
        return {**files, "base/base.json": json.dumps(record).encode()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return files


def _read_base(path: Path) -> None:
    base = MotionBase.open(path)
    json.dumps(asdict(base.info()))
    for number in range(min(len(base), 20)):
        base.entry(number)
        base.clip(number)
    assert base.strokes is not None
    base.clips_of("take0")
    base.is_by(("speaker take0",))
    base.nearest(np.ones((1, SMALL.embedding), np.float32), 3)


def _manifests(_folder: Path) -> list[Sample]:
    rows = [
        {"id": "one", "audio": "one.wav", "transcript": "one.txt", "seed": 3, "format": "npz", "vividness": 0.8},
        {"id": "two", "audio": "two.wav", "rig": "mixamo"},
        {"id": "three", "idle": 4.0},
    ]
    return [alone("many.jsonl", "\n".join(map(json.dumps, rows))), alone("list.jsonl", json.dumps(rows, indent=1))]


def _read_manifest(path: Path) -> None:
    out = path.parent / "out"
    for line in read_manifest(path, out, device="cpu"):
        for each in line.request.outputs:
            assert Path(each).is_relative_to(out.resolve()), f"an output outside: {each}"


def _messages(_folder: Path) -> list[Sample]:
    request = protocol.Request(id="1", speech="a.wav", outputs=("a.bvh",))
    return [alone("line.json", protocol.encode(each)) for each in (request, protocol.Cancel(id="1"))]


def _read_messages(path: Path) -> None:
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        protocol.decode(line)


def _shards(folder: Path) -> list[Sample]:
    take = RecordedTake(
        id="1_ada_0_1_1",
        speaker="ada",
        split="train",
        clip=random_clip(30, np.random.default_rng(6)),
        waveform=Waveform(samples=voice(1.0, 16_000)),
        words=(Word(text="hello", start_s=0.1, end_s=0.5),),
        marks=(Mark(name="beat", start_s=0.1, end_s=0.3),),
        stresses_s=(0.2,),
        strokes=None,
    )
    write_shards(folder / "takes.zip", [take])
    return _all_in(folder, "takes.zip")


def _read_shards(path: Path) -> None:
    for take in read_index(path):
        take.read()


def _folders(folder: Path) -> list[Sample]:
    motion = _motions(folder)[0].files["beat.npz"]
    sound = io.BytesIO()
    soundfile.write(sound, voice(0.5, 16_000), 16_000, format="WAV")
    files = {
        "data/smplxflame_30/1_ada_0_1_1.npz": motion,
        "data/wave16k/1_ada_0_1_1.wav": sound.getvalue(),
        "data/textgrid/1_ada_0_1_1.TextGrid": _TEXTGRID.encode(),
        "data/train_test_split.csv": b"id,type\n1_ada_0_1_1,train\n",
    }
    pairs = {"data/a/talk.npz": motion, "data/a/talk.wav": sound.getvalue(), "data/a/talk.TextGrid": _TEXTGRID.encode()}
    return [Sample(files=files, main="data"), Sample(files=pairs, main="data")]


def _read_data(path: Path) -> None:
    if (path / "smplxflame_30").is_dir():
        for take in read_folder(path, "all"):
            take.upright_clip(lambda _: None)
            assert take.words is not None
    else:
        for pair in read_pairs(path).pairs:
            open_motion(pair.motion)


def _bodies(folder: Path) -> list[Sample]:
    draw = np.random.default_rng(7)
    np.savez(
        folder / "SMPLX_NEUTRAL.npz",
        v_template=draw.normal(size=(20, 3)),
        J_regressor=draw.random((55, 20)),
        shapedirs=draw.normal(size=(20, 3, 20)),
    )
    return _all_in(folder, "SMPLX_NEUTRAL.npz")


def _read_body(path: Path) -> None:
    read_smplx(path).skeleton()


def _vectors(folder: Path) -> list[Sample]:
    with np.load(assets.WORD_VECTORS) as whole:
        few = {name: whole[name] for name in whole.files}
    np.savez(folder / "vectors.npz", **few)
    return _all_in(folder, "vectors.npz")


def _read_transcript(path: Path) -> None:
    found = read_transcript(path)
    json.dumps(asdict(found), ensure_ascii=False).encode("utf-8")


def _read_controls(path: Path) -> None:
    read_controls(path).observed(90)


def _read_motion(path: Path) -> None:
    clip = open_motion(path).clip
    read_kept(path, 90)
    read_held(path, (Busy(part="left_arm"),), 0.01)
    if path.suffix == ".npz" and "beat" in path.name:
        read_shape(path)
    assert clip.frames > 0


def _read_bvh(path: Path) -> None:
    try:
        read_rig(path)
    finally:
        _read_motion(path)


def _read_score(path: Path) -> None:
    read_score(path, duration_s=6.0, clips=10, words=3)


def _read_sound(path: Path) -> None:
    condition_of(read_waveform(path))


READERS: dict[str, Callable[[Path], object]] = {
    "sound": _read_sound,
    "transcript": _read_transcript,
    "bvh": _read_bvh,
    "motion": _read_motion,
    "controls": _read_controls,
    "posture": read_posture,
    "score": _read_score,
    "preset": read_preset,
    "checkpoint": _read_checkpoint,
    "base": _read_base,
    "manifest": _read_manifest,
    "message": _read_messages,
    "shards": _read_shards,
    "folder": _read_data,
    "body": _read_body,
    "vectors": WordVectors.read,
}
SHARES = {
    "sound": 24,
    "transcript": 18,
    "bvh": 9,
    "motion": 8,
    "controls": 5,
    "posture": 3,
    "score": 5,
    "preset": 3,
    "checkpoint": 9,
    "base": 8,
    "manifest": 5,
    "message": 2,
    "shards": 3,
    "folder": 2,
    "body": 1,
    "vectors": 1,
}
_MAKERS: dict[str, Callable[[Path], list[Sample]]] = {
    "sound": _sounds,
    "transcript": _transcripts,
    "bvh": _bvhs,
    "motion": _motions,
    "controls": _controls,
    "posture": _postures,
    "score": _scores,
    "preset": _presets,
    "checkpoint": _checkpoints,
    "base": _bases,
    "manifest": _manifests,
    "message": _messages,
    "shards": _shards,
    "folder": _folders,
    "body": _bodies,
    "vectors": _vectors,
}
