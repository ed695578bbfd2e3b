# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the engine's environment. A plain script in a process of its own, run by any Python 3.11 to 3.14.

Standard library only: neither Blender nor exges is there. It writes one line of JSON per step, {"stage", "fraction",
"text"}, and at the end {"done": python} or {"failed": sentence}; all that pip says goes to the log. It ends when its
input closes, so it never outlives Blender. Started again, it goes on: what was downloaded is kept, and an environment
that was being filled when it ended is made anew from that.

    ROOT/venv            the environment
    ROOT/wheels          downloads, deleted when all is well
    ROOT/state.json      how far it is, and for which version and device
    ROOT/log.txt         everything that was said
"""

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

PYTHONS = ((3, 11), (3, 14))
"""Oldest and newest Python that the engine's packages exist for."""
FREE_GB = {"cpu": 4.0, "mps": 4.0, "cuda": 14.0}
"""What downloads and environment take at their largest."""
LONGEST_INSIDE = 192
"""Letters of the longest path inside an environment (torch's licence files), site-packages included."""
TORCH_INDEX = "https://download.pytorch.org/whl/"
_BUILDS = {("Linux", "cpu"): "cpu", ("Windows", "cuda"): "cu128"}
"""Where the package index itself has another build of torch for a system and device; elsewhere it has the right one."""
_REASONS = (
    (("No space left", "[Errno 28]", "WinError 112"), "the disk is full. Free some space and press the button again"),
    (
        ("Name or service not known", "name resolution", "getaddrinfo", "NewConnectionError", "Max retries exceeded"),
        "there is no way to the package index. Check the network or proxy, or choose a folder of wheels",
    ),
    (
        ("CERTIFICATE_VERIFY_FAILED", "SSLError"),
        "the connection's certificate is not trusted. Behind a company's proxy set PIP_CERT to its certificate file, "
        "or choose a folder of wheels",
    ),
    (("ReadTimeout", "timed out", "IncompleteRead"), "the download broke off. Press the button again: it goes on"),
    (
        ("WinError 5]", "WinError 32]", "PermissionError", "Permission denied"),
        "a file could not be written or is in use, by a virus scanner perhaps. Press the button again, or choose "
        "another environment folder",
    ),
    (("long path", "Long Path", "WinError 206"), "the folder's path is too long. Choose a shorter environment folder"),
    (
        ("No matching distribution", "Could not find a version"),
        "a package does not exist for this Python and system. Choose another Python, or look into the log",
    ),
    (
        ("ensurepip", "No module named venv", "No module named pip"),
        "this Python cannot make environments. Install its venv and pip (on Debian and Ubuntu: python3-venv), or "
        "choose another Python",
    ),
)


class BuildError(Exception):
    """The environment cannot be made; the message is for people."""


def say(**values: object) -> None:
    """Write one line of JSON."""
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


def reason_of(lines: Sequence[str]) -> str:
    """Return in plain words why pip or venv failed, from what they said last."""
    text = "\n".join(lines)
    for signs, words in _REASONS:
        if any(sign in text for sign in signs):
            return words
    errors = [line for line in lines if line.lower().lstrip().startswith("error")] or list(lines[-1:])
    return f"it said: {errors[-1].strip()[:300]}" if errors else "it said nothing"


def device_for(wanted: str) -> str:
    """Return cpu, cuda or mps for `auto`; anything else as it is."""
    if wanted != "auto":
        return wanted
    if platform.system() == "Darwin":
        return "mps" if platform.machine() == "arm64" else "cpu"
    return "cuda" if shutil.which("nvidia-smi") else "cpu"


def index_for(system: str, device: str, wanted: str) -> str:
    """Return torch's own index for a system and device, '' where pip's has that build or the user says `default`."""
    if wanted == "default":
        return ""
    build = _BUILDS.get((system, device))
    return wanted or (TORCH_INDEX + build if build else "")


def python_of(venv: Path, *, is_windows: bool = os.name == "nt") -> Path:
    """Return an environment's Python."""
    return venv / "Scripts" / "python.exe" if is_windows else venv / "bin" / "python"


def long_paths_allowed() -> bool:
    """Say whether this system takes paths of more than 260 characters: on Windows a setting."""
    if os.name != "nt":
        return True
    import winreg

    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SYSTEM\CurrentControlSet\Control\FileSystem") as key:
            return bool(winreg.QueryValueEx(key, "LongPathsEnabled")[0])
    except OSError:
        return False


