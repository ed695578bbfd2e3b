"""Does one worker grow? Repeated requests of every kind, faulty ones among them; memory and open files against time.

    python -m benchmarks.growth [--minutes 2] [--seed 1] [--engine auto|torch|onnx] [--json OUT.json]

It ends with 1 if memory or open files grow (from 20 minutes on) or a request ends otherwise than it should. Linux only:
it reads /proc.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats

from exges_core import assets
from exges_core.protocol import Cancel, Failure, Hear, Hello, Idle, Job, Plan, Request, Result, decode, encode

WARM_SHARE = 0.5
"""Of the time, at the beginning: caches and arenas fill; it does not count."""
TELLING_MINUTES = 20.0
"""A shorter run cannot tell growth from that."""
BLOCKS = 24
"""Samples are averaged to so many at most, so that neighbours' likeness does not narrow the interval."""
MEMORY_MB_PER_H, FILES_PER_H = 12.0, 0.5
"""More than that is growth, if zero is outside of the interval: 100 MB, and 4 files, in a working day."""
SPEECH = str(assets.DEMO_SPEECH)


@dataclass(frozen=True, kw_only=True)
class Growth:
    """A least-squares slope per hour, with its interval of 95 %."""

    per_h: float
    low_per_h: float
    high_per_h: float

    def exceeds(self, most_per_h: float) -> bool:
        """Return whether it is more than that, and no accident."""
        return self.low_per_h > 0.0 and self.per_h > most_per_h


def growth_of(at_s: np.ndarray, values: np.ndarray) -> Growth:
    """Return by how much a course grows, its beginning left out."""
    late = at_s >= at_s[0] + WARM_SHARE * (at_s[-1] - at_s[0])
    hours, values = at_s[late] / 3600.0, values[late]
    blocks = [
        (hours[part].mean(), values[part].mean())
        for part in np.array_split(np.arange(len(hours)), min(BLOCKS, len(hours)))
    ]
    x, y = np.array(blocks).T
    fit = stats.linregress(x, y)
    half = float(stats.t.ppf(0.975, len(x) - 2) * fit.stderr) if np.ptp(y) else 0.0
    return Growth(per_h=float(fit.slope), low_per_h=float(fit.slope) - half, high_per_h=float(fit.slope) + half)


