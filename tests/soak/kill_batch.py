"""Kill batches at random, 50 times: `python tests/soak/kill_batch.py --times 50 --seed 1`. Not part of the tests.

A worker, a Ray worker, a driver or a driver on Ray is killed, or a worker is stopped so that it hangs, at a random
moment of a batch, and the batch is run to its end. Then every clip was made once, has the bytes of an undisturbed run,
nothing that was finished was made again, no half-written file is left, and no process. Linux alone: processes are found
in /proc.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import soundfile

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from exges_core import assets  # noqa: E402 - after the path to this very tree

KINDS = ("worker", "driver", "ray worker", "ray driver", "stopped worker", "stopped ray worker")
WEIGHTS = (4, 4, 1, 1, 1, 1)
ENDINGS = (signal.SIGKILL, signal.SIGKILL, signal.SIGINT, signal.SIGTERM)
CLIP_S, STEP_S = 0.8, 0.9
WORKERS = ("exges_core.batch.process", "ray::Maker")
"""What their command lines say: those of this machine, and Ray's."""
LIMIT_S = 300.0
CLIP_LIMIT_S = 15.0
"""Of a clip of 0.8 s, on a busy machine."""
EARLY = 0.25
"""So many rounds kill at any moment from the start on; the others between two clips' ends, where clips are made."""


def write_manifest(folder: Path, clips: int) -> Path:
    """Cut sounds from the demo's, with a transcript each: hearing is not what is killed here."""
    samples, rate_hz = soundfile.read(assets.DEMO_SPEECH)
    lines: list[str] = []
    for number in range(clips):
        name, begin = f"take{number}", round(number * STEP_S * rate_hz)
        soundfile.write(folder / f"{name}.wav", samples[begin : begin + round(CLIP_S * rate_hz)], rate_hz)
        (folder / f"{name}.srt").write_text("1\n00:00:00,050 --> 00:00:00,650\nwell and then\n")
        line = {"id": name, "audio": f"{name}.wav", "transcript": f"{name}.srt", "seed": number, "format": "npz"}
        lines.append(json.dumps({**line, "score_out": f"{{out}}/{name}.score.json"}))
    return _written(folder / "lines.jsonl", "\n".join(lines))


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def start(manifest: Path, out: Path, *, is_ray: bool, log: Path) -> subprocess.Popen[bytes]:
    """Start a batch; its lines go to a file, which outlives it."""
    lines = _written(out.with_suffix(".jsonl"), manifest.read_text(encoding="utf-8").replace("{out}", str(out)))
    command = [sys.executable, "-m", "exges_core.cli", "batch", str(lines), "--out", str(out), "--workers", "2"]
    command += ["--clip-limit", str(CLIP_LIMIT_S), "--engine", "onnx", "--on", "ray" if is_ray else "local"]
    with log.open("ab") as file:
        return subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=file)


