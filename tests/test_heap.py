"""What was freed goes back to the system, where the C library would keep it, and few shapes' code is kept."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from exges_core import heap
from exges_core.diffusion.model import has_fast_bf16
from exges_core.pipeline.models import Models


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


GROWS = """
import ctypes, sys, torch
from exges_core import heap

def used_mb():
    names = ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")
    Info = type("Info", (ctypes.Structure,), {"_fields_": [(name, ctypes.c_size_t) for name in names]})
    asked = ctypes.CDLL(None).mallinfo2
    asked.restype = Info
    found = asked()
    return (found.uordblks + found.hblkhd) / 1e6

if sys.argv[1] == "few":
    heap.keep_few_shapes()
products = torch.nn.Linear(256, 256).to(torch.bfloat16)
with torch.inference_mode():
    for rows in range(60, 360):
        products(torch.zeros(rows, 256, dtype=torch.bfloat16))
        if rows == 160:
            before_mb = used_mb()
print(used_mb() - before_mb)
"""


def grown_mb(kept: str) -> float:
    environment = {name: value for name, value in os.environ.items() if not name.endswith("CACHE_CAPACITY")}
    command = [sys.executable, "-c", GROWS, kept]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environment)
    if "mallinfo2" in ended.stderr:
        pytest.skip("this C library does not tell what is in use")
    assert ended.returncode == 0, ended.stderr
    return float(ended.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc tells what is in use")
@pytest.mark.skipif(not has_fast_bf16(torch.device("cpu")), reason="products in float32 are not oneDNN's")
def test_products_of_ever_new_shapes_do_not_fill_the_memory() -> None:
    assert grown_mb("all") > 20.0  # or the test would say nothing
    assert grown_mb("few") < 2.0


def test_who_computes_by_pytorch_keeps_few_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LRU_CACHE_CAPACITY", raising=False)
    monkeypatch.setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "7")
    Models(engine="torch", device="cpu")
    assert os.environ["LRU_CACHE_CAPACITY"] == "64"
    assert os.environ["ONEDNN_PRIMITIVE_CACHE_CAPACITY"] == "7"