def least_of_each_minute(at_s: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what is left between jobs: the least value of each minute, and when that minute began."""
    minute = (at_s // 60.0).astype(int)
    whole = range(minute[0], minute[-1])  # the last one is cut off
    kept = [(60.0 * each, values[minute == each].min()) for each in whole if (minute == each).any()]
    begins, least = np.array(kept).T
    return begins, least


def jobs(chances: np.random.Generator, folder: Path) -> Iterator[tuple[str, Job | str]]:
    """Yield (kind, job) without end; files are written over again and again."""
    (folder / "no_sound.wav").write_bytes(b"this is no sound" * 99)
    (folder / "no_words.srt").write_text("no subtitles\n", encoding="utf-8")
    kinds = ("generate", "face", "rig", "hear", "plan", "idle", "no file", "no sound", "no words", "no message")
    kinds += ("no setting", "cancelled")
    number = 0
    while True:
        for kind in chances.permutation(kinds):
            number += 1
            yield str(kind), _job(str(kind), str(number), chances, folder)


def _job(kind: str, name: str, chances: np.random.Generator, folder: Path) -> Job | str:
    start_s, length_s = float(chances.uniform(0.0, 8.0)), float(chances.uniform(1.0, 9.0))
    part = {"id": name, "speech": SPEECH, "start_s": start_s, "end_s": start_s + length_s}
    part["asr"] = str(chances.choice(["none", "pocketsphinx"]))
    npz, bvh = str(folder / "out.npz"), str(folder / "out.bvh")
    seed = int(chances.integers(1000))
    if kind == "no message":
        return '{"type": "request", "id": 7, '
    if kind == "idle":
        return Idle(id=name, seconds=length_s + 1.0, outputs=(bvh,), seed=seed)
    if kind == "hear":
        return Hear(**part)
    if kind == "plan":
        return Plan(**part, score_out=str(folder / "score.json"), seed=seed)
    more = {
        "face": {"face": True, "face_happy": 0.5, "outputs": (npz, str(folder / "out.csv"))},
        "rig": {"rig": "mixamo", "outputs": (bvh,), "fps": 24.0},
        "no file": {"speech": str(folder / "nobody.wav")},
        "no sound": {"speech": str(folder / "no_sound.wav")},
        "no words": {"transcript": str(folder / "no_words.srt")},
        "no setting": {"vividness": 99.0},
    }.get(kind, {})
    return Request(**{**part, "outputs": (npz,), "seed": seed, **more})


class Worker:
    """A worker of its own, its memory and open files."""

    def __init__(self, engine: str, cache: Path) -> None:
        command = [sys.executable, "-m", "exges_core.worker", "--engine", engine]
        self.process = subprocess.Popen(  # noqa: S603 - this interpreter, this package
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "EXGES_CACHE": str(cache)},
        )
        assert isinstance(self._next(), Hello)

    def _next(self) -> Hello | Result | Failure:
        assert self.process.stdout is not None
        while not isinstance(answer := decode(self.process.stdout.readline()), Hello | Result | Failure):
            pass
        return answer

    def ask(self, job: Job | str, *, is_cancelled: bool) -> str:
        """Return how a job ended: "done", or the failure's kind."""
        assert self.process.stdin is not None
        lines = [job if isinstance(job, str) else encode(job)]
        if is_cancelled and not isinstance(job, str):
            lines.append(encode(Cancel(id=job.id)))
        self.process.stdin.write("".join(f"{line}\n" for line in lines))
        self.process.stdin.flush()
        answer = self._next()
        return answer.kind if isinstance(answer, Failure) else "done"

    def memory_mb(self) -> float:
        """Return the resident memory."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def files(self) -> int:
        """Return how many files are open."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def close(self) -> None:
        """End it as Blender does."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=30)


EXPECTED = {
    "no file": "AudioError",
    "no sound": "AudioError",
    "no words": "TranscriptError",
    "no message": "WorkerError",
    "no setting": "InputError",
    "cancelled": "Cancelled",
}


def soak(minutes: float, seed: int, engine: str) -> dict[str, object]:
    """Ask for so long; return the samples and how much grew."""
    samples: list[tuple[float, float, int]] = []
    ends: Counter[str] = Counter()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        worker = Worker(engine, Path(folder) / "cache")
        begun_s = time.monotonic()
        for kind, job in jobs(np.random.default_rng(seed), Path(folder)):
            end = worker.ask(job, is_cancelled=kind == "cancelled")
            ends[f"{kind}: {end}"] += 1
            if end != EXPECTED.get(kind, "done"):
                wrong.append(f"{kind}: {end}: {job}")
            at_s = time.monotonic() - begun_s
            samples.append((at_s, worker.memory_mb(), worker.files()))
            if at_s > minutes * 60 and len(samples) >= 4 * BLOCKS:
                break
        worker.close()
    at_s, memory, files = map(np.array, zip(*samples, strict=True))
    found = {"memory_mb": growth_of(at_s, memory), "files": growth_of(at_s, files)}
    if at_s[-1] >= TELLING_MINUTES * 60:
        found["memory_mb_least"] = growth_of(*least_of_each_minute(at_s, memory))
    return {
        "seed": seed,
        "minutes": round(float(at_s[-1]) / 60, 1),
        "requests": len(samples),
        "ends": dict(sorted(ends.items())),
        "wrong": wrong,
        "memory_mb_first_last": [round(float(memory[0]), 1), round(float(memory[-20:].mean()), 1)],
        "memory_mb_most": round(float(memory.max()), 1),
        "files_first_last": [int(files[0]), int(files[-1])],
        **{f"{name}_per_h": [round(each.per_h, 2), round(each.low_per_h, 2), round(each.high_per_h, 2)]
           for name, each in found.items()},
        "memory_mb_per_1000_requests": round(1000 * _growth_a_request(memory), 2),
        "memory_mb_in_8_h": round(8 * found["memory_mb"].per_h, 1),
        "grows": _grows(found) if at_s[-1] >= TELLING_MINUTES * 60 else "too short a run to tell",
        "samples": [[round(a, 1), round(b, 2), c] for a, b, c in samples],
    }  # fmt: skip


def _growth_a_request(memory: np.ndarray) -> float:
    """Return the slope against requests: what a busy machine, which answers fewer an hour, does not hide."""
    return growth_of(np.arange(len(memory), dtype=float), memory).per_h / 3600.0


def _grows(found: dict[str, Growth]) -> bool:
    return found["memory_mb"].exceeds(MEMORY_MB_PER_H) or found["files"].exceeds(FILES_PER_H)


def main() -> int:
    """Run it and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=("auto", "torch", "onnx"), default="auto")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    print(f"seed {asked.seed}, {asked.minutes:g} minutes", flush=True)
    found = soak(asked.minutes, asked.seed, asked.engine)
    if asked.json is not None:
        asked.json.write_text(json.dumps(found), encoding="utf-8")
    print("\n".join(f"{name}: {value}" for name, value in found.items() if name != "samples"))
    return 1 if found["grows"] is True or found["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
