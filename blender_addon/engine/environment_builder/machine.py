# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs from machine to machine: where torch comes from, where Python lies, what pip is told."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

TORCH_INDEX = "https://download.pytorch.org/whl/"
_BUILDS = {("Linux", "cpu"): "cpu", ("Windows", "cuda"): "cu128"}
"""Torch builds of its own index where the package index has a build for another device."""


def index_for(system: str, device: str, wanted: str) -> str:
    """Return torch's index for a system and device, '' for pip's own, which `default` always means."""
    if wanted == "default":
        return ""
    build = _BUILDS.get((system, device))
    return wanted or (TORCH_INDEX + build if build else "")


def python_of(venv: Path, *, is_windows: bool = os.name == "nt") -> Path:
    """Return an environment's Python."""
    return venv / "Scripts" / "python.exe" if is_windows else venv / "bin" / "python"


def long_paths_allowed() -> bool:
    """Return whether paths may exceed 260 characters, a setting on Windows."""
    if os.name != "nt":
        return True
    import winreg

    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SYSTEM\CurrentControlSet\Control\FileSystem") as key:
            return bool(winreg.QueryValueEx(key, "LongPathsEnabled")[0])
    except OSError:
        return False


def clean_environment() -> dict[str, str]:
    """Return pip's environment variables: the user's index, proxy and certificate, but no other target or path."""
    misleading = {
        "PYTHONHOME",
        "PYTHONPATH",
        "PIP_TARGET",
        "PIP_PREFIX",
        "PIP_ROOT",
        "PIP_USER",
        "PIP_REQUIRE_VIRTUALENV",
    }
    environment = {name: value for name, value in os.environ.items() if name not in misleading}
    return {
        **environment,
        "PYTHONNOUSERSITE": "1",
        "PYTHONSAFEPATH": "1",
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
        "PIP_NO_INPUT": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_RESUME_RETRIES": "8",  # newer versions of pip resume in the middle of a file
    }


def patiently(action: Callable[[], None]) -> None:
    """Do something to a file, and retry while a virus scanner locks it.

    Raises:
        OSError: if it still fails after about three seconds.
    """
    for pause_s in (0.05, 0.1, 0.2, 0.4, 0.8, 1.6):
        try:
            return action()
        except PermissionError:
            time.sleep(pause_s)
    return action()
