"""Batches measured: `python -m benchmarks.batch` compares one worker with two, `--same-bytes 200` Ray with one worker.

Clips of 2 to 4 s are cut from the demo's sound and made without a transcript, as recordings come; words are heard
anew in every run, into a cache of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile

from exges_core import assets
from exges_core.batch import Crew, Setup, run_batch
from exges_core.speech import model_files

LONGEST_S, SHORTEST_S = 4.0, 2.0


def write_manifest(folder: Path, clips: int, *, kind: str = "npz") -> Path:
    """Cut clips at repeatable places of the demo's sound."""
    samples, rate_hz = soundfile.read(assets.DEMO_SPEECH)
    draw, lines = np.random.default_rng(19), list[str]()
    for number in range(clips):
        length_s = draw.uniform(SHORTEST_S, LONGEST_S)
        begin_s = draw.uniform(0.0, len(samples) / rate_hz - length_s)
        part = samples[round(begin_s * rate_hz) : round((begin_s + length_s) * rate_hz)]
        soundfile.write(folder / f"take{number:03}.wav", part, rate_hz)
        lines.append(json.dumps({"id": f"take{number:03}", "audio": f"take{number:03}.wav", "format": kind}))
    path = folder / "lines.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@contextmanager
def fresh_cache() -> Iterator[None]:
    """Keep words of other runs out; fetched models stay in reach, by a link."""
    models, before = model_files.cache_folder() / "models", os.environ.get("EXGES_CACHE")
    with tempfile.TemporaryDirectory(prefix="exges-cache-") as name:
        if models.is_dir():
            (Path(name) / "models").symlink_to(models, target_is_directory=True)
        os.environ["EXGES_CACHE"] = name
        try:
            yield
        finally:
            if before is None:
                del os.environ["EXGES_CACHE"]
            else:
                os.environ["EXGES_CACHE"] = before


class Clock:
    """Hears a batch's lines and notes when clips were done."""

    def __init__(self) -> None:
        self.times_s = list[float]()

    def __call__(self, line: str) -> None:
        """Take a line."""
        if ": done, " in line:
            self.times_s.append(time.perf_counter())

    def clips_per_s(self, skipped: int) -> float:
        """Return the rate after the first few clips: of workers that are warm."""
        return (len(self.times_s) - 1 - skipped) / (self.times_s[-1] - self.times_s[skipped])


def rate_of(manifest: Path, workers: int, setup: Setup) -> float:
    """Return how many clips a second so many warm workers make."""
    clock = Clock()
    with fresh_cache(), tempfile.TemporaryDirectory(prefix="exges-batch-") as name:
        ending = run_batch(manifest, Path(name), setup=setup, crew=Crew(workers=workers), say=clock)
        assert ending.failed == 0, ending
    return clock.clips_per_s(skipped=2 * workers)


def compare_workers(clips: int, rounds: int, setup: Setup) -> None:
    """Print the throughput of one and of two workers of one thread, in turns: what else the machine does hits both."""
    ratios = list[float]()
    with tempfile.TemporaryDirectory(prefix="exges-clips-") as name:
        manifest = write_manifest(Path(name), clips)
        for number in range(rounds):
            one, two = (rate_of(manifest, workers, setup) for workers in (1, 2))
            ratios.append(two / one)
            print(f"round {number + 1}: one worker {one:.2f} clips/s, two {two:.2f}: {ratios[-1]:.2f} times")
    print(f"median of {rounds}: {statistics.median(ratios):.2f} times; wanted: 1.6")


def compare_bytes(clips: int, setup: Setup) -> None:
    """Make clips by one local worker and by two on Ray; end with 1 where their motion differs."""
    made = list[dict[str, bytes]]()
    with tempfile.TemporaryDirectory(prefix="exges-clips-") as name:
        manifest = write_manifest(Path(name), clips)
        for crew in (Crew(workers=1), Crew(on="ray", workers=2)):
            out, begun_s = Path(name) / crew.on, time.perf_counter()
            with fresh_cache():
                ending = run_batch(manifest, out, setup=setup, crew=crew)
            assert ending.failed == 0, ending
            made.append({path.name: path.read_bytes() for path in sorted(out.glob("*.npz"))})
            page_mb = (out / "summary.html").stat().st_size / 1e6
            took_s = time.perf_counter() - begun_s
            print(f"{crew.on}, {crew.workers} workers: {len(made[-1])} clips in {took_s:.0f} s; page {page_mb:.1f} MB")
    other = [name for name, data in made[0].items() if made[1].get(name) != data]
    print(f"{clips} clips, {len(other)} with other bytes {other[:5]}")
    if other or len(made[0]) != clips:
        raise SystemExit(1)


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=24, help="of a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--same-bytes", type=int, metavar="CLIPS", help="compare Ray with one local worker instead")
    parser.add_argument("--engine", default="auto")
    options = parser.parse_args()
    setup = Setup(engine=options.engine)
    if options.same_bytes:
        compare_bytes(options.same_bytes, setup)
    else:
        compare_workers(options.clips, options.rounds, setup)


if __name__ == "__main__":
    main()
