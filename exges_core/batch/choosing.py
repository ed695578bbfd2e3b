"""Where a batch works: which workers, how many, with how many threads."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from exges_core.batch.cluster import RayWorkers
from exges_core.batch.inputs import Setup
from exges_core.batch.limits import fault_of_limit
from exges_core.batch.local import LocalWorkers
from exges_core.batch.workers import Workers
from exges_core.errors import InputError, message
from exges_core.extras import is_installed
from exges_core.pipeline.models import ONNX

Where = Literal["local", "ray"]
_WORKER_BYTES = 1.2e9
"""A worker with PyTorch and a recogniser has 0.8 GB."""
_MOST = 512


@dataclass(frozen=True, kw_only=True)
class Crew:
    """Who works.

    Attributes:
        on: this machine's processes, or a Ray cluster.
        workers: how many; None = as many as the processors, a graphics card and the memory allow.
        threads: of each. More workers are faster than more threads, and only with one do results not depend on it.
        ray_address: None = what RAY_ADDRESS names, else a cluster of this machine alone.
        clip_limit_s: a worker that takes longer for a clip is ended; 0 = none is, None = as long as the clip allows
            (`limits`). A line's own limit goes before it.

    Raises:
        InputError: if a number is out of range, or an address is given where nobody uses it.
    """

    on: Where = "local"
    workers: int | None = None
    threads: int = 1
    ray_address: str | None = None
    clip_limit_s: float | None = None

    def __post_init__(self) -> None:
        for name, number in (("--workers", self.workers), ("--threads", self.threads)):
            if number is not None and not 1 <= number <= _MOST:
                do = "Leave it out for a fitting number."
                raise InputError(message(expected=f"1 to {_MOST}", got=str(number), where=name, do=do))
        if self.ray_address is not None and self.on != "ray":
            do = "Add --on ray."
            raise InputError(message(expected="--on ray with it", got="local", where="--ray-address", do=do))
        if wrong := fault_of_limit(self.clip_limit_s):
            do = "Leave it out for one that grows with a clip's length."
            raise InputError(message(expected=wrong, got=str(self.clip_limit_s), where="--clip-limit", do=do))

    @contextmanager
    def working(self, setup: Setup, *, clips: int, folder: Path) -> Generator[Workers]:
        """Give workers that end when the block does.

        Args:
            setup: what runs networks.
            clips: so many at most have use of a worker.
            folder: of the batch's own, for logs.

        Raises:
            InputError: if Ray is asked for and is not there, or has no room.
        """
        crew = self._ray(setup, clips, folder) if self.on == "ray" else self._local(setup, clips, folder)
        try:
            yield crew
        finally:
            crew.close()

    def _local(self, setup: Setup, clips: int, folder: Path) -> Workers:
        count = min(clips, self.workers or fitting(setup, self.threads))
        return LocalWorkers(setup, count=count, threads=self.threads, logs=folder)

    def _ray(self, setup: Setup, clips: int, folder: Path) -> Workers:
        address = self.ray_address or os.environ.get("RAY_ADDRESS") or "local"
        count = self.workers or (fitting(setup, self.threads) if address == "local" else 0)
        return RayWorkers(setup, count=min(count, clips), threads=self.threads, address=address, folder=folder)


def fitting(setup: Setup, threads: int) -> int:
    """Return how many workers this machine has processors and memory for; one, where they share a graphics card."""
    may_be_gpu = setup.device == "cuda" or (setup.device == "auto" and shutil.which("nvidia-smi") is not None)
    if may_be_gpu and setup.engine != ONNX and is_installed("torch"):
        return 1
    return max(1, min(cores() // threads, int(_free_bytes() // _WORKER_BYTES)))


def cores() -> int:
    """Return the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _free_bytes() -> float:
    """Return the memory that is free, as far as the system says so; else more than anybody needs."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024.0 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        return float("inf")
