# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's environment from Blender's side: where it goes, creating, examining and deleting it.

No bpy in here. `environment_builder` does the work in a process of its own. Both jobs below are driven by calling
`step`, as `client.Job` is: by a timer under a window, in a loop without one.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from exges_core import json_text
from exges_core.errors import Cancelled, OutputError, WorkerError, message
from exges_core.json_lines import is_object

from . import process
from .environment_builder import builder, machine
from .process import LineProcess

ROOM_FOR_ROOT = 259 - builder.LONGEST_INSIDE - len("/venv")
"""Longest path of an environment's folder, in letters, where Windows does not allow long paths."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The environment to create.

    Attributes:
        root: its folder, which holds nothing else.
        python: any Python 3.11 to 3.14 with venv and pip, such as Blender's own.
        wheel: the exges wheel of the extension.
        device: auto, cpu, cuda or mps.
        wheels: a folder of wheels; None = download from the package index.
        torch_index: '' = by device, 'default' = pip's own index, or a URL.
    """

    root: Path
    python: str
    wheel: Path
    device: str = "auto"
    wheels: Path | None = None
    torch_index: str = ""

    def command(self) -> tuple[str, ...]:
        """Return the builder's command line."""
        offline = () if self.wheels is None else ("--wheels", str(self.wheels))
        index = () if not self.torch_index else ("--torch-index", self.torch_index)
        script = str(Path(builder.__file__).parent)
        place = ("--root", str(self.root), "--wheel", str(self.wheel), "--device", self.device)
        return (self.python, "-I", script, *place, *offline, *index)