class Builder:
    """One attempt, from wherever the last one ended."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.root: Path = options.root
        self.wheel: Path = options.wheel
        self.offline: Path | None = options.wheels
        self.device = device_for(options.device)
        self.index = index_for(platform.system(), self.device, options.torch_index)
        self.venv, self.wheels = self.root / "venv", self.root / "wheels"
        self.python = python_of(self.venv)
        self._child: subprocess.Popen[str] | None = None
        self._is_over = False

    @property
    def _key(self) -> dict[str, str]:
        return {"wheel": self.wheel.name, "device": self.device, "python": platform.python_version()}

    def stage(self) -> str:
        """Return what the last attempt finished for the same version, device and Python; '' if nothing."""
        try:
            state = json.loads((self.root / "state.json").read_text(encoding="utf-8"))
            return state["stage"] if all(state[name] == value for name, value in self._key.items()) else ""
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def remember(self, stage: str) -> None:
        """Note what is finished, whole or not at all."""
        part = self.root / "state.json.part"
        part.write_text(json.dumps({**self._key, "stage": stage}), encoding="utf-8")
        patiently(lambda: os.replace(part, self.root / "state.json"))

    def check_place(self) -> None:
        """Refuse a Python, a disk or a folder with which it could not end well.

        Raises:
            BuildError: saying which.
        """
        found = sys.version_info[:2]
        if not PYTHONS[0] <= found <= PYTHONS[1]:
            raise BuildError(
                f"Python: expected 3.{PYTHONS[0][1]} to 3.{PYTHONS[1][1]}, got {platform.python_version()} "
                f"({sys.executable}). Choose another Python in the preferences."
            )
        free_gb, needed_gb = shutil.disk_usage(self.root).free / 1e9, FREE_GB[self.device]
        if free_gb < needed_gb and self.stage() != "done":
            raise BuildError(
                f"{self.root}: expected {needed_gb:.0f} GB of free disk, got {free_gb:.1f} GB. Free some space, or "
                "choose an environment folder on another disk."
            )
        if not long_paths_allowed() and len(str(self.venv)) + LONGEST_INSIDE > 259:
            raise BuildError(
                f"{self.root}: expected a folder of at most {259 - LONGEST_INSIDE - len('/venv')} letters, got "
                f"{len(str(self.root))}: Windows takes 260 in all. Choose a shorter environment folder."
            )

    def run(self, command: Sequence[str | Path], what: str, *, on_line: Callable[[str], None] | None = None) -> None:
        """Run a command, its words into the log.

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
            raise BuildError(f"{what} failed: {reason_of(tail)}. The log: {self.root / 'log.txt'}")

    def stop(self) -> None:
        """End what runs, with its children."""
        child = self._child
        if child is None:
            return
        if os.name == "nt":
            subprocess.run(["taskkill", "/T", "/F", "/PID", str(child.pid)], check=False, capture_output=True)  # noqa: S603, S607
        else:
            os.killpg(child.pid, signal.SIGKILL)

    def build(self) -> None:
        """Do what is left to do.

        Raises:
            BuildError: with a sentence for people.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        self.check_place()
        if self.stage() != "done":
            if self.stage() not in {"empty", "downloaded"} or not self.python.is_file():
                self._say("environment", 0.02, "Making an empty environment")
                self.run([sys.executable, "-m", "venv", "--clear", self.venv], "Making an empty environment")
                if self.stage() != "installing":
                    self.remember("empty")
            if self.offline is None:
                self._download()
            self._install(self.offline or self.wheels)
        self._say("check", 0.96, "Checking the engine")
        self.run([self.python, "-m", "exges_core.cli", "doctor", "--json", self.root / "doctor.json"], "The check")
        self.remember("done")
        shutil.rmtree(self.wheels, ignore_errors=True)

    def _say(self, stage: str, fraction: float, text: str) -> None:
        say(stage=stage, fraction=round(fraction, 4), text=text)

    def _download(self) -> None:
        self._say("pip", 0.04, "Renewing pip")
        try:
            self.run([self.python, "-m", "pip", "install", "--upgrade", "pip"], "Renewing pip")
        except BuildError:
            self._say("pip", 0.05, "pip stays as it is")  # an older one does as well
        if self.stage() in {"downloaded", "installing"} and any(self.wheels.glob("exges-*.whl")):
            return
        self.wheels.mkdir(exist_ok=True)
        command = [self.python, "-m", "pip", "wheel", "--wheel-dir", self.wheels, "--find-links", self.wheels]
        command += self._progress_option()
        torch = ["--index-url", self.index] if self.index else []
        self.run(
            [*command, "--no-deps", *torch, "torch>=2.4,<2.14"],
            "Downloading torch",
            on_line=Teller("torch", 0.06, 0.50),
        )
        version = sorted(self.wheels.glob("torch-*.whl"))[-1].name.split("-")[1]
        pinned = self.root / "constraints.txt"
        pinned.write_text(f"torch=={version}\n", encoding="utf-8")  # else a newer build for another device may win
        self.run(
            [*command, "--constraint", pinned, self.wheel],
            "Downloading the other packages",
            on_line=Teller("packages", 0.50, 0.80),
        )
        self.remember("downloaded")

    def _progress_option(self) -> list[str]:
        """Return the option that makes pip tell bytes; it came with pip 24.1."""
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
        self.remember("installing")  # if it ends now, what is there is neither empty nor whole
        self._say("install", 0.80, "Installing the packages")
        self.run([*command, self.wheel], "Installing the packages", on_line=Teller("install", 0.80, 0.95))


class Teller:
    """Turns pip's lines into progress between two fractions."""

    def __init__(self, stage: str, start: float, stop: float) -> None:
        self._stage, self._start, self._span = stage, start, stop - start
        self._seen, self._text, self._told_s = 0, "", 0.0

    def __call__(self, line: str) -> None:
        """Tell of one line, if it tells anything."""
        words = line.split()
        if words[:1] == ["Progress"] and len(words) == 4 and int(words[3]) > 0:
            self._tell_bytes(int(words[1]), int(words[3]))
            return
        if words[:1] in (["Collecting"], ["Processing"], ["Downloading"], ["Installing"], ["Building"]):
            self._seen += words[0] in {"Collecting", "Processing"}
            self._text = f"{words[0]} {Path(words[1]).name if len(words) > 1 else ''}".strip()
            # How many packages there will be, nobody knows: half the way after twenty.
            say(stage=self._stage, fraction=self._start + self._span * self._seen / (self._seen + 20), text=self._text)

    def _tell_bytes(self, done: int, total: int) -> None:
        if time.monotonic() - self._told_s < 0.5:
            return
        self._told_s = time.monotonic()
        part = done / total if self._stage == "torch" else self._seen / (self._seen + 20)
        text = f"{self._text} ({done / 1e6:.0f} of {total / 1e6:.0f} MB)"
        say(stage=self._stage, fraction=self._start + self._span * part, text=text)


