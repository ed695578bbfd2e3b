# SPDX-License-Identifier: GPL-3.0-or-later
"""How far pip's installing is: it says nothing itself, but the folder that it fills grows by what the wheels hold."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

from .sizes import PYC_PER_PY

COMPILED = 13.0
"""A byte of compiled Python takes as long as so many bytes unpacked."""


def named(line: str) -> tuple[str, ...]:
    """Return the packages of pip's line "Installing collected packages: a, b", () for any other."""
    head, _, names = line.partition("Installing collected packages:")
    return () if head or not names else tuple(_plain(each) for each in names.split(","))


def amount_in(wheels: Iterable[Path]) -> float:
    """Return what unpacking and compiling wheels takes, in bytes unpacked."""
    whole = 0.0
    for path in wheels:
        try:
            with zipfile.ZipFile(path) as archive:
                files = [(each.filename, each.file_size) for each in archive.infolist()]
        except (OSError, zipfile.BadZipFile):
            continue  # pip says so in its own words
        python = sum(size for name, size in files if name.endswith(".py"))
        whole += sum(size for _, size in files) + COMPILED * PYC_PER_PY * python
    return whole


def wheels_of(folders: Iterable[Path], names: Iterable[str]) -> list[Path]:
    """Return the newest wheel of each package in folders."""
    found = {_plain(path.name.split("-")[0]): path for folder in folders for path in sorted(folder.glob("*.whl"))}
    return [found[name] for name in names if name in found]


def amount_on(folder: Path) -> float:
    """Return what was unpacked and compiled in a folder so far, in bytes unpacked."""
    whole, folders = 0.0, [str(folder)]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for each in entries:
                    if each.is_dir(follow_symlinks=False):
                        folders.append(each.path)
                    elif each.is_file(follow_symlinks=False):
                        size = each.stat(follow_symlinks=False).st_size
                        whole += COMPILED * size if each.name.endswith(".pyc") else size
        except OSError:
            continue  # pip moves things while this looks
    return whole


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()
