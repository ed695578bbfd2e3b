# SPDX-License-Identifier: GPL-3.0-or-later
"""A child process that talks in lines: no console window, read by threads, so the interface never waits for it.

No bpy in here. Whatever differs between Windows, macOS and Linux about processes and locked files is in this file.
"""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

_LOG_LINES = 60
_NO_WINDOW = 0x08000000
"""Windows' CREATE_NO_WINDOW; the constant exists only in Windows' own subprocess module."""
_LOCKED = {5, 32, 33}
"""Windows: access denied, sharing violation, lock violation, as when a virus scanner reads a new file."""
_TRIES_S = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
_LOW_NICE = 10
_BELOW_NORMAL, _NORMAL = 0x4000, 0x20
"""Windows' priority classes."""


@dataclass(frozen=True, kw_only=True)
class Launch:
    """How a child process is started.

    Attributes:
        command: the program and its arguments.
        environment: environment variables.
        inherits: True = beside Blender's own ones; False = these and no others.
    """

    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    inherits: bool = True


def child_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment variables for a Python other than Blender's: UTF-8, none of Blender's Python settings."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1"}
    for name in ("PYTHONHOME", "PYTHONSTARTUP", "PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__"):
        environment.pop(name, None)
    environment["PYTHONSAFEPATH"] = "1"  # else `-m` finds exges_core in the folder Blender was started from
    environment.setdefault("OMP_WAIT_POLICY", "passive")  # spinning threads would starve Blender's
    environment.update(extra or {})
    return environment


class LineProcess:
    """A process whose output `read` returns as lines without waiting; `log` has the end of its standard error."""

    def __init__(
        self, command: Sequence[str], *, environment: Mapping[str, str] | None = None, inherits: bool = True
    ) -> None:
        """Start it.

        Args:
            command: the program and its arguments.
            environment: environment variables.
            inherits: True = beside Blender's own ones; False = these and no others.

        Raises:
            OSError: if the program cannot be started.
        """
        self._process = subprocess.Popen(  # noqa: S603 - the user chose this Python in the preferences
            tuple(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=child_environment(environment) if inherits else dict(environment or {}),
            creationflags=_NO_WINDOW if sys.platform == "win32" else 0,
        )
        self.pid = self._process.pid
        self._usual_nice: int | None = None
        self.is_finished = False
        self._inbox: queue.Queue[str | None] = queue.Queue()
        self._log: deque[str] = deque(maxlen=_LOG_LINES)
        self._log_reader = threading.Thread(target=self._read_log, daemon=True)
        self._log_reader.start()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(ValueError, OSError):  # closed by `stop` while reading
            for line in self._process.stdout:
                self._inbox.put(line)
        self._inbox.put(None)

    def _read_log(self) -> None:
        assert self._process.stderr is not None
        with contextlib.suppress(ValueError, OSError):
            for line in self._process.stderr:
                self._log.append(line.rstrip())

    @property
    def is_running(self) -> bool:
        """Return whether the process runs."""
        return self._process.poll() is None

    @property
    def log(self) -> tuple[str, ...]:
        """Return the last lines of the process's standard error."""
        return tuple(self._log)

    def write(self, line: str) -> None:
        """Write one line.

        Raises:
            OSError, ValueError: if the process has closed its input.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def read(self) -> list[str]:
        """Return the lines received since the last call; once `is_finished`, there are no more."""
        lines: list[str] = []
        while not self.is_finished:
            try:
                line = self._inbox.get_nowait()
            except queue.Empty:
                break
            if line is None:
                self.is_finished = True
            elif line.strip():
                lines.append(line)
        return lines

    def give_way(self, is_wanted: bool) -> bool:
        """Let others have the processor first, or no longer; return False if the system does not allow that.

        Linux and macOS let only privileged users raise a priority again.
        """
        if sys.platform == "win32":
            return _set_class(int(getattr(self._process, "_handle")), _BELOW_NORMAL if is_wanted else _NORMAL)  # noqa: B009
        try:
            if self._usual_nice is None:
                self._usual_nice = os.getpriority(os.PRIO_PROCESS, self.pid)
            nice = max(self._usual_nice, _LOW_NICE) if is_wanted else self._usual_nice
            for each in _tasks_of(self.pid):
                os.setpriority(os.PRIO_PROCESS, each, nice)
        except PermissionError:
            return False
        except ProcessLookupError:
            pass  # it has ended, or one of its threads has
        return True

    def stop(self, *, grace_s: float = 2.0) -> int | None:
        """Close its input, wait, kill; return the exit code (negative: the signal that killed it)."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.close()
        try:
            code = self._process.wait(timeout=grace_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._log_reader.join(timeout=1.0)  # its last lines may still be on the way
        for pipe in (self._process.stdout, self._process.stderr):
            assert pipe is not None
            with contextlib.suppress(OSError, ValueError):
                pipe.close()
        return code


def _tasks_of(pid: int) -> list[int]:
    """Return what has a priority of its own in a process: on Linux every thread, elsewhere the process."""
    try:
        return sorted(int(each.name) for each in Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return [pid]


def _set_class(handle: int, priority: int) -> bool:
    """Set a process's priority class on Windows."""
    import ctypes

    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - there on Windows alone
    return bool(kernel.SetPriorityClass(ctypes.c_void_p(handle), priority))


def patiently(action: Callable[[], None]) -> None:
    """Do something to files, and retry while a virus scanner or indexer locks one on Windows.

    Raises:
        OSError: if it still fails after about three seconds, or for another reason.
    """
    for pause_s in _TRIES_S:
        try:
            return action()
        except OSError as error:
            is_locked = getattr(error, "winerror", None) in _LOCKED
            if not is_locked:
                raise
        time.sleep(pause_s)
    return action()


def remove_folder(folder: Path) -> None:
    """Delete a folder with its contents, even where Windows paths exceed 260 characters.

    Raises:
        OSError: if something in it is in use.
    """
    if folder.is_dir():
        patiently(lambda: shutil.rmtree(extended(folder)))


def extended(path: PurePath | str, *, is_windows: bool = sys.platform == "win32") -> str:
    r"""Return a path that Windows accepts at any length: with the prefix \\?\ (or \\?\UNC\ on a network drive)."""
    text = str(path)
    if not is_windows or text.startswith("\\\\?\\"):
        return text
    text = text.replace("/", "\\")
    return f"\\\\?\\UNC\\{text[2:]}" if text.startswith("\\\\") else f"\\\\?\\{text}"
