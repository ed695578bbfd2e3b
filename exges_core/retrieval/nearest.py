"""Nearest segments of one motion base: every one compared, or a graph's proposals for the first many of them.

Up to `FLAT_LIMIT` segments each query is compared with every segment (float16 scalars, float32 sums: exact for what
is stored), in NumPy, whether FAISS is installed or not. Above, where FAISS is installed, an HNSW graph of its answers,
memory-mapped; what was added since the graph was written is compared one by one until there are `TAIL_LIMIT` of them,
so that a small `add` writes no large file. Where FAISS is not installed every segment is compared: what the graph
would have found and the hundredth that it misses, 0.1 s later for each 100,000 segments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from exges_core.arrays import Array, Float, Int
from exges_core.retrieval.columns import Rows
from exges_core.retrieval.library_files import IndexRecord, check_size, damaged
from exges_core.retrieval.products import Compared

if TYPE_CHECKING:
    import faiss

FLAT_LIMIT = 100_000
TAIL_LIMIT = 20_000
HNSW_LINKS = 24
HNSW_SEARCH = 512
"""efSearch: how many candidates a query keeps while it walks the graph. Of a million synthetic segments drawn like the
shipped ones, recall@10 is 0.92 at 128 (2 ms), 0.97 at 256 (4 ms), 0.99 at 512 (7 ms), 0.997 at 1024 (14 ms)."""
_BLOCK = 65_536

Found = tuple[Float[Array, "queries count"], Int[Array, "queries count"]]
AnyFound = tuple[Float[Array, "_ _"], Int[Array, "_ _"]]
"""One of several answers to the same queries, each with a count of its own."""


class Nearest:
    """The index of one base over its embeddings; parts of it are made when first asked for."""

    def __init__(self, folder: Path, index: IndexRecord | None, motion: Rows, audio: Rows) -> None:
        self.folder = folder
        self.path = None if index is None else folder / index["name"]
        self.motion, self.audio = motion, audio
        self.in_graph = 0 if index is None else int(index.get("segments", len(motion)))
        if self.path is not None and index is not None and "bytes" in index:
            check_size(self.path, index["bytes"])
        self._kept: dict[tuple[int, int, float], Compared] = {}

    def search(self, queries: Float[Array, "queries embedding"], count: int, audio_weight: float) -> Found:
        """Return scores and numbers, best first; -1 where the graph found fewer."""
        parts: list[Found] = []
        if self.in_graph and has_faiss():
            parts.append(self._graph.search(queries, min(count, self.in_graph)))
        elif self.in_graph:
            # As the graph would: by motion alone.
            parts += self._compared(queries, count, 0, self.in_graph, 0.0)
        parts += self._compared(queries, count, self.in_graph, len(self.motion), audio_weight)
        return merged(parts, count)

    def _compared(self, queries: Array, count: int, first: int, stop: int, audio_weight: float) -> Iterator[Found]:
        """Yield the nearest of each block of segments."""
        for start in range(first, stop, _BLOCK):
            end = min(start + _BLOCK, stop)
            scores, numbers = self._of(start, end, audio_weight).largest(queries, min(count, end - start))
            yield scores, numbers + start

    def _of(self, start: int, stop: int, audio_weight: float) -> Compared:
        """Return what a stretch of segments is compared by; of a base without a graph it is kept."""
        named = (start, stop, audio_weight)
        if named in self._kept:
            return self._kept[named]
        vectors = self.motion[start:stop].astype(np.float32)
        if audio_weight:
            vectors += audio_weight * self.audio[start:stop].astype(np.float32)
        if not np.isfinite(vectors).all():
            raise damaged(self.folder / "base.json", "embeddings with NaN or infinity")
        compared = Compared(vectors)
        if len(self.motion) <= FLAT_LIMIT:
            self._kept[named] = compared
        return compared

    @cached_property
    def _graph(self) -> faiss.IndexHNSW:
        assert self.path is not None
        index = read_graph(self.path, is_mapped=True)
        index.hnsw.efSearch = HNSW_SEARCH
        return index


def has_faiss() -> bool:
    """Return whether FAISS is installed; it is asked for graphs alone."""
    try:
        import_module("faiss")
    except ImportError:
        return False
    return True


def merged(parts: Sequence[AnyFound], count: int) -> Found:
    """Return the `count` best of several answers; equal scores keep their order."""
    if len(parts) == 1:
        return parts[0]
    scores, numbers = (np.concatenate([part[place] for part in parts], axis=1) for place in (0, 1))
    scores = np.where(numbers < 0, -np.inf, scores)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    return np.take_along_axis(scores, order, axis=1), np.take_along_axis(numbers, order, axis=1)


def read_graph(path: Path, *, is_mapped: bool) -> faiss.IndexHNSW:
    """Read a graph, memory-mapped or whole (to be extended).

    Raises:
        LibraryError: if it is missing or not whole.
    """
    import faiss

    try:
        index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC if is_mapped else 0)
    except RuntimeError as error:
        raise damaged(path, "nothing" if not path.is_file() else "an index that is not whole") from error
    if not isinstance(index, faiss.IndexHNSW):
        raise damaged(path, f"a {type(index).__name__}, which is no graph")
    return index


def write_graph(path: Path, motion: Rows, *, old: Path | None, in_old: int) -> None:
    """Write the graph of all rows, starting from an old one that has the first `in_old` of them."""
    import faiss

    if old is None:
        kind = faiss.ScalarQuantizer.QT_fp16
        index = faiss.IndexHNSWSQ(motion.shape[1], kind, HNSW_LINKS, faiss.METRIC_INNER_PRODUCT)
    else:
        index = read_graph(old, is_mapped=False)
    for start in range(in_old, len(motion), _BLOCK):
        block = motion[start : min(start + _BLOCK, len(motion))]
        index.add(np.ascontiguousarray(block, dtype=np.float32))
    faiss.write_index(index, str(path))
