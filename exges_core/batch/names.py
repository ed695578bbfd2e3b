"""Which names results may have: such as every file system takes, and none that leaves the folder they belong in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from exges_core.batch.patience import resolved

FOLDER = ".exges-batch"
"""Where a batch keeps what it needs to go on, inside the folder of its results."""
SUMMARY = "summary"
"""The name of the batch's own two files."""
LONGEST_BYTES = 180
"""Of an id: file systems end names at 255, and a file that is being written has a longer one."""
LONGEST_PATH = 4096
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')


def fault_of_id(name: str) -> str:
    """Return why results cannot be named after an id; "" = they can."""
    if not _is_text(name) or not name.strip() or name in (".", "..") or _FORBIDDEN.search(name):
        return "which is no file name"
    if len(name.encode()) > LONGEST_BYTES:
        return f"which is longer than {LONGEST_BYTES} bytes"
    if name.startswith(".") or name.lower().endswith(".part"):
        return "which looks like a hidden or unfinished file"
    if name.partition(".")[0].strip().lower() in _DEVICES:
        return "which Windows keeps for a device"
    return f"which is the name of the batch's own {SUMMARY}" if name.lower() == SUMMARY else ""


def alike(name: str) -> str:
    """Return a name as file systems compare it that tell neither case nor ways to write an accent apart."""
    return unicodedata.normalize("NFC", name).casefold()


def fault_of_path(path: str) -> str:
    """Return why a text cannot name a file; "" = it can."""
    if not path or "\0" in path or not _is_text(path):
        return "which is no file name"
    parts = path.replace("\\", "/").split("/")
    is_long = len(path) > LONGEST_PATH or any(len(part.encode()) > 255 for part in parts)
    return "which is too long for a file name" if is_long else ""


def _is_text(name: str) -> bool:
    """Say whether a name has no halves of characters in it, which JSON can write and no file system can."""
    return not any("\ud800" <= each <= "\udfff" for each in name)


def leaving(paths: Iterator[Path], out: Path) -> Iterator[Path]:
    """Yield the paths that do not lie in a folder once links are followed, or lie where the batch keeps its own."""
    home = out.resolve()
    own = {(home / f"{SUMMARY}{suffix}") for suffix in (".json", ".html")}
    for path in paths:
        found = resolved(path)
        if not found.is_relative_to(home) or found.is_relative_to(home / FOLDER) or found in own:
            yield path