class Creation:
    """Creates an environment. Call `step` until it returns True; then `python` is the engine's Python.

    `left_s` is the time left in seconds, None before that is known. It never grows; `is_slower` says it is too short.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.stage, self.fraction, self.text = "starting", 0.0, "Starting"
        self.started_s = time.monotonic()
        self.left_s: float | None = None
        self.is_slower = False
        self.python = ""
        self._process: LineProcess | None = None
        self._is_cancelled = False

    @property
    def log_path(self) -> Path:
        """Return the log file."""
        return self.recipe.root / "log.txt"

    def start(self) -> None:
        """Start the builder.

        Raises:
            WorkerError: if its Python cannot be started.
            OutputError: if its folder cannot be created.
        """
        try:
            self.recipe.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                message(
                    expected="a writable folder",
                    got=error.strerror or str(error),
                    where=str(self.recipe.root),
                    do="Choose another environment folder in the preferences.",
                )
            ) from error
        try:
            self._process = LineProcess(self.recipe.command())
        except OSError as error:
            raise WorkerError(
                message(
                    expected="a Python 3.11 to 3.14",
                    got=f"{self.recipe.python!r} ({error.strerror or error})",
                    where="Set Up",
                    do="Choose another Python under Create With in the preferences.",
                )
            ) from error

    def step(self) -> bool:
        """Process the builder's output; return True once the environment is ready.

        Raises:
            WorkerError: if it cannot be created; downloads are kept.
            Cancelled: after `cancel`.
        """
        if self._process is None:
            self.start()
        if self._is_cancelled:
            self.end()
            raise Cancelled("Set Up was cancelled; downloads are kept for the next attempt.")
        assert self._process is not None
        for line in self._process.read():
            self._take_in(line)
        if not self.python and self._process.is_finished:
            code, words = self._process.stop(grace_s=1.0), " ".join(self._process.log[-2:])
            raise WorkerError(
                f"Set Up: its process exited with code {code}. {words} Press the button again to resume. "
                f"Log: {self.log_path}"
            )
        return bool(self.python)

    def _take_in(self, line: str) -> None:
        try:
            said = json_text.parse(line)
        except ValueError:
            return  # output of a library
        if not is_object(said):
            return  # a library's, too: a number alone is JSON
        values = cast("Mapping[str, Any]", said)
        if "failed" in values:
            self.end()
            raise WorkerError(f"Set Up: {values['failed']}")
        if "done" in values:
            self.end()
            self.fraction, self.python = 1.0, str(values["done"])
        else:
            self.stage, self.fraction, self.text = values["stage"], float(values["fraction"]), values["text"]
            self.left_s, self.is_slower = values["left_s"], bool(values["is_slower"])

    def cancel(self) -> None:
        """Ask it to stop; the next `step` raises Cancelled."""
        self._is_cancelled = True

    def end(self) -> None:
        """End the builder and its child processes."""
        if self._process is not None:
            self._process.stop(grace_s=3.0)


class Examination:
    """Runs `exges doctor` in an environment: device, versions, weights. Call `step` until it returns True."""

    LIMIT_S = 180.0

    def __init__(self, python: str, *, variables: Mapping[str, str] | None = None) -> None:
        """Start it.

        Args:
            python: of the environment.
            variables: environment variables that place the engine's caches.

        Raises:
            WorkerError: if it cannot be started.
        """
        self.python = python
        self.findings: tuple[dict[str, Any], ...] = ()
        self._folder = tempfile.TemporaryDirectory(prefix="exges-")
        self._report = Path(self._folder.name) / "doctor.json"
        self._started_s = time.monotonic()
        try:
            command = (python, "-m", "exges_core.cli", "doctor", "--json", str(self._report))
            self._process = LineProcess(command, environment=variables)
        except OSError as error:
            self._folder.cleanup()
            raise WorkerError(
                message(
                    expected="a Python that has exges",
                    got=f"{python!r} ({error.strerror or error})",
                    where="Check",
                    do="Choose another Python, or press Set Up.",
                )
            ) from error

    def step(self) -> bool:
        """Return True once the findings have arrived.

        Raises:
            WorkerError: if they do not arrive.
        """
        self._process.read()
        is_late = time.monotonic() - self._started_s > self.LIMIT_S
        if not (self._process.is_finished or is_late):
            return False
        self.end()
        try:
            self.findings = tuple(cast("dict[str, list[dict[str, Any]]]", json_text.read(self._report))["findings"])
        except (OSError, ValueError, KeyError) as error:
            words = f"it took longer than {self.LIMIT_S:.0f} s" if is_late else " ".join(self._process.log[-2:])
            if any("No module named 'exges_core'" in line for line in self._process.log):
                words = "exges is not installed there"
            raise WorkerError(
                f"Check: {self.python} could not be examined: {words or error}. Choose another Python, or press Set Up."
            ) from error
        finally:
            self._folder.cleanup()
        return True

    def end(self) -> None:
        """End the process."""
        self._process.stop(grace_s=0.5)


def bundled_wheel(addon: Path) -> Path:
    """Return the exges wheel bundled with the extension.

    Raises:
        WorkerError: if there is none, as in a checkout.
    """
    wheels = sorted((addon / "wheels").glob("exges-*.whl"))
    if not wheels:
        raise WorkerError(
            message(
                expected="the exges wheel of the extension",
                got="none",
                where=str(addon / "wheels"),
                do="Install the extension from its zip file.",
            )
        )
    return wheels[-1]


def default_root(extension_folder: Path, *, long_paths: bool | None = None, local: str | None = None) -> Path:
    """Return the environment's folder: the extension's own, or a shorter path where Windows needs one."""
    is_long_enough = machine.long_paths_allowed() if long_paths is None else long_paths
    if is_long_enough or len(str(extension_folder)) <= ROOM_FOR_ROOT:
        return extension_folder
    short = local if local is not None else os.environ.get("LOCALAPPDATA", "")
    return Path(short) / "exges" if short else extension_folder


def python_in(folder: Path, *, is_windows: bool = sys.platform == "win32") -> Path:
    """Return the Python in an environment's folder; if there is none, where it would be."""
    names = ("Scripts/python.exe", "python.exe") if is_windows else ("bin/python", "bin/python3")
    places = [base / name for base in (folder, folder / "venv") for name in names]
    return next((place for place in places if place.is_file()), places[0])


def is_made(root: Path, python: str) -> bool:
    """Return whether this Python belongs to a complete environment that was created in this folder."""
    try:
        stage = cast("dict[str, str]", json_text.read(root / "state.json"))["stage"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return stage == "done" and _same_place(Path(python), machine.python_of(root / "venv"))


def _same_place(one: Path, other: Path) -> bool:
    """Compare two paths as the file system does, letter case included."""
    try:
        return one.samefile(other) and one.parent.samefile(other.parent)
    except OSError:
        return os.path.normcase(one) == os.path.normcase(other)


def remove(root: Path) -> None:
    """Delete an environment and its downloads; refuse a folder that ExGes did not create.

    Raises:
        OutputError: if ExGes did not create it, or if something in it is in use.
    """
    if root.is_dir() and not ((root / "state.json").is_file() or (root / "log.txt").is_file()):
        raise OutputError(f"{root}: ExGes did not create this environment. Delete it by hand if you no longer need it.")
    try:
        for name in ("venv", "wheels", "stand_ins"):
            process.remove_folder(root / name)
        for name in ("state.json", "log.txt", "doctor.json", "constraints.txt"):
            (root / name).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"{error.filename or root}: cannot be deleted ({error.strerror}). Close whatever uses it and try again."
        ) from error
