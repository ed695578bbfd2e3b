"""What an hour of motion costs when a motion base is built: `python -m benchmarks.base_hours --hours 1 2 5 10`.

A made-up corpus in BEAT2's layout (a minute per take: smooth rotations, a buzz with syllables, timed words; about
190 MB per hour) goes through the real command, `training.build_library`, in a process of its own for each length.
Prints seconds (by the clock, and of the processor: a busy machine stretches only the first), peak of resident memory
and size of the base, and draws them against hours.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import matplotlib as mpl
import matplotlib.figure
import numpy as np
import tyro
from praatio import textgrid
from praatio.utilities.constants import Interval

from exges_core import assets
from exges_core.arrays import Array, Float
from exges_core.audio.waveform import Waveform, write_waveform
from exges_core.motion.clip import MotionClip
from exges_core.motion.npz import write_npz
from exges_core.motion.rotations import quat_from_rotvec
from exges_core.retrieval.model import load_retrieval
from exges_core.timeline import MOTION_RATE_HZ

TAKE_S = 60
TAKES_PER_HOUR = 3600 // TAKE_S
RATE_HZ = 16_000
WORD_S = 0.3
_FOLDERS = ("smplxflame_30", "wave16k", "textgrid")
_ONE_THREAD = {"OMP_NUM_THREADS": "1"}


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """What to measure.

    Attributes:
        hours: of the corpora; the longer begin with the shorter.
        minutes: of the base at most; 0 = everything.
        on, workers: as of `training.build_library`.
        seed: of the corpus.
        scratch: where the corpus is kept for the next run; None = a temporary folder.
        json: write the rows here, too.
        picture: draw them here (.svg or .png).
    """

    hours: tuple[float, ...] = (0.1, 0.2)
    minutes: float = 0.0
    on: str = "local"
    workers: int = 1
    seed: int = 0
    scratch: Path | None = None
    json: Path | None = None
    picture: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    """What one base cost."""

    hours: float
    seconds: float
    cpu_seconds: float
    peak_mb: float
    base_mb: float
    clips: int


def write_take(folder: Path, number: int, *, seed: int, words: Sequence[str]) -> str:
    """Write one made-up take, and return its id."""
    generator = np.random.default_rng([seed, number])
    name = f"{number % 8 + 1}_speaker{number % 8}_0_{number + 1}_{number + 1}"
    motion, sound, text = (folder / each for each in _FOLDERS)
    write_npz(motion / f"{name}.npz", _clip(generator))
    write_waveform(sound / f"{name}.wav", Waveform(samples=_buzz(generator)))
    said = generator.integers(len(words), size=round(0.8 * TAKE_S / WORD_S))
    # Phrases of four seconds of speech and one of silence.
    starts = [5.0 * (place * WORD_S // 4.0) + place * WORD_S % 4.0 for place in range(len(said))]
    intervals = [
        Interval(round(start, 3), round(start + WORD_S - 0.01, 3), words[word])
        for start, word in zip(starts, said, strict=True)
        if start % 5.0 + WORD_S <= 4.0
    ]
    grid = textgrid.Textgrid(0.0, float(TAKE_S))
    grid.addTier(textgrid.IntervalTier("words", intervals, 0.0, float(TAKE_S)))
    grid.save(str(text / f"{name}.TextGrid"), format="long_textgrid", includeBlankSpaces=True)
    return name


def _clip(generator: np.random.Generator) -> MotionClip:
    times = np.arange(TAKE_S * MOTION_RATE_HZ)[:, None, None] / MOTION_RATE_HZ
    rates, phases = generator.uniform(0.2, 1.5, (2, 1, 55, 3)), generator.uniform(0, 6, (2, 1, 55, 3))
    turns = sum(0.2 * np.sin(2 * np.pi * rates[part] * times + phases[part]) for part in range(2))
    root = np.array([0.0, 0.95, 0.0]) + 0.02 * np.sin(times[:, 0] * [0.7, 1.1, 0.9])
    return MotionClip(local_quat_wxyz=quat_from_rotvec(turns), root_position_m=root, frame_rate_hz=MOTION_RATE_HZ)


def _buzz(generator: np.random.Generator) -> Float[Array, "samples"]:
    """Return a voice-like buzz: pitch that wanders, four syllables a second, a fifth of the time silence."""
    times = np.arange(TAKE_S * RATE_HZ) / RATE_HZ
    pitch = 140 + 40 * np.sin(2 * np.pi * 0.4 * times + generator.uniform(0, 6))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE_HZ
    voice = sum(np.sin(order * phase) / order for order in range(1, 8))
    loudness = (0.3 + 0.7 * np.sin(np.pi * 4 * times) ** 2) * (times % 5.0 < 4.0)
    return (0.1 * loudness * voice + 0.002 * generator.standard_normal(len(times))).astype(np.float32)


def write_corpus(folder: Path, takes: int, *, seed: int, words: Sequence[str]) -> None:
    """Write what is missing of the first takes, and list these alone."""
    for name in _FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    names: list[str] = []
    for number in range(takes):
        name = f"{number % 8 + 1}_speaker{number % 8}_0_{number + 1}_{number + 1}"
        if not (folder / _FOLDERS[2] / f"{name}.TextGrid").exists():
            write_take(folder, number, seed=seed, words=words)
        names.append(name)
    with (folder / "train_test_split.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "type"), *((name, "train") for name in names)])


def measured(data: Path, out: Path, asked: Benchmark, hours: float) -> Row:
    """Build a base in a process of its own."""
    command = [sys.executable, "-m", "training.build_library", "--data", str(data), "--out", str(out)]
    command += ["--model", str(assets.RETRIEVAL), "--minutes", f"{asked.minutes:g}", "--threads", "1"]
    command += ["--on", asked.on, "--workers", f"{asked.workers}"]
    started = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, **_ONE_THREAD}, stdout=subprocess.DEVNULL)  # noqa: S603
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"training.build_library ended with {process.returncode}")
    shards = json.loads((out / "base.json").read_text(encoding="utf-8"))["shards"]
    return Row(
        hours=hours,
        seconds=round(seconds, 1),
        cpu_seconds=round(usage.ru_utime + usage.ru_stime, 1),
        peak_mb=round(usage.ru_maxrss / 1024, 1),
        base_mb=round(sum(size for shard in shards for size in shard["files"].values()) / 1e6, 1),
        clips=sum(shard["clips"] for shard in shards),
    )


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw seconds and memory against hours; the same numbers give the same bytes."""
    hours = [row.hours for row in rows]
    with mpl.rc_context({"svg.hashsalt": "exges", "svg.fonttype": "none", "font.size": 9}):
        canvas = matplotlib.figure.Figure((7.5, 2.9), layout="constrained")
        for axes, values, title in zip(
            canvas.subplots(1, 2),
            ([row.cpu_seconds / 60 for row in rows], [row.peak_mb for row in rows]),
            ("processor minutes to build", "peak memory, MB"),
            strict=True,
        ):
            axes.plot(hours, values, "o-", color="#0072b2")
            axes.set(title=title, xlabel="hours of motion", xlim=(0, None), ylim=(0, 1.25 * max(values)))
            axes.grid(color="#dddddd")
            axes.spines[["top", "right"]].set_visible(False)
        canvas.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def main(asked: Benchmark) -> None:
    """Measure, print, draw."""
    words = sorted(load_retrieval(assets.RETRIEVAL).known.words)[:400]
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.scratch or Path(temporary)
        print(f"seed {asked.seed}\n| hours | seconds | CPU s | CPU s per hour | peak MB | base MB | clips |")
        print("|---:|---:|---:|---:|---:|---:|---:|")
        for hours in asked.hours:
            write_corpus(folder / "corpus", round(hours * TAKES_PER_HOUR), seed=asked.seed, words=words)
            with tempfile.TemporaryDirectory(dir=folder) as out:
                row = measured(folder / "corpus", Path(out) / "base", asked, hours)
            told = (f"{row.hours:g}", row.seconds, row.cpu_seconds, f"{row.cpu_seconds / row.hours:.1f}")
            print("|", *(f"{each} |" for each in (*told, row.peak_mb, row.base_mb, row.clips)), flush=True)
            rows.append(row)
    if asked.json is not None:
        asked.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
    if asked.picture is not None:
        draw(rows, asked.picture)


if __name__ == "__main__":
    main(tyro.cli(Benchmark, description=__doc__))
