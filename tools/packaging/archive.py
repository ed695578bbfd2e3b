"""Files into a zip: same input, same bytes; the zip appears whole or not at all. And our own wheel, built by pip."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

from exges_core.errors import InputError, message
from exges_core.files import replacing

ROOT = Path(__file__).resolve().parents[2]
_FIXED_TIME = (2025, 1, 1, 0, 0, 0)
_PACKED_ALREADY = ".whl"


def write_zip(files: Mapping[str, bytes], target: Path) -> None:
    """Write a zip of these files by their names.

    Raises:
        OutputError: if it cannot be written.
    """
    with replacing(target) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(name, date_time=_FIXED_TIME)
            entry.create_system, entry.external_attr = 3, 0o644 << 16  # the same bytes on Windows
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(_PACKED_ALREADY) else zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)


def build_wheel(folder: Path) -> Path:
    """Build the project's wheel into a folder and return it.

    Raises:
        InputError: if pip fails or leaves anything but one wheel.
    """
    command = [sys.executable, "-m", "pip", "wheel", str(ROOT), "--no-deps", "--quiet", "--wheel-dir", str(folder)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own pip
    wheels = sorted(folder.glob("exges-*.whl"))
    if finished.returncode != 0 or len(wheels) != 1:
        got = finished.stderr.strip() or str([wheel.name for wheel in wheels])
        raise InputError(message(expected="one wheel by pip wheel", got=got, where=str(ROOT), do="Mend what it names."))
    return wheels[0]


def version_of(own_wheel: Path) -> str:
    """Return the version that our own wheel's name says, which is that of `exges_core`."""
    return own_wheel.name.split("-")[1]


def has_weights(own_wheel: Path) -> bool:
    """Say whether trained weights are in our own wheel."""
    with zipfile.ZipFile(own_wheel) as archive:
        return any(name.endswith(".safetensors") for name in archive.namelist())
