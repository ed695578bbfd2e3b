"""How fast the motion base is, and what its graph misses: `python -m benchmarks.retrieval --help`.

Embedding: a folder in BEAT2's layout is read, cut and embedded, timed per hour of motion. Search: bases of synthetic
segments, whose embeddings are drawn like the shipped base's own (same mean and covariance, float16, unit length;
random directions would be a harder problem than any real one), opened in a fresh process and asked one query at a time
after one to warm up. Recall@10 is against comparing every segment. `words s` is the index of the texts' words, made at
the first query; `text ms` is what the words of a query then cost.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import faiss
import numpy as np
import torch
import tyro

from exges_core import assets
from exges_core.arrays import Array
from exges_core.cli.library_jobs import build_library
from exges_core.protocol import ignore_progress
from exges_core.retrieval import library_writing, nearest
from exges_core.retrieval.columns import Rows, Strings
from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.library_files import TAKE, read_record

FRAMES_PER_SEGMENT = 45
SEGMENTS_PER_TAKE = 40
STORED_FRAMES = 20_000
"""Motion is not what is measured: synthetic segments share this much of it."""
QUERIES = 200
COUNT = 64


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """What to measure.

    Attributes:
        data: a folder in BEAT2's layout for the embedding table; None = leave it out.
        segments: sizes of the synthetic bases.
        scratch: where they are written and kept for the next run; None = a temporary folder.
        threads: CPU threads.
    """

    data: Path | None = None
    segments: tuple[int, ...] = (100_000, 1_000_000)
    scratch: Path | None = None
    threads: int = 2
    opened: Annotated[Path | None, tyro.conf.arg(help="Internal: measure one written base.")] = None


def drawn_like_shipped(count: int, generator: np.random.Generator) -> Array:
    """Return unit vectors with the shipped base's mean and covariance."""
    known = MotionBase.open(assets.LIBRARY).motion_embeddings.astype(np.float32)
    mean, spread = known.mean(axis=0), np.cov(known.T)
    root = np.linalg.cholesky(spread + 1e-7 * np.eye(len(mean))).astype(np.float32)
    vectors = mean + generator.standard_normal((count, len(mean)), dtype=np.float32) @ root.T
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def write_synthetic(folder: Path, segments: int, *, generator: np.random.Generator) -> float:
    """Write a base of synthetic segments; return the seconds its index took."""
    shipped = MotionBase.open(assets.LIBRARY)
    texts = list(shipped.texts)
    words = np.array(sorted({word for text in texts for word in text.lower().split()}))
    picked = generator.zipf(1.3, (segments, 6)) % len(words)
    motion = np.concatenate(
        [drawn_like_shipped(min(50_000, segments - start), generator) for start in range(0, segments, 50_000)]
    ).astype(np.float16)
    starts = generator.integers(0, STORED_FRAMES - FRAMES_PER_SEGMENT, segments)
    takes = np.zeros(-(-segments // SEGMENTS_PER_TAKE), TAKE)
    takes["frames"], takes["digest"] = STORED_FRAMES, np.arange(len(takes))
    clip = shipped.clip(0)
    columns = {
        "poses": np.resize(clip.local_quat_wxyz[..., 1:].reshape(-1, 165), (STORED_FRAMES, 165)).astype(np.float16),
        "root": np.resize(clip.root_position_m, (STORED_FRAMES, 3)).astype(np.float32),
        "segments": np.stack(
            [np.arange(segments) // SEGMENTS_PER_TAKE, starts, starts + FRAMES_PER_SEGMENT, starts + 20], axis=1
        ).astype(np.int32),
        "takes": takes,
        "motion": motion,
        "audio": motion,
    }
    lines = [" ".join(row) for row in words[picked].tolist()]
    named = {
        "texts": lines,
        "tags": [""] * segments,
        "sources": [f"take{number}" for number in range(len(takes))],
        "speakers": ["nobody"],
    }
    for name, values in named.items():
        column = Strings.of(values)
        columns |= {name: column.data, f"{name}_ends": column.ends}
    record = {"model": dict(shipped.model), "shards": [], "index": None}
    began = time.perf_counter()
    with library_writing.locked(folder):
        made = library_writing.NewShard(place=folder / "nothing", columns=columns, clips=segments)
        library_writing.write_shard(folder, record, made, {"licence": "synthetic", "provenance": {}}, number=0)
        library_writing.sweep(folder, read_record(folder))
    return time.perf_counter() - began


def measure_open_base(folder: Path) -> dict[str, float]:
    """Return seconds and milliseconds of one base; in a process of its own, so that nothing is warm."""
    began = time.perf_counter()
    base = MotionBase.open(folder)
    entry = base.entry(len(base) // 2)
    opened_s = time.perf_counter() - began
    assert entry.text
    queries = drawn_like_shipped(QUERIES, np.random.default_rng(9))
    began = time.perf_counter()
    base.nearest(queries[:1], COUNT)
    first_ms = 1e3 * (time.perf_counter() - began)
    times_ms, found = [], []
    for query in queries:
        began = time.perf_counter()
        found.append(base.nearest(query[None], COUNT)[1][0, :10])
        times_ms.append(1e3 * (time.perf_counter() - began))
    began = time.perf_counter()
    words = base.shared_words
    words_s = time.perf_counter() - began
    text_ms = []
    for number in range(0, 1000, 50):
        text = base.texts[number]
        began = time.perf_counter()
        words.overlap(text).likely(COUNT)
        text_ms.append(1e3 * (time.perf_counter() - began))
    exact = exact_nearest(base.motion_embeddings, queries)
    recall = [len(set(one.tolist()) & set(other.tolist())) / 10 for one, other in zip(found, exact, strict=True)]
    return {
        "opened_s": opened_s,
        "first_ms": first_ms,
        "median_ms": statistics.median(times_ms),
        "p95_ms": float(np.quantile(times_ms, 0.95)),
        "recall": float(np.mean(recall)),
        "words_s": words_s,
        "text_ms": statistics.median(text_ms),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def exact_nearest(motion: Rows, queries: Array) -> Array:
    """Return the ten nearest by comparing everything."""
    parts: list[nearest.Found] = []
    for start in range(0, len(motion), 50_000):
        scores = queries @ motion[start : start + 50_000].astype(np.float32).T
        best = np.argpartition(-scores, 10, axis=1)[:, :10]
        parts.append((np.take_along_axis(scores, best, axis=1), best + start))
    return nearest.merged(parts, 10)[1] if len(parts) > 1 else parts[0][1]


def embedding_table(data: Path, scratch: Path) -> None:
    """Time `exges library build` on a folder."""
    began = time.perf_counter()
    info = build_library(scratch / "embedded", data, device="cpu", on_progress=ignore_progress).info
    seconds = time.perf_counter() - began
    print(f"{'embedding':<12} {info.hours:.2f} h, {info.clips} segments: {seconds:.1f} s", end="")
    print(f" = {seconds / info.hours:.0f} s per hour of speech and motion (aim: 300 s)\n")


def main(options: Benchmark) -> None:
    """Print the tables."""
    torch.set_num_threads(options.threads)
    faiss.omp_set_num_threads(options.threads)
    if options.opened is not None:
        print(json.dumps(measure_open_base(options.opened)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        scratch = options.scratch or Path(temporary)
        print(f"{options.threads} threads, efSearch {nearest.HNSW_SEARCH}, {nearest.HNSW_LINKS} links\n")
        if options.data is not None:
            embedding_table(options.data, scratch)
        header = ("segments", "index", "written s", "open s", "first ms", "query ms", "p95 ms", "recall@10")
        print("".join(f"{name:>11}" for name in (*header, "words s", "text ms", "peak MB")))
        for segments in options.segments:
            folder = scratch / f"synthetic-{segments}"
            written_s = float("nan")
            if not (folder / "base.json").is_file():
                written_s = write_synthetic(folder, segments, generator=np.random.default_rng(segments))
            command = [sys.executable, "-m", "benchmarks.retrieval", "--opened", str(folder)]
            command += ["--threads", str(options.threads)]
            found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603
            kind = "graph" if segments > nearest.FLAT_LIMIT else "all"
            print(
                f"{segments:>11}{kind:>11}{written_s:>11.1f}{found['opened_s']:>11.4f}{found['first_ms']:>11.1f}"
                f"{found['median_ms']:>11.2f}{found['p95_ms']:>11.2f}{found['recall']:>11.3f}"
                f"{found['words_s']:>11.2f}{found['text_ms']:>11.2f}{found['peak_mb']:>11.0f}"
            )


if __name__ == "__main__":
    main(tyro.cli(Benchmark))
