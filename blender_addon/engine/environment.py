# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's environment as Blender sees it: where it goes, how its making and its check are watched, its end.

No bpy in here. The work is done by `environment_builder` in a process of its own; both jobs below are driven by
calling `step`, as `client.Job` is: by a timer under a window, in a loop without one.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exges_core.errors import Cancelled, OutputError, WorkerError, message

from . import environment_builder, process
from .process import LineProcess

ROOM_FOR_ROOT = 259 - environment_builder.LONGEST_INSIDE - len("/venv")
"""Letters that an environment's folder may have where Windows takes no long paths."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What environment to make.

    Attributes:
        root: its folder; everything in it is ours.
        python: any Python 3.11 to 3.14 that can make environments, Blender's own for instance.
        wheel: the exges wheel of the extension.
        device: auto, cpu, cuda or mps.
        wheels: a folder of wheels, or None = from the package index.
        torch_index: '' = by device, 'default' = pip's own index, or an address.
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
        script = str(Path(environment_builder.__file__))
        place = ("--root", str(self.root), "--wheel", str(self.wheel), "--device", self.device)
        return (self.python, "-I", script, *place, *offline, *index)


class Creation:
    """The making of an environment. `step` until it returns True; then `python` is the engine's Python."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.stage, self.fraction, self.text = "starting", 0.0, "Starting"
        self.started_s = time.monotonic()
        self.python = ""
        self._process: LineProcess | None = None
        self._is_cancelled = False

    @property
    def log_path(self) -> Path:
        """Return the file with everything that was said."""
        return self.recipe.root / "log.txt"

    def start(self) -> None:
        """Start the builder.

        Raises:
            WorkerError: if its Python cannot be started.
            OutputError: if its folder cannot be made.
        """
        try:
            self.recipe.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                message(
                    expected="a folder that can be written to",
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
                    where="Create Environment",
                    do="Choose another Python for it in the preferences.",
                )
            ) from error

    def step(self) -> bool:
        """Take in what the builder said; return True when the environment is there.

        Raises:
            WorkerError: with a sentence, if it cannot be made; what was downloaded is kept.
            Cancelled: after `cancel`.
        """
        if self._process is None:
            self.start()
        if self._is_cancelled:
            self.end()
            raise Cancelled("Create Environment was cancelled; what was downloaded is kept for the next time.")
        assert self._process is not None
        for line in self._process.read():
            self._take_in(line)
        if not self.python and self._process.is_finished:
            code, words = self._process.stop(grace_s=1.0), " ".join(self._process.log[-2:])
            raise WorkerError(
                f"Create Environment: its process ended with code {code}. {words} Press the button again: it goes on "
                f"where it was. The log: {self.log_path}"
            )
        return bool(self.python)

    def _take_in(self, line: str) -> None:
        try:
            values: dict[str, Any] = json.loads(line)
        except ValueError:
            return  # a library's own words
        if "failed" in values:
            self.end()
            raise WorkerError(f"Create Environment: {values['failed']}")
        if "done" in values:
            self.end()
            self.fraction, self.python = 1.0, str(values["done"])
        else:
            self.stage, self.fraction, self.text = values["stage"], float(values["fraction"]), values["text"]

    def cancel(self) -> None:
        """Ask it to stop; the next `step` raises Cancelled."""
        self._is_cancelled = True

    def end(self) -> None:
        """End the builder and whatever it runs."""
        if self._process is not None:
            self._process.stop(grace_s=3.0)


class Examination:
    """`exges doctor` of an environment: device, versions, weights. `step` until it returns True."""

    LIMIT_S = 180.0

    def __init__(self, python: str, *, variables: Mapping[str, str] | None = None) -> None:
        """Start it.

        Args:
            python: the environment's.
            variables: environment variables that tell the engine where its caches are.

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
                    where="Examine",
                    do="Choose another Python, or press Create Environment.",
                )
            ) from error

    def step(self) -> bool:
        """Return True when the findings are there.

        Raises:
            WorkerError: if they do not come.
        """
        self._process.read()
        is_late = time.monotonic() - self._started_s > self.LIMIT_S
        if not (self._process.is_finished or is_late):
            return False
        self.end()
        try:
            self.findings = tuple(json.loads(self._report.read_text(encoding="utf-8"))["findings"])
        except (OSError, ValueError, KeyError) as error:
            words = f"it took longer than {self.LIMIT_S:.0f} s" if is_late else " ".join(self._process.log[-2:])
            if any("No module named 'exges_core'" in line for line in self._process.log):
                words = "exges is not installed there"
            raise WorkerError(
                f"Examine: {self.python} could not be examined: {words or error}. Choose another Python, or press "
                "Create Environment."
            ) from error
        finally:
            self._folder.cleanup()
        return True

    def end(self) -> None:
        """End the process."""
        self._process.stop(grace_s=0.5)


def bundled_wheel(addon: Path) -> Path:
    """Return the exges wheel that came with the extension.

    Raises:
        WorkerError: if there is none: the add-on runs from a checkout.
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
    """Return where the environment goes: the extension's own folder, or a shorter one where Windows needs that."""
    is_long_enough = environment_builder.long_paths_allowed() if long_paths is None else long_paths
    if is_long_enough or len(str(extension_folder)) <= ROOM_FOR_ROOT:
        return extension_folder
    short = local if local is not None else os.environ.get("LOCALAPPDATA", "")
    return Path(short) / "exges" if short else extension_folder


def python_in(folder: Path, *, is_windows: bool = sys.platform == "win32") -> Path:
    """Return the Python of an environment's folder; where there is none, the path where it should be."""
    names = ("Scripts/python.exe", "python.exe") if is_windows else ("bin/python", "bin/python3")
    places = [base / name for base in (folder, folder / "venv") for name in names]
    return next((place for place in places if place.is_file()), places[0])


def is_made(root: Path, python: str) -> bool:
    """Say whether this Python is the one of an environment that was made in this folder and is whole."""
    try:
        stage = json.loads((root / "state.json").read_text(encoding="utf-8"))["stage"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return stage == "done" and _same_place(Path(python), environment_builder.python_of(root / "venv"))


def _same_place(one: Path, other: Path) -> bool:
    """Compare two paths as the disk does: letter case counts only where it does there."""
    try:
        return one.samefile(other) and one.parent.samefile(other.parent)
    except OSError:
        return os.path.normcase(one) == os.path.normcase(other)


def remove(root: Path) -> None:
    """Delete an environment and its downloads; a folder that is not one of ours stays.

    Raises:
        OutputError: if it is no environment of ours or something in it is in use.
    """
    if root.is_dir() and not ((root / "state.json").is_file() or (root / "log.txt").is_file()):
        raise OutputError(f"{root}: is no environment that ExGes made. Delete it by hand if it is not needed.")
    try:
        for name in ("venv", "wheels"):
            process.remove_folder(root / name)
        for name in ("state.json", "log.txt", "doctor.json", "constraints.txt"):
            (root / name).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"{error.filename or root}: could not be deleted ({error.strerror}). End what uses it and try again."
        ) from error