def clean_environment() -> dict[str, str]:
    """Return the environment for pip: the user's own index, proxy and certificate, but nothing that leads elsewhere."""
    led_astray = {
        "PYTHONHOME",
        "PYTHONPATH",
        "PIP_TARGET",
        "PIP_PREFIX",
        "PIP_ROOT",
        "PIP_USER",
        "PIP_REQUIRE_VIRTUALENV",
    }
    environment = {name: value for name, value in os.environ.items() if name not in led_astray}
    return {
        **environment,
        "PYTHONNOUSERSITE": "1",
        "PYTHONSAFEPATH": "1",
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
        "PIP_NO_INPUT": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_RESUME_RETRIES": "8",  # a pip that knows it goes on in the middle of a file
    }


def patiently(action: Callable[[], None]) -> None:
    """Do something to a file, again while a virus scanner holds it.

    Raises:
        OSError: if it does not work within about three seconds.
    """
    for pause_s in (0.05, 0.1, 0.2, 0.4, 0.8, 1.6):
        try:
            return action()
        except PermissionError:
            time.sleep(pause_s)
    return action()


def _follow_input(builder: Builder) -> None:
    while sys.stdin.buffer.read(1024):
        pass
    builder.stop()
    os._exit(130)


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the environment and say how it ended."""
    parser = argparse.ArgumentParser(description="Make the environment of the ExGes engine.")
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--wheel", type=Path, required=True, help="the exges wheel of the extension")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    parser.add_argument("--wheels", type=Path, help="a folder of wheels; nothing is downloaded then")
    parser.add_argument("--torch-index", default="", help="'' = by device, 'default' = pip's own, or an address")
    options = parser.parse_args(arguments)
    try:
        builder = Builder(options)
        threading.Thread(target=_follow_input, args=(builder,), daemon=True).start()
        builder.build()
    except (BuildError, OSError) as error:
        text = str(error) if isinstance(error, BuildError) else f"{reason_of([str(error)])} ({error})"
        say(failed=text)
        return 2
    except Exception as error:  # noqa: BLE001 - a defect must be told: nobody sees this process
        traceback.print_exc()
        say(failed=f"a defect in ExGes: {type(error).__name__}: {error}")
        return 1
    say(done=str(builder.python))
    return 0


if __name__ == "__main__":
    sys.exit(main())
