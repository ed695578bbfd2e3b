"""A base may be larger than memory: its long columns go to the disk while takes are embedded."""

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from retrieval.conftest import random_take

from exges_core.errors import LibraryError, OutputError
from exges_core.retrieval import library_writing
from exges_core.retrieval.library import MotionBase
from exges_core.retrieval.library_growing import MAKING, GrowingArray
from exges_core.retrieval.model import LoadedRetrieval
from exges_core.retrieval.sources import SourceTake


@pytest.mark.parametrize("shape", [(7, 165), (1, 3), (12345,)])
def test_a_growing_array_is_the_file_that_numpy_writes(
    tmp_path: Path, shape: tuple[int, ...], generator: np.random.Generator
) -> None:
    rows = generator.normal(size=shape).astype(np.float16)
    array = GrowingArray(tmp_path / "grown.npy")
    for part in np.array_split(rows, 3):
        array.append(part)
    array.finish()
    array.close()
    np.save(tmp_path / "whole.npy", rows)
    assert (tmp_path / "grown.npy").read_bytes() == (tmp_path / "whole.npy").read_bytes()


def peak_bytes(folder: Path, model: LoadedRetrieval, count: int) -> int:
    def takes() -> Iterator[SourceTake]:
        for number in range(count):
            take = random_take(f"take{number}", np.random.default_rng(number), seconds=6)
            yield replace(take, strokes=())

    tracemalloc.start()
    MotionBase.build(folder, takes(), model, licence="", provenance={})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_memory_does_not_grow_with_the_takes(
    tmp_path: Path, retrieval: LoadedRetrieval, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty takes of 6 s are 0.9 MB of poses more than five."""
    monkeypatch.setattr(library_writing, "CHUNK_SEGMENTS", 12)
    peak_bytes(tmp_path / "warm", retrieval, 2)
    few, many = (peak_bytes(tmp_path / str(count), retrieval, count) for count in (5, 20))
    assert many < few + 300_000


def test_a_disk_that_fills_up_meanwhile_leaves_nothing(
    tmp_path: Path, retrieval: LoadedRetrieval, generator: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(GrowingArray, "finish", full)
    with pytest.raises(OutputError, match="No space"):
        MotionBase.build(tmp_path / "new", [random_take("a", generator)], retrieval, licence="", provenance={})
    assert not (tmp_path / "new").exists()


def test_takes_that_cannot_be_used_leave_nothing(tmp_path: Path, retrieval: LoadedRetrieval) -> None:
    with pytest.raises(LibraryError, match="no segment"):
        MotionBase.build(tmp_path / "new", [], retrieval, licence="", provenance={})
    assert not (tmp_path / "new").exists()


def test_only_what_nobody_makes_any_more_is_swept(
    tmp_path: Path, retrieval: LoadedRetrieval, generator: np.random.Generator
) -> None:
    base = MotionBase.build(tmp_path / "base", [random_take("a", generator)], retrieval, licence="", provenance={})
    held, left = (base.folder / f"{MAKING}{name}" for name in ("held", "left"))
    for folder in (held, left):
        folder.mkdir()
        (folder / "poses.npy").write_bytes(b"half")
    (left / "lock").touch()  # as a killed process leaves it
    with FileLock(held / "lock"):
        base.add([random_take("b", generator)], retrieval)
    assert held.exists()
    assert not left.exists()
