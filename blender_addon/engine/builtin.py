# SPDX-License-Identifier: GPL-3.0-or-later
"""The built-in engine: ONNX Runtime and a speech model from the extension's own zip, run by Blender's own Python.

No bpy in here. The engine is a process of its own. Of Blender's environment variables it gets what any process needs;
it finds its packages where Blender has unpacked them, and keeps whatever it writes in the extension's folder.
"""

from __future__ import annotations

import csv
import json
import os
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from exges_core import assets
from exges_core.errors import WorkerError, message

from .process import Launch

SITE = Path(assets.__file__).resolve().parents[2]
"""Where Blender has unpacked the extension's wheels: our own is among them."""
MANIFEST, MODELS = "blender_manifest.toml", "models"
_RUNTIME = "onnxruntime"
_PYTHON = re.compile(r"python(\d+(\.\d+)?)?(\.exe)?", re.IGNORECASE)
_KEPT = {
    *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ"),
    *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "USERNAME", "HOMEDRIVE", "HOMEPATH"),
    *("APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE"),
}
"""Environment variables that any process needs; the locale's LC_... are kept, too."""


@lru_cache(maxsize=8)
def _wheels(manifest: Path, _changed_ns: int) -> tuple[str, ...]:
    """Return a manifest's wheels as NAME-VERSION."""
    listed: list[str] = tomllib.loads(manifest.read_text(encoding="utf-8")).get("wheels", [])
    return tuple("-".join(Path(each).name.split("-")[:2]) for each in listed)


def wheels_of(addon: Path) -> tuple[str, ...]:
    """Return the wheels that came with the extension as NAME-VERSION; none where there is no manifest to read."""
    try:
        return _wheels(addon / MANIFEST, (addon / MANIFEST).stat().st_mtime_ns)
    except (OSError, ValueError):
        return ()


def is_bundled(addon: Path) -> bool:
    """Say whether the extension's zip brought the engine."""
    return any(each.startswith(f"{_RUNTIME}-") for each in wheels_of(addon))


def why_no_builtin(addon: Path, *, site: Path = SITE) -> str:
    """Return why the built-in engine cannot be used, '' if it can; reads names of files only, so panels may ask."""
    if not is_bundled(addon):
        return "This zip came without the built-in engine: install the one for your system"
    if any(not (site / f"{each}.dist-info").is_dir() for each in wheels_of(addon)):
        return "Parts of the built-in engine are missing: install the extension again"
    if blenders_python() is None:
        return "Blender's own Python was not found, and the built-in engine needs it"
    return ""


def versions(addon: Path) -> dict[str, str]:
    """Return name -> version of the packages that came with the extension, and of Blender's Python and NumPy."""
    own = dict(each.rsplit("-", 1) for each in wheels_of(addon))
    return {"Python": ".".join(map(str, sys.version_info[:3])), "NumPy": np.__version__, **own}


@lru_cache(maxsize=4)
def megabytes(addon: Path, *, site: Path = SITE) -> int:
    """Return what the built-in engine takes on disk: its packages, as they list their files, and its models."""
    lists = [site / f"{each}.dist-info" / "RECORD" for each in wheels_of(addon)]
    rows = [row for each in lists if each.is_file() for row in csv.reader(each.read_text("utf-8").splitlines())]
    models = [each.stat().st_size for each in (addon / MODELS).rglob("*") if each.is_file()]
    return round((sum(int(row[2] or 0) for row in rows if len(row) > 2) + sum(models)) / 1e6)


def models_of(addon: Path) -> Path | None:
    """Return the folder of speech models that came with the extension, None if none did."""
    return addon / MODELS if (addon / MODELS).is_dir() else None


def _candidates(
    executable: str, prefixes: Sequence[str], version: tuple[int, int], *, is_windows: bool
) -> Iterator[Path]:
    """Yield where Blender's own Python may be, most likely first. Blender's own program is no Python."""
    if _PYTHON.fullmatch(Path(executable).name):
        yield Path(executable)
    major, minor = version
    names = (f"python{major}.{minor}", f"python{major}", "python")
    for prefix in dict.fromkeys(prefixes):
        if is_windows:
            yield from (Path(prefix) / place / "python.exe" for place in ("bin", ".", "Scripts"))
        else:
            yield from (Path(prefix) / "bin" / name for name in names)


def blenders_python(
    *,
    executable: str = sys.executable or "",
    prefixes: Sequence[str] = (sys.prefix, sys.exec_prefix, sys.base_prefix),
    is_windows: bool = sys.platform == "win32",
) -> Path | None:
    """Return the Python that Blender runs on, as a program; None if there is none."""
    version = (sys.version_info[0], sys.version_info[1])
    found = _candidates(executable, prefixes, version, is_windows=is_windows)
    return next((each for each in found if each.is_file() and os.access(each, os.X_OK)), None)


def clean_environment(given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment variables that any process needs: nothing of Python, Conda or library paths."""
    return {name: value for name, value in given.items() if name.upper() in _KEPT or name.upper().startswith("LC_")}


def command_for(
    module: str, *options: str, ours: Sequence[Path], blenders: Sequence[Path], python: Path
) -> tuple[str, ...]:
    """Return the command that runs a module under Blender's Python with these folders on its path, and no others."""
    where = {
        "module": module,
        "version": list(sys.version_info[:2]),
        "ours": list(map(str, ours)),
        "blenders": list(map(str, blenders)),
    }
    start = str(Path(__file__).resolve().with_name("worker_start.py"))
    return (str(python), "-I", "-S", "-X", "utf8", start, json.dumps(where), *options)


def launch(addon: Path, *, cache: Path, site: Path = SITE) -> Launch:
    """Return how the built-in engine's worker is started.

    Args:
        addon: the extension's folder.
        cache: an existing folder for all that it writes.
        site: where Blender has unpacked the extension's wheels.

    Raises:
        WorkerError: if it is not there.
    """
    why, python = why_no_builtin(addon, site=site), blenders_python()
    if why or python is None:
        raise WorkerError(
            message(expected="the built-in engine", got="none", where="Engine", do=f"{why}, or set one up.")
        )
    models = models_of(addon)
    options = ("--engine", "onnx", *(("--models", str(models)) if models is not None else ()))
    blenders = [Path(np.__file__).resolve().parents[1]]
    command = command_for("exges_core.worker", *options, ours=(site,), blenders=blenders, python=python)
    places = {name: str(cache) for name in ("EXGES_CACHE", "TMPDIR", "TEMP", "TMP")}
    return Launch(command=command, environment={**clean_environment(), **places}, inherits=False)


def findings(addon: Path) -> list[dict[str, object]]:
    """Return what Check shows of the built-in engine: its versions and its speech model."""
    has = versions(addon)
    shown = ("exges", _RUNTIME, "Python", "NumPy")
    text = ", ".join(f"{name} {has[name]}" for name in shown if name in has)
    models = models_of(addon)
    names = sorted(each.name for each in models.iterdir()) if models is not None else []
    speech = ", ".join(names) if names else "no model came with the extension; PocketSphinx recognises words"
    return [{"name": "engine", "ok": True, "text": text}, {"name": "speech", "ok": bool(names), "text": speech}]
