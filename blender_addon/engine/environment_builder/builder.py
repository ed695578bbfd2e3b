# SPDX-License-Identifier: GPL-3.0-or-later
"""One attempt at creating the environment, resumed from wherever the last one ended."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from . import left_out, unpacking
from .machine import clean_environment, index_for, long_paths_allowed, patiently, python_of
from .meter import DOWNLOAD, INSTALL, TIME, Meter, Step
from .pip_output import DownloadReader
from .progress import reason_of, say
from .sizes import PYC_PER_PY, device_for, size_for

PYTHONS = ((3, 11), (3, 14))
"""Oldest and newest Python that the engine's packages exist for."""
LONGEST_INSIDE = 192
"""Longest path inside an environment, in letters: torch's licence files, from site-packages on."""
_VENV_S, _PIP_S, _RESOLVE_S, _CHECK_S = 2.6, 2.0, 1.5, 7.0
"""So long the empty environment, pip's update, its choice of what to install and the check take on the machine whose
speeds `meter` begins with."""
_SLOWEST = 12.0
_TICK_S = 1.0


class BuildError(Exception):
    """The environment cannot be created; the message is shown to the user."""


class Builder:
    """One attempt, resumed from wherever the last one ended."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.root: Path = options.root
        self.wheel: Path = options.wheel
        self.offline: Path | None = options.wheels
        self.device = device_for(options.device)
        self.index = index_for(platform.system(), self.device, options.torch_index)
        self.venv, self.wheels = self.root / "venv", self.root / "wheels"
        self.python = python_of(self.venv)
        self.size = size_for(platform.system(), self.device, options.torch_index)
        self.stand_ins = self.root / "stand_ins"
        self._child: subprocess.Popen[str] | None = None
        self._meter = Meter(self._steps(), say)
        self._watched: Callable[[], float] | None = None
        self._has_ended = threading.Event()

    def _steps(self) -> list[Step]:
        """Return all that is to be done; what turns out to be done already is passed over."""
        torch, others = self.size.torch, self.size.others
        unpacked = sum(each.unpacked_mb + unpacking.COMPILED * PYC_PER_PY * each.python_mb for each in (torch, others))
        download = [
            Step(name="pip", kind=TIME, amount=_PIP_S),
            Step(name="torch", kind=DOWNLOAD, amount=1e6 * torch.download_mb),
            Step(name="packages", kind=DOWNLOAD, amount=1e6 * others.download_mb),
        ]
        return [
            Step(name="environment", kind=TIME, amount=_VENV_S),
            *(download if self.offline is None else ()),
            Step(name="resolve", kind=TIME, amount=_RESOLVE_S),
            Step(name="install", kind=INSTALL, amount=1e6 * unpacked),
            Step(name="check", kind=TIME, amount=_CHECK_S),
        ]

    @property
    def _exges(self) -> str:
        """Return what pip is asked for: exges with PyTorch, which a light installation does without."""
        return f"{self.wheel}[torch]"

    @property
    def _key(self) -> dict[str, str]:
        return {"wheel": self.wheel.name, "device": self.device, "python": platform.python_version()}

    def stage(self) -> str:
        """Return the last finished stage for this version, device and Python, '' if there is none."""
        try:
            state = json.loads((self.root / "state.json").read_text(encoding="utf-8"))
            return state["stage"] if all(state[name] == value for name, value in self._key.items()) else ""
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def remember(self, stage: str) -> None:
        """Store a finished stage, atomically."""
        part = self.root / "state.json.part"
        part.write_text(json.dumps({**self._key, "stage": stage}), encoding="utf-8")
        patiently(lambda: os.replace(part, self.root / "state.json"))

    def check_place(self) -> None:
        """Check the Python, the disk and the folder before anything is done.

        Raises:
            BuildError: naming what will not do.
        """
        found = sys.version_info[:2]
        if not PYTHONS[0] <= found <= PYTHONS[1]:
            raise BuildError(
                f"Python: expected 3.{PYTHONS[0][1]} to 3.{PYTHONS[1][1]}, got {platform.python_version()} "
                f"({sys.executable}). Choose another Python under Create With in the preferences."
            )
        free_gb, needed_gb = shutil.disk_usage(self.root).free / 1e9, self.size.needed_gb
        if free_gb < needed_gb and self.stage() != "done":
            raise BuildError(
                f"{self.root}: expected {needed_gb:.1f} GB of free disk, got {free_gb:.1f} GB. Free some space, or "
                "choose an environment folder on another disk."
            )
        if not long_paths_allowed() and len(str(self.venv)) + LONGEST_INSIDE > 259:
            raise BuildError(
                f"{self.root}: expected a folder of at most {259 - LONGEST_INSIDE - len('/venv')} letters, got "
                f"{len(str(self.root))}: Windows takes 260 in all. Choose a shorter environment folder."
            )

    def run(self, command: Sequence[str | Path], what: str, *, on_line: Callable[[str], None] | None = None) -> None:
        """Run a command with its output into the log.

        Raises:
            BuildError: if it fails, with the reason in plain words.
        """
        tail: list[str] = []
        with (self.root / "log.txt").open("a", encoding="utf-8") as log:
            log.write(f"\n{time.strftime('%Y-%m-%d %H:%M:%S')} $ {' '.join(map(str, command))}\n")
            log.flush()
            self._child = subprocess.Popen(  # noqa: S603 - the user chose this Python in the preferences
                [str(each) for each in command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
                env=clean_environment(),
                start_new_session=os.name != "nt",
                creationflags=0x08000000 if os.name == "nt" else 0,  # CREATE_NO_WINDOW
            )
            for line in self._child.stdout or ():
                if not line.startswith("Progress "):
                    log.write(line)
                    log.flush()
                    tail = [*tail[-40:], line.rstrip()]
                if on_line is not None:
                    on_line(line.rstrip())
            code = self._child.wait()
            self._child = None
        if code != 0:
            raise BuildError(f"{what} failed: {reason_of(tail)}. Log: {self.root / 'log.txt'}")

    def stop(self) -> None:
        """Kill the running command and its children."""
        child = self._child
        if child is None:
            return
        if os.name == "nt":
            subprocess.run(["taskkill", "/T", "/F", "/PID", str(child.pid)], check=False, capture_output=True)  # noqa: S603, S607
        else:
            os.killpg(child.pid, signal.SIGKILL)

    def build(self) -> None:
        """Do the stages that are left.

        Raises:
            BuildError: if a stage fails.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        self.check_place()
        threading.Thread(target=self._tick, daemon=True).start()
        try:
            self._build()
        finally:
            self._has_ended.set()

    def _build(self) -> None:
        if self.stage() != "done":
            if self.stage() not in {"empty", "downloaded"} or not self.python.is_file():
                self._make_empty()
            if self.offline is None:
                self._download()
            self._install(self.offline or self.wheels)
        self._meter.begin("check", "Checking the engine")
        self.run([self.python, "-m", "exges_core.cli", "doctor", "--json", self.root / "doctor.json"], "The check")
        self.remember("done")
        for folder in (self.wheels, self.stand_ins):
            shutil.rmtree(folder, ignore_errors=True)

    def _tick(self) -> None:
        """Tell once a second how far it is, whatever pip says."""
        while not self._has_ended.wait(_TICK_S):
            watched = self._watched
            if watched is not None:
                self._meter.reach(watched())
            self._meter.tick()

    def _make_empty(self) -> None:
        self._meter.begin("environment", "Creating an empty environment")
        begun_s = time.monotonic()
        self.run([sys.executable, "-m", "venv", "--clear", self.venv], "Creating an empty environment")
        self._meter.slowness = min(_SLOWEST, max(1.0, (time.monotonic() - begun_s) / _VENV_S))
        if self.stage() != "installing":
            self.remember("empty")

    def _download(self) -> None:
        self._meter.begin("pip", "Updating pip")
        try:
            self.run([self.python, "-m", "pip", "install", "--upgrade", "pip"], "Updating pip")
        except BuildError:
            self._meter.text = "Keeping the old pip"  # which works as well
        if self.stage() in {"downloaded", "installing"} and any(self.wheels.glob("exges-*.whl")):
            return
        self.wheels.mkdir(exist_ok=True)
        command = [self.python, "-m", "pip", "wheel", "--wheel-dir", self.wheels, "--find-links", self.wheels]
        command += self._progress_option()
        torch = ["--index-url", self.index] if self.index else []
        self._meter.begin("torch", "Downloading torch")
        self.run(
            [*command, "--no-deps", *torch, "torch>=2.4,<2.14"],
            "Downloading torch",
            on_line=DownloadReader(self._meter),
        )
        self._meter.begin("packages", "Downloading the other packages")
        self.run(
            [*command, *self._constrained(self.wheels), self._exges],
            "Downloading the other packages",
            on_line=DownloadReader(self._meter, known=("torch", "exges")),
        )
        self.remember("downloaded")

    def _constrained(self, wheels: Path) -> list[str | Path]:
        """Return the options that hold pip to the torch in a folder, and leave out what that torch has no use for."""
        found = sorted(wheels.glob("torch-*.whl"))
        if not found:
            return []  # pip says in its own words that it is missing
        lines = [f"torch=={found[-1].name.split('-')[1]}"]  # else pip may pick a newer build for another device
        options: list[str | Path] = []
        if self.device != "cuda" and not left_out.asks_for(found[-1], left_out.NAME):
            lines.append(left_out.write_stand_in(self.stand_ins))
            options = ["--find-links", self.stand_ins]
        pinned = self.root / "constraints.txt"
        pinned.write_text("\n".join((*lines, "")), encoding="utf-8")
        return ["--constraint", pinned, *options]

    def _progress_option(self) -> list[str]:
        """Return the option that makes pip print bytes, from pip 24.1 on."""
        said = subprocess.run(  # noqa: S603
            [str(self.python), "-m", "pip", "--version"], check=False, capture_output=True, text=True
        ).stdout.split()
        version = tuple(int(each) for each in said[1].split(".")[:2] if each.isdigit()) if len(said) > 1 else ()
        return ["--progress-bar", "raw"] if version >= (24, 1) else []

    def _install(self, wheels: Path) -> None:
        command = [
            self.python,
            "-m",
            "pip",
            "install",
            "--no-index",
            "--find-links",
            wheels,
            "--no-warn-script-location",
        ]
        self.remember("installing")  # if it ends now, the environment is neither empty nor complete
        self._meter.begin("resolve", "Installing the packages")
        command += self._constrained(wheels)
        packages = next(self.venv.glob("lib/python*/site-packages"), self.venv / "Lib" / "site-packages")
        before = unpacking.amount_on(packages)

        def follow(line: str) -> None:
            names = unpacking.named(line)
            if names:
                self._meter.begin("install", "Installing the packages")
                chosen = unpacking.wheels_of((wheels, self.stand_ins, self.wheel.parent), names)
                self._meter.expect("install", unpacking.amount_in(chosen))
                self._watched = lambda: unpacking.amount_on(packages) - before

        try:
            self.run([*command, self._exges], "Installing the packages", on_line=follow)
        finally:
            self._watched = None


def _follow_input(builder: Builder) -> None:
    while os.read(0, 1024):  # not through sys.stdin, whose lock a thread would hold while Python ends
        pass
    builder.stop()
    os._exit(130)


def main(arguments: Sequence[str] | None = None) -> int:
    """Create the environment and report how it ended."""
    parser = argparse.ArgumentParser(description="Create the environment of the ExGes engine.")
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--wheel", type=Path, required=True, help="the exges wheel of the extension")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    parser.add_argument("--wheels", type=Path, help="folder of wheels to install from instead of downloading")
    parser.add_argument("--torch-index", default="", help="'' = by device, 'default' = pip's own, or a URL")
    options = parser.parse_args(arguments)
    try:
        builder = Builder(options)
        threading.Thread(target=_follow_input, args=(builder,), daemon=True).start()
        builder.build()
    except (BuildError, OSError) as error:
        text = str(error) if isinstance(error, BuildError) else f"{reason_of([str(error)])} ({error})"
        say(failed=text)
        return 2
    except Exception as error:  # noqa: BLE001 - nobody sees this process, so a defect must be reported
        traceback.print_exc()
        say(failed=f"a defect in ExGes: {type(error).__name__}: {error}")
        return 1
    say(done=str(builder.python))
    return 0
