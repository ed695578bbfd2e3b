"""Mutated and made-up files through every reader: each is accepted, or refused with one line, and nothing else happens.

    python tests/soak/fuzz.py                             300 inputs of seed 1
    python tests/soak/fuzz.py --count 10000 --seed 7      a soak: a quarter of an hour
    python tests/soak/fuzz.py --seed 7 --only 4711        one of them again

Readers run in child processes (`fuzz_child`) that may not write outside their folder, unpickle, open a connection, need
over 2 GB or take over 30 s; what a child may not do ends as a fault here, with the files that brought it about.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]
PER_CHILD = 500
LIMIT_S = 30.0
START_S = 300.0
"""A child imports torch first, which takes long on a busy machine."""


def started(folder: Path, keep: Path, seed: int, numbers: range, only_kind: str) -> subprocess.Popen[str]:
    """Start a child for some inputs, in a folder of its own."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "tmp").mkdir(parents=True)
    environment = {
        **os.environ,
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
        "MALLOC_ARENA_MAX": "2",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests"))),
        "TMPDIR": str(folder / "tmp"),
        "EXGES_CACHE": str(folder / "cache"),
        "EXGES_FUZZ_KEEP": str(keep),
    }
    command = [sys.executable, "-m", "soak.fuzz_child", str(seed), str(numbers.start), str(numbers.stop), str(folder)]
    command += [only_kind] if only_kind else []
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)


def records(stream: IO[str]) -> Any:
    """Yield what a child writes, a record a line."""
    for line in stream:
        yield json.loads(line)


class Tally:
    """What came of all inputs; the files of faults are kept by whoever meets them."""

    def __init__(self, seed: int, keep: Path) -> None:
        self.seed, self.keep = seed, keep / f"seed-{seed}"
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.seconds: dict[str, float] = defaultdict(float)
        self.slowest: list[tuple[float, str]] = []
        self.largest_mb = 0.0
        self.faults: Counter[str] = Counter()

    def add(self, record: dict[str, Any]) -> None:
        """Count an input, and show a fault."""
        self.outcomes[record["kind"], record["outcome"]] += 1
        name = f"{record['kind']} {record['at']}"
        self.seconds[record["kind"]] += record.get("seconds", 0.0)
        self.slowest = sorted([*self.slowest, (record.get("seconds", 0.0), name)], reverse=True)[:5]
        self.largest_mb = max(self.largest_mb, record.get("mb", 0.0))
        if record["outcome"] != "fault":
            return
        self.faults[f"{record['kind']}: {record['text'].strip().splitlines()[-1][:200]} {record.get('place', '')}"] += 1
        sys.stdout.write(f"FAULT {name} ({record['how']}): {record['text']}\n")
        sys.stdout.flush()

    def summary(self) -> str:
        """Return the counts, a line per kind."""
        kinds = sorted({kind for kind, _ in self.outcomes})
        lines = [f"{'kind':<14}{'accepted':>9}{'refused':>9}{'faults':>8}"]
        for kind in (*kinds, "all"):
            counts = [
                sum(count for (each, what), count in self.outcomes.items() if what == outcome and kind in (each, "all"))
                for outcome in ("accepted", "refused", "fault")
            ]
            lines.append(f"{kind:<14}{counts[0]:>9}{counts[1]:>9}{counts[2]:>8}")
        lines += [f"{count} x {what}" for what, count in self.faults.most_common()]
        lines.append(
            "seconds by kind: " + ", ".join(f"{kind} {took:.0f}" for kind, took in sorted(self.seconds.items()))
        )
        lines.append("slowest: " + ", ".join(f"{name} {seconds:.2f} s" for seconds, name in self.slowest))
        lines.append(f"most memory of a child, all it imports included: {self.largest_mb:.0f} MB")
        return "\n".join(lines)


def soak(numbers: range, tally: Tally, only_kind: str, folder: Path) -> None:
    """Run the inputs, starting a new child where one ended early."""
    at = numbers.start
    while at < numbers.stop:
        child = started(folder, tally.keep, tally.seed, range(at, min(at + PER_CHILD, numbers.stop)), only_kind)
        assert child.stdout is not None
        sys.stdout.write(f"{at} done, {sum(tally.faults.values())} faults\n" if at > numbers.start else "")
        sys.stdout.flush()
        begun: dict[str, Any] | None = None
        for record in records(child.stdout):
            if record["outcome"] == "begun":
                begun = record
                continue
            tally.add(record)
            begun, at = None, record["at"] + 1
        code = child.wait()
        if begun is not None:
            told = (folder / "stack.txt").read_text(encoding="utf-8", errors="replace").strip()
            why = "over 30 s" if "Timeout" in told else f"the child died (exit code {code})"
            shutil.copytree(folder / "in", tally.keep / f"{begun['at']}-{begun['kind']}", dirs_exist_ok=True)
            tally.add({**begun, "outcome": "fault", "text": f"{told[:3000]}\n{why}"})
            at = begun["at"] + 1
        elif code:
            words = (folder / "printed.txt").read_text(encoding="utf-8", errors="replace")
            raise SystemExit(f"a child could not start (exit code {code}):\n{words[-3000:]}")


def main() -> int:
    """Return 1 if anything but an acceptance or a refusal came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, default=None, metavar="NUMBER", help="one input")
    parser.add_argument("--kind", default="", help="inputs of this kind alone")
    parser.add_argument("--keep", type=Path, default=Path("out/fuzz"), help="where files of faults go")
    parser.add_argument("--nice", type=int, default=19, help="how far it stands back on a machine that is shared")
    options = parser.parse_args()
    os.nice(options.nice - os.nice(0))
    numbers = range(options.count) if options.only is None else range(options.only, options.only + 1)
    tally, began_s = Tally(options.seed, options.keep.resolve()), time.monotonic()
    sys.stdout.write(f"seed {options.seed}, {len(numbers)} inputs\n")
    with tempfile.TemporaryDirectory(prefix="exges-fuzz-") as folder:
        soak(numbers, tally, options.kind, Path(folder) / "child")
    sys.stdout.write(f"{tally.summary()}\n{time.monotonic() - began_s:.0f} s\n")
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
