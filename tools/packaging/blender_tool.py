"""Blender's own extension tool, `blender_ext.py` in the `bpy` wheel: it checks zips and lists those of a repository."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

from exges_core.errors import InputError, message

_TOOL = "*/scripts/addons_core/bl_pkg/cli/blender_ext.py"


def tool() -> Path | None:
    """Return where it is, None if `bpy` is not installed."""
    spec = importlib.util.find_spec("bpy")
    if spec is None or not spec.submodule_search_locations:
        return None
    base = Path(next(iter(spec.submodule_search_locations)))
    return next(iter(sorted(base.glob(_TOOL))), None)


def validate(archive: Path) -> bool:
    """Check a zip; False if the tool is not here.

    Raises:
        InputError: if it finds a fault.
    """
    if tool() is None:
        return False
    _run("validate", str(archive))
    return True


def list_repository(folder: Path) -> str:
    """Write `index.json` of a folder of zips and return what the tool said.

    Raises:
        InputError: if the tool is not here or fails.
    """
    return _run("server-generate", "--repo-dir", str(folder))


def _run(*arguments: str) -> str:
    found = tool()
    if found is None:
        do = "pip install bpy, in Python 3.11 for Blender 4.5."
        raise InputError(message(expected="Blender's extension tool", got="no bpy", where=sys.prefix, do=do))
    finished = subprocess.run(  # noqa: S603 - Blender's own tool
        [sys.executable, str(found), *arguments], capture_output=True, text=True, check=False
    )
    said = f"{finished.stdout}{finished.stderr}".strip()
    if finished.returncode != 0:
        raise InputError(message(expected="what Blender accepts", got=said, where=arguments[-1], do="Mend it."))
    return said
