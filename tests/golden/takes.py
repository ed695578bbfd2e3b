"""The golden takes: a short speech through the product in a few variants, and what is kept of their motion.

`python -m tests.golden.takes` from the repository's root records them anew into `motion.json`: after new weights, a new
motion base, or a change that is meant to change motion. Look at the difference before it is committed.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from exges_core import assets
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import read_npz, write_npz
from exges_core.motion.rotations import quat_from_rotvec
from exges_core.motion.skeleton import JOINTS, joint_index

RECORD = Path(__file__).with_name("motion.json")
ROOT = RECORD.parent.parent.parent
COMMAND = "python -m tests.golden.takes"
SECONDS = 6.0
EVERY_FRAMES = 10
_WRISTS = [joint_index("left_wrist"), joint_index("right_wrist")]
_INSTRUCTIONS = ("avx", "avx2", "avx512_f", "avx512_bf16", "avx512_vnni", "amx_tile", "sve", "neon")
_VARIANTS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "keys": {"controls": "keys.json"},
    "without retrieval": {"use_retrieval": False},
    "without score": {"use_score": False},
    "kept range": {
        "base_motion": "kept.npz", "base_start_s": 1.0, "keep_outside_s": [2.0, 3.5], "controls": "keys.json",
    },
    "given score": {"score": "score.json"},
    "without words": {"transcript": None, "asr": "none"},
    "settings": {
        "seed": 5, "speaker": "ada", "energy": "vivid", "intensity": 0.8, "retrieval_strength": 0.7, "vividness": 0.6,
        "retrieval_joints": "arms", "no_gesture": [0], "bans": ["0"], "sampler": "ddim", "steps": 6, "fps": 23.976,
        "finish_without": ["feet"], "cutoff_hz": 4.0, "controls": "keys.json",
    },
}  # fmt: skip
_KEYS = {
    "keys": [
        {"time_s": 2.5, "joints": {"left_elbow": [0.7071, 0, -0.7071, 0], "left_shoulder": [0.866, 0, 0, -0.5]}},
        {"time_s": 2.77, "joints": {"head": [0.996, 0, 0.087, 0]}, "hard": False},
    ]
}
_STROKES = {
    "format": 1,
    "strokes": [
        {"start_s": 1.0, "stroke_start_s": 1.3, "apex_s": 1.7, "hold_end_s": 1.9, "end_s": 2.4, "hand": "both"},
        {"start_s": 3.1, "stroke_start_s": 3.4, "apex_s": 3.7, "hold_end_s": 3.7, "end_s": 4.4, "size": 1.3},
    ],
}  # fmt: skip


def swaying(frames: int) -> MotionClip:
    """Return motion by formula, standing, arms down, the right forearm waving."""
    turns = np.zeros((frames, JOINTS, 3))
    turns[:, joint_index("left_shoulder"), 2], turns[:, joint_index("right_shoulder"), 2] = -1.2, 1.2
    turns[:, joint_index("right_elbow"), 1] = 0.9 + 0.3 * np.sin(np.arange(frames) / 5)
    root = np.tile([0.1, 0.93, 0.2], (frames, 1))
    return MotionClip(local_quat_wxyz=quat_from_rotvec(turns), root_position_m=root, frame_rate_hz=30.0)


def manifest_in(folder: Path) -> Path:
    """Write everything that the takes need into a folder; return the batch's manifest."""
    words = json.loads(assets.DEMO_SPEECH.with_suffix(".json").read_text(encoding="utf-8"))["words"]
    files = {
        "words.json": [each for each in words if each["end_s"] < SECONDS],
        "keys.json": _KEYS,
        "score.json": _STROKES,
    }
    for name, value in files.items():
        (folder / name).write_text(json.dumps(value), encoding="utf-8")
    write_npz(folder / "kept.npz", swaying(120))
    common = {
        "audio": str(assets.DEMO_SPEECH),
        "end_s": SECONDS,
        "transcript": "words.json",
        "format": "npz",
        "seed": 3,
    }
    lines = [json.dumps({"id": name, "seed": 3, **common, **asked}) for name, asked in _VARIANTS.items()]
    (folder / "takes.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder / "takes.jsonl"


def made_in(folder: Path) -> dict[str, dict[str, Any]]:
    """Generate every take in a process of its own, on the CPU with one thread; return what is kept of each."""
    command = [sys.executable, "-m", "exges_core.cli", "batch", str(manifest_in(folder)), "--out", str(folder / "out")]
    threads = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    options: dict[str, Any] = {"env": {**os.environ, **threads}, "cwd": ROOT, "capture_output": True, "text": True}
    done = subprocess.run([*command, "--device", "cpu"], timeout=300, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return {name: kept_of(folder / "out" / f"{name}.npz") for name in _VARIANTS}


def kept_of(motion: Path) -> dict[str, Any]:
    """Return the course of a take's wrists (mm, every few frames), its report in short and a digest of its bits."""
    clip, report = read_npz(motion), json.loads(motion.with_suffix(".json").read_text(encoding="utf-8"))
    wrists_mm = np.rint(1000 * clip.positions_m()[::EVERY_FRAMES, _WRISTS]).astype(int)
    with np.load(motion, allow_pickle=False) as arrays:
        bits = {name: arrays[name].tobytes() for name in ("poses", "trans")}
    return {
        "frames": clip.frames,
        "style": report["style"],
        "strokes": None if report["score"] is None else [
            f"{each['hand']} {each['kind']} {each['clip']} {each['apex_s']:.3f}" for each in report["score"]["strokes"]
        ],
        "used": [f"{each['segment']}={each['clip']}" for each in report["retrieved"] if each["used"]],
        "warnings": report["warnings"],
        "report": sorted(set(_places(report))),
        "wrists_mm": [" ".join(map(str, row.reshape(-1).tolist())) for row in wrists_mm],
        "sha256": hashlib.sha256(b"".join(bits.values())).hexdigest(),
    }  # fmt: skip


def _places(value: Any, place: str = "") -> Iterator[str]:
    """Yield every name of a report, its parents before it."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f"{place}{name}"
            yield from _places(inner, f"{place}{name}.")
    elif isinstance(value, list):
        for inner in value:
            yield from _places(inner, place)


def weights() -> dict[str, str]:
    """Return digests of what decides the motion beside the code."""
    files = [assets.DENOISER, assets.RETRIEVAL, assets.PLANNER, assets.SEGMENTER, assets.LIBRARY / "base.json"]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def arithmetic() -> str:
    """Return what decides the last bits: libraries, the instructions they choose, and caches, which products fill."""
    found = torch.cpu.get_capabilities()
    chosen = " ".join([torch.backends.cpu.get_cpu_capability(), *(name for name in _INSTRUCTIONS if found.get(name))])
    caches = "+".join(str(found.get(f"{level}_cache_size", "?")) for level in ("l1d", "l2"))
    libraries = f"torch {torch.__version__}, numpy {np.__version__}"
    return f"{platform.system()} {platform.machine()}, {libraries}, {chosen}, {found.get('cpu_name')} {caches}"


def record(made: dict[str, dict[str, Any]]) -> str:
    """Return the record as text; digests of other arithmetics stay where the rest is as it was."""
    before = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.is_file() else {"weights": None, "exact": {}}
    digests = {name: take.pop("sha256") for name, take in made.items()}
    names = sorted({place for take in made.values() for place in take.pop("report")})
    is_same = before["weights"] == weights() and before.get("takes") == made
    exact = {**(before["exact"] if is_same else {}), arithmetic(): digests}
    return json.dumps({"weights": weights(), "exact": exact, "report": " ".join(names), "takes": made}, indent=1) + "\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        RECORD.write_text(record(made_in(Path(name))), encoding="utf-8")
    print(f"recorded {len(_VARIANTS)} takes: {RECORD.name}")  # noqa: T201 - a command
