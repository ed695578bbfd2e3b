"""Run the steps of a soak in a process with bpy and tell what they found."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EACH_S = 60.0
"""So long may one round take on a busy machine; a process that needs more hangs."""


def main(name: str, *, short: int, full: int, what: str | None) -> int:
    """Return 1 if the steps found a fault, or Blender did not live to tell."""
    parser = argparse.ArgumentParser(description=what, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=short, help=f"default {short}; the whole soak: {full}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--nice", type=int, default=15)
    options = parser.parse_args()
    os.nice(options.nice - os.nice(0))
    sys.stdout.write(f"{name}: {options.count} times, seed {options.seed}\n")
    sys.stdout.flush()
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"exges-{name}-") as folder:
        found = _run(name, Path(folder), options)
    for each in found["faults"]:
        sys.stdout.write(f"FAULT {each}\n")
    told = {key: value for key, value in found.items() if key != "faults"}
    sys.stdout.write(f"{json.dumps(told, indent=1)}\n{len(found['faults'])} faults, ")
    sys.stdout.write(f"{time.monotonic() - began_s:.0f} s\n")
    return 1 if found["faults"] else 0


def _run(name: str, folder: Path, options: argparse.Namespace) -> dict[str, list[str]]:
    report = folder / "found.json"
    steps = Path(__file__).parent / "steps" / f"{name}.py"
    python = os.environ.get("EXGES_BLENDER_PYTHON", sys.executable)
    command = [python, "-P", str(steps), str(report), sys.executable, str(options.count), str(options.seed)]
    environment = {
        **os.environ,
        "BLENDER_USER_RESOURCES": str(folder / "home"),
        "EXGES_CACHE": str(folder / "cache"),
        "OMP_NUM_THREADS": "1",
        "TMPDIR": str(folder),
        "PYTHONPATH": str(ROOT),
    }
    limit_s = 600.0 + EACH_S * options.count
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=limit_s
        )
    except subprocess.TimeoutExpired:
        return _with(report, f"not done within {limit_s:.0f} s")
    if done.returncode or not report.is_file():
        return _with(report, f"Blender died ({done.returncode}): {done.stdout[-2000:]} {done.stderr[-2000:]}")
    return json.loads(report.read_text(encoding="utf-8"))


def _with(report: Path, fault: str) -> dict[str, list[str]]:
    """Return what had been found until then, and the fault that ended it."""
    found = json.loads(report.read_text(encoding="utf-8")) if report.is_file() else {"faults": []}
    return {**found, "faults": [*found["faults"], fault]}
