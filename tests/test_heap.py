"""What was freed goes back to the system, where the C library would keep it."""

import os
import platform
from pathlib import Path

import numpy as np
import pytest

from exges_core import heap


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc holds freed memory so")
def test_freed_memory_goes_back() -> None:
    held = [np.ones(256) for _ in range(40_000)]  # 80 MB, each block too small to be mapped by itself
    last = held[-1]
    del held
    before_mb = resident_mb()
    heap.give_back()
    assert before_mb - resident_mb() > 40.0
    assert last.sum() == 256


def test_elsewhere_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    heap._trim.cache_clear()
    heap.give_back()
    heap._trim.cache_clear()