def below(pid: int) -> Iterator[int]:
    """Yield a process's children, and theirs."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(each) for task in tasks for each in (task / "children").read_text().split()]
    except (OSError, ValueError):
        return
    for child in children:
        yield child
        yield from below(child)


def is_alive(pid: int) -> bool:
    """Return whether a process runs."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def title(pid: int) -> str:
    """Return a process's command line."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def made(out: Path) -> dict[str, tuple[bytes, int]]:
    """Return what is finished: the bytes and the times of the records and of all files that they vouch for."""
    found: dict[str, tuple[bytes, int]] = {}
    for record in (out / ".exges-batch").glob("[!.]*.json"):  # one that death left half-written vouches for nothing
        values = json.loads(record.read_text(encoding="utf-8"))
        for path in (record, *(out / name for name in values["results"])):
            found[str(path.relative_to(out))] = (path.read_bytes(), path.stat().st_mtime_ns)
    return found


class Soak:
    """Rounds of one seed."""

    def __init__(self, folder: Path, clips: int, seed: int) -> None:
        self.folder, self.clips, self.draw = folder, clips, random.Random(seed)
        self.manifest = write_manifest(folder, clips)
        self.lengths_s: dict[bool, float] = {}
        self.undisturbed: dict[str, bytes] = {}
        self.counts: Counter[str] = Counter()

    def measure(self, is_ray: bool) -> None:
        """Run once undisturbed; the first run of all warms caches up."""
        if not self.lengths_s:
            self.lengths_s[is_ray] = 0.0
            self.measure(is_ray)
        out, begun_s = self.folder / f"undisturbed-{is_ray}-{time.monotonic_ns()}", time.monotonic()
        process = start(self.manifest, out, is_ray=is_ray, log=self.folder / "undisturbed.log")
        assert process.wait(LIMIT_S) == 0, (self.folder / "undisturbed.log").read_text()
        self.lengths_s[is_ray] = time.monotonic() - begun_s
        bytes_of = {path.name: path.read_bytes() for path in out.glob("*.npz")}
        assert len(bytes_of) == self.clips
        assert self.undisturbed in ({}, bytes_of), "Ray makes other bytes"
        self.undisturbed = bytes_of

    def round(self, number: int, kind: str) -> bool:
        """Kill once, go on to the end, check; return whether there was somebody to kill."""
        is_ray, out, log = "ray" in kind, self.folder / f"round-{number}", self.folder / f"round-{number}.log"
        if is_ray not in self.lengths_s:
            self.measure(is_ray)
        ending = self.draw.choice(ENDINGS) if "driver" in kind else signal.SIGKILL
        if "stopped" in kind:
            ending = signal.SIGSTOP
        log.unlink(missing_ok=True)
        process, begun_s = start(self.manifest, out, is_ray=is_ray, log=log), time.monotonic()
        self._wait(process, out, self.lengths_s[is_ray])
        after_s = time.monotonic() - begun_s
        family = list(below(process.pid))
        victim = process.pid if "driver" in kind else self._worker(family, is_ray=is_ray)
        was_there = victim is not None and process.poll() is None
        if was_there and victim is not None:
            os.kill(victim, ending)
        if "driver" in kind and was_there:
            process.wait(LIMIT_S)
            self._check_family(family)
        told = f"round {number}: {kind} by {ending.name} after {after_s:.2f} s"
        before = made(out)
        code = process.wait(LIMIT_S)
        if code != 0:
            code = start(self.manifest, out, is_ray=is_ray, log=log).wait(LIMIT_S)
        assert code == 0, f"{told}: ended with {code}\n{log.read_text()}"
        self._check(out, before, log, told)
        shutil.rmtree(out)
        if was_there:
            self.counts[kind] += 1
            print(f"{told}: {len(before) // 4} finished before", flush=True)
        return was_there

    def _wait(self, process: subprocess.Popen[bytes], out: Path, length_s: float) -> None:
        """Wait for a random moment of a batch, or for its end."""
        if self.draw.random() < EARLY:
            wanted, more_s = 0, self.draw.uniform(0.0, length_s)
        else:
            wanted, more_s = self.draw.randrange(1, self.clips), self.draw.uniform(0.0, length_s / (3 * self.clips))
        while len(list((out / ".exges-batch").glob("*.json"))) < wanted and process.poll() is None:
            time.sleep(0.02)
        limit_s = time.monotonic() + more_s
        while time.monotonic() < limit_s and process.poll() is None:
            time.sleep(0.01)

    def _worker(self, family: Sequence[int], *, is_ray: bool) -> int | None:
        found = [pid for pid in family if WORKERS[is_ray] in title(pid)]
        return self.draw.choice(found) if found else None

    def _check_family(self, family: Sequence[int]) -> None:
        """Wait for all workers of a driver to be gone; what Ray has beside them notices later."""
        limit_s = time.monotonic() + 60.0
        while left := [pid for pid in family if is_alive(pid) and any(each in title(pid) for each in WORKERS)]:
            assert time.monotonic() < limit_s, f"still there: {[title(pid) for pid in left]}"
            time.sleep(0.1)

    def _check(self, out: Path, before: dict[str, tuple[bytes, int]], log: Path, told: str) -> None:
        after = made(out)
        redone = [name for name, was in before.items() if after.get(name) != was]
        assert not redone, f"{told}: made again: {redone}"
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        done = Counter(line.partition(":")[0] for line in lines if ": done, " in line)
        assert max(done.values()) == 1, f"{told}: made twice: {done}"
        records = {path.stem for path in (out / ".exges-batch").glob("*.json")}
        assert records == {f"take{number}" for number in range(self.clips)}, f"{told}: {records}"
        bytes_of = {path.name: path.read_bytes() for path in out.glob("*.npz")}
        assert bytes_of == self.undisturbed, f"{told}: other bytes"
        assert not [path for path in out.rglob("*") if ".part" in path.name], f"{told}: half-written files"
        summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
        assert summary["counts"]["done"] == self.clips, f"{told}: {summary['counts']}"


def main() -> None:
    """Run the rounds; end with 1 at the first that does not hold."""
    parser = argparse.ArgumentParser(description="Kill batches at random.")
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clips", type=int, default=4)
    parser.add_argument("--kind", choices=KINDS, help="only these")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="exges-soak-") as name:
        soak = Soak(Path(name), options.clips, options.seed)
        for number in range(options.times):
            kind = options.kind or soak.draw.choices(KINDS, WEIGHTS)[0]
            while not soak.round(number, kind):
                pass
        print(f"held {options.times} times: {dict(soak.counts)}; {soak.lengths_s}")


if __name__ == "__main__":
    main()
