# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages that a machine without an NVIDIA GPU has no use for: empty ones of the same name take their place.

Whisper asks for triton on every Linux, 286 MB to download and 1 GB on disk, and uses it on an NVIDIA GPU alone. pip
cannot leave a requirement out, but an empty package of a higher version meets it.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

NAME, VERSION = "triton", "9999+left.out"
_WHEEL = "Wheel-Version: 1.0\nGenerator: exges\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def asks_for(wheel: Path, name: str) -> bool:
    """Say whether a wheel's metadata requires a package."""
    with zipfile.ZipFile(wheel) as archive:
        inside = next(each for each in archive.namelist() if each.endswith(".dist-info/METADATA"))
        lines = archive.read(inside).decode("utf-8").splitlines()
    wanted = [line.partition(":")[2].strip() for line in lines if line.startswith("Requires-Dist:")]
    return any(each.startswith(name) and not each[len(name) :][:1].isalnum() for each in wanted)


def write_stand_in(folder: Path) -> str:
    """Write the empty package into a folder, made if it is missing; return the constraint that chooses it."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{NAME}-{VERSION}.dist-info"
    summary = "Empty: this machine has no NVIDIA GPU, and nothing else uses it"
    files = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {VERSION}\nSummary: {summary}\n",
        f"{info}/WHEEL": _WHEEL,
    }
    record = "".join(f"{each},,\n" for each in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(folder / f"{NAME}-{VERSION}-py3-none-any.whl", "w") as archive:
        for inside, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(inside, text)
    return f"{NAME}=={VERSION}"
