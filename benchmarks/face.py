"""What a face costs in Blender: matching its keys, and 60 s of values for four meshes: `python -m benchmarks.face`.

Printed for each convention: seconds of processor time to match four meshes that have the same keys, and to give all of
them their values at 30 frames a second; the fastest of several runs. Values have to stay below 0.2 s, and matching
10,000 keys whose names are nonsense below 1 s.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from exges_core.face.names import ARKIT_NAMES
from exges_core.face.rigs import ShapeKey, match_shapes, values
from exges_core.face.rigs.tables import CONVENTIONS

MESHES = ("Head", "Teeth", "Tongue", "Lashes")
LIMIT_S, NONSENSE_LIMIT_S = 0.2, 1.0


def fastest_s(work: Callable[[], object], runs: int) -> float:
    """Return the shortest time of several runs."""
    times_s: list[float] = []
    for _ in range(runs):
        begin_s = time.process_time()
        work()
        times_s.append(time.process_time() - begin_s)
    return min(times_s)


def nonsense(count: int) -> list[ShapeKey]:
    """Return keys with long, empty and strange names, in part made of words that shapes are called by."""
    chances = np.random.default_rng(1)
    words = ["brow", "Left", "smile", "\N{GRINNING FACE}", "", "x" * 300, "jaw_open", "Detail", "corr", "09"]
    keys: list[ShapeKey] = []
    for number in range(count):
        name = "_".join(words[int(chances.integers(len(words)))] for _ in range(6))
        keys.append(ShapeKey(mesh="Head", name=f"{name}{number}"))
    return keys


def main() -> int:
    """Measure and print; return 1 if anything takes too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    frames = round(30.0 * options.seconds)
    # Slow waves, so that a mixture's shares change as those of speech do.
    at_s = np.arange(frames)[:, None] / 30.0
    phase = np.random.default_rng(0).uniform(0.0, 2.0 * np.pi, (2, len(ARKIT_NAMES)))
    curves = np.clip(0.5 * np.sin((3.0 + phase[0]) * at_s + phase[1]) + 0.1, 0.0, 1.0)
    slowest_s = 0.0
    print(f"{'convention':20} keys  match s  values s")
    for convention in CONVENTIONS:
        names = [shape.names[0] for shape in convention.shapes.values()]
        keys = [ShapeKey(mesh=mesh, name=name) for mesh in MESHES for name in names]
        match = match_shapes(keys)
        match_s = fastest_s(partial(match_shapes, keys), options.runs)
        values_s = fastest_s(partial(values, match, curves), options.runs)
        slowest_s = max(slowest_s, values_s)
        print(f"{convention.name:20} {len(match.channels):4}  {match_s:7.4f}  {values_s:8.4f}")
    nonsense_s = fastest_s(partial(match_shapes, nonsense(10_000)), 1)
    print(f"10,000 keys of nonsense: {nonsense_s:.2f} s")
    return int(slowest_s > LIMIT_S or nonsense_s > NONSENSE_LIMIT_S)


if __name__ == "__main__":
    sys.exit(main())
